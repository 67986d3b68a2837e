"""Times that candidates choose between: made by HR, taken by whoever has the invitation, never by more than fit in.

Whoever speaks for a candidate (the public page, the candidate portal) names an invitation; HR may choose for anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload

from backend.cabinet import candidate_subject
from backend.db.models import Batch, Candidate, Interview, InvitationRow, Role
from backend.db.slot_models import BatchSlotsRow, SlotChoiceRow, SlotRow
from backend.runtime import Runtime
from backend.services import audit, scope
from backend.services.actor import Actor
from backend.services.people import candidate_name
from contract import invitation as invitations
from contract.errors import ErrorCode, XudaError

MOST_SLOTS, MOST_PLACES, LONGEST_PLACE, MOST_HOURS = 500, 10_000, 200, 720
# an invitation that follows its slot opens so long before, so that devices are checked in time
EARLY = timedelta(minutes=15)
CANDIDATE = "candidate"


@dataclass(frozen=True, slots=True)
class SlotDraft:
    """``place`` empty: at home."""

    starts_at: datetime
    ends_at: datetime
    capacity: int
    place: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """``people``: names of who has chosen it, for HR alone."""

    slot_id: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    taken: int
    place: str
    withdrawn: bool
    people: tuple[tuple[str, str], ...] = ()

    @property
    def free(self) -> int:
        return self.capacity - self.taken


@dataclass(frozen=True, slots=True)
class Rules:
    """See BatchSlotsRow."""

    offered: bool = False
    change_hours: int = 24
    window_follows: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    """A batch's slots for HR. ``undecided``: (invitation, name) of those who have chosen none yet."""

    rules: Rules
    slots: list[Slot]
    undecided: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Offer:
    """What a candidate may choose from. ``chosen`` may be among ``slots`` or not any more.

    ``why_not``: why nothing can be changed now: closed (not offered), begun, late; empty when it can.
    """

    invitation_id: str
    kit_id: str
    chosen: Slot | None
    slots: list[Slot]
    change_until: datetime | None
    why_not: str


def add(hr: Runtime, actor: Actor, batch_id: str, drafts: Sequence[SlotDraft]) -> int:
    """How many were made. Raises XudaError(FORBIDDEN | NOT_FOUND), SETTING_INVALID with ``field``."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        batch = _batch(session, actor, batch_id)
        known = session.scalar(select(func.count()).select_from(SlotRow).where(SlotRow.batch_id == batch_id)) or 0
        if not drafts or known + len(drafts) > MOST_SLOTS:
            raise XudaError(ErrorCode.SETTING_INVALID, field="slots")
        for draft in drafts:
            _check(batch, draft)
            row = SlotRow(
                batch_id=batch_id,
                starts_at=draft.starts_at,
                ends_at=draft.ends_at,
                capacity=draft.capacity,
                taken=0,
                place=draft.place.strip(),
                created_at=hr.now(),
            )
            session.add(row)
        audit.record(session, hr.now(), actor, "slots", f"batch:{batch_id}", slots=len(drafts))
        return len(drafts)


def series(first: datetime, last: datetime, minutes: int, capacity: int, place: str) -> list[SlotDraft]:
    """Slots of ``minutes`` one after the other from ``first``, the last one over by ``last``.

    Raises XudaError(SETTING_INVALID) with ``field`` minutes or slots.
    """
    if not 5 <= minutes <= 24 * 60:
        raise XudaError(ErrorCode.SETTING_INVALID, field="minutes")
    count = int((last - first) / timedelta(minutes=minutes))
    if not 1 <= count <= MOST_SLOTS:
        raise XudaError(ErrorCode.SETTING_INVALID, field="slots")
    times = [first + n * timedelta(minutes=minutes) for n in range(count + 1)]
    return [SlotDraft(start, end, capacity, place) for start, end in pairwise(times)]


def set_rules(hr: Runtime, actor: Actor, batch_id: str, rules: Rules) -> None:
    """Raises XudaError(FORBIDDEN | NOT_FOUND), SETTING_INVALID with ``field`` hours."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    if not 0 <= rules.change_hours <= MOST_HOURS:
        raise XudaError(ErrorCode.SETTING_INVALID, field="hours")
    with hr.db.write() as session:
        _batch(session, actor, batch_id)
        row = session.get(BatchSlotsRow, batch_id) or BatchSlotsRow(batch_id=batch_id)
        row.offered, row.change_hours, row.window_follows = rules.offered, rules.change_hours, rules.window_follows
        session.add(row)
        detail = {"offered": rules.offered, "hours": rules.change_hours, "follows": rules.window_follows}
        audit.record(session, hr.now(), actor, "slot_rules", f"batch:{batch_id}", **detail)


