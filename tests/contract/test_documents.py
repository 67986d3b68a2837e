"""Signed documents: kits, invitations, events and receipts, and golden examples that both ends must keep reading."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import events as wire
from contract import invitation as invitations
from contract.api import check_token, request_token, token_issuer, upload_token
from contract.canonical import b64decode, b64encode, canonical_json
from contract.envelope import Envelope, open_envelope, sign
from contract.errors import ErrorCode, XudaError
from contract.events import Event, EventType, HrState, derive_state, events_digest, make_event
from contract.keys import SigningKey, UnwrapKey, fingerprint, wrap_key
from contract.kit import Kit
from contract.manifest import Manifest, Receipt, check_receipt

GOLDEN = Path(__file__).parent / "golden"
KEY = SigningKey.from_bytes(bytes(range(32)))
OTHER = SigningKey.from_bytes(bytes(range(1, 33)))
NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
INTERVIEW = "0b6f6f0e-5c5c-4a0c-9f43-000000000001"


def make_kit() -> Kit:
    return Kit.model_validate(
        {
            "kit_id": "java-engineer",
            "version": 3,
            "organisation": {"zh_CN": "示例科技", "en": "Example Tech"},
            "department_id": "d1",
            "department": "研发部",
            "position": "Java 工程师",
            "consent": {"version": "1", "purpose": "招聘", "full_text": "全文", "deletion": "联系HR"},
            "guide": "请在安静的地方作答",
            "encryption_key": b64encode(bytes(32)),
            "stages": [
                {
                    "stage_id": "s1",
                    "title": "自我介绍",
                    "questions": [{"question_id": "q1", "kind": "video", "prompt": "请介绍一下自己"}],
                }
            ],
        }
    )


def an_event(seq: int, kind: EventType, data: wire.WireModel) -> Event:
    return make_event(interview_id=INTERVIEW, seq=seq, kind=kind, at=NOW, device_id="dev", data=data)


def golden_documents() -> dict[str, tuple[Envelope, type]]:
    manifest = Manifest(
        interview_id=INTERVIEW,
        device_id="dev",
        serial=4,
        created_at=NOW,
        last_seq=4,
        events_digest="00" * 32,
        objects=[wire.ObjectRef(object_id="o1", media_type="video/webm", size=10, sha256="ab" * 32)],
    )
    envelope = sign(manifest, KEY)
    receipt = Receipt(
        receipt_id="r1",
        interview_id=INTERVIEW,
        manifest_digest=envelope.digest,
        serial=4,
        last_seq=4,
        events_digest="00" * 32,
        objects=manifest.objects,
        issued_at=NOW,
    )
    declined = an_event(2, EventType.DECLINED, wire.DeclinedData(consent_version="1"))
    documents = {"kit": make_kit(), "manifest": manifest, "receipt": receipt, "event": declined}
    return {name: (sign(document, KEY), type(document)) for name, document in documents.items()}


@pytest.mark.parametrize("name", ["kit", "manifest", "receipt", "event"])
def test_golden_documents_are_written_and_read_byte_for_byte(name: str) -> None:
    envelope, kind = golden_documents()[name]
    stored = (GOLDEN / f"{name}.json").read_bytes()
    assert envelope.to_bytes() == stored
    document = open_envelope(Envelope.from_bytes(stored), kind, {KEY.key_id: KEY.public})
    assert canonical_json(document.model_dump(mode="json")) == Envelope.from_bytes(stored).payload_bytes


def test_golden_invitation_reads() -> None:
    token = (GOLDEN / "invitation.txt").read_text().strip()
    found = invitations.read(token, {KEY.key_id: KEY.public})
    assert (found.kit_id, found.not_before) == ("java-engineer", NOW)


@pytest.mark.parametrize("name", ["kit", "manifest", "receipt", "event"])
def test_every_changed_character_of_a_payload_is_refused(name: str) -> None:
    envelope, kind = golden_documents()[name]
    payload = bytearray(envelope.payload_bytes)
    for index in range(0, len(payload), 7):
        changed = bytearray(payload)
        changed[index] ^= 1
        forged = envelope.model_copy(update={"payload": b64encode(bytes(changed))})
        with pytest.raises(XudaError) as caught:
            open_envelope(forged, kind, {KEY.key_id: KEY.public})
        assert caught.value.code is ErrorCode.SIGNATURE_INVALID


def test_a_document_of_one_kind_never_passes_for_another() -> None:
    envelope, _ = golden_documents()["manifest"]
    renamed = envelope.model_copy(update={"payloadType": Receipt.payload_type()})
    for forged in (envelope, renamed):
        with pytest.raises(XudaError):
            open_envelope(forged, Receipt, {KEY.key_id: KEY.public})


def test_a_foreign_signer_is_named_as_unknown() -> None:
    with pytest.raises(XudaError) as caught:
        open_envelope(sign(make_kit(), OTHER), Kit, {KEY.key_id: KEY.public})
    assert caught.value.code is ErrorCode.KEY_UNKNOWN


def an_invitation() -> invitations.Invitation:
    return invitations.Invitation(
        invitation_id="11111111-2222-4333-8444-555555555555",
        batch_id="66666666-2222-4333-8444-555555555555",
        kit_id="java-engineer",
        not_before=NOW,
        not_after=NOW + timedelta(days=7),
    )


def test_an_invitation_fits_a_qr_code_and_reads_back() -> None:
    token = invitations.issue(an_invitation(), KEY)
    assert len(token) < 300
    assert invitations.read(f"  {token}\n", {KEY.key_id: KEY.public}) == an_invitation()


def test_every_changed_character_of_an_invitation_is_refused() -> None:
    token = invitations.issue(an_invitation(), KEY)
    for index in range(len(invitations.SCHEME), len(token)):
        forged = token[:index] + ("A" if token[index] != "A" else "B") + token[index + 1 :]
        with pytest.raises(XudaError) as caught:
            invitations.read(forged, {KEY.key_id: KEY.public})
        assert caught.value.code in (ErrorCode.INVITATION_INVALID, ErrorCode.INVITATION_FOREIGN)


def test_an_invitation_of_another_organisation_is_called_foreign() -> None:
    with pytest.raises(XudaError) as caught:
        invitations.read(invitations.issue(an_invitation(), OTHER), {KEY.key_id: KEY.public})
    assert caught.value.code is ErrorCode.INVITATION_FOREIGN


@given(st.text(max_size=200))
def test_any_text_given_as_an_invitation_is_refused_politely(text: str) -> None:
    for candidate in (text, invitations.SCHEME + text):
        with pytest.raises(XudaError):
            invitations.read(candidate, {KEY.key_id: KEY.public})


@pytest.mark.parametrize(
    ("moment", "code"),
    [(timedelta(seconds=-1), ErrorCode.INVITATION_NOT_YET), (timedelta(days=8), ErrorCode.INVITATION_EXPIRED)],
)
def test_the_window_of_an_invitation_is_kept(moment: timedelta, code: ErrorCode) -> None:
    an_invitation().check_time(NOW + timedelta(hours=1))
    with pytest.raises(XudaError) as caught:
        an_invitation().check_time(NOW + moment)
    assert caught.value.code is code


@pytest.mark.parametrize("typed", ["abcd-efgh", "ABCDEFGH", " abcd efgh ", "ＡＢＣＤ－ＥＦＧＨ"])
def test_an_invitation_code_may_be_typed_in_any_form(typed: str) -> None:
    assert invitations.normalise_code(typed) == "ABCD-EFGH"


def test_a_phone_number_is_found_however_it_is_written() -> None:
    salt = b64encode(b"salt")
    written = ("13800138000", "+86 138-0013-8000", "138 0013 8000", "١٣٨٠٠١٣٨٠٠٠")
    hashes = {invitations.lookup_hash(text, salt) for text in written}
    assert len(hashes) == 1
    assert hashes != {invitations.lookup_hash("13800138001", salt)}


def test_the_state_at_hr_does_not_depend_on_order_or_repetition() -> None:
    moves = [
        an_event(1, EventType.DECLINED, wire.DeclinedData(consent_version="1")),
        an_event(2, EventType.PAUSED, wire.ExitData(reason="network")),
        an_event(3, EventType.RESUMED, wire.ResumedData()),
        an_event(4, EventType.FINISHED, wire.FinishedData(answers=4)),
        an_event(5, EventType.QUESTIONNAIRE, wire.QuestionnaireData(overall=5)),
    ]
    for order in itertools.permutations(moves):
        assert derive_state([*order, *order]) is HrState.PENDING_REVIEW
    assert derive_state(moves[:2]) is HrState.PAUSED
    assert derive_state([]) is HrState.INVITED


def test_the_sealed_part_of_an_event_opens_only_in_its_place() -> None:
    key = bytes(32)
    event = make_event(
        interview_id=INTERVIEW,
        seq=2,
        kind=EventType.PAUSED,
        at=NOW,
        device_id="dev",
        data=wire.ExitData(reason="other"),
        sealed=wire.ExitSealed(words="家里停电"),
        interview_key=key,
    )
    assert "家里停电" not in json.dumps(event.model_dump(mode="json"), ensure_ascii=False)
    opened = event.open_sealed(wire.ExitSealed, key)
    assert opened is not None
    assert opened.words == "家里停电"
    with pytest.raises(XudaError):
        event.model_copy(update={"seq": 3}).open_sealed(wire.ExitSealed, key)


def test_an_event_whose_data_do_not_fit_its_kind_is_refused() -> None:
    good = an_event(1, EventType.FINISHED, wire.FinishedData(answers=1)).model_dump(mode="json")
    with pytest.raises(ValueError, match="answers"):
        Event.model_validate({**good, "data": {"answers": -1}})


def test_the_events_digest_depends_on_every_number_and_hash() -> None:
    base = events_digest({1: "a", 2: "b"})
    assert base == events_digest({2: "b", 1: "a"})
    assert len({base, events_digest({1: "a"}), events_digest({1: "a", 3: "b"}), events_digest({1: "a", 2: "c"})}) == 4


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("interview_id", "another"),
        ("manifest_digest", "00" * 32),
        ("serial", 5),
        ("last_seq", 3),
        ("events_digest", "11" * 32),
        ("objects", []),
    ],
)
def test_a_receipt_that_differs_in_one_field_is_refused_by_name(field: str, value: object) -> None:
    documents = golden_documents()
    manifest = open_envelope(documents["manifest"][0], Manifest, {KEY.key_id: KEY.public})
    receipt = open_envelope(documents["receipt"][0], Receipt, {KEY.key_id: KEY.public})
    digest = documents["manifest"][0].digest
    check_receipt(receipt, manifest, digest)
    with pytest.raises(XudaError) as caught:
        check_receipt(receipt.model_copy(update={field: value}), manifest, digest)
    assert (caught.value.code, caught.value.field) == (ErrorCode.RECEIPT_INVALID, field)


def test_an_interview_key_is_wrapped_to_one_organisation_and_interview() -> None:
    unwrap, key = UnwrapKey.generate(), bytes(range(32))
    wrapped = wrap_key(key, unwrap.public, INTERVIEW)
    assert unwrap.unwrap(wrapped, INTERVIEW) == key
    for opener, interview in [(unwrap, "other"), (UnwrapKey.generate(), INTERVIEW)]:
        with pytest.raises(XudaError):
            opener.unwrap(wrapped, interview)


def test_a_request_token_tells_its_issuer_and_survives_only_with_its_key() -> None:
    token = request_token(KEY, "dev", NOW, method="PUT", path="/v1/x", body=b"{}")
    assert token_issuer(token) == "dev"
    assert check_token(token, KEY.public, NOW)["htu"] == "/v1/x"
    with pytest.raises(XudaError) as caught:
        check_token(token, OTHER.public, NOW)
    assert caught.value.code is ErrorCode.UNAUTHORIZED


def test_a_token_from_a_wrong_clock_is_told_the_right_time() -> None:
    token = upload_token(KEY, "dev", NOW - timedelta(days=400))
    with pytest.raises(XudaError) as caught:
        check_token(token, KEY.public, NOW)
    assert (caught.value.code, caught.value.params["server_time"]) == (ErrorCode.CLOCK_WRONG, NOW.isoformat())


def test_a_fingerprint_is_twenty_readable_characters() -> None:
    assert len(fingerprint(KEY.public).replace("-", "")) == 20


@given(st.binary(max_size=100))
def test_base64_reads_back(data: bytes) -> None:
    assert b64decode(b64encode(data)) == data


def test_fields_of_a_newer_writer_are_passed_over_and_its_signature_still_holds() -> None:
    class KitOfTomorrow(Kit):
        colour: str = "red"

        @classmethod
        def payload_type(cls) -> str:
            return Kit.payload_type()

    values = make_kit().model_dump() | {"colour": "blue"}
    values["stages"][0]["questions"][0]["prompt"] = "新的问题"
    envelope = sign(KitOfTomorrow.model_validate(values), KEY)
    text = json.loads(envelope.to_bytes()) | {"hint": "not signed"}

    arrived = Envelope.from_bytes(json.dumps(text))

    assert open_envelope(arrived, Kit, {KEY.key_id: KEY.public}) == Kit.read(json.dumps(values))
    assert arrived.digest == envelope.digest


def test_a_writer_may_name_no_field_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="colour"):
        Manifest(colour="red")  # type: ignore[arg-type]
