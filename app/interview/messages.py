"""HR's messages as candidates see them: whose they are, and whether their time has come."""

from __future__ import annotations

from app.interview.ports import Clock
from app.interview.states import InterviewState
from app.interview.store import Admission, InterviewStore, Shelf
from app.interview.views import MessageView
from contract.message import Message


class MessageDesk:
    """Newest first. Calls are made on the database thread."""

    def __init__(self, store: InterviewStore, shelf: Shelf, clock: Clock) -> None:
        self._store = store
        self._shelf = shelf
        self._clock = clock

    def here(self) -> tuple[MessageView, ...]:
        """For 我的: those for everyone, and those for whoever has an interview on this device."""
        current = self._current()
        if not current:
            return ()
        rows = self._store.interviews()
        return self._views(current, {row.invitation_id for row in rows if row.state is not InterviewState.DELETED})

    def of(self, admission: Admission) -> tuple[MessageView, ...]:
        """For the one who was looked up; none where that was by a number that others may know."""
        return self._views(self._current(), {admission.invitation.invitation_id}) if admission.by_code else ()

    def read(self, message_id: str) -> None:
        """It was opened: it is no longer new here."""
        self._shelf.messages.mark_read(message_id)

    def _current(self) -> list[Message]:
        messages = self._shelf.messages.all()
        if not messages:
            return []
        now = self._shelf.server_time() or self._clock.now()
        latest = max(now, self._shelf.latest_time() or now)
        return [message for message in messages if message.not_before <= latest and now <= message.not_after]

    def _views(self, messages: list[Message], invitations: set[str]) -> tuple[MessageView, ...]:
        read = self._shelf.messages.read() if messages else frozenset()
        return tuple(
            MessageView(
                message_id=message.message_id,
                title=message.title,
                text=message.text,
                at=message.not_before,
                unread=message.message_id not in read,
                next_steps=message.next_steps,
            )
            for message in messages
            if message.audience == "everyone" or invitations.intersection(message.invitations)
        )
