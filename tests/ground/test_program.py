"""A frozen program notices what is missing of itself, and says it in words."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app import __main__ as command_line
from app import first_start, program
from contract.errors import ErrorCode, XudaError
from freeze.listing import PLACE, write_listing


@pytest.fixture
def frozen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a listing, and this process takes itself for its program."""
    folder = tmp_path / "xuda"
    (folder / "_internal" / "deep").mkdir(parents=True)
    (folder / "models" / "small").mkdir(parents=True)
    (folder / "xuda").write_bytes(b"program")
    (folder / "_internal" / "deep" / "library").write_bytes(b"library" * 100)
    (folder / "models" / "small" / "model.bin").write_bytes(b"weights")
    write_listing(folder, ["app.program", "contract.errors"])
    monkeypatch.setattr(program, "FROZEN", True)
    monkeypatch.setattr(sys, "executable", str(folder / "xuda"))
    monkeypatch.setattr(sys, "platform", "linux")
    return folder


def test_a_whole_program_is_whole_and_a_model_beside_it_is_not_its_affair(frozen: Path) -> None:
    (frozen / "models" / "small" / "model.bin").write_bytes(b"other weights")
    assert program.check_files(frozen, program.read_listing(frozen)) == 2
    assert program.modules() == ["app.program", "contract.errors"]


def _cut(file: Path) -> None:
    os.truncate(file, 5)


def _changed(file: Path) -> None:
    file.write_bytes(b"LIBRARY" * 100)


@pytest.mark.parametrize("harm", [Path.unlink, _cut, _changed])
def test_a_file_that_is_missing_cut_or_changed_is_named(frozen: Path, harm: Callable[[Path], None]) -> None:
    harm(frozen / "_internal" / "deep" / "library")
    with pytest.raises(XudaError) as told:
        program.check_files(frozen, program.read_listing(frozen))
    assert told.value.code is ErrorCode.PROGRAM_DAMAGED
    assert told.value.params["file"] == "_internal/deep/library"


@pytest.mark.parametrize("content", ["", "{", "[]", json.dumps({"files": {"a": 1}, "modules": []})])
def test_a_listing_that_cannot_be_read_is_a_damage_of_its_own(frozen: Path, content: str) -> None:
    (frozen / PLACE).write_text(content)
    with pytest.raises(XudaError):
        program.read_listing(frozen)


def test_after_signing_the_listing_is_written_anew_with_the_modules_it_had(frozen: Path) -> None:
    (frozen / "xuda").write_bytes(b"signed program")
    with pytest.raises(XudaError):
        program.check_files(frozen, program.read_listing(frozen))
    write_listing(frozen)
    assert program.check_files(frozen, program.read_listing(frozen)) == 2
    assert program.modules() == ["app.program", "contract.errors"]


def test_the_first_start_of_a_build_looks_it_over_once(
    frozen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []

    class Here:
        """As the process of its own, but in this one."""

        def __init__(self, *_: object) -> None: ...

        def __enter__(self) -> Here:
            return self

        def __exit__(self, *_: object) -> None: ...

        def submit(self, call: Callable[[], str]) -> Here:
            looked.append(1)
            return self

        def result(self) -> str:
            return problems[-1]

    problems = ["packages: no module named typst"]
    monkeypatch.setattr(first_start, "ProcessPoolExecutor", Here)
    data = tmp_path / "data"
    data.mkdir()
    for _ in range(2):
        with pytest.raises(XudaError, match="typst"):
            first_start.look_over(data)
    problems.append("")
    first_start.look_over(data)
    first_start.look_over(data)
    assert len(looked) == 3, "a sound build is looked over once"
    (frozen / "xuda").write_bytes(b"newer program")
    write_listing(frozen)
    first_start.look_over(data)
    assert len(looked) == 4, "and so is the next one"


def test_from_source_nothing_is_looked_over(tmp_path: Path) -> None:
    first_start.look_over(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_missing_from_the_program_is_said_in_words(
    frozen: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "_MEIPASS", str(frozen / "_internal"), raising=False)

    def broken(_: object) -> int:
        raise ModuleNotFoundError("No module named 'typst'", name="typst")

    monkeypatch.setattr(command_line, "function_of", lambda command: broken)
    assert command_line.main(["status", "--lang", "zh_CN"]) == command_line.KNOWN_ERROR
    said = capsys.readouterr().err
    assert "程序文件缺失" in said
    assert "typst" in said
    lost = FileNotFoundError(2, "no", str(frozen / "_internal" / "resources" / "styles" / "app.qss"))
    told = program.known(lost)
    assert isinstance(told, XudaError)
    assert told.params["file"] == "app.qss"
    elsewhere = FileNotFoundError(2, "no", "/home/somebody/notes.txt")
    assert program.known(elsewhere) is elsewhere


def test_from_source_an_error_stays_what_it_is() -> None:
    error = ModuleNotFoundError("no", name="typst")
    assert program.known(error) is error
