"""Enrolling a device: the code says which organisation it must be, and a lost answer costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.sync.enrolment import enroll, fingerprint_start
from app.sync.failures import TransportError
from app.sync.transport import Transport
from contract.api import EnrolReply, EnrolRequest, Succession
from contract.canonical import b64encode
from contract.envelope import open_envelope, sign
from contract.errors import ErrorCode, XudaError
from contract.keys import SigningKey
from tests.sync.device import Device
from tests.sync.faults import Answer, Asked, Handle, captive_portal, lose_reply
from tests.sync.faulty_server import FaultyServer


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Device]:
    device = Device(tmp_path / "fresh")
    yield device
    device.close()


def test_enrolled_device_has_its_key_and_the_organisation(server: FaultyServer, fresh: Device) -> None:
    enrolment = enroll(server.url + "/", server.enrolment_code, "Booth 1", fresh)

    assert fresh.enrolments.load() == enrolment
    assert server.devices == {enrolment.device_id: enrolment.device_key.public}
    assert enrolment.server_url == server.url
    assert enrolment.organisation.name == "Test"


def test_code_typed_in_small_letters_with_lookalikes_names_the_same_organisation() -> None:
    assert fingerprint_start("abcde-fghjk-0o1il") == "00111"


@pytest.mark.parametrize("code", ["", "ABC", "-----", "续答"])
def test_text_that_cannot_be_a_code_is_refused_before_anybody_is_asked(
    server: FaultyServer, fresh: Device, code: str
) -> None:
    with pytest.raises(XudaError) as caught:
        enroll(server.url, code, "Booth 1", fresh)

    assert caught.value.code is ErrorCode.ENROLMENT_CODE_INVALID
    assert server.asked == []


def test_organisation_other_than_the_codes_is_refused_and_nothing_is_kept(server: FaultyServer, fresh: Device) -> None:
    impostor = FaultyServer()

    def answer_as_another(asked: Asked, handle: Handle) -> Answer:
        envelope = sign(impostor.organisation("device-9"), impostor.organisation_key)
        return Answer(200, EnrolReply(organisation=envelope).model_dump_json().encode())

    server.fail("/v1/enrol", answer_as_another)

    with pytest.raises(XudaError) as caught:
        enroll(server.url, server.enrolment_code, "Booth 1", fresh)

    assert caught.value.code is ErrorCode.FINGERPRINT_MISMATCH
    assert fresh.enrolments.load() is None
    assert fresh.keystore.get("device-enrolling") is None


def test_organisation_with_a_signature_of_another_key_is_refused(server: FaultyServer, fresh: Device) -> None:
    def forge(asked: Asked, handle: Handle) -> Answer:
        envelope = sign(server.organisation("device-9"), SigningKey.generate())
        return Answer(200, EnrolReply(organisation=envelope).model_dump_json().encode())

    server.fail("/v1/enrol", forge)

    with pytest.raises(XudaError) as caught:
        enroll(server.url, server.enrolment_code, "Booth 1", fresh)

    assert caught.value.code in (ErrorCode.KEY_UNKNOWN, ErrorCode.SIGNATURE_INVALID)
    assert fresh.enrolments.load() is None


def test_wrong_code_is_said_to_be_wrong(server: FaultyServer, fresh: Device) -> None:
    wrong = "ZZZZZ" + server.enrolment_code[5:]

    with pytest.raises(XudaError) as caught:
        enroll(server.url, wrong, "Booth 1", fresh)

    assert caught.value.code is ErrorCode.ENROLMENT_CODE_INVALID


def test_lost_answer_leads_to_the_same_device(server: FaultyServer, fresh: Device) -> None:
    server.fail("/v1/enrol", lose_reply, times=2)

    enrolment = enroll(server.url, server.enrolment_code, "Booth 1", fresh)

    assert list(server.devices) == [enrolment.device_id]


def test_answer_lost_for_good_leads_to_the_same_device_at_the_next_attempt(server: FaultyServer, fresh: Device) -> None:
    server.fail("/v1/enrol", lose_reply, times=3)
    with pytest.raises(TransportError) as caught:
        enroll(server.url, server.enrolment_code, "Booth 1", fresh)
    assert caught.value.code is ErrorCode.SERVER_UNREACHABLE
    assert fresh.enrolments.load() is None

    enrolment = enroll(server.url, server.enrolment_code, "Booth 1", fresh)

    assert list(server.devices) == [enrolment.device_id]


def test_web_page_in_place_of_a_backend_is_said_so(server: FaultyServer, fresh: Device) -> None:
    server.fail("/", captive_portal)

    with pytest.raises(XudaError) as caught:
        enroll(server.url, server.enrolment_code, "Booth 1", fresh)

    assert caught.value.code is ErrorCode.SERVER_NOT_XUDA


@pytest.mark.parametrize("url", ["", "hr.example.com", "ftp://hr.example.com", "http://", "http://h/?a=b"])
def test_address_that_is_none_is_said_so(fresh: Device, url: str) -> None:
    with pytest.raises(XudaError) as caught:
        enroll(url, "ABCDE-FGHJK-00000", "Booth 1", fresh)

    assert (caught.value.code, caught.value.field) == (ErrorCode.SETTING_INVALID, "server")


def test_enrolled_device_proves_with_its_old_key_who_it_has_been(server: FaultyServer, device: Device) -> None:
    device.begin()
    before = device.enrolments.need()
    seen: list[EnrolRequest] = []

    def look(asked: Asked, handle: Handle) -> Answer:
        seen.append(EnrolRequest.model_validate_json(asked.body))
        return handle(asked)

    server.fail("/v1/enrol", look)
    after = enroll(server.url, server.enrolment_code, "Booth 1", device)

    claim = seen[0].succession
    assert claim is not None
    said = open_envelope(claim, Succession, {before.device_key.key_id: before.device_key.public})
    assert (said.former_device_id, said.public_key) == (before.device_id, b64encode(after.device_key.public))
    assert device.outbox.counts()[0] > 0


def test_revoked_device_with_everything_delivered_is_enrolled_again(
    server: FaultyServer, make_device: Callable[..., Device]
) -> None:
    device = make_device()
    device.interview()
    device.make_engine().run_until_idle(20)
    before = device.enrolments.need()
    server.devices.clear()

    after = enroll(server.url, server.enrolment_code, "Booth 1", device)

    assert after.device_id != before.device_id
    assert after.device_key.public != before.device_key.public


def test_enrolled_device_is_not_moved_to_another_organisation(server: FaultyServer, device: Device) -> None:
    server.organisation_key = SigningKey.generate()
    asked = len(server.asked)

    with pytest.raises(XudaError) as caught:
        enroll(server.url, server.enrolment_code, "Booth 1", device)

    assert caught.value.code is ErrorCode.FINGERPRINT_MISMATCH
    assert len(server.asked) == asked


def test_address_with_a_path_in_front_is_kept(server: FaultyServer) -> None:
    assert Transport("https://hr.example.com/xuda/").prefix == "/xuda"
