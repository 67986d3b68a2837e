"""Who may adjust interviews on the spot, and the codes themselves."""

from __future__ import annotations

import argparse
import io
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import segno

from backend.cli.arguments import settings_of
from backend.cli.content import read_file
from backend.cli.output import print_json, print_table, texts, write_file
from backend.keys import stretch
from backend.runtime import Runtime, open_runtime
from backend.services import adjusting as services
from backend.services import delegations
from backend.services.actor import Actor
from backend.services.delegations import Bounds
from contract import adjusting, sealed
from contract.adjusting import AdjustmentReason, Grant
from contract.canonical import b64decode, b64encode
from contract.errors import ErrorCode, XudaError
from contract.invitation import Adjustments, Delegation
from contract.keys import SigningKey

_ACTOR = Actor.command_line()
_PASSPHRASE = "XUDA_STAFF_PASSPHRASE"  # noqa: S105 - the name of a variable
_PLACE = "staff key v1"


@dataclass(frozen=True, slots=True)
class StaffKey:
    """What a member of staff holds: their key and what it may be used for."""

    key: SigningKey
    delegation: Delegation


def add(hr: Runtime, options: argparse.Namespace) -> int:
    """The key file is written before anybody could use the key, and never again."""
    _ = texts(options)
    if options.out.exists():
        raise XudaError(ErrorCode.SETTING_INVALID, field="--out", value=str(options.out))
    made = delegations.add_staff(hr, _ACTOR, options.name, _bounds(options))
    assert made.key is not None
    write_file(options.out, _key_document(StaffKey(made.key, made.delegation)))
    os.chmod(options.out, 0o600)
    _print_one(options, made.delegation)
    if not options.json:
        print(_("Key file: {file}. Whoever has it can give adjustments within these bounds.").format(file=options.out))
    return 0


def panel(hr: Runtime, options: argparse.Namespace) -> int:
    _print_one(options, delegations.add_panel(hr, _ACTOR, options.device, _bounds(options)).delegation)
    return 0


def list_staff(hr: Runtime, options: argparse.Namespace) -> int:
    _ = texts(options)
    found = delegations.list_all(hr, _ACTOR)
    if options.json:
        print_json([{**view.delegation.model_dump(mode="json"), "state": view.state} for view in found])
        return 0
    states = {"living": _("in force"), "ended": _("ended"), "revoked": _("revoked")}
    rows = [
        (d.delegation_id, d.holder, states[view.state], _what(_, d), d.not_after.date().isoformat())
        for view in found
        for d in [view.delegation]
    ]
    print_table([_("Id"), _("Name"), _("State"), _("May give"), _("Until")], rows)
    return 0


def revoke(hr: Runtime, options: argparse.Namespace) -> int:
    delegations.revoke(hr, _ACTOR, options.delegation)
    if not options.json:
        _ = texts(options)
        print(_("Revoked; each device knows after its next contact."))
    return 0


def adjust(options: argparse.Namespace) -> int:
    """With ``--key`` anywhere, without network and data folder; else here, signed by the organisation."""
    grant = services.new_grant(
        Adjustments(
            time_factor=1 + _percent(options.extra_time) / 100,
            extra_takes=_takes(options.takes),
            answer_as=options.mode,
        ),
        AdjustmentReason(options.reason),
        datetime.now(UTC),
        timedelta(hours=options.hours),
    )
    token = _with_key(options, grant) if options.key else _here(options, grant)
    _show(options, grant, token)
    return 0


def _with_key(options: argparse.Namespace, grant: Grant) -> str:
    """Raises XudaError(ADJUSTMENT_LIMIT | ADJUSTMENT_SIGNER) for more than the booth would take."""
    staff = read_key(read_file(options.key))
    now, trusted = datetime.now(UTC), staff.delegation
    if not trusted.not_before <= now < trusted.not_after:
        raise XudaError(ErrorCode.ADJUSTMENT_SIGNER, date=trusted.not_after.isoformat())
    if not trusted.covers(grant.adjustments, trusted.batches[0] if trusted.batches else ""):
        raise XudaError(ErrorCode.ADJUSTMENT_LIMIT)
    return adjusting.issue(grant, adjusting.subject_of_code(options.interview), staff.key)


def _here(options: argparse.Namespace, grant: Grant) -> str:
    hr = open_runtime(settings_of(options))
    try:
        return services.sign_here(hr, _ACTOR, options.interview, grant)
    finally:
        hr.close()


