"""In a frozen program, before anything else: sounddevice asks the system for PortAudio and gets the bundled one."""

import ctypes.util
import sys
from pathlib import Path

_system = ctypes.util.find_library
_bundled = Path(getattr(sys, "_MEIPASS", "")) / "libportaudio.so.2"


def _find_library(name: str) -> "str | None":
    return str(_bundled) if name == "portaudio" and _bundled.is_file() else _system(name)


ctypes.util.find_library = _find_library
