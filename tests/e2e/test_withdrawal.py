"""Taking the consent back, at every moment: nothing readable stays, HR hears one word, and confirms it signed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from app.interview.model import ExitReason
from app.interview.states import InterviewState
from backend.db.models import EventRow, ObjectRow, Upload
from backend.services import deletion
from contract.certificate import DeletionCertificate, Requester
from contract.envelope import Envelope, open_envelope, sign
from contract.errors import ErrorCode, XudaError
from contract.events import EventType
from contract.keys import SigningKey
from contract.parts import Notice, NoticeKind
from tests.backend.world import COMMAND_LINE
from tests.e2e.hall import NAME, Hall, Stand, hall
from tests.speech.say import say
from tests.support.needles import secrets_of
from tests.support.waiting import wait_for
from tests.sync.faults import Answer, Asked, Handle

PLANTED = "planted phrase 独一无二的句子 zq97"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with hall(tmp_path_factory.mktemp("hall")) as made:
        made.stand()
        made.stand()
        yield made


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "say.wav"
    say("i lead the team .", "en", path)
    return path


@pytest.fixture
def code(place: Hall) -> str:
    made = place.invite("spoken")
    for stand in place.stands:
        wait_for(partial(heard_of, stand, made), "the invitation", seconds=60)
    return made


def heard_of(stand: Stand, code: str) -> bool:
    stand.deliver()
    try:
        stand.run(stand.service.look_up, code)
    except XudaError as error:
        if error.code is ErrorCode.INVITATION_UNKNOWN:
            return False
        raise
    return True


class Traces:
    """What of an interview lies in a folder before it is withdrawn: all of it is looked for afterwards."""

    def __init__(self, stand: Stand, interview_id: str) -> None:
        self.stand, self.interview_id = stand, interview_id
        events = stand.run(stand.client.storage.interviews.events, interview_id)
        assert any(event.sealed for event in events)
        self.stored = secrets_of(events)
        assert all(stand.holds(needle) for needle in self.stored)

    def assert_gone(self) -> None:
        stand, storage = self.stand, self.stand.client.storage
        assert stand.sealed() == []
        assert storage.keystore.get(f"interview:{self.interview_id}") is None
        for phrase in (PLANTED, NAME, "独一无二"):
            for encoded in (phrase.encode(), phrase.encode("utf-16-le"), phrase.encode("gb18030")):
                assert stand.holds(encoded) == [], phrase
        assert stand.holds(*self.stored) == []
        kept = stand.run(storage.interviews.events, self.interview_id)
        assert [event.kind for event in kept] in ([], [EventType.WITHDRAWN])
        assert all(event.sealed is None for event in kept)
        sql = "SELECT count(*) AS n FROM events WHERE interview_id = ? AND envelope IS NOT NULL"
        left = storage.database.call(lambda db: list(db.query(sql, [self.interview_id])))[0]["n"]
        assert left == len(kept)


def begin(stand: Stand, code: str, sound: Path) -> str:
    """One written answer, a spoken one whose words are known, and a draft."""
    interview_id = stand.go_on(code)
    stand.answer(PLANTED)
    stand.answer(sound=sound)
    events = stand.client.storage.interviews.events
    wait_for(
        lambda: EventType.TRANSCRIBED in [e.kind for e in stand.run(events, interview_id)], "the words", seconds=60
    )
    stand.run(stand.service.save_draft, "q3", PLANTED)
    return interview_id


def certified(stand: Stand, interview_id: str) -> DeletionCertificate:
    wait_for(lambda: stand.deliver() == 0 and stand.mine(interview_id).certificate, "the certificate", seconds=30)
    found = stand.mine(interview_id).certificate
    assert found is not None
    envelope = Envelope.model_validate(json.loads(found.document))
    keys = stand.client.storage.enrolments.need().organisation_keys
    opened = open_envelope(envelope, DeletionCertificate, keys)
    assert (opened.certificate_id, opened.interview_id) == (found.certificate_id, interview_id)
    return opened


def at_hr(place: Hall, interview_id: str) -> tuple[list[str], int, int]:
    """Events, objects and uploads HR still has."""
    with place.backend.hr.db.read() as session:
        events = session.scalars(select(EventRow.kind).where(EventRow.interview_id == interview_id)).all()
        objects = session.scalars(select(ObjectRow.object_id).where(ObjectRow.interview_id == interview_id)).all()
        uploads = session.scalars(select(Upload.id).where(Upload.interview_id == interview_id)).all()
    return list(events), len(objects), len(uploads)


def sent(place: Hall, interview_id: str, since: int) -> list[str]:
    return [asked.line for asked in place.front.asked[since:] if interview_id in asked.line]


def test_what_was_never_delivered_is_never_sent(place: Hall, code: str, sound: Path) -> None:
    stand = place.stands[0]
    with place.offline():
        interview_id = begin(stand, code, sound)
        traces = Traces(stand, interview_id)
        stand.run(stand.service.pause, ExitReason.OTHER, PLANTED)
        stand.deliver(0)
        stand.run(stand.service.withdraw, interview_id)
        traces.assert_gone()
        assert stand.state(interview_id) is InterviewState.DELETED
    since = len(place.front.asked)
    found = certified(stand, interview_id)
    assert (found.requested_by, found.objects) == (Requester.CANDIDATE, [])
    (only,) = [line for line in sent(place, interview_id, since) if line.startswith(("PUT", "POST", "PATCH"))]
    assert only.startswith(f"PUT /v1/interviews/{interview_id}/events/"), "the withdrawal alone"
    assert not [asked for asked in place.front.asked[since:] if asked.path.startswith("/v1/files")]
    assert found.records["events"] == 1
    assert at_hr(place, interview_id) == ([], 0, 0)
    traces.assert_gone()


def test_in_the_middle_of_a_recording(place: Hall, code: str, sound: Path) -> None:
    stand = place.stands[0]
    interview_id = stand.go_on(code)
    stand.answer(PLANTED)
    stand.deliver()
    traces = Traces(stand, interview_id)
    step = stand.run(stand.service.step)
    stand.client.devices.set_microphone(f"file:{sound}")
    stand.run(stand.service.begin_take, step.question.question_id)
    assert stand.sealed() != []
    stand.run(stand.service.withdraw, interview_id)
    assert stand.service.active_id is None
    traces.assert_gone()
    certified(stand, interview_id)


def test_after_everything_was_delivered_and_purged(place: Hall, code: str, sound: Path) -> None:
    stand = place.stands[0]
    interview_id = begin(stand, code, sound)
    traces = Traces(stand, interview_id)
    stand.answer("third")
    stand.answer()
    stand.run(stand.service.finish)
    stand.run(stand.service.start_page)
    wait_for(lambda: stand.deliver() == 0 and stand.sealed() == [], "delivery")
    assert at_hr(place, interview_id)[1] == 1
    stand.run(stand.service.withdraw, interview_id)
    found = certified(stand, interview_id)
    assert len(found.objects) == 1
    assert at_hr(place, interview_id) == ([], 0, 0)
    traces.assert_gone()


def test_in_the_middle_of_an_upload(place: Hall, code: str, sound: Path) -> None:
    stand = place.stands[0]
    interview_id = begin(stand, code, sound)
    traces = Traces(stand, interview_id)
    stand.run(stand.service.pause, ExitReason.NETWORK)
    assert stand.client.engine is not None
    uploader = stand.client.engine._uploader
    before = uploader._chunk, uploader._smallest_chunk, uploader._largest_chunk
    uploader._chunk = uploader._smallest_chunk = uploader._largest_chunk = 2048
    chunks: list[str] = []

    def withdraw(asked: Asked, handle: Handle) -> Answer:
        if asked.method == "PATCH":
            chunks.append(asked.path)
            if len(chunks) == 2:
                stand.run(stand.service.withdraw, interview_id)
        return handle(asked)

    place.front.fail("/v1/files/", withdraw)
    try:
        assert stand.deliver() == 0
    finally:
        place.front.heal()
        uploader._chunk, uploader._smallest_chunk, uploader._largest_chunk = before
    assert len(chunks) == 2, "no byte is sent after the withdrawal"
    certified(stand, interview_id)
    assert at_hr(place, interview_id) == ([], 0, 0)
    name = chunks[0].rpartition("/")[2]
    assert not place.backend.hr.store.path(name).exists()
    traces.assert_gone()


def test_a_withdrawal_at_one_booth_reaches_the_parts_on_all_others(place: Hall, code: str, sound: Path) -> None:
    first, second = place.stands
    one = begin(first, code, sound)
    traces = Traces(first, one)
    first.run(first.service.pause, ExitReason.NETWORK)
    first.deliver()
    two = second.go_on(code)
    second.answer(PLANTED)
    second.run(second.service.pause, ExitReason.TIME)
    assert first.sealed() != []
    since = len(place.front.asked)
    second.run(second.service.withdraw, two)
    second.deliver()
    first.deliver()
    assert first.state(one) is InterviewState.DELETED
    traces.assert_gone()
    assert certified(first, one).requested_by is certified(second, two).requested_by is Requester.CANDIDATE
    assert not [line for line in sent(place, one, since) if line.startswith("PUT")], "the first has nothing to say"
    assert at_hr(place, one) == at_hr(place, two) == ([], 0, 0)


def test_a_booth_that_was_offline_all_along_deletes_its_part_when_it_hears(place: Hall, code: str, sound: Path) -> None:
    first, second = place.stands
    with place.offline():
        one = begin(first, code, sound)
        traces = Traces(first, one)
        first.run(first.service.pause, ExitReason.NETWORK)
        first.run(first.service.start_page)
        two = second.go_on(code)
        second.run(second.service.withdraw, two)
    certified(second, two)
    wait_for(lambda: first.deliver() == 0 and first.state(one) is InterviewState.DELETED, "the word", seconds=30)
    traces.assert_gone()
    certified(first, one)
    assert at_hr(place, one) == ([], 0, 0)
    assert first.client.storage.outbox.counts() == (0, 0)


def test_a_withdrawal_that_a_failing_keystore_interrupts_is_finished_at_the_next_start(
    place: Hall, code: str, sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.storage.recovery import recover

    stand = place.stands[0]
    interview_id = begin(stand, code, sound)
    traces = Traces(stand, interview_id)
    storage = stand.client.storage

    def fail(name: str) -> None:
        raise XudaError(ErrorCode.KEYSTORE_LOCKED)

    monkeypatch.setattr(storage.keys._keystore, "delete", fail)
    with pytest.raises(XudaError):
        stand.run(stand.service.withdraw, interview_id)
    assert stand.state(interview_id) is InterviewState.DELETED, "what was decided stands"
    monkeypatch.undo()
    stand.service._active.interview_id = None
    recover(storage.database, storage.vault, storage.keys)
    traces.assert_gone()
    certified(stand, interview_id)


def test_what_hr_deletes_goes_from_the_booths_too(place: Hall, code: str, sound: Path) -> None:
    first = place.stands[0]
    interview_id = begin(first, code, sound)
    traces = Traces(first, interview_id)
    first.run(first.service.pause, ExitReason.NETWORK)
    first.deliver()
    deletion.delete_interview(place.backend.hr, COMMAND_LINE, interview_id)
    assert certified(first, interview_id).requested_by is Requester.ADMINISTRATOR
    assert first.state(interview_id) is InterviewState.DELETED
    traces.assert_gone()


def test_forged_words_of_hr_change_nothing(place: Hall, code: str) -> None:
    first, second = place.stands
    interview_id = first.go_on(code)
    first.answer(PLANTED)
    first.run(first.service.pause, ExitReason.NETWORK)
    book, hr = first.client.storage.notices, place.backend.hr
    enrolment = first.client.storage.enrolments.need()
    stranger = SigningKey.generate()

    def notice(device: str, interview: str, key: SigningKey) -> Envelope:
        made = Notice(device_id=device, interview_id=interview, kind=NoticeKind.DELETED, issued_at=hr.now())
        return sign(made, key)

    other = second.client.storage.enrolments.need().device_id
    good = hr.vault.sign_key
    forged = [
        (notice(enrolment.device_id, interview_id, stranger), ErrorCode.KEY_UNKNOWN),
        (notice(enrolment.device_id, interview_id, enrolment.device_key), ErrorCode.KEY_UNKNOWN),
        (notice(other, interview_id, good), ErrorCode.SERVER_MISMATCH),
        (notice(enrolment.device_id, "another", good), ErrorCode.SERVER_MISMATCH),
    ]
    for envelope, expected in forged:
        with pytest.raises(XudaError) as caught:
            first.run(book.take_notice, envelope)
        assert caught.value.code is expected
    assert first.state(interview_id) is InterviewState.PAUSED
    first.run(first.service.withdraw, interview_id)
    found = certified(first, interview_id)
    for changes, key in (({"interview_id": "another"}, good), ({"organisation_id": "x"}, good), ({}, stranger)):
        with pytest.raises(XudaError):
            first.run(book.take_certificate, interview_id, sign(found.model_copy(update=changes), key))
    assert certified(first, interview_id) == found
