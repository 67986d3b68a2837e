"""Words of abilities, courses and gaps."""

from __future__ import annotations

from backend.portal import figures
from backend.portal.visit import Visit
from backend.services.ability_gap import Gap, Known, Sheet, Source
from contract.errors import ErrorCode, XudaError
from contract.texts import error_text

Row = list[object]


def problem(visit: Visit, error: XudaError) -> str:
    t = visit.texts.gettext
    if error.code is ErrorCode.CONFLICT:
        return t("Another course has this code already.")
    words = {
        "ability": t("Please give each ability once, in at most 100 characters; at most 50."),
        "unfair": t(
            "Nobody may be sorted by gender, age, marriage, children, ethnicity, faith or looks. Please take that out."
        ),
        "level": t("A level is a whole number from 0 to 100."),
        "code": t("A code has letters, digits, dots, hyphens and underscores, at most 64."),
        "title": t("Please give the course a title of at most 200 characters."),
        "abilities": t("Please give 1 to 20 abilities that the course teaches."),
        "hours": t("Hours are a whole number from 0 to 10000."),
    }
    return words.get(error.field or "", "") or " ".join(error_text(error, visit.language).lines)


def known(visit: Visit, found: Known) -> str:
    """Where a value comes from: ``interview 晋升, 80 on 2026-11-20``."""
    t = visit.texts.gettext
    source = {
        Source.TEST: t("Test"),
        Source.INTERVIEW: t("Interview"),
        Source.PERFORMANCE: t("Performance"),
    }[found.source]
    line = t("{source} “{label}”: {value} ({day})").format(
        source=source, label=found.label, value=figures.total(found.value), day=visit.local(found.at, "%Y-%m-%d")
    )
    if found.by_ai:
        line = t("{line}, AI score, not rated by a person").format(line=line)
    if found.listen:
        line = t("{line}, please listen").format(line=line)
    return line if found.counts else t("{line}, older, not counted").format(line=line)


def sheet(visit: Visit, found: Sheet) -> tuple[list[str], list[Row]]:
    """Header and rows of the table as a file."""
    t = visit.texts.gettext
    head = [t("Ability"), t("Wanted"), t("Known"), t("Gap"), t("Sources"), t("Recommended courses")]
    return head, [_row(visit, found, gap) for gap in found.gaps]


def _row(visit: Visit, found: Sheet, gap: Gap) -> Row:
    taught = [
        f"{one.course.draft.title} ({closing.before:g} → {closing.after:g})"
        for one in found.advice
        for closing in one.closes
        if closing.ability == gap.ability
    ]
    sources = "; ".join(known(visit, one) for one in gap.known)
    return [gap.ability, gap.wanted, gap.has, gap.gap, sources, "; ".join(taught)]


def audit_words(visit: Visit) -> dict[str, str]:
    t = visit.texts.gettext
    return {
        "position_abilities": t("Changed what a position asks for"),
        "import_abilities": t("Imported abilities"),
        "course": t("Wrote a course"),
        "retire_course": t("Took a course out of use or back"),
        "import_courses": t("Imported courses"),
        "view_ability_gap": t("Opened an employee's ability gap"),
    }
