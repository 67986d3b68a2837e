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
# a whole start of the client: what is derived or made elsewhere before all of its screens are there
STARTED = f"""
import builtins, os, sys, tempfile, threading
from PySide6.QtCore import QTimer
from app import window
from app.__main__ import main
{SEEN}
screens = threading.get_ident()
elsewhere = []
build = builtins.__build_class__
def watched(function, name, *bases, **more):
    if threading.get_ident() != screens and any(type(base).__name__ == "ObjectType" for base in bases):
        elsewhere.append(name)
    return build(function, name, *bases, **more)
builtins.__build_class__ = watched
opened = window.ClientRun._opened
def when_opened(run, client):
    opened(run, client)
    def look():
        if not run._spare._timer.isActive() and sys.argv[1] in sys.modules:
            print("made:", *elsewhere, flush=True)
            os._exit(0)
    look.timer = QTimer(interval=10)
    look.timer.timeout.connect(look)
    look.timer.start()
window.ClientRun._opened = when_opened
main(["client", "--data", tempfile.mkdtemp(), "--lang", "zh_CN", *sys.argv[2:]])
"""
BESIDE = f"""
import sys, threading
import app.ui.application
{SEEN}
from app.ui.loading import BESIDE, load
before = seen()
loading = threading.Thread(target=list, args=(load(BESIDE),))
loading.start()
loading.join()
assert "segno" in sys.modules
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
ASKED_FOR = f"""
import sys
from PySide6.QtWidgets import QScrollArea
from app.ui.application import build_application
from app.ui.loading import SpareSteps
from app.ui.qt_names import NAMES, WIDGETS, make
{SEEN}
application = build_application(["xuda"])
spare = SpareSteps()
spare.add(make(NAMES), print)
spare.add(make(WIDGETS), print, application.quit)
application.exec()
area = QScrollArea()
before = seen()
area.viewport()
print("made:", *sorted(seen() - before))
"""
COURSES = {
    "start": (STARTED, "app.ui.screens.written"),
    "start of a booth": (STARTED, "app.ui.screens.staff", "--kiosk"),
    "beside": (BESIDE,),
    "results": (POSTED_ELSEWHERE,),
    "opening": (OPENED_ELSEWHERE,),
    "a widget": (ASKED_FOR,),
}


@pytest.mark.parametrize("course", COURSES.values(), ids=COURSES)
def test_no_class_of_qt_is_made_elsewhere_or_all_at_once(course: tuple[str, ...]) -> None:
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT), "XUDA_PASSPHRASE": "a test"}
    command = [sys.executable, "-c", *course]
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
