"""What anybody can hold to the camera, paste or type: refused calmly, never a fault, never slow."""

from __future__ import annotations

import contextlib
import random
import time
from datetime import UTC, datetime, timedelta

import pytest

from app.sync.enrolment import fingerprint_start
from contract import invitation
from contract.canonical import b64encode
from contract.errors import ErrorCode, XudaError
from contract.invitation import SCHEME, Invitation
from contract.keys import SigningKey
from tests.security.nasty import TEXTS

KEY = SigningKey.generate()
_NAME = "00000000-0000-0000-0000-000000000001"
NOW = datetime.now(UTC)
GOOD = invitation.issue(Invitation(_NAME, _NAME, "kit", NOW, NOW + timedelta(days=1)), KEY)
CODES = {
    **{f"text {number}": text for number, text in enumerate(TEXTS)},
    **{f"link {number}": SCHEME + text for number, text in enumerate(TEXTS)},
    "huge": SCHEME + "A" * 5_000_000,
    "only the scheme": SCHEME,
    "zeros": SCHEME + b64encode(bytes(200)),
    "ones": SCHEME + b64encode(b"\xff" * 200),
    "another scheme": GOOD.replace("xuda", "http"),
    "twice": GOOD + GOOD,
    "cut": GOOD[:-1],
    "longer": GOOD + "A",
    "upper case": GOOD.upper(),
    "other digits": SCHEME + "٣" * 100,
}


@pytest.mark.parametrize("name", CODES)
def test_a_code_that_is_none_is_refused(name: str) -> None:
    began = time.monotonic()
    with pytest.raises(XudaError) as caught:
        invitation.read(CODES[name], {KEY.key_id: KEY.public})
    assert caught.value.code in (ErrorCode.INVITATION_INVALID, ErrorCode.INVITATION_FOREIGN)
    invitation.normalise_code(CODES[name])
    assert time.monotonic() - began < 5


def test_no_changed_character_of_an_invitation_goes_unnoticed() -> None:
    assert invitation.read(GOOD, {KEY.key_id: KEY.public}).kit_id == "kit"
    rng = random.Random(1)
    for place in range(len(SCHEME), len(GOOD)):
        other = rng.choice([c for c in "ABCabc012-_" if c != GOOD[place]])
        with pytest.raises(XudaError):
            invitation.read(GOOD[:place] + other + GOOD[place + 1 :], {KEY.key_id: KEY.public})


def test_an_invitation_of_another_organisation_is_not_taken() -> None:
    with pytest.raises(XudaError) as caught:
        invitation.read(GOOD, {SigningKey.generate().key_id: KEY.public})
    assert caught.value.code is ErrorCode.INVITATION_FOREIGN


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_an_enrolment_code_that_is_none_is_a_mistake_or_names_a_fingerprint(text: str) -> None:
    with contextlib.suppress(XudaError):
        assert fingerprint_start(text).isalnum()
