"""From an invitation to an interview that exists: who is let in, with what it begins."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from app.interview import drafts, redos
from app.interview.adjusting import Accepted, draft, given
from app.interview.messages import MessageDesk
from app.interview.model import Environment
from app.interview.moving import MovingDesk
from app.interview.ports import Clock
from app.interview.states import InterviewState
from app.interview.store import Admission, EventDraft, InterviewRow, InterviewStore, Shelf
from app.interview.summary import summary_view
from app.interview.views import Entry, RedoOffer, WalkInPlace
from contract.canonical import b64decode
from contract.envelope import Envelope
from contract.errors import ErrorCode, XudaError
from contract.invitation import Adjustments, Invitation
from contract.keys import wrap_key
from contract.parts import Elsewhere
from contract.walkin import Registration, WalkInOffer


class EntryDesk:
    """Keeps the invitation that was looked up last until the candidate has decided."""

    def __init__(
        self,
        store: InterviewStore,
        shelf: Shelf,
        clock: Clock,
        facts: Callable[[], Environment],
        new_key: Callable[[], bytes],
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._facts = facts
        self._new_key = new_key
        self._moving = MovingDesk(shelf)
        self._messages = MessageDesk(store, shelf, clock)
        self._admission: Admission | None = None
        self._given: list[Accepted] = []

    @property
    def admission(self) -> Admission:
        """Raises XudaError(ILLEGAL_STATE) when nothing was looked up."""
        if self._admission is None:
            raise XudaError(ErrorCode.ILLEGAL_STATE, old="not admitted", new="begin")
        return self._admission

    def forget(self) -> None:
        """Whoever was looked up has gone without beginning: their name is no longer in memory."""
        self._admission = None
        self._given = []
        self._moving.clear()

    @property
    def waiting(self) -> bool:
        """Whether somebody was looked up and has not decided yet."""
        return self._admission is not None

    def look_up(self, text: str) -> Entry:
        """Raises XudaError(INVITATION_* | KIT_MISSING | NOT_ENROLLED)."""
        admission = self._shelf.admit(text)
        if self._admission is None or self._admission.invitation != admission.invitation:
            self._given = []
        return self._admit(admission, admission.entry.elsewhere if admission.entry else None)

    def walk_ins(self) -> tuple[WalkInPlace, ...]:
        """Where one may register here now."""
        offers = self._shelf.walk_ins.offers() if self._shelf.organisation_name() is not None else []
        kits = {kit.kit_id: kit for kit in self._shelf.kits()} if offers else {}
        open_now = (offer for offer in offers if offer.kit_id in kits and self._open(offer))
        return tuple(WalkInPlace(offer.batch_id, kits[offer.kit_id]) for offer in open_now)

    def register(self, batch_id: str, person: Registration) -> Entry:
        """Somebody who is not invited; whose number is known gets the invitation they have.

        Raises XudaError(WALK_IN_CLOSED) when HR has not opened the batch for it, or enough have come; and as
        :meth:`look_up` for the number.
        """
        try:
            return self.look_up(person.phone)
        except XudaError as error:
            if error.code is not ErrorCode.INVITATION_UNKNOWN:
                raise
        offer = next((offer for offer in self._shelf.walk_ins.offers() if offer.batch_id == batch_id), None)
        if offer is None or not self._open(offer):
            raise XudaError(ErrorCode.WALK_IN_CLOSED)
        right = Invitation(str(uuid.uuid4()), offer.batch_id, offer.kit_id, offer.not_before, offer.not_after)
        self._given = []
        return self._admit(Admission(right, "", self._shelf.kit(offer.kit_id), None, person), None)

    def _now(self) -> datetime:
        return self._shelf.server_time() or self._clock.now()

    def _open(self, offer: WalkInOffer) -> bool:
        now = self._now()
        return offer.not_before <= max(now, self._shelf.latest_time() or now) and now <= offer.not_after

    def offers(self) -> dict[str, RedoOffer]:
        """What may be answered again here, by the interview to which it belongs."""
        return redos.offers(self._store, self._shelf, self._now())

    def look_up_own(self, interview_id: str) -> Entry:
        """As :meth:`look_up`, of an interview that is listed on this device."""
        entry = self._shelf.entry(self._store.interview(interview_id).invitation_id)
        if entry is None:
            raise XudaError(ErrorCode.INVITATION_UNKNOWN)
        return self.look_up(entry.token)

    def heard(self, elsewhere: Elsewhere | None) -> Entry:
        """HR's own word, just now, on how far the interview that was looked up has come on other devices."""
        return self._admit(self.admission, elsewhere)

    def adjust(self, accepted: Accepted) -> None:
        """Staff have given something before the interview exists: it begins with it."""
        if any(earlier.grant.nonce == accepted.grant.nonce for earlier in self._given):
            raise XudaError(ErrorCode.ADJUSTMENT_USED)
        self._given.append(accepted)

    def adjustments(self) -> Adjustments:
        """What the candidate who was looked up has: by the roster, and from staff."""
        admission = self.admission
        found = admission.entry.adjustments if admission.entry else Adjustments()
        found = found.merged(given(self._store, self.attempts(admission.invitation.invitation_id)))
        for accepted in self._given:
            found = found.merged(accepted.grant.adjustments)
        return found

    def next_part(self) -> str:
        """The id of the interview that ``create`` will make."""
        return self._moving.next_part()

    def create(
        self,
        state: InterviewState,
        first: Sequence[EventDraft],
        *,
        language: str,
        scoring: bool,
        ticket: Envelope | None = None,
    ) -> InterviewRow:
        """The interview exists, with the events ``started`` and ``first``; the invitation is no longer held.

        Raises XudaError(KIT_INCOMPLETE) while a question could not be shown for want of its files.
        """
        admission = self.admission
        redo = self._moving.redo
        if redo is not None and state is not InterviewState.ACTIVE:
            raise XudaError(ErrorCode.ILLEGAL_STATE, old="finished", new=state.value)
        if admission.person is not None and state is not InterviewState.ACTIVE:
            # who registered and declines stays unknown: HR learns that somebody has declined
            admission = replace(admission, person=None)
        invitation, kit = admission.invitation, admission.kit
        if state is InterviewState.ACTIVE and self._shelf.files.missing(kit):
            raise XudaError(ErrorCode.KIT_INCOMPLETE)
        carried = self._moving.carried(invitation.invitation_id, ticket)
        key, interview_id = self._new_key(), self._moving.next_part()
        attempt = self._moving.attempt(self.attempts(invitation.invitation_id))
        wrapped = wrap_key(key, b64decode(self._shelf.encryption_key(kit)), interview_id)
        started = drafts.started(invitation, kit, attempt, wrapped, language, self._facts(), carried, admission.person)
        now = self._clock.now()
        row = InterviewRow(
            interview_id=interview_id,
            invitation_id=invitation.invitation_id,
            kit_id=kit.kit_id,
            kit_version=kit.version,
            attempt=attempt,
            state=state,
            language=language,
            scoring=scoring,
            seconds_used=carried.seconds_used if carried else 0.0,
            last_seq=0,
            created_at=now,
            updated_at=now,
            carried=len(carried.answered) if carried else 0,
            redo=redo.redo_id if redo else None,
            redo_question=redo.question_id if redo else None,
        )
        events = [started, *first, *(draft(accepted) for accepted in self._given)]
        if admission.person is not None:
            # before the interview: whoever is counted without one costs a place, one without a count would be free
            self._shelf.walk_ins.keep(invitation, admission.person, now)
        row = self._store.create(row, key=key, candidate_name=admission.candidate_name, events=events)
        self.forget()
        return row

    def attempts(self, invitation_id: str) -> list[InterviewRow]:
        """What there is of an invitation on this device, newest first."""
        return [row for row in self._store.interviews() if row.invitation_id == invitation_id]

    def _admit(self, admission: Admission, elsewhere: Elsewhere | None) -> Entry:
        earlier = self.attempts(admission.invitation.invitation_id)
        unfinished = next((row for row in earlier if not row.state.final), None)
        redo = redos.open_one(admission, earlier, self._now()) if unfinished is None else None
        if redo is not None or (unfinished is not None and unfinished.redo is not None):
            self._moving.again(redo)
            admission = redos.with_its_kit(admission, redo, self._shelf)
        else:
            if unfinished is None:
                admission.invitation.check_time(self._now(), self._shelf.latest_time())
            self._moving.admit(admission, earlier, elsewhere)
        self._admission = admission
        return Entry(
            invitation_id=admission.invitation.invitation_id,
            kit=admission.kit,
            candidate_name=admission.candidate_name,
            not_before=admission.invitation.not_before,
            not_after=admission.invitation.not_after,
            unfinished=summary_view(unfinished, self._shelf) if unfinished else None,
            may_restart=admission.kit.restart_allowed,
            elsewhere=self._moving.elsewhere,
            adjustments=self.adjustments(),
            missing=len(self._shelf.files.missing(admission.kit)),
            messages=self._messages.of(admission),
            redo=redos.offer(redo, admission.kit, told=admission.by_code) if redo else None,
        )
