"""Runs ``xuda client --autopilot`` and says on stderr when what a candidate waits for is there.

``python benchmarks/watched_client.py ARGUMENT…`` (those of ``xuda client``), for ``benchmarks/waiting.py``. Lines are
``seen WHAT TIME MORE``, the time that of the monotonic clock. The answers of the script are played into the default
microphone by ``paplay``, so devices are opened by the client itself, as for a candidate. XUDA_BENCH_PAUSE: seconds for
which the candidate reads the consent. XUDA_BENCH_UNTIL_PREVIEW ends the process with the first frame, XUDA_BENCH_SOUND
is a file for the sound that was heard.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

_AFTER = 3.0
_READING = 1.0
# of our own: the sound library closes the process's for moments
_STDERR = os.dup(2)
told: set[str] = set()


def seen(what: str, more: object = "") -> None:
    told.add(what)
    tell(what, time.monotonic(), more)


def tell(what: str, at: float, more: object = "") -> None:
    os.write(_STDERR, f"seen {what} {at:.4f} {more}\n".encode())


def processor() -> str:
    """Seconds of the processor so far: this process, and the one that recognises speech."""
    import psutil

    own = psutil.Process()
    times = own.cpu_times()
    words = [child.cpu_times() for child in own.children() if "spawn_main" in " ".join(child.cmdline())]
    return f"{times.user + times.system:.2f} {sum(w.user + w.system for w in words):.2f}"


def watch_preview() -> None:
    from app.ui.widgets.preview import LivePreview

    paint = LivePreview.paintEvent
    shown: list[LivePreview] = []

    def painted(preview: Any, event: Any) -> None:
        paint(preview, event)
        if preview._image is not None and preview not in shown:
            shown.append(preview)
            seen("preview")
            if os.environ.get("XUDA_BENCH_UNTIL_PREVIEW"):
                os._exit(0)

    LivePreview.paintEvent = painted  # type: ignore[method-assign]


def watch_recording() -> None:
    from app.capture.take import Take
    from app.ui.screens.recording import RecordingScreen

    begin, paint, refresh = Take.__init__, RecordingScreen.paintEvent, RecordingScreen.refresh

    def begun(take: Any, *given: Any) -> None:
        begin(take, *given)
        tell("began", take.started_at)

    last: dict[str, object] = {"entered": None, "caption": ""}
    entered = RecordingScreen.entered

    def entering(screen: Any) -> None:
        last["entered"] = True
        entered(screen)

    def painted(screen: Any, event: Any) -> None:
        paint(screen, event)
        if last["entered"]:
            last["entered"] = None
            seen("recording")

    def refreshed(screen: Any) -> None:
        refresh(screen)
        text = screen._caption.text() if screen._presenter.caption else ""
        if text and text != last["caption"]:
            last["caption"] = text
            seen("caption", text)

    Take.__init__ = begun  # type: ignore[method-assign]
    RecordingScreen.entered = entering  # type: ignore[method-assign]
    RecordingScreen.paintEvent = painted  # type: ignore[method-assign]
    RecordingScreen.refresh = refreshed  # type: ignore[method-assign]


def keep_sound(path: str) -> None:
    """Write what speech recognition is given: 16 kHz, mono, 16 bit. When a word was heard is read from it."""
    from app.transcribe.jobs import Job

    file, feed = open(path, "wb"), Job.feed  # noqa: SIM115 - open as long as the process lives

    def kept(job: Any, pcm: Any) -> None:
        file.write((pcm.clip(-1, 1) * 32767).astype("<i2").tobytes())
        file.flush()
        feed(job, pcm)

    Job.feed = kept  # type: ignore[method-assign]


def speak_to_microphone() -> None:
    """The autopilot leaves the devices as the client has opened them, and speaks."""
    import app.flight
    from app.ui import names
    from app.ui.autopilot import Autopilot

    class Candidate(Autopilot):
        _player: subprocess.Popen[bytes] | None = None
        _ended: float | None = None
        _finished = False

        def start(self) -> None:
            self._timer.start()

        def _set_devices(self, answer: Any) -> None:
            self._say: Path = answer.say
            self._finished = False

        def _on_consent(self) -> None:
            if self._been_here(float(os.environ.get("XUDA_BENCH_PAUSE", "0"))):
                super()._on_consent()

        def _on_question(self) -> None:
            if self._been_here(_READING):
                super()._on_question()

        def _been_here(self, seconds: float) -> bool:
            return time.monotonic() - self._since >= seconds

        def _on_recording(self) -> None:
            if self._finished:
                return
            if self._player is None:
                seen("load", processor())
                seen("playing")
                self._player = subprocess.Popen(["paplay", "--latency-msec=30", str(self._say)])
                self._ended = None
            elif self._player.poll() is not None:
                self._ended = self._ended or time.monotonic()
                if time.monotonic() - self._ended > _AFTER:
                    self._player, self._finished = None, True
                    seen("load", processor())
                    self._click(names.RECORDING_DONE)

        def _click(self, name: str) -> bool:
            if name == names.DEVICES_CONTINUE and "preview" not in told:
                return False
            if name in (names.QUESTION_ANSWER, names.CONSENT_AGREE) and name not in self._acted:
                at = time.monotonic()
                clicked = super()._click(name)
                if clicked:
                    tell(f"click:{name}", at)
                return clicked
            return super()._click(name)

    app.flight.Autopilot = Candidate  # type: ignore[misc]


def main() -> None:
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from app import window
    from app.__main__ import main as xuda

    watch_preview_later = window.ClientRun._opened

    def opened(run: Any, client: Any) -> None:
        # what is watched is loaded here and not before, so that the start is the client's own
        watch_preview()
        watch_recording()
        speak_to_microphone()
        if os.environ.get("XUDA_BENCH_SOUND"):
            keep_sound(os.environ["XUDA_BENCH_SOUND"])
        watch_preview_later(run, client)
        assert run._window is not None
        run._window.screen_changed.connect(lambda name: seen(f"screen:{name}"))
        client.news.subscribe(_tell_end)

    window.ClientRun._opened = opened  # type: ignore[method-assign]
    sys.exit(xuda(["client", *sys.argv[1:]]))


def _tell_end(news: Any) -> None:
    from app.interview.views import TranscriptReady

    if isinstance(news, TranscriptReady):
        seen("words", news.transcript.text)


if __name__ == "__main__":
    main()
