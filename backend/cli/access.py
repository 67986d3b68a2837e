"""Devices, users, audit log."""

from __future__ import annotations

import argparse
from datetime import timedelta

from backend.cli.output import print_json, print_table, texts
from backend.db.models import Role
from backend.runtime import Runtime
from backend.services import audit, devices, users
from backend.services.actor import Actor

AUDIT_BROKEN = 1
_ACTOR = Actor.command_line()


def new_code(hr: Runtime, options: argparse.Namespace) -> int:
    _ = texts(options)
    code = devices.new_enrolment_code(hr, _ACTOR, valid=timedelta(days=options.days))
    if options.json:
        print_json({"enrolment_code": code, "fingerprint": hr.vault.fingerprint})
        return 0
    print(_("Enrolment code: {code}").format(code=code))
    print(_("Fingerprint: {fingerprint}").format(fingerprint=hr.vault.fingerprint))
    return 0


def list_devices(hr: Runtime, options: argparse.Namespace) -> int:
    _ = texts(options)
    found = devices.list_devices(hr)
    if options.json:
        who = ("id", "name", "platform", "app_version", "enrolled_at", "seen_at", "revoked_at")
        keys = (*who, "contact_at", "pending", "failed", "free_bytes", "clock_off")
        print_json([{key: getattr(device, key) for key in keys} for device in found])
        return 0
    rows = [(d.id, d.name, d.platform, str(d.seen_at or "-")[:19], _("revoked") if d.revoked_at else "") for d in found]
    print_table([_("Device"), _("Name"), _("Platform"), _("Last contact"), _("State")], rows)
    return 0


def revoke(hr: Runtime, options: argparse.Namespace) -> int:
    devices.revoke(hr, _ACTOR, options.device)
    if options.json:
        print_json({"device": options.device, "revoked": True})
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
    """1 when a row was changed, removed or put in."""
    _ = texts(options)
    broken = audit.first_broken(hr)
    if options.json:
        print_json({"whole": broken is None, "first_broken": broken})
    elif broken is None:
        print(_("The audit log is whole."))
    else:
        print(_("The audit log was changed at row {row}.").format(row=broken))
    return 0 if broken is None else AUDIT_BROKEN
