"""The example adapter: what is new reaches the HR system, once each, in order, also after it was down."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from backend.services import api_tokens, decisions, releases
from backend.services.api_tokens import Scope
from backend.services.candidate_states import Ruling
from tests.backend.staffing import opened
from tests.backend.world import COMMAND_LINE, Served

SCRIPT = Path(__file__).parents[2] / "examples" / "push_results.py"


@dataclass
class HrSystem:
    url: str = ""
    down: bool = False
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@pytest.fixture
def hris() -> Iterator[HrSystem]:
    found = HrSystem()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            allowed = self.headers["Authorization"] == "Bearer theirs"
            if allowed and not found.down:
                found.taken.append((self.path, body))
            self.send_response((503 if found.down else 204) if allowed else 401)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}/api"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join(10)


def run(backend: Served, hris: HrSystem, token: str, state: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), "--xuda", backend.url, "--to", hris.url, "--state", str(state)]
    environment = {**os.environ, "XUDA_TOKEN": token, "HR_TOKEN": "theirs", "PYTHONUTF8": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_what_is_new_is_pushed_once_and_again_when_it_changes(
    own_backend: Served, hris: HrSystem, tmp_path: Path
) -> None:
    scopes = [Scope.RESULTS_READ, Scope.DECISIONS_READ, Scope.CANDIDATES_READ]
    _, token = api_tokens.make(own_backend.hr, COMMAND_LINE, name="HRIS", scopes=scopes, days=1)
    booth, search, state = own_backend.enrol(), opened(own_backend, wanted=3), tmp_path / "state.json"
    ids = [search.interview(booth, name=name, score=score) for name, score in (("李雷", 70), ("韩梅梅", 90))]
    assert run(own_backend, hris, token, state).stdout == "2 records pushed\n"
    assert [(path, body["score"], body["candidate"]["name"]) for path, body in hris.taken] == [
        (f"/api/interviews/{ids[0]}", 70, "李雷"),
        (f"/api/interviews/{ids[1]}", 90, "韩梅梅"),
    ]
    assert run(own_backend, hris, token, state).stdout == "0 records pushed\n"
    decisions.decide(own_backend.hr, search.approver, ids[1], Ruling.ONBOARD)
    assert run(own_backend, hris, token, state).stdout == "0 records pushed\n", "it is not released"
    view = releases.preview(own_backend.hr, search.approver, ids[1])
    assert view is not None
    releases.release(own_backend.hr, search.approver, ids[1], view.decision_id)
    hris.down = True
    stopped = run(own_backend, hris, token, state)
    assert (stopped.returncode, len(hris.taken)) == (1, 2)
    assert "503" in stopped.stderr
    hris.down = False
    assert run(own_backend, hris, token, state).stdout == "1 records pushed\n"
    assert (hris.taken[-1][1]["kind"], hris.taken[-1][1]["ruling"]) == ("decisions", "onboard")
