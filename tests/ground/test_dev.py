"""The set-up command: what it does with a machine that lacks something."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import dev

ROOT = Path(dev.__file__).parent


def _tests(path: Path) -> list[Path]:
    return [path] if path.is_file() else list(path.rglob("test_*.py"))


def test_without_a_command_the_commands_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main([]) == 2
    assert dev.main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in dev.COMMANDS)


def test_what_follows_the_dashes_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    passed: list[list[str]] = []
    monkeypatch.setitem(dev.COMMANDS, "test", (lambda rest: passed.append(rest) or 7, ""))
    assert dev.main(["test", "--", "-k", "name"]) == 7
    assert dev.main(["test", "-x", "--", "a"]) == 7
    assert passed == [["-k", "name"], ["-x", "--", "a"]]


def test_no_tests_are_left_out_of_the_two_runs_and_none_are_run_twice() -> None:
    others, real_time = ([word for word in given if "tests" in word] for given in dev.pytest_runs([]))
    left_out = [given.removeprefix("--ignore=") for given in others[1:]]
    assert others[0] == "tests"
    assert left_out == real_time
    assert all(_tests(ROOT / path) for path in real_time)
    assert dev.pytest_runs(["-k", "name"]) == [["-k", "name"]]


def test_an_old_python_finds_a_newer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev, "SUPPORTED", ((3, 99), sys.version_info[:2]))
    monkeypatch.setattr(dev.sys, "version_info", (3, 8, 0))
    found = dev.find_python()
    version = subprocess.run([found, "-c", "import sys; print(sys.version_info[:2])"], capture_output=True, text=True)
    assert version.stdout.strip() == str(dev.SUPPORTED[1])


def test_without_a_suitable_python_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dev, "SUPPORTED", ((3, 99),))
    with pytest.raises(SystemExit) as ended:
        dev.find_python()
    assert ended.value.code == dev.STOPPED
    assert "Xuda needs Python" in capsys.readouterr().err


@pytest.mark.skipif(not dev.is_debian(), reason="Debian and Ubuntu only")
def test_without_rights_the_one_command_to_run_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dev, "rights", lambda: None)
    with pytest.raises(SystemExit) as ended:
        dev.ensure_system_packages([("xuda-no-such-package", "xuda-other-name"), ("dpkg",)])
    assert ended.value.code == dev.STOPPED
    assert capsys.readouterr().err.strip().endswith("install --no-install-recommends -y xuda-no-such-package")


@pytest.mark.skipif(not dev.is_debian(), reason="Debian and Ubuntu only")
def test_a_package_under_its_other_name_counts_as_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev, "rights", lambda: None)
    dev.ensure_system_packages([("xuda-no-such-package", "dpkg")])


def test_the_program_that_runs_the_job_hands_its_exit_code_on() -> None:
    assert dev.run([sys.executable, "-c", "raise SystemExit(5)"]) == 5
    assert dev.output([sys.executable, "-c", "raise SystemExit(5)"]) is None
    assert dev.output(["xuda-no-such-program"]) is None


def test_dev_needs_the_standard_library_only() -> None:
    code = "import sys; sys.path.insert(0, '.'); import dev"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True, cwd=ROOT)


def test_the_continuous_integration_runs_the_same_command() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "exec python3 dev.py test" in script


def test_the_lock_names_every_package_that_is_asked_for() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(name for extra in project["optional-dependencies"].values() for name in extra)]
    lock = dev.LOCK.read_text(encoding="utf-8")
    missing = [name for name in asked if f"\n{name.split('>')[0].split('[')[0].strip().lower()}==" not in f"\n{lock}"]
    assert missing == []
