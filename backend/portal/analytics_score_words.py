"""Figures of scores as people read them: each table with its words, and the chart that stands before it."""

from __future__ import annotations

from decimal import Decimal

from assessment.agreement import Figure
from assessment.drift import Chart as Control
from backend.portal import charts, figures, point_charts
from backend.portal.analytics_words import Row, Sheet, percent
from backend.portal.point_charts import Interval, Level, Point
from backend.portal.visit import Visit
from backend.services.analytics_scores import Agreed, Drift, ScoreFigures


def sheets(visit: Visit, found: ScoreFigures) -> list[Sheet]:
    if found.too_few:
        return []
    made = [_spread(visit, found)]
    if found.agreed is not None:
        made += [_agreement(visit, found.agreed), _limits(visit, found.agreed)]
    made += [_raters(visit, found), _pairs(visit, found), _performance(visit, found)]
    if found.drift is not None:
        made += [
            _drift(visit, "drift", visit.texts.gettext("AI score over time"), found.drift.scores, None),
            _drift(
                visit,
                "distance",
                visit.texts.gettext("AI score less people's score, over time"),
                found.drift.differences,
                found.drift,
            ),
        ]
    return [sheet for sheet in made if sheet is not None]


def interval(figure: Figure, digits: int = 2) -> str:
    """Its 95 % interval, as all pages show them."""
    return figures.interval(figure.low, figure.high, digits)


def number(value: float, digits: int = 2) -> Decimal:
    """A number with all its digits, the same on the page and in the file."""
    return Decimal(f"{round(value, digits) + 0.0:.{digits}f}")


def points(value: float) -> Decimal:
    """A number of points as it stands in a table."""
    return number(value, 1)


def _with_interval(figure: Figure) -> str:
    return f"{figures.fixed(figure.value, 2)} ({interval(figure)})"


def _spread(visit: Visit, found: ScoreFigures) -> Sheet | None:
    if not found.spread:
        return None
    t = visit.texts.gettext
    title, names = t("Spread of scores"), (t("AI score"), t("People's score"))
    rows: list[Row] = [
        [
            f"{one.low}–{one.high}",
            one.machine,
            percent(one.machine, found.machine),
            one.people,
            percent(one.people, found.people),
        ]
        for one in found.spread
    ]
    told = [
        t("{who}: {n} interviews, {mean} on average.").format(who=who, n=n, mean=f"{mean:.1f}")
        for who, n, mean in zip(names, (found.machine, found.people), found.means, strict=True)
        if mean is not None
    ]
    said = " ".join([*told, t("Neighbouring ranges with few interviews are put together.")])
    series = [(names[0], [one.machine for one in found.spread]), (names[1], [one.people for one in found.spread])]
    chart = charts.columns("spread", title, said, [str(row[0]) for row in rows], series)
    head = [t("Score"), names[0], t("Share"), names[1], t("Share")]
    return Sheet("spread", title, head, rows, chart, said)


def _agreement(visit: Visit, found: Agreed) -> Sheet:
    t = visit.texts.gettext
    title = t("Agreement of the AI score with people's score")
    named = [(t("Weighted kappa (quadratic, steps of 10)"), found.kappa)]
    if found.pearson is not None:
        named.append((t("Correlation (Pearson)"), found.pearson))
    rows: list[Row] = [[name, number(figure.value), interval(figure)] for name, figure in named]
    rows.append([t("Root mean square difference, points"), points(found.rmse.value), interval(found.rmse, 1)])
    said = t(
        "Over {n} interviews with both; of several people their mean. 1: they agree wholly, 0: no more than by chance. "
        "Where people see the score before they rate, they agree with it more than they would."
    ).format(n=found.count)
    bars = [Interval(name, one.value, one.low, one.high, _with_interval(one)) for name, one in named]
    chart = point_charts.intervals("agreement", title, said, bars, (0, 1), t("value (95 %)"))
    return Sheet("agreement", title, [t("Figure"), t("Value"), t("95 % interval")], rows, chart, said)


def _limits(visit: Visit, found: Agreed) -> Sheet | None:
    limits = found.limits
    if limits is None:
        return None
    t = visit.texts.gettext
    title = t("AI score less people's score, one by one (Bland-Altman)")
    named = [
        (t("Mean difference"), limits.bias, "strong"),
        (t("Lower limit of agreement"), limits.lower, ""),
        (t("Upper limit of agreement"), limits.upper, ""),
    ]
    said = t(
        "Up: the AI score less people's; across: the mean of both. The larger a circle, the more interviews. "
        "19 of 20 differences lie between the limits."
    )
    levels = [Level(figure.value, figures.fixed(figure.value, 1), tone) for _, figure, tone in named]
    cells = [(cell.mean, cell.difference, cell.count) for cell in found.cells]
    chart = point_charts.compared("limits", title, said, cells, levels, t("Mean of both scores"))
    rows: list[Row] = [[name, points(figure.value), interval(figure, 1)] for name, figure, _ in named]
    return Sheet("limits", title, [t("Figure"), t("Points"), t("95 % interval")], rows, chart, said)


