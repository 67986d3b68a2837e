"""The sheet in which staff's code for the candidate is scanned or typed."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLineEdit, QWidget

from app.ui import names
from app.ui.presenters.adjust import AdjustPresenter
from app.ui.screens.sheets import SheetCard
from app.ui.style import Look
from app.ui.widgets.basic import Label
from app.ui.widgets.preview import LivePreview
from contract.errors import XudaError
from contract.invitation import Adjustments

_SCAN_MS = 250


def adjustment_words(look: Look, adjustments: Adjustments) -> str:
    """What somebody has been given, in a line; empty for nothing."""
    parts = []
    if adjustments.time_factor > 1:
        parts.append(look.t("{n} % more time", n=round((adjustments.time_factor - 1) * 100)))
    if adjustments.extra_takes:
        parts.append(look.texts.n("{n} more take", "{n} more takes", adjustments.extra_takes))
    ways = {"audio": look.t("sound instead of video"), "text": look.t("text instead of speech")}
    if adjustments.answer_as:
        parts.append(ways[adjustments.answer_as])
    return " · ".join(parts)


class AdjustSheet(SheetCard):
    def __init__(self, look: Look, presenter: AdjustPresenter) -> None:
        super().__init__(look)
        self._presenter = presenter
        self._preview = LivePreview(look, presenter.journey.context.devices, frame=True)
        self._preview.setMaximumHeight(look.tokens.space(26))
        self._field = QLineEdit()
        self._field.setObjectName(names.ADJUST_FIELD)
        self._field.setMaxLength(400)
        self._field.returnPressed.connect(self._apply)
        self._result = Label("strong")
        for part in (self._preview, self._field, self._result):
            self.content.addWidget(part)
        self._close = self.add("quiet", names.ADJUST_CLOSE)
        self._scan = self.add("plain", names.ADJUST_SCAN, icon="scan")
        self._button = self.add("primary", names.ADJUST_APPLY)
        self._close.clicked.connect(presenter.close)
        self._scan.clicked.connect(presenter.scan)
        self._button.clicked.connect(self._apply)
        self._timer = QTimer(self)
        self._timer.setInterval(_SCAN_MS)
        self._timer.timeout.connect(presenter.tick)
        presenter.listen(self._changed)

    def first(self) -> QWidget | None:
        return self._field

    def opened(self) -> None:
        self._field.clear()

    def dismissed(self) -> None:
        self._presenter.close()

    def _apply(self) -> None:
        self._presenter.apply(self._field.text())

    def _changed(self) -> None:
        if self.isVisible():
            self.refresh()

    def refresh(self) -> None:
        look, presenter = self.look, self._presenter
        self.title.setText(look.t("Adjustment by the staff"))
        self.text.setText(
            look.t("Scan the code the staff has made for you, or type it. It changes nothing you have saved.")
        )
        scanning = presenter.scanning
        self._preview.setVisible(scanning)
        self._preview.run(scanning)
        self._preview.say(look.t("Hold the code of the staff into the frame"))
        self._timer.start() if scanning else self._timer.stop()
        self._field.setPlaceholderText("XUDA://A/…")
        self._field.setAccessibleName(look.t("Adjustment code"))
        self._scan.setText(look.t("Scan code"))
        self._scan.setVisible(presenter.may_scan and presenter.given is None)
        self._scan.setEnabled(not scanning and not presenter.journey.busy)
        self._button.setText(look.t("Apply"))
        self._button.setVisible(presenter.given is None)
        self._button.setEnabled(not presenter.journey.busy)
        self._field.setVisible(presenter.given is None)
        self._close.setText(look.t("Close") if presenter.given is None else look.t("Go on"))
        self._result.tone("error" if presenter.error else "ok")
        self._result.setText(self._said())
        self._result.setVisible(bool(self._result.text()))

    def _said(self) -> str:
        error, given = self._presenter.error, self._presenter.given
        if given is not None:
            return self.look.t("In force now: {what}", what=adjustment_words(self.look, given))
        if isinstance(error, XudaError):
            from contract.texts import error_text

            found = error_text(error, self.look.texts.language)
            return f"{found.title}\n{found.meaning} {found.action}"
        return self.look.t("Something went wrong. Nothing was changed.") if error else ""
