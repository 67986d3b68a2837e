"""Events that come late, twice and out of order; receipts that are not what they say.

Broken promises are: another state than in order; a receipt taken that does not fit; a recording deleted without one
that does.
"""

from __future__ import annotations

import contextlib
import logging
import random
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from app.interview.states import InterviewState
from app.interview.store import EventDraft
from backend.runtime import Runtime, open_runtime
from backend.services import devices, intake, interviews, reports
from backend.services.actor import Actor
from backend.services.devices import Asking
from backend.settings import Settings
from contract import events as wire
from contract.api import EnrolRequest, Organisation
from contract.canonical import b64encode
from contract.envelope import Envelope, parse_payload
from contract.errors import XudaError
from contract.events import Event, EventType, HrState, make_event
from contract.keys import SigningKey
from contract.manifest import Receipt
from tests.backend.world import Booth, Talk, invite, organisation
from tests.campaigns.model import Findings, Options
from tests.faults.forgeries import FORGERIES, Case, on_the_wire
from tests.faults.purging import quick_folder, run_machine
from tests.storage.office import Device, Office, text_answer

TIMES = 3
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)
COMMAND_LINE = Actor.command_line()
_INTERVIEW = "0b6f6f0e-5c5c-4a0c-9f43-000000000001"
_MOVES = {
    EventType.STARTED: HrState.IN_PROGRESS,
    EventType.DECLINED: HrState.DECLINED,
    EventType.PAUSED: HrState.PAUSED,
    EventType.RESUMED: HrState.IN_PROGRESS,
    EventType.ABANDONED: HrState.INCOMPLETE,
    EventType.FINISHED: HrState.PENDING_REVIEW,
    EventType.WITHDRAWN: HrState.INCOMPLETE,
}
_DATA: dict[EventType, wire.WireModel] = {
    EventType.CONSENTED: wire.ConsentedData(consent_version="1", recording=True, scoring=True),
    EventType.CORRECTED: wire.CorrectedData(answer_id="a"),
    EventType.PICTURED: wire.PicturedData(answer_id="a"),
    EventType.PAUSED: wire.ExitData(reason="network"),
    EventType.RESUMED: wire.ResumedData(),
    EventType.ABANDONED: wire.ExitData(reason="give_up"),
    EventType.FINISHED: wire.FinishedData(answers=1),
    EventType.QUESTIONNAIRE: wire.QuestionnaireData(overall=4),
    EventType.DECLINED: wire.DeclinedData(consent_version="1"),
    EventType.WITHDRAWN: wire.WithdrawnData(),
}


# ---- the pure rule -----------------------------------------------------------------------------------------------


def check_derived_state(count: int, seed: int, findings: Findings) -> None:
    """``count`` events, cut into interviews of all lengths, each event TIMES times and shuffled."""
    rng = random.Random(f"{seed} derive")
    left, kinds, told = count, list(_DATA), 0
    while left > 0:
        length = min(left, rng.choice((1, 2, 3, 5, 10, 40, 400)))
        left -= length
        events = [_event(seq, rng.choice(kinds)) for seq in range(1, length + 1)]
        expected = HrState.INVITED
        for event in events:
            expected = _MOVES.get(event.kind, expected)
        mixed = events * TIMES
        rng.shuffle(mixed)
        told += len(mixed)
        found = wire.derive_state(mixed)
        story = " ".join(event.kind for event in events[-5:])
        findings.expect(found is expected, f"derive: {found} instead of {expected} after … {story} ({length} events)")
    findings.figures |= {"events": count, "events told": told}


def _event(seq: int, kind: EventType) -> Event:
    # the device's clock says nothing about the order
    at = datetime(2026, 11, 20, tzinfo=UTC) + timedelta(days=(seq * 7919) % 800 - 400)
    return make_event(interview_id=_INTERVIEW, seq=seq, kind=kind, at=at, device_id="d", data=_DATA[kind])


# ---- the backend's intake ----------------------------------------------------------------------------------------


