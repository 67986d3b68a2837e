"""How long the client takes from process start to its first frame, against a bare Qt window.

``python -m benchmarks.startup [--pairs 10]``: both are started in turn, each by a fresh
interpreter with its byte code compiled; the first pair warms up and is not counted. Both are watched by
``benchmarks/first_frame.py``, which says what the bare window is. Wall time counts from just before the process is
made; processor time (of that process, until its frame is there) is less shaken by what else the machine does.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

_WATCHER = Path(__file__).with_name("first_frame.py")


@dataclass(frozen=True)
class Start:
    """Seconds until the first frame, of the clock and of the processor, and until the field then showed a letter."""

    wall: float
    processor: float
    key: float


def start(arguments: list[str], env: dict[str, str]) -> Start:
    """One start that was watched. Raises SystemExit with what the process said when it showed no usable window."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, str(_WATCHER), *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env=env,
        timeout=120,
        check=False,
    )
    said = dict(line.split(" ", 1) for line in done.stderr.splitlines() if line.startswith(("painted ", "key ")))
    if set(said) != {"painted", "key"}:
        raise SystemExit(f"{' '.join(arguments[:1])} showed no usable window:\n{done.stderr}")
    at, processor = said["painted"].split()
    return Start(float(at) - began, float(processor), float(said["key"]))


def pairs_of(count: int, env: dict[str, str], folder: Path) -> list[tuple[Start, Start]]:
    """Client and bare window in turn; one pair more is made first, for the disk's cache."""
    client = ["client", "--data", str(folder / "data")]
    return [(start(client, env), start(["bare"], env)) for _ in range(count + 1)][1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=10)
    count = parser.parse_args().pairs
    with tempfile.TemporaryDirectory(prefix="xuda-startup-") as name:
        env = {**os.environ, "XUDA_PASSPHRASE": "benchmark", "XUDA_LANG": "zh_CN"}
        env.setdefault("QT_QPA_PLATFORM", "offscreen")
        # the pair that is not counted compiles what both import
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        env["PYTHONPYCACHEPREFIX"] = str(Path(name) / "bytecode")
        pairs = pairs_of(count, env, Path(name))
    for what in ("wall", "processor"):
        ours = [getattr(client, what) for client, _ in pairs]
        bare = [getattr(window, what) for _, window in pairs]
        ratios = [one / other for one, other in zip(ours, bare, strict=True)]
        print(
            f"{what}: client {statistics.median(ours):.3f} s, bare window {statistics.median(bare):.3f} s, "
            f"ratio {statistics.median(ratios):.2f} (from {min(ratios):.2f} to {max(ratios):.2f})"
        )
    print(f"a letter typed then is shown within {1000 * max(client.key for client, _ in pairs):.0f} ms at most")


if __name__ == "__main__":
    main()
