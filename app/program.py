"""The frozen program's own files: what it consists of, and whether all of it is there."""

from __future__ import annotations

import hashlib
import json
import pkgutil
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from contract.errors import ErrorCode, XudaError

FROZEN = bool(getattr(sys, "frozen", False))
OURS = ("app", "assessment", "contract", "report")
_NOT_CARRIED = "app.demo"
_VERSIONS = "-versions"  # as xuda-update.sh puts them
_LISTING = Path("_internal") / "program.json"


@dataclass(frozen=True, slots=True)
class Listing:
    """``files``: place in the folder -> size in bytes and SHA-256 in hex. ``build`` names this very build."""

    files: dict[str, tuple[int, str]]
    modules: tuple[str, ...]
    build: str


def program_folder() -> Path | None:
    """Where the frozen program lies; None when it runs from source, and on macOS, whose signature does this work."""
    return Path(sys.executable).resolve().parent if FROZEN and sys.platform != "darwin" else None


def program_path() -> str:
    """What starts this program again, after an update too: where versions lie side by side, the link to the newest."""
    program = Path(sys.executable)
    versions = program.parent.parent
    if FROZEN and versions.name.endswith(_VERSIONS):
        link = versions.with_name(versions.name.removesuffix(_VERSIONS)) / program.name
        if link.is_file():
            return str(link)
    return sys.executable


def read_listing(folder: Path) -> Listing:
    """Raises XudaError(PROGRAM_DAMAGED)."""
    try:
        content = (folder / _LISTING).read_bytes()
        found = json.loads(content)
        files = {str(place): (int(size), str(digest)) for place, (size, digest) in found["files"].items()}
        return Listing(files, tuple(found["modules"]), hashlib.sha256(content).hexdigest())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise XudaError(ErrorCode.PROGRAM_DAMAGED, file=_LISTING.name) from error


def check_files(folder: Path, listing: Listing) -> int:
    """Read every file of the program; how many there are. Raises XudaError(PROGRAM_DAMAGED) naming the first bad one.

    Missing and cut ones are told before anything is read: they are found at once.
    """
    for place, (size, _) in listing.files.items():
        file = folder / place
        if not file.is_file() or file.stat().st_size != size:
            raise XudaError(ErrorCode.PROGRAM_DAMAGED, file=place)
    for place, (_, digest) in listing.files.items():
        try:
            with (folder / place).open("rb") as content:
                found = hashlib.file_digest(content, "sha256").hexdigest()
        except OSError as error:
            raise XudaError(ErrorCode.PROGRAM_DAMAGED, file=place) from error
        if found != digest:
            raise XudaError(ErrorCode.PROGRAM_DAMAGED, file=place)
    return len(listing.files)


def modules() -> list[str]:
    """Every module of ours: as it was frozen, or as the folders of the source have them."""
    folder = program_folder()
    if folder is not None:
        return list(read_listing(folder).modules)
    found = list(OURS)
    for package in OURS:
        paths = import_module(package).__path__
        found += [info.name for info in pkgutil.walk_packages(paths, package + ".")]
    return [name for name in found if not name.startswith(_NOT_CARRIED)]


def known(error: Exception) -> Exception:
    """What is missing from a frozen program, as an error that people can read; any other error as it is."""
    if not FROZEN:
        return error
    missing = error.name if isinstance(error, ImportError) else _own_file(error)
    return XudaError(ErrorCode.PROGRAM_DAMAGED, file=missing) if missing else error


def _own_file(error: Exception) -> str:
    if not isinstance(error, FileNotFoundError) or not isinstance(error.filename, str):
        return ""
    inside = Path(getattr(sys, "_MEIPASS", "")) in Path(error.filename).parents
    return Path(error.filename).name if inside else ""
