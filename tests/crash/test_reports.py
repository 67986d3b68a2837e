"""Crash reports: what they say, what they never say, and how staff get at them."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app import __main__ as command_line
from app.crashes.reports import MOST_BYTES, MOST_REPORTS, CrashFolder, CrashKind, CrashReport
from app.crashes.stack import describe, short_path
from app.crashes.watch import CrashWatch
from app.demo.processes import ROOT
from app.diagnostics import write_diagnostics
from app.log import setup_logging
from app.transcribe import models
from app.transcribe.process import Witness
from app.transcribe.supervisor import WhisperTranscriber
from contract.errors import ErrorCode, XudaError
from tests.e2e.booth import MODEL
from tests.support.waiting import wait_for

NAME = "欧阳春晓"
_DIES = """
import os, signal, sys
from pathlib import Path
from app.crashes.watch import CrashWatch

watch = CrashWatch(Path(sys.argv[1]), "client", "1.2.3")
watch.start()
watch.at_screen("recording")
watch.keep_screen()

def answering():
    os.kill(os.getpid(), signal.Signals[sys.argv[2]])

answering()
"""


def reports(data: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_bytes()) for path in CrashFolder(data).files()]


def fail(name: str) -> None:
    typed = {name: 1}
    raise KeyError(f"no answer of {name} in {typed}")


def test_an_error_in_any_thread_leaves_a_report_with_its_place_and_without_its_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with CrashWatch(tmp_path, "client", "1.2.3") as watch:
        watch.at_screen("text")
        watch.recent = lambda: ("WARNING app.sync.engine:12",)
        thread = threading.Thread(target=fail, args=(NAME,), name="muxer")
        thread.start()
        thread.join()
    (report,) = reports(tmp_path)
    assert (report["kind"], report["thread"], report["screen"]) == ("error", "muxer", "text")
    assert report["recent"] == ["WARNING app.sync.engine:12"]
    assert report["environment"]["xuda"] == "1.2.3"
    assert report["lines"][0] == "KeyError"
    assert report["lines"][-1].startswith("  tests/crash/test_reports.py:")
    assert report["lines"][-1].endswith(" fail")
    told = json.dumps(report, ensure_ascii=False) + capsys.readouterr().err
    assert NAME not in told
    assert str(ROOT) not in told


def test_an_unexpected_error_that_was_caught_and_logged_is_reported_too_a_known_one_is_not(tmp_path: Path) -> None:
    log = logging.getLogger("app.example")
    with CrashWatch(tmp_path, "client", "1"):
        for error in (XudaError(ErrorCode.DISK_FULL), ValueError(NAME)):
            try:
                raise error
            except Exception:
                log.exception("it failed")
    assert [report["lines"][0] for report in reports(tmp_path)] == ["ValueError"]


def test_an_error_that_ends_the_command_is_reported_and_told_without_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr("app.window.ClientRun.run", lambda _: fail(NAME))
    assert command_line.main(["client", "--data", str(tmp_path)]) == command_line.BUG
    assert NAME not in capsys.readouterr().err
    assert [report["kind"] for report in reports(tmp_path)] == ["error"]


def test_the_same_error_again_and_again_is_told_once_and_reports_stay_few_and_small(tmp_path: Path) -> None:
    with CrashWatch(tmp_path, "client", "1") as watch:
        for _ in range(50):
            try:
                fail(NAME)
            except KeyError as error:
                watch.tell(error)
    assert len(reports(tmp_path)) == 1
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    folder = CrashFolder(tmp_path / "many")
    for number in range(3 * MOST_REPORTS):
        kind = CrashKind.ENDED if number % 2 else CrashKind.FAULT
        lines = ["x" * 10_000] * 1000
        folder.add(CrashReport(kind, begin + timedelta(hours=number), "client", "", "", lines, (), {}))
    files = folder.files()
    assert len(files) == MOST_REPORTS
    assert all(path.stat().st_size <= MOST_BYTES for path in files)
    # what only says that the client was gone makes room for what says why
    assert [path for path in files if "-ended-" in path.name] == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize(("how", "kind"), [("SIGSEGV", "fault"), ("SIGABRT", "fault"), ("SIGKILL", "ended")])
def test_the_next_start_tells_of_a_process_that_died(tmp_path: Path, how: str, kind: str) -> None:
    done = subprocess.run([sys.executable, "-c", _DIES, str(tmp_path), how], cwd=ROOT, check=False)
    assert done.returncode == -signal.Signals[how]
    assert reports(tmp_path) == []
    watch = CrashWatch(tmp_path, "client", "2")
    watch.start()
    watch.collect()
    watch.stop()
    (report,) = reports(tmp_path)
    assert (report["kind"], report["screen"], report["environment"]["xuda"]) == (kind, "recording", "1.2.3")
    assert any(line.endswith(" answering") for line in report["lines"]) is (kind == "fault")
    assert [path.name for path in (tmp_path / "crashes").iterdir()] == [CrashFolder(tmp_path).files()[0].name]


def test_a_client_that_runs_is_not_taken_for_a_dead_one(tmp_path: Path) -> None:
    living = CrashWatch(tmp_path, "client", "1")
    living.start()
    other = f"running-{os.getppid()}.json"
    (tmp_path / "crashes" / other).write_text('{"command": "client", "screen": "", "version": "1"}')
    living.collect()
    assert (tmp_path / "crashes" / other).exists()
    living.stop()
    assert reports(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_the_death_of_the_speech_process_is_reported_with_its_place(tmp_path: Path) -> None:
    watch = CrashWatch(tmp_path, "client", "1")
    watch.start()
    folder = models.read(MODEL)
    transcriber = WhisperTranscriber(folder, witness=Witness(watch.worker_fault_file, watch.worker_died))
    try:
        transcriber.warm_up()
        wait_for(lambda: bool(transcriber.worker_pid) and watch.worker_fault_file.exists(), "the worker", seconds=30)
        os.kill(transcriber.worker_pid or 0, signal.SIGSEGV)
        wait_for(lambda: bool(reports(tmp_path)), "a report", seconds=30)
    finally:
        transcriber.close()
        watch.stop()
    report = reports(tmp_path)[0]
    assert (report["kind"], report["thread"]) == ("worker", "speech worker")
    assert report["lines"][:2] == ["exit code -11", "Segmentation fault"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are none")
def test_a_client_leaves_no_core_dump(tmp_path: Path) -> None:
    code = "import resource, sys; from pathlib import Path; from app.crashes.watch import CrashWatch\n"
    code += "CrashWatch(Path(sys.argv[1]), 'client', '1').start(); print(resource.getrlimit(resource.RLIMIT_CORE))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "(0, 0)"


def test_the_log_says_where_an_error_was_not_what_it_said(tmp_path: Path) -> None:
    before = logging.getLogger().handlers[:]
    try:
        setup_logging(tmp_path)
        try:
            fail(NAME)
        except KeyError:
            logging.getLogger("app.example").exception("it failed")
    finally:
        for handler in logging.getLogger().handlers:
            handler.close()
        logging.getLogger().handlers[:] = before
    text = (tmp_path / "client.log").read_text("utf-8")
    assert NAME not in text
    assert " fail\n" in text


def test_a_cause_is_told_and_paths_begin_with_the_package() -> None:
    def outer() -> None:
        try:
            fail(NAME)
        except KeyError as error:
            raise XudaError(ErrorCode.DISK_ERROR, reason=NAME) from error

    with pytest.raises(XudaError) as caught:
        outer()
    kinds = [line for line in describe(caught.value) if not line.startswith("  ")]
    assert kinds == ["XudaError disk_error", "caused by KeyError"]
    assert short_path("/home/wang/.venv/lib/python3.11/site-packages/av/stream.py") == "av/stream.py"
    assert short_path("/home/wang/app/xuda/app/ui/runner.py") == "app/ui/runner.py"
    assert short_path("C:\\Users\\wang\\xuda\\app\\ui\\runner.py") == "app/ui/runner.py"
    assert short_path("/usr/lib/python3.11/threading.py") == "python3.11/threading.py"


def test_diagnostics_hold_reports_and_log_without_paths_also_when_the_database_is_damaged(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "xuda.db").write_bytes(b"this is no database" * 100)
    stamp = "2026-01-02 10:11:12,345 ERROR   app.storage: "
    log = [f"{stamp}cannot open {Path.home()}/xuda/clip.webm", "  app/storage/open.py:12 _open", f"ValueError: {NAME}"]
    (data / "client.log").write_text("\n".join(log), "utf-8")
    CrashFolder(data).add(CrashReport(CrashKind.FAULT, datetime.now(UTC), "client", "proof", "", ["Aborted"], (), {}))
    write_diagnostics(data, tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        names = archive.namelist()
        facts = json.loads(archive.read("diagnostics.json"))
        copied = archive.read("client.log").decode("utf-8").splitlines()
    assert [name.partition("/")[0] for name in names] == ["diagnostics.json", "crashes", "client.log"]
    assert facts["crash_reports"] == 1
    assert facts["data"] == {"error": "database_damaged"}
    assert copied == [f"{stamp}cannot open (path)", "  app/storage/open.py:12 _open"]