def set_capacity(hr: Runtime, actor: Actor, batch_id: str, slot_id: str, capacity: int) -> None:
    """Raises XudaError(FORBIDDEN | NOT_FOUND), SETTING_INVALID with ``field`` capacity, CONFLICT with that field for
    fewer than have chosen it."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    if not 1 <= capacity <= MOST_PLACES:
        raise XudaError(ErrorCode.SETTING_INVALID, field="capacity")
    with hr.db.write() as session:
        row = _slot(session, actor, batch_id, slot_id)
        if capacity < row.taken:
            raise XudaError(ErrorCode.CONFLICT, field="capacity")
        row.capacity = capacity
        audit.record(session, hr.now(), actor, "slot_capacity", f"slot:{slot_id}", capacity=capacity)


def withdraw(hr: Runtime, actor: Actor, batch_id: str, slot_id: str, *, on: bool) -> None:
    """Offer it no more, or again; who has chosen it keeps it. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        row = _slot(session, actor, batch_id, slot_id)
        row.withdrawn_at = hr.now() if on else None
        audit.record(session, hr.now(), actor, "withdraw_slot", f"slot:{slot_id}", withdrawn=on)


def board(hr: Runtime, actor: Actor, batch_id: str) -> Board:
    """In four queries, however many there are. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        _batch(session, actor, batch_id)
        query = select(SlotRow).where(SlotRow.batch_id == batch_id).order_by(SlotRow.starts_at, SlotRow.place)
        rows = session.scalars(query).all()
        living = InvitationRow.batch_id == batch_id, InvitationRow.cancelled_at.is_(None)
        invited = select(InvitationRow, SlotChoiceRow.slot_id).join(InvitationRow.candidate)
        invited = invited.outerjoin(SlotChoiceRow, SlotChoiceRow.invitation_id == InvitationRow.id)
        invited = invited.where(*living, Candidate.name_sealed != "").options(joinedload(InvitationRow.candidate))
        people: dict[str | None, list[tuple[str, str]]] = {}
        found = session.execute(invited.order_by(InvitationRow.created_at, InvitationRow.id)).all()
        with hr.cabinet.ahead([candidate_subject(invitation.candidate_id) for invitation, _ in found]):
            for invitation, slot_id in found:
                people.setdefault(slot_id, []).append((invitation.id, candidate_name(hr, invitation.candidate)))
        slots = [_view(row, people.get(row.id, ())) for row in rows]
        return Board(_rules(session, batch_id), slots, people.get(None, []))


def assign(hr: Runtime, actor: Actor, batch_id: str, invitation_id: str, slot_id: str | None) -> None:
    """HR chooses for a candidate, also after the deadline; None: no slot any more.

    Raises XudaError(FORBIDDEN | NOT_FOUND), CONFLICT with ``field`` full or begun.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        _batch(session, actor, batch_id)
        row = _invitation(session, invitation_id)
        if row.batch_id != batch_id:
            raise XudaError(ErrorCode.NOT_FOUND, field="invitation")
        _put(hr, session, row, slot_id, actor.username)
        detail = {"invitation": invitation_id, "slot": slot_id}
        audit.record(session, hr.now(), actor, "assign_slot", f"batch:{batch_id}", **detail)


def offer(hr: Runtime, invitation_id: str) -> Offer:
    """What the candidate of an invitation sees. Raises XudaError(NOT_FOUND)."""
    with hr.db.read() as session:
        return _offer(hr, session, _invitation(session, invitation_id))


def choose(hr: Runtime, invitation_id: str, slot_id: str) -> Offer:
    """The candidate takes a slot, or another one instead.

    Raises XudaError(NOT_FOUND), CONFLICT with ``field`` full (somebody was faster; what was chosen before stays),
    closed, begun or late.
    """
    with hr.db.write() as session:
        row = _invitation(session, invitation_id)
        found = _offer(hr, session, row)
        if found.why_not:
            raise XudaError(ErrorCode.CONFLICT, field=found.why_not)
        if slot_id not in {slot.slot_id for slot in found.slots}:
            # gone, full or begun since the page was shown
            raise XudaError(ErrorCode.CONFLICT, field="full")
        _put(hr, session, row, slot_id, CANDIDATE)
        audit.record(session, hr.now(), CANDIDATE, "choose_slot", f"invitation:{row.id}", slot=slot_id)
        return _offer(hr, session, row)


def of_invitation(session: Session, invitation_id: str) -> Slot | None:
    """What was chosen."""
    query = select(SlotRow).join(SlotChoiceRow, SlotChoiceRow.slot_id == SlotRow.id)
    row = session.scalar(query.where(SlotChoiceRow.invitation_id == invitation_id))
    return _view(row) if row else None


def is_offered(session: Session, batch_id: str) -> bool:
    return _rules(session, batch_id).offered


def free(session: Session, invitation_ids: Iterable[str]) -> None:
    """Those whose invitation has ended come no more; their places are for others. In the caller's transaction."""
    for invitation_id in invitation_ids:
        choice = session.get(SlotChoiceRow, invitation_id)
        if choice is not None:
            _leave(session, choice)


