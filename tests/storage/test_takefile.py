"""The streamed file of a take: what is on the disk when, and what can be read of it after any cut."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from app.storage.takefile import tail_path
from app.storage.vault import Vault
from contract.errors import ErrorCode, XudaError
from contract.sealed import HEADER_SIZE, SEGMENT_SIZE
from tests.storage.office import wait_until

KEY = bytes(range(32))


def content(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def read(vault: Vault, take_id: str = "t") -> bytes:
    with vault.open_take("i", take_id, KEY) as stream:
        return stream.read()


def test_a_new_take_is_on_the_disk_before_its_first_byte(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    sink = vault.begin_take("i", "t", KEY)
    assert vault.take_path("t").stat().st_size == HEADER_SIZE
    assert read(vault) == b""
    sink.close()


@pytest.mark.parametrize("size", [1, 300, 4039, 4040, 4041, 8120, 8121, 50_000])
def test_what_was_written_is_on_the_disk_half_a_second_later_without_closing(tmp_path: Path, size: int) -> None:
    vault = Vault(tmp_path)
    sink = vault.begin_take("i", "t", KEY)
    plain = content(size)
    sink.write(plain)
    start = time.monotonic()
    wait_until(lambda: read(vault) == plain, 5)
    # the bound is 0.5 s on an idle machine; a loaded one gets some room
    assert time.monotonic() - start < 1.5
    sink.close()


def test_a_slow_trickle_is_never_more_than_half_a_second_behind(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    sink = vault.begin_take("i", "t", KEY)
    written: list[tuple[float, int]] = []
    plain = content(40 * 400)
    start = time.monotonic()
    for position in range(0, len(plain), 400):
        sink.write(plain[position : position + 400])
        written.append((time.monotonic(), position + 400))
        found = read(vault)
        assert plain.startswith(found)
        late = [size for moment, size in written if moment < time.monotonic() - 1.5]
        assert not late or len(found) >= late[-1]
        wait_until(lambda due=start + len(written) * 0.05: time.monotonic() >= due)
    sink.close()
    assert read(vault) == plain


def test_a_closed_take_reads_whole_and_leaves_no_tail(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    sink = vault.begin_take("i", "t", KEY)
    plain = content(30_000)
    for position in range(0, len(plain), 777):
        assert sink.write(plain[position : position + 777]) == len(plain[position : position + 777])
    sink.close()
    sink.close()
    assert read(vault) == plain
    assert os.listdir(vault.takes) == ["t.part"]
    with vault.open_take("i", "t", KEY) as stream:
        stream.seek(-10, os.SEEK_END)
        assert stream.read() == plain[-10:]
        stream.seek(4000)
        assert stream.read(5000) == plain[4000:9000]


def test_a_file_cut_at_any_place_gives_the_segments_that_are_whole(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    plain = content(20_000)
    sink = vault.begin_take("i", "t", KEY)
    sink.write(plain)
    sink.close()
    sealed = vault.take_path("t").read_bytes()
    cuts = {0, 1, HEADER_SIZE - 1, HEADER_SIZE, HEADER_SIZE + 1, len(sealed) - 1, len(sealed)}
    cuts |= {n * SEGMENT_SIZE + d for n in range(1, 5) for d in (-1, 0, 1)}
    cuts |= set(random.Random(7).sample(range(len(sealed)), 60))
    for cut in sorted(cuts):
        vault.take_path("t").write_bytes(sealed[:cut])
        if cut < HEADER_SIZE:
            with pytest.raises(XudaError) as caught:
                read(vault)
            assert caught.value.code is ErrorCode.SEALED_DAMAGED
        else:
            found = read(vault)
            assert plain.startswith(found)
            whole = cut // SEGMENT_SIZE
            assert len(found) == (len(plain) if cut == len(sealed) else max(0, whole * 4080 - HEADER_SIZE))


def test_a_torn_tail_costs_the_tail_alone(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    sink = vault.begin_take("i", "t", KEY)
    plain = content(6000)
    sink.write(plain)
    wait_until(lambda: read(vault) == plain)
    tail = tail_path(vault.take_path("t"))
    whole = tail.read_bytes()
    for cut in range(0, len(whole), 501):
        tail.write_bytes(whole[:cut])
        found = read(vault)
        assert found in (plain, plain[:4040])
    for position in range(0, 6144, 401):
        tail.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        assert read(vault) in (plain, plain[:4040])
    tail.unlink()
    assert read(vault) == plain[:4040]
    sink.close()


def test_an_old_tail_never_repeats_or_skips_bytes(tmp_path: Path) -> None:
    """Segments may reach the disk after the last tail: whatever the mix, the result is a beginning of the take."""
    vault = Vault(tmp_path)
    sink = vault.begin_take("i", "t", KEY)
    plain = content(26_000)
    states: list[tuple[bytes, bytes]] = []
    for position in range(0, len(plain), 2600):
        sink.write(plain[position : position + 2600])
        wait_until(lambda end=position + 2600: len(read(vault)) == end)
        path = vault.take_path("t")
        states.append((path.read_bytes(), tail_path(path).read_bytes()))
    sink.close()
    for part, _ in states:
        for _, tail in states:
            vault.take_path("t").write_bytes(part)
            tail_path(vault.take_path("t")).write_bytes(tail)
            assert plain.startswith(read(vault))


def test_a_take_of_another_interview_does_not_open(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    sink = vault.begin_take("i", "t", KEY)
    sink.write(content(10_000))
    sink.close()
    with vault.open_take("other", "t", KEY) as stream:
        assert stream.read() == b""


def test_a_take_is_never_begun_twice(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    sink = vault.begin_take("i", "t", KEY)
    with pytest.raises(XudaError) as caught:
        vault.begin_take("i", "t", KEY)
    assert caught.value.code is ErrorCode.DISK_ERROR
    sink.close()


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a.b", "x" * 65, "a\x00"])
def test_ids_that_are_no_file_names_are_refused(tmp_path: Path, name: str) -> None:
    vault = Vault(tmp_path)
    with pytest.raises(ValueError, match="letters"):
        vault.take_path(name)
    with pytest.raises(ValueError, match="letters"):
        vault.object_path(name, "o")
    with pytest.raises(ValueError, match="letters"):
        vault.object_path("i", name)
