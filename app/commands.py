"""The commands of `xuda` that open no window: enroll, sync, status, verify, export, receipts."""

from __future__ import annotations

import json
import platform
import sys
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.bootstrap import Client, open_folder
from app.clock import SystemClock
from app.config import DOMAIN, ClientSettings
from app.crashes.reports import CrashFolder
from app.crashes.watch import CrashWatch
from app.device_status import device_status, status_lines
from app.facts import app_version
from app.interview.transfer import ReceiptFate
from app.storage.safety import quarantined
from app.storage.status import read_status, verify_objects
from contract.catalog import load
from contract.errors import ErrorCode, XudaError
from contract.texts import code_text


def enroll(settings: ClientSettings) -> int:
    """Enrol this device. Raises XudaError(SETTING_INVALID | ENROLMENT_CODE_INVALID | FINGERPRINT_MISMATCH | …)."""
    from app.sync.enrolment import enroll as run_enrolment

    for field, value in (("server", settings.server), ("code", settings.code)):
        if not value:
            raise XudaError(ErrorCode.SETTING_INVALID, field=field, value="")
    with closing(open_folder(settings, SystemClock())) as storage:
        name = settings.device_name or platform.node() or "xuda"
        enrolment = run_enrolment(
            settings.server, settings.code, name, storage, new_organisation_key=settings.new_organisation_key
        )
    _ = load(DOMAIN, settings.lang).gettext
    if _readable_on_the_way(enrolment.server_url):
        warning = _("The connection is not encrypted: names of candidates could be read on the way. Use https.")
        print(warning, file=sys.stderr)
    facts = {
        "device_id": enrolment.device_id,
        "organisation": enrolment.organisation.name,
        "server": enrolment.server_url,
    }
    _print(settings, facts, _("This device is enrolled with {organisation}.").format(**facts))
    return 0


def _readable_on_the_way(server_url: str) -> bool:
    parts = urlsplit(server_url)
    return parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1")


def sync(settings: ClientSettings) -> int:
    """Transcribe what still lacks its words, then send and fetch. Exit code 1 while something still waits."""
    with CrashWatch(settings.data, "sync", app_version()) as watch, closing(Client(settings, watch)) as client:
        watch.collect()
        if client.storage.database.restored is not None:
            print("\n".join(code_text(ErrorCode.DATABASE_RESTORED, settings.lang).lines), file=sys.stderr)
        client.storage.enrolments.need()
        client.submit(client.service.recover).result()
        client.transcriber.wait_idle(settings.wait or None)
        client.submit(lambda: None).result()  # words that were posted are stored before anything is sent
        assert client.engine is not None
        if settings.retry_failed:
            client.storage.outbox.retry_failed()
        summary = client.engine.run_until_idle(settings.wait)
        model_problem = _broken_model(client)
    _ = load(DOMAIN, settings.lang).gettext
    text = _("Delivered: {delivered}. Waiting: {pending}. Refused by HR: {failed}.").format(**asdict(summary))
    _print(settings, asdict(summary), text)
    told = summary.pending or summary.failed or summary.code in _ALWAYS_TOLD
    for code in (summary.code if told else None, model_problem):
        if code is not None:
            print("\n".join(code_text(code, settings.lang).lines), file=sys.stderr)
    return 0 if summary.pending == 0 else 1


# a person has to act, also when nothing waits
_ALWAYS_TOLD = (ErrorCode.DEVICE_REVOKED, ErrorCode.ORGANISATION_KEYS_INVALID)


def _broken_model(client: Client) -> ErrorCode | None:
    """A model that is there and cannot be used; a booth without one is nothing to be told each time."""
    problem = client.transcriber.problem
    return None if problem is None or problem.code is ErrorCode.MODEL_MISSING else problem.code


