"""Writes the listing of a frozen program: every file with its size and SHA-256, every module of ours.

build.spec calls it last. Whoever signs or changes files afterwards calls it again:
``python freeze/listing.py dist/xuda`` (the modules stay as they were).
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

PLACE = Path("_internal") / "program.json"
# A model comes and goes with its own list of hashes.
_OTHERS = ("models", "meaning")


def write_listing(folder: Path, modules: Sequence[str] | None = None) -> Path:
    """``modules``: None leaves those that are listed."""
    target = folder / PLACE
    if modules is None:
        modules = json.loads(target.read_text("utf-8"))["modules"]
    target.unlink(missing_ok=True)
    found = sorted(file for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
    files = {}
    for file in found:
        place = file.relative_to(folder)
        if place.parts[0] not in _OTHERS:
            with file.open("rb") as content:
                files[place.as_posix()] = [file.stat().st_size, hashlib.file_digest(content, "sha256").hexdigest()]
    text = json.dumps({"format": 1, "modules": list(modules), "files": files}, indent=0)
    target.write_text(text, "utf-8")
    return target


if __name__ == "__main__":
    print(write_listing(Path(sys.argv[1])))
