"""What the printed report shows, as plain data for the template: labels, rows and marked text, in reading order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from contract.events import HrState
from contract.parts import Relation
from report import words
from report.fonts import script
from report.model import Content, InterviewReport
from report.page_answers import AnswerPages
from report.page_base import Page, Pages
from report.page_records import RecordPages
from report.page_scores import ScorePages
from report.spans import spans
from report.text import breakable

_GOOD = frozenset({HrState.PENDING_REVIEW, HrState.SECOND_ROUND, HrState.PENDING_ONBOARDING})


def page_data(
    report: InterviewReport,
    language: str,
    zone: tzinfo | None,
    pictures: Mapping[str, bytes] | None = None,
    *,
    own_copy: bool = False,
) -> Page:
    """Everything the template lays out; every text is already made safe to print.

    ``pictures``: SHA-256 -> PNG or JPEG of the questions that were asked with one. ``own_copy``: for the candidate.
    ``scores``, where there are any, is the first page; ``notices`` are on it, ``remarks`` after it.
    """
    records = RecordPages(report, language, zone)
    scores = ScorePages(report, language, zone)
    sections = [
        *scores.sections(),
        *records.before_answers(),
        *AnswerPages(report, language, zone, pictures or {}).sections(),
        *records.after_answers(),
    ]
    front = _FrontPage(report, language, zone).data(own_copy)
    first = scores.first_page()
    if first is None:
        front["notices"] += front.pop("remarks")
    return {**front, "scores": first, "sections": [section for section in sections if section]}


class _FrontPage(Pages):
    def data(self, own_copy: bool) -> Page:
        t, report = self._t, self._report
        return {
            **script(self._language),
            "title": t("Interview report"),
            "mark": t("The candidate's own copy") if own_copy else "",
            "subtitle": breakable(f"{report.organisation} · {report.department} · {report.position}"),
            "id": breakable(report.interview_id),
            "id_label": t("Interview"),
            "generated": t("Generated {time}").format(time=self._time(report.generated_at)),
            "page_label": t("Page {page} of {pages}"),
            "state": breakable(words.state_words(report.state.code, self._language)),
            "state_good": report.state.code in _GOOD,
            "notices": self._notices(),
            "remarks": self._remarks(),
            "summary": self._summary(),
            "facts": [
                [label, breakable(value)] for label, value in (self._candidate(), self._answered(), self._speaking())
            ],
        }

    def _notices(self) -> list[str]:
        t, report = self._t, self._report
        notices = []
        if report.content is Content.SEALED:
            notices.append(t("The answers are sealed and cannot be shown here."))
        if report.content is Content.DAMAGED:
            notices.append(t("Part of the answers is damaged and cannot be shown."))
        if report.exits:
            last = report.exits[-1]
            if report.state.code in (HrState.PAUSED, HrState.INCOMPLETE):
                words_ = words.reason_words(last.reason, self._language)
                notices.append(t("The interview was left early. Reason: {reason}").format(reason=breakable(words_)))
        if any(part.relation is Relation.PARALLEL for part in report.parts):
            notices.append(t("Parts were given on devices that did not know of each other. All answers are shown."))
        return notices

    def _remarks(self) -> list[str]:
        """How to read the answers."""
        t, report = self._t, self._report
        notices = []
        if any(span.low for a in report.answers if a.transcript for span in spans(a.transcript)):
            notices.append(t("Underlined words were recognised with low confidence: please listen to the recording."))
        if any(answer.corrections and answer.transcript for answer in report.answers):
            notices.append(t("In corrections, words taken out are struck through and words put in are in bold."))
        return notices

    def _summary(self) -> list[list[str]]:
        t, report = self._t, self._report
        rows = [
            self._candidate(),
            [t("Phone"), report.candidate.phone or ""],
            [t("Position"), report.position],
            [t("Department"), report.department],
            [t("Kind"), words.interview_kind_words(report.kit.kind, self._language)],
            [t("Question kit"), self._kit()],
            [t("Attempt"), str(report.attempt) if report.attempt else t("unknown")],
            self._answered(),
            self._speaking(),
        ]
        return [[label, breakable(value)] for label, value in rows if value]

    def _candidate(self) -> list[str]:
        return [self._t("Candidate"), self._report.candidate.name or self._t("unknown")]

    def _answered(self) -> list[str]:
        report = self._report
        answered = len({answer.question_id for answer in report.answers})
        words_ = self._t("{n} of {total} questions")
        return [self._t("Answered"), words_.format(n=answered, total=answered + len(report.unanswered))]

    def _speaking(self) -> list[str]:
        total = sum(answer.duration for answer in self._report.answers if not answer.superseded)
        return [self._t("Speaking time"), self._seconds(total)]

    def _kit(self) -> str:
        kit = self._report.kit
        return self._t("{kit}, version {version}").format(kit=kit.kit_id, version=kit.version)
