"""What `xuda-hr import` prints for people, file by file."""

from __future__ import annotations

from pathlib import Path

from backend.runtime import Runtime
from backend.services import devices
from tests.backend.test_command_line import run
from tests.carry.test_import import interview, packed
from tests.support.stick import COMMAND_LINE, booth, pack


def test_each_file_and_each_interview_gets_a_line_of_its_own(own_hr: Runtime, stick: Path) -> None:
    who, revoked = booth(own_hr), booth(own_hr)
    (whole, whole_sealed), (going_on, sealed) = interview(own_hr, who), interview(own_hr, who)
    content = pack(who, [packed(whole, whole_sealed), packed(going_on, sealed, manifest=None)])
    (stick / "good.xuda").write_bytes(content)
    (stick / "cut.xuda").write_bytes(content[:-2000])
    old, old_sealed = interview(own_hr, revoked)
    (stick / "old.xuda").write_bytes(pack(revoked, [packed(old, old_sealed)]))
    devices.revoke(own_hr, COMMAND_LINE, revoked.device_id)
    files = [str(stick / name) for name in ("cut.xuda", "good.xuda", "old.xuda", "missing.xuda")]

    done = run("import", *files, data=own_hr.settings.data)

    assert done.returncode == 1
    said = done.stdout
    assert "The copy of the bundle is not complete" in said
    assert f"{whole.interview_id}  new\n" in said
    assert f"{going_on.interview_id}  incomplete: the interview was still going on\n" in said
    assert "access was withdrawn" in said
    assert "The file or folder was not found" in said
    assert (stick / "good.receipts.json").exists()
    assert not (stick / "old.receipts.json").exists()

    again = run(
        "import", str(stick / "old.xuda"), "--accept-revoked", "--receipts", str(stick / "r"), data=own_hr.settings.data
    )

    assert again.returncode == 0
    assert f"{old.interview_id}  new\n" in again.stdout
    assert (stick / "r" / "old.receipts.json").exists()
