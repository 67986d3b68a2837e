"""Learned models for scoring: ordered, compared, published and rolled back by a person with a fresh one-time code."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, cast

from fastapi import APIRouter, Form, Response

from backend.learning import Trainer
from backend.portal import model_words
from backend.portal.routes.sign_in import refusal
from backend.portal.visit import STAFF, Member, MemberForm, Visit
from backend.services import auth, model_jobs, model_publishing, scope, score_models
from backend.services.model_jobs import JobState
from backend.services.model_publishing import Verdict
from backend.services.model_ratings import Target
from backend.services.score_models import ModelState, ModelView
from contract.errors import ErrorCode, XudaError
from report.scoring import LANGUAGES

router = APIRouter()
_Short = Annotated[str, Form(max_length=64)]
_Reason = Annotated[str, Form(max_length=2000)]
_MEASURES = ("pearson", "rmse", "kappa")
_FOLDS = ("candidates", "questions")


@router.get("/models")
def model_list(visit: Member) -> Response:
    return _list(visit)


@router.post("/models/train")
def train(visit: MemberForm, target: _Short = "") -> Response:
    """``target``: ratings or performance."""
    scope.require(visit.actor, *STAFF)

    def begin() -> None:
        if target not in set(Target):
            raise XudaError(ErrorCode.SETTING_INVALID, field="target")
        model_jobs.order(visit.hr, visit.actor, Target(target))

    return _begun(visit, begin) or visit.redirect("/models")


@router.post("/models/{model_id}/compare")
def compare(visit: MemberForm, model_id: str) -> Response:
    scope.require(visit.actor, *STAFF)
    score_models.one(visit.hr, visit.actor, model_id)
    order = functools.partial(model_jobs.order, visit.hr, visit.actor, model_id=model_id)
    return _begun(visit, order) or visit.redirect(f"/models/{model_id}")


@router.post("/models/rollback")
def roll_back(
    visit: MemberForm, language: _Short = "", model: _Short = "", reason: _Reason = "", totp: _Short = ""
) -> Response:
    """``model``: empty for the rubric alone."""
    scope.require(visit.actor, *STAFF)
    act = functools.partial(model_publishing.roll_back, visit.hr, visit.actor, language, model or None, reason)
    problem = _done(visit, totp, act)
    return _list(visit, problem=problem) if problem else visit.redirect("/models")


@router.get("/models/{model_id}")
def model_page(visit: Member, model_id: str) -> Response:
    return _one(visit, model_id)


@router.post("/models/{model_id}/publish")
def publish(visit: MemberForm, model_id: str, reason: _Reason = "", anyway: _Short = "", totp: _Short = "") -> Response:
    """``anyway``: yes publishes also what is worse, or was not compared."""
    scope.require(visit.actor, *STAFF)
    score_models.one(visit.hr, visit.actor, model_id)
    act = functools.partial(model_publishing.publish, visit.hr, visit.actor, model_id, reason, anyway=anyway == "yes")
    problem = _done(visit, totp, act)
    return _one(visit, model_id, problem=problem) if problem else visit.redirect("/models")


def _begun(visit: Visit, order: Callable[[], object]) -> Response | None:
    """Work in the background is ordered; the page with what stood against it."""
    try:
        order()
    except XudaError as error:
        if error.code is ErrorCode.FORBIDDEN:
            raise
        return _list(visit, problem=model_words.problem(visit, error))
    cast(Trainer, visit.request.app.state.trainer).wake()
    return None


def _done(visit: Visit, totp: str, act: Callable[[], None]) -> str:
    """What stood against it, empty when it is done. A one-time code that is typed opens such acts for a while."""
    try:
        if totp:
            auth.confirm_totp(visit.hr, visit.token or "", totp)
        login = auth.current(visit.hr, visit.token)
        if login is not None:
            auth.require_fresh(login)
        act()
    except XudaError as error:
        if error.code in (ErrorCode.UNAUTHORIZED, ErrorCode.RATE_LIMITED):
            return refusal(visit, error)
        return model_words.problem(visit, error)
    return ""


def _list(visit: Visit, *, problem: str = "") -> Response:
    scope.require(visit.actor, *STAFF)
    hr, actor = visit.hr, visit.actor
    models = score_models.models(hr, actor)
    jobs = model_jobs.jobs(hr, actor)
    return visit.page(
        "models.html",
        status=422 if problem else 200,
        problem=problem,
        models=models,
        published={one.language: one for one in models if one.state is ModelState.PUBLISHED},
        retired=[one for one in models if one.state is ModelState.RETIRED],
        scored=LANGUAGES,
        jobs=jobs,
        busy=any(job.state is JobState.OPEN for job in jobs),
        targets=list(Target),
        history=model_publishing.publications(hr, actor),
        fresh=visit.login is not None and visit.login.fresh,
        **_words(visit),
    )


def _one(visit: Visit, model_id: str, *, problem: str = "") -> Response:
    scope.require(visit.actor, *STAFF)
    hr, actor = visit.hr, visit.actor
    found = score_models.looked_at(hr, actor, model_id)
    verdict = model_publishing.verdict(hr, model_id)
    return visit.page(
        "model.html",
        status=422 if problem else 200,
        problem=problem,
        model=found,
        moment=datetime.fromisoformat,
        verdict=verdict,
        safe=verdict in Verdict.safe(),
        folds=[(name, found.comparison["folds"][name]) for name in _FOLDS if name in _folds(found)],
        measures=_MEASURES,
        effects=found.comparison.get("effects"),
        busy=any(job.state is JobState.OPEN for job in model_jobs.jobs(hr, actor)),
        fresh=visit.login is not None and visit.login.fresh,
        **_words(visit),
    )


def _folds(found: ModelView) -> dict[str, Any]:
    return found.comparison.get("folds") or {}


def _words(visit: Visit) -> dict[str, Any]:
    return {
        name: functools.partial(getattr(model_words, name), visit)
        for name in (
            "language_words",
            "target_words",
            "job_words",
            "verdict_words",
            "measure_words",
            "fold_words",
            "contender_words",
            "aspect_words",
            "group_words",
        )
    } | {"model_state_words": functools.partial(model_words.state_words, visit)}
