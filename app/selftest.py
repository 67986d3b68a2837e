"""`xuda selftest`: whether everything the client needs works on this machine, in a frozen build above all.

Each check does the real thing once, on data of its own in memory or in a temporary folder.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import selftest_parts as parts
from app.config import DOMAIN, ClientSettings
from contract.catalog import Catalog, load
from contract.errors import ErrorCode, XudaError
from contract.texts import error_text

PACKAGES = (
    *("PySide6.QtCore", "PySide6.QtGui", "PySide6.QtWidgets", "PySide6.QtNetwork", "PySide6.QtSvg"),
    *("PySide6.QtMultimedia", "PySide6.QtTextToSpeech", "PySide6.QtPdf", "PySide6.QtPrintSupport", "PySide6.QtTest"),
    "shiboken6",
    *("cv2", "cv2_enumerate_cameras", "sounddevice", "av", "numpy", "faster_whisper", "onnxruntime", "tqdm"),
    *("rapidfuzz.fuzz", "rapidfuzz.distance", "pypinyin", "tokenizers"),
    *(
        "sqlite_utils",
        "requests",
        "urllib3",
        "certifi",
        "keyring",
        "psutil",
        "platformdirs",
        "segno",
        "zhconv",
        "cryptography",
    ),
    *("pydantic", "jwt", "babel", "typst", "huggingface_hub"),
)
_SECONDS = 1.0
_WORKER_PATIENCE = 120.0


class Skipped(Exception):
    """A check that cannot be made here; the message says why."""


@dataclass(frozen=True, slots=True)
class Result:
    """``state`` is ok, failed or skipped; ``details`` is for people; ``seconds`` is how long it took."""

    check: str
    state: str
    details: str
    seconds: float


Check = Callable[[ClientSettings], str]


def run(settings: ClientSettings) -> int:
    """Make every check and print one line each (or one JSON object). 0 when none failed, else 1."""
    results = []
    for name, check in CHECKS:
        result = make(name, check, settings)
        results.append(result)
        if not settings.json:
            print(_line(result, load(DOMAIN, settings.lang)), flush=True)
    failed = any(result.state == "failed" for result in results)
    if settings.json:
        rows = [
            {"check": r.check, "state": r.state, "details": r.details, "seconds": round(r.seconds, 3)} for r in results
        ]
        print(json.dumps({"ok": not failed, "checks": rows}, ensure_ascii=False))
    return 1 if failed else 0


def make(name: str, check: Check, settings: ClientSettings) -> Result:
    began = time.monotonic()
    try:
        state, details = "ok", check(settings)
    except Skipped as reason:
        state, details = "skipped", str(reason)
    except XudaError as error:
        state, details = "failed", error_text(error, settings.lang).lines[0]
    except Exception as error:  # a check must never keep the others from being made
        state, details = "failed", f"{type(error).__name__}: {error}"
    return Result(name, state, details, time.monotonic() - began)


def _line(result: Result, texts: Catalog) -> str:
    _ = texts.gettext
    state = {"ok": _("ok"), "failed": _("FAILED"), "skipped": _("skipped")}[result.state]
    title = {
        "program": _("the program's files are complete and all its parts can be loaded"),
        "packages": _("packages can be loaded"),
        "resources": _("pictures, styles and files for kiosks can be read"),
        "codecs": _("VP8 and Opus are written and read back"),
        "database": _("database with write-ahead log"),
        "sealed": _("sealed file is written and read back"),
        "catalogs": _("texts in every language"),
        "certificates": _("certificates for the network are there"),
        "window": _("windows can be opened"),
        "scores": _("an answer can be scored"),
        "papers": _("a page is laid out, drawn, and its code read back"),
        "players": _("sound and film can be played"),
        "sound": _("sound devices can be listed"),
        "model": _("speech model is complete and unchanged"),
        "worker": _("speech worker hears silence as no words"),
    }[result.check]
    return f"{state:7} {title} ({result.seconds:.1f} s)" + (f": {result.details}" if result.details else "")


def packages(_: ClientSettings) -> str:
    for name in PACKAGES:
        importlib.import_module(name)
    # a model is fetched by what this package loads when it is asked for
    importlib.import_module("huggingface_hub").snapshot_download  # noqa: B018
    parts.clear_of_opencv()
    return f"{len(PACKAGES)}, Python {sys.version.split()[0]}"


def codecs(_: ClientSettings) -> str:
    """A second of picture and sound through the recorder's own container, and what the proof makes of it."""
    import numpy as np

    from app.capture.container import Container
    from app.capture.media import AvMediaTools
    from app.capture.values import FRAME_RATE, SOUND_RATE, CaptureSettings

    stream = io.BytesIO()
    container = Container(stream, (320, 240), CaptureSettings())
    for number in range(int(FRAME_RATE * _SECONDS)):
        picture = np.full((240, 320, 3), 64, dtype=np.uint8)
        picture[:, number * 8 : number * 8 + 80] = 220
        container.add_picture(picture)
    tone = np.sin(np.arange(int(SOUND_RATE * _SECONDS)) * (2 * np.pi * 440 / SOUND_RATE))
    container.add_sound((0.2 * tone).astype(np.float32))
    container.close()
    repaired = io.BytesIO()
    tools = AvMediaTools()
    tools.remux(io.BytesIO(stream.getvalue()), repaired)
    proof = tools.inspect(io.BytesIO(repaired.getvalue()))
    if not (proof.has_video and proof.has_audio and proof.moving) or abs(proof.duration - _SECONDS) > 0.2:
        raise RuntimeError(f"read back {proof}")
    return f"{proof.duration:.2f} s"


