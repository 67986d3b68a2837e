"""Tables as people's spreadsheets make them: every row is either invited or named with its fault."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from backend.db.models import Candidate, InvitationRow
from backend.runtime import Runtime
from backend.services import batches, invitations
from backend.services.candidates import ImportReport, import_candidates
from backend.services.people import candidate_value
from contract.errors import ErrorCode, XudaError
from contract.identifiers import clean_email, clean_id_number, clean_name, clean_phone
from contract.invitation import read
from tests.backend.world import BOTH, COMMAND_LINE, organisation

DATABASES = BOTH

GOOD = (
    "姓名,手机,邮箱,身份证,部门\n王小明,13812345678,wang@example.com,11010519491231002X,研发部\n李雷,13912345678,,,\n"
)


@pytest.fixture(scope="module")
def hr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """Each test makes batches of its own."""
    found = organisation(tmp_path_factory.mktemp("hr") / "data")
    yield found
    found.close()


def new_batch(hr: Runtime) -> str:
    return batches.add_batch(
        hr,
        COMMAND_LINE,
        kit_id="test",
        title="秋招",
        not_before=batches.moment("2026-11-01"),
        not_after=batches.moment("2026-12-31", end=True),
    )


def run(hr: Runtime, data: str | bytes, batch: str | None = None) -> ImportReport:
    raw = data.encode() if isinstance(data, str) else data
    return import_candidates(hr, COMMAND_LINE, batch or new_batch(hr), raw)


def faults(report: ImportReport) -> list[tuple[int, str, str]]:
    return [(problem.row, problem.field, problem.problem) for problem in report.problems]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_same_table_in_any_encoding_gives_the_same_candidates(
    hr: Runtime, encoding: str, separator: str, newline: str
) -> None:
    batch = new_batch(hr)
    table = GOOD.replace(",", separator).replace("\n", newline)
    report = run(hr, table.encode(encoding), batch)
    assert faults(report) == []
    assert [item.row for item in report.imported] == [2, 3]
    shown = invitations.list_invitations(hr, COMMAND_LINE, batch)
    assert {(view.candidate, view.phone) for view in shown} == {("王小明", "13812345678"), ("李雷", "13912345678")}


def test_rare_characters_survive_gb18030(hr: Runtime) -> None:
    batch = new_batch(hr)
    run(hr, "姓名,手机\n𠮷䶮,13812345678\n".encode("gb18030"), batch)
    assert invitations.list_invitations(hr, COMMAND_LINE, batch)[0].candidate == "𠮷䶮"


@pytest.mark.parametrize(
    "header", ["name,phone", "Name , Mobile", "候选人,手机号码", "*姓名,联系电话", "full_name,phone_number"]
)
def test_headers_are_known_in_both_languages(hr: Runtime, header: str) -> None:
    assert len(run(hr, f"{header}\n王小明,13812345678\n").imported) == 1


def test_bad_rows_are_named_with_row_and_field_and_good_ones_are_taken(hr: Runtime) -> None:
    table = """姓名,手机,邮箱,身份证
好一,13800000001,,
,13800000002,,
坏机,1380000,,
坏邮,13800000004,not-an-address,
坏证,13800000005,,110105194912310021

