"""The list of interviews and the review page."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Form, Response

from backend.db.models import Batch
from backend.portal import opinion_words, review_words
from backend.portal.answers import answer_views
from backend.portal.routes import decisions, department_releases, redos, reviews, shares
from backend.portal.routes.retention import about_interview
from backend.portal.routes.sign_in import refusal
from backend.portal.visit import READERS, STAFF, Member, MemberForm, Visit
from backend.services import audit, auth, bundles, interviews, opinions, reports, scope, score_making, scores
from backend.services.candidate_states import DECIDED
from backend.services.interview_rows import ListQuery
from backend.services.interviews import InterviewSummary
from backend.services.states import NO_CONTACT
from contract.errors import ErrorCode, XudaError
from contract.events import FINAL_STATES, HrState
from contract.text import pick
from report import score_words, words
from report.picture_facts import may_show_picture_facts
from report.scoring import may_score

router = APIRouter()
PAGE_SIZES = (20, 50, 100)
LIST_COOKIE = "xuda_list"
_SORTS = ("updated", "name", "state", "code", "ai")


@router.get("/interviews")
def interview_list(
    visit: Member,
    state: str = "",
    text: str = "",
    batch: str = "",
    department: str = "",
    sort: str = "updated",
    order: str = "desc",
    page: int = 1,
    size: int = PAGE_SIZES[1],
) -> Response:
    scope.require(visit.actor, *READERS)
    query = ListQuery(
        state=HrState(state) if state in set(HrState) else None,
        text=text,
        batch_id=batch or None,
        department_id=department or None,
        sort=sort if sort in _SORTS else "updated",
        descending=order != "asc",
        page=max(page, 1),
        size=size if size in PAGE_SIZES else PAGE_SIZES[1],
    )
    found = interviews.list_interviews(visit.hr, visit.actor, query)
    pages = max(1, -(-found.total // query.size))
    if query.page > pages:
        query = replace(query, page=pages)
        found = interviews.list_interviews(visit.hr, visit.actor, query)
    fragment = "x-fragment" in visit.request.headers
    answer = visit.page(
        "interviews_table.html" if fragment else "interviews.html",
        found=found,
        query=query,
        states=list(HrState),
        pages=pages,
        why=lambda row: why(visit, row),
        **({} if fragment else _filters(visit)),
    )
    visit.set_cookie(answer, LIST_COOKIE, _remembered(query))
    return answer


def _remembered(query: ListQuery) -> str:
    """The list as it was filtered and sorted, for going on to the next of it; not what was looked for: a name."""
    kept = {
        "state": query.state.value if query.state else "",
        "batch": query.batch_id or "",
        "department": query.department_id or "",
        "sort": query.sort,
        "order": "desc" if query.descending else "asc",
    }
    return urlencode(kept)


@router.get("/interviews/{interview_id}/next")
def next_interview(visit: Member, interview_id: str) -> Response:
    """On to the next of the list that was looked at last; without one, to the first that waits for a review."""
    scope.require(visit.actor, *READERS)
    kept = dict(parse_qsl(visit.cookie(LIST_COOKIE)))
    wanted = kept.get("state", HrState.PENDING_REVIEW.value)
    query = ListQuery(
        state=HrState(wanted) if wanted in set(HrState) else None,
        batch_id=kept.get("batch") or None,
        department_id=kept.get("department") or None,
        sort=kept.get("sort", "updated"),
        descending=kept.get("order") != "asc",
    )
    found = interviews.next_after(visit.hr, visit.actor, query, interview_id)
    return visit.redirect(f"/interviews/{found}" if found else f"/interviews?{urlencode(kept)}")


def why(visit: Visit, row: InterviewSummary) -> str:
    """Why the candidate is not in the interview now, as a list shows it."""
    if row.shown_reason == NO_CONTACT:
        return visit.texts.gettext("No contact with the device")
    left = row.shown_state in (HrState.PAUSED, HrState.INCOMPLETE) and row.reasons
    return words.reason_words(row.reasons[-1], visit.language) if left else ""


@router.get("/interviews/{interview_id}")
def review(visit: Member, interview_id: str) -> Response:
    return _review(visit, interview_id)


@router.post("/interviews/{interview_id}/unlock")
def unlock(visit: MemberForm, interview_id: str, totp: Annotated[str, Form(max_length=20)] = "") -> Response:
    try:
        auth.confirm_totp(visit.hr, visit.token or "", totp)
    except XudaError as error:
        status = 429 if error.code is ErrorCode.RATE_LIMITED else 401
        return _review(visit, interview_id, problem=refusal(visit, error), status=status)
    return visit.redirect(f"/interviews/{interview_id}")


@router.post("/interviews/{interview_id}/rescore")
def rescore(visit: MemberForm, interview_id: str) -> Response:
    """Score it now, without waiting for the server's own turn."""
    scope.require(visit.actor, *STAFF)
    score_making.rescore(visit.hr, visit.actor, interview_id)
    return visit.redirect(f"/interviews/{interview_id}#ai")


