"""``xuda-hr``: holds, deletion, certificates, backup, restore and the audit log, as an administrator types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from backend.__main__ import main
from tests.backend import tus
from tests.backend.world import Talk, invite, served


@pytest.fixture
def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """A data folder with one delivered interview; its id."""
    monkeypatch.setenv("XUDA_HR_PASSPHRASE", "typed")
    monkeypatch.setenv("XUDA_HR_LANG", "en")
    with served(tmp_path / "data", passphrase="typed") as office:
        talk = Talk(office.enrol(), invite(office.hr, "李雷"))
        talk.started()
        sealed = talk.seal(b"a face")
        talk.spoken(sealed)
        talk.finished()
        talk.put_all()
        tus.upload(talk, sealed)
        assert talk.deliver(talk.manifest([sealed.ref])).json()["receipt"]
    return tmp_path / "data", talk.interview_id


class Typed:
    """The command line on a data folder."""

    def __init__(self, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._data, self._capsys = data, capsys

    def __call__(self, *words: str, code: int = 0, data: Path | None = None) -> Any:
        self._capsys.readouterr()
        assert main([*words, "--json", "--data", str(data or self._data)]) == code
        printed = self._capsys.readouterr().out
        return json.loads(printed) if printed.strip() else None


def test_an_interview_is_held_deleted_and_certified(
    prepared: tuple[Path, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    data, interview = prepared
    typed = Typed(data, capsys)
    assert typed("hold", "set", interview, "--reason", "court") == {"interview": interview, "held": True}
    assert [item["reason"] for item in typed("hold", "list")] == ["court"]
    assert typed("purge", interview, code=2)["error"] == "legal_hold"
    assert typed("purge", interview, "--dry-run")[0]["held"]
    typed("hold", "lift", interview, "--reason", "settled")
    assert typed("purge", "--due") == {"interviews": [], "candidates": 0, "employees": 0}
    assert typed("purge", interview) == {"interview": interview, "events": 3, "objects": 1}
    assert [item["state"] for item in typed("certificate", "list")] == ["done"]
    target = tmp_path / "certificate.json"
    typed("certificate", "write", interview, "--format", "json", "--out", str(target))
    assert typed("certificate", "verify", str(target))["interview_id"] == interview
    target.write_bytes(target.read_bytes().replace(b'"sig":"', b'"sig":"AAAA'))
    assert typed("certificate", "verify", str(target), code=2)["error"] in ("signature_invalid", "format_invalid")
    typed("certificate", "write", interview, "--out", str(tmp_path / "certificate.pdf"))
    assert (tmp_path / "certificate.pdf").read_bytes().startswith(b"%PDF")


def test_a_backup_is_made_tried_and_restored(
    prepared: tuple[Path, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    data, interview = prepared
    typed, second = Typed(data, capsys), str(tmp_path / "second")
    assert typed("backup", code=2)["error"] == "setting_invalid"
    made = typed("backup", "--to", second)
    assert (made["objects"], made["missing"], made["key_file"]) == (1, [], True)
    assert typed("restore", "--from", second, "--drill")["opened"] == 1
    assert typed("restore", "--from", second, code=2)["error"] == "conflict"
    restored = tmp_path / "restored"
    assert typed("restore", "--from", second, data=restored)["stamp"] == made["stamp"]
    assert [item["id"] for item in typed("list", data=restored)] == [interview]
    assert typed("restore", "--from", str(tmp_path / "none"), data=tmp_path / "x", code=2)["error"] == "file_missing"


def test_the_audit_log_is_signed_verified_and_exported(
    prepared: tuple[Path, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    typed = Typed(prepared[0], capsys)
    assert typed("audit", "checkpoint")["payloadType"].endswith("auditcheckpoint.v1+json")
    assert typed("audit", "verify")["whole"]
    for form in ("jsonl", "csv"):
        typed("audit", "export", "--format", form, "--out", str(tmp_path / f"log.{form}"))
        assert "receipt" in (tmp_path / f"log.{form}").read_text("utf-8")
