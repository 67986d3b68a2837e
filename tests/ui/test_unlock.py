"""The dialog for the passphrase: choosing one, entering it, wrong tries, giving up; and a real data folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import keyring
import keyring.backends.fail
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget

from app import window
from app.bootstrap import Client
from app.config import ClientSettings
from app.storage.keystore import keystore_kind, open_keystore
from app.ui import failure, names, unlock
from app.ui.dress import build_application
from app.ui.unlock import ASKED_FOR, UnlockDialog
from contract.errors import ErrorCode, XudaError
from tests.support.waiting import wait_for
from tests.ui.fit import misfits

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


class Asked:
    """What the dialog tries, and what comes of it. ``right``: the passphrase that opens."""

    def __init__(self, right: str = "", error: Exception | None = None) -> None:
        self.right = right
        self.error = error
        self.tried: list[str] = []

    def __call__(self, passphrase: str) -> Future[str]:
        self.tried.append(passphrase)
        future: Future[str] = Future()
        if self.error is None and passphrase == self.right:
            future.set_result("opened")
        else:
            future.set_exception(self.error or XudaError(ErrorCode.PASSPHRASE_WRONG))
        return future


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., UnlockDialog]]:
    build_application([])
    monkeypatch.setattr(unlock, "pause_after", lambda wrong: 0.01 * wrong)
    made: list[UnlockDialog] = []

    def make(code: ErrorCode, attempt: Callable[[str], Future[str]], language: str = "en") -> UnlockDialog:
        dialog = UnlockDialog(code, language, attempt)
        made.append(dialog)
        dialog.show()
        return dialog

    yield make
    for dialog in made:
        dialog.deleteLater()
    QApplication.processEvents()


def part(dialog: QWidget, name: str) -> QWidget:
    found = dialog.findChild(QWidget, name)
    assert found is not None, name
    return found


def enter(dialog: QWidget, *texts: str) -> None:
    for number, text in enumerate(texts):
        field = part(dialog, f"{names.UNLOCK_FIELD_PREFIX}{number}")
        assert isinstance(field, QLineEdit)
        field.clear()
        QTest.keyClicks(field, text)


def press(dialog: QWidget, name: str) -> None:
    button = part(dialog, name)
    assert isinstance(button, QAbstractButton)
    button.click()


def message(dialog: QWidget) -> str:
    return str(part(dialog, names.UNLOCK_MESSAGE).property("text"))


def settle(condition: Callable[[], object]) -> None:
    def turn() -> bool:
        QApplication.processEvents()
        return bool(condition())

    wait_for(turn, "the dialog")


def test_the_right_passphrase_opens_and_is_typed_unseen(ask: Callable[..., UnlockDialog]) -> None:
    asked = Asked("right one")
    dialog = ask(ErrorCode.PASSPHRASE_NEEDED, asked)
    enter(dialog, "right one")
    field = part(dialog, names.UNLOCK_FIELD_PREFIX + "0")
    assert isinstance(field, QLineEdit)
    assert field.echoMode() is QLineEdit.EchoMode.Password
    press(dialog, names.UNLOCK_GO)
    settle(lambda: dialog.result() == 1)
    assert dialog.future is not None
    assert dialog.future.result() == "opened"
    assert field.text() == ""


def test_a_wrong_passphrase_is_said_in_place_and_can_be_typed_again(ask: Callable[..., UnlockDialog]) -> None:
    asked = Asked("right one")
    dialog = ask(ErrorCode.PASSPHRASE_NEEDED, asked)
    enter(dialog, "wrong one")
    press(dialog, names.UNLOCK_GO)
    settle(lambda: "not right" in message(dialog) and part(dialog, names.UNLOCK_GO).isEnabled())
    assert dialog.isVisible()
    assert misfits(dialog) == []
    enter(dialog, "right one")
    press(dialog, names.UNLOCK_GO)
    settle(lambda: dialog.result() == 1)
    assert asked.tried == ["wrong one", "right one"]


def test_guessing_by_hand_gets_slower_and_slower() -> None:
    from app.passphrase import pause_after

    waits = [pause_after(wrong) for wrong in range(9)]
    assert waits[:4] == [0, 1, 2, 4]
    assert max(waits) == 30


@pytest.mark.parametrize("code", [ErrorCode.PASSPHRASE_MISSING, ErrorCode.KEYSTORE_UNPROTECTED])
def test_a_new_passphrase_is_typed_twice_and_has_some_length(ask: Callable[..., UnlockDialog], code: ErrorCode) -> None:
    asked = Asked("long enough")
    dialog = ask(code, asked)
    assert not part(dialog, names.UNLOCK_GO).isEnabled()
    for typed, says in ((("short", "short"), "8 characters"), (("long enough", "other than it"), "not the same")):
        enter(dialog, *typed)
        press(dialog, names.UNLOCK_GO)
        assert says in message(dialog)
    assert asked.tried == []
    enter(dialog, "long enough", "long enough")
    press(dialog, names.UNLOCK_GO)
    settle(lambda: dialog.result() == 1)
    assert asked.tried == ["long enough"]


def test_giving_up_opens_nothing(ask: Callable[..., UnlockDialog]) -> None:
    dialog = ask(ErrorCode.PASSPHRASE_NEEDED, Asked("x"))
    press(dialog, names.UNLOCK_QUIT)
    assert dialog.future is None


def test_a_locked_keyring_is_tried_again_when_it_was_unlocked(ask: Callable[..., UnlockDialog]) -> None:
    asked = Asked(error=XudaError(ErrorCode.KEYSTORE_LOCKED))
    dialog = ask(ErrorCode.KEYSTORE_LOCKED, asked)
    press(dialog, names.UNLOCK_GO)
    settle(lambda: part(dialog, names.UNLOCK_GO).isEnabled())
    asked.error = None
    press(dialog, names.UNLOCK_GO)
    settle(lambda: dialog.result() == 1)
    assert asked.tried == ["", ""]


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("code", sorted(ASKED_FOR))
def test_every_form_is_whole_in_both_languages(
    ask: Callable[..., UnlockDialog], code: ErrorCode, language: str
) -> None:
    dialog = ask(code, Asked(), language)
    QApplication.processEvents()
    assert misfits(dialog) == []
    words = [str(item.property("text") or "") for item in dialog.findChildren(QWidget) if item.isVisible()]
    assert any(_CHINESE.search(text) for text in words) == (language == "zh_CN")
    for item in dialog.findChildren(QAbstractButton) + dialog.findChildren(QLineEdit):
        assert not item.isVisible() or item.height() >= 44
    for field in dialog.findChildren(QLineEdit):
        assert field.accessibleName()


def _opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: list[str], then: Callable[[Client], None]) -> None:
    """The client as it opens behind its window, with a person who types; ``then`` is called with it."""
    application = build_application([])
    settings = ClientSettings(data=tmp_path / "data", lang="en")

    class Person(UnlockDialog):
        def exec(self) -> int:
            self.show()
            enter(self, *typed)
            press(self, names.UNLOCK_GO)
            settle(lambda: not self.isVisible())
            return self.result()

    monkeypatch.setattr(failure, "UnlockDialog", Person)
    run = window.ClientRun(settings)

    def look() -> None:
        client = run._opening.client
        if client is not None:
            timer.stop()
            then(client)
            application.exit(7)

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(10)
    try:
        assert run.run() == 7
    finally:
        timer.stop()
        run.close()


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without keyring and without passphrase in its settings."""
    for name in ("XUDA_PASSPHRASE", "XUDA_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("keyring.core._keyring_backend", keyring.backends.fail.Keyring())


@pytest.mark.usefixtures("bare")
def test_a_new_device_without_keyring_gets_a_passphrase_on_screen_and_opens_with_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = ["my passphrase", "my passphrase"]
    _opened(tmp_path, monkeypatch, typed, lambda client: client.storage.keystore.set("device", b"x"))
    assert keystore_kind(tmp_path / "data") == "passphrase"
    found: list[bytes | None] = []
    _opened(tmp_path, monkeypatch, typed[:1], lambda client: found.append(client.storage.keystore.get("device")))
    assert found == [b"x"]


@pytest.mark.usefixtures("bare")
def test_a_device_with_the_plain_file_of_earlier_versions_is_protected_on_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_keystore(tmp_path / "data", plain=True).set("device", b"as it was")
    found: list[bytes | None] = []
    typed = ["my passphrase", "my passphrase"]
    _opened(tmp_path, monkeypatch, typed, lambda client: found.append(client.storage.keystore.get("device")))
    assert found == [b"as it was"]
    assert keystore_kind(tmp_path / "data") == "passphrase"
    assert not [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
