"""What can be printed of an interview on the device, without a network: before its delivery and after it."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pypdf import PdfReader

from app.interview.model import ExitReason
from app.interview.papers import Paper, PaperSource
from app.papers import make_paper
from contract.errors import ErrorCode, XudaError
from contract.events import HrState
from contract.kit import Kit
from contract.kit_media import MediaFile
from tests.interview.desk import NAME, Desk
from tests.storage.office import Office
from tests.support.kit_media import png
from tests.support.media import make_clip, write_wav
from tests.support.waiting import wait_for

STAGES = [
    {
        "stage_id": "s",
        "title": "专业问题",
        "questions": [
            {"question_id": "v", "kind": "video", "prompt": "请介绍您自己。", "takes": 2, "answer_seconds": 60},
            {"question_id": "t", "kind": "text", "prompt": "您怎样排查故障?", "max_characters": 80},
            {"question_id": "c", "kind": "single_choice", "prompt": "您会选哪一个?", "choices": ["幂等键", "延长超时"]},
        ],
    }
]
KIT = {
    "stages": STAGES,
    "organisation": {"zh_CN": "星河科技", "en": "Galaxy"},
    "position": {"zh_CN": "后端开发工程师", "en": "Backend Engineer"},
    "next_steps": {"zh_CN": "三个工作日内通知结果。", "en": "You hear from us in three days."},
    "support": {"phone": "400-800-1234"},
}


@pytest.fixture(scope="module")
def office() -> Office:
    return Office()


@pytest.fixture
def desk(tmp_path: Path, office: Office) -> Iterator[Desk]:
    with Desk(tmp_path, office, **KIT) as opened:
        yield opened


def answered(desk: Desk, folder: Path) -> str:
    """All three questions; the id of the interview."""
    loud = (np.sin(np.arange(16_000) / 10) / 2).astype(np.float32)
    sound = write_wav(folder / "said.wav", loud, 16_000)
    desk.begin()
    take = desk.record("v", sound, make_clip(folder / "seen.mp4", seconds=1.0))
    desk.run(desk.service.submit_take, take.take_id)
    desk.run(desk.service.submit_text, "t", "先看监控,再看日志。")
    desk.run(desk.service.submit_choice, "c", [0])
    return desk.run(desk.service.finish).interview_id


def source_of(desk: Desk, interview_id: str) -> PaperSource:
    return desk.run(desk.service.printable, interview_id)


def text_of(pdf: bytes, folder: Path) -> str:
    """As a reader copies it from the page."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    file = folder / "page.pdf"
    file.write_bytes(pdf)
    done = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, check=True)
    return done.stdout.decode("utf-8")


def test_the_receipt_names_the_interview_its_answers_and_whom_to_ask(desk: Desk, tmp_path: Path) -> None:
    source = source_of(desk, answered(desk, tmp_path))
    assert source.readable
    text = text_of(make_paper(source, Paper.RECEIPT, language="zh_CN", letter=False), tmp_path)
    wanted = (
        "面试回执",
        "星河科技",
        "后端开发工程师",
        NAME,
        "待评估",
        f"{source.receipt.finished_at.astimezone():%Y-%m-%d %H:%M}",
        "三个工作日内通知结果。",
        "400-800-1234",
    )
    for words in (*wanted, "第 1 页，共 1 页", "候选人本人留存", source.receipt.digest[:4]):
        assert words in text, words
    shown = text.replace(" ", "")
    assert [line.digest[:32] in shown for line in source.receipt.lines] == [True, True, True]


def test_the_report_on_the_device_shows_what_was_asked_and_said_as_the_candidates_copy(
    desk: Desk, tmp_path: Path
) -> None:
    source = source_of(desk, answered(desk, tmp_path))
    text = text_of(make_paper(source, Paper.REPORT, language="zh_CN", letter=False), tmp_path)
    for words in ("面试报告", "候选人本人留存", NAME, "请介绍您自己。", "先看监控,再看日志。", "A. 幂等键", "时长"):
        assert words in text, words
    assert "Backend Engineer" in text_of(make_paper(source, Paper.REPORT, language="en", letter=True), tmp_path)


