"""``xuda-hr staff`` and ``xuda-hr adjust``: keys for staff, and codes made anywhere."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from backend.cli.staff import read_key
from contract import adjusting
from contract.adjusting import subject_of_code, subject_of_invitation
from contract.errors import ErrorCode, XudaError
from contract.invitation import Adjustments
from tests.backend.test_command_line import run
from tests.backend.world import invite, organisation

CODE = "ABCD-EFGH"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hr") / "data"
    organisation(folder).close()
    return folder


def staff_key(data: Path, file: Path, *more: str) -> dict[str, object]:
    done = run("staff", "add", "李老师", "--out", str(file), "--json", *more, data=data)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_a_code_is_made_without_the_data_folder(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "li.key"
    staff_key(data, file)
    if os.name == "posix":
        assert file.stat().st_mode & 0o777 == 0o600
    asked = ["--key", str(file), "--interview", CODE, "--extra-time", "50%", "--takes", "+1", "--mode", "audio"]
    nowhere = tmp_path / "nowhere"
    done = run("adjust", *asked, "--reason", "technical", "--out", str(tmp_path / "qr.svg"), "--json", data=nowhere)
    assert done.returncode == 0, done.stderr
    assert not nowhere.exists()
    assert (tmp_path / "qr.svg").read_bytes().lstrip().startswith(b"<?xml")
    key = read_key(file.read_bytes()).key
    found = adjusting.read(json.loads(done.stdout)["token"], [subject_of_code(CODE)], {key.key_id: key.public})
    assert found.grant.adjustments == Adjustments(time_factor=1.5, extra_takes=1, answer_as="audio")


def test_more_than_allowed_is_refused_where_it_is_made(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "li.key"
    staff_key(data, file, "--most-time", "20", "--modes", "audio")
    for wrong in (["--extra-time", "50"], ["--mode", "text"], ["--takes", "3"]):
        done = run("adjust", "--key", str(file), "--interview", CODE, "--reason", "other", *wrong, data=data)
        assert (done.returncode, "more than may be given" in done.stderr) == (2, True)
    for wrong in (["--extra-time", "7"], ["--extra-time", "much"], []):
        done = run("adjust", "--key", str(file), "--interview", CODE, "--reason", "other", *wrong, data=data)
        assert done.returncode == 2


def test_a_passphrase_closes_the_key_file(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "li.key"
    monkeypatch.setenv("XUDA_STAFF_PASSPHRASE", "open sesame")
    staff_key(data, file)
    read_key(file.read_bytes())
    monkeypatch.setenv("XUDA_STAFF_PASSPHRASE", "wrong")
    with pytest.raises(XudaError) as caught:
        read_key(file.read_bytes())
    assert caught.value.code is ErrorCode.KEYSTORE_LOCKED


def test_hr_itself_signs_for_a_code_it_knows(data: Path) -> None:
    from backend.runtime import open_runtime
    from backend.settings import Settings

    hr = open_runtime(Settings(data=data))
    invitation_id = invite(hr, "王小明")
    public = hr.vault.public_keys
    with hr.db.read() as session:
        from backend.db.models import InvitationRow

        code = session.get_one(InvitationRow, invitation_id).code
    hr.close()
    done = run("adjust", "--interview", code, "--takes", "1", "--reason", "other", "--json", data=data)
    assert done.returncode == 0, done.stderr
    token = json.loads(done.stdout)["token"]
    assert adjusting.read(token, [subject_of_invitation(invitation_id)], public).grant.adjustments.extra_takes == 1
    unknown = run("adjust", "--interview", "ZZZZ-ZZZZ", "--takes", "1", "--reason", "other", data=data)
    assert unknown.returncode == 2


def test_who_may_adjust_is_listed_and_ended(data: Path, tmp_path: Path) -> None:
    made = staff_key(data, tmp_path / "zhao.key")
    assert run("staff", "revoke", str(made["delegation_id"]), data=data).returncode == 0
    listed = json.loads(run("staff", "list", "--json", data=data).stdout)
    states = {item["delegation_id"]: item["state"] for item in listed}
    assert states[made["delegation_id"]] == "revoked"
    assert "李老师" in run("staff", "list", data=data).stdout
    again = run("staff", "add", "X", "--out", str(tmp_path / "zhao.key"), data=data)
    assert again.returncode == 2