def _review(visit: Visit, interview_id: str, *, problem: str = "", status: int = 200) -> Response:
    hr, actor = visit.hr, visit.actor
    line = interviews.summary(hr, actor, interview_id)
    scored = scores.shown(hr, actor, interview_id, visit.language)
    report = reports.build(hr, actor, interview_id, visit.language, scored=False, pictured=True)
    audit.record_now(hr, actor, "view_interview", f"interview:{interview_id}")
    return visit.page(
        "review.html",
        status=status,
        line=line,
        kept=about_interview(visit, interview_id),
        department=department_releases.about_interview(visit, interview_id),
        said=decisions.about_interview(visit, interview_id, line.state),
        sharing=shares.about_interview(visit, interview_id, hidden=line.blind),
        redoing=redos.about_interview(visit, interview_id),
        reviewing=reviews.about_interview(visit, interview_id),
        scored=scored,
        weighed={one.answer_id: one for one in scored.info.questions} if scored.info else {},
        may_score=may_score(report),
        opinion=opinions.shown(hr, actor, interview_id),
        opinion_host=hr.settings.second_opinion.host,
        opinion_failure=lambda code: opinion_words.failure(visit, code),
        rescores=actor.role in STAFF and line.state in FINAL_STATES | {*DECIDED},
        minutes=review_words.clock,
        unscored_words=lambda code: score_words.unscored_words(code, visit.language),
        progress_words=lambda card: review_words.progress(visit, card),
        report=report,
        from_revoked=bundles.from_revoked_device(hr, interview_id),
        why=why(visit, line),
        answers=answer_views(hr, report),
        may_picture=may_show_picture_facts(report),
        unlocked=visit.login is not None and visit.login.fresh,
        problem=problem,
        fault_words=lambda code: words.fault_words(code, visit.language),
        event_words=lambda event: words.event_words(event, visit.language),
        fact_words=lambda fact: words.environment_words(fact, visit.language),
        fact_value=lambda fact, value: words.environment_value(fact, value, visit.language),
        rating_words=lambda rating: words.rating_words(rating, visit.language),
        interview_kind=words.interview_kind_words(report.kit.kind, visit.language),
    )


def _filters(visit: Visit) -> dict[str, Any]:
    """What the list can be narrowed to: the actor's departments, and batches for those who make them."""
    with visit.hr.db.read() as session:
        departments = [
            (row.id, pick(row.name, visit.language)) for row in session.scalars(scope.departments(visit.actor))
        ]
        mine = visit.actor.role in STAFF
        rows = (
            session.execute(
                scope.batches(visit.actor).with_only_columns(Batch.id, Batch.title).order_by(Batch.created_at.desc())
            )
            if mine
            else ()
        )
        return {"departments": departments, "batches": [(row[0], row[1]) for row in rows]}
