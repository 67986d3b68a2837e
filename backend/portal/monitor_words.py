"""Words of the live monitor."""

from __future__ import annotations

from backend.portal.visit import Visit
from backend.services.booths import Station, Trouble
from backend.services.monitor import Sight
from backend.services.states import NO_CONTACT
from backend.services.wholes_in_sql import Fate
from report import words

TONES = {
    Fate.PENDING: "plain",
    Fate.RUNNING: "live",
    Fate.INTERRUPTED: "warn",
    Fate.DONE: "good",
    Fate.INCOMPLETE: "bad",
    Fate.DECLINED: "plain",
    Fate.MISSED: "plain",
}


def fates(visit: Visit) -> dict[str, str]:
    """Also of those whose recordings are awaited."""
    t = visit.texts.gettext
    return {
        Fate.PENDING: t("Not begun"),
        Fate.RUNNING: t("Running"),
        Fate.INTERRUPTED: t("Interrupted"),
        Fate.DONE: t("Finished"),
        Fate.INCOMPLETE: t("Given up"),
        Fate.DECLINED: t("Declined the AI interview"),
        Fate.MISSED: t("Never begun, window over"),
        "awaited": t("Awaiting upload"),
    }


def why(visit: Visit, sight: Sight) -> str:
    """Why an interview does not go on; empty where there is nothing to say."""
    if sight.reason is None:
        return ""
    if sight.reason == NO_CONTACT:
        return visit.texts.gettext("No contact with the device")
    if sight.reason == "unknown":
        return visit.texts.gettext("A reason that this version does not know")
    return words.reason_words(sight.reason, visit.language)


def troubles(visit: Visit, station: Station) -> list[str]:
    t = visit.texts.gettext
    clock, free = station.clock_off or 0, (station.free_bytes or 0) / 1e9
    said = {
        Trouble.SILENT: t("silent since {time}").format(time=visit.local(station.seen_at) or t("it was enrolled")),
        Trouble.CLOCK: (t("its clock is {n} s ahead") if clock > 0 else t("its clock is {n} s behind")).format(
            n=abs(clock)
        ),
        Trouble.DISK: t("only {free} GB free").format(free=f"{free:.1f}"),
        Trouble.REFUSED: visit.texts.ngettext(
            "{n} item was refused for good", "{n} items were refused for good", station.failed or 0
        ).format(n=station.failed),
    }
    return [said[trouble] for trouble in station.troubles]


def script_texts(visit: Visit) -> dict[str, str]:
    """What the page's script says; ``{time}`` is filled in there."""
    t = visit.texts.gettext
    return {
        "begin": t("Connecting …"),
        "live": t("Live"),
        "at": t("As of {time}"),
        "lost": t(
            "Not live since {time}: the connection to the server is lost. What you see is what was known then. "
            "It is tried again by itself."
        ),
        "login": t("Not live since {time}: your login has ended. What you see is what was known then."),
        "rights": t("Not live since {time}: your rights have changed. Reload the page."),
    }
