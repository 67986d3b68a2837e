"""Keystores: which one is opened, what locks them, and that a removed secret is gone from the disk."""

from __future__ import annotations

import json
import logging
import os
import stat
import sys
from pathlib import Path

import keyring
import keyring.backends.fail
import keyring.backends.null
import pytest

from app.storage.keyfile import FileKeyStore, PassphraseCodec, PlainCodec
from app.storage.keystore import KeyStore, open_keystore
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


def opened(tmp_path: Path, passphrase: str | None = None) -> KeyStore:
    return open_keystore(tmp_path / "data", passphrase, state_dir=tmp_path / "state")


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
        with pytest.raises(XudaError) as caught:
            opened(tmp_path, wrong)
        assert caught.value.code is ErrorCode.KEYSTORE_LOCKED
    assert (tmp_path / "data" / "keystore.sealed").read_bytes() == before
    assert opened(tmp_path, "right").get("device") == SECRET


def test_without_its_passphrase_a_folder_stays_locked(tmp_path: Path) -> None:
    opened(tmp_path, "right")
    with pytest.raises(XudaError) as caught:
        opened(tmp_path)
    assert caught.value.code is ErrorCode.KEYSTORE_LOCKED


def test_the_passphrase_comes_from_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(tmp_path, "短语 phrase").set("device", SECRET)
    monkeypatch.setenv("XUDA_PASSPHRASE", "短语 phrase")
    assert opened(tmp_path).get("device") == SECRET
    monkeypatch.delenv("XUDA_PASSPHRASE")
    (tmp_path / "phrase").write_text("短语 phrase\n", encoding="utf-8")
    monkeypatch.setenv("XUDA_PASSPHRASE_FILE", str(tmp_path / "phrase"))
    assert opened(tmp_path).get("device") == SECRET
    monkeypatch.setenv("XUDA_PASSPHRASE_FILE", str(tmp_path / "absent"))
    with pytest.raises(XudaError) as caught:
        opened(tmp_path)
    assert caught.value.code is ErrorCode.FILE_MISSING


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
    one = open_keystore(tmp_path / "one", state_dir=tmp_path / "state")
    two = open_keystore(tmp_path / "two", state_dir=tmp_path / "state")
    one.set("device", b"one")
    assert two.get("device") is None


def test_keys_that_are_not_where_they_were_left_are_missing_not_made_anew(tmp_path: Path) -> None:
    opened(tmp_path).set("device", SECRET)
    for path in (tmp_path / "state" / "keys").iterdir():
        path.unlink()
    with pytest.raises(XudaError) as caught:
        opened(tmp_path)
    assert caught.value.code is ErrorCode.KEYSTORE_MISSING


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
    path.write_text(json.dumps({**json.loads(path.read_text()), "n": 2**40}))
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
    (tmp_path / "k").write_text(json.dumps({**document, "p": document["p"] + 1}))
    with pytest.raises(XudaError) as caught:
        FileKeyStore(tmp_path / "k", PassphraseCodec("right"))
    assert caught.value.code is ErrorCode.KEYSTORE_LOCKED


def test_a_keyring_that_keeps_nothing_is_not_taken_for_one(tmp_path: Path) -> None:
    keyring.set_keyring(keyring.backends.null.Keyring())
    assert opened(tmp_path).kind == "file"
