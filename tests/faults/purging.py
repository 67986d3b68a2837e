"""A state machine over the real storage of a device: whatever happens in whatever order, no recording is deleted
without a receipt that fits."""

from __future__ import annotations

import contextlib
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.interview.states import InterviewState
from app.interview.store import EventDraft
from app.storage.outbox import ItemKind
from contract.envelope import Envelope
from contract.errors import ErrorCode, XudaError
from contract.events import (
    EventType,
    ExitData,
    QuestionnaireData,
    ResumedData,
    WithdrawnData,
)
from contract.manifest import Manifest
from tests.faults.forgeries import FORGERIES, Case, on_the_wire
from tests.storage.office import Device, Office, text_answer

_STEPS = 50
_MOST = 4
_FINAL = (InterviewState.FINISHED, InterviewState.ABANDONED, InterviewState.MOVED)
_pick = st.integers(min_value=0, max_value=10_000)


@dataclass
class Known:
    """What the machine knows of an interview without asking the storage. ``receipted``: the newest honest serial."""

    interview_id: str
    state: InterviewState = InterviewState.ACTIVE
    last_seq: int = 2
    recordings: dict[str, tuple[str, int]] = field(default_factory=dict)
    unheard: list[str] = field(default_factory=list)
    sent: dict[int, tuple[Envelope, Manifest]] = field(default_factory=dict)
    receipted: int = 0
    held: bool = False
    withdrawn: bool = False
    gone: bool = False

    @property
    def may_go(self) -> bool:
        """The rule of docs/sync.md, in the machine's own words."""
        if self.withdrawn:
            return True
        delivered = self.state in _FINAL and self.receipted == self.last_seq
        return delivered and not self.unheard and not self.held


