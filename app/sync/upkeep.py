"""What is done from time to time whatever waits: fresh kits and roster, self-checks, signs of life, HR's notices."""

from __future__ import annotations

import time
from collections.abc import Callable

from app.interview.views import InterviewsChanged
from app.sync.api import DeviceApi
from app.sync.courier import Courier
from app.sync.facts import NetworkFacts
from app.sync.failures import Fate, TransportError
from app.sync.herald import Herald
from app.sync.machine import Machine, contact_of
from app.sync.news import Pace
from app.sync.notices import NoticeListener
from app.sync.ports import Books
from app.sync.shift import Shift
from contract.errors import ErrorCode, XudaError

_BOOTSTRAP = "bootstrap"


class Upkeep:
    """Each thing has a monotonic time from which it is due; 0 for at once. ``checks``: interviews to be compared.

    Used by the sending thread alone. Raises Leave when nothing else can be done now.
    """

    def __init__(
        self,
        api: DeviceApi,
        books: Books,
        courier: Courier,
        shift: Shift,
        herald: Herald,
        facts: NetworkFacts,
        *,
        pace: Pace,
        machine: Callable[[], Machine],
        listener: NoticeListener | None,
    ) -> None:
        self._api = api
        self._books = books
        self._courier = courier
        self._shift = shift
        self._herald = herald
        self._facts = facts
        self._pace = pace
        self._machine = machine
        self._listener = listener
        self.checks: dict[str, None] = {}
        self._settings_asked: int | None = None
        self.bootstrap_due = 0.0
        self.heartbeat_due = 0.0
        self.hear_due = 0.0

    def all_due(self) -> None:
        """The backend has just come back: everything is asked and checked at once."""
        self.bootstrap_due = self.heartbeat_due = self.hear_due = 0.0
        self.want_checks()

    def next_due(self) -> float:
        """Monotonic time at which the first of it, but for the checks, is due again."""
        bootstrap = max(self.bootstrap_due, self._shift.backoff.due(_BOOTSTRAP))
        listening = [self.hear_due] if self._listener else []
        return min([self.heartbeat_due, bootstrap, *listening])

    def refresh(self) -> None:
        now = time.monotonic()
        if now < max(self.bootstrap_due, self._shift.backoff.due(_BOOTSTRAP)):
            return
        try:
            keys_serial, asked_at = self._books.keys_serial(), time.monotonic()
            bootstrap = self._api.bootstrap(keys_serial)
            self._books.save_bootstrap(bootstrap, time.monotonic(), asked_at)
        except XudaError as error:
            if error.code is ErrorCode.ORGANISATION_KEYS_INVALID:
                self._shift.distrust = error.code
            self._shift.backoff.failed(_BOOTSTRAP)
            self._shift.trouble(error)
            return
        self._shift.distrust = None
        self._shift.backoff.succeeded(_BOOTSTRAP)
        self._facts.reached()
        self.bootstrap_due = now + self._pace.bootstrap

    def check_due(self) -> None:
        for interview_id in list(self.checks):
            self._shift.go_on_or_leave()
            if self._shift.backoff.due(interview_id) <= time.monotonic():
                self._check(interview_id)

    def _check(self, interview_id: str) -> None:
        try:
            self._courier.check(interview_id)
        except XudaError as error:
            self._shift.backoff.failed(interview_id)
            if isinstance(error, TransportError) and error.fate is Fate.FINAL:
                self.checks.pop(interview_id, None)
            self._shift.trouble(error)
            return
        self._facts.reached()
        self._shift.backoff.succeeded(interview_id)
        self.checks.pop(interview_id, None)

    def want_checks(self) -> None:
        self.checks.update(dict.fromkeys(self._books.interviews_to_check()))

    def heartbeat(self) -> None:
        """Let HR know that this device is there and how much waits on it, also while a long upload runs."""
        if time.monotonic() < self.heartbeat_due:
            return
        self.heartbeat_due = time.monotonic() + self._pace.heartbeat
        machine = self._machine()
        pending, failed = self._books.counts()
        try:
            reply = self._api.contact(contact_of(machine, pending, failed))
        except TransportError as error:
            # An older backend does not know this request; that it answers is all the sign of life there can be.
            if error.code is not ErrorCode.NOT_FOUND:
                self._shift.trouble(error)
                return
        else:
            self._fetch_settings(machine, reply.settings_version)
        self._facts.reached()

    def _fetch_settings(self, machine: Machine, wanted: int | None) -> None:
        """HR has set something: it is asked for now, and once, because it may be refused here."""
        here = machine.settings.version if machine.settings else 0
        if wanted not in (None, here, self._settings_asked):
            self._settings_asked = wanted
            self.bootstrap_due = 0.0

    def hear(self) -> None:
        """What HR has to say about interviews of this device: gone on with elsewhere, withdrawn, deleted."""
        if self._listener is None or time.monotonic() < self.hear_due:
            return
        self.hear_due = time.monotonic() + self._pace.heartbeat
        try:
            changed = self._listener.listen()
        except XudaError as error:
            self._shift.trouble(error)
            return
        if changed:
            # how far others have come stands in the roster
            self.bootstrap_due = 0.0
            self.want_checks()  # a receipt may have lost its worth: HR was restored from an older backup
            self._herald.tell(InterviewsChanged())
