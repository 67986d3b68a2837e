"""What one decision of the candidate saves and removes is saved and removed together, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlite_utils

from app.interview.model import ExitReason
from app.interview.service import InterviewService
from app.interview.states import InterviewState, TakeState
from app.storage.database import Database
from contract.errors import ErrorCode, XudaError
from tests.interview.desk import Desk
from tests.storage.office import Office
from tests.support.media import write_wav

SPOKEN = [
    {
        "stage_id": "s",
        "title": "one",
        "questions": [{"question_id": "q1", "kind": "audio", "prompt": "?", "takes": 3, "answer_seconds": 60}],
    }
]
Call = Callable[[InterviewService, str], object]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tone = 0.3 * np.sin(np.arange(16_000) / 9).astype(np.float32)
    return write_wav(tmp_path_factory.mktemp("sound") / "tone.wav", tone, 16_000)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path, Office(), stages=SPOKEN) as opened:
        opened.begin()
        yield opened


@contextmanager
def failing(database: Database, number: int) -> Iterator[None]:
    """The disk fails when the ``number``-th transaction from now on is to be made durable."""
    count, real = 0, database.transaction

    def transaction(change: Callable[[sqlite_utils.Database], Any], *, copy: bool = False) -> Any:
        nonlocal count
        count += 1
        failed = count == number

        def given(db: sqlite_utils.Database) -> Any:
            value = change(db)
            if failed:
                raise XudaError(ErrorCode.DISK_ERROR)
            return value

        return real(given, copy=copy)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "transaction", transaction)
        yield


def standing(desk: Desk) -> tuple[object, ...]:
    (row,) = desk.run(desk.device.store.interviews)
    takes = desk.run(desk.device.store.takes, row.interview_id)
    return row.state, row.last_seq, [take.state for take in takes], desk.device.store.pending_uploads()


def run_failing_first(desk: Desk, call: Call, take_id: str) -> int:
    """How many transactions have failed under ``call``, one attempt each, until one went through."""
    failed = 0
    while True:
        before = standing(desk)
        try:
            with failing(desk.device.database, failed + 1):
                desk.run(call, desk.service, take_id)
        except XudaError:
            assert standing(desk) == before, f"something was kept although transaction {failed + 1} failed"
            failed += 1
        else:
            return failed


DECISIONS: dict[str, Call] = {
    "submit": lambda service, take_id: service.submit_take(take_id),
    "finish": lambda service, take_id: service.finish(time_up=True),
    "give up": lambda service, take_id: service.abandon(ExitReason.GIVE_UP),
    "withdraw": lambda service, take_id: service.withdraw(service.active_id or ""),
}


@pytest.mark.parametrize("name", ["submit", "finish", "give up"])
def test_what_is_saved_and_what_is_removed_go_together(desk: Desk, sound: Path, name: str) -> None:
    takes = [desk.record("q1", sound) for _ in range(3)]
    assert run_failing_first(desk, DECISIONS[name], takes[1].take_id) == 1
    states = [desk.run(desk.device.store.take, take.take_id).state for take in takes]
    chosen = TakeState.SUBMITTED if name == "submit" else TakeState.DISCARDED
    assert states == [TakeState.DISCARDED, chosen, TakeState.DISCARDED]
    left = [path for path in desk.device.files() if path.endswith(".sealed")]
    assert len(left) == (name == "submit")


@pytest.mark.parametrize("name", ["finish", "give up", "withdraw"])
def test_an_answer_in_progress_goes_with_the_interview_it_belongs_to(desk: Desk, sound: Path, name: str) -> None:
    desk.recorder.set_microphone(f"file:{sound}")
    take_id = desk.run(desk.service.begin_take, "q1")
    with failing(desk.device.database, 1), pytest.raises(XudaError):
        desk.run(DECISIONS[name], desk.service, take_id)
    assert standing(desk)[0] is InterviewState.ACTIVE
    assert desk.run(desk.device.store.take, take_id).state is TakeState.RECORDING, "the next start offers it back"
    desk.run(DECISIONS[name], desk.service, take_id)
    assert desk.run(desk.device.store.take, take_id).state is TakeState.DISCARDED
    assert not [path for path in desk.device.files() if take_id in path]
