"""Messages to candidates: written with a preview, listed, withdrawn."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Response

from backend.portal.visit import PAGE, Member, MemberForm, Visit, page_number, pages_of
from backend.services import batches, listings, messages
from contract.errors import ErrorCode, XudaError
from contract.message import MOST_TEXT, MOST_TITLE
from contract.texts import error_text

router = APIRouter()
_Title = Annotated[str, Form(max_length=1000)]
_Text = Annotated[str, Form(max_length=20_000)]


@router.get("/messages")
def message_list(visit: Member, page: int = 1) -> Response:
    page = page_number(page)
    found, total = messages.lines(visit.hr, visit.actor, page=page, size=PAGE)
    return visit.page("messages.html", lines=found, total=total, page=page, pages=pages_of(total))


@router.get("/messages/new")
def new_message(visit: Member, to: str = messages.EVERYONE) -> Response:
    today = visit.hr.now().astimezone().date()
    typed = dict.fromkeys(("title_zh_CN", "text_zh_CN", "title_en", "text_en", "next_steps"), "")
    return _form(visit, {**typed, "to": to, "start": str(today), "end": str(today + timedelta(days=30))})


@router.post("/messages")
def write_message(
    visit: MemberForm,
    to: Annotated[str, Form(max_length=100)] = messages.EVERYONE,
    title_zh_CN: _Title = "",
    text_zh_CN: _Text = "",
    title_en: _Title = "",
    text_en: _Text = "",
    start: Annotated[str, Form(max_length=40)] = "",
    end: Annotated[str, Form(max_length=40)] = "",
    next_steps: Annotated[str, Form(max_length=10)] = "",
    do: Annotated[str, Form(max_length=10)] = "preview",
) -> Response:
    """``do=send`` sends it; anything else shows how it will look, and nothing is stored."""
    typed = {"to": to, "start": start, "end": end, "next_steps": next_steps}
    typed |= {"title_zh_CN": title_zh_CN, "text_zh_CN": text_zh_CN, "title_en": title_en, "text_en": text_en}
    try:
        draft = messages.check(visit.hr, visit.actor, _draft(typed))
        if do == "send":
            messages.send(visit.hr, visit.actor, draft)
            return visit.redirect("/messages")
    except XudaError as error:
        if error.code is not ErrorCode.SETTING_INVALID:
            raise
        return _form(visit, typed, problem=_problem(visit, error), status=422)
    return _form(visit, typed, preview=draft)


@router.post("/messages/{message_id}/withdraw")
def withdraw(visit: MemberForm, message_id: str) -> Response:
    messages.withdraw(visit.hr, visit.actor, message_id)
    return visit.redirect("/messages")


def _draft(typed: dict[str, str]) -> messages.Draft:
    return messages.Draft(
        to=typed["to"],
        title={"zh_CN": typed["title_zh_CN"], "en": typed["title_en"]},
        text={"zh_CN": typed["text_zh_CN"], "en": typed["text_en"]},
        not_before=batches.moment(typed["start"]),
        not_after=batches.moment(typed["end"], end=True),
        next_steps=typed["next_steps"] == "yes",
    )


def _form(
    visit: Visit,
    typed: dict[str, str],
    *,
    preview: messages.Draft | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    found = messages.receiver(visit.hr, visit.actor, typed["to"])
    return visit.page(
        "message_new.html",
        status=status,
        typed=typed,
        receiver=found,
        batches=listings.batch_lines(visit.hr, visit.actor).lines,
        preview=preview,
        problem=problem,
        most_title=MOST_TITLE,
        most_text=MOST_TEXT,
    )


def _problem(visit: Visit, error: XudaError) -> str:
    t = visit.texts.gettext
    by_field = {
        "words": t("A title and a text are needed, both in the same language or languages."),
        "title": t("A title has at most {n} characters.").format(n=MOST_TITLE),
        "text": t("A text has at most {n} characters.").format(n=MOST_TEXT),
        "until": t("The last day must not be before the first."),
        "next_steps": t("Next steps are for one candidate. Begin at the candidate in the batch."),
    }
    return by_field.get(error.field or "", " ".join(error_text(error, visit.language).lines))
