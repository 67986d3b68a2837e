"""Figures of fairness as people read them."""

from __future__ import annotations

from assessment.agreement import Figure
from assessment.fairness import Impact
from backend.portal import figures, point_charts, voluntary_words
from backend.portal.analytics_score_words import interval, number, points
from backend.portal.analytics_words import Row, Sheet
from backend.portal.point_charts import Interval
from backend.portal.visit import Visit
from backend.services.analytics_fairness import Circumstance, FairnessFigures, Impacts, Outcome, Shifted
from backend.services.interview_facts import UNKNOWN
from contract.catalog import LANGUAGES

_CHANCE, _RARE = 0.05, 0.001


def sheets(visit: Visit, found: FairnessFigures) -> list[Sheet]:
    made = [_impact(visit, one) for one in found.impacts]
    for circumstance in Circumstance:
        lines = [line for line in found.shifts if line.circumstance is circumstance]
        if lines:
            made.append(_shifts(visit, circumstance, lines))
    return made


def _impact(visit: Visit, found: Impacts) -> Sheet:
    t = visit.texts.gettext
    outcome = {
        Outcome.SCORE: t("the AI score reaches the threshold"),
        Outcome.DECISION: t("people decided to go on"),
    }[found.outcome]
    title = t("{aspect}: {outcome}").format(aspect=voluntary_words.aspects(visit)[found.aspect], outcome=outcome)
    names = voluntary_words.values(visit, found.aspect)
    rows: list[Row] = []
    bars = []
    for one in found.groups:
        ratio = one.ratio
        rows.append(
            [
                names[one.group],
                one.people,
                f"{100 * one.rate:.0f} %",
                f"{ratio.value:.2f}" if ratio else t("highest rate"),
                interval(ratio) if ratio else "",
                _chance(one.chance),
                _verdict(visit, one),
            ]
        )
        if ratio is not None:
            text = f"{ratio.value:.2f} ({interval(ratio)})"
            bars.append(Interval(names[one.group], ratio.value, ratio.low, ratio.high, text, one.below))
    said = t(
        "Of those who said so of their own accord. Ratio: the group's rate over the highest one; below 0.8 a cause "
        "must be looked for. p: how likely so great a difference is by chance (Fisher's exact test)."
    )
    key = f"impact-{found.aspect.value}-{found.outcome.value}"
    chart = point_charts.intervals(key, title, said, bars, (0.8, 1), t("ratio (95 %)")) if bars else None
    head = [t("Group"), t("People"), t("Rate"), t("Ratio"), t("95 % interval"), "p", t("Verdict")]
    return Sheet(key, title, head, rows, chart, said)


def _chance(chance: float | None) -> str:
    if chance is None:
        return ""
    return f"{chance:.3f}" if chance >= _RARE else f"< {_RARE}"


def _verdict(visit: Visit, one: Impact) -> str:
    t = visit.texts.gettext
    words = []
    if one.below:
        words.append(t("below four fifths"))
        if one.chance is not None and one.chance > _CHANCE:
            words.append(t("may be chance"))
    if one.small:
        words.append(t("few people: no conclusion"))
    return t("; ").join(words)


def _shifts(visit: Visit, circumstance: Circumstance, lines: list[Shifted]) -> Sheet:
    t = visit.texts.gettext
    title = {
        Circumstance.UNSURE: t("AI scores where words were hard to make out"),
        Circumstance.FAULTS: t("AI scores with technical faults"),
        Circumstance.INTERRUPTED: t("AI scores of interrupted interviews"),
        Circumstance.DEVICE: t("AI scores by device"),
        Circumstance.LANGUAGE: t("AI scores by language of the client"),
    }[circumstance]
    rows: list[Row] = []
    bars = []
    for line in lines:
        name, machine, people = _name(visit, circumstance, line.group), line.machine, line.people
        found = machine.difference
        rows.append(
            [
                name,
                machine.people,
                points(machine.mean),
                points(found.value),
                interval(found, 1),
                number(machine.effect),
                _words(people.difference) if people else "",
            ]
        )
        text = _words(found)
        bars.append(Interval(name, found.value, found.low, found.high, text, not found.low <= 0 <= found.high))
    said = t(
        "How many points higher or lower than all others, with nothing else taken into account. Beside it the same of "
        "people's scores: where both differ, the AI score may be the cause. Of twenty intervals one misses 0 by chance."
    )
    chart = point_charts.intervals(f"shift-{circumstance.value}", title, said, bars, (0,), t("points (95 %)"))
    head = [
        t("Group"),
        t("Interviews"),
        t("Mean"),
        t("Difference"),
        t("95 % interval"),
        t("Effect (g)"),
        t("People's score"),
    ]
    return Sheet(f"shift-{circumstance.value}", title, head, rows, chart, said)


def _words(figure: Figure) -> str:
    return f"{figures.fixed(figure.value, 1)} ({interval(figure, 1)})"


def _name(visit: Visit, circumstance: Circumstance, group: str) -> str:
    t = visit.texts.gettext
    if circumstance is Circumstance.DEVICE:
        return group
    if circumstance is Circumstance.LANGUAGE:
        return t("not known") if group == UNKNOWN else LANGUAGES.get(group, group)
    return {
        Circumstance.UNSURE: t("Please listen"),
        Circumstance.FAULTS: t("with a fault"),
        Circumstance.INTERRUPTED: t("interrupted"),
    }[circumstance]
