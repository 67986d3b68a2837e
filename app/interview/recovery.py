"""Coming back after a crash: rows are reconciled with files before any screen is shown."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, replace

from app.interview.model import Environment, ExitReason
from app.interview.states import InterviewState, TakeState
from app.interview.store import EventDraft, InterviewRow, InterviewStore, TakeRow
from app.interview.takes import TakeDesk
from contract.errors import XudaError
from contract.events import EventType, ExitData
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
            unanswered = len(kit.questions) - row.answered if kit else 0
            data = ExitData(reason=ExitReason.CRASH.value, environment=asdict(facts), unanswered=unanswered)
            store.append(row.interview_id, [EventDraft(EventType.PAUSED, data)], state=InterviewState.PAUSED)
            changed = True
    return changed


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
