"""Words and numbers of scorecards and comments."""

from __future__ import annotations

from backend.portal.visit import Visit
from backend.services.scorecard_sheet import CardView
from contract.errors import ErrorCode, XudaError


def progress(visit: Visit, card: CardView) -> str:
    """What is still to be rated, and when it was saved."""
    t, n = visit.texts.gettext, visit.texts.ngettext
    left = n("{n} rating is still missing", "{n} ratings are still missing", card.missing).format(n=card.missing)
    if not card.missing:
        left = t("Everything is rated")
    saved = t("draft saved {time}").format(time=visit.local(card.updated_at, "%H:%M:%S")) if card.updated_at else ""
    return " · ".join(part for part in (left, saved) if part)


def clock(seconds: float) -> str:
    """``1:05`` for 65 s."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def seconds(text: str) -> float | None:
    """A place in a recording as people type it: ``65``, ``65.5`` or ``1:05``; None for nothing.

    Raises XudaError(SETTING_INVALID) with ``field`` time.
    """
    given = text.strip().replace("：", ":")
    if not given:
        return None
    minutes, colon, rest = given.rpartition(":")
    try:
        return float(rest) + (60 * int(minutes) if colon else 0)
    except ValueError:
        raise XudaError(ErrorCode.SETTING_INVALID, field="time") from None


def problem(visit: Visit, error: XudaError) -> str:
    """What is wrong with a scorecard or a comment, what became of what was typed, and what to do; "" for others."""
    t, n = visit.texts.gettext, visit.texts.ngettext
    missing = int(error.params.get("count", 0))
    return {
        (ErrorCode.CONFLICT, "scorecard"): t(
            "This scorecard was changed in another window meanwhile. Nothing was overwritten: load the page again."
        ),
        (ErrorCode.ILLEGAL_STATE, "scorecard"): t(
            "This scorecard is handed in, or you have looked at those of others. Nothing was changed."
        ),
        (ErrorCode.SETTING_INVALID, "missing"): n(
            "{n} rating is still missing. Your draft is kept: rate it and hand in again.",
            "{n} ratings are still missing. Your draft is kept: rate them and hand in again.",
            missing,
        ).format(n=missing),
        (ErrorCode.SETTING_INVALID, "comment"): t("Please write a comment of at most 1000 characters."),
        (ErrorCode.SETTING_INVALID, "time"): t("Please give the time as seconds or as minutes:seconds."),
    }.get((error.code, error.field or ""), "")


def redo_problem(visit: Visit, error: XudaError) -> str:
    """Why a question is not to be answered again, or that not taken back; "" for other errors."""
    t = visit.texts.gettext
    return {
        (ErrorCode.SETTING_INVALID, "reason"): t(
            "Please give a reason of at most 300 characters. Nothing was changed."
        ),
        (ErrorCode.SETTING_INVALID, "until"): t("Please choose a day from today to 90 days from now."),
        (ErrorCode.ILLEGAL_STATE, "redo"): t(
            "A question can be answered again only when the interview is finished and nothing is decided. Nothing was "
            "changed; take the decision back first."
        ),
        (ErrorCode.CONFLICT, "redo"): t(
            "Another question of this interview is to be answered again. Wait for it, or take it back first."
        ),
        (ErrorCode.CONFLICT, "used"): t(
            "The candidate has begun to answer again, so it cannot be taken back any more. Both answers are kept."
        ),
    }.get((error.code, error.field or ""), "")
