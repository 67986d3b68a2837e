"""Words for tokens, webhooks and how their messages fared."""

from __future__ import annotations

from backend.portal.visit import Visit
from backend.sending import outcome
from backend.services.api_tokens import LONGEST_DAYS, Scope
from backend.services.hooks import DeliveryState, DeliveryView, Kind
from contract.errors import XudaError

TONES = {DeliveryState.WAITING: "live", DeliveryState.SENT: "good", DeliveryState.FAILED: "bad"}


def scope_words(visit: Visit, found: Scope) -> str:
    t = visit.texts.gettext
    return {
        Scope.REQUISITIONS_READ: t("Read requisitions"),
        Scope.CANDIDATES_READ: t("Read candidates, with names and contact data"),
        Scope.CANDIDATES_WRITE: t("Invite candidates"),
        Scope.INTERVIEWS_READ: t("Read interviews (states and times)"),
        Scope.RESULTS_READ: t("Read scores"),
        Scope.DECISIONS_READ: t("Read decisions"),
        Scope.ORGANISATION_READ: t("Read departments and positions"),
        Scope.ORGANISATION_WRITE: t("Change departments and positions"),
    }[found]


def kind_words(visit: Visit, kind: str) -> str:
    """A kind this version does not know is shown by its name."""
    t = visit.texts.gettext
    return {
        Kind.INTERVIEW_STATE.value: t("An interview's state changed"),
        Kind.INTERVIEW_DELETED.value: t("An interview was deleted"),
        Kind.RESULT_READY.value: t("There is a (new) score"),
        Kind.DECISION_RELEASED.value: t("A decision was released"),
        Kind.DECISION_TAKEN_BACK.value: t("The release of a decision was taken back"),
        Kind.REQUISITION_OPENED.value: t("A requisition was opened"),
        Kind.REQUISITION_CLOSED.value: t("A requisition was closed"),
        Kind.PING.value: t("Test message"),
    }.get(kind, kind)


def delivery_words(visit: Visit, state: DeliveryState) -> str:
    t = visit.texts.gettext
    return {
        DeliveryState.WAITING: t("waiting"),
        DeliveryState.SENT: t("sent"),
        DeliveryState.FAILED: t("given up"),
    }[state]


def reason(visit: Visit, row: DeliveryView) -> str:
    """Why a message has not arrived; empty for one that did or has not been tried."""
    t = visit.texts.gettext
    known = {
        "": "",
        outcome.CONNECT: t("The server does not answer. Please check its name in the settings and the network."),
        outcome.TLS: t("The server offers no trusted encryption. Please check its certificate and the settings."),
        outcome.BLOCKED: t("The server lies inside the own network, which the settings do not allow."),
        outcome.BROKEN_OFF: t("The connection broke off before the answer. It is sent again with the same id."),
        outcome.CANCELLED: t("The webhook was removed."),
        outcome.UNREADABLE: t("The answer, or the message itself, cannot be read. Please tell the administrator."),
    }
    code = row.error.removeprefix("http:")
    return known.get(row.error) or (t("The server answered {code}.").format(code=code) if row.error else "")


def problem(visit: Visit, error: XudaError) -> str:
    t = visit.texts.gettext
    return {
        "name": t("Give it a name of at most 80 characters, by which you know it again."),
        "scopes": t("Tick at least one thing that it may do."),
        "kinds": t("Tick at least one event."),
        "days": t("A token holds for 1 to {n} days.").format(n=LONGEST_DAYS),
        "department": t("There is no such department."),
        "url": t("The address begins with https://, has no user name and no #, and lies outside the own network."),
    }.get(error.field or "", t("Please check what you have typed."))
