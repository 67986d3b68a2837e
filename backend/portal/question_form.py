"""The form of a question: what was typed, and the question it makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import yaml
from fastapi import Depends, Form
from pydantic import ValidationError

from backend.portal.visit import Visit
from backend.services import question_bank
from backend.services.duration import Level
from backend.services.question_bank import Written
from backend.services.rubric import Dimension
from contract.errors import ErrorCode, XudaError
from contract.kit import Question, QuestionKind

# the languages the form has fields for; texts in others stay as they are
LANGUAGES = ("zh_CN", "en")
_Text = Annotated[str, Form(max_length=10_000)]
_Short = Annotated[str, Form(max_length=200)]


@dataclass(frozen=True, slots=True)
class Typed:
    """The fields as they were typed, to be shown again."""

    kind: str = QuestionKind.VIDEO.value
    level: str = ""
    prompt_zh_CN: str = ""
    prompt_en: str = ""
    hint_zh_CN: str = ""
    hint_en: str = ""
    thinking: str = "30"
    answer: str = "120"
    takes: str = "2"
    weight: str = "1"
    characters: str = "2000"
    choices_zh_CN: str = ""
    choices_en: str = ""
    skills: str = ""
    rubric: str = ""


def _given(
    kind: _Short = "",
    level: _Short = "",
    prompt_zh_CN: _Text = "",
    prompt_en: _Text = "",
    hint_zh_CN: _Text = "",
    hint_en: _Text = "",
    thinking: _Short = "",
    answer: _Short = "",
    takes: _Short = "1",
    weight: _Short = "1",
    characters: _Short = "2000",
    choices_zh_CN: _Text = "",
    choices_en: _Text = "",
    skills: _Text = "",
    rubric: Annotated[str, Form(max_length=100_000)] = "",
) -> Typed:
    return Typed(
        kind=kind,
        level=level,
        prompt_zh_CN=prompt_zh_CN,
        prompt_en=prompt_en,
        hint_zh_CN=hint_zh_CN,
        hint_en=hint_en,
        thinking=thinking,
        answer=answer,
        takes=takes,
        weight=weight,
        characters=characters,
        choices_zh_CN=choices_zh_CN,
        choices_en=choices_en,
        skills=skills,
        rubric=rubric,
    )


TypedForm = Annotated[Typed, Depends(_given)]


def typed_of(
    question: Question, dimensions: Sequence[Dimension], skills: Sequence[str] = (), level: Level | None = None
) -> Typed:
    """A question that exists, as the form shows it."""
    texts: dict[str, str] = {}
    for language in LANGUAGES:
        texts[f"prompt_{language}"] = shown(question.prompt, language)
        texts[f"hint_{language}"] = shown(question.hint, language)
        texts[f"choices_{language}"] = "\n".join(shown(choice, language) for choice in question.choices)
    return Typed(
        kind=question.kind.value,
        level=level.value if level else "",
        thinking=str(question.thinking_seconds),
        answer=str(question.answer_seconds),
        takes=str(question.takes),
        weight=f"{question.weight:g}",
        characters=str(question.max_characters),
        skills="\n".join(skills),
        rubric=dimensions_text(dimensions),
        **texts,
    )


def written_of(typed: Typed, before: Question) -> Written:
    """What the form says, with what it has no fields for (files, other languages) as it was.

    Raises XudaError(KIT_INVALID) with ``field`` and ``detail``.
    """
    values: dict[str, Any] = {
        **before.model_dump(),
        "kind": typed.kind,
        "prompt": texts(typed.prompt_zh_CN, typed.prompt_en, before.prompt),
        "hint": texts(typed.hint_zh_CN, typed.hint_en, before.hint),
        "thinking_seconds": number(typed.thinking, "thinking"),
        "answer_seconds": number(typed.answer, "answer"),
        "takes": number(typed.takes, "takes"),
        "max_characters": number(typed.characters, "characters"),
        "weight": _weight(typed.weight),
        "choices": _choices(typed, before) if typed.kind.endswith("_choice") else [],
    }
    if not values["prompt"]:
        raise XudaError(ErrorCode.KIT_INVALID, field="prompt", detail="")
    try:
        question = Question.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = str(first["loc"][0]) if first["loc"] else "choices"
        raise XudaError(ErrorCode.KIT_INVALID, field=field, detail=first["msg"]) from error
    level = Level(typed.level) if typed.level in set(Level) else None
    return Written(question, tuple(_dimensions(typed.rubric)), tuple(typed.skills.splitlines()), level)


def dimensions_text(dimensions: Sequence[Dimension]) -> str:
    """A list of dimensions as in a kit's file."""
    if not dimensions:
        return ""
    values = [dimension.model_dump(exclude_defaults=True) for dimension in dimensions]
    return yaml.safe_dump(values, allow_unicode=True, sort_keys=False, width=120)


