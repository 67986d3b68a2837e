"""Analytics as people read them: each table with its words, and the chart that stands before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backend.portal import charts, monitor_words
from backend.portal.charts import Bar, Chart
from backend.portal.visit import Visit
from backend.services.analytics_figures import OTHERS, Exits, Figures, Group, OnDevice, Stretch
from backend.services.interview_facts import UNKNOWN
from backend.services.states import NO_CONTACT
from backend.services.wholes_in_sql import Fate
from contract.text import pick
from report import words

Row = list[object]
_ORDER = (
    Fate.DONE,
    Fate.RUNNING,
    Fate.INTERRUPTED,
    Fate.INCOMPLETE,
    Fate.DECLINED,
    Fate.PENDING,
    Fate.MISSED,
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its chart. ``note`` stands below; ``rows`` are empty where there is too little to show."""

    key: str
    title: str
    head: list[str]
    rows: list[Row]
    chart: Chart | None
    note: str = ""


def sheets(visit: Visit, found: Figures) -> list[Sheet]:
    if found.too_few:
        return []
    t = visit.texts.gettext
    made = [
        _fates(visit, found),
        _trend(visit, found),
        _groups(visit, "departments", t("By department"), t("Department"), found.departments),
        _groups(visit, "batches", t("By batch"), t("Batch"), found.batches),
        _times(visit, found),
        _exits(visit, found),
        _devices(visit, found),
        _networks(visit, found),
        _said(visit, found),
    ]
    return [sheet for sheet in made if sheet is not None]


def percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def _fates(visit: Visit, found: Figures) -> Sheet:
    t = visit.texts.gettext
    names = monitor_words.fates(visit)
    rows: list[Row] = [
        [names[fate], n, percent(n, found.invited)] for fate in _ORDER if (n := found.fates.get(fate, 0))
    ]
    said = t(
        "{begun} of {invited} invited people have begun ({share}), {finished} of these have finished ({completion})."
    ).format(
        invited=found.invited,
        begun=found.begun,
        share=percent(found.begun, found.invited),
        finished=found.finished,
        completion=percent(found.finished, found.begun),
    )
    title = t("Participation and completion")
    head = [t("Where they stand"), t("People"), t("Share of the invited")]
    return Sheet("fates", title, head, rows, _bars("fates", title, said, rows), said)


def _trend(visit: Visit, found: Figures) -> Sheet | None:
    if len(found.trend) < 2:
        return None
    t = visit.texts.gettext
    title = t("Over time")
    names = (t("Invited"), t("Begun"), t("Finished"))
    rows: list[Row] = [[item.start.isoformat(), item.invited, item.begun, item.finished] for item in found.trend]
    series = [(name, [int(str(row[place])) for row in rows]) for place, name in enumerate(names, start=1)]
    monthly = (found.trend[1].start - found.trend[0].start).days > 7
    labels = [f"{item.start:%Y-%m}" if monthly else f"{item.start:%m-%d}" for item in found.trend]
    said = t("People by the time of their invitation; each row begins on its day.")
    chart = charts.columns("trend", title, said, labels, series)
    return Sheet("trend", title, [t("From"), *names], rows, chart, said)


def _groups(visit: Visit, key: str, title: str, what: str, groups: list[Group]) -> Sheet | None:
    if len(groups) < 2:
        return None
    t = visit.texts.gettext

    def row(group: Group) -> Row:
        name = _others(visit) if group.name == OTHERS else group.name
        shown = name if isinstance(name, str) else pick(name, visit.language)
        shares = percent(group.begun, group.invited), percent(group.finished, group.begun)
        return [shown, group.invited, group.begun, group.finished, *shares]

    rows = [row(group) for group in groups]
    head = [what, t("Invited"), t("Begun"), t("Finished"), t("Participation"), t("Completion")]
    said = t("How many of the invited have finished.")
    bars = [
        Bar(str(r[0]), group.finished / group.invited, percent(group.finished, group.invited))
        for r, group in zip(rows, groups, strict=True)
    ]
    return Sheet(key, title, head, rows, charts.bars(key, title, said, bars), said)


def _times(visit: Visit, found: Figures) -> Sheet | None:
    if not found.timed:
        return None
    t = visit.texts.gettext
    title = t("Time in the interview")
    rows: list[Row] = [[_minutes(visit, item), item.people, percent(item.people, found.timed)] for item in found.times]
    said = t(
        "{minutes} minutes on average, over {n} finished interviews whose time is known. Breaks are left out; an "
        "interview that a crash interrupted has no known time."
    ).format(minutes=f"{found.mean_minutes:.1f}", n=found.timed)
    head = [t("Time"), t("Finished interviews"), t("Share")]
    return Sheet("times", title, head, rows, _bars("times", title, said, rows), said)


