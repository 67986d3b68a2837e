"""Coming back after a crash: rows are reconciled with files before any screen is shown."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from app.interview import drafts, plan
from app.interview.model import Environment, ExitReason
from app.interview.states import InterviewState, TakeState
from app.interview.store import InterviewRow, InterviewStore, TakeRow
from app.interview.takes import TakeDesk
from contract.errors import XudaError
from contract.kit import Kit

log = logging.getLogger(__name__)


def reconcile(
    store: InterviewStore, takes: TakeDesk, facts: Environment, kit_of: Callable[[InterviewRow], Kit]
) -> bool:
    """Turn cut takes into recovered ones, record the unexplained exit, and queue what still lacks its words.

    True when HR has something to hear.
    """
    changed = False
    for row in store.interviews():
        if not row.key_present:
            continue
        kit = _usable_kit(row, kit_of)
        if kit is not None:
            for take in store.takes(row.interview_id):
                _reconcile_take(store, takes, row, take, kit.speech_language)
        if row.state is InterviewState.ACTIVE:
            _free_newest_take(store, row)
            left = drafts.left(InterviewState.PAUSED, ExitReason.CRASH, "", facts, standing(store, row, kit))
            store.append(row.interview_id, [left], state=InterviewState.PAUSED)
            changed = True
    return changed


def standing(store: InterviewStore, row: InterviewRow, kit: Kit | None) -> drafts.Standing:
    """Where the candidate has left this interview, for HR and for a device that goes on with it."""
    events = store.events(row.interview_id)
    counted = (take.question_id for take in store.takes(row.interview_id) if take.counted)
    answered = len(plan.answered_questions(events))
    return drafts.Standing(
        unanswered=max(0, len(kit.questions) - answered) if kit else 0,
        takes_used=plan.takes_used(events, counted),
        seconds_used=round(row.seconds_used, 3),
    )


def _usable_kit(row: InterviewRow, kit_of: Callable[[InterviewRow], Kit]) -> Kit | None:
    """None for a kit that is damaged on this device: its takes wait for it, all else goes on and HR sends it again."""
    try:
        return kit_of(row)
    except XudaError as error:
        log.error("kit %s version %s cannot be used: %s", row.kit_id, row.kit_version, error.code)
        return None


def _reconcile_take(store: InterviewStore, takes: TakeDesk, row: InterviewRow, take: TakeRow, language: str) -> None:
    if take.state is TakeState.RECORDING:
        if row.state.final or takes.recover(take, language) is None:
            takes.discard(store.take(take.take_id))
    elif take.state is not TakeState.DISCARDED:
        takes.transcribe_stored(take, language)


def _free_newest_take(store: InterviewStore, row: InterviewRow) -> None:
    """A crash between the end of an answer and its proof: the candidate has not seen the take, so it does not count."""
    recorded = [take for take in store.takes(row.interview_id) if take.state is TakeState.RECORDED]
    if recorded and recorded[-1].counted:
        store.save_take(replace(recorded[-1], counted=False))