重一,13800000001,,
无联,,,
好二,,good@example.com,
"多一",13800000009,,,extra
重邮,13800000010,GOOD@example.com,
好三,+86 138-0000-0011,,
"""
    report = run(hr, table)
    assert [item.row for item in report.imported] == [2, 10, 13]
    assert faults(report) == [
        (3, "姓名", "missing"),
        (4, "手机", "malformed"),
        (5, "邮箱", "malformed"),
        (6, "身份证", "malformed"),
        (8, "手机", "duplicate"),
        (9, "手机", "missing"),
        (11, "columns", "unreadable"),
        (12, "邮箱", "duplicate"),
    ]
    assert report.problems[4].other_row == 2
    assert len(report.imported) + len(report.problems) == 11


def test_importing_again_doubles_nobody(hr: Runtime) -> None:
    batch = new_batch(hr)
    run(hr, GOOD, batch)
    again = run(hr, GOOD + "新人,13700000000,,,\n", batch)
    assert faults(again) == [(2, "手机", "invited"), (3, "手机", "invited")]
    assert [item.row for item in again.imported] == [4]


def test_a_person_known_from_an_earlier_batch_stays_one_person(hr: Runtime) -> None:
    one, two = run(hr, GOOD), run(hr, GOOD)
    assert [item.candidate_id for item in one.imported] == [item.candidate_id for item in two.imported]
    assert {item.code for item in one.imported}.isdisjoint(item.code for item in two.imported)


def person(hr: Runtime, candidate_id: str) -> tuple[str | None, ...]:
    with hr.db.read() as session:
        candidate = session.get_one(Candidate, candidate_id)
        return tuple(candidate_value(hr, candidate, column) for column in ("phone", "email", "extra"))


def test_what_a_later_table_knows_more_about_a_person_is_kept_with_the_rest(hr: Runtime) -> None:
    one = run(hr, "姓名,手机,毕业院校\n赵敏,13812340000,某大学\n")
    two = run(hr, "姓名,手机,邮箱,专业\n赵敏,13812340000,zhao@example.com,会计\n")
    known = one.imported[0].candidate_id
    assert two.imported[0].candidate_id == known
    assert person(hr, known) == ("13812340000", "zhao@example.com", '{"毕业院校": "某大学", "专业": "会计"}')


def test_people_who_share_a_phone_but_nothing_else_stay_two(hr: Runtime) -> None:
    table = "姓名,手机,邮箱\n{},13812341111,{}\n"
    ids = [
        run(hr, table.format(*values)).imported[0].candidate_id
        for values in (("周芷若", "a@example.com"), ("张无忌", "a@example.com"), ("周芷若", "b@example.com"))
    ]
    assert len(set(ids)) == 3


def test_an_open_quote_loses_no_row_silently(hr: Runtime) -> None:
    report = run(hr, '姓名,手机\n王小明,13812345678\n"李雷,13912345678\n韩梅梅,13712345678\n')
    assert [item.row for item in report.imported] == [2]
    assert faults(report) == [(3, "quotes", "unreadable")]


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe\x00",
        b"\x00\x01\x02",
        "姓名,手机\n".encode() + b"\x80\x80",
    ],
)
def test_a_file_that_is_no_text_is_refused_and_nothing_is_stored(hr: Runtime, data: bytes) -> None:
    with pytest.raises(XudaError) as caught:
        run(hr, data)
    assert caught.value.code is ErrorCode.FILE_ENCODING


@pytest.mark.parametrize("header", ["", "\n", "手机,邮箱", "姓名,手机,电话"])
def test_a_header_without_names_or_with_a_column_twice_is_refused(hr: Runtime, header: str) -> None:
    with pytest.raises(XudaError) as caught:
        run(hr, f"{header}\n王小明,13812345678,13812345679\n")
    assert (caught.value.code, caught.value.row) == (ErrorCode.ROW_INVALID, 1)


def test_what_stands_above_the_header_is_no_candidate(hr: Runtime) -> None:
    report = run(hr, "2026 秋招，第一批，请按模板填写\n\n姓名,手机\n王小明,13812345678\n,13812345679\n")
    assert [item.row for item in report.imported] == [4]
    assert faults(report) == [(5, "姓名", "missing")]


def test_an_unknown_batch_is_refused(hr: Runtime) -> None:
    with pytest.raises(XudaError) as caught:
        run(hr, GOOD, "no-such-batch")
    assert caught.value.code is ErrorCode.NOT_FOUND


def test_invitations_verify_offline_and_have_a_qr_code(hr: Runtime) -> None:
    report = run(hr, GOOD)
    item = report.imported[0]
    right = read(item.token, hr.vault.public_keys)
    assert (right.invitation_id, right.kit_id) == (item.invitation_id, "test")
    assert right.not_after == batches.moment("2026-12-31", end=True)
    assert len(item.token) < 300
    svg = invitations.qr_svg(item.token)
    assert svg.startswith(b"<?xml")
    assert b"<svg" in svg
    found = invitations.by_code(hr, COMMAND_LINE, item.code.lower().replace("-", " "))
    assert found.token == item.token


def test_the_database_file_shows_nobody(hr: Runtime) -> None:
    report = run(hr, "姓名,手机,邮箱,身份证\n王小明,13812345678,wang@example.com,11010519491231002X\n")
    with hr.db.read() as session:
        assert session.get(InvitationRow, report.imported[0].invitation_id) is not None
    stored = b"".join(path.read_bytes() for path in hr.settings.data.glob("hr.db*"))
    for secret in ("王小明", "13812345678", "wang@example.com", "11010519491231002X"):
        assert secret.encode() not in stored


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("138 1234 5678", "13812345678"),
        ("+86-138-1234-5678", "13812345678"),
        ("0086 13812345678", "13812345678"),
        ("8613812345678", "13812345678"),
        ("+44 20 7946 0958", "+442079460958"),
        ("010-62345678", "01062345678"),
        ("12812345678", None),
        ("1381234567", None),
        ("138123456789", None),
        ("1.38E+10", None),
        ("call me", None),
        ("+86 12345", None),
    ],
)
def test_phone_numbers(typed: str, kept: str | None) -> None:
    assert clean_phone(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("11010519491231002x", "11010519491231002X"),
        ("110105194912310021", None),
        ("110105199902300024", None),
        ("110105491231002", "110105491231002"),
        ("E12345678", "E12345678"),
        ("ABCDEFGH", None),
        ("123", None),
        ("1.10105E+17", None),
    ],
)
def test_id_numbers(typed: str, kept: str | None) -> None:
    assert clean_id_number(typed) == kept


def test_names_and_addresses() -> None:
    assert clean_name("  Anna  Maria ") == "Anna Maria"
    assert [clean_name(text) for text in ("", "123", "-", "x" * 101)] == [None] * 4
    assert clean_email("A.B+c@Example.COM") == "a.b+c@example.com"
    assert [clean_email(text) for text in ("a@b", "a b@c.d", "@c.d", "a@b.c,d@e.f")] == [None] * 4
