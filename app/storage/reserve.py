"""A file that only takes room, to be given up on a full disk: what is saved and delivered then still has a place.

Without it a disk that recordings have filled could not even take the note that they were delivered, and so would never
be freed by removing them.
"""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

from app.storage.files import remove_file, replace_file

log = logging.getLogger(__name__)

_SIZE = 8 * 1024 * 1024
# on a disk with less than this much room a reserve would only bring the end nearer
_ROOM = 8 * _SIZE


class Reserve:
    """``path``: the file. No method raises for a disk that is full or fails; the reserve is then simply not there."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def hold(self) -> None:
        """Take the room, if it is not held and the disk can spare it."""
        try:
            if not self._path.exists() and shutil.disk_usage(self._path.parent).free >= _ROOM:
                # random bytes: a file system that compresses would keep hardly anything of zeros
                replace_file(self._path, os.urandom(_SIZE))
        except OSError as error:
            log.warning("no room is held in reserve: %s", error.strerror)

    def give_up(self) -> bool:
        """True when there was room to give."""
        try:
            given = remove_file(self._path)
        except OSError as error:
            log.warning("the reserve cannot be given up: %s", error.strerror)
            return False
        if given:
            log.warning("the disk is full: the room held in reserve is used")
        return given
