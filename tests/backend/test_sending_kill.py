"""The server is killed while it sends: nobody gets a message twice, and what may have gone is said to be uncertain."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from backend.db.models import Batch
from backend.sending.settings import Sending
from backend.services import candidates, deliveries
from backend.services.deliveries import Order, Which
from tests.backend.mailbox import Mailbox, mailbox
from tests.backend.posting import FROM, MAIL, new_batch, open_with, person, plain
from tests.backend.world import COMMAND_LINE, Clock, organisation, wait_until


def ordered(folder: Path, sending: Sending, count: int) -> None:
    """A data folder with so many invitations in the queue."""
    organisation(folder).close()
    with closing(open_with(folder, sending, Clock())) as hr:
        batch_id = new_batch(hr)
        with hr.db.write() as session, hr.cabinet.together():
            batch = session.get_one(Batch, batch_id)
            for number in range(count):
                candidates.invite(hr, session, batch, person(number))
        assert deliveries.send(hr, COMMAND_LINE, batch_id, Order(MAIL, Which.NEW)).messages == count


@contextmanager
def server(folder: Path, box: Mailbox) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "backend", "serve", "--data", str(folder), "--port", "0"]
    given = {"SMTP_HOST": box.host, "SMTP_PORT": str(box.port), "SMTP_SECURITY": "none", "SMTP_FROM": FROM}
    environment = {**os.environ, **{f"XUDA_HR_{name}": value for name, value in given.items()}}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def states(folder: Path) -> Counter[str]:
    with closing(sqlite3.connect(folder / "hr.db")) as connection:
        return Counter(dict(connection.execute("SELECT state, count(*) FROM delivery GROUP BY state")))


def uncertain(folder: Path) -> int:
    return states(folder)["uncertain"]


def settled(folder: Path) -> bool:
    return not {"queued", "sending"} & set(states(folder))


@pytest.mark.timeout(180)
def test_killed_after_a_message_was_taken_and_before_the_answer(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with mailbox() as box:
        ordered(folder, plain(box), 30)
        box.hold_after = 7
        with server(folder, box) as process:
            assert box.reached.wait(60)
            process.kill()
            process.wait()
        assert states(folder) == {"sent": 6, "sending": 1, "queued": 23}
        box.hold_after = None
        with server(folder, box) as process:
            wait_until(lambda: settled(folder), seconds=60)
            process.terminate()
            said = process.communicate(timeout=60)[1].decode()
        assert states(folder) == {"sent": 29, "uncertain": 1}
        assert box.counts() == {f"c{number}@example.test": 1 for number in range(30)}
    assert "1 messages were being sent" in said
    assert "@example" not in said


@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", [1])
def test_killed_at_any_moment_nobody_gets_a_message_twice(tmp_path: Path, seed: int) -> None:
    folder, moments, kills = tmp_path / "data", random.Random(seed), 4
    with mailbox() as box:
        ordered(folder, plain(box), 60)
        for _ in range(kills):
            more = len(box.mails) + moments.randint(1, 12)
            with server(folder, box) as process:
                wait_until(lambda more=more: len(box.mails) >= more or settled(folder), seconds=60)
                process.kill()
                process.wait()
        with server(folder, box) as process:
            wait_until(lambda: settled(folder), seconds=60)
            process.terminate()
            process.communicate(timeout=60)
        found = states(folder)
        assert found["sent"] + found["uncertain"] == 60
        assert found["uncertain"] <= kills
        assert max(box.counts().values()) == 1
        assert len(box.mails) >= found["sent"]
