"""Many booths whose network is back at the same moment, beside a plain copy of the same bytes.

``python -m benchmarks.returning [--booths 200] [--interviews 5] [--megabytes 1]``: every booth delivers its interviews
(signed events, one sealed recording each, manifest) to a backend that runs as its own process, as fast as it is let;
what is refused for the moment is sent again. Then the same recordings are posted by as many senders to a server of the
same stack that only writes each to a file and syncs it. Fails unless every interview is there, whole and once.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests

from app.demo.processes import Server
from backend.db.models import Batch
from backend.runtime import Runtime, open_runtime
from backend.services import batches, candidates
from backend.services.candidates import Person
from backend.settings import Settings
from contract.api import ManifestReply, request_token
from tests.backend import tus
from tests.backend.world import COMMAND_LINE, Booth, Clock, Sealed, Served, Talk, organisation
from tests.support.waiting import wait_for

_LATER = frozenset({423, 429, 502, 503})
_PATIENCE = 600.0


@dataclass
class Returning:
    """One booth with what it has recorded while it was alone. ``again``: requests that were refused for the moment."""

    booth: Booth
    talks: list[tuple[Talk, Sealed]] = field(default_factory=list)
    again: int = 0
    _line: requests.Session = field(default_factory=requests.Session)

    def record(self, invitation: str, content: bytes) -> None:
        talk = Talk(self.booth, invitation)
        talk.started()
        talk.consented()
        sealed = talk.seal(content)
        talk.spoken(sealed)
        talk.written("I ask first, then plan anew.")
        talk.finished()
        self.talks.append((talk, sealed))

    def deliver(self) -> None:
        for talk, sealed in self.talks:
            for seq, envelope in talk.envelopes.items():
                self._put(f"/v1/interviews/{talk.interview_id}/events/{seq}", envelope.to_bytes())
            self._upload(talk, sealed)
            manifest = talk.manifest([sealed.ref])
            path = f"/v1/interviews/{talk.interview_id}/manifests/{manifest.serial}"
            reply = ManifestReply.model_validate_json(self._put(path, self.booth.sign(manifest).to_bytes()))
            assert reply.receipt is not None, reply

    def _put(self, path: str, body: bytes) -> bytes:
        def ask() -> requests.Response:
            token = request_token(
                self.booth.key, self.booth.device_id, self.booth.now(), method="PUT", path=path, body=body
            )
            headers = {"Authorization": f"Bearer {token}"}
            return self._line.put(self.booth.url + path, data=body, headers=headers, timeout=120)

        return self._until_taken(ask).content

    def _upload(self, talk: Talk, sealed: Sealed) -> None:
        def ask() -> requests.Response:
            headers = {
                **self.booth.upload_headers(),
                "Upload-Length": str(len(sealed.data)),
                "Upload-Metadata": tus.metadata(talk, sealed),
                "Content-Type": tus.PATCH_TYPE,
            }
            return self._line.post(f"{self.booth.url}/v1/files", headers=headers, data=sealed.data, timeout=120)

        self._until_taken(ask)

    def _until_taken(self, ask: Callable[[], requests.Response]) -> requests.Response:
        wait = 0.2
        while True:
            try:
                answer = ask()
            except requests.ConnectionError:
                answer = None
            if answer is not None and answer.ok:
                return answer
            assert answer is None or answer.status_code in _LATER, answer.text
            self.again += 1
            time.sleep(random.uniform(wait / 2, wait))
            wait = min(2 * wait, 10)


def invitations(hr: Runtime, count: int) -> list[str]:
    start = datetime.now(UTC) - timedelta(hours=1)
    batch_id = batches.add_batch(
        hr, COMMAND_LINE, kit_id="test", title="Hall", not_before=start, not_after=start + timedelta(days=2)
    )
    with hr.db.write() as session, hr.cabinet.together():
        batch = session.get_one(Batch, batch_id)
        people = (Person(f"Candidate {number}", phone=f"139{number:08d}") for number in range(count))
        return [candidates.invite(hr, session, batch, person).id for person in people]


def all_at_once(calls: list[Callable[[], None]]) -> float:
    """Seconds until the last one is through."""
    with ThreadPoolExecutor(len(calls)) as pool:
        began = time.monotonic()
        for ended in [pool.submit(call) for call in calls]:
            ended.result(_PATIENCE)
        return time.monotonic() - began


def returning(folder: Path, booths: int, interviews: int, content: bytes) -> tuple[float, int, int]:
    """Seconds, bytes of recordings, and how many requests were sent again."""
    data = folder / "hr"
    organisation(data).close()
    hr = open_runtime(Settings(data=data))
    people = iter(invitations(hr, booths * interviews))
    server = Server(data, folder / "backend.log", dict(os.environ))
    address = server.start()
    try:
        served = Served(address, hr, Clock())
        halls = [Returning(served.enrol(f"Booth {number}")) for number in range(booths)]
        for hall in halls:
            for _ in range(interviews):
                hall.record(next(people), content)
        seconds = all_at_once([hall.deliver for hall in halls])
    finally:
        server.stop()
        hr.close()
    check(data, booths * interviews)
    sizes = sum(len(sealed.data) for hall in halls for _, sealed in hall.talks)
    return seconds, sizes, sum(hall.again for hall in halls)


def check(data: Path, wanted: int) -> None:
    """Raises SystemExit unless each interview is there once, with its recording and receipt."""
    with sqlite3.connect(data / "hr.db") as database:
        counts = {
            name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in ("interview", "object", "receipt")
        }
        events = database.execute("SELECT count(*) FROM event").fetchone()[0]
    database.close()
    if set(counts.values()) != {wanted} or events != 5 * wanted:
        raise SystemExit(f"{wanted} interviews were sent, there are {counts} and {events} events")


@contextmanager
def plain_server(folder: Path) -> Iterator[str]:
    """The same stack, with nothing behind it but a file that is synced."""
    command = [sys.executable, "-m", "benchmarks.plain_files", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    try:
        wait_for(lambda: requests.get(address, timeout=5).status_code == 404, "the plain server")
        yield address
    finally:
        process.terminate()
        process.wait(20)


def copying(folder: Path, booths: int, interviews: int, size: int) -> float:
    body = os.urandom(size)
    (folder / "copies").mkdir()

    def send(number: int) -> None:
        with requests.Session() as line:
            for place in range(interviews):
                answer = line.post(f"{address}/{number}-{place}", data=body, timeout=120)
                assert answer.status_code == 201

    with plain_server(folder / "copies") as address:
        return all_at_once([lambda number=number: send(number) for number in range(booths)])  # type: ignore[misc]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--booths", type=int, default=200)
    parser.add_argument("--interviews", type=int, default=5)
    parser.add_argument("--megabytes", type=float, default=1.0)
    given = parser.parse_args()
    content = os.urandom(int(given.megabytes * 1_000_000))
    with tempfile.TemporaryDirectory(prefix="xuda-returning-") as name:
        folder = Path(name)
        seconds, size, again = returning(folder, given.booths, given.interviews, content)
        count = given.booths * given.interviews
        plain = copying(folder, given.booths, given.interviews, size // count)
    rate = f"{size / 1e6 / seconds:.1f} MB/s, {count / seconds:.1f} interviews/s"
    print(f"{given.booths} booths, {count} interviews, {size / 1e6:.0f} MB: {seconds:.1f} s, {rate}; each there once")
    print(f"{again} requests were refused for the moment and sent again")
    print(f"plain copy of the same bytes: {plain:.1f} s, {size / 1e6 / plain:.1f} MB/s; ratio {seconds / plain:.2f}")


if __name__ == "__main__":
    main()
