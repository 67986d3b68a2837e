"""Devices, users, audit log."""

from __future__ import annotations

import argparse
import dataclasses
from datetime import timedelta

from backend.cli.output import print_json, print_table, texts, write_file
from backend.db.models import Role
from backend.runtime import Runtime
from backend.services import checkpoints, device_care, devices, users
from backend.services.actor import Actor

AUDIT_BROKEN = 1
_ACTOR = Actor.command_line()


def new_code(hr: Runtime, options: argparse.Namespace) -> int:
    _ = texts(options)
    valid = timedelta(days=options.days)
    code = devices.new_enrolment_code(hr, _ACTOR, valid=valid, replaces=options.replaces)
    if options.json:
        print_json({"enrolment_code": code, "fingerprint": hr.vault.fingerprint})
        return 0
    print(_("Enrolment code: {code}").format(code=code))
    print(_("Fingerprint: {fingerprint}").format(fingerprint=hr.vault.fingerprint))
    return 0


def list_devices(hr: Runtime, options: argparse.Namespace) -> int:
    _ = texts(options)
    overview = device_care.overview(hr)[0][::-1]
    found, states = [device for device, _state in overview], {device.id: state for device, state in overview}
    if options.json:
        who = ("id", "name", "platform", "app_version", "enrolled_at", "seen_at", "revoked_at", "lost_at", "former_id")
        keys = (*who, "contact_at", "pending", "failed", "free_bytes", "clock_off")
        print_json([{**{key: getattr(d, key) for key in keys}, "state": states[d.id]} for d in found])
        return 0
    words = {"active": "", "revoked": _("revoked"), "lost": _("lost"), "replaced": _("replaced")}
    rows = [(d.id, d.name, d.platform, str(d.seen_at or "-")[:19], words[states[d.id]]) for d in found]
    print_table([_("Device"), _("Name"), _("Platform"), _("Last contact"), _("State")], rows)
    return 0


def revoke(hr: Runtime, options: argparse.Namespace) -> int:
    devices.revoke(hr, _ACTOR, options.device)
    if options.json:
        print_json({"device": options.device, "revoked": True})
    return 0


def lost(hr: Runtime, options: argparse.Namespace) -> int:
    """Revoke, and list what HR may have to do over."""
    _ = texts(options)
    found = device_care.report_lost(hr, _ACTOR, options.device)
    if options.json:
        print_json({"device": found.device.id, "state": found.state, "interviews": found.held})
        return 0
    print(_("{name} is revoked: nothing is accepted from it any more.").format(name=found.device.name))
    if not found.held:
        print(_("It holds no interview that is not fully delivered."))
        return 0
    print(_("Interviews that are not fully delivered, as far as is known here:"))
    rows = [
        (item.interview_id, item.candidate, item.code or "-", item.state.value, item.last_seq, item.missing_objects)
        for item in found.held
    ]
    header = [_("Interview"), _("Candidate"), _("Code"), _("State"), _("Events"), _("Missing recordings")]
    print_table(header, rows)
    print(_("Tell these candidates and invite them again. If the device is found, enrol it again: it then delivers."))
    return 0


def add_user(hr: Runtime, options: argparse.Namespace) -> int:
    _ = texts(options)
    made = users.add_user(
        hr,
        _ACTOR,
        username=options.username,
        role=Role(options.role),
        department_id=options.department,
        display_name=options.display_name,
    )
    if options.json:
        print_json(made)
        return 0
    line = _("User {username} ({role}): password {password}, one-time code secret {totp_secret}")
    print(
        line.format(username=made.username, role=made.role.value, password=made.password, totp_secret=made.totp_secret)
    )
    print(made.totp_uri)
    return 0


def verify_audit(hr: Runtime, options: argparse.Namespace) -> int:
    """1 when a row was changed, removed or put in, rows were cut off, or a checkpoint contradicts the log."""
    _ = texts(options)
    found = checkpoints.verify(hr, options.checkpoints)
    if options.json:
        print_json({"whole": found.whole, **dataclasses.asdict(found)})
        return 0 if found.whole else AUDIT_BROKEN
    if found.whole:
        line = _("The audit log is whole: {rows} rows, {checkpoints} checkpoints.")
        print(line.format(rows=found.rows, checkpoints=found.checkpoints))
    if found.first_broken is not None:
        print(_("The audit log was changed at row {row}.").format(row=found.first_broken))
    if found.cut:
        print(_("Rows were cut off the end of the audit log."))
    for name in found.doubtful:
        print(_("The audit log is not the one this checkpoint was made of: {name}").format(name=name))
    return 0 if found.whole else AUDIT_BROKEN


def audit_checkpoint(hr: Runtime, options: argparse.Namespace) -> int:
    """Make a checkpoint and print the newest, to be kept on paper or elsewhere."""
    _ = texts(options)
    checkpoints.make(hr)
    newest = checkpoints.newest(hr)
    if newest is None:
        print(_("There is nothing to sign, or the audit log is not whole."))
        return AUDIT_BROKEN
    print(newest.to_bytes().decode("utf-8"))
    return 0


def export_audit(hr: Runtime, options: argparse.Namespace) -> int:
    write_file(options.out, checkpoints.export(hr, _ACTOR, options.format))
    if not options.json:
        print(options.out)
    return 0
