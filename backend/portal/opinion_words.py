"""Words about a language model's second opinion."""

from __future__ import annotations

from backend.opinion.asking import NOT_UNDERSTOOD, TIMEOUT, TOO_LARGE
from backend.portal.visit import Visit
from backend.sending.outcome import BLOCKED, BROKEN_OFF, CONNECT, TLS
from backend.services.opinion_making import CONSENT, NOTHING, OFF, UNREADABLE
from contract.errors import ErrorCode, XudaError

_KEY_REFUSED = frozenset({"http:401", "http:403"})


def failure(visit: Visit, code: str) -> str:
    """What stood against it, what became of it, and what to do."""
    t = visit.texts.gettext
    if code in _KEY_REFUSED:
        return t("The service does not accept the key. Please tell the administrator.")
    if code.startswith("http:3"):
        return t("The service sends on to another address, which is not followed. Please tell the administrator.")
    if code.startswith("http:"):
        return t("The service refused ({code}). Try again later.").format(code=code.removeprefix("http:"))
    return {
        CONNECT: t("The service cannot be reached. Try again later, or tell the administrator."),
        TLS: t("The connection to the service cannot be trusted. Nothing was sent; please tell the administrator."),
        BLOCKED: t("The service lies inside the network, which settings do not allow. Nothing was sent."),
        TIMEOUT: t("The service took too long. Try again later."),
        BROKEN_OFF: t("The connection broke off in the middle. Try again later."),
        TOO_LARGE: t("The answer was too long and was thrown away."),
        NOT_UNDERSTOOD: t("The answer was not in the form that was asked for and was thrown away."),
        OFF: t("Second opinions have been switched off meanwhile. Nothing was sent."),
        CONSENT: t("The candidate has taken the consent back meanwhile. Nothing was sent."),
        NOTHING: t("There are no words yet to ask about. Nothing was sent."),
        UNREADABLE: t("What the candidate said cannot be opened here. Nothing was sent."),
    }.get(code, t("It broke off several times. Try again later."))


def problem(visit: Visit, error: XudaError) -> str:
    """Why none can be asked for; "" for other errors."""
    t = visit.texts.gettext
    return {
        (ErrorCode.ILLEGAL_STATE, "second_opinion"): t("Second opinions are switched off."),
        (ErrorCode.ILLEGAL_STATE, "interview"): t("The interview has not ended yet."),
        (ErrorCode.ILLEGAL_STATE, "rating"): t(
            "Please hand in your scorecard first, so that your rating does not lean on it."
        ),
        (ErrorCode.FORBIDDEN, "consent"): t(
            "The candidate has not agreed that another service is given what was said. Nothing was sent."
        ),
        (ErrorCode.CONFLICT, "opinion"): t("It is being asked for already."),
    }.get((error.code, error.field or ""), "")
