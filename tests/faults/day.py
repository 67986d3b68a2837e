"""A day at HR and a booth, written down with every promise that was made: the work the power campaign cuts short.

``python -m tests.faults.day FOLDER`` runs it on a faulty folder and leaves its log; ``--remove PLACE`` takes one call
out of the product first (see :mod:`tests.faults.syncsites`). Promises are remarks in the log, see ``client_checks`` and
``backend_checks`` for what is expected of each.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults import syncsites
from tests.faults.fuse_folder import ROOT, FaultyFolder
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from tests.faults.booth_scene import Visit

HR, BOOTH = "hr", "booth"
_SOUND_SECONDS = 2.6


class Day:
    """``folder`` gets what the checks compare with: objects as they were sent, recordings as they were made."""

    def __init__(self, disk: FaultyFolder, folder: Path, *, speech: bool) -> None:
        self.disk = disk
        self.speech = speech
        self.hr, self.booth = disk.path / HR, disk.path / BOOTH
        self.folder = folder
        self.sent = folder / "sent"
        self.sent.mkdir()

    def run(self) -> None:
        self._open_hr()
        self._enrol_and_interview()
        self._uploads()
        self._files_of_the_command_line()

    # ---- HR

    def _open_hr(self) -> None:
        from tests.faults import hr_scene

        hr = hr_scene.set_up(self.hr)
        self._invitations = [hr_scene.invite(hr, f"candidate {number}") for number in range(7)]
        hr.close()
        self.disk.mark(promise="organisation")

    def _uploads(self) -> None:
        """Devices that deliver with the contract alone: pieces, cuts, wrong checksums, an upload given up."""
        from tests.backend import tus
        from tests.backend.world import Talk
        from tests.faults import hr_scene

        with hr_scene.serving(self.hr, self.disk.mark) as served:
            booth = served.enrol("Booth 2")
            talks = [Talk(booth, invitation) for invitation, _ in self._invitations[4:]]
            for number, talk in enumerate(talks):
                sealed = [talk.seal(os.urandom(60_000 + 90_000 * number)), talk.seal(os.urandom(5_000))]
                talk.started()
                talk.consented()
                talk.spoken(sealed[0])
                talk.put_all()
                for item in sealed:
                    url = tus.location(talk, item)
                    (self.sent / url.rpartition("/")[2]).write_bytes(item.data)
                    for start in range(0, len(item.data), 40_000):
                        part = item.data[start : start + 40_000]
                        checked = {"Upload-Checksum": tus.checksum(part)} if number % 2 else {}
                        if number == 1 and start == 40_000:
                            wrong = {"Upload-Checksum": tus.checksum(b"other")}
                            assert tus.patch(booth, url, start, part, **wrong).status_code == 460
                        answer = tus.patch(booth, url, start, part, **checked)
                        assert answer.status_code == 204, answer.text
                talk.finished()
                talk.put(len(talk.envelopes))
                answer = talk.deliver(talk.manifest([item.ref for item in sealed]))
                assert answer.json()["receipt"] is not None

    def _files_of_the_command_line(self) -> None:
        from backend.cli.output import write_file

        write_file(self.hr / "reports" / "report.pdf", b"first " * 2000)
        self.disk.mark(promise="file", path=f"{HR}/reports/report.pdf", content="first " * 2000)
        write_file(self.hr / "reports" / "report.pdf", b"second " * 3000)
        self.disk.mark(promise="file", path=f"{HR}/reports/report.pdf", content="second " * 3000)

    # ---- the booth

    def _enrol_and_interview(self) -> None:
        from backend.services.devices import new_enrolment_code
        from tests.backend.world import COMMAND_LINE
        from tests.faults import hr_scene
        from tests.faults.booth_scene import Visit, cheap_passphrase, enrol

        with cheap_passphrase(), hr_scene.serving(self.hr, self.disk.mark) as served:
            code = new_enrolment_code(served.hr, COMMAND_LINE)
            enrol(self.booth, served.url, code)
            self.disk.mark(promise="enrolled")
            with Visit(self.booth) as visit:
                assert visit.deliver() == 0
                self.disk.mark(promise="stocked", codes=[code for _, code in self._invitations[:4]])
            with Visit(self.booth, model=self.speech) as visit:
                first = self._half_an_interview(visit)
            with Visit(self.booth, model=self.speech) as visit:
                self._other_half(visit, first)
                self._given_up(visit)
                self._written(visit)
                self._running(visit)
                assert visit.deliver() == 0
                self.disk.mark(promise="delivered", interview=first)
                visit.run(visit.service.farewell)
            with Visit(self.booth) as visit:
                visit.deliver()

    def _half_an_interview(self, visit: Visit) -> str:
        interview_id = visit.begin(self._invitations[0][1])
        self.disk.mark(promise="state", interview=interview_id, state="active")
        take = visit.record("q1", self.folder / "say.wav", self.folder / "clip.mp4", words=self.speech)
        self._submit(visit, interview_id, "q1", take)
        visit.run(visit.service.save_draft, "q3", "a draft")
        self.disk.mark(promise="draft", interview=interview_id, question="q3", text="a draft")
        visit.run(visit.service.pause, _reason("network"), "words of the reason")
        self.disk.mark(promise="state", interview=interview_id, state="paused")
        return interview_id

    def _other_half(self, visit: Visit, interview_id: str) -> None:
        service = visit.service
        visit.run(service.resume, interview_id)
        self.disk.mark(promise="state", interview=interview_id, state="active")
        visit.record("q2", self.folder / "say.wav", words=self.speech)
        self._submit(visit, interview_id, "q2", visit.record("q2", self.folder / "say.wav", words=self.speech))
        visit.run(service.submit_text, "q3", "我会先问清楚原因。" * 40)
        self._answered(interview_id, "q3", text="我会先问清楚原因。" * 40)
        visit.run(service.submit_choice, "q4", [1])
        self._answered(interview_id, "q4", choices=[1])
        visit.run(service.finish)
        self.disk.mark(promise="state", interview=interview_id, state="finished")

    def _given_up(self, visit: Visit) -> None:
        interview_id = visit.begin(self._invitations[1][1])
        self.disk.mark(promise="state", interview=interview_id, state="active")
        key = visit.client.storage.keystore.get(f"interview:{interview_id}")
        assert key is not None
        self._submit(visit, interview_id, "q1", visit.record("q1", self.folder / "say.wav", self.folder / "clip.mp4"))
        visit.run(visit.service.withdraw, interview_id)
        self.disk.mark(promise="withdrawn", interview=interview_id, key=key.hex())

    def _written(self, visit: Visit) -> None:
        """Nothing of it is spoken: it needs no words to be delivered and purged."""
        interview_id = visit.begin(self._invitations[3][1])
        take = visit.record("q1", self.folder / "say.wav", self.folder / "clip.mp4")
        visit.run(visit.service.discard_take, take)
        visit.run(visit.service.finish, time_up=True)
        self.disk.mark(promise="state", interview=interview_id, state="finished")

    def _running(self, visit: Visit) -> None:
        """A take whose sound comes slowly, written through the store as the recorder does it."""
        from app.interview.states import TakeState
        from app.interview.store import TakeRow

        interview_id = visit.begin(self._invitations[2][1])
        self.disk.mark(promise="state", interview=interview_id, state="active")
        content = (self.folder / "sound.webm").read_bytes()
        take = TakeRow("take-0001", interview_id, "q2", 1, TakeState.RECORDING, has_video=False)
        sink = visit.run(visit.store.begin_take, take)
        begun, given = time.monotonic(), 0
        while (seconds := time.monotonic() - begun) < _SOUND_SECONDS:
            size = min(len(content) - given, 90 if seconds < _SOUND_SECONDS / 2 else 900)
            sink.write(content[given : given + size])
            given += size
            self.disk.mark(promise="sound", take="take-0001", bytes=given)
            time.sleep(0.05)  # the pace of the recording, not a wait for anything
        visit.run(visit.service.shutdown)

    def _submit(self, visit: Visit, interview_id: str, question: str, take_id: str) -> None:
        digest = visit.digest(take_id)
        visit.run(visit.service.submit_take, take_id)
        self._answered(interview_id, question, take=take_id, sha256=digest)

    def _answered(self, interview_id: str, question: str, **answer: object) -> None:
        self.disk.mark(promise="answer", interview=interview_id, question=question, **answer)


def _reason(name: str) -> object:
    from app.interview.model import ExitReason

    return ExitReason(name)


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
    command = [sys.executable, "-m", "tests.faults.day", str(folder), "--remove", remove]
    subprocess.run(command + ([] if speech else ["--no-speech"]), cwd=ROOT, check=True, timeout=300)
    return folder / "disk" / "log"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--remove", default="", help="a place of tests.faults.syncsites")
    parser.add_argument("--no-speech", action="store_true", help="do without the transcription")
    given = parser.parse_args()
    if given.remove:
        syncsites.remove(given.remove)
    material(given.folder)
    with FaultyFolder(given.folder / "disk") as disk:
        Day(disk, given.folder, speech=not given.no_speech).run()
    shutil.rmtree(disk.backing)


if __name__ == "__main__":
    main()
