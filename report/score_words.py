"""Words for the codes of scores, in the reader's language (catalog ``report``). Unknown codes are shown as they are."""

from __future__ import annotations

from collections.abc import Mapping

from contract.catalog import Catalog
from contract.kit import Kit
from contract.scoresheet import ScoreSheet
from contract.text import pick
from report import formats
from report import score_model as m
from report.words import texts

# of a key point's own measure (0..1): from where it counts as said, and from where as said in part
_SAID, _SAID_IN_PART = 0.8, 0.05


def assessment_in(language: str, info: m.AssessmentInfo, kit: Kit, sheet: ScoreSheet | None = None) -> m.AssessmentInfo:
    """The same scores with all words in ``language``. Titles of dimensions are the sheet's: without it they stay."""
    stages = {stage.stage_id: stage.title for stage in kit.stages}
    questions = sheet.questions if sheet is not None else []
    dimensions = {one.dimension_id: one.title for question in reversed(questions) for one in question.dimensions}

    def titled(one: m.SumInfo, titles: Mapping[str, dict[str, str]]) -> m.SumInfo:
        title = pick(titles[one.sum_id], language) if one.sum_id in titles else one.title
        return one.model_copy(update={"title": title, "score": _score_in(language, one.score)})

    def dimension(one: m.DimensionScoreInfo) -> m.DimensionScoreInfo:
        title = pick(dimensions[one.dimension_id], language) if one.dimension_id in dimensions else one.title
        return one.model_copy(update={"title": title, "score": _explained_in(language, one.score)})

    def question(one: m.QuestionScoreInfo) -> m.QuestionScoreInfo:
        inner = [dimension(each) for each in one.dimensions]
        return one.model_copy(update={"score": _explained_in(language, one.score), "dimensions": inner})

    return info.model_copy(
        update={
            "whole": titled(info.whole, {}),
            "stages": [titled(one, stages) for one in info.stages],
            "dimensions": [titled(one, dimensions) for one in info.dimensions],
            "questions": [question(one) for one in info.questions],
        }
    )


def _score_in(language: str, score: m.ScoreInfo) -> m.ScoreInfo:
    return score.model_copy(update=_words_of(language, score))


def _explained_in(language: str, score: m.ExplainedScoreInfo) -> m.ExplainedScoreInfo:
    parts = [one.model_copy(update={"name_words": part_words(one, language)}) for one in score.parts]
    return score.model_copy(update={**_words_of(language, score), "parts": parts})


def _words_of(language: str, score: m.ScoreInfo) -> dict[str, object]:
    return {
        "listen_words": [listen_words(one, language) for one in score.listen],
        "reason_words": no_score_words(score.reason, language) if score.reason else None,
    }


# --- parts ------------------------------------------------------------------------------------------------------------
def part_words(part: m.ScorePartInfo, language: str) -> str:
    """What it was and what was found: a key point and whether it was said, a measure and its figure."""
    t = texts(language).gettext
    if part.key_point:
        return _key_point_words(part, language)
    name = measure_words(part.name, language)
    figure = figure_words(part, language)
    return t("{name}: {figure}").format(name=name, figure=figure) if figure else name


def _key_point_words(part: m.ScorePartInfo, language: str) -> str:
    t = texts(language).gettext
    if part.value >= _SAID:
        words = t("Key point “{point}”: said")
    elif part.value >= _SAID_IN_PART:
        words = t("Key point “{point}”: said in part")
    else:
        words = t("Key point “{point}”: not said")
    return words.format(point=part.key_point)


def measure_words(name: str, language: str) -> str:
    """Of a measure, a guard, or what a learned model adds."""
    return {**_measures(texts(language)), **_guards(texts(language)), **_learned(texts(language))}.get(name, name)


