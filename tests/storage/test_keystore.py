"""Keystores: which one is opened, what locks them, and that a removed secret is gone from the disk."""

from __future__ import annotations

import json
import logging
import os
import stat
import sys
from pathlib import Path

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import pytest

from app.storage import keystore
from app.storage.keyfile import FileKeyStore, PassphraseCodec, PlainCodec
from app.storage.keystore import KeyStore, change_passphrase, open_keystore, set_aside
from contract.canonical import b64encode
from contract.errors import ErrorCode, XudaError

SECRET = b"\x00\xffsecret bytes of a key 0123456789"


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a system keyring and without settings."""
    monkeypatch.delenv("XUDA_PASSPHRASE", raising=False)
    monkeypatch.delenv("XUDA_PASSPHRASE_FILE", raising=False)
    before = keyring.get_keyring()
    monkeypatch.setattr("keyring.core._keyring_backend", before)
    keyring.set_keyring(keyring.backends.fail.Keyring())


def opened(tmp_path: Path, passphrase: str | None = None, *, plain: bool | None = None) -> KeyStore:
    """Without a passphrase: the plain file, asked for, unless ``plain`` says otherwise."""
    asked = passphrase is None if plain is None else plain
    return open_keystore(tmp_path / "data", passphrase, plain=asked, state_dir=tmp_path / "state")


def refused(tmp_path: Path, code: ErrorCode, passphrase: str | None = None, *, plain: bool = False) -> None:
    with pytest.raises(XudaError) as caught:
        opened(tmp_path, passphrase, plain=plain)
    assert caught.value.code is code


@pytest.mark.parametrize("passphrase", [None, "correct horse"])
def test_secrets_are_there_after_a_restart(tmp_path: Path, passphrase: str | None) -> None:
    store = opened(tmp_path, passphrase)
    store.set("device", SECRET)
    store.set("interview:1", b"one")
    store.set("interview:1", b"two")
    store.delete("nothing")
    again = opened(tmp_path, passphrase)
    assert again.kind == store.kind == ("passphrase" if passphrase else "file")
    assert (again.get("device"), again.get("interview:1"), again.get("other")) == (SECRET, b"two", None)
    again.delete("device")
    assert opened(tmp_path, passphrase).get("device") is None


def test_a_wrong_passphrase_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    opened(tmp_path, "right").set("device", SECRET)
    before = (tmp_path / "data" / "keystore.sealed").read_bytes()
    for wrong in ("wrong", "Right", "right "):
        refused(tmp_path, ErrorCode.PASSPHRASE_WRONG, wrong)
    assert (tmp_path / "data" / "keystore.sealed").read_bytes() == before
    assert opened(tmp_path, "right").get("device") == SECRET


def test_without_its_passphrase_a_folder_stays_locked(tmp_path: Path) -> None:
    opened(tmp_path, "right")
    refused(tmp_path, ErrorCode.PASSPHRASE_NEEDED)


def test_the_passphrase_comes_from_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(tmp_path, "短语 phrase").set("device", SECRET)
    monkeypatch.setenv("XUDA_PASSPHRASE", "短语 phrase")
    assert opened(tmp_path, plain=False).get("device") == SECRET
    monkeypatch.delenv("XUDA_PASSPHRASE")
    (tmp_path / "phrase").write_text("短语 phrase\n", encoding="utf-8")
    monkeypatch.setenv("XUDA_PASSPHRASE_FILE", str(tmp_path / "phrase"))
    assert opened(tmp_path, plain=False).get("device") == SECRET
    monkeypatch.setenv("XUDA_PASSPHRASE_FILE", str(tmp_path / "absent"))
    refused(tmp_path, ErrorCode.FILE_MISSING)


def test_no_secret_is_in_the_data_folder_and_none_in_clear_under_a_passphrase(tmp_path: Path) -> None:
    for folder, passphrase in (("a", None), ("b", "phrase")):
        opened(tmp_path / folder, passphrase).set("device", SECRET)
        needles = (SECRET, b64encode(SECRET).encode(), SECRET.hex().encode())
        for path in (tmp_path / folder / "data").rglob("*"):
            assert not any(needle in path.read_bytes() for needle in needles)


def test_the_plain_file_is_announced_at_every_start_and_is_for_this_user_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            assert opened(tmp_path).kind == "file"
        assert "plain file" in caplog.text
    (path,) = (tmp_path / "state" / "keys").iterdir()
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_data_folders_never_share_a_secret(tmp_path: Path) -> None:
    one = open_keystore(tmp_path / "one", plain=True, state_dir=tmp_path / "state")
    two = open_keystore(tmp_path / "two", plain=True, state_dir=tmp_path / "state")
    one.set("device", b"one")
    assert two.get("device") is None


def test_keys_that_are_not_where_they_were_left_are_missing_not_made_anew(tmp_path: Path) -> None:
    opened(tmp_path).set("device", SECRET)
    for path in (tmp_path / "state" / "keys").iterdir():
        path.unlink()
    refused(tmp_path, ErrorCode.KEYSTORE_MISSING, plain=True)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": "other"}', b"\xff" * 40])
def test_a_damaged_keystore_is_refused(tmp_path: Path, content: bytes) -> None:
    opened(tmp_path, "right").set("device", SECRET)
    (tmp_path / "data" / "keystore.sealed").write_bytes(content)
    with pytest.raises(XudaError) as caught:
        opened(tmp_path, "right")
    assert caught.value.code is ErrorCode.FORMAT_INVALID


def test_a_keystore_that_asks_for_absurd_memory_is_refused(tmp_path: Path) -> None:
    opened(tmp_path, "right")
    path = tmp_path / "data" / "keystore.sealed"
    path.write_text(json.dumps({**json.loads(path.read_text()), "memory": 2**40}))
    with pytest.raises(XudaError) as caught:
        opened(tmp_path, "right")
    assert caught.value.code is ErrorCode.FORMAT_INVALID


def test_a_damaged_marker_is_refused(tmp_path: Path) -> None:
    opened(tmp_path)
    (tmp_path / "data" / "keystore.json").write_text('{"kind": "passphrase", "namespace": "../../etc"}')
    with pytest.raises(XudaError) as caught:
        opened(tmp_path)
    assert caught.value.code is ErrorCode.FORMAT_INVALID


@pytest.mark.skipif(sys.platform == "win32", reason="an open file is locked there")
def test_a_removed_secret_is_overwritten_in_the_old_file_too(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path / "keys.json", PlainCodec())
    store.set("interview:1", SECRET)
    with (tmp_path / "keys.json").open("rb") as old:
        store.delete("interview:1")
        assert b64encode(SECRET).encode() not in old.read()
    assert b64encode(SECRET).encode() not in (tmp_path / "keys.json").read_bytes()
    assert os.listdir(tmp_path) == ["keys.json"]


def test_a_swapped_key_derivation_does_not_open(tmp_path: Path) -> None:
    FileKeyStore(tmp_path / "k", PassphraseCodec("right")).set("device", SECRET)
    document = json.loads((tmp_path / "k").read_text())
    (tmp_path / "k").write_text(json.dumps({**document, "iterations": document["iterations"] + 1}))
    with pytest.raises(XudaError) as caught:
        FileKeyStore(tmp_path / "k", PassphraseCodec("right"))
    assert caught.value.code is ErrorCode.PASSPHRASE_WRONG


def test_a_keyring_that_keeps_nothing_is_not_taken_for_one(tmp_path: Path) -> None:
    keyring.set_keyring(keyring.backends.null.Keyring())
    refused(tmp_path, ErrorCode.PASSPHRASE_MISSING)


def test_without_keyring_and_passphrase_nothing_is_made(tmp_path: Path) -> None:
    refused(tmp_path, ErrorCode.PASSPHRASE_MISSING)
    assert not (tmp_path / "data").exists()
    assert not (tmp_path / "state").exists()


def test_keys_in_a_plain_file_are_moved_under_a_passphrase_and_the_file_is_gone(tmp_path: Path) -> None:
    opened(tmp_path).set("device", SECRET)
    opened(tmp_path).set("interview:1", b"one")
    refused(tmp_path, ErrorCode.KEYSTORE_UNPROTECTED)
    moved = opened(tmp_path, "passphrase", plain=False)
    assert (moved.kind, moved.get("device"), moved.get("interview:1")) == ("passphrase", SECRET, b"one")
    assert list((tmp_path / "state" / "keys").iterdir()) == []
    refused(tmp_path, ErrorCode.PASSPHRASE_NEEDED, plain=True)
    assert opened(tmp_path, "passphrase").get("device") == SECRET


@pytest.mark.parametrize("cut", ["_write_marker", "_remove_plain"])
def test_a_move_out_of_a_plain_file_that_is_cut_off_is_finished_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    opened(tmp_path).set("device", SECRET)

    def power(*_: object) -> None:
        raise RuntimeError("power")

    with monkeypatch.context() as patch:
        patch.setattr(keystore, cut, power)
        with pytest.raises(RuntimeError):
            opened(tmp_path, "first try", plain=False)
    phrase = "another one" if cut == "_write_marker" else "first try"
    assert opened(tmp_path, phrase, plain=False).get("device") == SECRET
    assert list((tmp_path / "state" / "keys").iterdir()) == []


def test_a_keystore_sealed_by_an_earlier_version_opens_and_is_sealed_anew_with_argon2id(tmp_path: Path) -> None:
    source = Path(__file__).parent / "data" / "version-1" / "keystore.sealed"
    path = tmp_path / "keystore.sealed"
    path.write_bytes(source.read_bytes())
    assert json.loads(path.read_text())["kdf"] == "scrypt"
    names = FileKeyStore(path, PassphraseCodec("fixture")).export()
    assert "device" in names
    FileKeyStore(path, PassphraseCodec("fixture")).set("new", b"x")
    document = json.loads(path.read_text())
    assert (document["kdf"], document["memory"]) == ("argon2id", 65536)
    assert set(FileKeyStore(path, PassphraseCodec("fixture")).export()) == {*names, "new"}


def test_another_passphrase_opens_the_same_keys_and_the_old_one_no_more(tmp_path: Path) -> None:
    opened(tmp_path, "the old one").set("device", SECRET)
    with pytest.raises(XudaError) as caught:
        change_passphrase(tmp_path / "data", "not it", "the new one")
    assert caught.value.code is ErrorCode.PASSPHRASE_WRONG
    change_passphrase(tmp_path / "data", "the old one", "the new one")
    refused(tmp_path, ErrorCode.PASSPHRASE_WRONG, "the old one")
    assert opened(tmp_path, "the new one").get("device") == SECRET


def test_lost_keys_are_set_aside_and_never_deleted(tmp_path: Path) -> None:
    opened(tmp_path, "forgotten").set("device", SECRET)
    kept = set_aside(tmp_path / "data")
    assert kept is not None
    assert opened(tmp_path, "a new one").get("device") is None
    assert FileKeyStore(kept, PassphraseCodec("forgotten")).get("device") == SECRET


class Obstinate(keyring.backend.KeyringBackend):
    """A system's keyring whose prompt is cancelled. Its module is given a system's name by the test."""

    priority = 9
    raises: type[Exception] = keyring.errors.KeyringLocked

    def get_password(self, service: str, username: str) -> str | None:
        raise self.raises("dismissed")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise self.raises("dismissed")

    def delete_password(self, service: str, username: str) -> None:
        raise self.raises("dismissed")


@pytest.mark.parametrize("error", [keyring.errors.KeyringLocked, keyring.errors.PasswordSetError, ConnectionResetError])
def test_a_keyring_that_is_locked_or_forbidden_is_no_reason_for_less_protection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    monkeypatch.setattr(Obstinate, "__module__", "keyring.backends.SecretService")
    monkeypatch.setattr(Obstinate, "raises", error)
    keyring.set_keyring(Obstinate())
    refused(tmp_path, ErrorCode.KEYSTORE_LOCKED)
    assert not (tmp_path / "data").exists()
    assert opened(tmp_path, "a way out", plain=False).kind == "passphrase"