def test_what_a_candidate_prints_is_in_the_language_of_their_screen(desk: Desk, tmp_path: Path) -> None:
    source = source_of(desk, answered(desk, tmp_path))
    receipt = text_of(make_paper(source, Paper.RECEIPT, language="de", letter=False), tmp_path)
    report = text_of(make_paper(source, Paper.REPORT, language="fr", letter=False), tmp_path)
    assert all(words in receipt for words in ("Quittung zum Interview", "Ihr eigenes Exemplar", "Wie es weitergeht"))
    assert all(words in report for words in ("Rapport d’entretien", "Votre exemplaire", "En attente d’évaluation"))


def test_the_report_of_an_interview_that_was_given_up_says_why(desk: Desk, tmp_path: Path) -> None:
    desk.begin()
    receipt = desk.run(desk.service.abandon, ExitReason.OTHER, "临时有急事")
    source = source_of(desk, receipt.interview_id)
    assert source.state is HrState.INCOMPLETE
    text = text_of(make_paper(source, Paper.REPORT, language="zh_CN", letter=False), tmp_path)
    assert "临时有急事" in text
    assert "您怎样排查故障?" in text


def test_after_the_delivery_the_same_receipt_can_be_printed_and_nothing_that_was_said(
    desk: Desk, tmp_path: Path
) -> None:
    interview_id = answered(desk, tmp_path)
    before = source_of(desk, interview_id)
    take = desk.run(desk.device.store.takes, interview_id)[0]
    desk.device.transcribe(take.take_id)
    desk.run(desk.service.farewell)
    desk.device.settle(interview_id)
    wait_for(lambda: not desk.run(desk.device.store.interview, interview_id).key_present, "the purge")
    after = source_of(desk, interview_id)
    assert not after.readable
    assert after.receipt.lines == before.receipt.lines
    assert after.receipt.qr_text == before.receipt.qr_text
    text = text_of(make_paper(after, Paper.RECEIPT, language="zh_CN", letter=False), tmp_path)
    assert "HR 已确认收到" in text
    assert NAME not in text
    with pytest.raises(XudaError) as refused:
        make_paper(after, Paper.REPORT, language="zh_CN", letter=False)
    assert refused.value.code is ErrorCode.KEY_DESTROYED


@pytest.mark.parametrize("here", [True, False])
def test_a_question_is_printed_with_its_picture_or_else_with_what_it_shows(
    desk: Desk, tmp_path: Path, here: bool
) -> None:
    picture = png()
    source = source_of(desk, answered(desk, tmp_path))
    kit = source.kit.model_dump(mode="json")
    kit["stages"][0]["questions"][1]["media"] = {
        "media_type": "image/png",
        "sha256": hashlib.sha256(picture).hexdigest(),
        "size": len(picture),
        "text": {"zh_CN": "一张架构图"},
    }

    def read(_: MediaFile) -> bytes:
        if here:
            return picture
        raise XudaError(ErrorCode.KIT_MEDIA_DAMAGED)

    source = replace(source, kit=Kit.model_validate(kit), read_file=read)
    pdf = make_paper(source, Paper.REPORT, language="zh_CN", letter=False)
    assert any(page.images for page in PdfReader(io.BytesIO(pdf)).pages) is here
    assert "一张架构图" in text_of(pdf, tmp_path)


def test_nothing_is_written_to_the_disk_while_a_page_is_made(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = source_of(desk, answered(desk, tmp_path))
    empty = tmp_path / "temporary"
    empty.mkdir()
    monkeypatch.setenv("TMPDIR", str(empty))
    before = set(tmp_path.rglob("*"))
    assert make_paper(source, Paper.REPORT, language="zh_CN", letter=False).startswith(b"%PDF")
    assert {path for path in set(tmp_path.rglob("*")) - before if "xuda.db" not in path.name} == set()
