"""Is everything the client promised still there? Asked of the real client, opened on what a power cut has left."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from app.interview.states import InterviewState, TakeState
from app.storage.keyfile import PassphraseCodec
from contract.errors import XudaError
from tests.faults.booth_scene import PASSPHRASE, Visit
from tests.faults.promises import Promises

# of a running answer: what was handed over longer ago than this is there (the store aims at half a second)
_BEHIND = 1.0
_FINAL = ("finished", "withdrawn")


def problems(booth: Path, promised: Promises, *, later: Promises, sound: bytes, writable: bool = True) -> list[str]:
    """What is missing or wrong in the folder ``booth``; empty when every promise holds.

    ``later``: everything promised in the whole log, for a step may be durable before it is told. ``sound``: what the
    running take of the day hears. ``writable``: False on a full disk, where the start can put nothing straight.
    """
    try:
        visit = Visit(booth, recover=False)
    except Exception as error:
        return [f"the client does not open: {error!r}"]
    with visit:
        try:
            return _Look(visit, promised, later, sound, writable).found()
        except Exception as error:
            return [f"the client fails: {error!r}"]


class _Look:
    def __init__(self, visit: Visit, promised: Promises, later: Promises, sound: bytes, writable: bool) -> None:
        self._writable = writable
        self._visit = visit
        self._storage = visit.client.storage
        self._promised = promised
        self._later = later
        self._sound = sound
        self._problems: list[str] = []

    def found(self) -> list[str]:
        self._entry()
        if self._promised.sound:
            self._running_take()
        self._visit.run(self._visit.service.recover)
        rows = {row.interview_id: row for row in self._visit.store.interviews()}
        for interview_id, state in self._promised.states.items():
            self._expect(interview_id in rows, f"interview {interview_id} is gone")
            if interview_id in rows:
                self._interview(interview_id, state, rows[interview_id].state)
        for interview_id in rows:
            self._queue(interview_id)
        for (interview_id, question), answer in self._promised.answers.items():
            if interview_id in rows and not self._may_be_gone(interview_id):
                self._answer(interview_id, question, answer)
        for (interview_id, question), text in self._promised.drafts.items():
            if (interview_id, question) not in self._later.answers:
                self._expect(self._visit.store.draft(interview_id, question) == text, f"the draft of {question}")
        for interview_id in (*self._promised.withdrawn, *self._promised.purged):
            self._nothing_left(interview_id)
        return self._problems

    def _expect(self, holds: bool, problem: str) -> None:
        if not holds:
            self._problems.append(problem)

    def _entry(self) -> None:
        report = self._storage.report
        # the copy is for a disk that turns bits; a power cut must not need it
        if not self._promised.damaged or "mended" in self._promised.told:
            self._expect(self._storage.database.restored is None, "the database was damaged")
        if "mended" in self._promised.told:
            aside = [path.read_bytes() for path in self._visit.client.settings.data.glob("damaged-*/xuda.db")]
            kept = self._promised.damaged in [hashlib.sha256(content).hexdigest() for content in aside]
            # it may hold what a candidate wants deleted
            self._expect(kept or bool(self._later.withdrawn), "the damaged database was thrown away")
            self._expect(not aside or not self._promised.withdrawn, "a damaged database outlives a withdrawal")
        self._expect(not report.damaged, f"damaged objects {report.damaged}")
        self._expect(not report.unknown, f"unknown files {report.unknown}")
        if "enrolled" in self._promised.told:
            self._expect(self._storage.enrolments.load() is not None, "the enrolment is gone")
        if "stocked" in self._promised.told:
            self._expect(bool(self._storage.shelf.kits()), "the kit is gone")

    def _running_take(self) -> None:
        take_id = self._promised.sound[-1][0]
        try:
            take = self._visit.store.take(take_id)
        except KeyError:
            self._problems.append("the running take is gone")
            return
        if take.state is not TakeState.RECORDING or take.stored is not None:
            return  # it has been made an object since
        old = [size for _, size, at in self._promised.sound if at < self._promised.at - _BEHIND]
        try:
            with self._visit.store.open_raw(take_id) as stream:
                found = stream.read()
        except XudaError as error:
            found = b""
            self._expect(not old, f"the running take cannot be read: {error.code}")
        self._expect(self._sound.startswith(found), "the running take has other content")
        self._expect(len(found) >= max(old, default=0), f"of the running take {len(found)} of {max(old, default=0)}")

    def _interview(self, interview_id: str, told: str, found: InterviewState) -> None:
        gone = interview_id in self._later.withdrawn
        allowed = {"active": ("paused", "finished"), "paused": ("paused", "finished"), "finished": ("finished",)}[told]
        if not self._writable:
            allowed += ("active",)
        self._expect(gone or found.value in allowed, f"interview {interview_id} told {told} is {found.value}")

    def _may_be_gone(self, interview_id: str) -> bool:
        """Purged, because HR has signed for all of it, or because the candidate wanted it so."""
        if interview_id in self._later.withdrawn:
            return True
        row = self._visit.store.interview(interview_id)
        if row.key_present:
            return False
        serials = [receipt.serial for receipt in self._promised.receipts.get(interview_id, [])]
        self._expect(row.last_seq in serials, f"interview {interview_id} was purged without a receipt")
        return True

    def _answer(self, interview_id: str, question: str, answer: dict[str, Any]) -> None:
        where = f"answer {question} of {interview_id}"
        views = {view.question_id: view for view in self._visit.service.answers(interview_id)}
        view = views.get(question)
        if view is None:
            self._problems.append(f"{where} is gone")
        elif "text" in answer:
            self._expect(view.text == answer["text"], f"{where} says something else")
        elif "choices" in answer:
            self._expect(list(view.choices or ()) == answer["choices"], f"{where} says something else")
        else:
            self._recording(answer, where)

    def _recording(self, answer: dict[str, Any], where: str) -> None:
        try:
            content = self._visit.content(answer["take"])
        except (XudaError, KeyError) as error:
            self._problems.append(f"the recording of {where} cannot be read: {error!r}")
            return
        self._expect(hashlib.sha256(content).hexdigest() == answer["sha256"], f"the recording of {where} differs")

    def _queue(self, interview_id: str) -> None:
        """Every event and submitted object is with HR or waits to be sent."""
        items = {(item.kind.value, item.ref) for item in self._storage.outbox.pending()}
        held = self._storage.outbox.local_check(interview_id)
        row = self._visit.store.interview(interview_id)
        # of a withdrawn interview the word that it is withdrawn is enough
        least = {row.last_seq} if interview_id in self._later.withdrawn else set(range(1, row.last_seq + 1))
        self._expect(least <= set(held.events), f"events of {interview_id} are missing")
        serials = [receipt.serial for receipt in self._promised.receipts.get(interview_id, [])]
        if row.last_seq in serials:
            return
        for seq in held.events:
            known = (interview_id, seq) in self._promised.events
            self._expect(known or ("event", str(seq)) in items, f"event {seq} of {interview_id} is with nobody")

    def _nothing_left(self, interview_id: str) -> None:
        self._expect(not self._visit.store.interview(interview_id).key_present, f"{interview_id} has its key")
        folder = self._visit.client.settings.data / "objects" / interview_id
        self._expect(not folder.exists() or not list(folder.iterdir()), f"recordings of {interview_id} are back")
        name = f"interview:{interview_id}"
        self._expect(self._storage.keystore.get(name) is None, f"the key of {interview_id} is back")


def keys_on_the_medium(contents: list[bytes], promised: Promises) -> list[str]:
    """Keys that were destroyed and can be read from the raw disk all the same, by somebody with the passphrase."""
    found = []
    for content in contents:
        if not (content.startswith(b"{") and b'"kdf"' in content):
            continue
        try:
            names = PassphraseCodec(PASSPHRASE).decode(content)
        except (XudaError, ValueError):
            continue
        lost = [one for one in (*promised.withdrawn, *promised.purged) if f"interview:{one}" in names]
        found += [f"the destroyed key of {interview_id} is still on the medium" for interview_id in lost]
    return found