def check_intake(folder: Path, count: int, seed: int, findings: Findings) -> None:
    """Two copies of one backend: one is told ``count`` events in order, one TIMES times each, shuffled, by four at
    once. What HR sees must be the same, down to the report."""
    rng = random.Random(f"{seed} intake")
    with _twins(folder) as (tidy, messy, booth, invitations):
        talks = []
        while sum(len(talk.envelopes) for talk in talks) < count:
            # one interview per invitation and attempt: several of them would be parts of one, numbered as they come
            attempt, place = divmod(len(talks), len(invitations))
            talks.append(_talk(booth, invitations[place], attempt + 1, rng))
        asking = Asking(booth.device_id, booth.key.public, {}, {booth.key.key_id: (booth.device_id, booth.key.public)})
        events = [(talk.interview_id, seq, envelope) for talk in talks for seq, envelope in talk.envelopes.items()]
        for event in events:
            intake.put_event(tidy, asking, *event)
        mixed = events * TIMES
        rng.shuffle(mixed)
        with ThreadPoolExecutor(4) as pool:
            new = sum(pool.map(lambda event: intake.put_event(messy, asking, *event)[1], mixed))
        findings.expect(new == len(events), f"intake: {new} of {len(mixed)} were new, not {len(events)}")
        for number, talk in enumerate(talks):
            one, two = (_seen_by_hr(hr, talk.interview_id) for hr in (tidy, messy))
            kinds = " ".join(parse_payload(e.payload_bytes, Event).kind for e in talk.envelopes.values())
            wrong = [name for name in one if one[name] != two[name]]
            findings.expect(not wrong, f"intake: interview {number} differs in {wrong} ({kinds})")
    findings.figures |= {"events through the intake": len(events), "told to it": len(mixed)}


@contextlib.contextmanager
def _twins(folder: Path) -> Iterator[tuple[Runtime, Runtime, Booth, list[str]]]:
    hr = organisation(folder / "tidy")
    key = SigningKey.generate()
    code = devices.new_enrolment_code(hr, COMMAND_LINE)
    request = EnrolRequest(code=code, public_key=b64encode(key.public), name="B", platform="t", app_version="1")
    envelope = devices.enrol(hr, request, address="order").organisation
    booth = Booth("", key, parse_payload(envelope.payload_bytes, Organisation))
    invitations = [invite(hr, f"Candidate {number}") for number in range(5)]
    hr.close()
    shutil.copytree(folder / "tidy", folder / "messy")
    tidy, messy = (open_runtime(Settings(data=folder / name)) for name in ("tidy", "messy"))
    try:
        yield tidy, messy, booth, invitations
    finally:
        tidy.close()
        messy.close()


def _talk(booth: Booth, invitation: str, attempt: int, rng: random.Random) -> Talk:
    """What a candidate may do, in any of its orders."""
    talk = Talk(booth, invitation)
    talk.started(attempt=attempt)
    talk.consented()
    for _ in range(rng.randint(0, 12)):
        step = rng.choice(("spoken", "heard", "written", "break"))
        if step == "spoken":
            talk.spoken(talk.seal(b"x"), question="q1")
        elif step == "heard":
            talk.heard(f"words {rng.random()}")
        elif step == "written":
            talk.written(f"text {rng.random()}")
        else:
            talk.paused(rng.choice(("network", "device", "time")), words="why")
            talk.resumed()
    end = rng.choice(("finished", "abandoned", "paused", "withdrawn", "open"))
    if end == "finished":
        talk.finished()
        talk.add(EventType.QUESTIONNAIRE, wire.QuestionnaireData(overall=3))
    elif end == "paused":
        talk.paused()
    elif end in ("abandoned", "withdrawn"):
        talk.add(EventType(end), _DATA[EventType(end)])
    return talk


def _seen_by_hr(hr: Runtime, interview_id: str) -> dict[str, Any]:
    summary = interviews.summary(hr, COMMAND_LINE, interview_id)
    report = reports.build(hr, COMMAND_LINE, interview_id, "en").model_dump(exclude={"generated_at"})
    with hr.db.read() as session:
        digests = intake.stored_digests(session, interview_id)
    line = replace(summary, updated_at=_NEVER, device_seen=None)
    return {"events": digests, "line": line, **{f"report.{name}": value for name, value in report.items()}}


# ---- receipts ----------------------------------------------------------------------------------------------------