class PurgeMachine(RuleBasedStateMachine):
    """``steps`` counts all steps of all runs; ``folder`` is where each run gets a folder of its own."""

    steps: ClassVar[int] = 0
    purges: ClassVar[int] = 0
    refusals: ClassVar[int] = 0
    folder: ClassVar[Path]
    office: ClassVar[Office]

    def __init__(self) -> None:
        super().__init__()
        self._place = tempfile.TemporaryDirectory(dir=self.folder)
        self.device = Device(Path(self._place.name), self.office)
        self.known: list[Known] = []

    def teardown(self) -> None:
        self.device.storage.close()
        self._place.cleanup()

    # ---- the candidate -------------------------------------------------------------------------------------------

    @initialize(heard=st.booleans())
    def two_interviews(self, heard: bool) -> None:
        """With two recordings each, one of them left once already, so that there is something to get wrong."""
        for _ in range(2):
            self.begin()
        for known in self.known:
            self._record(known, heard)
            self._say(known, EventDraft(EventType.PAUSED, ExitData(reason="network")), InterviewState.PAUSED)
            self._deliver_and_sign(known)
            self._say(known, EventDraft(EventType.RESUMED, ResumedData()), InterviewState.ACTIVE)
            self._record(known, heard)

    @precondition(lambda self: len(self.known) < _MOST)
    @rule()
    def begin(self) -> None:
        self.known.append(Known(self.device.begin().interview_id))

    @rule(pick=_pick, heard=st.booleans())
    def speak(self, pick: int, heard: bool) -> None:
        known = self._one(pick, InterviewState.ACTIVE)
        if known is not None and len(known.recordings) < 4:
            self._record(known, heard)

    @rule(pick=_pick)
    def words_are_known(self, pick: int) -> None:
        known = self._one(pick, InterviewState.ACTIVE, InterviewState.PAUSED, *_FINAL)
        if known is not None and known.unheard and not known.gone:
            self._hear(known)

    @rule(pick=_pick)
    def write(self, pick: int) -> None:
        self._say(self._one(pick, InterviewState.ACTIVE), text_answer())

    @rule(pick=_pick)
    def pause(self, pick: int) -> None:
        draft = EventDraft(EventType.PAUSED, ExitData(reason="network"))
        self._say(self._one(pick, InterviewState.ACTIVE), draft, InterviewState.PAUSED)

    @rule(pick=_pick)
    def resume(self, pick: int) -> None:
        draft = EventDraft(EventType.RESUMED, ResumedData())
        self._say(self._one(pick, InterviewState.PAUSED), draft, InterviewState.ACTIVE)

    @rule(pick=_pick, give_up=st.booleans())
    def end(self, pick: int, give_up: bool) -> None:
        known = self._one(pick, InterviewState.ACTIVE)
        if known is None:
            return
        if not give_up:
            known.last_seq = self.device.finish(known.interview_id).last_seq
            known.state = InterviewState.FINISHED
            return
        self._say(known, EventDraft(EventType.ABANDONED, ExitData(reason="give_up")), InterviewState.ABANDONED)

    @rule(pick=_pick)
    def answer_the_questionnaire(self, pick: int) -> None:
        known = self._one(pick, *_FINAL)
        if known is not None and not known.gone:
            self._say(known, EventDraft(EventType.QUESTIONNAIRE, QuestionnaireData(overall=5)))

    @rule(pick=_pick)
    def withdraw(self, pick: int) -> None:
        known = self._one(pick, InterviewState.ACTIVE, InterviewState.PAUSED, *_FINAL)
        if known is None or known.gone or pick % 4:
            return
        self.device.store.withdraw(known.interview_id, EventDraft(EventType.WITHDRAWN, WithdrawnData()))
        known.last_seq += 1
        known.state, known.withdrawn = InterviewState.DELETED, True
        known.sent.clear()  # manifests from before are void

    @rule(pick=_pick)
    def go_on_elsewhere(self, pick: int) -> None:
        """HR says that another device has gone on with it."""
        known = self._one(pick, InterviewState.ACTIVE, InterviewState.PAUSED, *_FINAL)
        if known is None or pick % 3:
            return
        moved = self.device.store.move_away(known.interview_id)
        assert moved is (known.state is InterviewState.PAUSED)
        known.state = InterviewState.MOVED if moved else known.state

    @rule(pick=_pick, hold=st.booleans())
    def look_or_leave(self, pick: int, hold: bool) -> None:
        """The interview is on screen, or no more."""
        known = self._one(pick, *_FINAL)
        if known is None:
            return
        known.held = hold
        (self.device.store.hold if hold else self.device.store.release)(known.interview_id)

    # ---- the line ------------------------------------------------------------------------------------------------

    @rule(pick=_pick)
    def deliver(self, pick: int) -> None:
        """HR takes some of what waits."""
        items = [item for item in self.device.outbox.pending() if item.kind is not ItemKind.MANIFEST]
        for item in items if pick % 3 else items[: pick % 7]:
            self.device.outbox.done(item)

    @rule(pick=_pick)
    def refuse(self, pick: int) -> None:
        items = self.device.outbox.pending()
        if items and pick % 5 == 0:
            self.device.outbox.refuse(items[pick % len(items)], ErrorCode.CONFLICT)

    @rule(pick=_pick)
    def ask_again(self, pick: int) -> None:
        """HR lacks something after all."""
        known = self._one(pick, *InterviewState)
        if known is not None:
            self.device.outbox.requeue(known.interview_id, [1 + pick % known.last_seq], list(known.recordings)[:1])

    @rule(pick=_pick)
    def gone_at_hr(self, pick: int) -> None:
        known = self._one(pick, *InterviewState)
        if known is not None:
            assert self.device.outbox.deleted_at_hr(known.interview_id) is known.withdrawn

    @rule(pick=_pick)
    def deliver_one_and_sign_its_manifest(self, pick: int) -> None:
        known = self._one(pick, *InterviewState)
        if known is not None:
            self._deliver_and_sign(known)

    @rule(pick=_pick)
    def go_the_whole_way(self, pick: int) -> None:
        known = self._one(pick, *_FINAL) or self._one(pick, InterviewState.PAUSED)
        if known is not None:
            self._deliver_and_sign(known)
            if known.sent:
                self._receipt(known, max(known.sent))

    @rule(pick=_pick, newest=st.booleans())
    def honest_receipt(self, pick: int, newest: bool) -> None:
        """Of the newest manifest, or of one before it, which a reply that was long on its way brings."""
        known = self._one(pick, *InterviewState)
        if known is not None and known.sent:
            self._receipt(known, max(known.sent) if newest else sorted(known.sent)[pick % len(known.sent)])

    @rule(pick=_pick, name=st.sampled_from(sorted(FORGERIES)))
    def dishonest_receipt(self, pick: int, name: str) -> None:
        known = self._one(pick, *InterviewState)
        other = self._one(pick + 1, *InterviewState)
        if known is None or other is None or not known.sent or not other.sent or other is known:
            return
        newest, oldest = known.sent[max(known.sent)], known.sent[min(known.sent)]
        if len(newest[1].objects) < 2 or newest is oldest:
            return  # some forgeries would be honest then
        key = self.device.enrolments.need().device_key
        case = Case(self.office, key, newest, oldest, other.sent[max(other.sent)])
        self._refused(known, on_the_wire(FORGERIES[name](case)))

    @rule(pick=_pick)
    def receipt_of_another_interview(self, pick: int) -> None:
        known, other = self._one(pick, *InterviewState), self._one(pick + 1, *InterviewState)
        if known is None or other is None or other is known or not other.sent:
            return
        self._refused(known, self.office.receipt(*other.sent[max(other.sent)]).to_bytes())

    @rule()
    def start_again(self) -> None:
        """The program ends, however, and is started again."""
        self.device.storage.close()
        self.device = Device(Path(self._place.name), self.office)
        for known in self.known:
            known.held = False

    # ---- what must hold after each step --------------------------------------------------------------------------

    @invariant()
    def nothing_goes_too_early(self) -> None:
        PurgeMachine.steps += 1
        for known in self.known:
            if known.gone:
                continue
            row = self.device.store.interview(known.interview_id)
            sizes = [self.device.vault.object_size(known.interview_id, name) for name in known.recordings]
            whole = sizes == [size for _, size in known.recordings.values()]
            if not row.key_present or not whole:
                assert known.may_go, f"{known} lost its key or a recording"
                known.gone = True
                PurgeMachine.purges += 1
                left = self.device.vault.object_path(known.interview_id, "x").parent
                assert not any(left.glob("*")), f"{known} was purged in part"

    # ---- inside --------------------------------------------------------------------------------------------------

    def _one(self, pick: int, *states: InterviewState) -> Known | None:
        fit = [known for known in self.known if known.state in states]
        return fit[pick % len(fit)] if fit else None

    def _say(self, known: Known | None, draft: EventDraft, state: InterviewState | None = None) -> None:
        if known is not None:
            known.last_seq = self.device.store.append(known.interview_id, [draft], state=state).last_seq
            known.state = state or known.state

    def _record(self, known: Known, heard: bool) -> None:
        number = len(known.recordings)
        take = self.device.record(known.interview_id, random.Random(number).randbytes(300), f"q{number}")
        known.last_seq = self.device.submit(take).last_seq
        stored = take.stored
        assert stored is not None
        known.recordings[stored.object_id] = stored.sha256, stored.size
        known.unheard.append(take.take_id)
        if heard:
            self._hear(known)

    def _deliver_and_sign(self, known: Known) -> None:
        for item in self.device.outbox.pending():
            if item.interview_id == known.interview_id and item.kind is not ItemKind.MANIFEST:
                self.device.outbox.done(item)
        sent = self.device.outbox.manifest(known.interview_id)
        if sent is not None:
            known.sent[sent[1].serial] = sent

    def _receipt(self, known: Known, serial: int) -> None:
        self.device.outbox.save_receipt(known.interview_id, self.office.receipt(*known.sent[serial]))
        known.receipted = max(known.receipted, serial)
        row = self.device.store.interview(known.interview_id)
        assert not known.may_go or not row.key_present, f"{known} was not purged although all is done"

    def _hear(self, known: Known) -> None:
        known.last_seq = self.device.transcribe(known.unheard.pop()).last_seq

    def _refused(self, known: Known, wire: bytes) -> None:
        before = self.device.store.interview(known.interview_id)
        try:
            self.device.outbox.save_receipt(known.interview_id, Envelope.from_bytes(wire))
        except XudaError:
            PurgeMachine.refusals += 1
        else:
            raise AssertionError(f"a receipt that does not fit was taken for {known}")
        assert self.device.store.interview(known.interview_id) == before


