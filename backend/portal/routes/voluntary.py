"""Questions that a candidate answers of their own accord, for figures of fairness alone."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response

from backend.portal import voluntary_words
from backend.portal.routes.candidate import Candidate, Me, MyForm
from backend.services import voluntary
from backend.services.voluntary_rows import FEWEST, VALUES, Aspect
from contract.errors import ErrorCode, XudaError

router = APIRouter()
_Short = Annotated[str, Form(max_length=40)]


@router.get("/candidate/voluntary")
def page(me: Me) -> Response:
    return _page(me)


@router.post("/candidate/voluntary")
def answer(
    me: MyForm, sex: _Short = "", age: _Short = "", disability: _Short = "", minority: _Short = "", agreed: _Short = "",
) -> Response:  # fmt: skip
    given = {Aspect.SEX: sex, Aspect.AGE: age, Aspect.DISABILITY: disability, Aspect.MINORITY: minority}
    chosen = {aspect: value for aspect, value in given.items() if value in VALUES[aspect]}
    try:
        voluntary.answer(me.visit.hr, me.invitation_id, chosen, agreed=agreed == "yes")
    except XudaError as error:
        t = me.visit.texts.gettext
        if error.code is ErrorCode.SETTING_INVALID:
            unsure = error.field == "consent"
            problem = (
                t("Please tick the box if you agree.") if unsure else t("Nothing was chosen, so nothing was kept.")
            )
            return _page(me, problem=problem, chosen=chosen)
        if error.code is not ErrorCode.ILLEGAL_STATE:
            raise
    return me.visit.redirect("/candidate/voluntary")


@router.post("/candidate/voluntary/withdraw")
def withdraw(me: MyForm) -> Response:
    voluntary.withdraw(me.visit.hr, me.invitation_id)
    return me.visit.redirect("/candidate/voluntary")


def _page(me: Candidate, *, problem: str = "", chosen: dict[Aspect, str] | None = None) -> Response:
    return me.visit.page(
        "candidate_voluntary.html",
        status=422 if problem else 200,
        standing=voluntary.standing(me.visit.hr, me.invitation_id),
        questions=voluntary_words.questions(me.visit),
        chosen=chosen or {},
        problem=problem,
        fewest=FEWEST,
    )
