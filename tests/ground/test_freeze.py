"""What a frozen client needs: the bundled PortAudio, and packages and data that exist when it is frozen."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tomllib
import types
from pathlib import Path
from typing import Any

import pytest

from app.capture.faces import CASCADES
from app.selftest import PACKAGES
from contract.catalog import LANGUAGES
from freeze import contents
from tests.ground.test_layers import IMPORTS

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


class Recipe:
    """build.spec, read as PyInstaller reads it; what it would freeze is in ``given``."""

    def __init__(self, system: str, folder: Path) -> None:
        self.given: dict[str, Any] = {}
        self.bundled: dict[str, Any] = {}
        self.listed: list[Path] = []
        code = compile((ROOT / "build.spec").read_text("utf-8"), "build.spec", "exec")
        # tests/ground/test_layers.py reads the packages; what PyInstaller's helpers find in them is its own affair
        hooks = types.ModuleType("PyInstaller.utils.hooks")
        hooks.collect_data_files = lambda name, includes=("data",): [(f"{name}/{file}", name) for file in includes]  # type: ignore[attr-defined]
        hooks.collect_submodules = lambda name: [name]  # type: ignore[attr-defined]
        hooks.copy_metadata = lambda name: [(f"{name}.dist-info", ".")]  # type: ignore[attr-defined]
        depend = types.ModuleType("PyInstaller.depend.bindepend")
        depend.get_imports = lambda file: []  # type: ignore[attr-defined]
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(sys.modules, "PyInstaller.utils.hooks", hooks)
            patch.setitem(sys.modules, "PyInstaller.depend.bindepend", depend)
            patch.setattr(sys, "platform", system)
            patch.setattr("freeze.listing.write_listing", lambda place, modules: self.listed.append(place))
            patch.setattr("freeze.icons.make_icon", lambda place: str(place / "icon"))
            patch.setattr(Path, "glob", lambda self, pattern: [self / "libportaudio.so.2"])
            names = {"SPECPATH": str(ROOT), "workpath": str(folder), "Analysis": self._analysis, "PYZ": list}
            exec(code, names | {"EXE": self._part, "COLLECT": self._part, "BUNDLE": self._bundle})

    def _analysis(self, scripts: list[str], **given: Any) -> types.SimpleNamespace:
        self.given = {"scripts": scripts, **given}
        empty: list[Any] = []
        return types.SimpleNamespace(binaries=list(empty), datas=list(empty), pure=empty, scripts=empty)

    def _part(self, *_: Any, **given: Any) -> types.SimpleNamespace:
        return types.SimpleNamespace(name=given["name"])

    def _bundle(self, *_: Any, **given: Any) -> None:
        self.bundled = given


@pytest.fixture(params=["linux", "win32", "darwin"])
def recipe(request: pytest.FixtureRequest, tmp_path: Path) -> Recipe:
    return Recipe(request.param, tmp_path)


def source_files() -> set[str]:
    """What git would take along of the packages that the client consists of."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *contents.OURS]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.split("\n")
    return {name for name in listed if name and (ROOT / name).is_file()}


def test_every_file_and_module_of_the_client_is_in_the_frozen_program(recipe: Recipe) -> None:
    sources = source_files()
    if not sources:
        pytest.skip("no checkout of git")
    there = {Path(file).relative_to(ROOT).as_posix(): place for file, place in recipe.given["datas"] if "/" in file[:1]}
    wanted = {name for name in sources if not name.endswith(".py")}
    assert wanted - set(there) == set()
    assert {name: place for name, place in there.items() if name in wanted and place != str(Path(name).parent)} == {}
    names = {contents._name(Path(name)) for name in sources if name.endswith(".py")}
    missing = {name for name in names - set(recipe.given["hiddenimports"]) if not name.startswith("app.demo")}
    assert missing == set()


def test_what_faces_are_found_by_is_taken_along(recipe: Recipe) -> None:
    assert {(f"cv2.data/{name}", "cv2.data") for name in CASCADES} <= set(recipe.given["datas"])


def test_every_package_that_the_client_imports_is_asked_for_by_the_selftest_and_none_is_excluded(
    recipe: Recipe,
) -> None:
    own = [item for item in IMPORTS if not item.module.startswith(("backend", "app.demo"))]
    tops = {item.target.partition(".")[0] for item in own} - set(sys.stdlib_module_names) - set(contents.OURS)
    qt = {".".join(item.target.split(".")[:2]) for item in own if item.target.startswith("PySide6.")}
    asked = {*PACKAGES, *(name.partition(".")[0] for name in PACKAGES)}
    assert (tops - {"PySide6", "backend"}) | qt <= asked
    assert set(PACKAGES) <= set(recipe.given["hiddenimports"])
    excluded = set(recipe.given["excludes"])
    assert {item.target for item in own if excluded & prefixes(item.target)} <= {"backend"}
    assert {name for name in PACKAGES if excluded & prefixes(name)} == set()


def prefixes(name: str) -> set[str]:
    parts = name.split(".")
    return {".".join(parts[:count]) for count in range(1, len(parts) + 1)}


def test_every_kind_of_file_is_taken_along_by_the_wheel_too() -> None:
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]["*"]
    kinds = {"*" + Path(name).suffix for name in source_files() if not name.endswith(".py")}
    assert kinds <= set(patterns)


def test_macos_gets_a_bundle_with_its_links_and_the_others_a_listing(recipe: Recipe) -> None:
    if recipe.bundled:
        assert recipe.bundled["info_plist"]["CFBundleURLTypes"][0]["CFBundleURLSchemes"] == ["xuda"]
        assert recipe.listed == []
    else:
        assert recipe.listed == [Path("xuda")]


@pytest.mark.parametrize("place", ["LICENSE", "freeze/bundled_portaudio.py", "app/__main__.py"])
def test_what_the_recipe_names_is_there(place: str) -> None:
    assert (ROOT / place).is_file()
    assert Path(place).name in (ROOT / "build.spec").read_text("utf-8")


def test_what_only_a_spared_plugin_needs_goes_with_it() -> None:
    needs = {"gtk.so": ["libgtk", "libc"], "libgtk": ["libpango"], "libpango": ["libc"], "xcb.so": ["libxcb"]}
    kept = ["/q/xcb.so", "/l/libgtk", "/l/libpango", "/l/libc", "/l/libxcb", "/a/program"]
    asked = needs | {"program": ["libc"]}
    gone = contents.needless(["/q/gtk.so"], kept, lambda file: asked.get(Path(file).name, []))
    assert gone == {"libgtk", "libpango"}


@pytest.mark.parametrize(
    ("place", "spared"),
    [
        ("PySide6/Qt/plugins/platforms/libqxcb.so", False),
        ("PySide6/Qt/plugins/platforms/libqeglfs.so", True),
        ("PySide6/plugins/platforms/qwindows.dll", False),
        ("PySide6/Qt/plugins/platforminputcontexts/libibusplatforminputcontextplugin.so", False),
        ("PySide6/Qt/translations/qtbase_de.qm", True),
        ("babel/locale-data/zh_Hans_CN.dat", False),
        ("babel/locale-data/root.dat", False),
        ("babel/locale-data/sw.dat", True),
    ],
)
def test_other_languages_and_plugins_nobody_uses_are_spared(place: str, spared: bool) -> None:
    assert contents.is_spared(place, LANGUAGES) is spared
