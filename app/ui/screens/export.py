"""Export to a stick as a sheet: what waits, where to, how far, and what became of it in plain words."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFileDialog, QWidget

from app.interview.transfer import ReceiptFate
from app.ui import names
from app.ui.i18n import Texts
from app.ui.presenters.transfer import Drive, TransferPresenter, TransferState
from app.ui.screens.sheets import SheetCard
from app.ui.style import Look
from app.ui.widgets.basic import Button, Label
from app.ui.widgets.flow import Flow
from app.ui.widgets.notice import OutcomeCard, error_words
from app.ui.widgets.select import Select

_LOOK_MS = 150


class ShareBar(QWidget):
    """How much of something is done."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._share = 0.0
        self.setFixedHeight(look.tokens.space(1))

    def show_share(self, share: float) -> None:
        self._share = min(1.0, max(0.0, share))
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        radius = self.height() / 2
        painter.setBrush(self._look.colour("line"))
        painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
        painter.setBrush(self._look.colour("accent"))
        width = max(self.height(), self.width() * self._share)
        left = self.width() - width if self.layoutDirection() == Qt.LayoutDirection.RightToLeft else 0.0
        painter.drawRoundedRect(QRectF(left, 0, width, self.height()), radius, radius)
        painter.end()


class ExportSheet(SheetCard):
    sign = ("save", "accent")

    def __init__(self, look: Look, presenter: TransferPresenter) -> None:
        super().__init__(look)
        self._presenter = presenter
        self._where = Label("strong")
        self.content.addWidget(self._where)
        self._drives = Select(look, name=names.EXPORT_TARGET)
        self._drives.activated.connect(self._chosen)
        self._browse = Button(look, "plain", name=names.EXPORT_BROWSE)
        self._browse.clicked.connect(self._ask_folder)
        self.content.addWidget(self._drives)
        self._bar, self._far = ShareBar(look), Label("caption")
        self.content.addWidget(self._bar)
        self.content.addWidget(self._far)
        self._good = OutcomeCard(look, "soft", "check-circle", "accent")
        self._bad = OutcomeCard(look, "error", "warning", "error")
        self.content.addWidget(self._good)
        self.content.addWidget(self._bad)
        self._receipts = Button(look, "link", name=names.EXPORT_RECEIPTS, icon="check")
        self._receipts.clicked.connect(self._ask_receipts)
        below = Flow(look)
        below.addWidget(self._browse)
        below.addWidget(self._receipts)
        below.addStretch(1)
        self.content.addLayout(below)
        self._close = self.add("plain", names.EXPORT_CLOSE)
        self._start = self.add("primary", names.EXPORT_START)
        self._close.clicked.connect(self._close_or_stop)
        self._start.clicked.connect(presenter.start)
        self._watch = QTimer(self)
        self._watch.setInterval(_LOOK_MS)
        self._watch.timeout.connect(self._look_again)
        presenter.listen(self.refresh)

    def first(self) -> QWidget | None:
        return self._close

    def opened(self) -> None:
        self._presenter.enter()

    def dismissed(self) -> None:
        self._presenter.close()

    def abandoned(self) -> None:
        self._watch.stop()
        self._presenter.stop()

    def _close_or_stop(self) -> None:
        if self._presenter.state is TransferState.RUNNING:
            self._presenter.stop()
        else:
            self._presenter.close()

    def _chosen(self, place: int) -> None:
        path = self._drives.itemData(place)
        if path:
            self._presenter.choose(Path(path))

    def _ask_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.look.t("Choose a folder on the stick"))
        if folder:
            self._presenter.choose(Path(folder))

    def _ask_receipts(self) -> None:
        start = str(self._presenter.target or "")
        title = self.look.t("Choose the receipts file from HR")
        file, _ = QFileDialog.getOpenFileName(self, title, start, "*.json")
        if file:
            self._presenter.take_receipts(Path(file))

    def refresh(self) -> None:
        if self._presenter.journey.sheet != names.Sheet.EXPORT:
            self._watch.stop()
            return
        t, presenter = self.look.t, self._presenter
        running = presenter.state is TransferState.RUNNING
        self.title.setText(t("Export to a USB stick"))
        self.text.setText(self._waiting())
        self._where.setText(t("Where to"))
        self._show_drives()
        self._browse.setText(t("Another folder"))
        self._receipts.setText(t("Take HR's receipts from the stick"))
        self._start.setText(t("Export"))
        self._close.setText(t("Stop") if running else t("Close"))
        self._start.setEnabled(presenter.may_start)
        for control in (self._drives, self._browse, self._receipts):
            control.setEnabled(presenter.state is TransferState.READY)
        self._bar.setVisible(running)
        self._far.setVisible(running)
        good, bad = self._good_words(), self._bad_words()
        self._good.setVisible(bool(good))
        self._good.words.setText(good)
        self._bad.setVisible(bool(bad))
        self._bad.words.setText(bad)
        if running and not self._watch.isActive():
            self._watch.start()
        elif not running:
            self._watch.stop()
        self._look_again()

    def _look_again(self) -> None:
        share = self._presenter.share
        self._bar.show_share(share)
        self._far.setText(self.look.t("Writing and reading back: {percent} %", percent=int(100 * share)))

    def _waiting(self) -> str:
        t, presenter = self.look.t, self._presenter
        if presenter.state is TransferState.LOOKING:
            return t("Looking at what waits…")
        if not presenter.parcels:
            return t("Everything on this device is with HR. There is nothing to export.")
        count = self.look.texts.n("{n} interview waits for HR", "{n} interviews wait for HR", len(presenter.parcels))
        return t(
            "{count} ({size}). They stay sealed on the stick, and everything stays on this device until HR's receipt "
            "is here.",
            count=count,
            size=_megabytes(self.look.texts, presenter.size),
        )

    def _show_drives(self) -> None:
        t, presenter = self.look.t, self._presenter
        self._drives.blockSignals(True)
        self._drives.clear()
        if presenter.target is None:
            self._drives.addItem(t("Plug a stick in or choose a folder"), "")
        for drive in presenter.drives:
            self._drives.addItem(self._drive_words(drive), str(drive.path))
        at = self._drives.findData(str(presenter.target)) if presenter.target is not None else 0
        self._drives.setCurrentIndex(max(0, at))
        self._drives.setAccessibleName(t("Where to"))
        self._drives.blockSignals(False)

    def _drive_words(self, drive: Drive) -> str:
        if not drive.free:
            return drive.name
        return f"{drive.name} · " + self.look.t("{n} GB free", n=self.look.texts.number(drive.free / 1e9, 1))

    def _good_words(self) -> str:
        t, presenter = self.look.t, self._presenter
        if presenter.result is not None and presenter.result.bundles:
            bundles = presenter.result.bundles
            lines = [f"{bundle.path.name} ({_megabytes(self.look.texts, bundle.size)})" for bundle in bundles]
            lines.append(t("Written and read back. Eject the stick and give it to HR."))
            if any(item.damaged for item in presenter.result.interviews):
                lines.append(t("A damaged recording stayed out; tell the support contact."))
            return "\n".join(lines)
        if presenter.receipts is not None and not presenter.receipts.count(ReceiptFate.REFUSED):
            return self._receipt_words()
        return ""

    def _bad_words(self) -> str:
        t, presenter = self.look.t, self._presenter
        if presenter.error is not None:
            return "\n".join(error_words(self.look, presenter.error))
        if presenter.stopped:
            return t("Stopped. No file was left on the drive.")
        if presenter.receipts is not None and presenter.receipts.count(ReceiptFate.REFUSED):
            return self._receipt_words()
        return ""

    def _receipt_words(self) -> str:
        receipts = self._presenter.receipts
        assert receipts is not None
        t, n = self.look.t, self.look.texts.n
        lines = []
        gone, kept = receipts.count(ReceiptFate.PURGED), receipts.count(ReceiptFate.KEPT)
        refused, unknown = receipts.count(ReceiptFate.REFUSED), receipts.count(ReceiptFate.UNKNOWN)
        if gone:
            lines.append(
                n(
                    "{n} interview is safe at HR and gone from here",
                    "{n} interviews are safe at HR and gone from here",
                    gone,
                )
            )
        if kept:
            lines.append(
                n("{n} receipt noted; the interview stays here", "{n} receipts noted; the interviews stay here", kept)
            )
        if refused:
            lines.append(
                n(
                    "{n} receipt does not match; nothing was deleted",
                    "{n} receipts do not match; nothing was deleted",
                    refused,
                )
            )
        if unknown:
            lines.append(n("{n} receipt is for another device", "{n} receipts are for another device", unknown))
        return "\n".join(lines) or t("The file holds no receipts.")


def _megabytes(texts: Texts, size: int) -> str:
    words = f"{texts.number(size / 1e9, 1)} GB" if size >= 1e9 else f"{texts.number(max(1, round(size / 1e6)))} MB"
    return texts.left_to_right(words)