def _raters(visit: Visit, found: ScoreFigures) -> Sheet | None:
    between = found.raters
    if between is None:
        return None
    t = visit.texts.gettext
    title = t("Agreement between people")
    known = [
        (t("Krippendorff's alpha"), between.alpha),
        (t("Krippendorff's alpha of ranks"), between.ranks),
        (t("Intraclass correlation, one rating"), between.single),
    ]
    named = [(name, figure) for name, figure in known if figure is not None]
    rows: list[Row] = [[name, number(figure.value), interval(figure)] for name, figure in named]
    rows.append([t("Mean distance of two ratings, points"), points(between.apart), ""])
    said = t(
        "{n} interviews that two people or more have rated, {m} ratings. The AI score cannot agree with people better "
        "than they agree with each other."
    ).format(n=between.units, m=between.ratings)
    bars = [Interval(name, one.value, one.low, one.high, _with_interval(one)) for name, one in named]
    chart = point_charts.intervals("raters", title, said, bars, (0, 1), t("value (95 %)")) if bars else None
    return Sheet("raters", title, [t("Figure"), t("Value"), t("95 % interval")], rows, chart, said)


def _pairs(visit: Visit, found: ScoreFigures) -> Sheet | None:
    if not found.pairs:
        return None
    t = visit.texts.gettext
    title = t("Two people each")
    rows: list[Row] = [
        [f"{pair.first} – {pair.second}", pair.count, number(pair.kappa), points(pair.bias)] for pair in found.pairs
    ]
    said = t("Weighted kappa, and by how many points the first rates higher than the second.")
    bars = [
        charts.Bar(str(row[0]), max(pair.kappa, 0), str(row[2])) for row, pair in zip(rows, found.pairs, strict=True)
    ]
    head = [t("Raters"), t("Interviews"), t("Kappa"), t("Difference")]
    return Sheet("pairs", title, head, rows, charts.bars("pairs", title, said, bars), said)


def _performance(visit: Visit, found: ScoreFigures) -> Sheet | None:
    if not found.performance:
        return None
    t = visit.texts.gettext
    title, names = t("Scores and performance"), {"machine": t("AI score"), "people": t("People's score")}
    rows: list[Row] = [
        [names[one.what], number(one.pearson.value), interval(one.pearson), one.count] for one in found.performance
    ]
    said = t(
        "Correlation of the interview's score with the newest performance in the employee's file. Those who were not "
        "taken have no performance, and performance is measured with error: both make it smaller than it is."
    )
    bars = [
        Interval(names[one.what], one.pearson.value, one.pearson.low, one.pearson.high,
                 _with_interval(one.pearson))
        for one in found.performance
    ]  # fmt: skip
    chart = point_charts.intervals("performance", title, said, bars, (0, 1), t("value (95 %)"))
    head = [t("Score of"), t("Correlation"), t("95 % interval"), t("Employees")]
    return Sheet("performance", title, head, rows, chart, said)


def _drift(visit: Visit, key: str, title: str, found: Control | None, drift: Drift | None) -> Sheet | None:
    """``drift``: that of the differences, which has a kappa for each week."""
    if found is None:
        return None
    t = visit.texts.gettext
    shown = [
        Point(f"{week.monday:%m-%d}", week.mean, week.low, week.high, week.outside or week.run) for week in found.weeks
    ]
    head = [t("Week from"), t("Interviews"), t("Mean"), t("Limits"), t("Outside")]
    rows: list[Row] = []
    for week in found.weeks:
        told = t("yes") if week.outside else t("nine in a row on one side") if week.run else ""
        rows.append(
            [
                week.monday.isoformat(),
                week.count,
                points(week.mean),
                interval(Figure(week.mean, week.low, week.high), 1),
                told,
            ]
        )
    if drift is not None:
        head.append(t("Kappa"))
        for row, week in zip(rows, found.weeks, strict=True):
            row.append(number(drift.kappas[week.monday]) if week.monday in drift.kappas else "")
    said = t("The limits hold all but 3 of 1,000 weeks as long as nothing changes; they come from the first {n} weeks.")
    said = said.format(n=found.baseline)
    said += " " + t("Each dot is the mean of a week, the short lines are its limits; red: outside, or nine in a row.")
    if found.since is not None:
        said += " " + t("It looks as if something has changed from {day} on.").format(day=found.since.isoformat())
    centre, foot = Level(found.centre, figures.fixed(found.centre, 1)), t("Across: weeks by their Monday; up: points")
    chart = point_charts.control(key, title, said, shown, centre, foot)
    return Sheet(key, title, head, rows, chart, said)
