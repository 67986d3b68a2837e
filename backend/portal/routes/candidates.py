"""The list of candidates with their invitations, and how they come into their own pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response

from backend.db.models import Role
from backend.portal.visit import PAGE, READERS, STAFF, Member, MemberForm, Visit
from backend.services import candidate_codes, listings, scope
from backend.services.candidate_codes import Rule
from contract.errors import ErrorCode, XudaError

router = APIRouter()


@router.get("/candidates")
def candidate_list(visit: Member, text: str = "", page: int = 1) -> Response:
    """Newest invitation first; ``text`` is looked for in name, code and phone."""
    scope.require(visit.actor, *READERS)
    found = listings.invitation_page(visit.hr, visit.actor, text=text, page=max(page, 1), size=PAGE)
    role = visit.actor.role
    decides, compares = role is Role.ADMINISTRATOR, role in STAFF
    return visit.page("candidates.html", found=found, text=text, decides=decides, compares=compares)


@router.get("/candidates/codes")
def code_setting(visit: Member) -> Response:
    """Whether candidates need a one-time code as well."""
    return _setting(visit)


@router.post("/candidates/codes")
def set_codes(visit: MemberForm, rule: Annotated[str, Form(max_length=20)] = "") -> Response:
    scope.require(visit.actor, Role.ADMINISTRATOR)
    try:
        if rule not in set(Rule):
            raise XudaError(ErrorCode.SETTING_INVALID, field="rule")
        candidate_codes.set_rule(visit.hr, visit.actor, Rule(rule))
    except XudaError as error:
        if error.code is not ErrorCode.SETTING_INVALID:
            raise
        problem = visit.texts.gettext("Without a mail server or an SMS gateway no code could be sent.")
        return _setting(visit, problem=problem)
    return _setting(visit, saved=True)


def _setting(visit: Visit, *, problem: str = "", saved: bool = False) -> Response:
    t = visit.texts.gettext
    rules = [
        (Rule.REACHABLE, t("if it can reach them")),
        (Rule.ALWAYS, t("from everybody")),
        (Rule.OFF, t("from nobody")),
    ]
    return visit.page(
        "candidate_codes.html",
        status=422 if problem else 200,
        codes=candidate_codes.setting(visit.hr, visit.actor),
        rules=rules,
        problem=problem,
        saved=saved,
    )
