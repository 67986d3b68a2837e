"""The forecast as people read it: its tables, their charts, and why something is proposed."""

from __future__ import annotations

from collections.abc import Sequence

from backend.portal import charts
from backend.portal.analytics_words import Row, Sheet
from backend.portal.charts import Bar
from backend.portal.visit import Visit
from backend.services.forecast import Branch, Forecast, Line
from backend.services.leaving_rates import Span
from backend.services.onboarding_order import Waiting
from contract.text import pick

_MOST_BARS = 12


def sheets(visit: Visit, found: Forecast) -> list[Sheet]:
    """Tables with charts: leavers by month, departments."""
    return [_months(visit, found), _departments(visit, found)]


def tables(visit: Visit, found: Forecast, waiting: Sequence[Waiting]) -> list[Sheet]:
    """All tables, for files."""
    return [*sheets(visit, found), _positions(visit, found), _onboarding(visit, waiting)]


def yearly(span: Span) -> str:
    """A rate as leavers of 100 people a year."""
    return f"{span.mean * 1200:.0f} ({span.low * 1200:.0f}–{span.high * 1200:.0f})"


def people(span: Span) -> str:
    return f"{span.mean:.1f} ({span.low:.0f}–{span.high:.0f})"


def reasons(visit: Visit, found: Forecast, line: Line) -> list[str]:
    """Why so many are proposed for a position, in words and figures."""
    t, ngettext = visit.texts.gettext, visit.texts.ngettext
    places, outlook = line.places, line.outlook
    told = [
        t(
            "{free} of {headcount} places are free: {staffed} people there, {pending} pending onboarding, "
            "{hiring} being hired."
        ).format(
            free=max(0, places.free),
            headcount=places.headcount,
            staffed=places.staffed,
            pending=places.pending,
            hiring=places.hiring,
        )
    ]
    if places.asked:
        told.append(t("{n} more are asked for and not approved yet.").format(n=places.asked))
    if known := sum(outlook.known):
        noted = ngettext(
            "{n} person is noted to leave in these months.", "{n} people are noted to leave in these months.", known
        )
        told.append(noted.format(n=known))
    left = ngettext(
        "{n} person left in the last {months} months", "{n} people left in the last {months} months", outlook.seen
    )
    told.append(
        t("{left}; {expected} more are expected in three months ({low} to {high}).").format(
            left=left.format(n=outlook.seen, months=found.window.months),
            expected=f"{outlook.to_come.mean:.1f}",
            low=f"{outlook.to_come.low:.0f}",
            high=f"{outlook.to_come.high:.0f}",
        )
    )
    if line.total > line.now:
        told.append(
            t(
                "For {now} of {total} there is room in the headcount now; more can be submitted when people have left."
            ).format(now=line.now, total=line.total)
        )
    return told


def needed_by(found: Forecast, line: Line) -> str:
    """The end of the last month for which somebody is proposed; empty for none."""
    days = [day for day, number in zip(found.ends, line.proposed, strict=True) if number]
    return days[-1].isoformat() if days else ""


def waiting_reasons(visit: Visit, row: Waiting) -> list[str]:
    """Why somebody who is 待入职 comes at this place, with the points of each reason."""
    t, ngettext = visit.texts.gettext, visit.texts.ngettext
    told = [
        ngettext("place open for {n} day: {points}", "place open for {n} days: {points}", row.open_days).format(
            n=row.open_days, points=row.open_points
        ),
        t("{missing} of {headcount} people missing: {points}").format(
            missing=row.missing, headcount=row.headcount, points=row.missing_points
        ),
    ]
    if row.needed_by is None:
        told.append(t("no day given by which they are needed"))
    else:
        told.append(t("needed by {day}: {points}").format(day=row.needed_by.isoformat(), points=row.needed_points))
    return told


