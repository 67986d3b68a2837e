"""What a frozen client needs: the bundled PortAudio, and packages and data that exist when it is frozen."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from app.selftest import PACKAGES

ROOT = Path(__file__).resolve().parents[2]
HOOK = ROOT / "freeze" / "bundled_portaudio.py"


def found_in(folder: Path, library: str) -> str:
    code = f"import sys, runpy; sys._MEIPASS = {str(folder)!r}; runpy.run_path({str(HOOK)!r});"
    code += f"from ctypes.util import find_library; print(find_library({library!r}))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_the_bundled_sound_library_is_found_first(tmp_path: Path) -> None:
    (tmp_path / "libportaudio.so.2").write_bytes(b"")
    assert found_in(tmp_path, "portaudio") == str(tmp_path / "libportaudio.so.2")


def test_without_a_bundled_one_the_system_is_asked(tmp_path: Path) -> None:
    code = "from ctypes.util import find_library; print(find_library('portaudio'), find_library('c'))"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert [found_in(tmp_path, "portaudio"), found_in(tmp_path, "c")] == asked


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_the_selftest_asks_for_is_installed(package: str) -> None:
    assert importlib.util.find_spec(package) is not None


def test_the_recipe_is_valid_and_names_files_that_exist() -> None:
    text = (ROOT / "build.spec").read_text(encoding="utf-8")
    compile(text, "build.spec", "exec")
    for name in ("app/__main__.py", "freeze/bundled_portaudio.py", "LICENSE"):
        assert all(part in text for part in name.split("/"))
        assert (ROOT / name).is_file()
