"""Staff give a candidate more time, takes or another way to answer: offline, for one candidate, once, within bounds."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.interview.model import ExitReason
from contract import adjusting
from contract.adjusting import AdjustmentReason, Grant, subject_of_code, subject_of_invitation
from contract.canonical import b64encode
from contract.errors import ErrorCode, XudaError
from contract.events import AdjustedData, AdjustedSealed, EventType
from contract.invitation import Adjustments, Delegation
from contract.keys import SigningKey
from contract.kit import QuestionKind
from tests.interview.desk import CODE, Desk
from tests.storage.office import Office

MORE = Adjustments(time_factor=1.5, extra_takes=1)


@dataclass
class Staff:
    """A member of staff with a key, and the desk the candidate sits at."""

    desk: Desk
    office: Office
    key: SigningKey
    delegation: Delegation

    def token(
        self, adjustments: Adjustments = MORE, *, hours: float = 1, subject: str = "", key: SigningKey | None = None
    ) -> str:
        end = (self.now + timedelta(hours=hours)).replace(microsecond=0)
        grant = Grant(adjustments, AdjustmentReason.ACCESSIBILITY, end, secrets.token_bytes(6).hex())
        return adjusting.issue(grant, subject or subject_of_code(CODE), key or self.key)

    @property
    def now(self) -> datetime:
        return self.desk.device.shelf.server_time() or self.desk.clock.now()

    def adjust(self, token: str) -> Adjustments:
        return self.desk.run(self.desk.service.adjust, token)

    def refusal(self, token: str) -> ErrorCode:
        with pytest.raises(XudaError) as caught:
            self.adjust(token)
        return caught.value.code


def delegation(key: SigningKey, start: datetime, **changes: object) -> Delegation:
    values = {
        "delegation_id": "d1",
        "holder": "李老师",
        "public_key": b64encode(key.public),
        "not_before": start - timedelta(hours=1),
        "not_after": start + timedelta(days=5),
        "most_time_factor": 2.0,
        "most_extra_takes": 2,
        "ways": ["audio", "text"],
    }
    return Delegation.model_validate({**values, **changes})


@pytest.fixture
def staff(tmp_path: Path) -> Iterator[Staff]:
    office = Office()
    with Desk(tmp_path, office, total_seconds=600) as desk:
        key = SigningKey.generate()
        trusted = delegation(key, desk.clock.now())
        desk.trust(office, trusted)
        desk.run(desk.service.look_up, CODE)
        yield Staff(desk, office, key, trusted)


def begin(staff: Staff) -> None:
    staff.desk.run(staff.desk.service.begin, language="zh_CN", scoring=False)


def events(staff: Staff) -> list[EventType]:
    row = staff.desk.run(staff.desk.device.store.interviews)[0]
    return [event.kind for event in staff.desk.run(staff.desk.device.store.events, row.interview_id)]


def test_a_code_given_before_the_interview_is_in_force_from_its_first_question(staff: Staff) -> None:
    assert staff.adjust(staff.token()) == MORE
    begin(staff)
    step = staff.desk.run(staff.desk.service.step)
    assert step is not None
    assert (step.answer_seconds, step.takes_allowed, step.total_seconds_left) == (90, 3, 900)
    assert events(staff) == [EventType.STARTED, EventType.CONSENTED, EventType.ADJUSTED]


def test_a_code_given_during_the_interview_changes_the_question_that_is_open(staff: Staff) -> None:
    begin(staff)
    staff.desk.run(staff.desk.service.start_clock)
    staff.desk.clock.seconds += 100
    staff.adjust(staff.token(Adjustments(time_factor=2.0, answer_as="text")))
    step = staff.desk.run(staff.desk.service.step)
    assert step is not None
    assert (step.question.kind, step.total_seconds_left) == (QuestionKind.TEXT, 1100)
    assert QuestionKind.VIDEO not in staff.desk.run(staff.desk.service.remaining_kinds)


def test_what_was_given_is_sealed_in_an_event_that_says_who_and_why(staff: Staff) -> None:
    begin(staff)
    token = staff.token()
    staff.adjust(token)
    row = staff.desk.run(staff.desk.device.store.interviews)[0]
    event = staff.desk.run(staff.desk.device.store.events, row.interview_id)[-1]
    assert event.parse_data(AdjustedData).delegation_id == "d1"
    sealed = staff.desk.run(staff.desk.device.store.open_sealed, event, AdjustedSealed)
    assert isinstance(sealed, AdjustedSealed)
    assert (sealed.holder, sealed.reason, sealed.token) == ("李老师", "accessibility", token)
    staff.desk.device.database.scrub()
    assert all(token.encode() not in content for content in staff.desk.device.files().values())


def test_a_code_is_for_one_candidate_by_code_or_by_invitation(staff: Staff) -> None:
    assert staff.refusal(staff.token(subject=subject_of_code("ZZZZ-ZZZZ"))) is ErrorCode.ADJUSTMENT_OTHER
    other = subject_of_invitation("11111111-1111-4111-8111-111111111111")
    assert staff.refusal(staff.token(subject=other)) is ErrorCode.ADJUSTMENT_OTHER
    assert staff.adjust(staff.token(subject=subject_of_invitation(staff.desk.right.invitation_id))) == MORE


def test_a_code_counts_once_before_in_and_after_the_interview_and_after_a_restart(staff: Staff, tmp_path: Path) -> None:
    first, second = staff.token(), staff.token(Adjustments(extra_takes=2))
    staff.adjust(first)
    assert staff.refusal(first) is ErrorCode.ADJUSTMENT_USED
    begin(staff)
    assert staff.refusal(first) is ErrorCode.ADJUSTMENT_USED
    staff.adjust(second)
    staff.desk.run(staff.desk.service.pause, ExitReason.TIME)
    row = staff.desk.run(staff.desk.device.store.interviews)[0]
    staff.desk.run(staff.desk.service.resume, row.interview_id)
    assert staff.refusal(second) is ErrorCode.ADJUSTMENT_USED
    step = staff.desk.run(staff.desk.service.step)
    assert step is not None
    assert step.takes_allowed == 4


def test_a_code_is_used_up_also_when_the_interview_is_started_again(staff: Staff) -> None:
    token = staff.token()
    staff.adjust(token)
    begin(staff)
    staff.desk.run(staff.desk.service.abandon, ExitReason.GIVE_UP)
    entry = staff.desk.run(staff.desk.service.look_up, CODE)
    assert entry.adjustments == MORE  # the candidate keeps it, whoever has the code gains nothing by it
    assert staff.refusal(token) is ErrorCode.ADJUSTMENT_USED


def test_a_code_ends_by_the_backends_time_whatever_this_clock_says(staff: Staff) -> None:
    token = staff.token(hours=1)
    staff.desk.clock.wall += timedelta(days=400)
    staff.desk.clock.seconds += 3500
    assert staff.adjust(token) == MORE
    late = staff.token(hours=1)
    staff.desk.clock.seconds += 3700
    assert staff.refusal(late) is ErrorCode.ADJUSTMENT_EXPIRED


def test_forged_codes_and_codes_of_strangers_change_nothing(staff: Staff) -> None:
    stranger = SigningKey.generate()
    assert staff.refusal(staff.token(key=stranger)) is ErrorCode.ADJUSTMENT_SIGNER
    token = staff.token()
    place = len(adjusting.SCHEME) + 60
    wrong = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
    assert staff.refusal(wrong) is ErrorCode.ADJUSTMENT_INVALID
    assert staff.refusal("ABCD-EFGH") is ErrorCode.ADJUSTMENT_INVALID
    begin(staff)
    assert EventType.ADJUSTED not in events(staff)


def test_more_than_hr_allows_is_refused(staff: Staff) -> None:
    for beyond in (Adjustments(time_factor=2.5), Adjustments(extra_takes=3)):
        assert staff.refusal(staff.token(beyond)) is ErrorCode.ADJUSTMENT_LIMIT
    staff.desk.trust(staff.office, delegation(staff.key, staff.desk.clock.now(), batches=["another batch"]))
    assert staff.refusal(staff.token()) is ErrorCode.ADJUSTMENT_LIMIT
    staff.desk.trust(staff.office, delegation(staff.key, staff.desk.clock.now(), batches=[staff.desk.right.batch_id]))
    assert staff.adjust(staff.token()) == MORE


def test_a_right_that_hr_has_ended_or_that_has_run_out_gives_nothing(staff: Staff) -> None:
    staff.desk.trust(staff.office)
    assert staff.refusal(staff.token()) is ErrorCode.ADJUSTMENT_SIGNER
    staff.desk.trust(staff.office, staff.delegation)
    staff.desk.clock.seconds += timedelta(days=6).total_seconds()
    assert staff.refusal(staff.token()) is ErrorCode.ADJUSTMENT_SIGNER


def test_the_organisations_own_word_needs_no_delegation(staff: Staff) -> None:
    staff.desk.trust(staff.office)
    assert staff.adjust(staff.token(Adjustments(time_factor=4.0), key=staff.office.key)).time_factor == 4.0


def test_the_staff_panel_gives_more_only_where_hr_allows_it_and_so_much(staff: Staff) -> None:
    service = staff.desk.service
    assert staff.desk.run(service.panel_limits) is None
    with pytest.raises(XudaError) as caught:
        staff.desk.run(service.give_more, MORE, AdjustmentReason.TECHNICAL)
    assert caught.value.code is ErrorCode.ADJUSTMENT_SIGNER
    own = staff.desk.device.enrolments.need()
    panel = delegation(own.device_key, staff.desk.clock.now(), device_id=own.device_id, most_time_factor=1.5)
    staff.desk.trust(staff.office, panel)
    assert staff.desk.run(service.panel_limits) == panel
    begin(staff)
    assert staff.desk.run(service.give_more, MORE, AdjustmentReason.TECHNICAL) == MORE
    assert events(staff)[-1] is EventType.ADJUSTED
    for beyond in (Adjustments(time_factor=2.0), Adjustments()):
        with pytest.raises(XudaError) as caught:
            staff.desk.run(service.give_more, beyond, AdjustmentReason.TECHNICAL)
        assert caught.value.code is ErrorCode.ADJUSTMENT_LIMIT


def test_a_panel_that_belongs_to_another_device_gives_nothing_here(staff: Staff) -> None:
    own = staff.desk.device.enrolments.need()
    staff.desk.trust(staff.office, delegation(own.device_key, staff.desk.clock.now(), device_id="device-9"))
    assert staff.desk.run(staff.desk.service.panel_limits) is None


def test_roster_and_staff_together_give_the_larger_of_each(tmp_path: Path) -> None:
    office = Office()
    with Desk(tmp_path, office, adjustments=Adjustments(time_factor=2.0, answer_as="audio")) as desk:
        desk.trust(office)
        desk.begin()
        grant = Grant(MORE, AdjustmentReason.OTHER, datetime.now(UTC).replace(year=2099, microsecond=0), "00" * 6)
        desk.run(desk.service.adjust, adjusting.issue(grant, subject_of_code(CODE), office.key))
        step = desk.run(desk.service.step)
        assert step is not None
        assert (step.answer_seconds, step.takes_allowed, step.question.kind) == (120, 3, QuestionKind.AUDIO)
