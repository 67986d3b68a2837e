"""What is broken, foreign or lying is said with what to do and costs no answer: seen on whole programs.

Each case ends with its cause mended and the answers delivered.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.demo.processes import ROOT
from app.interview.model import ExitReason
from app.interview.views import InputEnded
from contract import invitation
from contract.errors import ErrorCode, XudaError
from contract.invitation import Invitation
from contract.keys import SigningKey
from contract.texts import code_text
from tests.e2e.booth import MODEL, Booth, Office
from tests.e2e.folder import DATABASE, Folder, says
from tests.faults.people import invite
from tests.speech.say import say
from tests.support.media import make_clip
from tests.support.waiting import wait_for
from tests.sync.faults import Answer, Asked, FaultyFront, Handle, captive_portal, refuse_connection, running

SPOKEN = "i lead the team ."


class Booths:
    """Copies of one enrolled device, each with an interview of its own. It reaches HR through ``network`` alone."""

    def __init__(self, folder: Path, office: Office, network: FaultyFront) -> None:
        self.office, self.network = office, network
        self._media = folder / "say.wav", make_clip(folder / "clip.mp4", seconds=1.0)
        say(SPOKEN, "en", self._media[0])
        self.visitor, *self._chinese = self._codes("zh")
        self._english = [*self._codes("en"), *invite(office, folder, 12)]
        server, office.address = office.address, network.url
        self._enrolled = Folder(Booth(folder, office).data, office.env)
        office.address = server

    def interviewed(self, target: Path) -> Folder:
        """A candidate has answered one question and left; nothing of it is sent."""
        folder = self._enrolled.copy(target)
        with folder.visit(MODEL) as visit:
            visit.begin((self._chinese or self._english).pop())
            visit.answer(*self._media)
            visit.run(visit.service.abandon, ExitReason.TIME)
        return folder

    def interviewed_with_a_broken_model(self, target: Path, model: Path, code: ErrorCode) -> Folder:
        """The same with a model that is no good, and for nothing else: ``code``."""
        folder = self._enrolled.copy(target)
        with folder.visit(model) as visit:
            visit.begin(self._english.pop())
            visit.client.devices.set_microphone(f"file:{self._media[0]}")
            visit.client.devices.set_camera(f"file:{self._media[1]}")
            step = visit.run(visit.service.step)
            assert step is not None
            take_id = visit.run(visit.service.begin_take, step.question.question_id)
            wait_for(lambda: any(isinstance(item, InputEnded) for item in visit.news), "the sound's end", seconds=60)
            visit.run(visit.service.end_take)
            wait_for(lambda: visit.client.transcriber.problem, "the model to be judged", seconds=60)
            assert visit.client.transcriber.problem is not None
            assert visit.client.transcriber.problem.code is code
            visit.run(visit.service.submit_take, take_id)
            visit.run(visit.service.abandon, ExitReason.TIME)
        return folder

    def _codes(self, language: str) -> list[str]:
        found = self.office.facts["invitations"]
        return [str(entry["code"]) for entry in found if entry["speech_language"] == language]


@pytest.fixture(scope="module")
def booths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booths]:
    office = Office(tmp_path_factory.mktemp("office"))
    with running(FaultyFront(office.address)) as network:
        yield Booths(tmp_path_factory.mktemp("booths"), office, network)
    office.server.stop()


@pytest.fixture
def folder(booths: Booths, tmp_path: Path) -> Iterator[Folder]:
    """A device that has an interview to deliver; the network is mended afterwards."""
    yield booths.interviewed(tmp_path / "booth")
    booths.network.heal()


def assert_delivers(folder: Folder) -> None:
    done, result = folder.sync()
    assert (done.returncode, result["pending"], result["failed"]) == (0, 0, 0), done.stdout + done.stderr
    assert folder.recordings() == {}


# ---- the server ----------------------------------------------------------------------------------------------------


def changed_receipt(asked: Asked, handle: Handle) -> Answer:
    """A receipt in which one character differs from what HR has signed."""
    answer = handle(asked)
    reply = json.loads(answer.body)
    payload = reply["receipt"]["payload"]
    reply["receipt"]["payload"] = payload[:40] + ("A" if payload[40] != "A" else "B") + payload[41:]
    return Answer(answer.status, json.dumps(reply).encode(), answer.media_type, answer.headers)


@pytest.mark.parametrize(
    ("where", "fault", "code", "lang"),
    [
        ("", refuse_connection, ErrorCode.SERVER_UNREACHABLE, "zh_CN"),
        ("", captive_portal, ErrorCode.SERVER_NOT_XUDA, "en"),
        ("/manifests/", changed_receipt, ErrorCode.RECEIPT_INVALID, "zh_CN"),
    ],
    ids=["down", "HTML", "changed receipt"],
)
def test_a_server_that_cannot_be_relied_on_is_named_and_keeps_nothing_from_being_delivered_later(
    where: str, fault: Callable[[Asked, Handle], Answer], code: ErrorCode, lang: str, folder: Folder, booths: Booths
) -> None:
    before = folder.recordings()
    booths.network.fail(where, fault)
    done, result = folder.sync(2, lang=lang)
    assert (done.returncode, result["code"], result["failed"]) == (1, code, 0)
    assert result["pending"] > 0
    assert says(done.stderr, code, lang), done.stderr
    assert folder.recordings() == before
    booths.network.heal()
    assert_delivers(folder)


@pytest.mark.parametrize(
    ("fault", "code", "lang"),
    [
        (refuse_connection, ErrorCode.SERVER_UNREACHABLE, "en"),
        (captive_portal, ErrorCode.SERVER_NOT_XUDA, "zh_CN"),
    ],
    ids=["down", "HTML"],
)
def test_a_device_is_not_enrolled_with_what_is_no_server_of_ours(
    fault: Callable[[Asked, Handle], Answer], code: ErrorCode, lang: str, booths: Booths, tmp_path: Path
) -> None:
    folder = Folder(tmp_path / "booth", booths.office.env)
    unused = booths.office.facts["enrolment_codes"][-1]
    booths.network.fail("", fault)
    done = folder.xuda("enroll", "--server", booths.network.url, "--code", unused, lang=lang)
    booths.network.heal()
    assert done.returncode == 2
    assert says(done.stderr, code, lang), done.stderr
    assert folder.sql("SELECT * FROM enrolment") == []


# ---- documents and sealed files ------------------------------------------------------------------------------------


def test_a_kit_changed_on_the_device_is_not_used_and_comes_again(folder: Folder, booths: Booths) -> None:
    [(whole,)] = folder.sql("SELECT envelope FROM kits WHERE kit_id = 'demo'")
    document = json.loads(whole)
    document["payload"] = document["payload"][:200] + "AAAA" + document["payload"][204:]
    folder.sql("UPDATE kits SET envelope = ? WHERE kit_id = 'demo'", json.dumps(document))
    with folder.visit() as visit:
        with pytest.raises(XudaError) as caught:
            visit.run(visit.service.look_up, booths.visitor)
        assert caught.value.code is ErrorCode.SIGNATURE_INVALID
    assert_delivers(folder)
    with folder.visit() as visit:
        assert visit.run(visit.service.look_up, booths.visitor).kit.kit_id == "demo"


def test_a_roster_changed_on_the_device_is_not_used_and_comes_again(folder: Folder, booths: Booths) -> None:
    [(sealed,)] = folder.sql("SELECT sealed FROM roster")
    folder.sql("UPDATE roster SET sealed = ?", sealed[:100] + ("A" if sealed[100] != "A" else "B") + sealed[101:])
    with folder.visit() as visit:
        with pytest.raises(XudaError) as caught:
            visit.run(visit.service.look_up, booths.visitor)
        assert caught.value.code is ErrorCode.SEALED_DAMAGED
    assert_delivers(folder)
    with folder.visit() as visit:
        assert visit.run(visit.service.look_up, booths.visitor).candidate_name


def test_a_changed_recording_is_found_and_not_sent_until_it_is_whole_again(folder: Folder) -> None:
    [(name, whole)] = folder.recordings().items()
    spoilt = bytearray(whole)
    spoilt[len(spoilt) // 2] ^= 1
    (folder.data / name).write_bytes(spoilt)
    found = folder.xuda("verify", "--json")
    assert (found.returncode, len(json.loads(found.stdout)["bad"])) == (1, 1)
    done, result = folder.sync(2, lang="zh_CN")
    assert (done.returncode, result["code"], result["failed"]) == (1, ErrorCode.SEALED_DAMAGED, 1)
    assert says(done.stderr, ErrorCode.SEALED_DAMAGED, "zh_CN"), done.stderr
    assert folder.recordings() == {name: bytes(spoilt)}
    (folder.data / name).write_bytes(whole)
    assert folder.xuda("verify").returncode == 0
    assert_delivers(folder)


# ---- invitations ---------------------------------------------------------------------------------------------------


def link(key: SigningKey, *, begins: datetime, days: float = 7) -> str:
    right = Invitation(str(uuid.uuid4()), str(uuid.uuid4()), "demo-en", begins, begins + timedelta(days=days))
    return invitation.issue(right, key)


def organisation_key(office: Office) -> SigningKey:
    """The key HR signs with, out of its own data folder."""
    from backend.runtime import open_runtime
    from backend.settings import Settings

    hr = open_runtime(Settings(data=office.data, passphrase=office.env.get("XUDA_HR_PASSPHRASE")))
    try:
        return hr.vault.sign_key
    finally:
        hr.close()


def test_links_that_do_not_hold_are_refused_on_screen_and_begin_nothing(folder: Folder, booths: Booths) -> None:
    ours, now = organisation_key(booths.office), datetime.now(UTC)
    good = link(ours, begins=now - timedelta(days=1))
    links = {
        ErrorCode.INVITATION_EXPIRED: link(ours, begins=now - timedelta(days=30)),
        ErrorCode.INVITATION_NOT_YET: link(ours, begins=now + timedelta(days=3)),
        ErrorCode.INVITATION_FOREIGN: link(SigningKey.generate(), begins=now - timedelta(days=1)),
        ErrorCode.INVITATION_INVALID: good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB"),
    }
    with folder.visit() as visit:
        assert visit.run(visit.service.look_up, good).kit.kit_id == "demo-en"
        for code, text in links.items():
            with pytest.raises(XudaError) as caught:
                visit.run(visit.service.look_up, text)
            assert caught.value.code is code
        assert len(visit.run(visit.service.mine)) == 1
    script = folder.data.parent / "script.json"
    script.write_text(json.dumps({"invitation": links[ErrorCode.INVITATION_EXPIRED], "answers": []}))
    done = folder.xuda("client", "--autopilot", str(script), "--server-sync", "off", lang="zh_CN")
    assert done.returncode == 1
    told, shown = code_text(ErrorCode.INVITATION_EXPIRED, "zh_CN"), json.loads(done.stdout)["error"]
    assert told.meaning in shown
    assert told.action in shown
    assert_delivers(folder)


# ---- the data folder -----------------------------------------------------------------------------------------------


def test_a_database_of_a_newer_version_is_left_alone_by_every_command(folder: Folder) -> None:
    ours = folder.sql("PRAGMA user_version")[0][0]
    folder.sql("PRAGMA user_version = 99")
    before = folder.lasting()
    for command, lang in {"sync": "zh_CN", "status": "en", "verify": "zh_CN"}.items():
        done = folder.xuda(command, lang=lang)
        assert done.returncode == 2, command
        assert says(done.stderr, ErrorCode.DATABASE_NEWER, lang), done.stderr
    assert folder.lasting() == before
    folder.sql(f"PRAGMA user_version = {ours}")
    assert_delivers(folder)


def test_a_damaged_database_comes_back_from_its_copy_and_the_command_says_what_that_means(folder: Folder) -> None:
    (folder.data / DATABASE).write_bytes(b"not a database" * 1000)
    done = folder.xuda("sync", lang="zh_CN")
    assert done.returncode == 0
    assert says(done.stderr, ErrorCode.DATABASE_RESTORED, "zh_CN")
    assert "damaged-" in folder.xuda("status").stdout


def test_a_damaged_database_is_left_alone_by_every_command(folder: Folder) -> None:
    good = (folder.data / DATABASE).read_bytes()
    folder.forget_copy()
    (folder.data / DATABASE).write_bytes(b"not a database" * 1000)
    for command, lang in {"sync": "en", "status": "zh_CN", "verify": "en"}.items():
        done = folder.xuda(command, lang=lang)
        assert done.returncode == 2, command
        assert says(done.stderr, ErrorCode.DATABASE_DAMAGED, lang), done.stderr
    assert (folder.data / DATABASE).read_bytes() == b"not a database" * 1000
    (folder.data / DATABASE).write_bytes(good)
    assert_delivers(folder)


def test_a_second_program_on_the_same_folder_is_refused_and_disturbs_nothing(folder: Folder) -> None:
    with folder.visit() as visit:
        done = folder.xuda("sync", "--wait", "5", lang="zh_CN")
        assert done.returncode == 2
        assert says(done.stderr, ErrorCode.ALREADY_RUNNING, "zh_CN"), done.stderr
        seen = folder.xuda("status", "--json")
        assert (seen.returncode, len(json.loads(seen.stdout)["interviews"])) == (0, 1)
        assert len(visit.run(visit.service.mine)) == 1
    assert_delivers(folder)


# ---- the speech model ----------------------------------------------------------------------------------------------


def half_copied(model: Path) -> None:
    with (model / "model.bin").open("rb+") as file:
        file.truncate(file.seek(0, os.SEEK_END) // 2)


def random_bytes(model: Path) -> None:
    """Of the right length: it would load and talk nonsense."""
    size = (model / "model.bin").stat().st_size
    (model / "model.bin").write_bytes((model / "model.bin").read_bytes()[: size // 2] + os.urandom(size - size // 2))


@pytest.mark.parametrize(
    ("spoil", "code", "lang"),
    [(half_copied, ErrorCode.MODEL_INCOMPLETE, "zh_CN"), (random_bytes, ErrorCode.MODEL_DAMAGED, "en")],
)
def test_a_broken_model_costs_no_recording_and_the_words_come_with_a_whole_one(
    spoil: Callable[[Path], None], code: ErrorCode, lang: str, booths: Booths, tmp_path: Path
) -> None:
    broken = tmp_path / "phrases-broken"
    shutil.copytree(MODEL, broken)
    spoil(broken)
    folder = booths.interviewed_with_a_broken_model(tmp_path / "booth", broken, code)
    for action in ("verify", "install"):
        done = folder.xuda(f"model {action}", str(broken), lang=lang)
        assert done.returncode == 2, action
        assert says(done.stderr, code, lang), done.stderr
    shutil.copytree(broken, folder.data / "models" / "phrases-broken")
    done, _ = folder.sync(lang=lang)
    assert says(done.stderr, code, lang), done.stderr
    assert folder.recordings(), "a recording whose words are not known yet was removed"
    assert folder.xuda("model install", str(MODEL)).returncode == 0
    assert_delivers(folder)
    [(interview_id,)] = folder.sql("SELECT interview_id FROM interviews")
    report = booths.office.report(interview_id, tmp_path)
    assert "team" in report["answers"][0]["transcript"]["text"]


# ---- the backend ---------------------------------------------------------------------------------------------------


def hr(office: Office, command: str, *given: str, lang: str) -> subprocess.CompletedProcess[str]:
    """Run ``xuda-hr command`` as a program of its own."""
    whole = [sys.executable, "-m", "backend", *command.split(), *given, "--data", str(office.data), "--lang", lang]
    return subprocess.run(whole, env=office.env, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_a_recording_that_rotted_at_hr_is_said_when_it_is_packed_and_no_half_file_is_left(
    folder: Folder, booths: Booths, tmp_path: Path
) -> None:
    [whole] = folder.recordings().values()
    assert_delivers(folder)
    [(interview_id,)] = folder.sql("SELECT interview_id FROM interviews")
    files = (path for path in (booths.office.data / "objects").rglob("*") if path.is_file())
    [stored] = [path for path in files if path.read_bytes() == whole]
    stored.write_bytes(whole[:-100] + bytes(100))
    out = tmp_path / "reports" / "report.zip"
    out.parent.mkdir()
    done = hr(booths.office, "report", interview_id, "--format", "zip", "--out", str(out), lang="zh_CN")
    assert done.returncode == 2
    assert says(done.stderr, ErrorCode.SEALED_DAMAGED, "zh_CN"), done.stderr
    assert list(out.parent.iterdir()) == []
    stored.write_bytes(whole)
    assert hr(booths.office, "report", interview_id, "--format", "zip", "--out", str(out), lang="en").returncode == 0
    assert out.stat().st_size > len(whole) // 2
