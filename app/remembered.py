"""What somebody has chosen for the window of this device, kept over a restart: the language and how it looks."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from app.storage.files import disk_errors, replace_file
from app.ui.i18n import LANGUAGE_FILE

if TYPE_CHECKING:
    from app.ui.dress import Appearance

# choices are saved on threads of their own, and two may follow each other quickly
_one_at_a_time = threading.Lock()


def save_language(data: Path, language: str) -> None:
    """The next start speaks it too. Raises XudaError(DISK_*); what was kept before stays then."""
    _keep(data / LANGUAGE_FILE, language)


def save_appearance(data: Path, appearance: Appearance) -> None:
    """Raises XudaError(DISK_*); what was kept before stays then."""
    from app.ui.dress import APPEARANCE_FILE  # with all of Qt's styles, which a first window does without

    _keep(data / APPEARANCE_FILE, json.dumps(appearance._asdict()))


def _keep(path: Path, text: str) -> None:
    """Whole or not at all, whenever the power goes."""
    with _one_at_a_time, disk_errors():
        replace_file(path, text.encode("utf-8"))
