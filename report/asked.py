"""How the candidate was asked: with which pictures and sounds, what staff have adjusted, and which answer counts."""

from __future__ import annotations

from contract import events as ev
from contract.events import Event
from contract.kit import Question
from contract.text import pick
from report import model as m
from report import words


def media_info(question: Question, language: str) -> m.PromptMediaInfo | None:
    media = question.media
    if media is None:
        return None
    return m.PromptMediaInfo(
        kind=media.kind,
        media_type=media.media_type,
        sha256=media.sha256,
        seconds=media.seconds,
        text=pick(media.text, language),
    )


def adjustment_info(
    event: Event, sealed: ev.AdjustedSealed | None, verified: frozenset[str] | None, part: int, language: str
) -> m.AdjustmentInfo:
    """``sealed`` is None when it cannot be opened, ``verified`` when nobody has checked."""
    data = event.parse_data(ev.AdjustedData)
    given = (sealed.time_factor, sealed.extra_takes, sealed.answer_as) if sealed else None
    return m.AdjustmentInfo(
        seq=event.seq,
        at=event.at,
        holder=sealed.holder if sealed else None,
        reason=sealed.reason if sealed else None,
        reason_words=words.adjustment_reason_words(sealed.reason, language) if sealed else None,
        time_factor=sealed.time_factor if sealed else None,
        extra_takes=sealed.extra_takes if sealed else None,
        answer_as=sealed.answer_as if sealed else None,
        words=words.adjustment_words(*given, language) if given else "",
        verified=None if verified is None or sealed is None else data.nonce in verified,
        part=part,
    )


def standing(answer: m.AnswerInfo, counting: int | None, again: set[int]) -> dict[str, bool]:
    """How an answer stands to that of part ``counting``; ``again``: parts with answers given again at HR's word."""
    if answer.part == counting:
        return {"again": answer.part in again}
    return {"superseded": True, "beside": counting not in again or answer.part > (counting or 0)}