def check_forgeries(folder: Path, findings: Findings) -> None:
    """Each forged receipt is refused and changes nothing; the honest one after them is taken."""
    office = Office()
    with Device(folder / "forged", office) as device:
        case, interview_id = _case(device, office)
        for name, forge in FORGERIES.items():
            before = device.store.interview(interview_id), device.outbox.pending(), _objects(device)
            taken = _save(device, interview_id, on_the_wire(forge(case)))
            findings.expect(not taken, f"forgery taken: {name}")
            after = device.store.interview(interview_id), device.outbox.pending(), _objects(device)
            findings.expect(before == after, f"forgery left traces: {name}")
        honest = _save(device, interview_id, on_the_wire(case.honest()))
        findings.expect(honest and not _objects(device).get(interview_id), "the honest receipt was not taken")
    findings.figures["kinds of forged receipt"] = len(FORGERIES)


def _case(device: Device, office: Office) -> tuple[Case, str]:
    interview_id = device.begin().interview_id
    for number in range(3):
        take = device.record(interview_id, bytes([number]) * 3000, f"q{number}")
        device.submit(take)
        device.transcribe(take.take_id)
    draft = EventDraft(EventType.PAUSED, wire.ExitData(reason="network"))
    device.store.append(interview_id, [draft], state=InterviewState.PAUSED)
    device.deliver()
    older = device.outbox.manifest(interview_id)
    resumed = EventDraft(EventType.RESUMED, wire.ResumedData())
    device.store.append(interview_id, [resumed, text_answer()], state=InterviewState.ACTIVE)
    device.finish(interview_id)
    other = device.begin().interview_id
    device.submit(device.record(other))
    device.finish(other)
    device.deliver()
    newest, foreign = device.outbox.manifest(interview_id), device.outbox.manifest(other)
    assert older
    assert newest
    assert foreign
    return Case(office, device.enrolments.need().device_key, newest, older, foreign), interview_id


def _save(device: Device, interview_id: str, data: bytes) -> bool:
    try:
        device.outbox.save_receipt(interview_id, Envelope.from_bytes(data))
    except XudaError:
        return False
    return True


def _objects(device: Device) -> dict[str, list[tuple[str, bytes]]]:
    found: dict[str, list[tuple[str, bytes]]] = {}
    for path, content in device.files().items():
        if path.startswith("objects/"):
            found.setdefault(path.split("/")[1], []).append((path, content))
    return found


# ---- the campaign ------------------------------------------------------------------------------------------------


def _latest_told(events: Sequence[Event]) -> HrState:
    moving = [event for event in events if event.kind in _MOVES]
    return _MOVES[moving[-1].kind] if moving else HrState.INVITED


def _unverified(envelope: Envelope, enrolment: object) -> Receipt:
    return parse_payload(envelope.payload_bytes, Receipt)


def _any_number(db: Any, interview_id: str) -> bool:
    """The purge rule without the number of the newest event, and without waiting for the words."""
    sql = "SELECT receipt_serial, state FROM interviews WHERE interview_id = ?"
    row = db.execute(sql, (interview_id,)).fetchone()
    return row is not None and row[0] is not None and InterviewState(row[1]).final


DEFECTS: dict[str, tuple[str, Any]] = {
    "latest-told-wins": ("contract.events.derive_state", _latest_told),
    "hashes-unchecked": ("app.storage.outbox.check_receipt", lambda receipt, manifest, digest: None),
    "signature-unchecked": ("app.storage.outbox._open_receipt", _unverified),
    "stale-receipt-purges": ("app.storage.purge._may_purge", _any_number),
    "purged-before-words": ("app.storage.purge._UNHEARD", "SELECT 1 FROM takes WHERE interview_id = ? AND 0"),
}
BROKEN = tuple(DEFECTS)


def campaign(options: Options) -> Findings:
    findings = Findings()
    defect = mock.patch(*DEFECTS[options.broken]) if options.broken else contextlib.nullcontext()
    logging.disable(logging.WARNING)
    try:
        with defect, quick_folder(options.work) as folder:
            check_derived_state(10_000, options.seed, findings)
            check_intake(folder, 150 if options.short else 2_000, options.seed, findings)
            check_forgeries(folder, findings)
            steps = options.cases(short=5_000, long=100_000)
            findings.figures |= run_machine(steps, options.seed, folder, findings.failures.append)
    finally:
        logging.disable(logging.NOTSET)
    return findings
