"""What is written to the place of backups at once, between backups: certificates, receipts, checkpoints.

It is a second copy: when the place cannot be written now, the work goes on and the log says so.
"""

from __future__ import annotations

import logging

from backend.backup.place import Place
from backend.runtime import Runtime
from contract.envelope import Envelope

_log = logging.getLogger(__name__)


def note_deletion(hr: Runtime, interview_id: str, certificate: Envelope) -> None:
    """So that the interview does not come back with a restore."""
    _note(hr, "deletions", f"{interview_id}.json", certificate)


def note_receipt(hr: Runtime, interview_id: str, serial: int, receipt: Envelope) -> None:
    """So that a restore knows what devices were told is safe. The next backup takes it away again."""
    _note(hr, "receipts", f"{interview_id}-{serial}.json", receipt)


def note_checkpoint(hr: Runtime, last_id: int, checkpoint: Envelope) -> None:
    """So that an audit log that was cut can be told from a short one."""
    _note(hr, "checkpoints", f"{last_id:010}.json", checkpoint)


def _note(hr: Runtime, folder: str, name: str, document: Envelope) -> None:
    if hr.settings.backup is None:
        return
    try:
        Place(hr.settings.backup).put_document(folder, name, document.to_bytes())
    except OSError as error:
        _log.warning("the place of backups could not be written: %s", type(error).__name__)
