"""Tokens with which staff adjust an interview: what is signed, for whom, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import adjusting
from contract.adjusting import AdjustmentReason, Grant, read, subject_of_code, subject_of_invitation
from contract.errors import ErrorCode, XudaError
from contract.invitation import Adjustments, Delegation
from contract.keys import SigningKey

KEY = SigningKey.from_bytes(bytes(range(32)))
OTHER = SigningKey.from_bytes(bytes(range(1, 33)))
SIGNERS = {KEY.key_id: KEY.public}
SUBJECT = subject_of_code("ABCD-EFGH")
END = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
GIVEN = Grant(
    Adjustments(time_factor=1.5, extra_takes=1, answer_as="audio"), AdjustmentReason.TECHNICAL, END, "0011aabbccdd"
)


def refusal(token: str, subjects: tuple[str, ...] = (SUBJECT,), signers: dict[str, bytes] = SIGNERS) -> ErrorCode:
    with pytest.raises(XudaError) as caught:
        read(token, subjects, signers)
    return caught.value.code


@given(
    st.builds(
        Grant,
        st.builds(
            Adjustments,
            time_factor=st.integers(0, 60).map(lambda step: 1 + step * 5 / 100),
            extra_takes=st.integers(0, 10),
            answer_as=st.sampled_from([None, "audio", "text"]),
        ),
        st.sampled_from(AdjustmentReason),
        st.integers(0, 2**32 - 1).map(lambda second: datetime.fromtimestamp(second, UTC)),
        st.binary(min_size=6, max_size=6).map(bytes.hex),
    )
)
def test_what_was_given_is_read_back(grant: Grant) -> None:
    found = read(adjusting.issue(grant, SUBJECT, KEY), [SUBJECT], SIGNERS)
    assert (found.grant, found.signer, found.subject) == (grant, KEY.key_id, SUBJECT)


def test_it_fits_a_small_qr_code_and_can_be_typed() -> None:
    token = adjusting.issue(GIVEN, SUBJECT, KEY)
    assert len(token) < 160
    assert set(token) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ:/")
    typed = " ".join(adjusting.in_groups(token)).lower().replace("0", "o").replace("1", "l")
    assert read(typed, [SUBJECT], SIGNERS).grant == GIVEN
    assert adjusting.is_adjustment(token.lower())
    assert not adjusting.is_adjustment("ABCD-EFGH")


def test_every_changed_character_is_refused() -> None:
    token = adjusting.issue(GIVEN, SUBJECT, KEY)
    for place in range(len(adjusting.SCHEME), len(token)):
        wrong = "7" if token[place] != "7" else "8"
        code = refusal(token[:place] + wrong + token[place + 1 :])
        assert code in (ErrorCode.ADJUSTMENT_INVALID, ErrorCode.ADJUSTMENT_OTHER, ErrorCode.ADJUSTMENT_SIGNER)


@pytest.mark.parametrize("text", ["", "XUDA://A/", "XUDA://A/123", "ABCD-EFGH", "XUDA://A/" + "U" * 143, "续答" * 80])
def test_what_is_no_token_is_refused(text: str) -> None:
    assert refusal(text) is ErrorCode.ADJUSTMENT_INVALID


def test_it_is_for_one_candidate_only() -> None:
    token = adjusting.issue(GIVEN, SUBJECT, KEY)
    assert refusal(token, (subject_of_code("ZZZZ-ZZZZ"), subject_of_invitation("x"))) is ErrorCode.ADJUSTMENT_OTHER


def test_a_key_nobody_trusts_gives_nothing_and_neither_does_its_name() -> None:
    token = adjusting.issue(GIVEN, SUBJECT, OTHER)
    assert refusal(token) is ErrorCode.ADJUSTMENT_SIGNER
    assert refusal(token, signers={OTHER.key_id: KEY.public}) is ErrorCode.ADJUSTMENT_INVALID


def test_what_is_given_twice_is_what_is_given_once() -> None:
    first, second = Adjustments(time_factor=1.5, answer_as="audio"), Adjustments(extra_takes=2, answer_as="text")
    both = first.merged(second)
    assert both == Adjustments(time_factor=1.5, extra_takes=2, answer_as="text")
    assert both == second.merged(first) == both.merged(first) == both.merged(second)


def test_bounds_hold_for_time_takes_ways_and_batches() -> None:
    trusted = Delegation(
        delegation_id="d",
        holder="Li",
        public_key="k",
        not_before=END,
        not_after=END,
        batches=["b1"],
        most_time_factor=1.5,
        most_extra_takes=1,
        ways=["audio"],
    )
    within = Adjustments(time_factor=1.5, extra_takes=1, answer_as="audio")
    assert trusted.covers(within, "b1")
    assert not trusted.covers(within, "b2")
    for beyond in ({"time_factor": 1.55}, {"extra_takes": 2}, {"answer_as": "text"}):
        assert not trusted.covers(within.model_copy(update=beyond), "b1")
