"""When the client does not open: whoever is there is asked for what helps, or told what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMessageBox

from app.ui.unlock import ASKED_FOR, UnlockDialog
from contract.errors import ErrorCode, XudaError
from contract.texts import error_text

_TOLD_SECONDS = 20
_HELPED = ASKED_FOR | {ErrorCode.PASSPHRASE_WRONG}


def see_to(
    error: XudaError, language: str, attempt: Callable[[str], Future[Any]], *, kiosk: bool
) -> Future[Any] | None:
    """The attempt that opened the data folder; None when the person gave up, or was told what nobody here can mend.

    ``attempt`` opens it with a passphrase. On a kiosk what is told goes by itself, so that a supervisor can start the
    program again.
    """
    if error.code in _HELPED:
        return _ask(error.code, language, attempt, kiosk=kiosk)
    show_failure(error, language, seconds=_TOLD_SECONDS if kiosk else None)
    return None


def _ask(code: ErrorCode, language: str, attempt: Callable[[str], Future[Any]], *, kiosk: bool) -> Future[Any] | None:
    # a wrong one from the settings: the right one may still be known to somebody here
    asked = ErrorCode.PASSPHRASE_NEEDED if code is ErrorCode.PASSPHRASE_WRONG else code
    dialog = UnlockDialog(asked, language, attempt, kiosk=kiosk)
    dialog.exec()
    future = dialog.future
    dialog.deleteLater()
    return future


def show_failure(error: XudaError, language: str, *, seconds: int | None) -> None:
    """A window says why the client cannot start: on a booth nobody reads a terminal.

    ``seconds``: it goes by itself after these.
    """
    text = error_text(error, language)
    box = QMessageBox(QMessageBox.Icon.Critical, "Xuda 续答", text.lines[0])
    box.setInformativeText("\n".join(text.lines[1:]))
    if seconds is not None:
        QTimer.singleShot(1000 * seconds, box.accept)
    box.exec()
