"""The recognised words of a take, to be corrected: uncertain ones are marked and found, the original comes back."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from app.interview.views import TakeReview
from app.ui.presenters.correcting import CorrectingPresenter
from app.ui.presenters.doubt import doubtful_spans
from app.ui.style import Look
from app.ui.widgets.basic import Button, Card, Label
from app.ui.widgets.flow import Flow

_KEEP_MS = 800
_LINE = 1.5  # of a line, in sizes of body text


class WordsCard(Card):
    """What is typed is made durable after each pause.

    ``kind`` and ``steps``: those of the card. ``prefix``: the names of its controls begin with it, see
    :mod:`app.ui.names`. With a number of ``lines`` the words have these and no heading; else what room there is.
    """

    def __init__(
        self,
        look: Look,
        presenter: CorrectingPresenter,
        *,
        prefix: str,
        kind: str = "true",
        steps: float = 2,
        lines: int | None = None,
    ) -> None:
        super().__init__(look, kind, steps=steps, gap=1)
        self._look = look
        self._presenter = presenter
        self._shown = ""
        self._doubtful: list[QTextCursor] = []
        self._heading, self._note, self._waiting = Label("strong"), Label("caption"), Label("muted")
        self.edit = QPlainTextEdit()
        self.edit.setObjectName(f"{prefix}transcript")
        self.edit.setTabChangesFocus(True)
        self._lines = lines
        self.edit.textChanged.connect(self._typed)
        self._next = Button(look, "link", name=f"{prefix}next_doubt")
        self._next.clicked.connect(self._select_doubt)
        self._original = Button(look, "link", name=f"{prefix}original")
        self._original.clicked.connect(self._restore)
        tools = Flow(look)
        tools.addWidget(self._next)
        tools.addWidget(self._original)
        for widget in (self._heading, self._waiting, self.edit):
            self.body.addWidget(widget)
        self._heading.setVisible(lines is None)
        self.body.addLayout(tools)
        self.body.addWidget(self._note)
        self.body.setStretchFactor(self.edit, 100)
        self.body.addStretch(1)
        self._keep_timer = QTimer(self)
        self._keep_timer.setSingleShot(True)
        self._keep_timer.setInterval(_KEEP_MS)
        self._keep_timer.timeout.connect(presenter.keep_edit)
        self.restyle()

    def restyle(self) -> None:
        tokens = self._look.tokens
        if self._lines is None:
            self.edit.setMinimumHeight(tokens.space(16))
        else:
            self.edit.setFixedHeight(round(tokens.body * _LINE * self._lines) + tokens.space(3))

    def retranslate(self) -> None:
        t = self._look.t
        self._heading.setText(t("What was recognised"))
        self._next.setText(t("Next uncertain word"))
        self._original.setText(t("Back to the recognised words"))
        self.edit.setAccessibleName(t("Recognised words, can be corrected"))
        self._note.setText(t("Underlined words are uncertain. You may correct the text; the recording stays as it is."))

    def reset(self) -> None:
        """Nothing is shown until :meth:`show_words`."""
        self._shown = ""
        self._doubtful = []
        with QSignalBlocker(self.edit):
            self.edit.clear()

    def keep_now(self) -> None:
        """Without waiting for the pause."""
        if self._keep_timer.isActive():
            self._keep_timer.stop()
            self._presenter.keep_edit()

    def show_words(self, review: TakeReview, waiting: str = "") -> None:
        """``waiting``: what is said while the words are not there yet. What is being typed is not disturbed."""
        text = self._presenter.shown_text(review)
        known = review.transcript is not None or review.correction is not None
        if known:
            waiting = "" if text else self._look.t("No words were recognised.")
        self._waiting.setText(waiting)
        self._waiting.setVisible(bool(waiting))
        self.edit.setVisible(known)
        self._note.setVisible(known and bool(text))
        key = f"{review.take_id}:{known}"
        if known and key != self._shown:
            self._shown = key
            with QSignalBlocker(self.edit):
                self.edit.setPlainText(text)
            self._underline(review, text)
        self._show_tools()

    def _typed(self) -> None:
        self._presenter.edit(self.edit.toPlainText())
        self._keep_timer.start()
        self._show_tools()

    def _restore(self) -> None:
        self._shown = ""
        self._presenter.restore()
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def _doubts(self) -> list[QTextCursor]:
        """The uncertain words that are still there; their places move with what is typed."""
        return [cursor for cursor in self._doubtful if cursor.hasSelection()]

    def _select_doubt(self) -> None:
        """The next uncertain word is selected, so that typing replaces it; after the last one comes the first."""
        doubts = self._doubts()
        if doubts:
            here = self.edit.textCursor().selectionEnd()
            self.edit.setTextCursor(next((d for d in doubts if d.selectionEnd() > here), doubts[0]))
            self.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_tools(self) -> None:
        known = self.edit.isVisibleTo(self)
        doubts = [doubt.selectedText() for doubt in self._doubts()] if known else []
        self._next.setVisible(bool(doubts))
        self._original.setVisible(known and self._presenter.may_restore)
        told = self._look.t("Uncertain: {words}", words=", ".join(doubts)) if doubts else ""
        self.edit.setAccessibleDescription(told)

    def _underline(self, review: TakeReview, text: str) -> None:
        marks = []
        self._doubtful = []
        for start, end in doubtful_spans(review.transcript, text):
            mark = QTextEdit.ExtraSelection()
            style = QTextCharFormat()
            style.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DashUnderline)
            style.setUnderlineColor(self._look.colour("warning"))
            cursor = QTextCursor(self.edit.document())
            cursor.setPosition(start)
            cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
            mark.format, mark.cursor = style, cursor
            self._doubtful.append(cursor)
            marks.append(mark)
        self.edit.setExtraSelections(marks)

    def first(self) -> QWidget | None:
        """Where the keyboard begins."""
        return self.edit if self.edit.isVisibleTo(self) else None
