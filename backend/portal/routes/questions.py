"""The question bank."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from backend.portal import kit_words, question_form
from backend.portal.memory_form import MemoryForm
from backend.portal.question_form import Typed, TypedForm
from backend.portal.visit import STAFF, Member, MemberForm, Visit
from backend.services import kit_drafts, question_bank, question_media, scope
from backend.services.duration import Level
from backend.services.question_bank import Wanted
from contract.errors import ErrorCode, XudaError
from contract.kit import Question, QuestionKind
from contract.kit_media import MOST_BYTES, MediaKind

router = APIRouter()
# the largest film, and the rest of its form
_MOST_FORM = MOST_BYTES[MediaKind.VIDEO] + 1024 * 1024
_MENDED = frozenset({ErrorCode.KIT_INVALID, ErrorCode.SETTING_INVALID, ErrorCode.CONFLICT})


@router.get("/questions")
def bank(
    visit: Member, q: str = "", kind: str = "", level: str = "", skill: str = "", retired: str = "", page: str = "1"
) -> Response:
    wanted = Wanted(q[:200], *_chosen(kind, level), skill[:100], retired == "1")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 8 else 1
    found = question_bank.listed(visit.hr, visit.actor, wanted, number)
    return visit.page("questions.html", found=found, wanted=wanted, kinds=list(QuestionKind), **_words(visit))


@router.get("/questions/new")
def new_question(visit: Member) -> Response:
    scope.require(visit.actor, *STAFF)
    return _form(visit, "/questions", Typed(), 0)


@router.post("/questions")
def add(visit: MemberForm, typed: TypedForm) -> Response:
    scope.require(visit.actor, *STAFF)
    try:
        written = question_form.written_of(typed, _blank())
        question_bank.add(visit.hr, visit.actor, written)
    except XudaError as error:
        return _again(visit, "/questions", typed, 0, error)
    return visit.redirect("/questions")


@router.get("/questions/{question_id}")
def question_page(visit: Member, question_id: str) -> Response:
    """The form for a new version, with the earlier ones and where they are asked."""
    view = question_bank.one(visit.hr, visit.actor, question_id)
    written = view.written
    typed = question_form.typed_of(written.question, written.dimensions, written.skills, written.level)
    return _form(visit, f"/questions/{question_id}", typed, view.version)


@router.post("/questions/{question_id}")
def change(visit: MemberForm, question_id: str, typed: TypedForm, version: Annotated[int, Form(ge=1)] = 1) -> Response:
    view = question_bank.one(visit.hr, visit.actor, question_id)
    try:
        written = question_form.written_of(typed, view.written.question)
        question_bank.change(visit.hr, visit.actor, question_id, version, written)
    except XudaError as error:
        return _again(visit, f"/questions/{question_id}", typed, version, error)
    return visit.redirect(f"/questions/{question_id}")


@router.post("/question-media")
async def set_media(visit: Member, request: Request) -> Response:
    """The file of the ``question``, with its words; ``do`` remove: none any more. Either is a new version."""
    scope.require(visit.actor, *STAFF)
    form = MemoryForm(lambda fields: visit.check_form(fields.get("csrf", "")), most=_MOST_FORM)
    try:
        await form.receive(request)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody reads this
    visit.check_form(form.fields.get("csrf", ""))
    return await run_in_threadpool(_set_media, visit, form)


def _set_media(visit: Visit, form: MemoryForm) -> Response:
    question_id, shown, plays = (form.fields.get(name, "") for name in ("question", "version", "plays"))
    version = int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 7 else 0
    try:
        if form.fields.get("do") == "remove":
            question_media.remove(visit.hr, visit.actor, question_id, version)
        else:
            content = form.files[0][1] if form.files else b""
            said = {language: form.fields.get(f"text_{language}", "") for language in question_form.LANGUAGES}
            often = question_form.number(plays, "plays") if plays else None
            question_media.attach(visit.hr, visit.actor, question_id, version, content, said, often)
    except XudaError as error:
        if error.code not in _MENDED:
            raise
        view = question_bank.one(visit.hr, visit.actor, question_id)
        typed = question_form.typed_of(
            view.written.question, view.written.dimensions, view.written.skills, view.written.level
        )
        return _again(visit, f"/questions/{question_id}", typed, view.version, error)
    return visit.redirect(f"/questions/{question_id}#media")


@router.post("/questions/{question_id}/retire")
def retire(visit: MemberForm, question_id: str, on: Annotated[str, Form(max_length=5)] = "") -> Response:
    """``on`` yes: offer it no more."""
    question_bank.retire(visit.hr, visit.actor, question_id, on=on == "yes")
    return visit.redirect(f"/questions/{question_id}")


@router.post("/kits/{kit_id}/questions")
def keep_questions(visit: MemberForm, kit_id: str) -> Response:
    """The questions of a kit into the bank."""
    kit_drafts.keep_questions(visit.hr, visit.actor, kit_id)
    return visit.redirect("/questions")


def _again(visit: Visit, target: str, typed: Typed, version: int, error: XudaError) -> Response:
    """What was typed stays where it is refused. Raises what cannot be mended in the form."""
    if error.code not in _MENDED:
        raise error
    status = 409 if error.code is ErrorCode.CONFLICT else 422
    return _form(visit, target, typed, version, problem=question_form.problem(visit, error), status=status)


def _form(visit: Visit, target: str, typed: Typed, version: int, *, problem: str = "", status: int = 200) -> Response:
    question_id = target.removeprefix("/questions").strip("/")
    versions, uses = question_bank.history(visit.hr, visit.actor, question_id) if question_id else ([], [])
    return visit.page(
        "question_form.html",
        status=status,
        target=target,
        typed=typed,
        version=version,
        problem=problem,
        versions=versions,
        uses=uses,
        kinds=list(QuestionKind),
        **_words(visit),
    )


def _words(visit: Visit) -> dict[str, Any]:
    return {"levels": list(Level), "level_words": lambda level: kit_words.level(visit, level)}


def _chosen(kind: str, level: str) -> tuple[QuestionKind | None, Level | None]:
    return (
        QuestionKind(kind) if kind in set(QuestionKind) else None,
        Level(level) if level in set(Level) else None,
    )


def _blank() -> Question:
    return Question(question_id=question_bank.new_question_id(), kind=QuestionKind.VIDEO, prompt={"": "-"})
