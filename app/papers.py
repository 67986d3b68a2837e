"""The pages a candidate may take home, laid out on the device by the renderer that HR has, without a network."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from app.clock import SystemClock
from app.interview.papers import Paper, PaperSource
from app.scores import scores_for
from contract.envelope import Envelope, parse_payload
from contract.errors import ErrorCode, XudaError
from contract.kit_media import MediaKind
from contract.manifest import Receipt

if TYPE_CHECKING:
    from report.model import InterviewReport, ReceiptInfo


def make_paper(source: PaperSource, paper: Paper, *, language: str, letter: bool, own_copy: bool = True) -> bytes:
    """See :class:`app.interview.papers.PaperMaker`. The page compiler is loaded with the first page."""
    if paper is Paper.RECEIPT:
        return _receipt(source, language, letter)
    return _report(source, language, letter, own_copy=own_copy)


def _receipt(source: PaperSource, language: str, letter: bool) -> bytes:
    from report.fonts import readable
    from report.pdf import PaperSize
    from report.receipt import ReceiptSource, receipt_pdf

    receipt = source.receipt
    page = ReceiptSource(
        interview_id=source.interview_id,
        kit=source.kit,
        candidate=source.candidate_name,
        state=source.state,
        finished_at=receipt.finished_at,
        lines=[(line.index + 1, line.digest) for line in receipt.lines],
        digest=receipt.digest,
        qr_text=receipt.qr_text,
        confirmed=_confirmed(source.confirmed),
    )
    size = PaperSize.LETTER if letter else PaperSize.A4
    return receipt_pdf(page, readable(language), size, wanted=language)


def _report(source: PaperSource, language: str, letter: bool, *, own_copy: bool) -> bytes:
    if not source.readable:
        raise XudaError(ErrorCode.KEY_DESTROYED)
    from report.fonts import readable
    from report.pdf import PaperSize, render_pdf
    from report.unscored import unscored_words

    report = report_of(source, readable(language))
    scores = scores_for(report, source.kit, source.basis, own_copy=own_copy, whole=source.whole)
    size = PaperSize.LETTER if letter else PaperSize.A4
    return render_pdf(
        report.model_copy(update={"assessment": scores.made}),
        pictures=_pictures(source),
        paper=size,
        own_copy=own_copy,
        wanted=language,
        notices=[unscored_words(scores.missing, report.language)] if scores.missing else [],
    )


def report_of(source: PaperSource, language: str) -> InterviewReport:
    """As HR builds it of the same events, without scores."""
    from report.build import build_report
    from report.model import CandidateInfo

    confirmed = source.confirmed
    return build_report(
        source.kit,
        source.events,
        source.interview_key,
        interview_id=source.interview_id,
        candidate=CandidateInfo(name=source.candidate_name),
        generated_at=SystemClock().now(),
        language=language,
        state=source.state,
        receipt=parse_payload(confirmed.payload_bytes, Receipt) if confirmed else None,
        receipt_key_id=confirmed.signer if confirmed else "",
    )


def _pictures(source: PaperSource) -> dict[str, bytes]:
    """The pictures the questions were asked with; one that cannot be read is told by its words."""
    found = {}
    for question in source.kit.questions:
        media = question.media
        if media is not None and media.kind is MediaKind.PICTURE:
            with suppress(XudaError):
                found[media.sha256] = source.read_file(media)
    return found


def _confirmed(envelope: Envelope | None) -> ReceiptInfo | None:
    if envelope is None:
        return None
    from report.model import ReceiptInfo

    found = parse_payload(envelope.payload_bytes, Receipt)
    return ReceiptInfo(
        receipt_id=found.receipt_id,
        serial=found.serial,
        issued_at=found.issued_at,
        manifest_digest=found.manifest_digest,
        key_id=envelope.signer,
    )