def database(_: ClientSettings) -> str:
    import sqlite3

    from app.storage.database import Database

    with tempfile.TemporaryDirectory() as folder:
        opened = Database(Path(folder) / "selftest.db")
        try:
            mode = opened.call(lambda db: db.execute("PRAGMA journal_mode").fetchone()[0])
        finally:
            opened.close()
    if mode != "wal":
        raise RuntimeError(f"journal mode {mode}")
    return f"SQLite {sqlite3.sqlite_version}"


def sealed(_: ClientSettings) -> str:
    from contract.sealed import SealedReader, SealingWriter

    key, plain, stored = os.urandom(32), os.urandom(20_000), io.BytesIO()
    writer = SealingWriter(stored, key, b"selftest")
    writer.write(plain)
    writer.close()
    if plain[:64] in stored.getvalue() or SealedReader(io.BytesIO(stored.getvalue()), key, b"selftest").read() != plain:
        raise XudaError(ErrorCode.SEALED_DAMAGED)
    return ""


def window(_: ClientSettings) -> str:
    from app.ui.probe import open_window

    return parts.in_a_process(open_window)


def sound(_: ClientSettings) -> str:
    from app.capture.devices import list_microphones

    return str(len(list_microphones()))


def model(settings: ClientSettings) -> str:
    from app.transcribe import models

    return models.verify(_model_folder(settings)).id


def worker(settings: ClientSettings) -> str:
    import numpy as np

    from app.transcribe import models
    from app.transcribe.messages import RATE
    from app.transcribe.supervisor import WhisperTranscriber

    ended: Future[Any] = Future()
    transcriber = WhisperTranscriber(models.read(_model_folder(settings)))
    try:
        job = transcriber.open_job("selftest", "zh-CN", lambda text: None, ended.set_result, ended.set_exception)
        job.feed(np.zeros(3 * RATE, dtype=np.float32))
        job.finish()
        text = ended.result(timeout=_WORKER_PATIENCE).text
    finally:
        transcriber.close()
    if text:
        raise RuntimeError(f"heard {text!r} in silence")
    return ""


def _model_folder(settings: ClientSettings) -> Path:
    from app.transcribe import models

    try:
        return models.find(settings.models_dir, wanted=settings.model).path
    except XudaError as error:
        if error.code is ErrorCode.MODEL_MISSING and settings.model is None:
            raise Skipped(load(DOMAIN, settings.lang).gettext("no speech model is installed")) from error
        raise


CHECKS: tuple[tuple[str, Check], ...] = (
    ("program", parts.program_files),
    ("packages", packages),
    ("resources", parts.shelves),
    ("codecs", codecs),
    ("database", database),
    ("sealed", sealed),
    ("catalogs", parts.catalogs),
    ("certificates", parts.certificates),
    ("window", window),
    ("scores", parts.scores),
    ("papers", parts.papers),
    ("players", parts.players),
    ("sound", sound),
    ("model", model),
    ("worker", worker),
)
