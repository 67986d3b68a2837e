"""One question of a finished interview answered again: what HR allows, and whether it still holds here."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from app.interview import plan
from app.interview.states import InterviewState
from app.interview.store import Admission, InterviewRow, InterviewStore, Shelf
from app.interview.views import RedoOffer
from contract.errors import ErrorCode, XudaError
from contract.kit import Kit
from contract.redo import Redo

log = logging.getLogger(__name__)


def open_one(admission: Admission, earlier: Sequence[InterviewRow], now: datetime) -> Redo | None:
    """What may be begun with the invitation; None once it was used here or its time is over.

    ``earlier``: what there is of the invitation on this device. ``now``: what HR's time has surely reached.
    """
    redo = admission.entry.redo if admission.entry is not None else None
    return redo if redo is not None and _holds(redo, earlier, now) else None


def with_its_kit(admission: Admission, redo: Redo | None, shelf: Shelf) -> Admission:
    """With the version of the kit that has asked the question. Raises XudaError(KIT_MISSING | SIGNATURE_INVALID)."""
    if redo is None or redo.kit_version == admission.kit.version:
        return admission
    return replace(admission, kit=shelf.kit(admission.kit.kit_id, redo.kit_version))


def offer(redo: Redo, kit: Kit, *, told: bool = True) -> RedoOffer:
    """As the screens show it; ``told``: with HR's words, for who has shown a code and not a number others may know.

    Raises XudaError(KIT_INVALID) for a question that the kit does not have.
    """
    number = plan.number(kit, redo.question_id)
    if number is None:
        raise XudaError(ErrorCode.KIT_INVALID)
    reason = redo.reason if told else ""
    return RedoOffer(redo.redo_id, number, kit.question(redo.question_id).prompt, reason, redo.not_after)


def offers(store: InterviewStore, shelf: Shelf, now: datetime) -> dict[str, RedoOffer]:
    """Interview on this device -> what of it may be answered again. What cannot be shown is left out."""
    found: dict[str, RedoOffer] = {}
    rows = store.interviews()
    for invitation_id, redo in shelf.redos().items():
        mine = [row for row in rows if row.invitation_id == invitation_id]
        first = next((row for row in mine if row.redo is None and row.state is InterviewState.FINISHED), None)
        if first is None or not _holds(redo, mine, now):
            continue
        try:
            found[first.interview_id] = offer(redo, shelf.kit(first.kit_id, redo.kit_version))
        except XudaError as error:
            log.warning("a question that may be answered again cannot be shown: %s", error.code.value)
    return found


def _holds(redo: Redo, earlier: Sequence[InterviewRow], now: datetime) -> bool:
    used = any(row.redo == redo.redo_id for row in earlier)
    over = any(row.state is InterviewState.DELETED or not row.state.final for row in earlier)
    return not used and not over and now <= redo.not_after
