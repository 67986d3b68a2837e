"""The documents agree with the code: commands, links, the state of every requirement and the tests it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.__main__ import COMMANDS
from app.config import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "README.zh_CN.md", *sorted((ROOT / "docs").glob("*.md"))]
ROWS = {"A": 19, "B": 5, "C": 10, "D": 18, "E": 6}
STATES = {"works", "partly", "not yet"}


def state_rows() -> list[list[str]]:
    lines = (ROOT / "docs" / "STATE.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines if line.startswith("|")]
    return [row for row in cells if re.fullmatch(r"[A-E]\d+", row[0])]


def test_the_state_names_every_requirement_once() -> None:
    wanted = {f"{letter}{number}" for letter, last in ROWS.items() for number in range(1, last + 1)}
    named = [row[0] for row in state_rows()]
    assert sorted(named) == sorted(wanted)


def test_every_state_is_one_of_the_three_words() -> None:
    assert [row[0] for row in state_rows() if row[2] not in STATES] == []


def test_what_works_names_tests_that_exist() -> None:
    wrong = []
    for row in state_rows():
        named = re.findall(r"tests/[\w/]+(?:\.py)?", row[3])
        if (row[2] != "not yet" and not named) or any(not (ROOT / name).exists() for name in named):
            wrong.append(row[0])
    assert wrong == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
def test_links_inside_the_project_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#\s]+)", document.read_text(encoding="utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
def test_commands_and_settings_that_are_named_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    commands = set(re.findall(r"(?:^|[`/])xuda ([a-z]+)", text, re.MULTILINE))
    assert commands <= set(COMMANDS)
    known = {flag for flag, _, _ in SETTINGS} | {"--config", "--help"}
    for line in re.findall(r"`xuda [a-z]+ [^`]*`", text):
        assert set(re.findall(r"--[a-z-]+", line)) <= known, line