def _minutes(visit: Visit, item: Stretch) -> str:
    t = visit.texts.gettext
    if item.high is None:
        return t("{n} min or more").format(n=item.low)
    return (
        t("{a} to {b} min").format(a=item.low, b=item.high) if item.low else t("less than {n} min").format(n=item.high)
    )


def _exits(visit: Visit, found: Figures) -> Sheet:
    t = visit.texts.gettext
    title = t("Why interviews were left")
    rows = _exit_rows(visit, found.exits, lambda code: reason_words(visit, code), found.left)
    said = t("Interruptions and giving up: {n} times. Unexplained: {u} ({share}).").format(
        n=found.left, u=found.unexplained, share=percent(found.unexplained, found.left)
    )
    head = [t("Reason"), t("Times"), t("Share"), t("People")]
    note = said + " " + t("Unexplained: the program ended, the device fell silent, or no reason is known.")
    return Sheet("exits", title, head, rows, _bars("exits", title, said, rows), note)


def _networks(visit: Visit, found: Figures) -> Sheet | None:
    if not found.networks:
        return None
    t = visit.texts.gettext
    title = t("Interruptions by network")
    names = {"online": t("connected"), "offline": t("not connected"), UNKNOWN: t("not known")}
    total = sum(line.times for line in found.networks)
    rows = _exit_rows(visit, found.networks, lambda code: names.get(code, code), total)
    said = t("Whether the device had a network when the interview was interrupted.")
    head = [t("Network"), t("Times"), t("Share"), t("People")]
    return Sheet("networks", title, head, rows, _bars("networks", title, said, rows), said)


def _devices(visit: Visit, found: Figures) -> Sheet | None:
    if not found.devices:
        return None
    t = visit.texts.gettext
    title = t("Interruptions by device")

    def row(line: OnDevice) -> Row:
        name = _others(visit) if line.name == OTHERS else line.name
        return [name, line.times, f"{line.times / line.people:.2f}", line.people]

    rows = [row(line) for line in found.devices]
    said = t("How often interviews were interrupted on each device, and per person interviewed on it.")
    head = [t("Device"), t("Interruptions"), t("Per person"), t("People")]
    return Sheet("devices", title, head, rows, _bars("devices", title, said, rows), said)


def _said(visit: Visit, found: Figures) -> Sheet | None:
    t = visit.texts.gettext
    names = {
        "entrance_clear": t("The way in was clear"),
        "flow_smooth": t("It went smoothly"),
        "overall": t("Overall"),
    }
    kept = {key: said for key, said in found.said.items() if said.mean is not None}
    if not kept:
        return None
    title = t("What candidates say of the interview")
    rows: list[Row] = [
        [names[key], f"{said.mean:.2f}", percent(said.satisfied or 0, 1), said.people] for key, said in kept.items()
    ]
    described = t("Means of answers from 1 (worst) to 5 (best).")
    bars = [Bar(names[key], said.mean or 0, f"{said.mean:.2f} / 5") for key, said in kept.items()]
    head = [t("Question"), t("Mean"), t("Said 4 or 5"), t("People")]
    return Sheet("said", title, head, rows, charts.bars("said", title, described, bars), described)


def _exit_rows(visit: Visit, lines: Sequence[Exits], name: Callable[[str], str], total: int) -> list[Row]:
    return [
        [
            _others(visit) if line.reason == OTHERS else name(line.reason),
            line.times,
            percent(line.times, total),
            line.people,
        ]
        for line in lines
    ]


def _bars(key: str, title: str, said: str, rows: Sequence[Row]) -> Chart | None:
    """The first number of each row, with its second column beside it."""
    bars = [Bar(str(row[0]), float(str(row[1])), f"{row[1]} ({row[2]})") for row in rows]
    return charts.bars(key, title, said, bars) if bars else None


def reason_words(visit: Visit, code: str) -> str:
    if code == NO_CONTACT:
        return visit.texts.gettext("No contact with the device")
    if code == UNKNOWN:
        return visit.texts.gettext("not known")
    return words.reason_words(code, visit.language)


def _others(visit: Visit) -> str:
    return visit.texts.gettext("Others, put together")
