"""Words of kits that are put together in the portal, and what can be wrong with them."""

from __future__ import annotations

from backend.portal.visit import Visit
from backend.services.duration import Level
from backend.services.question_templates import Template
from contract.errors import ErrorCode, XudaError
from contract.texts import error_text


def level(visit: Visit, found: Level | None) -> str:
    t = visit.texts.gettext
    return {Level.JUNIOR: t("Junior positions"), Level.MANAGEMENT: t("Management positions"), None: t("Any position")}[
        found
    ]


def family(visit: Visit, template: Template) -> str:
    """What kind of question a template makes."""
    t = visit.texts.gettext
    words = {
        "opening": t("Opening"),
        "knowledge": t("Knowledge"),
        "behavioural": t("Experience"),
        "situational": t("Situation"),
        "leading": t("Leading people"),
    }
    found = words.get(template.family, template.family)
    return t("{what}, in writing").format(what=found) if not template.kind.spoken else found


def problem(visit: Visit, error: XudaError) -> str:
    """What stands in the way of a change of a draft, or of publishing it."""
    t = visit.texts.gettext
    by_field = {
        "draft": t(
            "Somebody has changed this draft since you opened it. Nothing was overwritten; this is what it is now."
        ),
        "unread": t(
            "Some questions were proposed and nobody has read them yet. Read, change and accept each, or remove it."
        ),
        "reason": t(
            "The interview is expected to be too long for this level. Shorten it, or say why (1000 characters at most)."
        ),
        "stage": t("A stage that has questions cannot be removed. Move or remove its questions first."),
        "question": t("This question is out of use. Please choose another."),
        "department": t("Please choose a department."),
        "title": t("Please give the position a name in Chinese or English."),
        "stages": t("The kit has no question yet, or its stages are not in order from easy to hard."),
        "total_seconds": t("A time budget is 1 to 240 minutes."),
        "limit": t("A time budget is 1 to 240 minutes."),
        "retention_days": t("Recordings are kept 1 to 180 days."),
        "guide": t("Please write what candidates should know before they begin."),
        "consent": t("Please write the consent in full: purpose, all of it, and how data is deleted."),
    }
    found = by_field.get(error.field or "")
    if found is not None:
        return found
    if error.code is ErrorCode.KIT_INVALID:
        return t("The kit cannot be published: {where}").format(
            where=" ".join(part for part in (error.field or "", str(error.params.get("detail", ""))) if part)
        )
    return " ".join(error_text(error, visit.language).lines)


def file_problem(visit: Visit, error: XudaError) -> str:
    """What is wrong with a kit's file, with its line."""
    t = visit.texts.gettext
    if error.code is not ErrorCode.KIT_INVALID:
        return " ".join(error_text(error, visit.language).lines)
    where = t("Line {row}").format(row=error.row) if error.row else ""
    return " · ".join(part for part in (where, error.field or "", str(error.params.get("detail", ""))) if part)


def audit_words(visit: Visit) -> dict[str, str]:
    t = visit.texts.gettext
    return {
        "question": t("Wrote a question of the bank"),
        "retire_question": t("Took a question out of use, or used it again"),
        "kit_draft": t("Began the draft of a kit"),
        "accept_question": t("Accepted a question of a draft"),
        "publish_draft": t("Published the draft of a kit"),
        "discard_draft": t("Discarded the draft of a kit"),
    }
