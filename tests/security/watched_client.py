"""The real client with an onlooker: ``python -m tests.security.watched_client client …``.

XUDA_ONLOOKER names a JSON file: ``watch`` (a file that gets every text of every widget and the clipboard whenever they
change), ``next`` (script of a second candidate who comes in the same window after the first), ``crash`` (words an error
in a slot and in a thread carry before the process dies of a fault), ``defect`` (one of :data:`DEFECTS`).
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

_LOOK_MS = 60
_TEXTS = ("text", "toPlainText", "placeholderText", "windowTitle", "toolTip", "accessibleName", "currentText", "title")


class Onlooker:
    """Sees what a person at the screen, or one who reads hidden widgets, could see."""

    def __init__(self, plan: dict[str, str], window: Any) -> None:
        from PySide6.QtCore import QTimer

        self.plan, self.window = plan, window
        self.candidate = 1
        self._last = ""
        self._copied = self._failed = False
        self._timer = QTimer(window)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        from PySide6.QtGui import QGuiApplication

        screen = str(self.window.screen_name())
        self._act(screen)
        seen = {
            "candidate": self.candidate,
            "screen": screen,
            "texts": sorted(all_texts()),
            "clipboard": QGuiApplication.clipboard().text(),
        }
        line = json.dumps(seen, ensure_ascii=False)
        if line != self._last:
            self._last = line
            with Path(self.plan["watch"]).open("a", encoding="utf-8") as file:
                file.write(line + "\n")

    def _act(self, screen: str) -> None:
        if screen == "text" and self.candidate == 1 and not self._copied:
            self._copied = copy_typed_text(self.window)
        if screen == "recording" and self.plan.get("crash") and not self._failed:
            self._failed = True
            crash(self.plan["crash"])


def all_texts() -> set[str]:
    from PySide6.QtWidgets import QApplication

    found: set[str] = set()
    for widget in QApplication.allWidgets():
        for name in _TEXTS:
            read = getattr(widget, name, None)
            if callable(read):
                try:
                    found.add(str(read()))
                except (TypeError, RuntimeError):  # another meaning of the name, or a widget that is going
                    continue
    return found


def copy_typed_text(window: Any) -> bool:
    """As somebody does who wants to paste what they wrote elsewhere."""
    from PySide6.QtWidgets import QPlainTextEdit

    from app.ui import names

    for editor in window.findChildren(QPlainTextEdit, names.TEXT_EDIT):
        if editor.isVisible() and editor.toPlainText():
            editor.selectAll()
            editor.copy()
            return True
    return False


def crash(words: str) -> None:
    """An error in a thread, one in a slot, and a second later the end of the process."""
    from PySide6.QtCore import QTimer

    def fail() -> None:
        typed = words
        raise KeyError(f"no such answer: {typed}")

    threading.Thread(target=fail, name="failing").start()
    QTimer.singleShot(100, fail)
    QTimer.singleShot(1000, lambda: os.kill(os.getpid(), signal.SIGSEGV))


def bring_an_onlooker(plan: dict[str, str]) -> None:
    from app.ui import autopilot
    from app.ui.script import read_script

    begin = autopilot.Autopilot.__init__

    def init(self: Any, window: Any, context: Any, script: Any, done: Callable[[int], None]) -> None:
        onlooker = Onlooker(plan, window)

        def ended(code: int) -> None:
            if code or not plan.get("next") or onlooker.candidate > 1:
                done(code)
                return
            onlooker.candidate = 2
            following = autopilot.Autopilot.__new__(autopilot.Autopilot)
            begin(following, window, context, read_script(Path(plan["next"])), ended)
            following.start()

        begin(self, window, context, script, ended)

    autopilot.Autopilot.__init__ = init  # type: ignore[method-assign]


# ---- deliberate defects --------------------


def log_answers() -> None:
    from app.interview.service import InterviewService

    submit = InterviewService.submit_text

    def telling(self: Any, question_id: str, text: str, **more: Any) -> None:
        logging.getLogger("app.interview").info("answer of %s: %s", question_id, text)
        submit(self, question_id, text, **more)

    InterviewService.submit_text = telling  # type: ignore[method-assign]


def remember_screens() -> None:
    from app.ui.application import MainWindow

    MainWindow.forget_candidate = lambda _: None  # type: ignore[method-assign]


def talkative_crash() -> None:
    from app.crashes import stack, watch

    plain = stack.describe
    watch.describe = lambda error: [*plain(error), str(error)]  # type: ignore[attr-defined]


DEFECTS: dict[str, Callable[[], None]] = {
    "log-answers": log_answers,
    "remember-screens": remember_screens,
    "talkative-crash": talkative_crash,
}


def main() -> int:
    plan = json.loads(Path(os.environ["XUDA_ONLOOKER"]).read_text("utf-8"))
    if plan.get("defect"):
        DEFECTS[plan["defect"]]()
    bring_an_onlooker(plan)
    from app.__main__ import main as client

    return client(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
