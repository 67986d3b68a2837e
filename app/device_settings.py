"""The settings of this device that HR may set from afar, put together with those that are given on the spot.

What counts, the weightiest first: command line, environment, staff in front of it, HR, settings file, default.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.sources import Source as Source
from contract.settings import FIELDS, DeviceSettings, ScoreReader

log = logging.getLogger(__name__)

NOTHING = DeviceSettings()
DEFAULTS = DeviceSettings(
    sync_paused=False,
    kiosk=False,
    idle_minutes=3,
    video_height=720,
    video_kbit=1500,
    scoring=False,
    score_on_paper=ScoreReader.STAFF,
)


WEIGHT = {source: place for place, source in enumerate(reversed(Source))}


@dataclass(frozen=True, slots=True)
class Received:
    """What HR wants of this device. ``version`` 0: it has said nothing yet. ``refused``: fields this client cannot use.
    ``digest``: SHA-256 (hex) of the signed document."""

    version: int = 0
    digest: str = ""
    settings: DeviceSettings = NOTHING
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """``values``: what counts, None only where there is no default either. ``sources``: field -> where it is from."""

    values: DeviceSettings
    sources: Mapping[str, Source]


def resolve(
    local: Mapping[str, tuple[Any, Source]], remote: DeviceSettings, staff: DeviceSettings = NOTHING
) -> Resolved:
    """``local``: field -> value and source, as given on this machine; fields of other names are passed over."""
    values: dict[str, Any] = {}
    sources = {}
    for name in FIELDS:
        found = [(getattr(DEFAULTS, name), Source.DEFAULT), (getattr(remote, name), Source.REMOTE)]
        found.append((getattr(staff, name), Source.STAFF))
        found += [local[name]] if name in local else []
        there = [pair for pair in found if pair[0] is not None] or [(None, Source.DEFAULT)]
        values[name], sources[name] = max(there, key=lambda pair: WEIGHT[pair[1]])
    return Resolved(DeviceSettings(**values), sources)


class SettingsDesk:
    """The settings that count now. May be asked from any thread, at any time; answers at once.

    ``values.idle_minutes``, ``values.staff_pin`` and so on: see ``contract.settings.DeviceSettings``.
    """

    def __init__(self, local: Mapping[str, tuple[Any, Source]], received: Received | None = None) -> None:
        self._local = dict(local)
        self._guard = threading.Lock()
        self._listeners: list[Callable[[], None]] = []
        self.received = received or Received()
        self._staff = NOTHING
        self.resolved = resolve(self._local, self.received.settings)

    @property
    def values(self) -> DeviceSettings:
        return self.resolved.values

    def update_to(self, version: str) -> str:
        """The oldest version that needs no update, empty when a client of ``version`` needs none."""
        values = self.values
        return (values.minimum_version or "") if values.older_than_wanted(version) else ""

    def source(self, name: str) -> Source:
        return self.resolved.sources[name]

    def take(self, received: Received) -> None:
        """HR has said something new; listeners are called on this thread when a value is another now."""
        self._weigh(received, self._staff)

    def take_from_staff(self, wanted: DeviceSettings) -> None:
        """As ``take``, for what staff have set on this device; it replaces what they had set before."""
        self._weigh(self.received, wanted)

    def _weigh(self, received: Received, staff: DeviceSettings) -> None:
        with self._guard:
            before = self.resolved
            self.received, self._staff = received, staff
            self.resolved = resolve(self._local, received.settings, staff)
            listeners = tuple(self._listeners) if self.resolved != before else ()
        for listener in listeners:
            try:
                listener()
            except Exception:
                log.exception("a listener of the settings failed")

    def subscribe(self, listener: Callable[[], None]) -> None:
        """``listener`` is called from any thread, after the values have changed."""
        with self._guard:
            self._listeners.append(listener)
