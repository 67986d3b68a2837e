"""Settings of a device that HR's administrator may set from afar: for all devices, for a group, or for one.

They reach a device as one signed document with a version of its own. A field that is None (or missing) is not set: the
device goes on with its own setting.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, Field, JsonValue, ValidationError

from contract.catalog import LANGUAGES
from contract.envelope import SignedDocument, WireModel
from contract.errors import ErrorCode, XudaError
from contract.numbers import Ordinal
from contract.pin import is_pin_hash

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
MOST_HOURS = 21
VIDEO_HEIGHTS = (360, 480, 720, 1080)
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d"
_HOURS = re.compile(rf"(?:(?P<days>[1-7](?:[-,][1-7])*)\s+)?(?P<start>{_TIME})\s*[-–]\s*(?P<end>{_TIME})")
_SEPARATOR = re.compile(r"[;\n；]")


class Hours(WireModel):
    """A period of the local day. ``days``: ISO weekdays (1 is Monday) on which it begins; ``start`` and ``end`` are
    HH:MM. An end that is not after the start lies on the next day; 00:00-00:00 is the whole day."""

    days: list[Annotated[int, Field(ge=1, le=7)]] = Field(default=list(EVERY_DAY), min_length=1, max_length=7)
    start: str = Field(pattern=rf"^{_TIME}$")
    end: str = Field(pattern=rf"^{_TIME}$")

    def holds(self, local: datetime) -> bool:
        """Whether ``local`` (a local time) lies within it; the end itself does not."""
        now, start, end = local.strftime("%H:%M"), self.start, self.end
        if start < end:
            return local.isoweekday() in self.days and start <= now < end
        yesterday = (local - timedelta(days=1)).isoweekday()
        return (local.isoweekday() in self.days and now >= start) or (yesterday in self.days and now < end)

    def __str__(self) -> str:
        days = "" if set(self.days) == set(EVERY_DAY) else _days_text(sorted(set(self.days))) + " "
        return f"{days}{self.start}-{self.end}"


def _days_text(days: Sequence[int]) -> str:
    """``1-5`` for days in a row, ``6,7`` for two of them."""
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs)


def within(periods: Sequence[Hours] | None, local: datetime) -> bool:
    """Whether ``local`` lies in one of the periods; False without any."""
    return any(period.holds(local) for period in periods or ())


def parse_hours(text: str) -> list[Hours]:
    """``1-5 09:00-18:00; 6,7 10:00-14:00``: periods as people write them, on every day where no days are given.

    Raises ValueError.
    """
    found = [_one_period(part.strip()) for part in _SEPARATOR.split(text) if part.strip()]
    if len(found) > MOST_HOURS:
        raise ValueError("too many periods")
    return found


def hours_text(periods: Sequence[Hours] | None) -> str:
    """Inverse of :func:`parse_hours`."""
    return "; ".join(str(period) for period in periods or ())


def _one_period(text: str) -> Hours:
    found = _HOURS.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no period like 1-5 09:00-18:00")
    days: set[int] = set()
    for part in (found["days"] or "1-7").split(","):
        first, _, last = part.partition("-")
        if (last and not last.isdigit()) or int(last or first) < int(first):
            raise ValueError(f"{part!r} are no weekdays")
        days.update(range(int(first), int(last or first) + 1))
    return Hours(days=sorted(days), start=found["start"], end=found["end"])


def _known_language(tag: str) -> str:
    if tag not in LANGUAGES:
        raise ValueError("not a language of the client")
    return tag


def _known_height(height: int) -> int:
    if height not in VIDEO_HEIGHTS:
        raise ValueError("not one of the sizes")
    return height


class ScoreReader(StrEnum):
    """Whose printed report shows the scores made on the device: nobody's, that which staff print, the candidate's own
    as well."""

    NOBODY = "nobody"
    STAFF = "staff"
    CANDIDATE = "candidate"


def _pin_hash(text: str) -> str:
    if not is_pin_hash(text):
        raise ValueError("not the hash of a PIN")
    return text


Periods = Annotated[list[Hours], Field(max_length=MOST_HOURS)]


class DeviceSettings(WireModel):
    """What may be set from afar. None: not set. Hours are those of the device's place.

    - ``upload_limit``: most kilobytes (1000 bytes) a second for recordings, within ``upload_limit_hours``, or always
      where those are None or empty. ``no_video_hours``: no recording is sent then, everything small is.
    - ``sync_paused``: nothing of interviews is sent at all.
    - ``kiosk``, ``language``: as the client's settings of these names.
    - ``idle_minutes``: a kiosk that nobody touches for so long goes back to the start. ``sleep_hours``: its attract
      screen is dark then. ``staff_pin``: the hash of the PIN (``contract.pin``).
    - ``video_height`` (lines) and ``video_kbit`` (1000 bit/s) bound what is recorded.
    - ``minimum_version``: an older client asks to be updated.
    - ``scoring``: the device gets what answers are scored by (``contract.scoresheet``) and makes scores for printed
      reports. ``score_on_paper``: who finds them there. HR alone decides both: no device sets them for itself.
    """

    upload_limit: int | None = Field(default=None, ge=8, le=1_000_000)
    upload_limit_hours: Periods | None = None
    no_video_hours: Periods | None = None
    sync_paused: bool | None = None
    kiosk: bool | None = None
    language: Annotated[str, AfterValidator(_known_language)] | None = None
    idle_minutes: int | None = Field(default=None, ge=1, le=240)
    sleep_hours: Periods | None = None
    video_height: Annotated[int, Field(ge=360, le=1080), AfterValidator(_known_height)] | None = None
    video_kbit: int | None = Field(default=None, ge=200, le=10_000)
    staff_pin: Annotated[str, AfterValidator(_pin_hash)] | None = None
    minimum_version: str | None = Field(default=None, pattern=r"^\d{1,5}(\.\d{1,5}){0,3}$")
    scoring: bool | None = None
    score_on_paper: ScoreReader | None = None

    def limit_at(self, local: datetime) -> int | None:
        """Bytes a second that recordings may take at a local time; None: as many as the line carries."""
        if self.upload_limit is None or (self.upload_limit_hours and not within(self.upload_limit_hours, local)):
            return None
        return self.upload_limit * 1000

    def given(self) -> dict[str, Any]:
        """The fields that are set, as JSON values."""
        return self.model_dump(mode="json", exclude_none=True)

    def older_than_wanted(self, version: str) -> bool:
        """Whether a client of ``version`` is older than ``minimum_version``; what is no number counts as 0."""
        return self.minimum_version is not None and _number(version) < _number(self.minimum_version)


FIELDS = tuple(DeviceSettings.model_fields)


def _number(version: str) -> tuple[int, ...]:
    parts = [int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:4]]
    return tuple(parts + [0] * (4 - len(parts)))


def merge(layers: Sequence[DeviceSettings]) -> DeviceSettings:
    """The last layer that sets a field decides it."""
    found: dict[str, Any] = {}
    for layer in layers:
        found.update({name: value for name in FIELDS if (value := getattr(layer, name)) is not None})
    return DeviceSettings(**found)


class SettingsDocument(SignedDocument):
    """What the organisation wants of one device. ``version`` grows with every change of ``settings``.

    ``settings`` holds ``DeviceSettings`` as the writer knows them; a reader uses :func:`read_settings`.
    """

    organisation_id: str
    device_id: str
    version: Ordinal
    issued_at: AwareDatetime
    settings: dict[str, JsonValue] = Field(max_length=200)


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """``refused``: names of known fields whose values this reader cannot use; they count as not set."""

    settings: DeviceSettings
    refused: tuple[str, ...] = ()


def read_settings(raw: Mapping[str, Any]) -> ReadSettings:
    """Each field by itself: what is not known is passed over, and one value that does not do spoils no other."""
    found: dict[str, Any] = {}
    refused = []
    for name in FIELDS:
        try:
            found[name] = getattr(DeviceSettings.read_value({name: raw.get(name)}), name)
        except ValidationError:
            refused.append(name)
    return ReadSettings(DeviceSettings(**found), tuple(refused))


def check_settings(raw: Mapping[str, Any]) -> DeviceSettings:
    """For whoever writes settings. Raises XudaError(SETTING_INVALID) with the first field that does not do."""
    read = read_settings(raw)
    unknown = sorted(set(raw) - set(FIELDS))
    for name in (*read.refused, *unknown):
        raise XudaError(ErrorCode.SETTING_INVALID, field=name)
    return read.settings
