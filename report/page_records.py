"""What else is on record of an interview, as tables of the printed report."""

from __future__ import annotations

from report import formats, words
from report.model import AdjustmentInfo, RedoInfo
from report.page_base import Page, Pages


class RecordPages(Pages):
    def before_answers(self) -> list[Page | None]:
        return [self._parts(), self._history()]

    def after_answers(self) -> list[Page | None]:
        return [
            self._questionnaire(),
            self._consents(),
            self._adjustments(),
            self._redos(),
            self._environment(),
            self._objects(),
            self._receipt(),
        ]

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
