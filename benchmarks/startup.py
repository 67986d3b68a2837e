"""How long the client takes from process start to its first screen, against a bare Qt window.

``python -m benchmarks.startup [--pairs 5]``: both are started in turn; the first pair warms up and is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_BARE = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel
application = QApplication([])
label = QLabel("x")
label.show()
QTimer.singleShot(0, lambda: (print("shown", file=sys.stderr, flush=True), application.exit()))
application.exec()
"""


def until(command: list[str], text: str, env: dict[str, str]) -> float:
    """Seconds from the start of a process until a line on its stderr holds ``text``; the process is ended then."""
    began = time.monotonic()
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=env) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if text in line:
                taken = time.monotonic() - began
                process.kill()
                return taken
    raise SystemExit(f"{' '.join(command[:4])} ended without «{text}»")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=5)
    pairs = parser.parse_args().pairs
    with tempfile.TemporaryDirectory(prefix="xuda-startup-") as name:
        folder = Path(name)
        script = folder / "script.json"
        script.write_text(json.dumps({"invitation": "ABCD-EFGH"}), "utf-8")
        env = {**os.environ, "XUDA_PASSPHRASE": "benchmark"}
        env.setdefault("QT_QPA_PLATFORM", "offscreen")
        client = [sys.executable, "-m", "app", "client", "--data", str(folder / "data"), "--autopilot", str(script)]
        times: list[tuple[float, float]] = []
        for _ in range(pairs + 1):
            times.append((until(client, "screen=start", env), until([sys.executable, "-c", _BARE], "shown", env)))
    counted = times[1:]
    ratios = [ours / bare for ours, bare in counted]
    print(f"client: median {statistics.median(ours for ours, _ in counted):.2f} s")
    print(f"bare window: median {statistics.median(bare for _, bare in counted):.2f} s")
    print(f"ratio: median {statistics.median(ratios):.2f}, from {min(ratios):.2f} to {max(ratios):.2f}")


if __name__ == "__main__":
    main()
