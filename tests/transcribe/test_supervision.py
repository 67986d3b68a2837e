"""The worker may die, the model may be missing, the candidate may stop at any time: nothing said is lost."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
import psutil
import pytest

from app.transcribe import messages as m
from app.transcribe import models
from app.transcribe.messages import RATE
from app.transcribe.process import WorkerProcess
from app.transcribe.supervisor import WhisperTranscriber
from contract.errors import ErrorCode, XudaError
from tests.support.waiting import wait_for
from tests.transcribe.sound import MODEL, Listener, Samples, chunks, noise, silence, speech, transcribe


def _bare(text: str) -> list[str]:
    return text.replace(".", "").replace("?", "").split()


_ANSWER = "tell me about the project . {1.4} we use java for the database . {1.4} what is the problem ?"
_WORDS = _bare(_ANSWER.replace("{1.4}", ""))


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    return speech(_ANSWER, "en", tmp_path_factory.mktemp("answer"))


@pytest.fixture
def own_transcriber() -> Iterator[WhisperTranscriber]:
    transcriber = WhisperTranscriber(models.read(MODEL))
    yield transcriber
    transcriber.close()


@pytest.mark.parametrize("dies_of", [m.Open, m.Audio, m.End])
def test_a_worker_that_dies_of_a_message_after_everything_was_said_is_replaced_at_once(
    own_transcriber: WhisperTranscriber,
    answer: Samples,
    monkeypatch: pytest.MonkeyPatch,
    dies_of: type[m.Open | m.Audio | m.End],
) -> None:
    undisturbed = transcribe(own_transcriber, answer, "en")
    send, killed = WorkerProcess.send, []

    def die_once(worker: WorkerProcess, message: m.ToWorker) -> None:
        if isinstance(message, dies_of) and not killed and worker.pid is not None:
            killed.append(worker.pid)
            os.kill(worker.pid, signal.SIGKILL)
            raise BrokenPipeError
        send(worker, message)

    monkeypatch.setattr(WorkerProcess, "send", die_once)
    listener = Listener()
    job = own_transcriber.open_job("1", "en", listener.partials.append, listener.on_final, listener.on_error)
    for piece in chunks(answer):
        job.feed(piece)
    job.finish()
    assert listener.transcript() == undisturbed
    assert killed


def test_a_killed_worker_is_replaced_and_the_same_text_comes(
    own_transcriber: WhisperTranscriber, answer: Samples
) -> None:
    undisturbed = transcribe(own_transcriber, answer, "en")
    listener = Listener()
    job = own_transcriber.open_job("1", "en", listener.partials.append, listener.on_final, listener.on_error)
    pieces = list(chunks(answer))
    for piece in pieces[: len(pieces) // 2]:
        job.feed(piece)
    wait_for(lambda: listener.partials, "something to be heard")
    first = own_transcriber.worker_pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    for piece in pieces[len(pieces) // 2 :]:
        job.feed(piece)
    job.finish()
    assert listener.transcript() == undisturbed
    assert own_transcriber.worker_pid not in (None, first)


def test_a_worker_killed_after_the_end_of_the_answer_costs_nothing(
    own_transcriber: WhisperTranscriber, answer: Samples
) -> None:
    own_transcriber.warm_up()
    wait_for(lambda: own_transcriber.worker_pid, "the worker")
    pid = own_transcriber.worker_pid
    assert pid is not None
    listener = Listener()
    job = own_transcriber.open_job("1", "en", listener.partials.append, listener.on_final, listener.on_error)
    job.feed(answer)
    job.finish()
    os.kill(pid, signal.SIGKILL)
    assert _bare(listener.transcript().text) == _WORDS


def test_a_job_that_kills_every_worker_fails_and_the_next_one_works(
    own_transcriber: WhisperTranscriber, answer: Samples
) -> None:
    listener = Listener()
    own_transcriber.open_job("1", "en", listener.partials.append, listener.on_final, listener.on_error)
    killed: set[int] = set()

    def kill_the_next() -> bool:
        pid = own_transcriber.worker_pid
        if pid is not None and pid not in killed:
            killed.add(pid)
            os.kill(pid, signal.SIGKILL)
        return listener.ended.is_set()

    wait_for(kill_the_next, "the job to be given up", seconds=30)
    assert isinstance(listener.error, XudaError)
    assert listener.error.code is ErrorCode.TRANSCRIPTION_FAILED
    assert _bare(transcribe(own_transcriber, answer, "en").text) == _WORDS


def test_stopping_right_after_the_last_sample_discards_nothing(
    own_transcriber: WhisperTranscriber, answer: Samples
) -> None:
    loud = np.nonzero(np.abs(answer) > 0.02)[0]
    listener = Listener()
    job = own_transcriber.open_job("1", "en", listener.partials.append, listener.on_final, listener.on_error)
    job.feed(answer[: loud[-1]])  # all at once, before the model is even loaded, and no silence after it
    job.finish()
    assert _bare(listener.transcript().text) == _WORDS


def test_feeding_never_waits_even_for_a_worker_that_hangs(own_transcriber: WhisperTranscriber, answer: Samples) -> None:
    listener = Listener()
    job = own_transcriber.open_job("1", "en", listener.partials.append, listener.on_final, listener.on_error)
    job.feed(answer[:RATE])
    wait_for(lambda: own_transcriber.worker_pid, "the worker")
    pid = own_transcriber.worker_pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    slowest = 0.0
    for piece in chunks(np.concatenate([answer[RATE:], silence(20)])):
        began = time.perf_counter()
        job.feed(piece)
        slowest = max(slowest, time.perf_counter() - began)
    job.finish()
    os.kill(pid, signal.SIGCONT)
    assert _bare(listener.transcript().text) == _WORDS
    assert slowest < 0.2


def test_captions_come_while_the_candidate_still_speaks(own_transcriber: WhisperTranscriber, answer: Samples) -> None:
    transcribe(own_transcriber, silence(1), "en")  # the model is loaded
    listener = Listener()
    job = own_transcriber.open_job("1", "en", listener.partials.append, listener.on_final, listener.on_error)
    for piece in chunks(answer[: int(2.3 * RATE)]):
        job.feed(piece)
    wait_for(lambda: listener.partials, "a caption")
    assert _bare(listener.partials[-1])[:3] == _WORDS[:3]
    assert not listener.ended.is_set()
    job.cancel()
    assert own_transcriber.wait_idle(10)
    assert not listener.ended.is_set()


def test_a_stored_recording_gives_the_text_of_the_live_one(
    transcriber: WhisperTranscriber, answer: Samples, tmp_path: Path
) -> None:
    path = tmp_path / "take.webm"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libopus", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray((answer * 32767).astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate = RATE
        for resampled in av.AudioResampler("flt", "mono", 48000, 960).resample(frame):
            container.mux(stream.encode(resampled))
        container.mux(stream.encode(None))

    def open_file() -> BinaryIO:
        return path.open("rb")

    listener = Listener()
    transcriber.transcribe_file("1", open_file, "en", listener.on_final, listener.on_error)
    assert _bare(listener.transcript().text) == _WORDS


@pytest.mark.parametrize("content", [b"", b"\x1aE\xdf\xa3 and then nothing of use" * 50], ids=["empty", "garbage"])
def test_a_stored_file_that_is_no_recording_is_reported(content: bytes, transcriber: WhisperTranscriber) -> None:
    listener = Listener()
    transcriber.transcribe_file("1", lambda: io.BytesIO(content), "en", listener.on_final, listener.on_error)
    assert listener.ended.wait(30)
    assert isinstance(listener.error, XudaError)
    assert listener.error.code is ErrorCode.TRANSCRIPTION_FAILED


def test_without_a_model_jobs_say_so_and_nothing_else_happens(tmp_path: Path) -> None:
    transcriber = WhisperTranscriber.open(tmp_path / "models", bundled=tmp_path / "none")
    listener = Listener()
    job = transcriber.open_job("1", "zh", listener.partials.append, listener.on_final, listener.on_error)
    for piece in chunks(noise(1)):
        job.feed(piece)
    job.finish()
    assert listener.ended.wait(10)
    assert transcriber.model is None
    assert isinstance(listener.error, XudaError)
    assert listener.error.code is ErrorCode.MODEL_MISSING
    assert transcriber.worker_pid is None
    transcriber.close()


def test_damaged_weights_are_refused_before_they_are_loaded(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for file in MODEL.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    data = bytearray((folder / "model.bin").read_bytes())
    data[1_000_000:1_000_100] = bytes(100)
    (folder / "model.bin").write_bytes(data)
    transcriber = WhisperTranscriber(models.read(folder))
    listener = Listener()
    transcriber.open_job("1", "en", listener.partials.append, listener.on_final, listener.on_error)
    assert listener.ended.wait(30)
    assert isinstance(listener.error, XudaError)
    assert listener.error.code is ErrorCode.MODEL_DAMAGED
    assert listener.error.params["file"] == "model.bin"
    assert transcriber.model is None
    transcriber.close()


def test_the_worker_gives_way_to_the_recording(own_transcriber: WhisperTranscriber) -> None:
    transcribe(own_transcriber, silence(1), "en")
    pid = own_transcriber.worker_pid
    assert pid is not None
    assert psutil.Process(pid).nice() > psutil.Process().nice()


def test_closing_ends_the_worker(answer: Samples) -> None:
    transcriber = WhisperTranscriber(models.read(MODEL))
    transcribe(transcriber, answer[:RATE], "en")
    pid = transcriber.worker_pid
    assert pid is not None
    transcriber.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_worker_ends_with_its_client() -> None:
    """The client is killed; its worker must not stay behind with the model in memory."""
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from app.transcribe import models\n"
        "from app.transcribe.supervisor import WhisperTranscriber\n"
        "if __name__ == '__main__':\n"
        "    t = WhisperTranscriber(models.read(Path(sys.argv[1])))\n"
        "    t.warm_up()\n"
        "    while t.worker_pid is None: time.sleep(0.01)\n"
        "    print(t.worker_pid, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    client = subprocess.Popen(
        [sys.executable, "-c", program, str(MODEL)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert client.stdout is not None
    pid = int(client.stdout.readline())
    client.kill()
    client.communicate()

    def gone() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        status = Path(f"/proc/{pid}/stat")  # nobody may be there to bury an orphan
        return status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z"

    wait_for(gone, "the worker to end", seconds=20)


def test_importing_the_package_loads_nothing_heavy() -> None:
    program = (
        "import sys, app.transcribe.supervisor, app.transcribe.install\n"
        "print([m for m in ('faster_whisper', 'ctranslate2', 'av', 'onnxruntime', 'zhconv', 'tokenizers') "
        "if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
