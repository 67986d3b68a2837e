"""A day at HR and a booth, written down with every promise that was made: the work the power campaign cuts short.

``python -m tests.faults.day FOLDER`` lives it on a faulty folder and leaves its log; ``--section`` lives one section
alone, from the folder that ``--base`` was when the day came to it, and ``--remove`` takes one place out of the product
first (see :mod:`tests.faults.syncsites`). Promises are remarks in the log; ``Promises`` says what each means and the
modules named ``..._checks`` what is expected of it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults import day_booth, day_hr, day_sides, syncsites
from tests.faults.day_sides import BOOTH, HR, MODELS, RESTORED, SAFE, SECTION, STICK
from tests.faults.fuse_folder import ROOT, FaultyFolder
from tests.support.waiting import wait_for

_FULL_OF = {day_hr.__name__: "backend/", day_booth.__name__: "app/"}


class Day:
    """``folder`` has the things said and shown and gets what the checks compare with: objects as they were sent.

    ``notes``: what the sections tell the later ones, as JSON would keep it.
    """

    def __init__(self, disk: FaultyFolder, folder: Path, notes: dict[str, Any], *, speech: bool) -> None:
        self.disk = disk
        self.speech = speech
        self.folder = folder
        self.notes = notes
        self.sent = folder / "sent"
        self.sent.mkdir(exist_ok=True)
        folders = [disk.path / name for name in (HR, BOOTH, STICK, SAFE, RESTORED, MODELS)]
        self.hr, self.booth, self.stick, self.safe, self.restored, self.models = folders
        if not self.stick.exists():
            self.stick.mkdir()
            _sync(disk.path)  # a stick is there before anything is written to it

    def place(self, path: Path) -> str:
        return path.relative_to(self.disk.path).as_posix()

    def live(self, section: str) -> None:
        self.disk.mark(promise=SECTION, name=section)
        SECTIONS[section](self)


SECTIONS: dict[str, Callable[[Day], None]] = {
    "opened": day_hr.opened,
    "enrolled": day_booth.enrolled,
    "fetched": day_booth.fetched,
    "half": day_booth.half,
    "damaged": day_booth.damaged,
    "other half": day_booth.other_half,
    "withdrawn": day_booth.withdrawn,
    "running": day_booth.running,
    "delivered": day_booth.delivered,
    "uploads": day_hr.uploads,
    "files": day_hr.files,
    "reported": day_hr.reported,
    "exported": day_booth.exported,
    "imported": day_hr.imported,
    "receipted": day_booth.receipted,
    "rotated": day_hr.keys_rotated,
    "backed up": day_hr.backed_up,
    "restored": day_hr.restored,
    "installed": day_booth.installed,
}


@dataclass
class Base:
    """What there was when the day came to a section, all of it durable: a folder, the notes, the log so far."""

    folder: Path

    @property
    def disk(self) -> Path:
        return self.folder / "disk"

    def keep(self, disk: FaultyFolder, notes: dict[str, Any]) -> None:
        shutil.copytree(disk.backing, self.disk)
        (self.folder / "notes.json").write_text(json.dumps(notes))

    def notes(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "notes.json").read_bytes())
        return found


@dataclass
class Rehearsal:
    """The whole day as it is. ``reached``: section -> the places it came to; ``seconds``: how long each took."""

    folder: Path
    reached: dict[str, list[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        return self.folder / "disk" / "log"

    def base(self, section: str) -> Base:
        return Base(self.folder / "bases" / section.replace(" ", "-"))

    def sections_of(self, place: str) -> list[str]:
        """The sections that come to a place, the quickest first."""
        return sorted((name for name, places in self.reached.items() if place in places), key=self.seconds.__getitem__)


def material(folder: Path) -> None:
    """Things said and shown, and a recording of the client's own."""
    from app.capture.recorder import DeviceRecorder
    from tests.speech.say import say
    from tests.support.media import make_clip, moving_picture

    say("we built the cloud server .", "en", folder / "say.wav", lead=0.1, tail=0.1, speed=190)
    make_clip(folder / "clip.mp4", seconds=0.5, paint=moving_picture(320, 240))
    recorder = DeviceRecorder()
    recorder.set_microphone(f"file:{folder / 'say.wav'}")
    ended: list[bool] = []

    class Listener:
        def on_fault(self, code: str) -> None:
            raise AssertionError(code)

        def on_input_ended(self) -> None:
            ended.append(True)

    with (folder / "sound.webm").open("wb") as file:
        recorder.start(file, video=False, pcm=None, listener=Listener())
        wait_for(lambda: ended, "the sound's end", seconds=30)
        recorder.stop()
    recorder.close()


