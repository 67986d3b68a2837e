"""Record an answer of 1280x720 at 25 frames a second while its sound is transcribed: `python -m benchmarks.recording`.

The client's own service does it, on real storage, with the real worker: first without transcription, then with it, one
after the other in one run, so that the two can be compared on a machine that does other things too. The picture comes
from a clip (decoding it is part of the load, as decoding a camera's JPEGs would be), the sound from a WAV file.

Ends with 1 when more than one frame in a hundred was dropped or any sound was lost.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from app.interview.model import RecordingResult
from app.interview.views import InputEnded, News, TranscriptFailed, TranscriptReady
from tests.interview.desk import Desk
from tests.speech.say import say
from tests.speech.tinywhisper import vocabulary
from tests.storage.office import Office
from tests.support.media import make_clip

MOST_DROPPED = 0.01
_SECONDS_A_SENTENCE = 3.0
_PATIENCE = 120.0


@dataclass(frozen=True)
class Figures:
    """What one take has cost. Times in seconds; ``cpu`` in processor seconds per second of recording.

    ``stopped`` is how long the recorder needs to end the stream, ``read_back`` until the sealed take is on the disk
    and was decoded, ``durable`` until it is submitted and the screen may say so: all from the end of the answer.
    ``words_after`` is from the end of the speech to the final transcript, None without transcription.
    """

    duration: float
    frames: int
    dropped: int
    repeated: int
    audio_lost: int
    cpu_client: float
    cpu_worker: float
    stopped: float
    read_back: float
    durable: float
    words_after: float | None
    words: int | None

    @property
    def dropped_share(self) -> float:
        return self.dropped / max(1, self.frames + self.dropped)

    @property
    def good(self) -> bool:
        return self.frames > 0 and self.dropped_share <= MOST_DROPPED and self.audio_lost == 0


class _Watch:
    """When which news came, by the monotonic clock."""

    def __init__(self, desk: Desk) -> None:
        self._came: dict[type, tuple[float, News]] = {}
        self._changed = threading.Condition()
        desk.listeners.append(self._note)

    def wait(self, *kinds: type) -> tuple[float, News]:
        """Time and content of the first news of one of ``kinds``."""
        with self._changed:
            found = self._changed.wait_for(lambda: [self._came[k] for k in kinds if k in self._came], _PATIENCE)
        if not found:
            raise SystemExit(f"No {' or '.join(kind.__name__ for kind in kinds)} within {_PATIENCE:.0f} s")
        return found[0]

    def _note(self, news: News) -> None:
        with self._changed:
            self._came.setdefault(type(news), (time.monotonic(), news))
            self._changed.notify_all()


class _Stops:
    """Stands at the recorder's ``stop`` to keep its counts and how long it took."""

    def __init__(self, desk: Desk) -> None:
        self._stop = desk.recorder.stop
        self.result = RecordingResult(duration=0.0)
        self.seconds = 0.0
        desk.recorder.stop = self  # type: ignore[method-assign]

    def __call__(self) -> RecordingResult:
        begin = time.monotonic()
        self.result = self._stop()
        self.seconds = time.monotonic() - begin
        return self.result


def record(clip: Path, sound: Path, *, transcribe: bool) -> Figures:
    """One take of the whole sound."""
    with tempfile.TemporaryDirectory() as folder, Desk(Path(folder), Office(), model=transcribe) as desk:
        desk.begin()
        if transcribe:
            _load_model(desk)
        desk.recorder.set_camera(f"file:{clip}")
        desk.recorder.set_microphone(f"file:{sound}")
        watch, stops = _Watch(desk), _Stops(desk)
        before, worker_before = _cpu(os.getpid()), _cpu(desk.transcriber.worker_pid)
        take_id = desk.run(desk.service.begin_take, "q1")
        ended, _ = watch.wait(InputEnded)
        client, worker = _cpu(os.getpid()) - before, _cpu(desk.transcriber.worker_pid) - worker_before
        elapsed = desk.recorder.elapsed
        desk.run(desk.service.end_take)
        read_back = time.monotonic() - ended
        desk.run(desk.service.submit_take, take_id)
        durable = time.monotonic() - ended
        at, news = watch.wait(TranscriptReady, TranscriptFailed) if transcribe else (None, None)
    result = stops.result
    return Figures(
        duration=result.duration,
        frames=result.frames,
        dropped=result.dropped,
        repeated=result.repeated,
        audio_lost=result.audio_lost,
        cpu_client=client / elapsed,
        cpu_worker=worker / elapsed,
        stopped=stops.seconds,
        read_back=read_back,
        durable=durable,
        words_after=None if at is None else at - ended,
        words=len(news.transcript.words) if isinstance(news, TranscriptReady) else None,
    )


