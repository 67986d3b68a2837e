"""The form of what a kit says besides its questions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Form

from backend.portal.question_form import shown, texts
from backend.services.duration import Level
from backend.services.kit_plan import Plan
from contract.errors import ErrorCode, XudaError
from contract.kit import InterviewKind

# the languages that are recognised when candidates speak, as a person would look for them
SPEECH = ("zh", "en", "ja", "ko", "fr", "de", "es", "pt", "ru", "vi", "ar")
_MOST_MINUTES = 240
_Text = Annotated[str, Form(max_length=20_000)]
_Short = Annotated[str, Form(max_length=300)]


@dataclass(frozen=True, slots=True)
class Facts:
    """As typed. ``budget``: minutes after which the interview ends, empty for none."""

    title_zh_CN: str = ""
    title_en: str = ""
    level: str = ""
    kind: str = ""
    speech: str = ""
    budget: str = ""
    days: str = ""
    restart: str = ""
    picture: str = ""
    guide_zh_CN: str = ""
    guide_en: str = ""
    next_zh_CN: str = ""
    next_en: str = ""
    phone: str = ""
    email: str = ""
    purpose_zh_CN: str = ""
    purpose_en: str = ""
    full_zh_CN: str = ""
    full_en: str = ""
    deletion_zh_CN: str = ""
    deletion_en: str = ""
    elsewhere_zh_CN: str = ""
    elsewhere_en: str = ""


def _given(
    title_zh_CN: _Short = "",
    title_en: _Short = "",
    level: _Short = "",
    kind: _Short = "",
    speech: _Short = "",
    budget: _Short = "",
    days: _Short = "",
    restart: _Short = "",
    picture: _Short = "",
    guide_zh_CN: _Text = "",
    guide_en: _Text = "",
    next_zh_CN: _Text = "",
    next_en: _Text = "",
    phone: _Short = "",
    email: _Short = "",
    purpose_zh_CN: _Text = "",
    purpose_en: _Text = "",
    full_zh_CN: _Text = "",
    full_en: _Text = "",
    deletion_zh_CN: _Text = "",
    deletion_en: _Text = "",
    elsewhere_zh_CN: _Text = "",
    elsewhere_en: _Text = "",
) -> Facts:
    return Facts(**{name: value.replace("\r\n", "\n") for name, value in locals().items()})


FactsForm = Annotated[Facts, Depends(_given)]


def of_plan(plan: Plan) -> Facts:
    values, consent = plan.values, plan.values.get("consent", {})
    support = values.get("support", {})
    budget = values.get("total_seconds")
    return Facts(
        level=plan.level.value,
        kind=values.get("kind", InterviewKind.RECRUITMENT.value),
        speech=values.get("speech_language", "zh"),
        budget=str(round(budget / 60)) if budget else "",
        days=str(consent.get("retention_days", 180)),
        restart="yes" if values.get("restart_allowed", True) else "",
        picture="yes" if values.get("picture_facts", False) else "",
        phone=support.get("phone", ""),
        email=support.get("email", ""),
        **_both("title", values.get("position")),
        **_both("guide", values.get("guide")),
        **_both("next", values.get("next_steps")),
        **_both("purpose", consent.get("purpose")),
        **_both("full", consent.get("full_text")),
        **_both("deletion", consent.get("deletion")),
        **_both("elsewhere", consent.get("elsewhere")),
    )


def put(plan: Plan, facts: Facts, today: date) -> None:
    """Change the plan to what was typed. Raises XudaError(SETTING_INVALID) with ``field``."""
    values = plan.values
    plan.level = Level(facts.level) if facts.level in set(Level) else plan.level
    values["kind"] = facts.kind if facts.kind in set(InterviewKind) else InterviewKind.RECRUITMENT.value
    values["speech_language"] = facts.speech if facts.speech in SPEECH else values.get("speech_language", "zh")
    values["total_seconds"] = 60 * _number(facts.budget, "limit", _MOST_MINUTES) if facts.budget.strip() else None
    values["restart_allowed"] = facts.restart == "yes"
    values["picture_facts"] = facts.picture == "yes"
    values["position"] = _wanted("title", facts.title_zh_CN, facts.title_en, values.get("position"))
    values["guide"] = _wanted("guide", facts.guide_zh_CN, facts.guide_en, values.get("guide"))
    values["next_steps"] = texts(facts.next_zh_CN, facts.next_en, _text(values.get("next_steps")))
    support = {"phone": facts.phone.strip(), "email": facts.email.strip()}
    values["support"] = {**values.get("support", {}), **support}
    values["consent"] = _consent(values.get("consent", {}), facts, today)
    # what candidates are told goes by the questions, unless the kit's file said otherwise and still does
    values.pop("expected_minutes", None)


def put_stage(plan: Plan, stage_id: str, chinese: str, english: str, weight: str) -> None:
    """Rename and weigh a stage; without an id a new one at the end. Raises as :func:`put`, NOT_FOUND."""
    title = _wanted("title", chinese, english, plan.stage(stage_id).title if stage_id else {})
    try:
        number = float(weight)
    except ValueError as error:
        raise XudaError(ErrorCode.SETTING_INVALID, field="weight") from error
    if not 0 < number <= 1000:
        raise XudaError(ErrorCode.SETTING_INVALID, field="weight")
    if not stage_id:
        plan.add_stage(title)
        stage_id = plan.stages[-1].stage_id
    stage = plan.stage(stage_id)
    stage.title, stage.weight = title, number


def _consent(before: dict[str, Any], facts: Facts, today: date) -> dict[str, Any]:
    """Other words are another version, which is what a candidate agrees to."""
    words = {
        "purpose": _wanted("consent", facts.purpose_zh_CN, facts.purpose_en, before.get("purpose")),
        "full_text": _wanted("consent", facts.full_zh_CN, facts.full_en, before.get("full_text")),
        "deletion": _wanted("consent", facts.deletion_zh_CN, facts.deletion_en, before.get("deletion")),
        "elsewhere": texts(facts.elsewhere_zh_CN, facts.elsewhere_en, _text(before.get("elsewhere"))),
    }
    same = all(_plain(before.get(name)) == _plain(text) for name, text in words.items())
    version = before.get("version") if same and before.get("version") else today.isoformat()
    return {**before, **words, "version": version, "retention_days": _number(facts.days, "retention_days", 180)}


def _plain(value: Any) -> dict[str, str]:
    return {tag: text.strip() for tag, text in _text(value).items()}


def _wanted(field: str, chinese: str, english: str, before: Any) -> dict[str, str]:
    found = texts(chinese, english, _text(before))
    if not found:
        raise XudaError(ErrorCode.SETTING_INVALID, field=field)
    return found


def _text(value: Any) -> dict[str, str]:
    """A text of the kit's file, which may be one for every language."""
    return {"": value} if isinstance(value, str) else dict(value or {})


def _both(name: str, value: Any) -> dict[str, str]:
    text = _text(value)
    return {f"{name}_zh_CN": shown(text, "zh_CN"), f"{name}_en": shown(text, "en")}


def _number(text: str, field: str, most: int) -> int:
    plain = text.strip()
    if not (plain.isascii() and plain.isdigit() and 1 <= int(plain[:9]) <= most):
        raise XudaError(ErrorCode.SETTING_INVALID, field=field)
    return int(plain)
