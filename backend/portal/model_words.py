"""Words about learned models."""

from __future__ import annotations

from backend.portal import voluntary_words
from backend.portal.visit import Visit
from backend.services.model_jobs import JobState
from backend.services.model_publishing import Verdict
from backend.services.model_ratings import Target
from backend.services.score_models import ModelState
from backend.services.voluntary_rows import Aspect
from contract.errors import ErrorCode, XudaError


def language_words(visit: Visit, language: str) -> str:
    t = visit.texts.gettext
    return {"zh": t("Chinese answers"), "en": t("English answers")}.get(language, language)


def state_words(visit: Visit, state: ModelState) -> str:
    t = visit.texts.gettext
    return {
        ModelState.CANDIDATE: t("not published"),
        ModelState.PUBLISHED: t("published"),
        ModelState.RETIRED: t("earlier model"),
    }[state]


def target_words(visit: Visit, target: str) -> str:
    """``target``: empty for a model that was taken in."""
    t = visit.texts.gettext
    words = {
        Target.RATINGS.value: t("people's ratings (scorecards)"),
        Target.PERFORMANCE.value: t("employees' later performance"),
    }
    return words.get(target) or t("taken in from a file")


def job_words(visit: Visit, state: JobState) -> str:
    t = visit.texts.gettext
    return {JobState.OPEN: t("at work"), JobState.DONE: t("done"), JobState.FAILED: t("failed")}[state]


def verdict_words(visit: Visit, verdict: Verdict) -> str:
    t = visit.texts.gettext
    return {
        Verdict.BETTER: t("Better than what scores now, beyond chance, and nowhere worse."),
        Verdict.ALIKE: t("No difference from what scores now that could not be chance."),
        Verdict.WORSE: t("Worse than what scores now, beyond chance, in at least one figure."),
        Verdict.UNKNOWN: t("Not compared: there are too few rated answers here, or they have not been looked at."),
        Verdict.STALE: t("Something else scores now than when it was compared. Compare it again first."),
    }[verdict]


def measure_words(visit: Visit, name: str) -> str:
    t = visit.texts.gettext
    return {
        "pearson": t("Correlation (Pearson r)"),
        "rmse": t("Mean error in points (RMSE)"),
        "kappa": t("Agreement (quadratic weighted kappa)"),
    }[name]


def fold_words(visit: Visit, name: str) -> str:
    t = visit.texts.gettext
    return {"candidates": t("Candidates it has not seen"), "questions": t("Questions it has not seen")}[name]


def contender_words(visit: Visit, name: str) -> str:
    t = visit.texts.gettext
    return {
        "new": t("This model"),
        "published": t("Published model"),
        "now": t("What scores now"),
        "rubric": t("Rubric alone"),
    }[name]


def aspect_words(visit: Visit, aspect: str) -> str:
    return voluntary_words.aspects(visit)[Aspect(aspect)]


def group_words(visit: Visit, aspect: str, group: str) -> str:
    return voluntary_words.values(visit, Aspect(aspect)).get(group, group)


def problem(visit: Visit, error: XudaError) -> str:
    """Why nothing was published or begun. Raises the error again when it is about something else."""
    t = visit.texts.gettext
    if error.code is ErrorCode.ASSESSMENT_MODEL:
        return t("Its model of meaning is not installed on this server, or its file is damaged. Nothing was changed.")
    words = {
        "reason": t("Please give a reason (at most 1000 characters). Nothing was changed."),
        "verdict": t("It is worse than what scores now, or was not compared with it. Nothing was changed."),
        "model": t("This cannot be done in the state it is in. Nothing was changed."),
        "job": t("Another training or comparison is at work. Please wait until it has ended."),
        "target": t("Please choose what is to be learned."),
        "totp": t("A fresh one-time code is needed. Nothing was changed."),
    }
    if error.field not in words:
        raise error
    return words[error.field]


def audit_words(visit: Visit) -> dict[str, str]:
    t = visit.texts.gettext
    return {
        "train_model": t("Ordered the training of a model"),
        "compare_model": t("Ordered the comparison of a model"),
        "model_made": t("A model was made"),
        "model_compared": t("A model was compared"),
        "model_job_ended": t("Training or comparison ended"),
        "view_model": t("Looked at a model"),
        "import_model": t("Took in a model"),
        "publish_model": t("Published a model"),
        "roll_back_model": t("Published an earlier model again"),
        "retire_model": t("Let the rubric alone score"),
    }
