"""What the printed report shows, as plain data for the template: labels, rows and marked text, in reading order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from contract.events import HrState
from contract.kit_media import MediaKind
from contract.parts import Relation
from report import formats, words
from report.delivery import spoken_units
from report.fonts import script
from report.marked import changed, recognised
from report.model import AdjustmentInfo, AnswerInfo, Content, InterviewReport, QuestionInfo, RedoInfo
from report.picture import svg_of
from report.spans import spans
from report.text import breakable

Page = dict[str, Any]
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
    """
    return _Pages(report, language, zone, pictures or {}, own_copy).data()


class _Pages:
    def __init__(
        self,
        report: InterviewReport,
        language: str,
        zone: tzinfo | None,
        pictures: Mapping[str, bytes],
        own_copy: bool,
    ) -> None:
        self._pictures = pictures
        self._own_copy = own_copy
        self._report = report
        self._language = language
        self._zone = zone
        self._t = words.texts(language).gettext

    def data(self) -> Page:
        t, report = self._t, self._report
        sections = [
            self._parts(),
            self._history(),
            self._answers(),
            self._unanswered(),
            self._questionnaire(),
            self._consents(),
            self._adjustments(),
            self._redos(),
            self._environment(),
            self._objects(),
            self._receipt(),
        ]
        return {
            **script(self._language),
            "title": t("Interview report"),
            "mark": t("The candidate's own copy") if self._own_copy else "",
            "subtitle": breakable(f"{report.organisation} · {report.department} · {report.position}"),
            "id": breakable(report.interview_id),
            "id_label": t("Interview"),
            "generated": t("Generated {time}").format(time=self._time(report.generated_at)),
            "page_label": t("Page {page} of {pages}"),
            "state": breakable(words.state_words(report.state.code, self._language)),
            "state_good": report.state.code in _GOOD,
            "notices": self._notices(),
            "summary": self._summary(),
            "sections": [section for section in sections if section],
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
        if any(span.low for a in report.answers if a.transcript for span in spans(a.transcript)):
            notices.append(t("Underlined words were recognised with low confidence: please listen to the recording."))
        if any(answer.corrections and answer.transcript for answer in report.answers):
            notices.append(t("In corrections, words taken out are struck through and words put in are in bold."))
        return notices

    def _summary(self) -> list[list[str]]:
        t, report = self._t, self._report
        unknown = t("unknown")
        total = sum(answer.duration for answer in report.answers if not answer.superseded)
        answered = len({answer.question_id for answer in report.answers})
        rows = [
            [t("Candidate"), report.candidate.name or unknown],
            [t("Phone"), report.candidate.phone or ""],
            [t("Position"), report.position],
            [t("Department"), report.department],
            [t("Kind"), words.interview_kind_words(report.kit.kind, self._language)],
            [t("Question kit"), self._kit()],
            [t("Attempt"), str(report.attempt) if report.attempt else unknown],
            [
                t("Answered"),
                t("{n} of {total} questions").format(n=answered, total=answered + len(report.unanswered)),
            ],
            [t("Speaking time"), self._seconds(total)],
        ]
        return [[label, breakable(value)] for label, value in rows if value]

    def _kit(self) -> str:
        kit = self._report.kit
        return self._t("{kit}, version {version}").format(kit=kit.kit_id, version=kit.version)

    def _parts(self) -> Page | None:
        """Only where there are several: on which devices the interview was given."""
        t, report = self._t, self._report
        if len(report.parts) < 2:
            return None
        rows = [
            [
                str(part.number),
                part.device,
                part.relation_words,
                words.state_words(part.state.code, self._language),
                str(part.answers),
                self._time(part.receipt.issued_at) if part.receipt else "",
            ]
            for part in report.parts
        ]
        header = ["#", t("Device"), t("Part"), t("State"), t("Answered"), t("Receipt")]
        return self._table(t("Parts by device"), header, rows, ["auto", "rest", "rest", "auto", "auto", "auto"])

    def _place(self, part: int, seq: int) -> str:
        """Number of an event, with that of its part before it where there are several."""
        return f"{part}.{seq}" if len(self._report.parts) > 1 else str(seq)

    def _history(self) -> Page | None:
        t = self._t
        rows = [
            [
                self._place(entry.part, entry.seq),
                self._time(entry.at),
                words.event_words(entry.event, self._language),
                words.state_words(entry.state, self._language),
                self._reason(entry.reason, entry.words),
            ]
            for entry in self._report.history
        ]
        header = ["#", t("Time"), t("What happened"), t("State"), t("Reason")]
        return self._table(t("History"), header, rows, ["auto", "auto", "auto", "auto", "rest"])

    def _reason(self, reason: str | None, said: str | None) -> str:
        shown = words.reason_words(reason, self._language) if reason else ""
        return f"{shown}: {said}" if said else shown

    def _answers(self) -> Page | None:
        if not self._report.answers:
            return None
        items = [self._answer(number, answer) for number, answer in enumerate(self._report.answers, start=1)]
        return {"kind": "answers", "title": self._t("Answers"), "items": items}

    def _answer(self, number: int, answer: AnswerInfo) -> Page:
        t = self._t
        heading = " · ".join(
            part for part in (answer.stage, words.kind_words(answer.kind, self._language), answer.question_id) if part
        )
        if len(self._report.parts) > 1:
            heading += " · " + t("part {n}").format(n=answer.part)
        if answer.superseded:
            beside = t("given beside the answer that counts")
            heading += " · " + (beside if answer.beside else t("replaced by a later answer"))
        if answer.again:
            heading += " · " + t("answered again at HR's word")
        return {
            "number": str(number),
            "heading": breakable(heading),
            "prompt": breakable(answer.prompt or t("This question is not in the kit.")),
            "media": self._media(answer),
            "facts": breakable(" · ".join(self._facts(answer))),
            "blocks": self._blocks(answer),
        }

    def _media(self, question: QuestionInfo) -> Page | None:
        """What the question was asked with: its words, and the picture itself where it was given."""
        media = question.media
        if media is None:
            return None
        t = self._t
        labels = {
            MediaKind.PICTURE: t("Picture: {text}"),
            MediaKind.SOUND: t("Sound: {text}"),
            MediaKind.VIDEO: t("Video: {text}"),
        }
        picture = self._pictures.get(media.sha256)
        shown = svg_of(picture, media.media_type) if picture is not None else ""
        return {"text": breakable(labels[media.kind].format(text=media.text)), "svg": shown, "alt": media.text}

    def _facts(self, answer: AnswerInfo) -> list[str]:
        t = self._t
        facts = [self._time(answer.at)]
        if answer.kind.spoken:
            facts.append(t("Length {time}").format(time=self._seconds(answer.duration)))
            facts.append(t("take {take} of {used}").format(take=answer.take, used=max(answer.takes_used, answer.take)))
        if answer.thinking_used:
            facts.append(t("thought for {time}").format(time=self._seconds(answer.thinking_used)))
        if answer.recovered:
            facts.append(t("recovered after an interruption"))
        if answer.delivery and answer.transcript:
            unit = answer.delivery.unit
            count = t("{n} characters") if unit == "characters" else t("{n} words")
            facts.append(count.format(n=spoken_units(answer.transcript)))
            rate = t("{n} characters per minute") if unit == "characters" else t("{n} words per minute")
            facts.append(rate.format(n=round(answer.delivery.speech_rate)))
            facts.append(
                t("longest pause {n} s").format(n=formats.number(answer.delivery.longest_pause, self._language))
            )
        for fault in answer.faults:
            shown = words.fault_words(fault.code, self._language)
            facts.append(
                t("{fault} at {n} s").format(fault=shown, n=formats.number(round(fault.at, 1), self._language))
            )
        return facts

    def _blocks(self, answer: AnswerInfo) -> list[Page]:
        t = self._t
        blocks: list[Page] = []
        if answer.text is not None:
            blocks.append(_block(t("Answer"), answer.text))
        if answer.choices is not None:
            chosen = "\n".join(f"{chr(65 + c.index % 26)}. {c.text}" for c in answer.choices)
            blocks.append(_block(t("Chosen"), chosen or t("nothing")))
        if answer.transcript is not None:
            label = t("Transcript ({model})").format(model=answer.transcript.model)
            pieces = recognised(answer)
            empty = [{"t": t("No speech was recognised."), "low": False}]
            blocks.append({"label": breakable(label), "pieces": pieces or empty})
        blocks += self._corrections(answer)
        if not blocks:
            blocks.append(_block("", self._missing(answer)))
        return blocks

    def _corrections(self, answer: AnswerInfo) -> list[Page]:
        """All versions, the newest last, each with what it changes of the recognised words."""
        t, said = self._t, answer.transcript.text if answer.transcript else None
        blocks = []
        for correction in answer.corrections:
            newest = correction is answer.corrections[-1]
            label = t("Correction by the candidate") if newest else t("Earlier correction by the candidate")
            pieces = changed(said, correction.text)
            if correction.text == said:
                pieces = [{"t": t("The candidate went back to the recognised words."), "low": False}]
            at = self._time(correction.at)
            blocks.append({"label": breakable(f"{label} · {at}"), "pieces": pieces})
        return blocks

    def _missing(self, answer: AnswerInfo) -> str:
        if answer.content is Content.SEALED:
            return self._t("Sealed: not available here.")
        if answer.content is Content.DAMAGED:
            return self._t("Damaged: cannot be read.")
        return self._t("Not transcribed yet.")

    def _unanswered(self) -> Page | None:
        t = self._t
        rows = [
            [question.stage, words.kind_words(question.kind, self._language), self._prompt(question)]
            for question in self._report.unanswered
        ]
        return self._table(t("Not answered"), [t("Stage"), t("Kind"), t("Question")], rows, ["auto", "auto", "rest"])

    def _prompt(self, question: QuestionInfo) -> str:
        media = self._media(question)
        return f"{question.prompt}\n{media['text']}" if media else question.prompt

    def _questionnaire(self) -> Page | None:
        t, given = self._t, self._report.questionnaire
        if given is None:
            return None
        rows = [
            [t("Was the way in clear?"), words.rating_words(given.entrance_clear, self._language)],
            [t("Did it go smoothly?"), words.rating_words(given.flow_smooth, self._language)],
            [t("Overall"), words.rating_words(given.overall, self._language)],
            [t("In their own words"), given.words or ""],
        ]
        return self._pairs(t("Questionnaire"), rows)

    def _consents(self) -> Page | None:
        t = self._t
        given, refused = t("agreed"), t("not agreed")
        rows = [
            [self._time(c.at), c.version, given if c.recording else refused, given if c.scoring else refused]
            for c in self._report.consents
        ]
        header = [t("Time"), t("Version of the text"), t("Recording"), t("AI scoring")]
        return self._table(t("Consents"), header, rows, ["auto", "rest", "auto", "auto"])

    def _adjustments(self) -> Page | None:
        t = self._t
        checked = {True: t("checked"), False: t("NOT confirmed"), None: ""}
        rows = [
            [
                self._place(given.part, given.seq),
                self._time(given.at),
                self._given(given),
                words.adjustment_reason_words(given.reason, self._language) if given.reason else "",
                given.holder or "",
                checked[given.verified],
            ]
            for given in self._report.adjustments
        ]
        header = ["#", t("Time"), t("Given"), t("Reason"), t("By"), t("Signature")]
        columns = ["auto", "auto", "rest", "rest", "auto", "auto"]
        return self._table(t("Adjustments by staff"), header, rows, columns)

    def _redos(self) -> Page | None:
        """What HR has let the candidate answer again."""
        t = self._t
        rows = [
            [self._time(redo.granted_at), str(redo.number or redo.question_id), redo.reason, redo.by, self._redo(redo)]
            for redo in self._report.redos
        ]
        header = [t("Time"), t("Question"), t("Reason"), t("By"), t("State")]
        return self._table(t("Questions to answer again"), header, rows, ["auto", "auto", "rest", "auto", "rest"])

    def _redo(self, redo: RedoInfo) -> str:
        state = words.redo_words(redo.state, self._language)
        return state if redo.part is None else f"{state} · {self._t('part {n}').format(n=redo.part)}"

    def _given(self, given: AdjustmentInfo) -> str:
        if given.time_factor is None:
            return self._t("Sealed: not available here.")
        return words.adjustment_words(given.time_factor, given.extra_takes or 0, given.answer_as, self._language)

    def _environment(self) -> Page | None:
        t = self._t
        rows = []
        for info in self._report.environment:
            facts = [
                f"{words.environment_words(key, self._language)}: {shown}"
                for key, value in info.facts.items()
                if (shown := words.environment_value(key, value, self._language))
            ]
            rows.append([self._time(info.at), words.event_words(info.event, self._language), "\n".join(facts)])
        header = [t("Time"), t("What happened"), t("Facts")]
        return self._table(t("Environment"), header, rows, ["auto", "auto", "rest"])

    def _objects(self) -> Page | None:
        t = self._t
        rows = [
            [
                answer.question_id,
                item.object_id,
                item.media_type,
                formats.number(item.size, self._language),
                item.sha256,
            ]
            for answer in self._report.answers
            for item in answer.objects
        ]
        header = [t("Question"), t("File"), t("Type"), t("Bytes (sealed)"), "SHA-256"]
        table = self._table(t("Recordings"), header, rows, ["auto", "rest", "auto", "auto", "rest"])
        return {**table, "small": True} if table else None

    def _receipt(self) -> Page | None:
        t, receipt = self._t, self._report.receipt
        if receipt is None:
            missing = t("No receipt has been issued for this interview yet.")
            return {"kind": "text", "title": t("Receipt"), "text": missing}
        rows = [
            [t("Receipt"), receipt.receipt_id],
            [t("Number"), str(receipt.serial)],
            [t("Issued"), self._time(receipt.issued_at)],
            [t("Manifest (SHA-256)"), receipt.manifest_digest],
            [t("Signed with key"), receipt.key_id],
        ]
        return self._pairs(t("Receipt"), rows)

    def _table(self, title: str, header: list[str], rows: list[list[str]], columns: list[str]) -> Page | None:
        if not rows:
            return None
        safe = [[breakable(cell) for cell in row] for row in rows]
        return {"kind": "table", "title": title, "header": header, "rows": safe, "columns": columns, "small": False}

    def _pairs(self, title: str, rows: list[list[str]]) -> Page:
        safe = [[label, breakable(value)] for label, value in rows if value]
        return {"kind": "pairs", "title": title, "rows": safe}

    def _time(self, at: datetime) -> str:
        return formats.moment(at, self._zone, self._language)

    def _seconds(self, seconds: float) -> str:
        minutes, rest = divmod(round(seconds), 60)
        if minutes:
            return self._t("{minutes} min {seconds} s").format(minutes=minutes, seconds=rest)
        return self._t("{n} s").format(n=rest)


def _block(label: str, text: str) -> Page:
    return {"label": label, "pieces": [{"t": breakable(text), "low": False}]}
