"""The answers in the printed report: how each was asked, what was said, what was corrected, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from contract.kit_media import MediaKind
from report import formats, words
from report.delivery import spoken_units
from report.marked import changed, recognised
from report.model import AnswerInfo, Content, InterviewReport, QuestionInfo
from report.page_base import Page, Pages, block
from report.picture import svg_of
from report.text import breakable


class AnswerPages(Pages):
    """``pictures``: SHA-256 -> PNG or JPEG of the questions that were asked with one."""

    def __init__(
        self, report: InterviewReport, language: str, zone: tzinfo | None, pictures: Mapping[str, bytes]
    ) -> None:
        super().__init__(report, language, zone)
        self._pictures = pictures

    def sections(self) -> list[Page | None]:
        return [self._answers(), self._unanswered()]

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
            blocks.append(block(t("Answer"), answer.text))
        if answer.choices is not None:
            chosen = "\n".join(f"{chr(65 + c.index % 26)}. {c.text}" for c in answer.choices)
            blocks.append(block(t("Chosen"), chosen or t("nothing")))
        if answer.transcript is not None:
            label = t("Transcript ({model})").format(model=answer.transcript.model)
            pieces = recognised(answer)
            empty = [{"t": t("No speech was recognised."), "low": False}]
            blocks.append({"label": breakable(label), "pieces": pieces or empty})
        blocks += self._corrections(answer)
        if not blocks:
            blocks.append(block("", self._missing(answer)))
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
