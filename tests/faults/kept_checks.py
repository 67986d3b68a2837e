"""Is everything still there that was put beside the data: bundles, backups, a restored folder, speech models, files?"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from app.transcribe import models
from backend.backup.place import DATABASE, BackupDescription, Place, file_sha256
from backend.backup.restoring import drill
from backend.settings import Settings
from contract.envelope import Envelope, parse_payload
from contract.errors import XudaError
from tests.faults import backend_checks
from tests.faults.promises import Promises


def files(folder: Path, side: str, promised: Promises, later: Promises) -> list[str]:
    """Single files below ``folder``; each may already have the content it is given later."""
    found = []
    for path, content in promised.files.items():
        if path.partition("/")[0] == side:
            name = folder / Path(path).relative_to(side)
            text = name.read_text("utf-8", "replace") if name.exists() else ""
            if text not in (content, later.files.get(path)):
                found.append(f"the file {path} is lost or damaged")
    return found


def bundles(folder: Path, side: str, promised: Promises) -> list[str]:
    names = {path: folder / Path(path).relative_to(side) for path in promised.bundles}
    return [
        f"the bundle {path} is lost or damaged"
        for path, name in names.items()
        if file_sha256(name) != promised.bundles[path]
    ]


def speech_models(folder: Path, side: str, promised: Promises) -> list[str]:
    found = []
    for path in promised.models:
        try:
            models.verify(folder / Path(path).relative_to(side))
        except XudaError as error:
            found.append(f"the speech model {path} cannot be used: {error.code}")
    return found


def restored(folder: Path, side: str, promised: Promises, later: Promises, *, sent: Path) -> list[str]:
    if not promised.restored:
        return []
    return backend_checks.problems(folder / Path(promised.restored).relative_to(side), promised, sent=sent, later=later)


def backups(folder: Path, promised: Promises, later: Promises, *, key_file: Path) -> list[str]:
    """``key_file``: that of the organisation, kept elsewhere."""
    place, found = Place(folder), []
    try:
        for stamp in place.stamps():
            found += _listed(place, stamp)
        for stamp in promised.backups.keys() - later.backups_gone - set(place.stamps()):
            found.append(f"the backup {stamp} is gone")
        if promised.backups and not found:
            found += _trial(folder, promised, key_file)
        for interview_id in promised.deleted:
            Envelope.from_bytes((place.root / "deletions" / f"{interview_id}.json").read_bytes())
        if promised.backups:
            json.loads((place.root / "organisation.json").read_bytes())
    except (XudaError, OSError, ValueError) as error:
        found.append(f"the place of backups cannot be read: {error!r}")
    found += [f"the backup {stamp} is back" for stamp in promised.backups_gone if (place.data / stamp).exists()]
    found += [f"the keys of {stamp} are back" for stamp in promised.keys_gone if stamp in place.key_stamps()]
    return found


def keys_on_the_medium(contents: list[bytes], promised: Promises) -> list[str]:
    """Copies of storage keys that were overwritten and can be read from the raw disk all the same."""
    digests = {hashlib.sha256(one).hexdigest() for one in contents if one.startswith(b"SQLite format 3")}
    gone = [stamp for stamp, digest in promised.keys_gone.items() if digest in digests]
    return [f"the storage keys of {stamp} are still on the medium" for stamp in gone]


def _listed(place: Place, stamp: str) -> list[str]:
    """A backup that is listed is whole: what takes old recordings away goes by it."""
    description = parse_payload(place.description(stamp).payload_bytes, BackupDescription)
    if file_sha256(place.data / stamp / DATABASE) != description.database.sha256:
        return [f"the backup {stamp} is listed and is not whole"]
    return []


def _trial(folder: Path, promised: Promises, key_file: Path) -> list[str]:
    try:
        found = drill(folder, Settings(data=folder / "unused"), keys=key_file)
    except (XudaError, OSError) as error:
        return [f"the newest backup cannot be restored: {error!r}"]
    problems = [f"the backup {found.stamp} lacks recordings"] if not found.whole else []
    if found.stamp in promised.backups and found.objects < promised.backups[found.stamp]:
        problems.append(f"the backup {found.stamp} has {found.objects} recordings")
    return problems
