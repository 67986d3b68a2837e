"""Facts about the picture of answers, for the page of one interview and its JSON alone (docs/adr/0047).

They are no part of :func:`report.build.build_whole_report`: scores, learned models, lists and printed reports are made
of that, and cannot come to use them.
"""

from __future__ import annotations

from collections.abc import Sequence

from contract.errors import ErrorCode, XudaError
from contract.events import AnswerData, ConsentedData, EventType, PicturedData, PicturedSealed, PictureFact
from report.build import PartSource
from report.model import InterviewReport, PictureFactsInfo, PictureSpanInfo
from report.words import picture_fact_words


def may_show_picture_facts(report: InterviewReport) -> bool:
    """Whether the candidate agrees to them, by the newest consent of the newest part."""
    newest = max(report.consents, key=lambda one: (one.part, one.at), default=None)
    return newest is not None and newest.picture_facts is True


def picture_facts(report: InterviewReport, sources: Sequence[PartSource], language: str) -> list[PictureFactsInfo]:
    """Of the answers of ``report``, in its order; empty without consent. What is damaged is left out."""
    if not may_show_picture_facts(report):
        return []
    found = {one.answer_id: one for source in sources for one in _of_part(source, language)}
    return [found[answer.answer_id] for answer in report.answers if answer.answer_id in found]


def _of_part(source: PartSource, language: str) -> list[PictureFactsInfo]:
    """Only where kit and consent of this very part allowed the device to look."""
    events, key = source.part.ordered, source.interview_key
    said = [event.parse_data(ConsentedData) for event in events if event.kind is EventType.CONSENTED]
    if key is None or not source.kit.picture_facts or not said or said[-1].picture_facts is not True:
        return []
    answers = [event.parse_data(AnswerData) for event in events if event.kind is EventType.ANSWER_SAVED]
    asked = {answer.answer_id: answer for answer in answers}
    found = []
    for event in events:
        if event.kind is not EventType.PICTURED:
            continue
        answer = asked.get(event.parse_data(PicturedData).answer_id)
        try:
            sealed = event.open_sealed(PicturedSealed, key)
        except XudaError as error:
            if error.code not in (ErrorCode.SEALED_DAMAGED, ErrorCode.FORMAT_INVALID):
                raise
            sealed = None
        if answer is not None and sealed is not None:
            found.append(_info(answer, sealed, source.part.number, language))
    return found


def _info(answer: AnswerData, sealed: PicturedSealed, part: int, language: str) -> PictureFactsInfo:
    def seconds(kind: PictureFact) -> float:
        return round(sum(span.end - span.start for span in sealed.spans if span.kind is kind), 1)

    return PictureFactsInfo(
        answer_id=answer.answer_id,
        question_id=answer.question_id,
        duration=answer.duration,
        looked=sealed.looked,
        no_face=seconds(PictureFact.NO_FACE),
        several_faces=seconds(PictureFact.SEVERAL_FACES),
        looking_away=seconds(PictureFact.LOOKING_AWAY),
        spans=[
            PictureSpanInfo(
                kind=span.kind, kind_words=picture_fact_words(span.kind, language), start=span.start, end=span.end
            )
            for span in sealed.spans
        ],
        part=part,
    )
