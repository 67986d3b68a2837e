"""Places a bundle may be written to: sticks first."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QStandardPaths, QStorageInfo

from app.ui.presenters.transfer import Drive

# where the system puts what was plugged in
_PLUGGED_IN = ("/media/", "/run/media/", "/mnt/", "/Volumes/")


def find_drives() -> list[Drive]:
    """Drives that can be written, removable ones first, and the user's documents. May take a moment."""
    found = []
    for volume in QStorageInfo.mountedVolumes():
        if volume.isValid() and volume.isReady() and not volume.isReadOnly():
            path = Path(volume.rootPath())
            if _removable(path):
                found.append(Drive(path, volume.displayName() or path.name, volume.bytesAvailable(), removable=True))
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    if documents and Path(documents).is_dir():
        free = QStorageInfo(documents).bytesAvailable()
        found.append(Drive(Path(documents), documents, free, removable=False))
    return found


if sys.platform == "win32":
    import ctypes

    _DRIVE_REMOVABLE = 2

    def _removable(path: Path) -> bool:
        return bool(ctypes.windll.kernel32.GetDriveTypeW(str(path)) == _DRIVE_REMOVABLE)
else:

    def _removable(path: Path) -> bool:
        return f"{path}/".startswith(_PLUGGED_IN)