def problem(visit: Visit, error: XudaError) -> str:
    """What is wrong with a question that was typed."""
    t = visit.texts.gettext
    if error.code is ErrorCode.CONFLICT:
        return t("Somebody else has changed it since. Nothing was overwritten: copy what you typed and open it again.")
    by_field = {
        "prompt": t("Please write the question in Chinese or English."),
        "kind": t("Please choose the kind of the question."),
        "choices": t("A choice question has 2 to 20 choices, one per line, each in the languages of the question."),
        "thinking": t("Time to think: 0 to 1800 seconds."),
        "thinking_seconds": t("Time to think: 0 to 1800 seconds."),
        "answer": t("Time to answer: 5 to 3600 seconds."),
        "answer_seconds": t("Time to answer: 5 to 3600 seconds."),
        "takes": t("Takes: 1 to 20."),
        "characters": t("Characters: 1 to 20000."),
        "max_characters": t("Characters: 1 to 20000."),
        "weight": t("A weight is a number above 0."),
        "file": t("This file cannot be used: it is of another type, too large, too long or damaged."),
        "text": t("Please say what the picture shows, or write the words of the sound or film, in Chinese or English."),
        "plays": t("A sound or film is played 1 to 20 times; for a picture leave it empty."),
        "skills": t("At most 50 skills and tags of at most 100 characters each."),
    }
    found = by_field.get(error.field or "")
    if found is not None:
        return found
    where = " ".join(part for part in (error.field or "", str(error.params.get("detail", ""))) if part)
    return t("The rubric cannot be used: {where}").format(where=where)


def _dimensions(text: str) -> list[Dimension]:
    if not text.strip():
        return []
    try:
        values = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise XudaError(ErrorCode.KIT_INVALID, field="dimensions", detail="not YAML") from error
    return question_bank.read_dimensions(values)


def _choices(typed: Typed, before: Question) -> list[dict[str, str]]:
    """Line by line the same choice in both languages; one language alone is enough for all."""
    lines = {
        language: [line.strip() for line in getattr(typed, f"choices_{language}").splitlines() if line.strip()]
        for language in LANGUAGES
    }
    there = {language: found for language, found in lines.items() if found}
    if len({len(found) for found in there.values()}) != 1:
        raise XudaError(ErrorCode.KIT_INVALID, field="choices", detail="")
    found = [dict(zip(there, words, strict=True)) for words in zip(*there.values(), strict=True)]
    same = {choice[""]: choice for choice in before.choices if set(choice) == {""}}
    return [
        same[next(iter(line.values()))] if set(line.values()) <= set(same) and len(set(line.values())) == 1 else line
        for line in found
    ]


def texts(chinese: str, english: str, before: dict[str, str]) -> dict[str, str]:
    """A text as typed in both fields; its other languages, and one that is the same in every language, stay."""
    if set(before) == {""} and before[""] == chinese == english:
        return before
    kept = {tag: text for tag, text in before.items() if tag and tag not in LANGUAGES}
    given = {"zh_CN": chinese.strip(), "en": english.strip()}
    return {tag: text for tag, text in given.items() if text} | kept


def shown(text: dict[str, str], language: str) -> str:
    """A text that is the same in every language stands in each field."""
    return text.get(language, text.get("", ""))


def number(text: str, field: str) -> int:
    """Raises XudaError(KIT_INVALID) with ``field``."""
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise XudaError(ErrorCode.KIT_INVALID, field=field, detail="")
    return int(text)


def _weight(text: str) -> float:
    try:
        found = float(text)
    except ValueError as error:
        raise XudaError(ErrorCode.KIT_INVALID, field="weight", detail="") from error
    if not 0 < found <= 1000:
        raise XudaError(ErrorCode.KIT_INVALID, field="weight", detail="")
    return found
