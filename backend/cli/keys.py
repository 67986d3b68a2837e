"""The organisation's keys."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime, timedelta

from backend.cli.output import print_json, print_table, texts
from backend.runtime import Runtime
from backend.services import organisation_keys
from backend.services.actor import Actor
from backend.services.organisation_keys import Changed, KeyView
from contract.errors import ErrorCode, XudaError
from contract.keylist import KeyUse

_ACTOR = Actor.command_line()


def list_keys(hr: Runtime, options: argparse.Namespace) -> int:
    _print_keys(options, organisation_keys.list_keys(hr, _ACTOR))
    return 0


def rotate(hr: Runtime, options: argparse.Namespace) -> int:
    """Without a choice both keys are changed."""
    both = options.signing == options.encryption
    changed = organisation_keys.rotate(
        hr,
        _ACTOR,
        signing=both or options.signing,
        encryption=both or options.encryption,
        overlap=timedelta(days=options.overlap),
    )
    _print_changed(hr, options, changed)
    return 0


def retire(hr: Runtime, options: argparse.Namespace) -> int:
    _print_changed(hr, options, organisation_keys.retire(hr, _ACTOR, _use(options), _epoch(options)))
    return 0


def revoke(hr: Runtime, options: argparse.Namespace) -> int:
    use = _use(options)
    current = max(key.epoch for key in organisation_keys.list_keys(hr, _ACTOR) if key.use is use)
    epoch = _epoch(options)
    _print_changed(hr, options, organisation_keys.revoke(hr, _ACTOR, use, epoch))
    if use is KeyUse.SIGNING and epoch == current and not options.json:
        _ = texts(options)
        print(_("Every device has to be enrolled again with a new code: see docs/keys.md."))
    return 0


def _use(options: argparse.Namespace) -> KeyUse:
    if options.signing == options.encryption:
        raise XudaError(ErrorCode.SETTING_INVALID, field="--signing | --encryption")
    return KeyUse.SIGNING if options.signing else KeyUse.ENCRYPTION


def _epoch(options: argparse.Namespace) -> int:
    try:
        return int(options.epoch)
    except ValueError as error:
        raise XudaError(ErrorCode.SETTING_INVALID, field="N", value=options.epoch) from error


def _print_changed(hr: Runtime, options: argparse.Namespace, changed: Changed) -> None:
    _ = texts(options)
    if options.json:
        facts = {"keys": changed.keys, "codes_void": changed.codes, "invitations_signed_anew": changed.invitations}
        print_json({**facts, "fingerprint": hr.vault.fingerprint})
        return
    _print_keys(options, changed.keys)
    print(_("Fingerprint: {fingerprint}").format(fingerprint=hr.vault.fingerprint))
    if changed.codes:
        print(_("Enrolment codes that were not used yet work no longer: {count}").format(count=changed.codes))
    print(_("Back up keys.json now: the former copy does not open what comes in from now on."))


def _print_keys(options: argparse.Namespace, keys: list[KeyView]) -> None:
    _ = texts(options)
    if options.json:
        print_json(keys)
        return
    uses = {KeyUse.SIGNING: _("signing"), KeyUse.ENCRYPTION: _("encryption")}
    rows = [
        (uses[key.use], key.epoch, key.key_id, _state(_, key), _day(key.since), _day(key.accepted_until), _count(key))
        for key in keys
    ]
    header = [_("Use"), _("Epoch"), _("Key"), _("State"), _("Since"), _("Accepted until"), _("Interviews")]
    print_table(header, rows)


def _state(_: Callable[[str], str], key: KeyView) -> str:
    words = {
        "current": _("current"),
        "accepted": _("accepted"),
        "superseded": _("superseded"),
        "retired": _("retired"),
        "revoked": _("revoked"),
    }
    return words[key.state]


def _day(at: datetime | None) -> str:
    return at.date().isoformat() if at else "-"


def _count(key: KeyView) -> str:
    return str(key.interviews) if key.use is KeyUse.ENCRYPTION else "-"
