"""Whether the system asks for less motion. Qt does not tell it; each system is asked in its own way."""

from __future__ import annotations

import subprocess
import sys

_PATIENCE_SECONDS = 2.0

if sys.platform == "win32":
    import ctypes

    _GET_CLIENT_AREA_ANIMATION = 0x1042

    def reduced_motion() -> bool:
        """“Show animations” is off."""
        shown = ctypes.c_int(1)
        asked = ctypes.windll.user32.SystemParametersInfoW(_GET_CLIENT_AREA_ANIMATION, 0, ctypes.byref(shown), 0)
        return bool(asked) and not shown.value
elif sys.platform == "darwin":

    def reduced_motion() -> bool:
        """“Reduce motion” is on."""
        return _said("defaults", "read", "com.apple.universalaccess", "reduceMotion") == "1"
else:

    def reduced_motion() -> bool:
        """The desktop's animations are off, where it keeps that as GNOME does. May take a moment."""
        return _said("gsettings", "get", "org.gnome.desktop.interface", "enable-animations") == "false"


def _said(*command: str) -> str:
    """What a program of the system prints; nothing where there is none."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=False)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
