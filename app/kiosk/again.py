"""Starting the program again after staff have asked for it."""

from __future__ import annotations

import os
import subprocess
import sys

from app.program import FROZEN, program_path

# Exit codes: a supervisor starts the program again after anything but the first (docs/kiosk.md).
CLOSED_BY_STAFF = 10
RESTARTED_BY_STAFF = 11
SUPERVISED = "XUDA_SUPERVISED"


def start_again(code: int) -> int:
    """Call it when everything is closed. Under a supervisor the exit ``code`` is the request; else a new process takes
    over. Returns only where this process has to end for that."""
    if os.environ.get(SUPERVISED):
        return code
    program = program_path()
    command = [program, *(sys.argv[1:] if FROZEN else sys.orig_argv[1:])]
    if sys.platform != "win32":
        os.execv(program, command)  # noqa: S606 - the same program with the same arguments
    subprocess.Popen(command)
    return 0