def status(settings: ClientSettings) -> int:
    """What is on this device; works beside a running client and changes nothing."""
    found = read_status(settings.data) | {"crash_reports": len(CrashFolder(settings.data).files())}
    found["damaged"] = quarantined(settings.data)
    now = SystemClock().now()
    found["device"] = device_status(settings, found.pop("standing"), app_version(), now)
    _ = load(DOMAIN, settings.lang).gettext
    lines = [_("Waiting: {pending}. Refused by HR: {failed}.").format(**found)]
    if found["crash_reports"]:
        lines.append(_("Crash reports: {crash_reports}. `xuda diagnostics` copies them.").format(**found))
    if found["damaged"]:
        lines.append(_("Damaged databases kept aside: {damaged}").format(damaged=", ".join(found["damaged"])))
    lines += status_lines(found["device"], settings.lang, _, now)
    lines += [f"{row['interview_id']}  {row['state']}  {row['answered']}" for row in found["interviews"]]
    _print(settings, found, "\n".join(lines))
    return 0


def verify(settings: ClientSettings) -> int:
    """Read every stored recording back. Exit code 1 when one differs from its record."""
    found = verify_objects(settings.data)
    _ = load(DOMAIN, settings.lang).gettext
    text = _("Recordings read back: {good} good, {bad} damaged.").format(good=len(found["good"]), bad=len(found["bad"]))
    _print(settings, found, text)
    return 1 if found["bad"] else 0


def export(settings: ClientSettings) -> int:
    """Write what HR lacks into bundles. Exit code 1 when a recording had to stay out because it is damaged.

    Raises XudaError(SETTING_INVALID | NOT_FOUND | TARGET_FULL | TARGET_LOST | FILE_MISSING | NOT_ENROLLED).
    """
    if settings.out is None:
        raise XudaError(ErrorCode.SETTING_INVALID, field="out", value="")
    with closing(Client(settings)) as client:
        client.storage.enrolments.need()
        client.submit(client.service.recover).result()
        client.transcriber.wait_idle(settings.wait or None)
        client.submit(lambda: None).result()  # words that were posted are stored before anything is written
        found = client.storage.bundles().export(
            settings.out.expanduser().absolute(), everything=settings.everything, only=settings.interview
        )
    _ = load(DOMAIN, settings.lang).gettext
    lines = [
        _("{file}: {count} interviews, {size} MB").format(
            file=bundle.path, count=len(bundle.interviews), size=-(-bundle.size // 1_000_000)
        )
        for bundle in found.bundles
    ]
    lines = lines or [_("Nothing waits for HR; no file was written.")]
    damaged = [name for item in found.interviews for name in item.damaged]
    facts = {"bundles": [{**asdict(bundle), "path": str(bundle.path)} for bundle in found.bundles]}
    _print(settings, facts, "\n".join(lines))
    if damaged:
        print("\n".join(code_text(ErrorCode.SEALED_DAMAGED, settings.lang).lines), file=sys.stderr)
    return 1 if damaged else 0


def receipts(settings: ClientSettings) -> int:
    """Take receipts from a file. Exit code 1 when one does not match what is on this device.

    Raises XudaError(SETTING_INVALID | FILE_MISSING | RECEIPT_INVALID | NOT_ENROLLED).
    """
    if not settings.target:
        raise XudaError(ErrorCode.SETTING_INVALID, field="FILE", value="")
    with closing(open_folder(settings, SystemClock())) as storage:
        found = storage.bundles().take_receipts(Path(settings.target).expanduser())
    _ = load(DOMAIN, settings.lang).gettext
    text = _("Gone from this device: {purged}. Noted: {kept}. Not from here: {unknown}. Not matching: {refused}.")
    counts = {fate.value: found.count(fate) for fate in ReceiptFate}
    _print(settings, {"receipts": found.fates}, text.format(**counts))
    return 1 if counts[ReceiptFate.REFUSED] else 0


def _print(settings: ClientSettings, facts: dict[str, Any], text: str) -> None:
    print(json.dumps(facts, ensure_ascii=False) if settings.json else text)