def _measures(t: Catalog) -> dict[str, str]:
    return {
        "content": t.gettext("What was said"),
        "subject": t.gettext("Words that are about the subject"),
        "opening": t.gettext("A clear beginning"),
        "order": t.gettext("Words that give an order"),
        "story": t.gettext("Situation, task, action and result"),
        "closing": t.gettext("A clear end"),
        "fillers": t.gettext("Filler words"),
        "variety": t.gettext("Different words"),
        "hedges": t.gettext("Vague words"),
        "first_word": t.gettext("Time to the first word"),
        "pace": t.gettext("Pace of speech"),
        "pauses": t.gettext("Long pauses, in all"),
    }


def _guards(t: Catalog) -> dict[str, str]:
    return {
        "off_topic": t.gettext("Little of what was asked was said"),
        "echo": t.gettext("Only the question's own words"),
        "listed": t.gettext("Key points listed without words of one's own"),
        "repeated": t.gettext("Mostly the same said again"),
        "scrambled": t.gettext("Words without an order"),
    }


def _learned(t: Catalog) -> dict[str, str]:
    return {
        "learned_scale": t.gettext("How HR uses the scale"),
        "learned_content": t.gettext("How HR rated answers that say as much"),
        "learned_manner": t.gettext("How HR rated answers told in this way"),
        "learned_length": t.gettext("How HR rated answers of this length"),
        "learned_question": t.gettext("How HR rated similar answers to this question"),
        "learned_bounds": t.gettext("Kept between 0 and 100 points"),
    }


def figure_words(part: m.ScorePartInfo, language: str) -> str:
    """What was measured, with its unit, or whether it was there; empty where neither is to be said."""
    t = texts(language)
    if part.name in ("opening", "closing"):
        return t.gettext("yes") if part.value else t.gettext("no")
    if part.name == "story":
        return t.gettext("{n} of 4").format(n=round(4 * part.value))
    if part.name == "subject":
        return t.gettext("{n} %").format(n=formats.number(round(100 * part.value), language))
    if part.figure is None:
        return ""
    share = part.unit == "share"
    figure = part.figure * 100 if share else part.figure
    whole = share or part.unit in ("characters_per_minute", "words_per_minute")
    n = formats.number(round(figure, 0 if whole else 1), language)
    units = {
        "characters_per_minute": t.gettext("{n} characters/min"),
        "words_per_minute": t.gettext("{n} words/min"),
        "per_100_characters": t.gettext("{n} in 100 characters"),
        "per_100_words": t.gettext("{n} in 100 words"),
        "seconds": t.gettext("{n} s"),
        "share": t.gettext("{n} %"),
    }
    return units.get(part.unit or "", "{n}").format(n=n)


# --- scores -----------------------------------------------------------------------------------------------------------
def listen_title(language: str) -> str:
    return texts(language).gettext("Please listen to the recording")


def listen_words(code: str, language: str) -> str:
    """Why somebody has to listen before using a score."""
    t = texts(language)
    return {
        "weak_transcript": t.gettext("Many words were not recognised with certainty."),
        "disturbed": t.gettext("A technical fault covers part of the answer."),
        "topic_unknown": t.gettext("Nothing shows whether the answer is about the question."),
        "corrected": t.gettext("The candidate has corrected the recognised words; scored are those recognised."),
        "language_unknown": t.gettext("There are no key points in the language of the answer."),
    }.get(code, code)


def no_score_words(code: str, language: str) -> str:
    """Why there is no score."""
    t = texts(language)
    return {
        "too_little_speech": t.gettext("Too little was said for a score."),
        "language_unknown": t.gettext("Answers in this language cannot be scored."),
        "unfinished": t.gettext("The interview is not finished."),
        "nothing_rated": t.gettext("None of these questions has a score."),
    }.get(code, code)


def unscored_words(code: str, language: str) -> str:
    """Why a question has no part in the score."""
    t = texts(language)
    return {
        "choice": t.gettext("Questions with choices are not scored."),
        "not_rated": t.gettext("This question is not scored."),
        "unanswered": t.gettext("There is no answer."),
        "no_words": t.gettext("The words of the answer are not there yet, or cannot be opened."),
    }.get(code, code)
