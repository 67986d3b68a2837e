"""Kits, batches, candidates, invitations."""

from __future__ import annotations

import argparse
from pathlib import Path

from sqlalchemy import select

from backend.cli.output import print_json, print_table, texts, write_file
from backend.db.models import KitRow
from backend.runtime import Runtime
from backend.services import batches, candidates, invitations, kit_files, kits, rubrics, walkins
from backend.services.actor import Actor
from contract.errors import ErrorCode, XudaError

SOME_ROWS_REFUSED = 1
_ACTOR = Actor.command_line()


def add_kit(hr: Runtime, options: argparse.Namespace) -> int:
    _ = texts(options)
    folder = Path(options.file).absolute().parent
    given, beside = read_file(options.file), kit_files.beside(folder)
    added = kits.add_kit(hr, _ACTOR, given, beside, longer_because=options.longer_because)
    if options.json:
        facts = {"kit": added.kit.kit_id, "version": added.kit.version, "new": added.new}
        print_json({**facts, "rubric_new": added.rubric_new})
        return 0
    line = _("Kit {kit}: version {version} published") if added.new else _("Kit {kit}: version {version} is the same")
    print(line.format(kit=added.kit.kit_id, version=added.kit.version))
    if added.rubric_new:
        print(_("Rubric published: new scorecards are made by it"))
    return 0


def export_kit(hr: Runtime, options: argparse.Namespace) -> int:
    write_file(options.out, rubrics.kit_file(hr, _ACTOR, options.kit, options.version))
    return 0


def list_kits(hr: Runtime, options: argparse.Namespace) -> int:
    _ = texts(options)
    with hr.db.read() as session:
        rows = session.scalars(select(KitRow).order_by(KitRow.kit_id, KitRow.version)).all()
    if options.json:
        print_json([{"kit": row.kit_id, "version": row.version, "department": row.department_id} for row in rows])
    else:
        print_table([_("Kit"), _("Version"), _("Department")], [(r.kit_id, r.version, r.department_id) for r in rows])
    return 0


def add_batch(hr: Runtime, options: argparse.Namespace) -> int:
    _ = texts(options)
    batch_id = batches.add_batch(
        hr,
        _ACTOR,
        kit_id=options.kit,
        title=options.title,
        not_before=batches.moment(getattr(options, "from")),
        not_after=batches.moment(options.to, end=True),
        department_id=options.department,
    )
    if options.json:
        print_json({"batch": batch_id})
    else:
        print(_("Batch {id}").format(id=batch_id))
    return 0


def allow_walk_ins(hr: Runtime, options: argparse.Namespace) -> int:
    _ = texts(options)
    walkins.allow(hr, _ACTOR, options.batch, options.limit)
    if options.json:
        print_json({"batch": options.batch, "limit": options.limit})
    else:
        print(_("Devices know of it after their next contact."))
    return 0


def list_batches(hr: Runtime, options: argparse.Namespace) -> int:
    _ = texts(options)
    rows = batches.list_batches(hr, _ACTOR)
    if options.json:
        keys = ("id", "title", "kit_id", "department_id", "not_before", "not_after")
        print_json([{key: getattr(row, key) for key in keys} for row in rows])
    else:
        header = [_("Batch"), _("Title"), _("Kit"), _("From"), _("To")]
        print_table(header, [(r.id, r.title, r.kit_id, _day(r.not_before), _day(r.not_after)) for r in rows])
    return 0


def import_candidates(hr: Runtime, options: argparse.Namespace) -> int:
    """0: every row was taken over; 1: some were not, each with a line."""
    report = candidates.import_candidates(hr, _ACTOR, options.batch, read_file(options.file))
    if options.json:
        print_json(report)
    else:
        _print_import(options, report)
    return SOME_ROWS_REFUSED if report.problems else 0


def list_invitations(hr: Runtime, options: argparse.Namespace) -> int:
    _ = texts(options)
    found = invitations.list_invitations(hr, _ACTOR, options.batch)
    if options.json:
        print_json(found)
    else:
        rows = [(view.code, view.candidate, _day(view.not_after), view.token) for view in found]
        print_table([_("Code"), _("Candidate"), _("To"), _("Link")], rows)
    return 0


def write_qr(hr: Runtime, options: argparse.Namespace) -> int:
    svg = invitations.qr_svg(invitations.by_code(hr, _ACTOR, options.invitation).token)
    write_file(options.out, svg)
    return 0


def read_file(path: str) -> bytes:
    """Raises XudaError(FILE_MISSING)."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise XudaError(ErrorCode.FILE_MISSING, file=path) from error


def _print_import(options: argparse.Namespace, report: candidates.ImportReport) -> None:
    _ = texts(options)
    for row in report.imported:
        print(_("Row {row}: invited, code {code}").format(row=row.row, code=row.code))
    words = {
        "missing": _("is missing"),
        "malformed": _("is not valid"),
        "duplicate": _("is the same as in row {other_row}"),
        "invited": _("is already invited to this batch"),
        "unreadable": _("cannot be read"),
    }
    for problem in report.problems:
        what = words[problem.problem].format(other_row=problem.other_row)
        print(_("Row {row}, {field}: {what}").format(row=problem.row, field=problem.field, what=what))
    done, refused = len(report.imported), len(report.problems)
    print(
        _("{done} taken over, {refused} not ({encoding})").format(done=done, refused=refused, encoding=report.encoding)
    )


def _day(at: object) -> str:
    return str(at)[:10]
