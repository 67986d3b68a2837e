"""Checks of the self-test that open the program itself: its modules, pictures, texts, pages and players."""

from __future__ import annotations

import importlib
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import resources
from app import program
from app.config import ClientSettings
from contract.catalog import CANDIDATE_DOMAINS, SOURCE_LANGUAGE, STAFF_LANGUAGES, load, offered
from contract.errors import ErrorCode, XudaError

T = TypeVar("T")
CLIENT_DOMAINS = ("client", "cli", "errors", "report")
_SAMPLE = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
_CODE = "xuda://r/00000000-0000-0000-0000-000000000000/0123456789abcdef"
_FOLDERS = ("icons", "styles", "kits", "kiosk", "locales")


def program_files(_: ClientSettings) -> str:
    """Every file is as it was frozen, and every module of ours can be loaded, late ones too."""
    folder = program.program_folder()
    files = program.check_files(folder, program.read_listing(folder)) if folder is not None else 0
    names = program.modules()
    for name in names:
        importlib.import_module(name)
    clear_of_opencv()
    return f"{len(names)} + {files}" if files else str(len(names))


def clear_of_opencv() -> None:
    """OpenCV points Qt at plugins of its own when it is imported."""
    for variable in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
        os.environ.pop(variable, None)


def shelves(_: ClientSettings) -> str:
    """Every file of the resources can be read, and what faces are found by."""
    from app.capture.faces import FaceFinder

    count = 0
    for name in _FOLDERS:
        files = [file for file in Path(resources.FOLDER, name).rglob("*") if file.is_file()]
        if not files:
            raise XudaError(ErrorCode.PROGRAM_DAMAGED, file=name)
        for file in files:
            file.read_bytes()
        count += len(files)
    FaceFinder()  # of files that come with OpenCV
    clear_of_opencv()
    return str(count)


def catalogs(_: ClientSettings) -> str:
    from babel.dates import format_skeleton
    from babel.numbers import format_decimal

    for language in offered():
        format_skeleton("yMMMd", _SAMPLE, locale=language)
        format_decimal(1234.5, locale=language)
        domains = CLIENT_DOMAINS if language in STAFF_LANGUAGES else CANDIDATE_DOMAINS
        missing = [domain for domain in domains if not len(load(domain, language))]
        if missing and language != SOURCE_LANGUAGE:
            raise XudaError(ErrorCode.FILE_MISSING, file=f"{language}/{missing[0]}.po")
    return ", ".join(offered())


def scores(_: ClientSettings) -> str:
    """A homophone of a key point counts, so the tables of how characters sound are there."""
    from assessment.scoring import score
    from assessment.values import Dimension, KeyPoint, Question, written

    asked = Question("q", "怎么做?", (Dimension("d", (KeyPoint("安抚情绪"),)),))
    made = score(asked, written("首先我会耐心地安抚情序,然后再了解情况。", "zh")).whole
    if made.points is None or not any(part.key_point and part.hundredths for part in made.parts):
        raise RuntimeError("what was said is not found in an answer")
    return ""


def papers(_: ClientSettings) -> str:
    """A page with a code is laid out as PDF, drawn by Qt and read back by the eye of the attract screen."""
    import numpy as np

    from app.capture.codes import read_code
    from app.ui.probe import draw_page

    width, height, rows = in_a_process(draw_page, _page())
    clear_of_opencv()
    picture = np.frombuffer(rows, dtype=np.uint8).reshape(height, width, 3)
    if read_code(picture) != _CODE:
        raise RuntimeError("the code of a printed page cannot be read")
    return ""


def _page() -> bytes:
    import io

    import segno

    from report.fonts import script
    from report.pdf import typeset

    drawn = io.BytesIO()
    segno.make(_CODE, error="m", micro=False).save(drawn, kind="svg", border=4)
    svg = drawn.getvalue().decode("utf-8")
    code = {"kind": "code", "title": "Xuda", "svg": svg, "alt": _CODE, "lines": ["续答"]}
    words = dict.fromkeys(("title", "mark", "subtitle", "id", "id_label", "generated", "state"), "Xuda")
    page = {"page_label": "{page}", "state_good": True, "notices": [], "summary": [], "sections": [code]}
    return typeset({**script("zh_CN"), **words, **page}, _SAMPLE)


def players(_: ClientSettings) -> str:
    """Sound and film can be played, pictures drawn, and the system asked for voices and printers."""
    from app.ui.probe import look_at_players

    return in_a_process(look_at_players)


def certificates(_: ClientSettings) -> str:
    """What HR's address is checked against."""
    import ssl

    import certifi

    return str(len(ssl.create_default_context(cafile=certifi.where()).get_ca_certs()))


def in_a_process(call: Callable[..., T], *given: object) -> T:
    """Without a screen Qt ends the process it is in. Raises RuntimeError when it did."""
    try:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as child:
            return child.submit(call, *given).result()
    except BrokenProcessPool as error:
        raise RuntimeError("no screen, or the libraries of Qt are missing") from error
