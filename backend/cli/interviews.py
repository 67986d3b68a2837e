"""``list``, ``report`` and ``rescore``."""

from __future__ import annotations

import argparse
from datetime import timedelta

from backend.cli.output import print_json, print_table, texts, write_file
from backend.runtime import Runtime
from backend.services import audit, interviews, reports, score_making
from backend.services.actor import Actor
from backend.services.interview_rows import ListQuery
from backend.services.interviews import InterviewSummary
from report.archive import report_json, stream_archive
from report.words import state_words

_ACTOR = Actor.command_line()
_ALL = 1_000_000
SOME_FAILED = 1


def list_interviews(hr: Runtime, options: argparse.Namespace) -> int:
    _ = texts(options)
    query = ListQuery(size=_ALL, include_invited=options.invited)
    found = interviews.list_interviews(hr, _ACTOR, query).items
    audit.record_now(hr, _ACTOR, "list_interviews", "interviews", count=len(found))
    if options.json:
        print_json([_facts(item) for item in found])
        return 0
    header = [_("Interview"), _("Candidate"), _("Code"), _("State"), _("Answers"), _("Receipt")]
    rows = [
        (
            item.interview_id or "-",
            item.candidate,
            item.code or "-",
            state_words(item.shown_state, options.lang),
            item.answers,
            item.receipt_serial or "-",
        )
        for item in found
    ]
    print_table(header, rows)
    return 0


def write_report(hr: Runtime, options: argparse.Namespace) -> int:
    """Write the report to ``--out``; the recordings of an archive are decrypted into it piece by piece."""
    report = reports.build(hr, _ACTOR, options.interview, options.lang)
    audit.record_now(hr, _ACTOR, "download_report", f"interview:{options.interview}", format=options.format)
    if options.format == "json":
        write_file(options.out, report_json(report))
    elif options.format == "pdf":
        write_file(options.out, reports.pdf(hr, report))
    else:
        media = list(reports.recordings(hr, _ACTOR, report))
        write_file(options.out, stream_archive(report, reports.pdf(hr, report), media))
    if options.json:
        print_json({"interview": options.interview, "format": options.format, "out": str(options.out)})
    else:
        print(options.out)
    return 0


def rescore(hr: Runtime, options: argparse.Namespace) -> int:
    """One interview, or all that wait; 1 when some of these could not be scored."""
    _ = texts(options)
    if options.interview:
        scored, failed = int(score_making.rescore(hr, _ACTOR, options.interview)), list[str]()
    else:
        scored, failed = _score_waiting(hr)
    if options.json:
        print_json({"scored": scored, "failed": failed})
    else:
        print(_("New scores: {scored}, not possible: {failed}").format(scored=scored, failed=len(failed)))
    return SOME_FAILED if failed else 0


def _score_waiting(hr: Runtime) -> tuple[int, list[str]]:
    scored, failed = 0, list[str]()
    while waiting := score_making.due(hr, quiet=timedelta(0), but=failed):
        done = score_making.work(hr, waiting)
        scored, failed = scored + done.new, failed + done.failed
    return scored, failed


def _facts(item: InterviewSummary) -> dict[str, object]:
    return {
        "id": item.interview_id,
        "parts": list(item.parts),
        "candidate": item.candidate,
        "invitation": item.code,
        "batch": item.batch_id,
        "kit": item.kit_id,
        "kind": item.kind,
        "department": item.department_id,
        "state": item.state,
        "shown_state": item.shown_state,
        "shown_reason": item.shown_reason,
        "answers": item.answers,
        "reasons": item.reasons,
        "events": item.events,
        "objects": item.objects,
        "receipt": item.receipt_serial,
        "device": item.device,
        "device_seen": item.device_seen,
        "updated_at": item.updated_at,
    }
