"""What the staff panel shows and does, put together from all parts of the client."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from shutil import disk_usage
from typing import TYPE_CHECKING

from app.device_settings import Source
from app.diagnostics import diagnostics_name, write_diagnostics
from app.facts import app_version
from app.kiosk.desk import (
    DEFAULT_IDLE_SECONDS,
    KioskDesk,
    QueueLine,
    QueueState,
    Rules,
    StaffFacts,
    UploadLimit,
)
from app.kiosk.local import read_staff_settings, write_staff_settings
from app.kiosk.pin import PinLock
from app.storage.outbox_listing import ListedItem, list_items
from contract.errors import XudaError
from contract.settings import DeviceSettings

if TYPE_CHECKING:
    from app.bootstrap import Client

_MOST_LINES = 500
# HR's limit is lifted by one that no line reaches: nothing at all would leave HR's in force
_NO_LIMIT = 1_000_000


def make_desk(client: Client) -> KioskDesk:
    """What the screens of a booth need."""
    settings, folder = client.device_settings, client.settings.data
    settings.take_from_staff(read_staff_settings(folder))
    return KioskDesk(
        lock=PinLock(folder, client.clock, lambda: settings.values.staff_pin),
        staff=ClientStaff(client),
        rules=lambda: rules_of(settings.values, client.settings.lang, screen_keys=client.settings.shows_keys),
    )


def rules_of(values: DeviceSettings, language: str, *, screen_keys: bool = True) -> Rules:
    """``language``: the next candidate's where nobody has set one."""
    return Rules(
        idle_seconds=60.0 * values.idle_minutes if values.idle_minutes else DEFAULT_IDLE_SECONDS,
        sleep_hours=tuple(values.sleep_hours or ()),
        language=values.language or language,
        screen_keys=screen_keys,
    )


class ClientStaff:
    """See :class:`app.kiosk.desk.StaffDesk`. Called from background threads."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def look(self) -> StaffFacts:
        client = self._client
        listed = client.storage.database.call(lambda db: list_items(db, _MOST_LINES))
        enrolment = client.storage.enrolments.load()
        free, total = self._disk()
        engine = client.engine
        return StaffFacts(
            queue=tuple(self._line(item) for item in listed),
            free_bytes=free,
            total_bytes=total,
            cameras=tuple(device.name for device in client.devices.cameras()),
            microphones=tuple(device.name for device in client.devices.microphones()),
            network=engine.facts.network() if engine is not None else "unknown",
            last_contact=self._last_contact(),
            server=enrolment.server_url if enrolment else "",
            organisation=client.storage.shelf.organisation_name() or "",
            device=enrolment.device_id if enrolment else "",
            model=client.transcriber.model or "",
            model_problem=self._model_problem(),
            version=app_version(),
            limit=self._limit(),
            limit_by=self._limit_by(),
            update_to=client.device_settings.update_to(app_version()),
            paused=bool(client.device_settings.values.sync_paused),
        )

    def sync_now(self) -> None:
        """Raises XudaError(NOT_ENROLLED)."""
        self._client.storage.enrolments.need()
        if self._client.engine is not None:
            self._client.engine.wake(at_once=True)

    def retry_refused(self) -> int:
        count = self._client.storage.outbox.retry_failed()
        if self._client.engine is not None:
            self._client.engine.wake(at_once=True)
        return count

    def limit_uploads(self, limit: UploadLimit | None) -> None:
        """Raises XudaError(DISK_*)."""
        wanted = DeviceSettings()
        if limit is not None:
            wanted = DeviceSettings(upload_limit=limit.kilobytes or _NO_LIMIT, upload_limit_hours=list(limit.hours))
        write_staff_settings(self._client.settings.data, wanted)
        self._client.device_settings.take_from_staff(wanted)

    def write_diagnostics(self, folder: Path) -> Path:
        out = folder / diagnostics_name()
        write_diagnostics(self._client.settings.data, out)
        return out

    # ---- facts --------------------

    def _line(self, item: ListedItem) -> QueueLine:
        state = QueueState.REFUSED if item.refused else QueueState.TRIED if item.attempts else QueueState.WAITING
        return QueueLine(
            kind=item.kind,
            interview=item.interview_id[:8],
            position=self._position(item),
            number=int(item.ref) if item.kind == "event" and item.ref.isdecimal() else 0,
            size=item.size,
            state=state,
            attempts=item.attempts,
            code=item.code,
        )

    def _position(self, item: ListedItem) -> dict[str, str]:
        key = (item.kit_id, item.kit_version)
        if key not in self._positions:
            try:
                self._positions[key] = dict(self._client.storage.shelf.kit(*key).position)
            except XudaError:
                return {}
        return self._positions[key]

    @cached_property
    def _positions(self) -> dict[tuple[str, int], dict[str, str]]:
        return {}

    def _disk(self) -> tuple[int | None, int | None]:
        try:
            usage = disk_usage(self._client.settings.data)
        except OSError:
            return None, None
        return usage.free, usage.total

    def _last_contact(self) -> datetime | None:
        engine = self._client.engine
        seconds = engine.facts.seconds_since_reached() if engine is not None else None
        if seconds is not None:
            return datetime.fromtimestamp(self._client.clock.now().timestamp() - seconds, UTC)
        return self._client.storage.shelf.last_heard()

    def _limit(self) -> UploadLimit:
        values = self._client.device_settings.values
        kilobytes = values.upload_limit if (values.upload_limit or _NO_LIMIT) < _NO_LIMIT else None
        return UploadLimit(kilobytes, tuple(values.upload_limit_hours or ()) if kilobytes else ())

    def _limit_by(self) -> str:
        source = self._client.device_settings.source("upload_limit")
        return {Source.STAFF: "staff", Source.REMOTE: "hr", Source.DEFAULT: ""}.get(source, "machine")

    def _model_problem(self) -> str:
        problem = self._client.transcriber.problem
        return problem.code.value if problem is not None else ""
