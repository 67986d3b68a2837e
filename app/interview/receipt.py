"""The receipt a candidate takes home: a hash per answer and a QR text that names the interview and binds them all."""

from __future__ import annotations

from collections.abc import Sequence

from app.interview import plan
from app.interview.store import InterviewRow
from app.interview.views import ReceiptLine, ReceiptView
from contract.canonical import canonical_json, sha256_hex
from contract.events import AnswerData, Event, EventType
from contract.kit import Kit


def receipt_view(row: InterviewRow, kit: Kit, events: Sequence[Event]) -> ReceiptView:
    index = {place.question.question_id: place.index for place in plan.places(kit)}
    lines: list[ReceiptLine] = []
    for event in events:
        if event.kind is EventType.ANSWER_SAVED:
            answer = event.parse_data(AnswerData)
            digest = answer.objects[0].sha256 if answer.objects else _event_digest(event)
            lines.append(ReceiptLine(answer.question_id, index[answer.question_id], digest))
    return bound_receipt(row, lines)


def bound_receipt(row: InterviewRow, lines: Sequence[ReceiptLine]) -> ReceiptView:
    """The lines with what binds them."""
    digest = sha256_hex("\n".join(line.digest for line in lines).encode("ascii"))
    return ReceiptView(
        interview_id=row.interview_id,
        state=row.state,
        finished_at=row.updated_at,
        lines=tuple(lines),
        digest=digest,
        qr_text=f"xuda://r/{row.interview_id}/{digest[:32]}",
        again=row.redo is not None,
    )


def _event_digest(event: Event) -> str:
    return sha256_hex(canonical_json(event.model_dump(mode="json")))
