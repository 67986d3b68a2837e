"""Makes the data folder of the current schema version that later versions must still open.

    python -m tests.storage.make_fixture

Run it once when a version is released, and never for a version that was released before: its folder stays as it is.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from app.storage.keyfile import FileKeyStore, PassphraseCodec
from app.storage.schema import MIGRATIONS
from contract.envelope import sign
from contract.invitation import RosterEntry
from contract.keys import SigningKey
from tests.storage.office import NAME, Device, Office, make_kit

TARGET = Path(__file__).parent / "data" / f"version-{len(MIGRATIONS)}"


def main() -> None:
    if TARGET.exists():
        raise SystemExit(f"{TARGET.name} exists and is never made again")
    office = Office(key=SigningKey.from_bytes(bytes(32)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keystore = FileKeyStore(folder / "data" / "keystore.sealed", PassphraseCodec("fixture"))
        with Device(folder, office, keystore) as device:
            entry = RosterEntry(token=office.invite(days=3650), code="ABCD-EFGH", name=NAME)
            device.shelf.save_bootstrap(
                office.bootstrap([sign(make_kit(), office.key)], office.roster([entry])), device.clock.monotonic()
            )
            row = device.begin()
            take = device.record(row.interview_id, b"sound" * 100)
            device.submit(take)
            device.transcribe(take.take_id)
            device.store.save_draft(row.interview_id, "q2", "draft")
        shutil.copytree(folder / "data", TARGET, ignore=shutil.ignore_patterns("*.lock", "*-wal", "*-shm"))


if __name__ == "__main__":
    main()
