"""What programs get over the REST API. Times are UTC, ISO 8601; texts by language tag; ids are those of the portal."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Item = TypeVar("Item", bound=BaseModel)
_DAY, _NOON = "2026-12-01", "2026-12-01T04:00:00Z"
_ID = "8b1f0f6c-7f0e-4f0b-9a52-0d4f4b3f5d11"
_TITLE = {"zh_CN": "软件工程师", "en": "Software engineer"}


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class Page(BaseModel, Generic[Item]):
    """``next``: the ``cursor`` of the next page; null when this is the last one so far."""

    items: list[Item]
    next: str | None


class RequisitionItem(BaseModel):
    """``hired`` of ``wanted`` people are found; ``complete`` of ``invited`` interviews are finished."""

    model_config = _example(
        id=_ID,
        position_id=_ID,
        position_code="rd-swe",
        title=_TITLE,
        department_id="rd",
        state="open",
        wanted=3,
        hired=1,
        invited=40,
        complete=22,
        threshold=80,
        needed_by=_DAY,
        changed_at=_NOON,
    )
    id: str
    position_id: str
    position_code: str | None
    title: dict[str, str]
    department_id: str
    state: str = Field(description="draft, submitted, open, rejected, filled, closed or discarded")
    wanted: int
    hired: int
    invited: int
    complete: int
    threshold: int
    needed_by: date | None
    changed_at: datetime


class BatchItem(BaseModel):
    model_config = _example(
        id=_ID,
        title="2026 campus, Shanghai",
        kit_id="swe",
        department_id="rd",
        requisition_id=_ID,
        opens_at=_NOON,
        closes_at=_NOON,
    )
    id: str
    title: str
    kit_id: str
    department_id: str
    requisition_id: str | None
    opens_at: datetime
    closes_at: datetime


class CandidateItem(BaseModel):
    """Somebody's invitation to one batch. Name and addresses are empty once the person was erased."""

    model_config = _example(
        invitation_id=_ID,
        candidate_id=_ID,
        batch_id=_ID,
        requisition_id=None,
        department_id="rd",
        name="李雷",
        phone="13800138000",
        email="lilei@example.com",
        code="K7QF-2M9P",
        closes_at=_NOON,
        cancelled=False,
        changed_at=_NOON,
    )
    invitation_id: str
    candidate_id: str
    batch_id: str
    requisition_id: str | None
    department_id: str
    name: str
    phone: str
    email: str
    code: str
    closes_at: datetime
    cancelled: bool
    changed_at: datetime


class InterviewItem(BaseModel):
    """``state``: where the interview itself is (invited, in_progress, paused, pending_review, incomplete, declined);
    what people decided is a decision of its own."""

    model_config = _example(
        id=_ID,
        invitation_id=_ID,
        candidate_id=_ID,
        batch_id=_ID,
        requisition_id=None,
        department_id="rd",
        kit_id="swe",
        kit_version=2,
        attempt=1,
        state="pending_review",
        begun_at=_NOON,
        ended_at=_NOON,
        changed_at=_NOON,
    )
    id: str
    invitation_id: str | None
    candidate_id: str | None
    batch_id: str | None
    requisition_id: str | None
    department_id: str | None
    kit_id: str | None
    kit_version: int | None
    attempt: int | None
    state: str
    begun_at: datetime
    ended_at: datetime | None
    changed_at: datetime


class ResultItem(BaseModel):
    """``score``: the mean of each person's newest, 0-100, rounded. ``dimensions``: mean level, 1-5, of the scorecards
    that were handed in. ``ai_*``: what the assessment makes of it, 0-100, with its range; ``ai_listen``: somebody has
    to listen before using it. It decides nothing; null without the candidate's consent."""

    model_config = _example(
        interview_id=_ID,
        invitation_id=_ID,
        candidate_id=_ID,
        requisition_id=None,
        department_id="rd",
        score=83,
        raters=2,
        ai_score=79.4,
        ai_low=59.4,
        ai_high=99.4,
        ai_listen=False,
        dimensions=[{"question_id": "challenge", "dimension_id": "depth", "level": 4.5}],
        changed_at=_NOON,
    )
    interview_id: str
    invitation_id: str | None
    candidate_id: str | None
    requisition_id: str | None
    department_id: str | None
    score: int | None
    raters: int
    ai_score: float | None
    ai_low: float | None
    ai_high: float | None
    ai_listen: bool
    dimensions: list[DimensionItem]
    changed_at: datetime


class DimensionItem(BaseModel):
    question_id: str
    dimension_id: str
    level: float


class DecisionItem(BaseModel):
    """``ruling``: second_round, reject, hold, onboard or reconsider. ``released_at``: the candidate may know it."""

    model_config = _example(
        id=_ID,
        interview_id=_ID,
        invitation_id=_ID,
        candidate_id=_ID,
        requisition_id=None,
        department_id="rd",
        ruling="onboard",
        state="pending_onboarding",
        decided_at=_NOON,
        released_at=None,
        changed_at=_NOON,
    )
    id: str
    interview_id: str
    invitation_id: str | None
    candidate_id: str | None
    requisition_id: str | None
    department_id: str | None
    ruling: str | None
    state: str
    decided_at: datetime
    released_at: datetime | None
    changed_at: datetime


class DepartmentItem(BaseModel):
    model_config = _example(id="rd", parent_id="hq", name={"zh_CN": "研发部", "en": "Research and development"})
    id: str
    parent_id: str | None
    name: dict[str, str]


class PositionItem(BaseModel):
    """``bound``: places taken or promised."""

    model_config = _example(
        id=_ID, code="rd-swe", department_id="rd", title=_TITLE, headcount=12, staffed=9, bound=10, skills=["Python"]
    )
    id: str
    code: str | None
    department_id: str
    title: dict[str, str]
    headcount: int
    staffed: int
    bound: int
    skills: list[str]


class DepartmentWish(BaseModel):
    model_config = _example(parent_id="hq", name={"zh_CN": "研发部", "en": "Research and development"})
    parent_id: str | None = Field(default=None, max_length=64)
    name: dict[str, str]


class PositionWish(BaseModel):
    model_config = _example(department_id="rd", title=_TITLE, headcount=12, staffed=9, skills=["Python"])
    department_id: str = Field(max_length=64)
    title: dict[str, str]
    headcount: int
    staffed: int = 0
    skills: list[str] = Field(default_factory=list)


class CandidateWish(BaseModel):
    """At least one of phone, email and id_number."""

    model_config = _example(name="李雷", phone="13800138000", email="lilei@example.com")
    name: str = Field(max_length=200)
    phone: str = Field(default="", max_length=64)
    email: str = Field(default="", max_length=254)
    id_number: str = Field(default="", max_length=64)


class InvitedItem(BaseModel):
    """``link`` opens the interview in the client; ``code`` does so by hand."""

    model_config = _example(invitation_id=_ID, candidate_id=_ID, code="K7QF-2M9P", link="xuda://…")
    invitation_id: str
    candidate_id: str
    code: str
    link: str


ResultItem.model_rebuild()
