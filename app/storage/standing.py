"""How this device stands with HR, as last said by HR; read beside a running client, so that `xuda status` can tell."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import sqlite_utils
from pydantic import ValidationError

from app.device_settings import Received
from app.storage.enrolment import KEY_LISTS, SAID_BY_HR, open_organisation
from app.storage.rows import stamp
from app.storage.settings_book import SHOWN
from contract.canonical import b64decode
from contract.envelope import Envelope
from contract.errors import ErrorCode, XudaError
from contract.keylist import KeyList, accepted, verify_chain
from contract.keys import key_id
from contract.settings import read_settings

T = TypeVar("T")
NOT_SAID = Received()
HEARD_AT = "server_time_heard_at"
# what HR says of this device until somebody acts
LASTING = frozenset({ErrorCode.DEVICE_REVOKED, ErrorCode.ORGANISATION_KEYS_INVALID})


@dataclass(frozen=True, slots=True)
class Standing:
    """``code``: one of ``LASTING``, said at ``said_at``; None while HR answers as usual.

    ``heard_at``: when HR was last asked for its keys, kits and settings, by this machine's clock. ``serial``: the
    newest key list here, 0 for none. ``received``: what of HR's settings holds; a PIN in it is ``None``. ``pin_set``:
    HR has set one.
    """

    code: ErrorCode | None = None
    said_at: datetime | None = None
    heard_at: datetime | None = None
    serial: int = 0
    received: Received = NOT_SAID
    pin_set: bool = False


def write_standing(db: sqlite_utils.Database, code: ErrorCode | None, at: datetime) -> None:
    """Within a transaction. ``code``: one of ``LASTING``; None: HR answers as usual."""
    if code is None:
        db.execute("DELETE FROM settings WHERE name = ?", [SAID_BY_HR])
    else:
        value = json.dumps({"code": code.value, "at": stamp(at)})
        db.table("settings").insert({"name": SAID_BY_HR, "value": value}, replace=True)


def read_standing(db: sqlite3.Connection) -> Standing:
    """What cannot be read counts as not there."""
    said = dict(db.execute("SELECT name, value FROM settings").fetchall())
    code, said_at = _try(lambda: _said(said.get(SAID_BY_HR))) or (None, None)
    heard_at = _try(lambda: datetime.fromisoformat(said[HEARD_AT]))
    keys = _try(lambda: _keys(db, said.get(KEY_LISTS)))
    shown = _try(lambda: _shown(said.get(SHOWN), keys)) if keys is not None else None
    received, pin_set = shown or (Received(), False)
    return Standing(code, said_at, heard_at, keys.serial if keys else 0, received, pin_set)


class _Keys(NamedTuple):
    device_id: str
    serial: int
    trusted: frozenset[str]


def _said(text: str | None) -> tuple[ErrorCode, datetime] | None:
    if text is None:
        return None
    found = json.loads(text)
    return ErrorCode(found["code"]), datetime.fromisoformat(found["at"])


def _keys(db: sqlite3.Connection, stored: str | None) -> _Keys | None:
    row = db.execute("SELECT device_id, envelope FROM enrolment").fetchone()
    if row is None:
        return None
    sign_key = b64decode(open_organisation(Envelope.from_bytes(row["envelope"])).sign_key)
    newest: KeyList | None = None
    if stored is not None:
        kept = json.loads(stored)
        chain = [Envelope.model_validate(item) for item in kept["chain"]]
        newest = verify_chain(b64decode(kept["anchor"]), chain)
    trusted = accepted(newest.keys, None) if newest is not None else {key_id(sign_key): sign_key}
    return _Keys(row["device_id"], newest.serial if newest is not None else 0, frozenset(trusted))


def _shown(text: str | None, keys: _Keys) -> tuple[Received, bool] | None:
    """As ``SettingsBook.current``: settings for another device, or of a key that was revoked since, do not hold."""
    found: dict[str, Any] = dict(json.loads(text)) if text is not None else {}
    if found.get("device_id") != keys.device_id or found.get("signer") not in keys.trusted:
        return None
    values = dict(found["values"])
    pin_set = values.pop("staff_pin", None) is not None
    received = Received(int(found["version"]), "", read_settings(values).settings, tuple(found["refused"]))
    return received, pin_set


def _try(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except (XudaError, ValidationError, ValueError, KeyError, TypeError):
        return None