def run_machine(steps: int, start: int, folder: Path, fail: Callable[[str], None]) -> dict[str, int]:
    """At least ``steps`` steps, from seed ``start`` on; ``fail`` is told what was broken, with the seed."""
    PurgeMachine.folder, PurgeMachine.office = folder, Office()
    PurgeMachine.steps = PurgeMachine.purges = PurgeMachine.refusals = 0
    number = start
    while PurgeMachine.steps < steps:
        runs = max(1, min(40, (steps - PurgeMachine.steps) // _STEPS))
        try:
            run_state_machine_as_test(seed(number)(_Fresh.machine()), settings=_settings(runs))
        except Exception as error:
            fail(f"purge machine, seed {number}: {type(error).__name__}: {_story(error)}")
            break
        number += 1
    return {"steps": PurgeMachine.steps, "purges": PurgeMachine.purges, "refused receipts": PurgeMachine.refusals}


class _Fresh:
    """A class of its own per run, since a seed is written onto the class."""

    @staticmethod
    def machine() -> Any:
        return type("PurgeMachine", (PurgeMachine,), {})


def _settings(runs: int) -> settings:
    return settings(
        max_examples=runs,
        stateful_step_count=_STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )


def _story(error: BaseException) -> str:
    notes: list[str] = list(getattr(error, "__notes__", []))
    return " | ".join([str(error), *notes])[:2000]


@contextlib.contextmanager
def quick_folder(work: Path) -> Any:
    """Memory where there is some: this campaign is about what is decided, not about what a disk keeps."""
    memory = Path("/dev/shm")
    if memory.is_dir():
        with tempfile.TemporaryDirectory(prefix="xuda-purging-", dir=memory) as folder:
            yield Path(folder)
    else:
        yield work
