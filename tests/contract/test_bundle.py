"""The form of a bundle: an ordinary tar, of which every byte is told by the signed index."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.bundle import (
    FORMAT,
    BundleIndex,
    BundleInterview,
    BundleReader,
    InterviewMembers,
    Layout,
    Member,
    Part,
    write_bundle,
)
from contract.canonical import sha256_hex
from contract.envelope import sign
from contract.errors import ErrorCode, XudaError
from contract.events import ObjectRef
from contract.keys import SigningKey
from contract.tarform import header, padding

KEY = SigningKey.from_bytes(bytes(range(32)))
KEYS = {KEY.key_id: KEY.public}
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
CONTENTS = {
    "i-1/events.jsonl": b"{}\n" * 40,
    "i-1/manifest.json": b"{}",
    "i-1/o-1.sealed": bytes(range(256)) * 3,
    "i-2/events.jsonl": b"{}\n",
    "i-2/o-2.sealed": b"x" * 512,
}


def part(name: str) -> Part:
    return Part(size=len(CONTENTS[name]), sha256=sha256_hex(CONTENTS[name]))


def ref(interview: str, name: str) -> ObjectRef:
    data = CONTENTS[f"{interview}/{name}.sealed"]
    return ObjectRef(object_id=name, media_type="video/webm", size=len(data), sha256=sha256_hex(data))


def index() -> BundleIndex:
    first = BundleInterview(
        interview_id="i-1",
        last_seq=3,
        events=part("i-1/events.jsonl"),
        manifest=part("i-1/manifest.json"),
        objects=[ref("i-1", "o-1")],
    )
    second = BundleInterview(
        interview_id="i-2", last_seq=1, events=part("i-2/events.jsonl"), manifest=None, objects=[ref("i-2", "o-2")]
    )
    return BundleIndex(
        bundle_id="b", organisation_id="o", device_id="d", app_version="1", created_at=NOW, interviews=[first, second]
    )


def content(members: InterviewMembers, member: Member) -> list[bytes]:
    return [CONTENTS[member.name.partition("/")[2]]]


def bundle() -> bytes:
    return b"".join(write_bundle(sign(index(), KEY), index(), content))


def read(data: bytes) -> BundleReader:
    """Everything of it looked at. Raises XudaError."""
    reader = BundleReader(io.BytesIO(data))
    reader.verify(KEYS)
    reader.check()
    return reader


def code_of(data: bytes) -> ErrorCode:
    with pytest.raises(XudaError) as caught:
        read(data)
    return caught.value.code


def test_what_was_written_is_read() -> None:
    reader = read(bundle())
    found = {member.name: reader.content(member, 10_000) for item in reader.interviews for member in item.all}
    assert found == {f"{FORMAT}/{name}": data for name, data in CONTENTS.items()}


def test_any_tar_program_lists_it_and_takes_it_apart(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(bundle())) as found:
        names = found.getnames()
        stream = found.extractfile(f"{FORMAT}/i-1/o-1.sealed")
        assert stream is not None
        assert stream.read() == CONTENTS["i-1/o-1.sealed"]
    assert names == [f"{FORMAT}/index.json", *(f"{FORMAT}/{name}" for name in CONTENTS), f"{FORMAT}/end.json"]
    if shutil.which("tar"):
        (tmp_path / "b.xuda").write_bytes(bundle())
        listed = subprocess.run(["tar", "tf", tmp_path / "b.xuda"], capture_output=True, text=True, check=True)
        assert (listed.stdout.split(), listed.stderr) == (names, "")


def test_every_byte_that_is_changed_is_noticed() -> None:
    good = bundle()
    seen = set()
    for place in range(len(good)):
        changed = good[place] ^ (1 << place % 8)
        seen.add(code_of(good[:place] + bytes([changed]) + good[place + 1 :]))
    assert seen <= {
        ErrorCode.BUNDLE_DAMAGED,
        ErrorCode.BUNDLE_CUT,
        ErrorCode.SIGNATURE_INVALID,
        ErrorCode.KEY_UNKNOWN,
        ErrorCode.FORMAT_INVALID,
        ErrorCode.VERSION_TOO_NEW,
    }


def test_a_copy_cut_anywhere_is_called_cut() -> None:
    good = bundle()
    for length in range(0, len(good), 3):
        assert code_of(good[:length]) is ErrorCode.BUNDLE_CUT, length


def test_room_that_was_made_but_not_filled_is_called_cut_or_damaged() -> None:
    good = bundle()
    end = Layout(sign(index(), KEY), index()).end.offset
    start = 512  # the first header
    for length in range(0, end + 512, 97):
        found = code_of(good[:length] + bytes(len(good) - length))
        if length == 0 or start <= length <= end:
            assert found is ErrorCode.BUNDLE_CUT, length
        else:
            assert found in (ErrorCode.BUNDLE_CUT, ErrorCode.BUNDLE_DAMAGED), length


def test_bytes_after_the_end_are_not_accepted() -> None:
    assert code_of(bundle() + bytes(512)) is ErrorCode.BUNDLE_DAMAGED


def test_members_in_another_order_are_noticed() -> None:
    good = bundle()
    first, second = (members.all for members in BundleReader(io.BytesIO(good)).interviews)
    swapped = good[: first[0].offset] + good[second[0].offset : second[-1].end]
    swapped += good[first[0].offset : first[-1].end] + good[second[-1].end :]
    assert len(swapped) == len(good)
    assert code_of(swapped) is ErrorCode.BUNDLE_DAMAGED


def test_a_newer_version_is_named_and_other_files_are_not_bundles() -> None:
    newer = FORMAT.replace("v1", "v2").encode()
    assert code_of(bundle().replace(FORMAT.encode(), newer)) is ErrorCode.VERSION_TOO_NEW
    for other in (b"PK\x03\x04" + bytes(600), b"%PDF-1.7\n", b"xuda-bundle.", b"\x1f\x8b" * 400):
        assert code_of(other) in (ErrorCode.FORMAT_INVALID, ErrorCode.BUNDLE_CUT)


@pytest.mark.parametrize("size", ["77777777777", "00000000000", "9999999999 ", "-0000000001", "\x80" + 10 * "\xff"])
def test_a_size_that_lies_costs_no_memory(size: str) -> None:
    head = bytearray(bundle())
    head[124:135] = size.encode("latin-1")
    assert code_of(bytes(head)) is ErrorCode.BUNDLE_DAMAGED


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "", "x" * 65, "a\0b", "密", ".", "C:\\x"])
def test_names_that_are_paths_are_never_in_an_index(name: str) -> None:
    good = index().model_dump()
    for field in ("interview_id", "object_id"):
        bad = {**good, "interviews": [dict(good["interviews"][0])]}
        if field == "interview_id":
            bad["interviews"][0]["interview_id"] = name
        else:
            bad["interviews"][0]["objects"] = [{**good["interviews"][0]["objects"][0], "object_id": name}]
        with pytest.raises(ValueError, match=r"."):
            BundleIndex.model_validate(bad)


def test_nothing_is_in_an_index_twice() -> None:
    first = index().interviews[0]
    for changes in (
        {"interviews": [first, first]},
        {"interviews": [first.model_copy(update={"objects": 2 * first.objects})]},
    ):
        with pytest.raises(ValueError, match="ids"):
            BundleIndex.model_validate({**index().model_dump(), **BundleIndex.model_construct(**changes).model_dump()})


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=2000), st.booleans())
def test_no_content_at_all_breaks_the_reader(junk: bytes, headed: bool) -> None:
    data = header(f"{FORMAT}/index.json", len(junk)) + junk + padding(len(junk)) if headed and junk else junk
    with pytest.raises(XudaError):
        read(data)
