"""A kit as candidates will see it: the client's own words, in the client's order, with its limits.

Words come from the catalog of the client, so that both say the same; tests/portal/test_kit_preview.py compares them
with what the client's screens show.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Response

from backend.portal.visit import Visit
from backend.services import duration
from contract.catalog import STAFF_LANGUAGES, Catalog, load
from contract.kit import InterviewKind, Kit, Question, QuestionKind, Stage
from contract.kit_media import PromptMedia
from contract.text import pick, picked_tag

TIPS = {
    QuestionKind.VIDEO: "Look into the camera and speak as you would to a colleague.",
    QuestionKind.AUDIO: "Speak a little slower than usual; short pauses do no harm.",
    QuestionKind.TEXT: "Write the main point first, then what supports it.",
    QuestionKind.SINGLE_CHOICE: "Read all choices before you decide.",
    QuestionKind.MULTIPLE_CHOICE: "Several choices can be right; judge each by itself.",
}
KINDS = {
    InterviewKind.RECRUITMENT: "Recruitment",
    InterviewKind.PROMOTION: "Promotion",
    InterviewKind.TRANSFER: "Transfer",
    InterviewKind.TRAINING: "Training assessment",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One question's screen. ``facts``: its limits, line by line. ``missing``: its text is not in this language."""

    line: str
    prompt: str
    hint: str
    tip: str
    facts: list[str]
    choices: list[str]
    media: PromptMedia | None
    read_aloud: list[str]
    missing: bool


@dataclass(frozen=True, slots=True)
class Screens:
    """What the client shows, in its order."""

    kind: str
    practice: Shown | None
    questions: list[Shown]


def page(visit: Visit, kit: Kit, language: str, *, back: str, waiting: int) -> Response:
    chosen = language if language in STAFF_LANGUAGES else visit.language
    return visit.page(
        "kit_preview.html",
        kit=kit,
        screens=screens(kit, chosen),
        chosen=chosen,
        say=lambda text: pick(text, chosen),
        back=back,
        waiting=waiting,
        length=duration.of_kit(kit),
    )


def screens(kit: Kit, language: str) -> Screens:
    words = load("client", language)
    say = words.gettext
    shown: list[Shown] = []
    for number, stage in enumerate(kit.stages):
        for question in stage.questions:
            line = _line(words, kit, language, number, stage, len(shown))
            shown.append(_question(words, kit, question, language, line))
    practice = _question(words, kit, kit.practice, language, say("Practice")) if kit.practice else None
    return Screens(say(KINDS[kit.kind]), practice, shown)


def _line(words: Catalog, kit: Kit, language: str, number: int, stage: Stage, index: int) -> str:
    """Stage 1/3 Introduction · Question 2 of 4."""
    say = words.gettext
    title = pick(stage.title, language)
    first = say("Stage {n} of {total}: {title}").format(n=number + 1, total=len(kit.stages), title=title)
    line = first + "  ·  " + say("Question {n} of {total}").format(n=index + 1, total=len(kit.questions))
    if kit.total_seconds is not None and index == 0:
        line += "  ·  " + say("{time} left in all").format(time=_clock(kit.total_seconds))
    return line


def _question(words: Catalog, kit: Kit, question: Question, language: str, line: str) -> Shown:
    say = words.gettext
    own = [pick(text, language) for text in kit.tips_for(question.kind)]
    tip = " ".join(own) if own else say(TIPS[question.kind])
    return Shown(
        line=line,
        prompt=pick(question.prompt, language),
        hint=pick(question.hint, language),
        tip=say("Tip: {text}").format(text=tip),
        facts=_facts(words, question),
        choices=[pick(choice, language) for choice in question.choices],
        media=question.media,
        read_aloud=sorted(question.read_aloud),
        missing=picked_tag(question.prompt, language) not in (language, ""),
    )


def _facts(words: Catalog, question: Question) -> list[str]:
    say, many = words.gettext, words.ngettext
    if question.kind.spoken:
        how = say("with picture") if question.kind is QuestionKind.VIDEO else say("sound only")
        limit = say("Answer up to {time}, {how}").format(time=_span(words, question.answer_seconds), how=how)
        takes = many("{n} take left", "{n} takes left", question.takes).format(n=question.takes)
        thinking = [f"{_clock(question.thinking_seconds)} {say('to think')}"] if question.thinking_seconds else []
        return [*thinking, f"{limit}  ·  {takes}"]
    meant = _clock(question.thinking_seconds + question.answer_seconds)
    facts = [say("{used} used of about {meant}").format(used=_clock(0), meant=meant)]
    if question.kind is QuestionKind.TEXT:
        return [*facts, say("{n} / {limit} characters").format(n=0, limit=question.max_characters)]
    single = question.kind is QuestionKind.SINGLE_CHOICE
    return [*facts, say("Choose one") if single else say("Choose one or more")]


def _clock(seconds: float) -> str:
    """A clock's reading, m:ss."""
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


def _span(words: Catalog, seconds: float) -> str:
    """A length in words: 42 s, 2 min 30 s."""
    say, whole = words.gettext, max(0, round(seconds))
    if whole < 60:
        return say("{n} s").format(n=whole)
    if whole % 60 == 0:
        return say("{n} min").format(n=whole // 60)
    return say("{m} min {s} s").format(m=whole // 60, s=whole % 60)
