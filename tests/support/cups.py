"""A CUPS of the test's own: real filters and the CUPS-PDF printer, and a printer that has run out of paper."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.support.waiting import wait_for

if sys.platform != "win32":
    import fcntl

_SYSTEM = Path("/usr/lib/cups")
_MODEL = Path("/usr/share/ppd/cups-pdf/CUPS-PDF_opt.ppd")
# where CUPS-PDF puts its pages for root when no file in /etc says otherwise: there is none for a printer of this name
_PAGES = Path("/var/spool/cups-pdf/root")
_OUT_OF_PAPER = """#!/bin/sh
[ $# -eq 0 ] && { echo 'direct empty "Empty" "Empty"'; exit 0; }
echo "STATE: +media-empty-error" >&2
exec sleep 60
"""
_SETTINGS = """
LogLevel info
Listen {socket}
DefaultAuthType None
WebInterface No
Browsing No
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  JobPrivateAccess all
  JobPrivateValues none
  <Limit All>
    Order allow,deny
    Allow all
  </Limit>
</Policy>
"""
_PLACES = """
ServerRoot {folder}/root
ServerBin {folder}/bin
RequestRoot {folder}/spool
CacheDir {folder}/cache
StateDir {folder}/state
TempDir {folder}/spool/tmp
AccessLog {folder}/access.log
ErrorLog {folder}/error.log
PageLog {folder}/page.log
"""


def why_not() -> str:
    """Why no CUPS-PDF printer can be run here; empty when one can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "CUPS-PDF prints for root only, and this is not root"
    missing = [name for name in ("cupsd", "lp", "lpadmin") if not shutil.which(name, path=_path())]
    if missing:
        return f"{', '.join(missing)} (cups-daemon, cups-client) are not installed"
    if not (_SYSTEM / "backend" / "cups-pdf").exists() or not _MODEL.exists():
        return "printer-driver-cups-pdf is not installed"
    return ""


class Cups:
    """``pdf``: the name of a printer that writes PDF; ``empty``: of one without paper."""

    pdf, empty = "Booth", "Empty"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "s"
        self._one_of_many = Path(tempfile.gettempdir(), "xuda-cups.lock").open("w")  # noqa: SIM115 - held until the end
        fcntl.flock(self._one_of_many, fcntl.LOCK_SH)
        self._before = _pages()
        self._make_places()
        settings = ("-c", str(folder / "root/cupsd.conf"), "-s", str(folder / "root/cups-files.conf"))
        command = [str(shutil.which("cupsd", path=_path())), "-f", *settings]
        self._server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: self.run("lpstat", "-r", check=False) == "scheduler is running\n", "CUPS", seconds=20)
        self.run("lpadmin", "-p", self.pdf, "-E", "-v", "cups-pdf:/xuda-test", "-P", str(_MODEL))
        self.run("lpadmin", "-p", self.empty, "-E", "-v", "empty:/", "-P", str(_MODEL))

    def _make_places(self) -> None:
        for name in ("root", "bin/backend", "spool/tmp", "cache", "state"):
            (self.folder / name).mkdir(parents=True)
        for part in _SYSTEM.iterdir():
            if part.name != "backend":
                (self.folder / "bin" / part.name).symlink_to(part)
        shutil.copy(_SYSTEM / "backend" / "cups-pdf", self.folder / "bin/backend/cups-pdf")
        (self.folder / "bin/backend/cups-pdf").chmod(0o700)
        stuck = self.folder / "bin/backend/empty"
        stuck.write_text(_OUT_OF_PAPER)
        stuck.chmod(0o755)
        (self.folder / "root/cupsd.conf").write_text(_SETTINGS.format(socket=self.socket))
        (self.folder / "root/cups-files.conf").write_text(_PLACES.format(folder=self.folder))

    def run(self, *command: str, check: bool = True) -> str:
        environment = {**os.environ, "CUPS_SERVER": str(self.socket), "LC_ALL": "C", "PATH": _path()}
        return subprocess.run(command, env=environment, check=check, capture_output=True, text=True).stdout

    def jobs(self) -> list[str]:
        """What waits or is being printed."""
        return self.run("lpstat", "-W", "not-completed", "-o").splitlines()

    def new_pages(self) -> set[tuple[Path, int]]:
        """What came out of ``pdf`` since the beginning, each when it is written to its end, and when that was.

        A page takes the place of an older one of the same title.
        """
        return {found for found in _pages() - self._before if _is_whole(found[0])}

    def close(self) -> None:
        self.run("cancel", "-a", "-x", check=False)
        self._server.terminate()
        self._server.wait(20)
        with self._one_of_many as others, contextlib.suppress(BlockingIOError):
            fcntl.flock(others, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for page, _ in _pages() - self._before:  # while another one runs they may be its own
                page.unlink(missing_ok=True)


def _pages() -> set[tuple[Path, int]]:
    return {(page, page.stat().st_mtime_ns) for page in _PAGES.glob("*.pdf")}


def _is_whole(page: Path) -> bool:
    """The job is over for CUPS a moment before its file is."""
    return b"%%EOF" in page.read_bytes()[-1024:]


def running(folder: Path) -> Iterator[Cups]:
    cups = Cups(folder)
    try:
        yield cups
    finally:
        cups.close()


def _path() -> str:
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
