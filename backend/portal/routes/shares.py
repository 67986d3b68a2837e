"""Share links: made and revoked on the review page, opened without a login."""

from __future__ import annotations

import hmac
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from backend.portal import staffing_words
from backend.portal.answers import answer_views
from backend.portal.routes import media
from backend.portal.visit import STAFF, MemberForm, Visit, Visitor, VisitorForm, cookie_name
from backend.services import audit, interviews, reports, scope, shares
from backend.services.media import open_media, voice_of
from backend.services.shares import LONGEST_DAYS, SHORTEST_PASSPHRASE, Opened, Recordings, ShareWish
from contract.errors import ErrorCode, XudaError

router = APIRouter()


@router.post("/interviews/{interview_id}/share")
def share(
    visit: MemberForm,
    interview_id: str,
    days: Annotated[str, Form(max_length=5)] = "",
    name: Annotated[str, Form(max_length=5)] = "",
    words: Annotated[str, Form(max_length=5)] = "",
    recordings: Annotated[str, Form(max_length=10)] = "none",
    passphrase: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    scope.require(visit.actor, *STAFF)
    try:
        if recordings not in set(Recordings):
            raise XudaError(ErrorCode.FORMAT_INVALID, field="recordings")
        span = int(days) if days.isascii() and days.isdigit() else 0
        wish = ShareWish(span, name == "yes", words == "yes", Recordings(recordings), passphrase)
        shares.make(visit.hr, visit.actor, interview_id, wish)
    except XudaError as error:
        return _refused(visit, interview_id, error)
    return visit.redirect(f"/interviews/{interview_id}#shares")


@router.post("/interviews/{interview_id}/share/{link_id}/revoke")
def revoke(visit: MemberForm, interview_id: str, link_id: str) -> Response:
    scope.require(visit.actor, *STAFF)
    shares.revoke(visit.hr, visit.actor, interview_id, link_id)
    return visit.redirect(f"/interviews/{interview_id}#shares")


@router.get("/shared/{token}")
def shared(visit: Visitor, token: str) -> Response:
    link = shares.opened(visit.hr, token, visit.address)
    if not _unlocked(visit, link):
        return visit.page("shared_locked.html", problem="")
    return _page(visit, token, link)


@router.post("/shared/{token}")
def unlock(visit: VisitorForm, token: str, passphrase: Annotated[str, Form(max_length=1000)] = "") -> Response:
    try:
        link = shares.unlock(visit.hr, token, passphrase, visit.address)
    except XudaError as error:
        if error.code is ErrorCode.UNAUTHORIZED:
            problem = visit.texts.gettext("This passphrase is not right.")
            return visit.page("shared_locked.html", status=401, problem=problem)
        raise
    response = visit.redirect(f"/shared/{token}")
    visit.set_cookie(response, _cookie(link), link.key)
    return response


@router.get("/shared/{token}/media/{object_id}")
def shared_media(visit: Visitor, request: Request, token: str, object_id: str) -> Response:
    """A recording of this interview, if the link shows it: 206 for one range, 200 for the whole."""
    link = shares.opened(visit.hr, token, visit.address)
    if not _unlocked(visit, link) or link.recordings is Recordings.NONE:
        raise XudaError(ErrorCode.NOT_FOUND, field="link")
    found = open_media(visit.hr, link.reader, link.interview_id, object_id)
    if link.recordings is Recordings.VOICE:
        found = voice_of(found)
    if media.is_new_view(f"{link.link_id}/{visit.address}", object_id):
        target = f"interview:{link.interview_id}"
        audit.record_now(visit.hr, link.reader, "view_recording", target, object=object_id, link=link.link_id)
    return media.served(request, found)


def about_interview(visit: Visit, interview_id: str, *, hidden: bool) -> dict[str, Any] | None:
    """What the review page shows of links; None for those who give none, and as long as who it is, is kept."""
    if visit.actor.role not in STAFF or hidden:
        return None
    base = str(visit.request.base_url).rstrip("/")
    return {
        "links": shares.of_interview(visit.hr, visit.actor, interview_id),
        "address": lambda token: f"{base}/shared/{token}",
        "longest": LONGEST_DAYS,
        "shortest": SHORTEST_PASSPHRASE,
    }


def _page(visit: Visit, token: str, link: Opened) -> Response:
    line = interviews.summary(visit.hr, link.reader, link.interview_id)
    report = reports.build(visit.hr, link.reader, link.interview_id, visit.language, scored=False)
    audit.record_now(visit.hr, link.reader, "view_interview", f"interview:{link.interview_id}", link=link.link_id)
    return visit.page(
        "shared.html",
        link=link,
        token=token,
        name=line.candidate if link.name else "",
        report=report,
        answers=[view for view in answer_views(visit.hr, report) if not (view.info.beside or view.info.superseded)],
    )


def _cookie(link: Opened) -> str:
    return f"xuda_share_{link.link_id}"


def _unlocked(visit: Visit, link: Opened) -> bool:
    given = visit.request.cookies.get(cookie_name(visit.hr, _cookie(link)), "")
    return not link.locked or hmac.compare_digest(given.encode(), link.key.encode())


def _refused(visit: Visit, interview_id: str, error: XudaError) -> Response:
    if error.code in (ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN):
        raise error
    t = visit.texts.gettext
    words = {
        "days": t("A link holds for 1 to {n} days.").format(n=LONGEST_DAYS),
        "passphrase": t("The passphrase has 8 to 200 characters, or is left empty."),
        "links": t("There are too many links to this interview. Revoke one first."),
    }.get(error.field or "") or staffing_words.problem(visit, error)
    status = 409 if error.code is ErrorCode.CONFLICT else 422
    return visit.page("refused.html", status=status, problem=words, back=f"/interviews/{interview_id}#shares")
