"""Scores in the printed report: the page a reader sees first, and the tables they add up from."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import tzinfo

from report import formats
from report import score_words as said
from report.highlights import Highlight, gaps, strengths
from report.model import InterviewReport
from report.page_base import Page, Pages
from report.score_model import (
    AssessmentInfo,
    ExplainedScoreInfo,
    QuestionScoreInfo,
    QuoteInfo,
    ScoreInfo,
    ScorePartInfo,
    SumInfo,
)
from report.text import breakable
from report.words import texts

_RADAR = range(3, 7)  # so many dimensions are drawn as a radar, others as bars
_SHORT, _LONG = 44, 88  # widths in Latin letters that fit where they are shown on the first page


class ScorePages(Pages):
    """Nothing where nobody has scored."""

    def __init__(self, report: InterviewReport, language: str, zone: tzinfo | None) -> None:
        super().__init__(report, language, zone)
        self._numbers = {answer.answer_id: number for number, answer in enumerate(report.answers, start=1)}
        self._prompts = {one.question_id: one.prompt for one in (*report.unanswered, *report.answers)}

    # --- the first page -----------------------------------------------------------------------------------------------
    def first_page(self) -> Page | None:
        info, t = self._report.assessment, self._t
        if info is None:
            return None
        drawn = [one for one in info.dimensions if one.score.points is not None]
        radar = len(drawn) in _RADAR
        return {
            "label": t("AI score"),
            "whole": self._bar(info.whole),
            "title": t("Dimensions"),
            "radar": [self._bar(one) for one in drawn] if radar else [],
            "bars": [self._bar(one) for one in info.dimensions if not radar or one.score.points is None],
            "strengths": self._highlights(t("Strengths"), strengths(info)),
            "gaps": self._highlights(t("Gaps"), gaps(info)),
            "listen": {"title": said.listen_title(self._language), "lines": self._listen(info)},
            "decides": t("A score decides nothing. A person decides."),
        }

    def _bar(self, one: SumInfo) -> Page:
        return {"title": breakable(_cut(one.title, _SHORT)), **self._shown(one.score)}

    def _shown(self, score: ScoreInfo) -> Page:
        """``value``, ``low``, ``high``: 0-100; ``value`` is None without a score."""
        t = self._t
        if score.points is None:
            why = said.no_score_words(score.reason or "", self._language)
            return {"value": None, "low": 0, "high": 100, "points": "", "range": t("No score"), "why": breakable(why)}
        low, high = (formats.number(round(end), self._language) for end in (score.low, score.high))
        return {
            "value": score.points,
            "low": score.low,
            "high": score.high,
            "points": formats.number(round(score.points), self._language),
            "range": t("Range {low} to {high}").format(low=low, high=high),
            "why": "",
        }

    def _highlights(self, title: str, found: Sequence[Highlight]) -> Page:
        return {
            "title": title,
            "none": self._t("Nothing stands out."),
            "items": [self._highlight(one) for one in found],
        }

    def _highlight(self, one: Highlight) -> Page:
        part = one.part.model_copy(update={"key_point": _cut(one.part.key_point, _LONG - 20)})
        quote = max(part.quotes, key=lambda each: len(each.text), default=None)
        number = self._t("Question {n}").format(n=self._numbers[one.answer_id])
        return {
            "text": breakable(said.part_words(part, self._language)),
            "where": number if quote is None else f"{number} · {self._moment(quote)}",
            "quote": breakable(self._quoted(_cut(quote.text, _LONG))) if quote is not None else "",
        }

    def _listen(self, info: AssessmentInfo) -> list[str]:
        """Each reason once, with the questions it is about."""
        asked: dict[str, list[int]] = {}
        for question in info.questions:
            for reason in question.score.listen:
                asked.setdefault(reason, []).append(self._numbers[question.answer_id])
        lines = []
        for reason, numbers in asked.items():
            shown = ", ".join(str(number) for number in sorted(numbers))
            about = self._t("Question {n}").format(n=shown)
            words_ = said.listen_words(reason, self._language)
            lines.append(breakable(self._t("{name}: {figure}").format(name=about, figure=words_)))
        return lines

    # --- what the scores add up from ----------------------------------------------------------------------------------
    def sections(self) -> list[Page | None]:
        info, t = self._report.assessment, self._t
        if info is None:
            return []
        title = t("Scores by question")
        items = [self._question(one) for one in info.questions]
        return [
            {"kind": "scores", "title": title, "items": items} if items else None,
            self._unscored(info),
            self._made(info),
        ]

    def _question(self, question: QuestionScoreInfo) -> Page:
        t = self._t
        share = formats.number(round(question.share * 100), self._language)
        tables = [self._whole(question)] if self._has_sum(question) else []
        tables += [self._table_of(one.title, one.score) for one in question.dimensions if one.score.parts]
        listen = [said.listen_words(reason, self._language) for reason in question.score.listen]
        return {
            "number": str(self._numbers[question.answer_id]),
            "prompt": breakable(self._prompts.get(question.question_id, "") or question.question_id),
            "score": self._shown(question.score),
            "facts": t("{n} % of the interview").format(n=share) if question.score.points is not None else "",
            "listen_title": said.listen_title(self._language),
            "listen": [breakable(one) for one in listen],
            "tables": tables,
        }

    def _has_sum(self, question: QuestionScoreInfo) -> bool:
        """Whether the score of the question is not simply that of its dimension."""
        own = sum(len(one.score.parts) for one in question.dimensions)
        return bool(question.score.parts) and (len(question.dimensions) > 1 or len(question.score.parts) > own)

    def _whole(self, question: QuestionScoreInfo) -> Page:
        """What each dimension gives, and what a learned model adds: the question's parts are theirs in this order."""
        rows, at = [], 0
        parts = question.score.parts
        for one in question.dimensions:
            own = parts[at : at + len(one.score.parts)]
            at += len(own)
            if own:
                rows.append(self._row(one.title, sum(part.points for part in own), sum(part.most for part in own)))
        rows += [self._part(part) for part in parts[at:]]
        return self._score_table(self._t("The answer as a whole"), rows, question.score)

    def _table_of(self, title: str, score: ExplainedScoreInfo) -> Page:
        return self._score_table(title, [self._part(part) for part in score.parts], score)

    def _score_table(self, title: str, rows: list[list[str]], score: ExplainedScoreInfo) -> Page:
        t = self._t
        total = self._row(t("Total"), score.points or 0.0, sum(part.most for part in score.parts))
        return {
            "title": breakable(title),
            "range": self._shown(score)["range"],
            "header": [t("What counted"), t("Points"), t("At best"), t("In the answer's words")],
            "rows": [[breakable(cell) for cell in row] for row in (*rows, total)],
        }

    def _part(self, part: ScorePartInfo) -> list[str]:
        quotes = [f"{self._moment(quote)} {self._quoted(quote.text)}" for quote in part.quotes]
        return self._row(said.part_words(part, self._language), part.points, part.most, "\n".join(quotes))

    def _row(self, name: str, points: float, most: float, quotes: str = "") -> list[str]:
        best = formats.points(most, self._language) if most else ""
        return [name, formats.points(points, self._language), best, quotes]

    def _quoted(self, text: str) -> str:
        return texts(self._language).pgettext("quoted", "“{text}”").format(text=text)

    def _moment(self, quote: QuoteInfo) -> str:
        return self._t("in writing") if quote.start is None else formats.clock(quote.start)

    def _unscored(self, info: AssessmentInfo) -> Page | None:
        t = self._t
        rows = [
            [self._prompts.get(question_id, "") or question_id, said.unscored_words(why, self._language)]
            for question_id, why in info.unscored.items()
        ]
        return self._table(t("Not scored"), [t("Question"), t("Reason")], rows, ["rest", "rest"])

    def _made(self, info: AssessmentInfo) -> Page:
        t = self._t
        learned = ", ".join(f"{language}: {name[:12]}" for language, name in sorted(info.models.items()))
        meaning = ", ".join(f"{language}: {name}" for language, name in sorted(info.meaning.items()))
        rubric = t("{revision} ({digest})").format(revision=info.rubric_revision, digest=info.rubric_digest)
        rows = [
            [t("Version of the scoring"), str(info.engine)],
            [t("Version of the rubric"), rubric],
            [t("Learned from HR's ratings"), learned or t("no")],
            [t("Model of meaning"), meaning or t("no")],
            [t("Range"), t("It says how sure a score is: the wider, the less.")],
        ]
        return self._pairs(t("How the scores were made"), rows)


def _cut(text: str, width: int) -> str:
    """At most so many Latin letters wide; Chinese characters count as two."""
    room = width
    for at, character in enumerate(text):
        room -= 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if room < 0:
            return text[:at].rstrip() + "…"
    return text
