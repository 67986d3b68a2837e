"""Events: each once, in any order, from the device that made them, and nothing else."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from backend.db.models import EventRow
from backend.services import bootstrap, interviews, states
from backend.services.interview_rows import ListQuery
from contract import events as ev
from contract.api import request_token, upload_token
from contract.canonical import b64encode
from contract.envelope import Envelope, Signature, _pae, sign
from contract.errors import ErrorCode
from contract.events import EventType, HrState, derive_state, events_digest, make_event
from contract.keys import SigningKey
from tests.backend.world import BOTH, COMMAND_LINE, Booth, Served, Talk, invite

DATABASES = BOTH


def code_of(answer: requests.Response) -> str:
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    return str(body["code"])


def whole_story(talk: Talk) -> Talk:
    talk.started()
    talk.consented()
    talk.written("first answer")
    talk.paused("network", "the line is dead")
    talk.resumed()
    talk.written("second answer")
    talk.finished()
    return talk


def line(backend: Served, talk: Talk) -> interviews.InterviewSummary:
    return interviews.summary(backend.hr, COMMAND_LINE, talk.interview_id)


def test_the_same_events_shuffled_and_sent_three_times_give_the_same_interview(backend: Served, booth: Booth) -> None:
    shown = []
    for seed in range(3):
        talk = whole_story(Talk(booth, invite(backend.hr, "韩梅梅")))
        order = [*talk.envelopes] * 3
        random.Random(seed).shuffle(order)
        statuses = [talk.put(seq).status_code for seq in order]
        assert statuses.count(201) == len(talk.envelopes)
        assert statuses.count(200) == 2 * len(talk.envelopes)
        check = talk.check()
        assert check["events"] == {str(seq): item.digest for seq, item in talk.envelopes.items()}
        found = line(backend, talk)
        shown.append((check["state"], found.answers, found.reasons, found.events, found.candidate, found.department_id))
    assert shown == [("pending_review", 1, ["network"], 7, "韩梅梅", "rd")] * 3


def test_the_state_after_every_prefix_in_any_order_is_the_derived_one(talk: Talk) -> None:
    whole_story(talk)
    order = [*talk.envelopes]
    random.Random(7).shuffle(order)
    sent = []
    for seq in order:
        talk.put(seq)
        sent.append(talk.opened(talk.envelopes[seq]))
        assert talk.check()["state"] == derive_state(sent)


def test_another_event_under_a_taken_number_is_a_conflict_and_changes_nothing(talk: Talk) -> None:
    talk.started()
    first = talk.consented()
    talk.put_all()
    other = talk.add(EventType.DECLINED, ev.DeclinedData(consent_version="1"), seq=2)
    answer = talk.put(2, other)
    assert (answer.status_code, code_of(answer)) == (409, ErrorCode.CONFLICT)
    assert talk.check()["events"]["2"] == first.digest
    assert talk.check()["state"] == HrState.IN_PROGRESS


def test_an_unknown_interview_has_no_events_and_is_invited(talk: Talk) -> None:
    check = talk.check()
    assert (check["state"], check["events"], check["objects"]) == (HrState.INVITED, {}, [])
    assert check["events_digest"] == events_digest({})


def test_an_event_signed_by_another_key_is_refused(talk: Talk) -> None:
    started = talk.started()
    forged = sign(talk.opened(started), SigningKey.generate())
    answer = talk.put(1, forged)
    assert (answer.status_code, code_of(answer)) == (422, ErrorCode.KEY_UNKNOWN)
    assert talk.check()["events"] == {}


def test_an_event_whose_payload_was_changed_is_refused(talk: Talk) -> None:
    started = talk.started()
    payload = started.payload_bytes.replace(b'"attempt":1', b'"attempt":2')
    answer = talk.put(1, started.model_copy(update={"payload": b64encode(payload)}))
    assert (answer.status_code, code_of(answer)) == (422, ErrorCode.SIGNATURE_INVALID)


def test_an_event_that_names_another_device_is_refused(talk: Talk) -> None:
    event = talk.opened(talk.started()).model_copy(update={"device_id": str(uuid.uuid4())})
    answer = talk.put(1, talk.booth.sign(event))
    assert (answer.status_code, code_of(answer)) == (403, ErrorCode.FORBIDDEN)


@pytest.mark.parametrize("change", [{"seq": 2}, {"interview_id": "another"}])
def test_an_event_under_another_address_than_its_own_is_refused(talk: Talk, change: dict[str, Any]) -> None:
    event = talk.opened(talk.started()).model_copy(update=change)
    answer = talk.put(1, talk.booth.sign(event))
    assert (answer.status_code, code_of(answer)) == (422, ErrorCode.FORMAT_INVALID)


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b"\xff\xfe", b'{"payload": 1}'])
def test_a_body_that_is_no_envelope_is_refused(talk: Talk, body: bytes) -> None:
    answer = talk.booth.call("PUT", f"/v1/interviews/{talk.interview_id}/events/1", body)
    assert (answer.status_code, code_of(answer)) == (422, ErrorCode.FORMAT_INVALID)


def test_a_manifest_cannot_pass_for_an_event(talk: Talk) -> None:
    talk.started()
    answer = talk.put(1, talk.booth.sign(talk.manifest([])))
    assert (answer.status_code, code_of(answer)) == (422, ErrorCode.FORMAT_INVALID)


def test_an_interview_whose_key_hr_cannot_open_is_refused_at_once(talk: Talk) -> None:
    wrong = talk.started(wrapped_key=b64encode(bytes(80)))
    answer = talk.put(1, wrong)
    assert (answer.status_code, code_of(answer)) == (422, ErrorCode.SEALED_DAMAGED)
    assert talk.check()["events"] == {}


def test_another_device_can_neither_write_nor_read_an_interview(backend: Served, talk: Talk) -> None:
    talk.started()
    talk.put_all()
    stranger = Talk(backend.enrol(), talk.invitation_id, interview_id=talk.interview_id, key=talk.key)
    stranger.started()
    stranger.add(EventType.ABANDONED, ev.ExitData(reason="give_up"), seq=2)
    assert stranger.put(2).status_code == 403
    path = f"/v1/interviews/{talk.interview_id}/check"
    assert stranger.booth.call("GET", path).status_code == 403
    assert talk.check()["state"] == HrState.IN_PROGRESS


def test_an_interview_in_progress_whose_device_is_silent_is_shown_as_paused_until_it_speaks(
    own_backend: Served,
) -> None:
    talk = Talk(own_backend.enrol(), invite(own_backend.hr, "李雷"))
    talk.started()
    talk.put_all()
    assert line(own_backend, talk).shown_state is HrState.IN_PROGRESS
    own_backend.clock.ahead = timedelta(seconds=119)
    assert line(own_backend, talk).shown_state is HrState.IN_PROGRESS
    own_backend.clock.ahead = timedelta(seconds=130)
    found = line(own_backend, talk)
    assert (found.state, found.shown_state, found.shown_reason) == (
        HrState.IN_PROGRESS,
        HrState.PAUSED,
        states.NO_CONTACT,
    )
    talk.booth.seconds_off = 130
    talk.check()
    assert line(own_backend, talk).shown_state is HrState.IN_PROGRESS


def test_an_interview_for_an_unknown_invitation_is_kept_and_listed(booth: Booth, backend: Served) -> None:
    talk = Talk(booth, str(uuid.uuid4()))
    talk.started()
    talk.put_all()
    found = line(backend, talk)
    assert (found.code, found.candidate, found.department_id) == (None, "", "rd")


@pytest.mark.parametrize("damage", [lambda text: "AA" + text, lambda text: text[:-4] + "AAAA", lambda text: ""])
def test_an_event_damaged_in_the_database_is_missed_and_can_be_sent_again(
    backend: Served, talk: Talk, damage: Callable[[str], str]
) -> None:
    talk.started()
    talk.consented()
    talk.put_all()
    with backend.hr.db.write() as session:
        row = session.get_one(EventRow, (talk.interview_id, 2))
        row.sealed = damage(row.sealed)
    assert [*talk.check()["events"]] == ["1"]
    assert talk.put(2).status_code == 200
    assert [*talk.check()["events"]] == ["1", "2"]


def test_invited_candidates_are_listed_until_they_start(backend: Served, talk: Talk) -> None:
    def waiting() -> list[str | None]:
        found = interviews.list_interviews(backend.hr, COMMAND_LINE, ListQuery(state=HrState.INVITED, size=1000))
        return [item.invitation_id for item in found.items]

    assert talk.invitation_id in waiting()
    talk.started()
    talk.put_all()
    assert talk.invitation_id not in waiting()


# ---- who asks -------------------------------------------------------------------------------------------------------


def get(booth: Booth, token: str, path: str = "/v1/bootstrap") -> requests.Response:
    return requests.get(booth.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=20)


def test_a_request_without_or_with_a_broken_token_is_unauthorised(booth: Booth) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer"}):
        answer = requests.get(booth.url + "/v1/bootstrap", headers=headers, timeout=20)
        assert (answer.status_code, code_of(answer)) == (401, ErrorCode.UNAUTHORIZED)


@pytest.mark.parametrize(
    "bound", [{"method": "PUT"}, {"path": "/v1/health"}, {"path": "/v1/bootstrap?x=1"}, {"body": b"other"}]
)
def test_a_token_for_another_request_does_not_serve(booth: Booth, bound: dict[str, Any]) -> None:
    token = request_token(
        booth.key, booth.device_id, booth.now(), **{"method": "GET", "path": "/v1/bootstrap", **bound}
    )
    answer = get(booth, token)
    assert (answer.status_code, code_of(answer)) == (401, ErrorCode.UNAUTHORIZED)


def test_a_token_for_uploads_opens_nothing_else(booth: Booth) -> None:
    answer = get(booth, upload_token(booth.key, booth.device_id, booth.now()))
    assert (answer.status_code, code_of(answer)) == (401, ErrorCode.UNAUTHORIZED)


def test_the_query_is_part_of_what_a_token_is_bound_to(booth: Booth) -> None:
    path = "/v1/bootstrap?x=1"
    token = request_token(booth.key, booth.device_id, booth.now(), method="GET", path=path)
    assert get(booth, token, path).status_code == 200


@pytest.mark.parametrize("seconds", [-3600 * 24 * 400, -3600, 3600])
def test_a_device_with_a_wrong_clock_is_told_the_time(booth: Booth, seconds: float) -> None:
    booth.seconds_off = seconds
    answer = booth.call("GET", "/v1/bootstrap")
    assert (answer.status_code, code_of(answer)) == (401, ErrorCode.CLOCK_WRONG)
    told = datetime.fromisoformat(answer.json()["params"]["server_time"])
    assert abs(told - datetime.now(UTC)) < timedelta(seconds=30)


def test_every_error_is_a_problem(booth: Booth) -> None:
    wrong = {
        ("GET", "/v1/nothing"): 404,
        ("POST", "/v1/health"): 405,
        ("PUT", "/v1/interviews/x/events/0"): 422,
        ("PUT", "/v1/interviews/x/events/one"): 422,
        ("PUT", "/v1/interviews/a%20b/events/1"): 422,
        ("GET", "/v1/files/" + "0" * 64): 405,
    }
    for (method, path), status in wrong.items():
        answer = booth.call(method, path)
        assert answer.status_code == status, path
        code_of(answer)


def test_a_body_over_the_limit_is_refused_with_a_problem(backend: Served, talk: Talk) -> None:
    path = f"/v1/interviews/{talk.interview_id}/events/1"
    answer = talk.booth.call("PUT", path, b"x" * (backend.hr.settings.max_body + 1))
    assert (answer.status_code, code_of(answer)) == (413, ErrorCode.TOO_LARGE)


def test_an_unexpected_failure_is_a_problem_too(own_backend: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    booth = own_backend.enrol()
    monkeypatch.setattr(bootstrap, "bootstrap", broken)
    answer = booth.call("GET", "/v1/bootstrap")
    assert (answer.status_code, code_of(answer)) == (500, ErrorCode.SERVER_ERROR)
    assert "a bug" not in answer.text


def test_events_of_a_kind_this_version_does_not_know_are_refused(talk: Talk) -> None:
    event = make_event(
        interview_id=talk.interview_id,
        seq=1,
        kind=EventType.RESUMED,
        at=talk.booth.now(),
        device_id=talk.booth.device_id,
        data=ev.ResumedData(),
    )
    payload = talk.booth.sign(event).payload_bytes.replace(b'"resumed"', b'"teleported"')
    kind = ev.Event.payload_type()
    signature = Signature(keyid=talk.booth.key.key_id, sig=b64encode(talk.booth.key.sign(_pae(kind, payload))))
    envelope = Envelope(payloadType=kind, payload=b64encode(payload), signatures=[signature])
    answer = talk.put(1, envelope)
    assert (answer.status_code, code_of(answer)) == (422, ErrorCode.FORMAT_INVALID)
