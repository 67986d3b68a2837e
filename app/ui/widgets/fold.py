"""A heading that opens and closes a text below it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QSizePolicy

from app.ui.style import Look
from app.ui.widgets.basic import Button, Label, column


class Fold(QFrame):
    """Closed at first. The words are set with :meth:`show_words`."""

    def __init__(self, look: Look, *, name: str = "") -> None:
        super().__init__()
        self._look = look
        self.button = Button(look, "fold", name=name, icon="chevron-right")
        self.button.setCheckable(True)
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.text = Label("muted")
        self.text.setContentsMargins(look.tokens.space(4.5), 0, look.tokens.space(1), look.tokens.space(1.5))
        self.text.hide()
        layout = self._lines = column(look, gap=0)
        layout.addWidget(self.button)
        layout.addWidget(self.text)
        self.setLayout(layout)
        self.button.toggled.connect(self._toggle)

    def show_words(self, heading: str, text: str) -> None:
        self.button.setText(heading)
        # style sheets put the words of a wide button to the left in every language
        side = Qt.AlignmentFlag.AlignLeading if self._look.texts.right_to_left else Qt.AlignmentFlag(0)
        self._lines.setAlignment(self.button, side)
        self.button.setAccessibleName(heading)
        self.text.setText(text)
        if self.isVisible():
            self.button.wrap_to(self.width())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.button.wrap_to(self.width())

    def _toggle(self, opened: bool) -> None:
        self.text.setVisible(opened)
        self.button.show_icon("chevron-down" if opened else "chevron-right")
