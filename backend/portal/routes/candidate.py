"""The candidate portal: pages for the candidate alone, opened with the invitation code and what HR knows them by."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Form, Request, Response

from backend.portal import slot_words
from backend.portal.visit import Visit, Visitor, VisitorForm
from backend.sending.outcome import Channel
from backend.sending.worker import Sender
from backend.services import candidate_access, candidate_codes, candidate_deletion, candidate_pages, slots, voluntary
from backend.services.candidate_codes import Rule
from backend.services.candidate_pages import LONGEST_WORDS, Stage, Standing
from backend.services.invitations import qr_svg
from contract.errors import ErrorCode, XudaError
from contract.events import HrState, QuestionnaireData
from contract.texts import error_text

router = APIRouter()
COOKIE = "xuda_candidate"
# until the one-time code is typed
STEP_COOKIE = "xuda_candidate_step"
RATINGS = ("entrance_clear", "flow_smooth", "overall")
_Short = Annotated[str, Form(max_length=300)]


class CandidateNeeded(Exception):
    """The page needs a candidate who is signed in."""


@dataclass(frozen=True)
class Candidate:
    """A candidate who is signed in: what of theirs may be seen is of this invitation alone."""

    visit: Visit
    invitation_id: str


def _signed_in(request: Request) -> Candidate:
    visit = Visit.of(request)
    invitation_id = candidate_access.current(visit.hr, visit.cookie(COOKIE))
    if invitation_id is None:
        raise CandidateNeeded
    return Candidate(visit, invitation_id)


def _form(me: Annotated[Candidate, Depends(_signed_in)], csrf: Annotated[str, Form()] = "") -> Candidate:
    me.visit.check_form(csrf)
    return me


Me = Annotated[Candidate, Depends(_signed_in)]
MyForm = Annotated[Candidate, Depends(_form)]


@router.get("/candidate")
def welcome(visit: Visitor, code: str = "") -> Response:
    if candidate_access.current(visit.hr, visit.cookie(COOKIE)) is not None:
        return visit.redirect("/candidate/home")
    return _welcome(visit, code=code[:40])


@router.post("/candidate")
def sign_in(visit: VisitorForm, code: _Short = "", known: _Short = "", by: _Short = "") -> Response:
    """``by``: the channel for the one-time code, where there are two."""
    try:
        if candidate_codes.rule(visit.hr) is Rule.OFF:
            return _inside(visit, candidate_access.sign_in(visit.hr, code, known, address=visit.address))
        channel = Channel(by) if by in set(Channel) else None
        asked = candidate_codes.ask(visit.hr, code, known, by=channel, language=visit.language, address=visit.address)
    except XudaError as error:
        if error.code is ErrorCode.UNAUTHORIZED:
            return _welcome(visit, code=code, wrong=True, status=401)
        if error.code is ErrorCode.RATE_LIMITED:
            return _welcome(visit, code=code, problem=error_text(error, visit.language).meaning, status=429)
        raise
    if asked.session:
        return _inside(visit, asked.session)
    cast(Sender, visit.request.app.state.sender).wake()
    response = visit.redirect("/candidate/one-time")
    visit.set_cookie(response, STEP_COOKIE, asked.challenge)
    return response


@router.get("/candidate/one-time")
def code_page(visit: Visitor) -> Response:
    """The same for everybody: whether anything was sent is not told."""
    return visit.page("candidate_code.html", problem="")


@router.post("/candidate/one-time")
def confirm(visit: VisitorForm, one_time: _Short = "") -> Response:
    try:
        token = candidate_codes.confirm(visit.hr, visit.cookie(STEP_COOKIE), one_time, address=visit.address)
    except XudaError as error:
        if error.code not in (ErrorCode.UNAUTHORIZED, ErrorCode.RATE_LIMITED):
            raise
        t = visit.texts.gettext
        limited = error.code is ErrorCode.RATE_LIMITED
        problem = error_text(error, visit.language).meaning if limited else t("This code does not work (any more).")
        return visit.page("candidate_code.html", status=429 if limited else 401, problem=problem)
    response = _inside(visit, token)
    visit.drop_cookie(response, STEP_COOKIE)
    return response


@router.post("/candidate/leave")
def leave(me: MyForm) -> Response:
    candidate_access.sign_out(me.visit.hr, me.visit.cookie(COOKIE))
    response = me.visit.redirect("/candidate")
    me.visit.drop_cookie(response, COOKIE)
    return response


@router.get("/candidate/home")
def home(me: Me, thanks: int = 0) -> Response:
    return _home(me, thanks=bool(thanks))


@router.post("/candidate/survey")
def survey(
    me: MyForm, entrance_clear: _Short = "", flow_smooth: _Short = "", overall: _Short = "",
    words: Annotated[str, Form(max_length=LONGEST_WORDS + 100)] = "",
) -> Response:  # fmt: skip
    given = {"entrance_clear": entrance_clear, "flow_smooth": flow_smooth, "overall": overall}
    ratings = QuestionnaireData(**{name: int(value) for name, value in given.items() if value in set("12345")})
    try:
        candidate_pages.answer_survey(me.visit.hr, me.invitation_id, ratings, words)
    except XudaError as error:
        if error.code not in (ErrorCode.SETTING_INVALID, ErrorCode.ILLEGAL_STATE):
            raise
        t = me.visit.texts.gettext
        problem = (
            t("Please choose at least one answer, or write a few words.")
            if error.code is ErrorCode.SETTING_INVALID
            else t("The questionnaire was answered already.")
        )
        return _home(me, problem=problem, words=words)
    return me.visit.redirect("/candidate/home?thanks=1")


@router.get("/candidate/deletion")
def deletion_page(me: Me) -> Response:
    return _deletion(me)


@router.post("/candidate/deletion")
def ask_deletion(me: MyForm, sure: _Short = "") -> Response:
    if sure != "yes":
        return _deletion(me, unsure=True)
    candidate_deletion.ask(me.visit.hr, me.invitation_id)
    return me.visit.redirect("/candidate/deletion")


@router.get("/candidate/certificates/{deleted_id}.json")
def certificate(me: Me, deleted_id: str) -> Response:
    found = candidate_deletion.certificate(me.visit.hr, me.invitation_id, deleted_id)
    headers = {"Content-Disposition": 'attachment; filename="deletion-certificate.json"'}
    return Response(found.to_bytes(), media_type="application/json", headers=headers)


def _inside(visit: Visit, token: str) -> Response:
    response = visit.redirect("/candidate/home")
    visit.set_cookie(response, COOKIE, token)
    return response


def _welcome(visit: Visit, *, code: str = "", wrong: bool = False, problem: str = "", status: int = 200) -> Response:
    t = visit.texts.gettext
    if wrong:
        problem = t("This does not fit. Please check the code and what you gave when you applied.")
    wanted = candidate_codes.rule(visit.hr) is not Rule.OFF
    return visit.page(
        "candidate_welcome.html",
        status=status,
        code=code,
        problem=problem,
        organisation=visit.hr.organisation_name,
        one_time=wanted,
        ways=[(way.value, _way_words(visit, way)) for way in candidate_codes.channels(visit.hr)] if wanted else [],
    )


def _way_words(visit: Visit, way: Channel) -> str:
    t = visit.texts.gettext
    return t("text message") if way is Channel.SMS else t("e-mail")


def _home(me: Candidate, *, thanks: bool = False, problem: str = "", words: str = "") -> Response:
    visit = me.visit
    if candidate_deletion.standing_of(visit.hr, me.invitation_id) is not None:
        return visit.redirect("/candidate/deletion")
    t = visit.texts.gettext
    found = candidate_pages.page(visit.hr, me.invitation_id)
    return visit.page(
        "candidate_home.html",
        status=422 if problem else 200,
        found=found,
        times=slots.offer(visit.hr, me.invitation_id),
        when=lambda slot: slot_words.when(visit, slot),
        where=lambda slot: slot_words.where(visit, slot),
        image=_image(found.link),
        stage_words=lambda stage: _stage_words(visit, stage),
        standing_words=lambda standing: _standing_words(visit, standing),
        told=_told(visit, found.told) if found.told else "",
        questions=[
            ("entrance_clear", t("Was it clear where to begin?")),
            ("flow_smooth", t("Did it go smoothly?")),
            ("overall", t("How was it overall?")),
        ],
        answers=[t("Very poor"), t("Poor"), t("Fair"), t("Good"), t("Very good")],
        longest=LONGEST_WORDS,
        fair="" if (fair := voluntary.standing(visit.hr, me.invitation_id)) is voluntary.Standing.CLOSED else fair,
        thanks=thanks,
        problem=problem,
        words=words,
    )


def _deletion(me: Candidate, *, unsure: bool = False) -> Response:
    progress = candidate_deletion.standing_of(me.visit.hr, me.invitation_id)
    return me.visit.page("candidate_deletion.html", status=422 if unsure else 200, progress=progress, unsure=unsure)


def _image(link: str) -> str:
    """The QR code as the address of a picture."""
    return "data:image/svg+xml;base64," + b64encode(qr_svg(link)).decode()


def _stage_words(visit: Visit, stage: Stage) -> str:
    t = visit.texts.gettext
    return {
        Stage.APPLICATION: t("Application"),
        Stage.INTERVIEW: t("AI interview"),
        Stage.SECOND_ROUND: t("Second round"),
        Stage.OFFER: t("Offer"),
    }[stage]


def _standing_words(visit: Visit, standing: Standing) -> str:
    t = visit.texts.gettext
    return {
        Standing.DONE: t("done"),
        Standing.NOW: t("now"),
        Standing.OPEN: t("to come"),
        Standing.ENDED: t("ended"),
    }[standing]


def _told(visit: Visit, state: HrState) -> str:
    t = visit.texts.gettext
    return {
        HrState.SECOND_ROUND: t("You have passed to the second round. HR will contact you about the time and place."),
        HrState.PENDING_ONBOARDING: t("Congratulations: we would like to hire you. HR will contact you."),
        HrState.REJECTED: t("Thank you for your time. We will not go on with your application for this position."),
    }.get(state, t("HR is looking at your interview once more."))
