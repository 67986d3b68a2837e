"""``xuda-hr`` as others use it: processes, JSON, exit codes."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdf
import pytest
import requests

from backend.__main__ import main
from contract.api import EnrolReply, EnrolRequest, Organisation
from contract.canonical import b64decode, b64encode
from contract.envelope import open_envelope
from contract.invitation import read
from contract.keys import SigningKey, fingerprint, key_id
from tests.backend import tus
from tests.backend.world import Booth, Talk

ROOT = Path(__file__).resolve().parents[2]
KIT_LINE_OF_FAULT = 9
BAD_KIT = """kit_id: bad
department_id: rd
position: X
consent: {version: "1", purpose: p, full_text: f, deletion: d}
guide: g
stages:
  - stage_id: one
    title: One
    questions: [{question_id: q1, kind: dance, prompt: P}]
"""


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str, data: Path) -> Done:
    """The command in this process: starting one costs two seconds."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setenv("XUDA_HR_LANG", "en")
        try:
            code = main([*arguments, "--data", str(data)])
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Done(code, out.getvalue(), err.getvalue())


def process(*arguments: str, **variables: str) -> Done:
    """The command as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "backend", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        env={**os.environ, "LANG": "C.UTF-8", **variables},
        timeout=100,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def answer(*arguments: str, data: Path, code: int = 0) -> Any:
    done = run(*arguments, "--json", data=data)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hr") / "data"


@pytest.fixture(scope="module")
def facts(data: Path) -> Any:
    done = process("init", "--demo", "--data", str(data), "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def address(data: Path, facts: Any) -> Iterator[str]:
    command = [sys.executable, "-m", "backend", "serve", "--data", str(data), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8", cwd=ROOT)
    assert process.stdout is not None
    line = process.stdout.readline()
    yield next(word for word in line.split() if word.startswith("http"))
    process.terminate()
    process.wait(20)
    process.stdout.close()


@pytest.fixture(scope="module")
def delivered(address: str, facts: Any) -> Talk:
    """An interview of the first demo candidate, sent by a device that used the second printed code."""
    key = SigningKey.generate()
    request = EnrolRequest(
        code=facts["enrolment_codes"][1], public_key=b64encode(key.public), name="展位一", platform="t", app_version="1"
    )
    reply = requests.post(f"{address}/v1/enrol", data=request.model_dump_json().encode(), timeout=20)
    envelope = EnrolReply.model_validate_json(reply.content).organisation
    public = b64decode(Organisation.model_validate_json(envelope.payload_bytes).sign_key)
    booth = Booth(address, key, open_envelope(envelope, Organisation, {key_id(public): public}))
    right = read(facts["invitations"][0]["token"], booth.organisation_keys)
    talk = Talk(booth, right.invitation_id)
    talk.started(kit_id="demo", language="zh_CN")
    talk.consented()
    sealed = talk.seal(b"moving picture")
    talk.spoken(sealed, question="introduction")
    talk.heard("我 负责 数据库", question="introduction")
    talk.paused("network", "展位断网")
    talk.put_all()
    tus.upload(talk, sealed)
    assert talk.deliver(talk.manifest([sealed.ref])).json()["receipt"] is not None
    return talk


def test_init_prints_all_a_demo_needs(facts: Any) -> None:
    assert facts["enrolment_code"] == facts["enrolment_codes"][0]
    assert len(set(facts["enrolment_codes"])) >= 5
    assert all(code.split("-")[2] == facts["fingerprint"][:5] for code in facts["enrolment_codes"])
    assert len({item["code"] for item in facts["invitations"]}) >= 10
    assert {item["speech_language"] for item in facts["invitations"]} == {"zh", "en"}
    assert all(item["token"].startswith("xuda://i/") and item["candidate"] for item in facts["invitations"])
    roles = [user["role"] for user in facts["users"]]
    assert sorted(roles) == ["administrator", "auditor", "department_head", "department_head", "hr"]
    assert all(user["password"] and user["totp_uri"].startswith("otpauth://") for user in facts["users"])
    assert facts["batches"][facts["kit"]] == facts["batch"]


def test_init_refuses_a_folder_in_use(data: Path, facts: Any) -> None:
    assert answer("init", "--demo", data=data, code=2)["error"] == "conflict"


def test_list_shows_the_interview_while_the_server_runs(data: Path, facts: Any, delivered: Talk) -> None:
    (line,) = json.loads(process("list", "--data", str(data), "--json").stdout)
    assert line["id"] == delivered.interview_id
    assert (line["candidate"], line["invitation"]) == (
        facts["invitations"][0]["candidate"],
        facts["invitations"][0]["code"],
    )
    assert (line["state"], line["shown_state"], line["reasons"]) == ("paused", "paused", ["network"])
    assert (line["answers"], line["events"], line["objects"], line["receipt"]) == (1, 5, 1, 5)
    everybody = answer("list", "--invited", data=data)
    assert len(everybody) == len(facts["invitations"])


def test_the_json_report_holds_what_was_said(data: Path, delivered: Talk, tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    done = run("report", delivered.interview_id, "--format", "json", "--out", str(out), data=data)
    assert done.returncode == 0, done.stderr
    report = json.loads(out.read_text("utf-8"))
    assert report["answers"][0]["transcript"]["text"] == "我 负责 数据库"
    assert report["answers"][0]["objects"][0]["sha256"]
    assert report["exits"][0]["words"] == "展位断网"
    assert report["receipt"]["serial"] == 5


def test_the_pdf_report_holds_what_was_said(data: Path, delivered: Talk, tmp_path: Path) -> None:
    out = tmp_path / "report.pdf"
    command = ("report", delivered.interview_id, "--format", "pdf", "--out", str(out), "--lang", "zh_CN")
    assert run(*command, data=data).returncode == 0
    text = "".join(page.extract_text() for page in pypdf.PdfReader(out).pages)
    assert "数据库" in text


def test_the_archive_holds_the_recording_in_clear_and_its_reports(data: Path, delivered: Talk, tmp_path: Path) -> None:
    out = tmp_path / "report.zip"
    assert run("report", delivered.interview_id, "--format", "zip", "--out", str(out), data=data).returncode == 0
    with zipfile.ZipFile(io.BytesIO(out.read_bytes())) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    assert {"report.pdf", "report.json", "SHA256SUMS.txt"} <= contents.keys()
    assert b"moving picture" in contents.values()


def test_a_report_of_an_unknown_interview_is_refused_and_writes_nothing(data: Path, facts: Any, tmp_path: Path) -> None:
    out = tmp_path / "none.pdf"
    done = run("report", "nope", "--out", str(out), data=data)
    assert done.returncode == 2
    assert done.stderr.strip()
    assert [*tmp_path.iterdir()] == []


def test_a_kit_with_a_mistake_is_refused_with_field_and_line(data: Path, facts: Any, tmp_path: Path) -> None:
    file = tmp_path / "kit.yaml"
    file.write_text(BAD_KIT)
    found = answer("kit", "add", str(file), data=data, code=2)
    assert (found["error"], found["field"], found["row"]) == (
        "kit_invalid",
        "stages.0.questions.0.kind",
        KIT_LINE_OF_FAULT,
    )
    file.write_text(BAD_KIT.replace("dance", "text"))
    added = {"kit": "bad", "version": 1, "new": True, "rubric_new": False}
    assert answer("kit", "add", str(file), data=data) == added
    assert "bad" in run("kit", "list", data=data).stdout


def test_a_kit_with_its_rubric_is_written_as_the_file_that_publishes_it(data: Path, facts: Any, tmp_path: Path) -> None:
    file = tmp_path / "kit.yaml"
    assert run("kit", "export", "demo", "--out", str(file), data=data).returncode == 0
    assert "rubric:" in file.read_text(encoding="utf-8")
    same = {"kit": "demo", "version": 1, "new": False, "rubric_new": False}
    assert answer("kit", "add", str(file), data=data) == same


def test_a_batch_and_its_candidates_from_a_table_of_a_chinese_spreadsheet(
    data: Path, facts: Any, tmp_path: Path
) -> None:
    window = ("--from", "2026-11-01", "--to", "2026-12-31")
    batch = answer("batch", "add", "--kit", "demo", "--title", "校招", *window, data=data)["batch"]
    table = tmp_path / "candidates.csv"
    table.write_bytes("姓名,手机\r\n王小明,13812345678\r\n李雷,12\r\n".encode("gb18030"))
    found = answer("candidates", "import", str(table), "--batch", batch, data=data, code=1)
    assert [item["row"] for item in found["imported"]] == [2]
    assert [(item["row"], item["field"], item["problem"]) for item in found["problems"]] == [(3, "手机", "malformed")]
    told = run("candidates", "import", str(table), "--batch", batch, "--lang", "zh_CN", data=data)
    assert told.returncode == 1
    assert "第 3 行，手机：无效" in told.stdout
    (line,) = answer("invitations", "list", "--batch", batch, data=data)
    svg = tmp_path / "code.svg"
    assert run("invitations", "qr", line["code"], "--out", str(svg), data=data).returncode == 0
    assert b"<svg" in svg.read_bytes()


@pytest.mark.parametrize("window", [("2026-12-31", "2026-11-01"), ("soon", "2026-12-31")])
def test_a_window_that_is_none_is_refused(data: Path, facts: Any, window: tuple[str, str]) -> None:
    options = ("--kit", "demo", "--title", "T", "--from", window[0], "--to", window[1])
    assert answer("batch", "add", *options, data=data, code=2)["error"] == "setting_invalid"


def test_devices_are_listed_revoked_and_invited_by_code(data: Path, delivered: Talk, facts: Any) -> None:
    made = answer("device", "code", data=data)
    assert made["fingerprint"] == facts["fingerprint"] == fingerprint(b64decode(delivered.booth.organisation.sign_key))
    (device,) = answer("device", "list", data=data)
    assert (device["id"], device["name"], device["revoked_at"]) == (delivered.booth.device_id, "展位一", None)
    assert answer("device", "revoke", device["id"], data=data)["revoked"] is True
    assert delivered.booth.call("GET", "/v1/bootstrap").status_code == 401
    assert answer("device", "revoke", "nobody", data=data, code=2)["error"] == "not_found"


def test_users_are_added_with_a_role(data: Path, facts: Any) -> None:
    made = answer("user", "add", "li.lei", "--role", "department_head", "--department", "rd", data=data)
    assert made["password"]
    assert answer("user", "add", "li.lei", "--role", "hr", data=data, code=2)["error"] == "conflict"
    assert answer("user", "add", "x", "--role", "department_head", data=data, code=2)["error"] == "setting_invalid"


def test_the_audit_log_is_verified(data: Path, facts: Any) -> None:
    found = answer("audit", "verify", data=data)
    assert (found["whole"], found["first_broken"], found["cut"], found["doubtful"]) == (True, None, False, [])


def test_a_folder_that_is_none_is_said_and_not_made(tmp_path: Path) -> None:
    for command in (("list",), ("serve", "--port", "0")):
        assert answer(*command, data=tmp_path / "none", code=2)["error"] == "file_missing"
    assert not (tmp_path / "none").exists()


def test_a_passphrase_comes_from_a_file_or_the_environment_and_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, file = tmp_path / "data", tmp_path / "passphrase"
    file.write_text("芝麻开门\n", "utf-8")
    answer("init", "--organisation", "Ltd", "--passphrase-file", str(file), data=folder)
    assert answer("list", data=folder, code=2)["error"] == "keystore_locked"
    assert answer("list", "--passphrase-file", str(file), data=folder) == []
    assert answer("list", "--passphrase-file", str(tmp_path / "none"), data=folder, code=2)["error"] == "file_missing"
    monkeypatch.setenv("XUDA_HR_PASSPHRASE", "芝麻开门")
    assert answer("list", data=folder) == []


def test_a_reader_that_stops_early_is_no_fault(data: Path, facts: Any) -> None:
    command = [sys.executable, "-m", "backend", "invitations", "list", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


def test_a_purged_interview_is_gone_from_the_list(data: Path, delivered: Talk) -> None:
    found = answer("purge", delivered.interview_id, data=data)
    assert (found["events"], found["objects"]) == (5, 1)
    assert answer("list", data=data) == []
    assert answer("purge", delivered.interview_id, data=data, code=2)["error"] == "not_found"


def test_unknown_commands_and_settings_are_refused(tmp_path: Path) -> None:
    assert answer("fly", data=tmp_path, code=2)["error"] == "setting_invalid"
    assert answer("list", "--colour", "red", data=tmp_path, code=2)["error"] == "setting_invalid"


def test_settings_come_from_variables_and_from_a_toml_file_too(data: Path, facts: Any, tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    config.write_text(f'[xuda-hr]\ndata = "{data.as_posix()}"\nport = 1\nlang = "zh_CN"\n')
    for more, variables in (([], {"XUDA_HR_DATA": str(data)}), (["--config", str(config)], {})):
        done = process("kit", "list", "--json", *more, **variables)
        assert done.returncode == 0, done.stderr
        assert "demo" in done.stdout


def test_help_explains_every_command(tmp_path: Path) -> None:
    overview = process("--help").stdout
    for command in ("init", "serve", "list", "report", "kit add", "candidates import", "device revoke", "user add"):
        assert command in overview
    done = run("serve", "--help", data=tmp_path)
    assert done.returncode == 0
    assert "XUDA_HR_PORT" in done.stdout
