"""Deletion, legal holds, certificates."""

from __future__ import annotations

import argparse

from backend.cli.content import read_file
from backend.cli.output import print_json, print_table, texts, write_file
from backend.runtime import Runtime
from backend.services import certificates, deletion, holds, retention, server_time
from backend.services.actor import Actor
from contract.errors import ErrorCode, XudaError
from report.certificate import certificate_pdf, state_words

_ACTOR = Actor.command_line()


def purge(hr: Runtime, options: argparse.Namespace) -> int:
    """One interview, or (``--due``) what retention asks for."""
    if bool(options.interview) == options.due:
        raise XudaError(ErrorCode.SETTING_INVALID, field="interview")
    if options.confirm_clock:
        server_time.confirm(hr, _ACTOR)
    if options.dry_run:
        return _say_due(hr, options)
    return _purge_due(hr, options) if options.due else _purge_one(hr, options)


def _purge_one(hr: Runtime, options: argparse.Namespace) -> int:
    _ = texts(options)
    gone = deletion.delete_interview(hr, _ACTOR, options.interview)
    if options.json:
        print_json({"interview": options.interview, "events": gone.events, "objects": gone.objects})
    else:
        print(_("Deleted: {events} events, {objects} recordings").format(events=gone.events, objects=gone.objects))
    return 0


def _purge_due(hr: Runtime, options: argparse.Namespace) -> int:
    _ = texts(options)
    gone = retention.purge_due(hr, _ACTOR)
    if options.json:
        print_json(gone)
    else:
        line = _("Deleted: {interviews} interviews, and the data of {candidates} people without an interview")
        print(line.format(interviews=len(gone.interviews), candidates=gone.candidates))
    return 0


def _say_due(hr: Runtime, options: argparse.Namespace) -> int:
    _ = texts(options)
    now = server_time.trusted(hr)
    found = [item for item in retention.ends(hr) if item.ends_at <= now]
    if options.interview:
        found = [item for item in retention.ends(hr) if item.interview_id == options.interview]
    if options.json:
        print_json(found)
    else:
        rows = [(item.interview_id, str(item.ends_at)[:10], _("legal hold") if item.held else "") for item in found]
        print_table([_("Interview"), _("Kept until"), _("State")], rows)
    return 0


def set_hold(hr: Runtime, options: argparse.Namespace) -> int:
    holds.set_hold(hr, _ACTOR, options.interview, options.reason)
    return _said(options, held=True)


def lift_hold(hr: Runtime, options: argparse.Namespace) -> int:
    """A deletion that was asked for meanwhile is carried out now."""
    holds.lift_hold(hr, _ACTOR, options.interview, options.reason)
    deletion.carry_out_pending(hr)
    return _said(options, held=False)


def _said(options: argparse.Namespace, *, held: bool) -> int:
    if options.json:
        print_json({"interview": options.interview, "held": held})
    return 0


def list_holds(hr: Runtime, options: argparse.Namespace) -> int:
    _ = texts(options)
    found = holds.list_standing(hr, _ACTOR)
    if options.json:
        print_json(list(found))
    else:
        rows = [(item.interview_id, str(item.set_at)[:16], item.set_by, item.reason) for item in found]
        print_table([_("Interview"), _("Since"), _("Set by"), _("Reason")], rows)
    return 0


def list_certificates(hr: Runtime, options: argparse.Namespace) -> int:
    _ = texts(options)
    found = certificates.lines(hr, _ACTOR)
    if options.json:
        print_json([line.progress.model_dump(mode="json") for line in found])
        return 0
    rows = [
        (
            line.progress.interview_id,
            state_words(line.progress.state, options.lang),
            str(line.progress.requested_at)[:16],
            str(line.certificate.deleted_at)[:16] if line.certificate else "-",
        )
        for line in found
    ]
    print_table([_("Interview"), _("State"), _("Requested"), _("Deleted")], rows)
    return 0


def write_certificate(hr: Runtime, options: argparse.Namespace) -> int:
    envelope = certificates.of_interview(hr, _ACTOR, options.interview)
    if options.format == "json":
        write_file(options.out, envelope.to_bytes())
    else:
        write_file(options.out, certificate_pdf(envelope, hr.organisation_name, options.lang))
    if options.json:
        print_json({"interview": options.interview, "format": options.format, "out": str(options.out)})
    else:
        print(options.out)
    return 0


def verify_certificate(hr: Runtime, options: argparse.Namespace) -> int:
    """Raises what ``certificates.verify`` raises: a certificate that is not ours ends with exit code 2."""
    _ = texts(options)
    found = certificates.verify(hr, read_file(options.file))
    if options.json:
        print_json(found.model_dump(mode="json"))
        return 0
    print(
        _("The certificate is genuine: interview {interview}, deleted {date}, {objects} recordings").format(
            interview=found.interview_id, date=str(found.deleted_at)[:19], objects=len(found.objects)
        )
    )
    return 0