def live(folder: Path, *, remove: str = "", speech: bool = True) -> Path:
    """Live the day in a process of its own and with that place taken out of the product; the log's file."""
    _run([str(folder), "--remove", remove], speech=speech)
    return folder / "disk" / "log"


def rehearse(folder: Path, sections: Sequence[str] = ()) -> Rehearsal:
    """Live the day, or some sections of it, in a process of its own, and keep what each section begins with."""
    chosen = [word for section in sections for word in ("--section", section)]
    _run([str(folder), "--rehearse", *chosen], speech=False)
    told = json.loads((folder / "rehearsal.json").read_bytes())
    return Rehearsal(folder, told["reached"], told["seconds"])


def live_section(rehearsal: Rehearsal, section: str, folder: Path, *, remove: str) -> Path:
    """Live one section again, in a process of its own and with that place taken out of the product; the log's file."""
    base, material = str(rehearsal.base(section).folder), str(rehearsal.folder)
    _run([str(folder), "--section", section, "--base", base, "--material", material, "--remove", remove], speech=False)
    return folder / "disk" / "log"


def _run(arguments: list[str], *, speech: bool) -> None:
    command = [sys.executable, "-m", "tests.faults.day", *arguments]
    subprocess.run(command + ([] if speech else ["--no-speech"]), cwd=ROOT, check=True, timeout=600)


def _live(given: argparse.Namespace) -> None:
    base = Base(given.base) if given.base else None
    with FaultyFolder(given.folder / "disk", base=base.disk if base else None) as disk:
        syncsites.on_missed = lambda: disk.mark(promise=day_sides.MISSED)
        day = Day(disk, given.material or given.folder, base.notes() if base else {}, speech=not given.no_speech)
        rehearsal = Rehearsal(given.folder)
        for section in given.section or SECTIONS:
            if given.rehearse:
                rehearsal.base(section).keep(disk, day.notes)
            begun = time.monotonic()
            day.live(section)
            rehearsal.seconds[section] = time.monotonic() - begun
            rehearsal.reached[section] = sorted(syncsites.REACHED | _full(section))
            syncsites.REACHED.clear()
        if given.rehearse:
            told = {"reached": rehearsal.reached, "seconds": rehearsal.seconds}
            (given.folder / "rehearsal.json").write_text(json.dumps(told))
    shutil.rmtree(disk.backing)


def _full(section: str) -> set[str]:
    """The settings of databases that a section works with: they cannot tell of themselves."""
    package = _FULL_OF[SECTIONS[section].__module__]
    return {name for name in syncsites.names() if name.startswith(package) and name.endswith(syncsites.FULL)}


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--remove", default="", help="a place of tests.faults.syncsites")
    parser.add_argument("--no-speech", action="store_true", help="do without the transcription")
    parser.add_argument("--rehearse", action="store_true", help="keep what each section begins with")
    parser.add_argument("--section", action="append", help="this one alone; may be given more than once")
    parser.add_argument("--base", type=Path, help="what it begins with")
    parser.add_argument("--material", type=Path, help="where the things said and shown are; default: made anew")
    given = parser.parse_args()
    if given.remove:
        syncsites.remove(given.remove)
    if given.rehearse:
        syncsites.watch()
    if given.material is None:
        material(given.folder)
    _live(given)


if __name__ == "__main__":
    main()
