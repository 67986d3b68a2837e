"""The printed deletion certificate, laid out as the report is."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from contract.certificate import DeletionCertificate, DeletionState, Requester
from contract.envelope import Envelope, parse_payload
from report import words
from report.fonts import script
from report.text import breakable


def certificate_pdf(envelope: Envelope, organisation: str, language: str, *, zone: tzinfo | None = None) -> bytes:
    """A4 PDF of a certificate whose signature was verified before. The signed document itself is the JSON file."""
    from report.pdf import typeset

    certificate = parse_payload(envelope.payload_bytes, DeletionCertificate)
    data = page_data(certificate, envelope, organisation, language, zone)
    return typeset(data, certificate.deleted_at)


def state_words(state: DeletionState, language: str) -> str:
    t = words.texts(language).gettext
    return {
        DeletionState.REQUESTED: t("Deletion requested"),
        DeletionState.HELD: t("Kept sealed under a legal hold"),
        DeletionState.DONE: t("Deleted"),
    }[state]


def requester_words(requester: Requester, language: str) -> str:
    t = words.texts(language).gettext
    return {
        Requester.CANDIDATE: t("the candidate, who withdrew consent"),
        Requester.HR: t("HR"),
        Requester.ADMINISTRATOR: t("an administrator"),
        Requester.RETENTION: t("the end of the retention period"),
    }[requester]


def record_words(kind: str, language: str) -> str:
    """A kind this version does not know is shown by its code."""
    t = words.texts(language).gettext
    return {
        "events": t("Events (answers, transcripts, steps)"),
        "objects": t("Recordings"),
        "manifests": t("Lists of contents"),
        "receipts": t("Receipts"),
        "decisions": t("Decisions"),
        "ratings": t("Scores"),
        "scorecards": t("Scorecards"),
        "scorecard_changes": t("Earlier versions of scorecards"),
        "scores": t("Scores of the assessment"),
        "opinions": t("Second opinions of a language model"),
        "comments": t("Comments"),
        "share_links": t("Share links"),
        "uploads": t("Uploads"),
    }.get(kind, kind)


def page_data(
    certificate: DeletionCertificate, envelope: Envelope, organisation: str, language: str, zone: tzinfo | None
) -> dict[str, Any]:
    """Everything the template lays out."""
    t = words.texts(language).gettext
    return {
        **script(language),
        "title": t("Deletion certificate"),
        "subtitle": breakable(organisation),
        "id": breakable(certificate.interview_id),
        "id_label": t("Interview"),
        "generated": t("Generated {time}").format(time=_time(certificate.deleted_at, zone)),
        "page_label": t("Page {page} of {pages}"),
        "state": state_words(DeletionState.DONE, language),
        "state_good": True,
        "notices": [],
        "summary": _summary(certificate, language, zone),
        "sections": _sections(certificate, envelope, language),
    }


def _summary(certificate: DeletionCertificate, language: str, zone: tzinfo | None) -> list[list[str]]:
    t = words.texts(language).gettext
    erased = (
        t("deleted: name, contact data and imported columns")
        if certificate.candidate_erased
        else t("kept: another interview or invitation of the same person needs them")
    )
    end = certificate.key_backups_end
    backups = _time(end, zone) if end else t("no backup holds a key")
    return [
        [t("Certificate"), breakable(certificate.certificate_id)],
        [t("Interview"), breakable(certificate.interview_id)],
        [t("Asked for by"), requester_words(certificate.requested_by, language)],
        [t("Asked for at"), _time(certificate.requested_at, zone)],
        [t("Deleted at"), _time(certificate.deleted_at, zone)],
        [t("Personal data of the candidate"), erased],
        [t("Last backup of the key ends"), backups],
    ]


def _sections(certificate: DeletionCertificate, envelope: Envelope, language: str) -> list[dict[str, Any]]:
    t = words.texts(language).gettext
    counts = [[record_words(kind, language), str(count)] for kind, count in certificate.records.items()]
    sections: list[dict[str, Any]] = [{"kind": "pairs", "title": t("What was deleted"), "rows": counts}]
    if certificate.objects:
        rows = [[breakable(item.object_id), str(item.size), breakable(item.sha256)] for item in certificate.objects]
        sections.append(
            {
                "kind": "table",
                "title": t("Recordings (sealed files)"),
                "small": True,
                "columns": ["auto", "auto", "rest"],
                "header": [t("Id"), t("Bytes"), t("SHA-256")],
                "rows": rows,
            }
        )
    proof = [
        [t("Key"), breakable(envelope.signer)],
        [t("Digest"), breakable(envelope.digest)],
        [t("Checked with"), "xuda-hr certificate verify FILE.json"],
    ]
    return [*sections, {"kind": "pairs", "title": t("Signature"), "rows": proof}]


def _time(at: datetime, zone: tzinfo | None) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %z")
