"""The part of the campaign ``files`` at HR: database and storage keys of a backend's folder cut and flipped.

Opened, or refused with a known error; an event or a receipt that is read is the one that was stored. What has no
signature of its own (a name of a department, a count) is not compared: HR's database has no digest, its remedy is the
daily backup.
"""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

from sqlalchemy import select

from backend.db.models import EventRow, ReceiptRow
from backend.runtime import open_runtime
from backend.services import audit
from backend.services.receipts import receipt_envelope
from backend.services.sealing import event_envelope
from backend.settings import Settings
from contract.errors import XudaError
from tests.backend import tus
from tests.backend.world import Talk, invite, served
from tests.campaigns.model import Findings
from tests.faults.damage import damages

Read = dict[tuple[str, str, int], str]


def sample(folder: Path) -> Read:
    """Make the folder of a backend with one delivered interview; digests of what it holds."""
    with served(folder) as backend:
        booth = backend.enrol()
        talk = Talk(booth, invite(backend.hr, "李雷"))
        talk.started()
        talk.consented()
        sealed = talk.seal(b"moving pictures" * 500)
        talk.spoken(sealed)
        talk.heard("hello world")
        talk.finished()
        talk.put_all()
        tus.upload(talk, sealed)
        talk.deliver(talk.manifest([sealed.ref]))
    return read(folder)


def read(data: Path) -> Read:
    """Everything signed that the backend holds, through its own code. Raises XudaError."""
    hr = open_runtime(Settings(data=data))
    try:
        audit.first_broken(hr)
        found: Read = {}
        with hr.db.read() as session:
            for row in session.scalars(select(EventRow)):
                found["event", row.interview_id, row.seq] = event_envelope(row).digest
            for receipt in session.scalars(select(ReceiptRow)):
                found["receipt", receipt.interview_id, receipt.serial] = receipt_envelope(receipt).digest
        return found
    finally:
        hr.close()


def cases(folder: Path, most: int, seed: int, findings: Findings, verdicts: Counter[str]) -> None:
    whole = sample(folder / "hr")
    for name in ("hr.db", "vault.db"):
        content = (folder / "hr" / name).read_bytes()
        for damage in damages(len(content), most, f"{seed}:{name}"):
            data = folder / "hr-damaged"
            shutil.rmtree(data, ignore_errors=True)
            shutil.copytree(folder / "hr", data)
            (data / name).write_bytes(damage.apply(content))
            case = f"HR {name} {damage}"
            try:
                found = read(data)
            except XudaError as error:
                verdicts[f"HR {name}: refused: {error.code.value}"] += 1
                continue
            except Exception as error:
                findings.failures.append(f"{case}: {type(error).__name__}: {str(error)[:200]}")
                continue
            verdicts[f"HR {name}: opened"] += 1
            wrong = {place for place, digest in found.items() if whole.get(place) != digest}
            findings.expect(not wrong, f"{case}: {sorted(wrong)} differ")
            findings.expect(len(found) == len(whole), f"{case}: {len(whole) - len(found)} are missing in silence")
