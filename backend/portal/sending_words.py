"""Words for messages that were sent: over which channel, how it went, why not, and what to do."""

from __future__ import annotations

from datetime import datetime

from backend.portal.visit import Visit
from backend.sending import outcome
from backend.sending.outcome import Channel, State, Template
from backend.services.deliveries import DeliveryView, Which

TONES = {
    State.QUEUED: "live",
    State.SENDING: "live",
    State.SENT: "good",
    State.UNCERTAIN: "warn",
    State.BOUNCED: "bad",
    State.FAILED: "bad",
    State.DROPPED: "plain",
}


def channel_words(visit: Visit, channel: Channel) -> str:
    t = visit.texts.gettext
    return {
        Channel.MAIL: t("E-mail"),
        Channel.SMS: t("SMS"),
        Channel.DINGTALK: t("DingTalk robot"),
        Channel.WECOM: t("WeCom robot"),
    }[channel]


def template_words(visit: Visit, template: Template) -> str:
    t = visit.texts.gettext
    return {
        Template.INVITATION: t("Invitation"),
        Template.REMINDER: t("Reminder"),
        Template.EXTENSION: t("More time"),
        Template.DECISION: t("Result"),
        Template.ONE_TIME: t("One-time code"),
    }[template]


def state_words(visit: Visit, state: State) -> str:
    t = visit.texts.gettext
    return {
        State.QUEUED: t("waiting"),
        State.SENDING: t("being sent"),
        State.SENT: t("sent"),
        State.UNCERTAIN: t("uncertain"),
        State.BOUNCED: t("refused"),
        State.FAILED: t("given up"),
        State.DROPPED: t("not sent"),
    }[state]


def which_words(visit: Visit, which: Which) -> str:
    t = visit.texts.gettext
    return {
        Which.NEW: t("Not written to yet"),
        Which.TROUBLED: t("Failed or uncertain"),
        Which.EVERYONE: t("Everybody"),
        Which.CHOSEN: t("Only those ticked below"),
    }[which]


def reason(visit: Visit, view: DeliveryView) -> str:
    """Why a message did not go, or has not yet, and what to do; empty for one that went."""
    if not view.error:
        return ""
    told = _fixed(visit).get(view.error) or _by_number(visit, view.error)
    if view.state is State.QUEUED:
        t = visit.texts.gettext
        return t("{reason} Tried again at {time}.").format(reason=told, time=visit.local(view.next_at, "%H:%M"))
    return told


def _fixed(visit: Visit) -> dict[str, str]:
    t = visit.texts.gettext
    return {
        outcome.CONNECT: t("The server does not answer. Please check its name in the settings and the network."),
        outcome.TLS: t("The server offers no trusted encryption. Please check its certificate and the settings."),
        outcome.LOGIN: t("The server refuses our login. Please check name, password or key in the settings."),
        outcome.BLOCKED: t("The server lies inside the own network, which the settings do not allow."),
        outcome.BROKEN_OFF: t("The connection broke off in the middle: it may have arrived. Ask, or send it again."),
        outcome.RESTARTED: t("This server stopped in the middle: it may have arrived. Ask, or send it again."),
        outcome.RESTORED: t("It was waiting in a backup that was restored: it may have been sent since. Ask first."),
        outcome.ADDRESS: t("This is no address that mail can go to."),
        outcome.ERASED: t("The candidate's data were erased."),
        outcome.CANCELLED: t("The invitation was withdrawn."),
        outcome.OVER: t("The time window was over. Make it longer and send it again."),
        outcome.TAKEN_BACK: t("The release was taken back before it went."),
        outcome.BEGUN: t("The interview had begun already."),
        outcome.NO_CHANNEL: t("This channel is no longer set up."),
        outcome.UNREADABLE: t("The answer, or the message itself, cannot be read. Please tell the administrator."),
    }


def mailroom(visit: Visit, at: datetime | None, trouble: str) -> str:
    """When the mailbox was read that failures are reported to, or why it cannot be."""
    t = visit.texts.gettext
    if trouble:
        why = {
            outcome.CONNECT: t("its server does not answer"),
            outcome.TLS: t("its server offers no trusted encryption"),
            outcome.LOGIN: t("it refuses our login"),
            "folder": t("there is no such folder"),
        }.get(trouble, trouble)
        words = t("Failures that are reported later are not known: the mailbox cannot be read ({why}).")
        return words.format(why=why)
    if at is None:
        return t("The mailbox to which failures are reported has not been read yet.")
    return t("The mailbox to which failures are reported was read at {time}.").format(time=visit.local(at))


def _by_number(visit: Visit, code: str) -> str:
    t = visit.texts.gettext
    kind, _, rest = code.partition(":")
    number, _, detail = rest.partition(":")
    shown = " ".join(filter(None, (number, detail)))
    if kind == "dsn":
        t_late = t("Reported later: {reason}")
        return t_late.format(reason=_mail(visit, number[:1], number).format(code=number))
    if kind == "smtp":
        return _mail(visit, number, detail).format(code=shown)
    if kind == "robot":
        if number in ("310000", "93004"):
            return t("The robot refuses: signature, keyword or network address do not fit its rules ({code}).").format(
                code=shown
            )
        if number in ("130101", "410100", "45009", "45033"):
            return t("The robot takes no more messages for the moment ({code}).").format(code=shown)
        if number in ("300001", "400101", "400102", "40001", "40014", "93000", "93008"):
            return t("There is no such robot: please check its address and key in the settings ({code}).").format(
                code=shown
            )
        return t("The robot refuses the message ({code}).").format(code=shown)
    return t("The gateway refuses the message ({code}).").format(code=shown)


def _mail(visit: Visit, number: str, detail: str) -> str:
    t = visit.texts.gettext
    if detail in ("5.1.1", "5.1.10", "5.1.2", "5.1.3") or (not detail and number == "550"):
        return t("There is no such mailbox ({code}). Please check the address.")
    if detail in ("5.2.2", "4.2.2") or number in ("452", "552"):
        return t("The mailbox is full ({code}).")
    if number.startswith("4"):
        return t("The mail server puts it off ({code}).")
    return t("The mail server refuses it ({code}).")
