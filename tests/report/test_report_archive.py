from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import PurePosixPath

import pytest

from report.archive import media_name, safe_name, stream_archive
from report.build import build_report
from report.model import CandidateInfo, InterviewReport
from tests.report import sample as s


def report() -> InterviewReport:
    return build_report(
        s.kit(),
        s.complete().events,
        s.KEY,
        interview_id=s.INTERVIEW,
        candidate=CandidateInfo(name="李雷"),
        generated_at=s.NOW,
    )


class OnlyWrite(io.RawIOBase):
    """A target that can neither seek nor be read, as a network connection."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        self.data += data
        return len(data)


def test_the_archive_holds_report_media_and_matching_sums() -> None:
    video = bytes(range(256)) * 5000
    target = OnlyWrite()
    target.writelines(stream_archive(report(), b"%PDF-1", [("01-q1.webm", lambda: io.BytesIO(video))]))
    with zipfile.ZipFile(io.BytesIO(bytes(target.data))) as archive:
        assert archive.testzip() is None
        assert archive.read("media/01-q1.webm") == video
        assert archive.read("report.pdf") == b"%PDF-1"
        assert InterviewReport.model_validate(json.loads(archive.read("report.json"))) == report()
        lines = archive.read("SHA256SUMS.txt").decode().splitlines()
        assert len(lines) == 3
        for line in lines:
            digest, name = line.split("  ")
            assert hashlib.sha256(archive.read(name)).hexdigest() == digest


def test_media_is_streamed_piece_by_piece() -> None:
    parts = stream_archive(report(), b"%PDF-1", [("a.webm", lambda: io.BytesIO(bytes(3_000_000)))])
    assert max(len(part) for part in parts) < 600_000


def test_hostile_and_equal_names_stay_inside_and_apart() -> None:
    names = ["../../etc/passwd", "..\\..\\x.webm", "/abs.webm", "a.webm", "A.webm", "con.webm", "", "\u202egpj.webm"]
    target = io.BytesIO()
    target.writelines(stream_archive(report(), b"", [(name, lambda: io.BytesIO(b"x")) for name in names]))
    with zipfile.ZipFile(target) as archive:
        stored = [name for name in archive.namelist() if name.startswith("media/")]
    assert len({name.lower() for name in stored}) == len(names)
    for name in stored:
        path = PurePosixPath(name)
        assert len(path.parts) == 2
        assert path.name.isascii()
        assert path.name[0] not in "./\\"


def test_a_failing_recording_leaves_no_archive_that_looks_complete() -> None:
    def broken() -> io.BytesIO:
        raise OSError("gone")

    target = io.BytesIO()
    with pytest.raises(OSError, match="gone"):
        target.writelines(stream_archive(report(), b"", [("a.webm", broken)]))
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(target)


def test_media_names_say_number_question_and_type() -> None:
    answer = report().answers[0]
    assert media_name(1, answer, "0f3c9a1b-aaaa", "video/webm") == "01-q1-0f3c9a1b.webm"
    assert media_name(12, answer, "x/../y", "odd/type") == "12-q1-x_.._y.bin"
    assert safe_name("..") == "file"
