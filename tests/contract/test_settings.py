"""Settings from afar: what may be set, hours of the day, layers, and readers older than their writer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import ErrorCode, XudaError
from contract.pin import hash_pin, is_pin_hash, pin_fits
from contract.settings import (
    FIELDS,
    DeviceSettings,
    Hours,
    check_settings,
    hours_text,
    merge,
    parse_hours,
    read_settings,
    within,
)

MONDAY = datetime(2026, 11, 23)  # noqa: DTZ001 - a local time
PIN_HASH = "$argon2id$v=19$m=65536,t=3,p=4$cu6yXGX5PrNJ76wlu+hx5g$4YTNZQN0NlztMdaRmzEAWOl1MHjsAxSlgP04/c+K7ZE"
GOOD: dict[str, Any] = {
    "upload_limit": 200,
    "upload_limit_hours": [{"start": "09:00", "end": "18:00"}],
    "no_video_hours": [{"days": [1, 2], "start": "22:00", "end": "06:00"}],
    "sync_paused": False,
    "kiosk": True,
    "language": "en",
    "idle_minutes": 5,
    "sleep_hours": [],
    "video_height": 480,
    "video_kbit": 800,
    "staff_pin": PIN_HASH,
    "minimum_version": "1.2",
    "scoring": True,
    "score_on_paper": "candidate",
}
BAD: dict[str, Any] = {
    "upload_limit": 0,
    "upload_limit_hours": [{"start": "9", "end": "18:00"}],
    "no_video_hours": [{"days": [8], "start": "22:00", "end": "06:00"}],
    "sync_paused": "perhaps",
    "kiosk": [],
    "language": "xx",
    "idle_minutes": -1,
    "sleep_hours": "always",
    "video_height": 721,
    "video_kbit": 10**9,
    "staff_pin": "123456",
    "minimum_version": "newest",
    "scoring": "sometimes",
    "score_on_paper": "everybody",
}


@pytest.mark.parametrize(
    ("period", "inside", "outside"),
    [
        ("09:00-18:00", ["09:00", "17:59"], ["08:59", "18:00"]),
        ("22:00-06:00", ["22:00", "23:59", "00:00", "05:59"], ["06:00", "21:59"]),
        ("00:00-00:00", ["00:00", "12:00", "23:59"], []),
    ],
)
def test_hours_begin_with_their_start_and_end_before_their_end(
    period: str, inside: list[str], outside: list[str]
) -> None:
    periods = parse_hours(period)
    for text in inside + outside:
        hour, minute = (int(part) for part in text.split(":"))
        assert within(periods, MONDAY.replace(hour=hour, minute=minute)) is (text in inside), text


def test_a_night_belongs_to_the_day_it_begins_on() -> None:
    friday_night = parse_hours("5 22:00-06:00")
    friday = MONDAY + timedelta(days=4)
    assert within(friday_night, friday.replace(hour=23))
    assert within(friday_night, (friday + timedelta(days=1)).replace(hour=5))
    assert not within(friday_night, friday.replace(hour=5))
    assert not within(friday_night, (friday + timedelta(days=1)).replace(hour=23))


def test_no_hours_hold_never() -> None:
    assert not within(None, MONDAY)
    assert not within([], MONDAY)


@pytest.mark.parametrize(
    "text", ["9-18", "09:00", "25:00-03:00", "0 09:00-10:00", "5-1 09:00-10:00", "1-3-5 09:00-10:00"]
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_hours(text)


@given(
    st.lists(
        st.tuples(st.sets(st.integers(1, 7), min_size=1), st.times(), st.times()),
        max_size=5,
    )
)
def test_hours_read_back_as_they_were_written(periods: list[Any]) -> None:
    given = [
        Hours(days=sorted(days), start=start.strftime("%H:%M"), end=end.strftime("%H:%M"))
        for days, start, end in periods
    ]
    assert parse_hours(hours_text(given)) == given


def test_every_field_is_tried_here() -> None:
    assert set(GOOD) == set(BAD) == set(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_a_value_that_does_not_do_is_refused_with_its_field_and_spoils_no_other(name: str) -> None:
    read = read_settings({**GOOD, name: BAD[name]})
    assert read.refused == (name,)
    assert getattr(read.settings, name) is None
    assert read.settings.given() == {k: v for k, v in check_settings(GOOD).given().items() if k != name}
    with pytest.raises(XudaError) as caught:
        check_settings({**GOOD, name: BAD[name]})
    assert (caught.value.code, caught.value.field) == (ErrorCode.SETTING_INVALID, name)


def test_a_reader_passes_over_what_it_does_not_know_and_a_writer_may_not_name_it() -> None:
    newer = {"idle_minutes": 5, "colour": "red", "sleep_hours": [{"start": "22:00", "end": "06:00", "dim": 1}]}
    read = read_settings(newer)
    assert (read.settings.idle_minutes, read.refused) == (5, ())
    assert hours_text(read.settings.sleep_hours) == "22:00-06:00"
    with pytest.raises(XudaError) as caught:
        check_settings({"colour": "red"})
    assert caught.value.field == "colour"


ODD = [None, True, 0, -1, 7, 2**70, 3.0, 0.5, float("nan"), "", "7", "\ud800", "x" * 9999, [], [None], {}, {"start": 1}]


@given(st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(ODD)))
def test_reading_never_fails(raw: dict[str, Any]) -> None:
    read = read_settings(raw)
    assert read_settings(read.settings.given()) == type(read)(read.settings)


def test_the_nearer_layer_decides_field_by_field() -> None:
    everybody = DeviceSettings(idle_minutes=3, kiosk=True, no_video_hours=parse_hours("09:00-18:00"))
    group = DeviceSettings(idle_minutes=5, no_video_hours=[])
    assert merge([everybody, group, DeviceSettings(kiosk=False)]) == DeviceSettings(
        idle_minutes=5, kiosk=False, no_video_hours=[]
    )


def test_the_limit_holds_in_its_hours() -> None:
    always = DeviceSettings(upload_limit=100)
    daily = DeviceSettings(upload_limit=100, upload_limit_hours=parse_hours("09:00-18:00"))
    noon, night = MONDAY.replace(hour=12), MONDAY.replace(hour=22)
    assert (always.limit_at(noon), always.limit_at(night)) == (100_000, 100_000)
    assert (daily.limit_at(noon), daily.limit_at(night)) == (100_000, None)
    assert DeviceSettings().limit_at(noon) is None


@pytest.mark.parametrize(
    ("version", "older"), [("1.1.9", True), ("1.2", False), ("1.2.0", False), ("1.10", False), ("0.0.0+dev", True)]
)
def test_versions_are_compared_by_their_numbers(version: str, older: bool) -> None:
    assert DeviceSettings(minimum_version="1.2").older_than_wanted(version) is older


def test_a_pin_is_kept_as_a_salted_hash() -> None:
    first, second = hash_pin("402613"), hash_pin("402613")
    assert first != second
    assert is_pin_hash(first)
    assert "402613" not in first
    assert pin_fits("402613", first)
    assert not pin_fits("402614", first)
    assert not pin_fits("", first)


@pytest.mark.parametrize("pin", ["", "12345", "1234567890123", "12345a", "１２３４５６", "000000"])
def test_a_pin_that_is_too_easy_is_refused(pin: str) -> None:
    with pytest.raises(XudaError) as caught:
        hash_pin(pin)
    assert caught.value.field == "staff_pin"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "402613",
        PIN_HASH.replace("argon2id", "argon2i"),
        PIN_HASH.replace("m=65536", "m=4000000"),
        PIN_HASH.replace("t=3", "t=900"),
        PIN_HASH.replace("p=4", "p=0"),
        PIN_HASH + "\n",
    ],
)
def test_a_hash_of_another_kind_or_cost_opens_nothing(text: str) -> None:
    assert not is_pin_hash(text)
    assert not pin_fits("402613", text)


@pytest.mark.parametrize("text", ["1-5 09:00-18:00", "1-3,6,7 09:00-18:00", "1,3,5 20:00-07:00", "6,7 00:00-00:00"])
def test_hours_are_written_as_people_type_them(text: str) -> None:
    assert hours_text(parse_hours(text)) == text
