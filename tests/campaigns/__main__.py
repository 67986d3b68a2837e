"""Run campaigns by name; the exit code is 1 when a promise was broken.

``python -m tests.campaigns kill --count 50 --seed 1``, ``python -m tests.campaigns all --short``. With
``--broken NAME`` the campaign runs against a deliberately broken product and the exit code is 0 only when it finds the
defect.
"""

from __future__ import annotations

import argparse
import importlib
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.campaigns.model import Campaign, Findings, Options

# name: module that has ``campaign(options) -> Findings`` and, where it has deliberate defects, ``BROKEN``: their names
CAMPAIGNS = {
    "api": "tests.security.api",
    "files": "tests.faults.files",
    "kill": "tests.crash.kills",
    "backend": "tests.crash.backend_kills",
    "network": "tests.faults.network",
    "order": "tests.faults.order",
    "clock": "tests.faults.clock",
    "errors": "tests.faults.errors",
    "power": "tests.faults.power",
    "residue": "tests.security.residue",
    "devices": "tests.faults.devices",
    "syncs": "tests.faults.mutations",
}
SHOWN = 20


def load(name: str) -> tuple[Campaign, Sequence[str]]:
    module = importlib.import_module(CAMPAIGNS[name])
    return module.campaign, getattr(module, "BROKEN", ())


def run(name: str, options: Options) -> Findings:
    campaign, broken = load(name)
    if options.broken is not None and options.broken not in broken:
        raise SystemExit(f"{name} has no defect named {options.broken}; it has: {', '.join(broken) or 'none'}")
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"xuda-{name}-") as folder:
        found = campaign(replace(options, work=Path(folder)))
    found.figures["seconds"] = round(time.monotonic() - begun, 1)
    for failure in found.failures[:SHOWN]:
        print(f"{name}: {failure}", flush=True)
    if len(found.failures) > SHOWN:
        print(f"{name}: and {len(found.failures) - SHOWN} more", flush=True)
    print(found.line(name), flush=True)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev.py campaign", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("name", choices=["all", *CAMPAIGNS])
    parser.add_argument("--short", action="store_true", help="the form that fits into the tests' time")
    parser.add_argument("--count", type=int, help="number of cases instead of the campaign's own")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same cases")
    parser.add_argument("--broken", metavar="DEFECT", help="run against a deliberately broken product")
    given = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # some can be broken off, in the background too
    if given.name == "all":
        return run_all([word for word in sys.argv[1:] if word != "all"])
    good = run(given.name, Options(Path(), given.count, given.seed, given.short, given.broken)).good
    if given.broken is not None:
        print("the defect was found" if not good else "the defect was NOT found", flush=True)
        return 1 if good else 0
    return 0 if good else 1


def run_all(arguments: Sequence[str]) -> int:
    """One after the other, each in a process of its own: none inherits another's devices or patches."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "tests.campaigns"]
    failed = [name for name in CAMPAIGNS if subprocess.call([*command, name, *arguments]) != 0]
    print(f"{len(CAMPAIGNS)} campaigns in {time.monotonic() - begun:.0f} s, not good: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
