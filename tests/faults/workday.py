"""Interviews back to back in one run of the real windows, delivered as they go: what grows would end a booth's day."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import psutil
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from app.bootstrap import Client
from app.config import ClientSettings
from tests.campaigns.model import Findings
from tests.e2e.booth import MODEL, Booth, Office
from tests.faults.people import invite, write_script

_WARM_UP = 3
_MOST_GROWTH = 24 * 2**20  # bytes over a run, and a tenth of a percent per interview beyond that
_PER_INTERVIEW = 64 * 2**10


@dataclass(frozen=True)
class Sample:
    """Of the client's process and its children: memory in bytes, counts; of its windows the widgets and their parts."""

    memory: int
    files: int
    threads: int
    objects: int


def look() -> Sample:
    gc.collect()
    main = psutil.Process()
    family = [
        main,
        *(child for child in main.children(recursive=True) if "app.transcribe" in " ".join(child.cmdline())),
    ]
    files = sum(one.num_fds() if sys.platform != "win32" else one.num_handles() for one in family)
    objects = sum(len(window.findChildren(QObject)) for window in QApplication.topLevelWidgets())
    return Sample(sum(p.memory_info().rss for p in family), files, sum(p.num_threads() for p in family), objects)


def work(findings: Findings, folder: Path, *, minutes: float) -> None:
    """As many interviews as fit, at least six. After an interrupt (Ctrl-C) what was done till then counts."""
    office = Office(folder / "office")
    try:
        people = max(8, int(minutes * 6))
        codes = invite(office, folder, people)
        booth = Booth(folder, office)
        begun = time.monotonic()
        samples = _day(folder, booth, codes, minutes * 60)
        hours = (time.monotonic() - begun) / 3600
    finally:
        office.server.stop()
    _judge(findings, samples, hours)


def _day(folder: Path, booth: Booth, codes: Sequence[str], seconds: float) -> list[Sample]:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from app.screen_context import make_context
    from app.ui.application import MainWindow
    from app.ui.autopilot import Autopilot
    from app.ui.collecting import Collector
    from app.ui.dress import build_application
    from app.ui.script import read_script

    application = build_application([])
    samples: list[Sample] = []
    over = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: over.set())  # raised inside a timer of Qt it would be lost
    begun = time.monotonic()
    with closing(Client(ClientSettings(data=booth.data, model=str(MODEL)))) as client:
        context = make_context(client)
        window = MainWindow(context)
        collector = Collector()
        collector.watch(window)
        window.show()
        client.start_sync()
        for number, code in enumerate(codes):
            script = folder / f"script-{number}.json"
            write_script(script, code)
            pilot = Autopilot(window, context, read_script(script), application.exit)
            pilot.start()
            if application.exec() != 0:
                raise AssertionError(f"interview {number} got stuck")
            pilot.deleteLater()
            samples.append(look())
            late = over.is_set() or time.monotonic() - begun > seconds
            if len(samples) >= 2 * _WARM_UP and late:
                break
        window.abort()
        window.deleteLater()
        application.processEvents()
        assert client.engine is not None
        client.engine.stop()
    signal.signal(signal.SIGINT, before)
    return samples


def _judge(findings: Findings, samples: list[Sample], hours: float) -> None:
    warm = samples[_WARM_UP:]
    part = max(1, len(warm) // 4)
    first, last = warm[:part], warm[-part:]
    growth = mean(s.memory for s in last) - mean(s.memory for s in first)
    findings.figures |= {
        "interviews back to back": len(samples),
        "hours of them": round(hours, 2),
        "memory at the end (MB)": round(last[-1].memory / 2**20),
        "memory grown (MB)": round(growth / 2**20, 1),
        "open files, first and last": f"{first[0].files}, {last[-1].files}",
        "threads, first and last": f"{first[0].threads}, {last[-1].threads}",
        "parts of the windows, first and last": f"{first[0].objects}, {last[-1].objects}",
    }
    allowed = _MOST_GROWTH + _PER_INTERVIEW * len(warm)
    findings.expect(growth <= allowed, f"memory grew by {growth / 2**20:.1f} MB in {len(warm)} interviews")
    findings.expect(last[-1].files <= first[0].files + 3, f"open files grew: {[s.files for s in warm]}")
    findings.expect(last[-1].objects <= first[0].objects, f"windows grew: {[s.objects for s in warm]}")
    findings.expect(last[-1].threads <= first[0].threads + 2, f"threads grew: {[s.threads for s in warm]}")
