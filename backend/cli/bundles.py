"""``import``: bundles that came on a stick."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from backend.cli.output import print_json, texts, write_file
from backend.runtime import Runtime
from backend.services import bundles
from backend.services.actor import Actor
from backend.services.bundles import BundleReport, ImportStatus, Outcome
from contract.bundle import RECEIPTS_SUFFIX
from contract.errors import ErrorCode, XudaError
from contract.texts import code_text, error_text

NOT_ALL_WHOLE = 1
_ACTOR = Actor.command_line()


def import_bundles(hr: Runtime, options: argparse.Namespace) -> int:
    """Take in every file; one that cannot be used stops none of the others. 1: something was refused or is missing."""
    facts = [_one(hr, options, Path(name)) for name in options.files]
    if options.json:
        print_json(facts)
    return 0 if all(entry["whole"] for entry in facts) else NOT_ALL_WHOLE


def _one(hr: Runtime, options: argparse.Namespace, path: Path) -> dict[str, Any]:
    try:
        report = _import(hr, path, accept_revoked=options.accept_revoked)
    except XudaError as error:
        if not options.json:
            print(path)
            print("\n".join(f"  {line}" for line in error_text(error, options.lang).lines))
        fields = {"code": error.code.value, "field": error.field, **error.params}
        return {"file": str(path), "whole": False, "error": fields}
    receipts, trouble = _write_receipts(options, path, report)
    if not options.json:
        _print(options, path, report, receipts, trouble)
    facts = dataclasses.asdict(dataclasses.replace(report, receipts=None))
    return {
        **facts,
        "file": str(path),
        "whole": report.whole,
        "receipts": str(receipts) if receipts else None,
        "receipts_error": trouble.value if trouble else None,
    }


def _import(hr: Runtime, path: Path, *, accept_revoked: bool) -> BundleReport:
    try:
        source = path.open("rb")
    except OSError as error:
        raise XudaError(ErrorCode.FILE_MISSING, file=str(path)) from error
    with source:
        return bundles.import_bundle(hr, _ACTOR, source, accept_revoked=accept_revoked)


def _write_receipts(
    options: argparse.Namespace, path: Path, report: BundleReport
) -> tuple[Path | None, ErrorCode | None]:
    """Where the receipts were written, or why they were not: the import itself is done and counts."""
    if report.receipts is None:
        return None, None
    folder: Path = options.receipts or path.absolute().parent
    target = folder / (path.stem + RECEIPTS_SUFFIX)
    try:
        write_file(target, report.receipts.to_bytes())
    except OSError:
        return None, ErrorCode.TARGET_LOST
    return target, None


def _print(
    options: argparse.Namespace, path: Path, report: BundleReport, receipts: Path | None, trouble: ErrorCode | None
) -> None:
    _ = texts(options)
    print(
        _("{file}: from {device}, {count} interviews").format(
            file=path, device=report.device, count=len(report.interviews)
        )
    )
    if report.revoked:
        print("  " + _("The access of this device was withdrawn; the interviews are marked."))
    for item in report.interviews:
        print(f"  {item.interview_id}  {_words(options, item)}")
    if receipts is not None:
        print("  " + _("Receipts for the device: {file}").format(file=receipts))
    if trouble is not None:
        print("  " + _("The receipts could not be written there; give another folder with --receipts."))


def _words(options: argparse.Namespace, item: Outcome) -> str:
    _ = texts(options)
    if item.status is ImportStatus.INCOMPLETE and item.open:
        words = _("incomplete: the interview was still going on")
    elif item.status is ImportStatus.INCOMPLETE:
        words = _("incomplete: {events} events and {objects} recordings are missing").format(
            events=len(item.missing_events), objects=len(item.missing_objects)
        )
    else:
        words = {
            ImportStatus.NEW: _("new"),
            ImportStatus.MERGED: _("merged with what was here"),
            ImportStatus.PRESENT: _("already here"),
            ImportStatus.REFUSED: _("refused"),
        }[item.status]
    if item.code is None:
        return words
    why = {
        ErrorCode.FORBIDDEN: _("It belongs to another device"),
        ErrorCode.KEY_UNKNOWN: _("It was signed by another device"),
    }.get(item.code, code_text(item.code, options.lang).title)
    return f"{words} ({why})"