def _show(options: argparse.Namespace, grant: Grant, token: str) -> None:
    _ = texts(options)
    if options.out is not None:
        target = io.BytesIO()
        segno.make(token, error="m", micro=False).save(target, kind="svg", scale=5, border=4)
        write_file(options.out, target.getvalue())
    if options.json:
        print_json({"token": token, "expires_at": grant.expires_at, "nonce": grant.nonce})
        return
    segno.make(token, error="l", micro=False).terminal(compact=True)
    groups = adjusting.in_groups(token)
    print(token)
    for start in range(0, len(groups), 6):
        print("  " + " ".join(groups[start : start + 6]))
    end = grant.expires_at.astimezone().strftime("%Y-%m-%d %H:%M")
    print(_("For {candidate} only, once, until {time}.").format(candidate=options.interview, time=end))


def read_key(content: bytes) -> StaffKey:
    """Raises XudaError(FORMAT_INVALID | KEYSTORE_LOCKED)."""
    try:
        document: dict[str, Any] = json.loads(content)
        if "sealed" in document:
            key = _stretched(document["salt"], os.environ.get(_PASSPHRASE, ""))
            secret = sealed.open_value(document["sealed"], key, _PLACE)
        else:
            secret = b64decode(document["key"])
        return StaffKey(SigningKey.from_bytes(secret), Delegation.read_value(document["delegation"]))
    except XudaError as error:
        raise XudaError(ErrorCode.KEYSTORE_LOCKED) from error
    except (ValueError, KeyError, TypeError) as error:
        raise XudaError(ErrorCode.FORMAT_INVALID, field="key") from error


def _key_document(staff: StaffKey) -> bytes:
    document: dict[str, Any] = {"delegation": staff.delegation.model_dump(mode="json")}
    passphrase = os.environ.get(_PASSPHRASE, "")
    if passphrase:
        document["salt"] = b64encode(secrets.token_bytes(16))
        key = _stretched(document["salt"], passphrase)
        document["sealed"] = sealed.seal_value(staff.key.to_bytes(), key, _PLACE)
    else:
        document["key"] = b64encode(staff.key.to_bytes())
    return json.dumps(document, ensure_ascii=False, indent=2).encode("utf-8")


def _stretched(salt: str, passphrase: str) -> bytes:
    return stretch(passphrase, b64decode(salt))


def _bounds(options: argparse.Namespace) -> Bounds:
    modes = [mode.strip() for mode in options.modes.split(",") if mode.strip()]
    return Bounds(
        most_time_factor=1 + _percent(options.most_time) / 100,
        most_extra_takes=_takes(options.most_takes),
        ways=modes,
        batches=[options.batch] if options.batch else [],
        valid=timedelta(days=options.days),
    )


def _percent(text: str) -> int:
    """``50`` or ``50%`` or ``+50 %``, a multiple of 5. Raises XudaError(SETTING_INVALID)."""
    return _number(text.replace("%", ""), 300, 5, "extra-time")


def _takes(text: str) -> int:
    return _number(text, 10, 1, "takes")


def _number(text: str, most: int, step: int, field: str) -> int:
    try:
        found = int(text.strip().removeprefix("+"))
    except ValueError as error:
        raise XudaError(ErrorCode.SETTING_INVALID, field=field, value=text) from error
    if not 0 <= found <= most or found % step:
        raise XudaError(ErrorCode.SETTING_INVALID, field=field, value=text)
    return found


def _print_one(options: argparse.Namespace, delegation: Delegation) -> None:
    if options.json:
        print_json(delegation.model_dump(mode="json"))
        return
    _ = texts(options)
    until = delegation.not_after.date().isoformat()
    line = _("{holder} may give {what} until {date} (id {id}); devices know after their next contact.")
    print(line.format(holder=delegation.holder, what=_what(_, delegation), date=until, id=delegation.delegation_id))


def _what(_: Callable[[str], str], delegation: Delegation) -> str:
    parts = [
        _("up to {n} % more time").format(n=round((delegation.most_time_factor - 1) * 100)),
        _("up to {n} more takes").format(n=delegation.most_extra_takes),
    ]
    words = {"audio": _("sound instead of video"), "text": _("text instead of speech")}
    return ", ".join([*parts, *(words[way] for way in delegation.ways)])
