"""Résumés: read by a process that may fail, given to their owners, sorted by rules with reasons, decided by people."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from docx import Document
from pypdf import PdfWriter
from sqlalchemy import select

from backend.db.models import AuditRow, Batch, InvitationRow, Role
from backend.db.resume_models import ResumeMatchRow, ResumeRow
from backend.runtime import Runtime
from backend.services import batches, candidates, erasure, resume_intake, resumes
from backend.services.actor import Actor
from backend.services.candidates import Person
from backend.services.resume_intake import Given
from backend.services.resume_rules import Education, Proposal, Reason, Rules, Verdict, checked, judge
from backend.services.resume_text import ResumeReader
from backend.services.resumes import Ruling
from contract.errors import ErrorCode, XudaError
from tests.backend.world import BOTH, COMMAND_LINE, organisation

TEXT = "教育经历：本科，计算机科学。工作：8年以上开发经验，精通 Python 与 C++。"


def docx(*paragraphs: str, table: str = "") -> bytes:
    document = Document()
    for words in paragraphs:
        document.add_paragraph(words)
    if table:
        document.add_table(1, 1).cell(0, 0).text = table
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def pdf(text: str) -> bytes:
    """One page with a line of text, written by hand."""
    stream = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET".encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources "
        b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    body = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(body)
    return body + b"xref\n0 5\n0000000000 65535 f \n" + table + end


def packed(**files: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


@pytest.fixture(scope="module")
def reader() -> Iterator[ResumeReader]:
    with ResumeReader() as found:
        yield found


DATABASES = BOTH


@pytest.fixture
def hr(tmp_path: Path, database: Callable[[], dict[str, str]]) -> Iterator[Runtime]:
    found = organisation(tmp_path / "data", **database())
    yield found
    found.close()


def batch(hr: Runtime, *people: Person) -> tuple[str, list[InvitationRow]]:
    now = hr.now()
    window = {"not_before": now - timedelta(hours=1), "not_after": now + timedelta(days=9)}
    made = batches.add_batch(hr, COMMAND_LINE, kit_id="test", title="B", **window)
    with hr.db.write() as session:
        row = session.get_one(Batch, made)
        invited = [candidates.invite(hr, session, row, person).id for person in people]
    with hr.db.read() as session:
        return made, [session.get_one(InvitationRow, one) for one in invited]


PEOPLE = (
    Person("李雷", phone="13800138001", extra={"学历": "硕士", "工作年限": "3"}),
    Person("韩梅梅", phone="13800138002", email="han@example.test"),
    Person("王芳", phone="13800138003"),
    Person("王芳", phone="13800138004"),
)


def test_text_comes_out_of_every_kind_of_file(reader: ResumeReader) -> None:
    assert "Python" in reader.read("a.docx", docx("精通 Python", table="本科")).text
    assert "本科" in reader.read("a.docx", docx("精通 Python", table="本科")).text
    assert reader.read("a.pdf", pdf("Bachelor, 5 years of experience")).text == "Bachelor, 5 years of experience"
    assert reader.read("a.txt", TEXT.encode("gb18030")).text == TEXT
    assert reader.read("A.TXT", b"\xef\xbb\xbf" + TEXT.encode()).text == TEXT


def locked() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def pages(count: int) -> bytes:
    writer = PdfWriter()
    for _ in range(count):
        writer.add_blank_page(100, 100)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def test_what_cannot_be_read_is_told_and_harms_nobody(reader: ResumeReader) -> None:
    zeros = packed(**{"[Content_Types].xml": bytes(60 * 1024 * 1024)})
    assert len(zeros) < 200_000
    liar = bytearray(zeros)
    size = (60 * 1024 * 1024).to_bytes(4, "little")
    while (place := liar.find(size)) >= 0:
        liar[place : place + 4] = (1000).to_bytes(4, "little")
    bomb = pdf("x").replace(b"/Length", b"/Filter /FlateDecode /Length")
    wanted = {
        "bomb": (("a.docx", zeros), {"too_large"}),
        "a bomb that lies": (("a.docx", bytes(liar)), {"too_large", "damaged"}),
        "locked": (("a.pdf", locked()), {"locked"}),
        "many pages": (("a.pdf", pages(61)), {"too_large"}),
        "no text": (("a.pdf", pages(1)), {"empty"}),
        "cut": (("a.docx", docx("x")[:300]), {"damaged"}),
        "a stream that is none": (("a.pdf", bomb), {"damaged", "empty"}),
        "another kind": (("a.pdf", docx("x")), {"kind"}),
        "a program": (("a.exe", b"MZ"), {"kind"}),
        "bytes": (("a.txt", bytes(range(256))), {"kind"}),
        "large": (("a.txt", b"x" * (5 * 1024 * 1024 + 1)), {"too_large"}),
    }
    for name, (given, problems) in wanted.items():
        found = reader.read(*given)
        assert found.problem in problems, (name, found)
        assert found.text == "", name
    assert reader.read("b.txt", b"still here").text == "still here"


def test_a_file_that_takes_too_long_is_given_up_and_the_next_is_read() -> None:
    stream = zlib.compress(b"BT /F1 12 Tf " + b"(x) Tj " * 3_000_000 + b"ET")
    heavy = re.sub(rb"/Length \d+", b"/Filter /FlateDecode /Length %d" % len(stream), pdf("x"))
    start, end = heavy.index(b"stream\n") + 7, heavy.index(b"\nendstream")
    heavy = heavy[:start] + stream + heavy[end:]
    with ResumeReader(seconds=1.5) as impatient:
        found = impatient.read("a.pdf", heavy)
        assert found.problem in {"slow", "too_large", "damaged"}
        impatient._seconds = 20
        assert impatient.read("b.txt", b"next").text == "next"


def test_each_file_goes_to_whom_it_belongs(hr: Runtime) -> None:
    made, rows = batch(hr, *PEOPLE)
    files = [
        Given("简历-李雷.txt", TEXT.encode()),
        Given(f"{rows[1].code}.docx", docx(TEXT)),
        Given("王芳.txt", TEXT.encode()),
        Given("who.txt", TEXT.encode()),
        Given("more.zip", packed(**{"folder/王芳 138 0013 8004.txt": b"hello", "__MACOSX": b"x", "x.exe": b"MZ"})),
        Given("cut.zip", b"PK\x03\x04 and no more"),
    ]
    report = resume_intake.take_in(hr, COMMAND_LINE, made, files)
    assert [(one.file, one.candidate, one.problem) for one in report] == [
        ("简历-李雷.txt", "李雷", ""),
        (f"{rows[1].code}.docx", "韩梅梅", ""),
        ("王芳.txt", "", "several"),
        ("who.txt", "", "nobody"),
        ("王芳 138 0013 8004.txt", "王芳", ""),
        ("x.exe", "", "nobody"),
        ("cut.zip", "", "damaged"),
    ]
    found, file = resumes.resume(hr, COMMAND_LINE, made, rows[0].id)
    assert (found.text, found.file, file) == (TEXT, "简历-李雷.txt", TEXT.encode())
    with hr.db.read() as session:
        for row in session.scalars(select(ResumeRow)):
            assert "Python" not in row.text_sealed + row.file_sealed + row.name_sealed
        actions = session.scalars(select(AuditRow.action)).all()
    assert "view_resume" in actions


def reasons(rules: Rules, text: str, **columns: str) -> dict[str, Reason]:
    return {reason.wanted: reason for reason in judge(rules, text, columns).reasons}


@pytest.mark.parametrize(
    ("keyword", "text", "met"),
    [
        ("C", "C++ and Scala", False),
        ("C", "C, Java", True),
        ("C++", "knows ｃ＋＋.", True),
        ("go", "google", False),
        ("支付", "负责支付系统", True),
        ("Java/Python", "python", True),
        (".NET", "ASP.NET", True),
    ],
)
def test_keywords_are_whole_words_where_words_are_parted(keyword: str, text: str, met: bool) -> None:
    judged = judge(Rules(must=[keyword]), text, {})
    assert judged.proposal is (Proposal.FITS if met else Proposal.LACKS)


def test_every_rule_says_what_it_found_and_what_it_cannot_tell() -> None:
    rules = Rules(must=["Python"], any_of=["Rust", "C++"], education=Education.BACHELOR, years=5)
    found = reasons(rules, TEXT)
    assert {wanted: reason.verdict for wanted, reason in found.items()} == {
        "Python": Verdict.MET,
        "Rust": Verdict.MISSED,
        "C++": Verdict.MET,
        "bachelor": Verdict.MET,
        "5": Verdict.MET,
    }
    assert "本科" in found["bachelor"].found
    assert judge(rules, TEXT, {}).proposal is Proposal.FITS
    assert judge(rules, "", {}).proposal is Proposal.UNKNOWN, "nothing to read is nobody's fault"
    silent = judge(rules, "Python and C++", {})
    assert silent.proposal is Proposal.UNKNOWN, "what is not told is not missing"
    assert judge(rules, TEXT.replace("8年", "2年"), {}).proposal is Proposal.LACKS
    spaced = judge(Rules(years=5), "本科，5 年 Python 开发经验。", {})
    assert spaced.proposal is Proposal.FITS
    assert judge(Rules(years=5), "2020 年毕业，有经验", {}).proposal is Proposal.UNKNOWN
    assert reasons(rules, TEXT, 学历="大专")["bachelor"].verdict is Verdict.MISSED, "a column says more than a text"
    english = "Bachelor's degree. 6+ years of professional experience with Python and C++."
    assert judge(rules, english, {}).proposal is Proposal.FITS


def test_nobody_is_sorted_by_what_must_not_count() -> None:
    for line in ("男", "Female", "已婚 / 未婚", "Python/女"):
        with pytest.raises(XudaError) as refused:
            checked(Rules(must=[line]))
        assert refused.value.field == "unfair"
    for rules in (Rules(), Rules(must=["x"] * 51), Rules(must=["/"]), Rules(years=-1), Rules(must=["x" * 101])):
        with pytest.raises(XudaError):
            checked(rules)


def test_rules_sort_and_propose_and_people_decide(hr: Runtime) -> None:
    made, rows = batch(hr, *PEOPLE)
    files = [Given(f"{rows[1].code}.txt", TEXT.encode()), Given(f"{rows[2].code}.txt", "大专，客服".encode())]
    resume_intake.take_in(hr, COMMAND_LINE, made, files)
    resumes.set_rules(hr, COMMAND_LINE, made, Rules(must=["Python"], education=Education.BACHELOR))
    board = resumes.board(hr, COMMAND_LINE, made)
    assert [(line.invitation_id, line.proposal) for line in board.lines] == [
        (rows[1].id, Proposal.FITS),
        (rows[3].id, Proposal.UNKNOWN),
        (rows[0].id, Proposal.LACKS),
        (rows[2].id, Proposal.LACKS),
    ]
    assert all(line.ruling is Ruling.NONE for line in board.lines), "nobody is turned down by the machine"
    assert board.counts == {Proposal.FITS: 1, Proposal.UNKNOWN: 1, Proposal.LACKS: 2}
    with hr.db.read() as session:
        assert not session.scalars(select(InvitationRow).where(InvitationRow.cancelled_at.is_not(None))).all()
        assert all("Python" not in row.reasons_sealed for row in session.scalars(select(ResumeMatchRow)))

    resumes.rule(hr, COMMAND_LINE, made, [rows[2].id, rows[1].id, "none"], Ruling.KEEP)
    resumes.rule(hr, COMMAND_LINE, made, [rows[1].id], Ruling.ASIDE)
    assert resumes.kept(hr, COMMAND_LINE, made) == [rows[2].id]
    resumes.set_rules(hr, COMMAND_LINE, made, Rules(must=["客服"]))
    lines = {line.invitation_id: line for line in resumes.board(hr, COMMAND_LINE, made).lines}
    assert lines[rows[2].id].proposal is Proposal.FITS
    assert lines[rows[1].id].ruling is Ruling.ASIDE, "what people decided stays"
    with hr.db.read() as session:
        told = {row.action: row.detail for row in session.scalars(select(AuditRow).order_by(AuditRow.id))}
        against = [
            row.detail["against_proposal"] for row in session.scalars(select(AuditRow)) if row.action == "rule_resumes"
        ]
    assert told["apply_resume_rules"] == {"revision": 2, "fits": 1, "unknown": 1, "lacks": 2}
    assert against == [1, 1]


def test_a_resume_goes_with_the_person(hr: Runtime) -> None:
    made, rows = batch(hr, *PEOPLE)
    resume_intake.take_in(hr, COMMAND_LINE, made, [Given("李雷.txt", TEXT.encode())])
    resumes.set_rules(hr, COMMAND_LINE, made, Rules(must=["Python"]))
    with hr.db.write() as session:
        erasure.erase(session, rows[0].candidate_id, hr.now())
    with hr.db.read() as session:
        assert session.get(ResumeRow, rows[0].candidate_id) is None
        assert session.get(ResumeMatchRow, rows[0].id) is None
    with pytest.raises(XudaError) as gone:
        resumes.resume(hr, COMMAND_LINE, made, rows[0].id)
    assert gone.value.code is ErrorCode.NOT_FOUND


def test_only_hr_sees_resumes(hr: Runtime) -> None:
    made, rows = batch(hr, *PEOPLE[:1])
    head = Actor("u", "u", Role.DEPARTMENT_HEAD, "rd")
    with pytest.raises(XudaError) as refused:
        resumes.resume(hr, head, made, rows[0].id)
    assert refused.value.code is ErrorCode.FORBIDDEN
