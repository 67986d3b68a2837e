"""Facts about this machine that explain an interview's circumstances; none of them is personal."""

from __future__ import annotations

import collections
import logging
import platform
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from app.interview.model import Battery, Environment


@lru_cache(maxsize=1)
def app_version() -> str:
    try:
        return version("xuda")
    except PackageNotFoundError:  # a frozen build without metadata
        return "0"


def read_battery() -> Battery | None:
    """The machine's charge; None without a battery, or where nobody can tell."""
    import psutil

    if not hasattr(psutil, "sensors_battery"):
        return None
    try:
        found: Any = psutil.sensors_battery()
    except (OSError, RuntimeError):  # a container without /sys, a driver that answers nonsense
        return None
    if found is None:
        return None
    left = found.secsleft
    minutes = left / 60 if isinstance(left, (int, float)) and left > 0 else None
    return Battery(float(found.percent), bool(found.power_plugged), minutes)


@lru_cache(maxsize=1)
def device_model() -> str:
    """Maker's name of this machine, or its processor type where the system does not tell."""
    try:
        if sys.platform.startswith("linux"):
            folder = Path("/sys/class/dmi/id")
            parts = [(folder / name).read_text("utf-8").strip() for name in ("sys_vendor", "product_name")]
            return " ".join(parts)
        if sys.platform == "darwin":
            command = ["sysctl", "-n", "hw.model"]
            return subprocess.run(command, capture_output=True, text=True, timeout=2, check=True).stdout.strip()
        if sys.platform == "win32":
            import winreg

            path = r"HARDWARE\DESCRIPTION\System\BIOS"
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path) as key:
                return str(winreg.QueryValueEx(key, "SystemProductName")[0])
    except (OSError, subprocess.SubprocessError):
        pass
    return platform.machine()


class RecentErrors(logging.Handler):
    """Remembers the newest warnings by logger and level only: enough to see what went wrong, never what was said."""

    def __init__(self, keep: int = 20) -> None:
        super().__init__(logging.WARNING)
        self._newest: collections.deque[str] = collections.deque(maxlen=keep)
        self._guard = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        with self._guard:
            self._newest.append(f"{record.levelname} {record.name}:{record.lineno}")

    def newest(self) -> tuple[str, ...]:
        with self._guard:
            return tuple(self._newest)


class FactFinder:
    """Collects an :class:`Environment`; the callables tell what only other parts know. Quick: no device is opened."""

    def __init__(
        self,
        data_dir: Path,
        *,
        network: Callable[[], str],
        camera: Callable[[], str],
        microphone: Callable[[], str],
        speech_model: Callable[[], str],
        errors: RecentErrors,
    ) -> None:
        self._data_dir = data_dir
        self._network = network
        self._camera = camera
        self._microphone = microphone
        self._speech_model = speech_model
        self._errors = errors

    def __call__(self) -> Environment:
        battery = read_battery()
        return Environment(
            device_model=device_model(),
            os=platform.platform(),
            app_version=app_version(),
            python_version=platform.python_version(),
            network=self._network(),
            battery_percent=round(battery.percent, 1) if battery else None,
            on_mains=battery.on_mains if battery else None,
            free_disk_bytes=free_bytes(self._data_dir),
            camera=self._camera(),
            microphone=self._microphone(),
            speech_model=self._speech_model(),
            errors=self._errors.newest(),
        )


def free_bytes(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
