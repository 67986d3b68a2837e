"""PySide6 makes Qt's classes with their first use, and not for two threads at a time: only one thread makes any."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.ui.qt_names import NAMES

ROOT = Path(__file__).resolve().parents[2]
# These make what they use on the thread of the screens, or in a process of their own.
NEVER_ELSEWHERE = ("autopilot.py", "probe.py")
ONLY_ON_THE_SCREENS_THREAD = ("PySide6.QtMultimedia", "PySide6.QtTextToSpeech")
SEEN = """
def seen():
    there = [(name, module) for name, module in list(sys.modules.items()) if name.startswith("PySide6.")]
    return {f"{name}.{one}" for name, module in there for one in ("", *vars(module))}
"""
LOADED_ELSEWHERE = f"""
import sys, threading
from app.ui.application import build_application
from app.ui.qt_names import NameMaker
{SEEN}
application = build_application(["xuda"])
maker = NameMaker()
maker.made.connect(application.quit)
maker.start()
application.exec()
import app.ui.pages
before = seen()
loading = threading.Thread(target=app.ui.pages.load_booth)
loading.start()
loading.join()
assert "app.ui.kiosk" in sys.modules
print("made:", *sorted(seen() - before))
"""
POSTED_ELSEWHERE = f"""
import sys, threading
from PySide6.QtCore import QCoreApplication
from app.ui.runner import QtRunner
{SEEN}
application = QCoreApplication([])
runner = QtRunner(None, None)
told = []
def tell(words):
    told.append((words, threading.current_thread() is threading.main_thread()))
    if len(told) == 3:
        application.quit()
before = seen()
def elsewhere():
    runner.post(lambda: tell("first"))
    runner.post(lambda: tell("second"))
posting = threading.Thread(target=elsewhere)
posting.start()
posting.join()
made = seen() - before
runner.post(lambda: tell("third"))
assert not told
application.exec()
assert told == [("first", True), ("second", True), ("third", True)], told
print("made:", *sorted(made))
"""
OPENED_ELSEWHERE = f"""
import sys, threading
import app.ui.application
{SEEN}
def load():
    import app.bootstrap, app.screen_context
before = seen()
opening = threading.Thread(target=load)
opening.start()
opening.join()
assert "app.screen_context" in sys.modules
print("made:", *sorted(seen() - before))
"""
# what is made last is there once the maker's timer rests
ASKED_FOR = f"""
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QScrollArea
from app.ui.application import build_application
from app.ui.qt_names import NameMaker
{SEEN}
application = build_application(["xuda"])
maker = NameMaker()
maker.made.connect(maker.go_on)
maker.start()
look = QTimer(interval=0)
look.timeout.connect(lambda: maker._timer.isActive() or application.quit())
look.start()
application.exec()
area = QScrollArea()
before = seen()
area.viewport()
print("made:", *sorted(seen() - before))
"""
COURSES = {
    "screens": LOADED_ELSEWHERE,
    "results": POSTED_ELSEWHERE,
    "opening": OPENED_ELSEWHERE,
    "a widget": ASKED_FOR,
}


@pytest.mark.parametrize("course", COURSES.values(), ids=COURSES)
def test_no_class_of_qt_is_made_elsewhere_or_all_at_once(course: str) -> None:
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", course]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.strip() == "made:", done.stdout + done.stderr


def test_every_name_of_qt_that_a_screen_uses_is_made_beforehand() -> None:
    listed = {(f"PySide6.{part}", name) for part, names in NAMES.items() for name in names}
    used = {name for file in sorted((ROOT / "app" / "ui").rglob("*.py")) for name in _used(file)}
    functions = {("PySide6.QtCore", name) for name in ("Signal", "Slot", "qVersion")}
    assert used - functions <= listed


def _used(file: Path) -> Iterator[tuple[str, str]]:
    if file.name in NEVER_ELSEWHERE:
        return
    tree = ast.parse(file.read_text("utf-8"))
    unseen = {id(part) for found in ast.walk(tree) if _is_for_the_checker(found) for part in ast.walk(found)}
    for found in ast.walk(tree):
        if id(found) in unseen:
            continue
        if isinstance(found, ast.ImportFrom) and str(found.module).startswith("PySide6."):
            if found.module not in ONLY_ON_THE_SCREENS_THREAD:
                yield from ((str(found.module), alias.name) for alias in found.names)
        elif isinstance(found, ast.Attribute) and isinstance(found.value, ast.Name) and found.value.id == "QtCore":
            yield "PySide6.QtCore", found.attr


def _is_for_the_checker(found: ast.AST) -> bool:
    return isinstance(found, ast.If) and isinstance(found.test, ast.Name) and found.test.id == "TYPE_CHECKING"