def _load_model(desk: Desk) -> None:
    """An empty answer ends when the worker is there and has loaded its model."""
    desk.transcriber.warm_up()
    ended = threading.Event()
    job = desk.transcriber.open_job("warm", "en", lambda _: None, lambda _: ended.set(), lambda _: ended.set())
    job.finish()
    ended.wait(_PATIENCE)


def _cpu(pid: int | None) -> float:
    """Processor seconds of a process so far."""
    if pid is None:
        return 0.0
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _speech(seconds: float, path: Path) -> Path:
    """A WAV of about ``seconds`` of the speech the tests' model knows, that ends with its last word."""
    rng = random.Random(25)
    sentences = [vocabulary.usual("en", rng) for _ in range(max(1, round(seconds / _SECONDS_A_SENTENCE)))]
    say(" {0.9} ".join(vocabulary.spoken("en", words) for words in sentences), "en", path, tail=0.0)
    return path


def _table(alone: Figures, both: Figures) -> str:
    rows = [
        ("length of the take, s", alone.duration, both.duration, "{:.1f}"),
        ("frames written", alone.frames, both.frames, "{}"),
        ("frames dropped, %", 100 * alone.dropped_share, 100 * both.dropped_share, "{:.2f}"),
        ("frames repeated", alone.repeated, both.repeated, "{}"),
        ("samples of sound lost", alone.audio_lost, both.audio_lost, "{}"),
        ("CPU of the client, s/s", alone.cpu_client, both.cpu_client, "{:.2f}"),
        ("CPU of the worker, s/s", alone.cpu_worker, both.cpu_worker, "{:.2f}"),
        ("recorder stopped after, s", alone.stopped, both.stopped, "{:.2f}"),
        ("stored and read back after, s", alone.read_back, both.read_back, "{:.2f}"),
        ("durable answer after, s", alone.durable, both.durable, "{:.2f}"),
    ]
    lines = [f"{'':32}{'recording':>12}{'+ words':>12}{'ratio':>8}"]
    for name, first, second, form in rows:
        ratio = f"{second / first:8.2f}" if first else ""
        lines.append(f"{name:32}{form.format(first):>12}{form.format(second):>12}{ratio}")
    if both.words_after is not None:
        lines.append(f"{'final words after the speech, s':32}{'':12}{both.words_after:12.2f}")
        lines.append(f"{'words recognised':32}{'':12}{both.words!s:>12}")
    return "\n".join(lines)


def main() -> int:
    """Run as a script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0, help="length of the answer that is spoken for it")
    parser.add_argument("--clip", type=Path, help="picture: a clip, played over again (default: one made for it)")
    parser.add_argument("--sound", type=Path, help="sound: a WAV file with English speech, instead of --seconds")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        clip = options.clip or make_clip(Path(made) / "clip.mp4")
        sound = options.sound or _speech(options.seconds, Path(made) / "speech.wav")
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
        alone, both = (record(clip, sound, transcribe=wanted) for wanted in (False, True))
    if options.json:
        print(json.dumps({"load": load, "recording": asdict(alone), "with_words": asdict(both)}))
    else:
        print(f"{os.cpu_count()} cores, load before: {load:.1f}")
        print(_table(alone, both))
    return 0 if alone.good and both.good else 1


if __name__ == "__main__":
    raise SystemExit(main())
