"""Words about slots."""

from __future__ import annotations

from backend.portal.visit import Visit
from backend.services.slots import MOST_HOURS, MOST_SLOTS, Slot
from contract.errors import XudaError


def when(visit: Visit, slot: Slot) -> str:
    """``2026-12-01 09:00–09:30``, in the server's zone."""
    same = visit.local(slot.starts_at, "%Y-%m-%d") == visit.local(slot.ends_at, "%Y-%m-%d")
    return f"{visit.local(slot.starts_at)}–{visit.local(slot.ends_at, '%H:%M' if same else '%Y-%m-%d %H:%M')}"


def where(visit: Visit, slot: Slot) -> str:
    return slot.place or visit.texts.gettext("at home")


def problem(visit: Visit, error: XudaError) -> str:
    t = visit.texts.gettext
    words = {
        "full": t("This time has just been taken or withdrawn. Nothing was changed; please choose another."),
        "late": t("It is too late to change the time. Please ask HR."),
        "begun": t("The interview has begun already."),
        "closed": t("Times are not offered at the moment. Please ask HR."),
        "times": t("The end must be after the beginning."),
        "window": t("The times lie outside the period of the batch."),
        "capacity": t("Places: 1 to 10000, and not fewer than have chosen the time."),
        "place": t("A place has at most 200 characters."),
        "minutes": t("A time is 5 to 1440 minutes long."),
        "slots": t("From 1 to {n} times in a batch.").format(n=MOST_SLOTS),
        "hours": t("Hours: 0 to {n}.").format(n=MOST_HOURS),
        "value": t("Please give day and times, as 2026-12-01 and 09:00."),
    }
    return words.get(error.field or "value", words["value"])


def audit_words(visit: Visit) -> dict[str, str]:
    t = visit.texts.gettext
    return {
        "slots": t("Made times to choose"),
        "slot_rules": t("Set how times are offered"),
        "slot_capacity": t("Changed the places of a time"),
        "withdraw_slot": t("Withdrew a time, or offered it again"),
        "assign_slot": t("Chose a time for a candidate"),
        "choose_slot": t("A candidate chose a time"),
    }
