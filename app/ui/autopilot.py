"""Drives the real windows as a person would: finds controls by name, clicks and types, waits for what the screen shows.

Used by `xuda client --autopilot FILE`, the demo and the tests. One line per screen goes to stderr as a trace.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import asdict
from typing import Any, TypeVar, cast

from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from app.interview.model import ExitKind
from app.interview.views import AnswerView, InputEnded, News, Step
from app.ui import names
from app.ui.context import UiContext
from app.ui.names import Screen, Sheet
from app.ui.script import AnswerScript, Script
from contract.errors import ErrorCode, XudaError

log = logging.getLogger(__name__)
_TICK_MS = 40
_WORDS_WAIT = 60.0
_STUCK_AFTER = 180.0
Control = TypeVar("Control", bound=QWidget)


class Autopilot(QObject):
    """Follows a script on a main window and calls ``done`` once with an exit code: 0, or 1 when it got stuck."""

    def __init__(self, window: QWidget, context: UiContext, script: Script, done: Callable[[int], None]) -> None:
        super().__init__(window)
        self._window, self._context, self._script, self._done = window, context, script, done
        self._given = 0
        self._where = ("", "")
        self._since = time.monotonic()
        self._acted: set[str] = set()
        self._pending: Future[Any] | None = None
        self._input_ended = False
        self._step: Step | None = None
        self._left = self._printed = False
        self.interview_id: str | None = None
        self.answers: list[dict[str, Any]] = []
        self.notice = ""
        # a way of its own: what goes to stderr is lost while PortAudio starts
        self._told = os.dup(2)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        context.subscribe(self._on_news)
        self._handlers: dict[str, Callable[[], object]] = {
            Screen.ATTRACT: self._on_attract,
            Screen.START: self._on_start,
            Screen.ENTRY: self._on_entry,
            Screen.CONSENT: self._on_consent,
            Screen.DECLINED: self._on_declined,
            Screen.DEVICES: lambda: self._click(names.DEVICES_CONTINUE),
            Screen.PRACTICE: lambda: self._click(names.PRACTICE_CONTINUE),
            Screen.QUESTION: self._on_question,
            Screen.RECORDING: self._on_recording,
            Screen.PROOF: self._on_proof,
            Screen.TEXT: self._on_text,
            Screen.CHOICE: self._on_choice,
            Screen.FINISH: self._on_finish,
            Screen.LEFT: self._on_left,
            Sheet.RESUME: self._on_resume,
            Sheet.PRINT: self._on_print,
            Sheet.DECLINE: lambda: self._click(names.DECLINE_CONFIRM),
            Sheet.LEAVE: self._on_leave,
            Sheet.DEVICE_LOST: lambda: self._click(names.DEVICE_LOST_REVIEW),
            Sheet.TIME_UP: lambda: self._click(names.TIME_UP_CONTINUE),
        }

    def start(self) -> None:
        """Plug the script's first sound and picture in, and begin."""
        say = next((answer.say for answer in self._script.answers if answer.say), None)
        picture = next((answer.picture for answer in self._script.answers if answer.picture), None)
        self._context.devices.prefer(
            camera=f"file:{picture}" if picture else None, microphone=f"file:{say}" if say else None
        )
        self._timer.start()

    # ---- the loop --------------------

    def _tick(self) -> None:
        where = (str(cast(Any, self._window).screen_name()), str(cast(Any, self._window).sheet_name()))
        if where != self._where:
            self._enter(where)
        if time.monotonic() - self._since > _STUCK_AFTER and where[0] != Screen.RECORDING:
            self._stop(1)
            return
        if self._pending is not None:
            self._collect()
            return
        self._handlers.get(where[1] or where[0], lambda: None)()

    def _enter(self, where: tuple[str, str]) -> None:
        if where[0] != self._where[0]:
            self._step = None
        self._where = where
        self._since = time.monotonic()
        self._acted.clear()
        self._trace(f"screen={where[0]} sheet={where[1]} given={self._given}")
        if self.interview_id is not None and where[0] not in (Screen.RECORDING, Screen.PROOF):
            self._collect_answers(self.interview_id)

    def _collect(self) -> None:
        assert self._pending is not None
        if self._pending.done():
            future, self._pending = self._pending, None
            # Asked just before the interview went on: there is no such step any more.
            self._step = None if _moved_on(future) else future.result()

    def _collect_answers(self, interview_id: str) -> None:
        """Remember the answers while this device still holds them."""

        def keep(future: Future[list[AnswerView]]) -> None:
            if future.exception() is None and future.result():
                self.answers = [asdict(answer) for answer in future.result()]

        self._context.submit(lambda: self._context.service.answers(interview_id)).add_done_callback(keep)

    def _trace(self, text: str) -> None:
        """What is happening, for whoever watches the run: one line with this machine's monotonic time."""
        os.write(self._told, f"autopilot t={time.monotonic():.3f} {text}\n".encode())

    def _on_news(self, news: News) -> None:
        if isinstance(news, InputEnded):
            self._input_ended = True

    def _stop(self, code: int) -> None:
        if code:
            self._trace(f"stuck at screen={self._where[0]} sheet={self._where[1]}")
        self._timer.stop()
        os.close(self._told)
        self._done(code)

    # ---- screens --------------------

    def _on_attract(self) -> None:
        if self.interview_id is not None or self._left:
            self._stop(0)
        else:
            self._click(names.ATTRACT_START)

    def _on_start(self) -> None:
        if self.interview_id is not None or self._left:
            self._stop(0)
            return
        field = self._find(names.START_FIELD, QLineEdit)
        if names.START_BEGIN in self._acted and self._refused():
            self._stop(1)
        elif field is None:
            self._click(names.START_WAY_PREFIX + "code")
        elif field.text().strip() != self._script.invitation.strip():
            field.setFocus()
            field.clear()
            QTest.keyClicks(field, self._script.invitation)
        else:
            self._click(names.START_BEGIN)

    def _on_entry(self) -> None:
        self._click(names.ENTRY_CONTINUE)

    def _on_resume(self) -> None:
        self._click(names.RESUME_YES if self._script.resume else names.RESUME_NO)

    def _on_consent(self) -> None:
        if self._script.decline or not self._script.consent.recording:
            self._left = True
            self._click(names.CONSENT_DECLINE)
            return
        self._check(names.CONSENT_RECORDING, True)
        self._check(names.CONSENT_SCORING, self._script.consent.scoring)
        if self._script.consent.picture_facts:
            self._check(names.CONSENT_PICTURE_FACTS, True)
        if self._script.consent.elsewhere:
            self._check(names.CONSENT_ELSEWHERE, True)
        self._click(names.CONSENT_AGREE)

    def _on_declined(self) -> None:
        self._click(names.DECLINED_DONE)

    def _on_question(self) -> None:
        answer = self._next_answer()
        if answer is None:
            return
        recovered = self._find(names.QUESTION_KEEP, QAbstractButton)
        if recovered is not None and self._step is not None and self._step.recovered is not None:
            keep = self._script.recovered == "keep"
            self._click(names.QUESTION_KEEP if keep else names.QUESTION_REDO)
            self._step = None
            return
        if "devices" not in self._acted:
            self._acted.add("devices")
            self._set_devices(answer)
            return
        self._input_ended = False
        self._click(names.QUESTION_ANSWER)

    def _on_recording(self) -> None:
        if self._input_ended:
            self._click(names.RECORDING_DONE)

    def _on_proof(self) -> None:
        """Read the words as a person would before submitting; where none will come, do not wait for them."""
        if self._step is None:
            self._pending = self._context.submit(self._context.service.step)
            return
        if self._words_awaited(self._step) and time.monotonic() - self._since < _WORDS_WAIT:
            self._step = None
        elif self._click(names.PROOF_SUBMIT):
            self._given += 1

    def _on_text(self) -> None:
        answer = self._next_answer()
        editor = self._find(names.TEXT_EDIT, QWidget)
        if answer is None or editor is None or answer.text is None:
            return
        typed = cast(QPlainTextEdit | QTextEdit, editor)
        if typed.toPlainText() != answer.text:
            typed.clear()
            typed.setFocus()
            typed.insertPlainText(answer.text)
        elif self._click(names.TEXT_SUBMIT):
            self._given += 1
            self._step = None

    def _on_choice(self) -> None:
        answer = self._next_answer()
        if answer is None or answer.choice is None:
            return
        for index in answer.choice:
            self._check(f"{names.CHOICE_OPTION_PREFIX}{index}", True)
        if self._click(names.CHOICE_SUBMIT):
            self._given += 1
            self._step = None

    def _on_leave(self) -> None:
        leave = self._script.leave
        reason = leave.reason.value if leave else "other"
        words = leave.words if leave else "autopilot: no further answers in the script"
        self._check(names.LEAVE_REASON_PREFIX + reason, True)
        editor = self._find(names.LEAVE_WORDS, QWidget)
        if words and editor is not None and "words" not in self._acted:
            self._acted.add("words")
            editor.setFocus()
            if isinstance(editor, QLineEdit):
                editor.setText(words)
            else:
                cast(QPlainTextEdit | QTextEdit, editor).insertPlainText(words)
        abandon = leave is not None and leave.how is ExitKind.ABANDON
        if self._click(names.LEAVE_ABANDON if abandon else names.LEAVE_SAVE):
            self._left = True

    def _on_left(self) -> None:
        self._fill_questionnaire()
        self._click(names.LEFT_DONE)

    def _on_finish(self) -> None:
        self._left = True
        if self._script.receipt and not self._printed:
            self._click(names.FINISH_PRINT)
            return
        self._fill_questionnaire()
        self._click(names.FINISH_DONE)

    def _on_print(self) -> None:
        """Closed again once the pages are with the printer."""
        if names.PRINT_START not in self._acted:
            self._click(names.PRINT_START)
            return
        if self._click(names.PRINT_CLOSE):
            self._printed = True

    # ---- inside --------------------

    def _next_answer(self) -> AnswerScript | None:
        """The script's answer for the question on screen; without one (or when it is time) the leaving dialog opens."""
        self.interview_id = self._context.service.active_id or self.interview_id
        leave = self._script.leave
        if leave is not None and self._given >= leave.after:
            self._click(names.TOPBAR_LEAVE)
            return None
        if self._step is None:
            self._pending = self._context.submit(self._context.service.step)
            return None
        answer = self._script.answer_for(self._step.index, self._step.total, self._given)
        if answer is None or not answer.fits(self._step.question.kind):
            self._click(names.TOPBAR_LEAVE)
            return None
        return answer

    def _set_devices(self, answer: AnswerScript) -> None:
        devices = self._context.devices

        def choose() -> None:
            if answer.say is not None:
                devices.set_microphone(f"file:{answer.say}")
            if answer.picture is not None:
                devices.set_camera(f"file:{answer.picture}")

        step = self._step
        future = self._context.background(choose)
        self._pending = _then(future, step)

    def _fill_questionnaire(self) -> None:
        questionnaire = self._script.questionnaire
        if questionnaire is None or "ratings" in self._acted:
            return
        self._acted.add("ratings")
        for key in ("entrance_clear", "flow_smooth", "overall"):
            value = getattr(questionnaire, key)
            if value is not None:
                self._check(f"{names.FINISH_RATING_PREFIX}{key}_{value}", True)
        editor = self._find(names.FINISH_WORDS, QWidget)
        if questionnaire.words and editor is not None:
            cast(QPlainTextEdit, editor).insertPlainText(questionnaire.words)

    def _words_awaited(self, step: Step) -> bool:
        newest = max(step.takes, key=lambda take: take.number, default=None)
        return newest is not None and newest.transcript is None and newest.transcribing

    def _refused(self) -> bool:
        """Whether a notice says that the invitation is not accepted."""
        notice = self._find(names.NOTICE_TEXT, QLabel)
        if notice is not None and notice.text():
            self.notice = notice.text()
            self._trace(f"notice: {self.notice}")
        return notice is not None

    def _find(self, name: str, kind: type[Control]) -> Control | None:
        """The visible control of that name; a person cannot use a hidden one either."""
        found = self._window.findChildren(kind, name)
        return next((widget for widget in found if widget.isVisible()), None)

    def _click(self, name: str) -> bool:
        """Click a control once per screen visit; False while it is not there or not enabled."""
        control = self._find(name, QAbstractButton)
        if control is None or not control.isEnabled() or name in self._acted:
            return False
        self._acted.add(name)
        QTest.mouseClick(control, Qt.MouseButton.LeftButton, pos=_centre(control))
        return True

    def _check(self, name: str, wanted: bool) -> None:
        control = self._find(name, QAbstractButton)
        if control is not None and control.isEnabled() and control.isChecked() != wanted:
            QTest.mouseClick(control, Qt.MouseButton.LeftButton, pos=_hit_point(control))


def _moved_on(future: Future[Any]) -> bool:
    error = future.exception()
    return isinstance(error, XudaError) and error.code is ErrorCode.ILLEGAL_STATE


def _then(future: Future[Any], value: Any) -> Future[Any]:
    """A future that gives ``value`` once ``future`` has succeeded."""
    result: Future[Any] = Future()

    def forward(done: Future[Any]) -> None:
        error = done.exception()
        if error is not None:
            result.set_exception(error)
        else:
            result.set_result(value)

    future.add_done_callback(forward)
    return result


def _centre(control: QWidget) -> QPoint:
    return control.rect().center()


def _hit_point(control: QAbstractButton) -> QPoint:
    """A point that toggles check boxes too, whose label may be shorter than the widget."""
    x = 12 if control.layoutDirection() is Qt.LayoutDirection.LeftToRight else control.width() - 12
    return QPoint(x, control.height() // 2)