def _months(visit: Visit, found: Forecast) -> Sheet:
    t = visit.texts.gettext
    title, left = t("Leavers by month"), t("Left")
    labels = [f"{year}-{month + 1:02d}" for year, month in found.window.labels()]
    rows: list[Row] = [[label, number] for label, number in zip(labels, found.by_month, strict=True)]
    said = t("{n} people left in {months} months; over the organisation that is {rate} of 100 people a year.").format(
        n=sum(found.by_month), months=found.window.months, rate=yearly(found.organisation)
    )
    # as many as can be read beside each other
    apart = len(labels) // 6
    beside = [label[2:] if place % apart == 0 else "" for place, label in enumerate(labels)]
    chart = charts.columns("months", title, said, beside, [(left, found.by_month)])
    return Sheet("months", title, [t("Month"), left], rows, chart, said)


def _departments(visit: Visit, found: Forecast) -> Sheet:
    t = visit.texts.gettext
    title = t("By department")
    rows = [_branch(visit, branch) for branch in found.branches]
    said = t("People proposed for the next three months, without those set aside.")
    shown = sorted(found.branches, key=lambda branch: -branch.proposed)[:_MOST_BARS]
    bars = [Bar(pick(b.department.name, visit.language), b.proposed, str(b.proposed)) for b in shown if b.proposed]
    head = [
        t("Department"),
        t("People"),
        t("Left"),
        t("of them in no position listed"),
        t("Of 100 a year"),
        t("Noted to leave"),
        t("Expected to leave"),
        t("Proposed"),
        t("Note"),
    ]
    chart = charts.bars("departments", title, said, bars) if bars else None
    return Sheet("departments", title, head, rows, chart, said)


def _branch(visit: Visit, branch: Branch) -> Row:
    outlook = branch.outlook
    return [
        pick(branch.department.name, visit.language),
        branch.people,
        outlook.seen,
        branch.unplaced,
        yearly(outlook.rate),
        sum(outlook.known),
        people(outlook.to_come),
        branch.proposed,
        few(visit) if branch.few else "",
    ]


def few(visit: Visit) -> str:
    return visit.texts.gettext("Small numbers")


def _positions(visit: Visit, found: Forecast) -> Sheet:
    t = visit.texts.gettext
    head = [
        *(t("Department"), t("Position"), t("Headcount"), t("There now"), t("Pending onboarding"), t("Being hired")),
        *(t("Asked for"), t("Left"), t("Of 100 a year"), t("Noted to leave"), t("Expected to leave")),
        *(t("Proposed until {day}").format(day=day.isoformat()) for day in found.ends),
        *(t("Set aside"), t("Note"), t("Why")),
    ]
    rows: list[Row] = []
    for line in found.lines:
        places, outlook = line.places, line.outlook
        rows.append(
            [
                pick(line.position.department.name, visit.language),
                pick(line.position.title, visit.language),
                *(places.headcount, places.staffed, places.pending, places.hiring, places.asked, outlook.seen),
                *(yearly(outlook.rate), sum(outlook.known), people(outlook.to_come), *line.proposed),
                t("yes") if line.dismissed else "",
                few(visit) if line.few else "",
                " ".join(reasons(visit, found, line)),
            ]
        )
    return Sheet("positions", t("Proposed requisitions"), head, rows, None)


def _onboarding(visit: Visit, waiting: Sequence[Waiting]) -> Sheet:
    t = visit.texts.gettext
    head = [t("Order"), t("Candidate"), t("Position"), t("Department"), t("Points"), t("Why")]
    rows: list[Row] = [
        [
            place,
            row.name or t("data deleted"),
            pick(row.title, visit.language),
            pick(row.department, visit.language),
            row.points,
            "; ".join(waiting_reasons(visit, row)),
        ]
        for place, row in enumerate(waiting, start=1)
    ]
    return Sheet("onboarding", t("Order of onboarding"), head, rows, None)


def audit_words(visit: Visit) -> dict[str, str]:
    """Of the forecast and of recommendations."""
    t = visit.texts.gettext
    return {
        "view_forecast": t("Opened the forecast"),
        "export_forecast": t("Downloaded a table of the forecast"),
        "forecast_asked": t("Drafted a requisition from the forecast"),
        "forecast_dismissed": t("Set a proposal of the forecast aside"),
        "forecast_proposed_again": t("Let the forecast propose again"),
        "forecast_for_heads": t("Changed whether heads see the forecast"),
        "recommend_candidates": t("Had candidates recommended"),
        "recommend_positions": t("Had positions recommended"),
    }