def _put(hr: Runtime, session: Session, row: InvitationRow, slot_id: str | None, by: str) -> None:
    """Raises XudaError(NOT_FOUND), CONFLICT with ``field`` full or begun."""
    if _begun(session, row.id):
        raise XudaError(ErrorCode.CONFLICT, field="begun")
    before = session.get(SlotChoiceRow, row.id)
    if before is not None and before.slot_id == slot_id:
        return
    if slot_id is not None:
        _take(session, row.batch_id, slot_id)
    if before is not None:
        _leave(session, before)
    if slot_id is not None:
        session.add(SlotChoiceRow(invitation_id=row.id, slot_id=slot_id, chosen_at=hr.now(), chosen_by=by))
        session.flush()
    _follow(hr, session, row, session.get(SlotRow, slot_id) if slot_id else None)


def _take(session: Session, batch_id: str, slot_id: str) -> None:
    """One statement decides who gets the last place, whatever others do at the same time."""
    if session.scalar(select(SlotRow.id).where(SlotRow.id == slot_id, SlotRow.batch_id == batch_id)) is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="slot")
    room = SlotRow.id == slot_id, SlotRow.taken < SlotRow.capacity, SlotRow.withdrawn_at.is_(None)
    one_more = update(SlotRow).where(*room).values(taken=SlotRow.taken + 1).returning(SlotRow.id)
    if session.scalar(one_more) is None:
        raise XudaError(ErrorCode.CONFLICT, field="full")


def _leave(session: Session, choice: SlotChoiceRow) -> None:
    session.execute(update(SlotRow).where(SlotRow.id == choice.slot_id).values(taken=SlotRow.taken - 1))
    session.delete(choice)
    session.flush()


def _follow(hr: Runtime, session: Session, row: InvitationRow, slot: SlotRow | None) -> None:
    """Sign the invitation for the slot's time where the batch wants that (docs/adr/0031)."""
    if not _rules(session, row.batch_id).window_follows:
        return
    row.opens_at = max(row.batch.not_before, slot.starts_at - EARLY) if slot else None
    row.extended_to = slot.ends_at if slot else None
    right = invitations.Invitation(row.id, row.batch_id, row.batch.kit_id, row.starts_at, row.ends_at)
    row.token = invitations.issue(right, hr.vault.sign_key)
    session.flush()


def _offer(hr: Runtime, session: Session, row: InvitationRow) -> Offer:
    rules, now = _rules(session, row.batch_id), hr.now()
    chosen = of_invitation(session, row.id)
    open_ones = SlotRow.batch_id == row.batch_id, SlotRow.withdrawn_at.is_(None), SlotRow.starts_at > now
    query = select(SlotRow).where(*open_ones, SlotRow.taken < SlotRow.capacity)
    rows = session.scalars(query.order_by(SlotRow.starts_at, SlotRow.place)).all()
    until = chosen.starts_at - timedelta(hours=rules.change_hours) if chosen else None
    why_not = ""
    if not rules.offered:
        why_not = "closed"
    elif _begun(session, row.id):
        why_not = "begun"
    elif until is not None and until <= now:
        why_not = "late"
    return Offer(row.id, row.batch.kit_id, chosen, [_view(found) for found in rows], until, why_not)


def _view(row: SlotRow, people: Iterable[tuple[str, str]] = ()) -> Slot:
    withdrawn = row.withdrawn_at is not None
    return Slot(row.id, row.starts_at, row.ends_at, row.capacity, row.taken, row.place, withdrawn, tuple(people))


def _rules(session: Session, batch_id: str) -> Rules:
    row = session.get(BatchSlotsRow, batch_id)
    return Rules(row.offered, row.change_hours, row.window_follows) if row else Rules()


def _begun(session: Session, invitation_id: str) -> bool:
    query = select(Interview.id).where(Interview.invitation_id == invitation_id, Interview.deleted_at.is_(None))
    return session.scalar(query.limit(1)) is not None


def _batch(session: Session, actor: Actor, batch_id: str) -> Batch:
    batch = session.scalar(scope.batches(actor).where(Batch.id == batch_id))
    if batch is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="batch")
    return batch


def _slot(session: Session, actor: Actor, batch_id: str, slot_id: str) -> SlotRow:
    _batch(session, actor, batch_id)
    row = session.scalar(select(SlotRow).where(SlotRow.id == slot_id, SlotRow.batch_id == batch_id).with_for_update())
    if row is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="slot")
    return row


def _invitation(session: Session, invitation_id: str) -> InvitationRow:
    """One that may still be used."""
    query = select(InvitationRow).join(InvitationRow.candidate).where(InvitationRow.id == invitation_id)
    row = session.scalar(query.where(InvitationRow.cancelled_at.is_(None), Candidate.name_sealed != ""))
    if row is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="invitation")
    return row


def _check(batch: Batch, draft: SlotDraft) -> None:
    wrong = {
        "times": draft.ends_at <= draft.starts_at,
        "window": draft.starts_at < batch.not_before or draft.ends_at > batch.not_after,
        "capacity": not 1 <= draft.capacity <= MOST_PLACES,
        "place": len(draft.place.strip()) > LONGEST_PLACE,
    }
    for field, bad in wrong.items():
        if bad:
            raise XudaError(ErrorCode.SETTING_INVALID, field=field)
