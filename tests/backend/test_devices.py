"""Enrolment with one-time codes, the downloaded kits and roster, revocation."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import requests
from sqlalchemy import select

from backend.db.models import Decision, Device, Interview, Role, User
from backend.services import devices, interviews, kits, standing, users
from contract.api import (
    PROBLEM_HEADER,
    Bootstrap,
    Contact,
    ContactReply,
    EnrolReply,
    EnrolRequest,
    Organisation,
    Problem,
    request_token,
)
from contract.canonical import b64decode, b64encode
from contract.envelope import open_envelope
from contract.errors import ErrorCode
from contract.events import HrState
from contract.invitation import Roster, lookup_hash, read
from contract.keys import SigningKey, fingerprint
from contract.kit import Kit
from tests.backend import tus
from tests.backend.test_events import code_of
from tests.backend.world import COMMAND_LINE, KIT, Booth, Served, Talk, invite


def ask(backend: Served, code: str, key: SigningKey | None = None, **changes: str) -> requests.Response:
    public = b64encode((key or SigningKey.generate()).public)
    request = EnrolRequest(code=code, public_key=public, name="Booth", platform="test", app_version="1")
    body = request.model_copy(update=changes).model_dump_json()
    return requests.post(f"{backend.url}/v1/enrol", data=body.encode(), timeout=20)


def test_a_code_shows_the_fingerprint_of_the_organisation_and_enrols(backend: Served) -> None:
    code = devices.new_enrolment_code(backend.hr, COMMAND_LINE)
    answer = ask(backend, code)
    assert answer.status_code == 200
    envelope = EnrolReply.model_validate_json(answer.content).organisation
    found = Organisation.model_validate_json(envelope.payload_bytes)
    assert [len(group) for group in code.split("-")] == [5, 5, 5]
    assert code.split("-")[2] == fingerprint(b64decode(found.sign_key))[:5]


def test_a_code_works_once(backend: Served) -> None:
    code = devices.new_enrolment_code(backend.hr, COMMAND_LINE)
    assert ask(backend, code).status_code == 200
    answer = ask(backend, code)
    assert (answer.status_code, code_of(answer)) == (403, ErrorCode.ENROLMENT_CODE_INVALID)


def test_a_device_whose_answer_got_lost_is_answered_the_same_again(backend: Served) -> None:
    code, key = devices.new_enrolment_code(backend.hr, COMMAND_LINE), SigningKey.generate()

    def device_id() -> str:
        envelope = EnrolReply.model_validate_json(ask(backend, code, key).content).organisation
        return Organisation.model_validate_json(envelope.payload_bytes).device_id

    assert device_id() == device_id()


def test_a_code_may_be_typed_carelessly(backend: Served) -> None:
    code = devices.new_enrolment_code(backend.hr, COMMAND_LINE)
    typed = " " + code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert ask(backend, typed).status_code == 200


def test_a_code_that_has_expired_or_was_never_made_is_refused(own_backend: Served) -> None:
    code = devices.new_enrolment_code(own_backend.hr, COMMAND_LINE, valid=timedelta(days=1))
    own_backend.clock.ahead = timedelta(days=1, seconds=1)
    assert ask(own_backend, code).status_code == 403
    assert ask(own_backend, "AAAAA-BBBBB-CCCCC").status_code == 403


def test_guessing_codes_is_slowed_down(own_backend: Served) -> None:
    statuses = [ask(own_backend, f"AAAAA-BBBB{i}-CCCCC") for i in range(9)]
    assert {answer.status_code for answer in statuses} == {403}
    answers = [ask(own_backend, "AAAAA-BBBBB-CCCCC") for _ in range(3)]
    assert (answers[-1].status_code, code_of(answers[-1])) == (429, ErrorCode.RATE_LIMITED)
    assert int(answers[-1].headers["Retry-After"]) > 0


@pytest.mark.parametrize("key", ["", "AAAA", "not base64!", b64encode(bytes(31))])
def test_a_key_that_is_none_is_refused_and_the_code_stays_good(backend: Served, key: str) -> None:
    code = devices.new_enrolment_code(backend.hr, COMMAND_LINE)
    answer = ask(backend, code, public_key=key)
    assert (answer.status_code, code_of(answer)) == (422, ErrorCode.FORMAT_INVALID)
    assert ask(backend, code).status_code == 200


def test_codes_are_stored_as_hashes_only(own_backend: Served) -> None:
    code = devices.new_enrolment_code(own_backend.hr, COMMAND_LINE)
    data = own_backend.hr.settings.data
    stored = b"".join(path.read_bytes() for path in data.glob("hr.db*"))
    for group in code.split("-")[:2]:
        assert group.encode() not in stored


def bootstrap(booth: Booth) -> Bootstrap:
    answer = booth.call("GET", "/v1/bootstrap")
    assert answer.status_code == 200, answer.text
    return Bootstrap.model_validate_json(answer.content)


def test_kits_and_roster_verify_with_the_organisations_key(own_backend: Served) -> None:
    invited = invite(own_backend.hr, "韩梅梅", phone="13912345678")
    kits.add_kit(own_backend.hr, COMMAND_LINE, KIT.replace("Tester", "Senior tester").encode())
    booth = own_backend.enrol()
    found = bootstrap(booth)
    kit = open_envelope(found.kits[0], Kit, booth.organisation_keys)
    assert (len(found.kits), kit.kit_id, kit.version) == (1, "test", 2)
    assert kit.encryption_key == booth.organisation.encryption_key
    roster = open_envelope(found.roster, Roster, booth.organisation_keys)
    assert roster.device_id == booth.device_id
    (entry,) = roster.entries
    assert (entry.name, read(entry.token, booth.organisation_keys).invitation_id) == ("韩梅梅", invited)
    assert entry.lookups == [lookup_hash("+86 139-1234-5678", roster.salt)]


def test_invitations_whose_time_is_over_leave_the_roster(own_backend: Served) -> None:
    invite(own_backend.hr, "韩梅梅")
    booth = own_backend.enrol()
    booth.seconds_off = 3 * 24 * 3600
    own_backend.clock.ahead = timedelta(days=3)
    roster = open_envelope(bootstrap(booth).roster, Roster, booth.organisation_keys)
    assert roster.entries == []


def test_nothing_of_a_revoked_device_is_accepted_and_what_it_sent_stays(backend: Served, talk: Talk) -> None:
    talk.started()
    talk.put_all()
    sealed = talk.seal(b"x" * 5000)
    url = tus.location(talk, sealed)
    devices.revoke(backend.hr, COMMAND_LINE, talk.booth.device_id)
    talk.finished()
    answers = [
        talk.put(2),
        talk.booth.call("GET", "/v1/bootstrap"),
        tus.patch(talk.booth, url, 0, sealed.data),
        tus.create(talk, sealed),
    ]
    for answer in answers:
        assert (answer.status_code, code_of(answer)) == (401, ErrorCode.DEVICE_REVOKED)
    assert interviews.summary(backend.hr, COMMAND_LINE, talk.interview_id).events == 1


def test_a_device_learns_only_the_decisions_that_were_released(own_backend: Served) -> None:
    hr = own_backend.hr
    user = users.add_user(hr, COMMAND_LINE, username="anna", role=Role.HR)
    booth = own_backend.enrol()
    talk = Talk(booth, invite(hr, "李雷"))
    talk.started()
    talk.finished()
    talk.put_all()

    def decide(state: HrState, *, released: bool) -> None:
        with hr.db.write() as session:
            user_id = session.scalars(select(User.id).where(User.username == user.username)).one()
            now = hr.now()
            session.add(
                Decision(
                    interview_id=talk.interview_id,
                    state=state.value,
                    user_id=user_id,
                    decided_at=now,
                    released_at=now if released else None,
                )
            )
            standing.settle(session, session.get_one(Interview, talk.interview_id))

    decide(HrState.SECOND_ROUND, released=False)
    assert bootstrap(booth).results == {}
    assert interviews.summary(hr, COMMAND_LINE, talk.interview_id).state is HrState.SECOND_ROUND
    decide(HrState.REJECTED, released=True)
    assert bootstrap(booth).results == {talk.interview_id: HrState.REJECTED}
    assert bootstrap(own_backend.enrol()).results == {}
    talk.resumed()
    talk.put_all()
    assert interviews.summary(hr, COMMAND_LINE, talk.interview_id).state is HrState.IN_PROGRESS


def test_what_a_device_says_of_itself_is_kept(backend: Served) -> None:
    booth = backend.enrol("Talkative")
    said = Contact(
        pending=3, failed=1, free_bytes=5 * 2**40, clock=datetime.now(UTC) - timedelta(days=400), app_version="9.9"
    )

    answer = booth.call("POST", "/v1/contact", said.model_dump_json().encode())

    assert ContactReply.read(answer.content).server_time
    (row,) = [row for row in devices.list_devices(backend.hr) if row.id == booth.device_id]
    assert (row.pending, row.failed, row.free_bytes, row.app_version) == (3, 1, 5 * 2**40, "9.9")
    assert row.clock_off == pytest.approx(-400 * 86400, abs=60)
    assert row.contact_at is not None
    assert requests.post(f"{backend.url}/v1/contact", data=said.model_dump_json(), timeout=20).status_code == 401


@pytest.mark.parametrize("field", ["pending", "failed", "free_bytes"])
def test_a_count_no_device_can_have_is_refused_and_changes_nothing(backend: Served, field: str) -> None:
    booth = backend.enrol()
    said = {"pending": 1, "failed": 0, "clock": "2026-11-22T08:00:00Z", "app_version": "1", field: 10**21}
    answer = booth.call("POST", "/v1/contact", json.dumps(said).encode())
    assert answer.status_code == 422, answer.text
    with backend.hr.db.read() as session:
        assert session.get_one(Device, booth.device_id).contact_at is None


def test_device_seen_while_the_servers_clock_was_ahead_is_seen_again_after_it_was_set_right(backend: Served) -> None:
    booth = backend.enrol("Seen")
    backend.clock.ahead = timedelta(days=400)
    booth.seconds_off = 400 * 86400
    assert booth.call("GET", "/v1/bootstrap").status_code == 200
    backend.clock.ahead = timedelta(0)
    booth.seconds_off = 0

    assert booth.call("GET", "/v1/bootstrap").status_code == 200

    (row,) = [row for row in devices.list_devices(backend.hr) if row.id == booth.device_id]
    assert row.seen_at is not None
    assert abs(row.seen_at - datetime.now(UTC)) < timedelta(minutes=1)


def test_refusal_of_a_head_request_says_in_a_header_what_a_body_would(backend: Served) -> None:
    booth = backend.enrol("Header")
    path = f"{backend.url}/v1/files/{'0' * 64}"
    booth.seconds_off = -400 * 86400

    wrong = requests.head(path, headers=booth.upload_headers(), timeout=20)
    booth.seconds_off = 0
    missing = requests.head(path, headers=booth.upload_headers(), timeout=20)

    assert Problem.read(wrong.headers[PROBLEM_HEADER]).params["server_time"]
    assert Problem.read(wrong.headers[PROBLEM_HEADER]).code is ErrorCode.CLOCK_WRONG
    assert Problem.read(missing.headers[PROBLEM_HEADER]).code is ErrorCode.NOT_FOUND


def test_networks_that_only_know_post_can_put_events_too(backend: Served) -> None:
    booth = backend.enrol("Post only")
    talk = Talk(booth, invite(backend.hr, "Post"))
    envelope = talk.started()
    path = f"/v1/interviews/{talk.interview_id}/events/1"
    token = request_token(booth.key, booth.device_id, booth.now(), method="PUT", path=path, body=envelope.to_bytes())
    headers = {"Authorization": f"Bearer {token}", "X-HTTP-Method-Override": "put"}

    assert requests.post(backend.url + path, data=envelope.to_bytes(), headers=headers, timeout=20).status_code == 201
    assert requests.post(f"{backend.url}/login", headers={"X-HTTP-Method-Override": "DELETE"}).status_code != 405


def test_candidate_who_has_begun_stays_on_the_roster_until_the_interview_has_ended(backend: Served) -> None:
    booth = backend.enrol("Roster")
    begun, idle = invite(backend.hr, "Begun"), invite(backend.hr, "Idle")
    talk = Talk(booth, begun)
    talk.started()
    talk.put_all()

    def listed() -> set[str]:
        envelope = Bootstrap.read(booth.call("GET", "/v1/bootstrap").content).roster
        roster = open_envelope(envelope, Roster, booth.organisation_keys)
        return {read(entry.token, booth.organisation_keys).invitation_id for entry in roster.entries} & {begun, idle}

    assert listed() == {begun, idle}
    backend.clock.ahead = timedelta(days=3)
    booth.seconds_off = 3 * 86400
    try:
        assert listed() == {begun}
        talk.finished()
        talk.put(2)
        assert listed() == set()
    finally:
        backend.clock.ahead = timedelta(0)
