"""A run of `xuda client --autopilot`: the script is answered in the real window, and what came of it is printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from app.ui.autopilot import Autopilot

if TYPE_CHECKING:
    from app.bootstrap import Client
    from app.interview.service import InterviewService
    from app.interview.views import InterviewSummary
    from app.ui.application import MainWindow
    from app.ui.context import UiContext
    from app.ui.script import Script


class Flight:
    """Begins at once; ``ended`` is called with the exit code."""

    def __init__(
        self, window: MainWindow, context: UiContext, client: Client, script: Script, ended: Callable[[int], None]
    ) -> None:
        self._client = client
        self._earlier: set[str] = set()
        self._pilot = Autopilot(window, context, script, ended)
        window.runner.service(lambda: client.service.mine(), self._begin, _fail)

    def _begin(self, before: Sequence[InterviewSummary]) -> None:
        self._earlier = {row.interview_id for row in before}
        self._pilot.start()

    def report(self) -> None:
        """One line of JSON: the interview, its answers, what still waits to be delivered, the error if any."""
        client, pilot = self._client, self._pilot
        client.submit(client.service.shutdown).result()
        found = client.submit(lambda: _result(client.service, pilot.interview_id, self._earlier)).result()
        found["answers"] = found["answers"] or pilot.answers
        found["queue"] = client.storage.outbox.counts()[0]
        if pilot.notice:
            found["error"] = pilot.notice
        print(json.dumps(found, ensure_ascii=False), flush=True)


def _fail(error: Exception) -> None:
    raise error


def _result(service: InterviewService, interview_id: str | None, earlier: set[str]) -> dict[str, Any]:
    """The interview of this run: the one that was answered, else the one that came to be (a refusal)."""
    for summary in service.mine():
        if summary.interview_id == interview_id or (interview_id is None and summary.interview_id not in earlier):
            answers = [asdict(answer) for answer in service.answers(summary.interview_id)]
            return {"interview": summary.interview_id, "state": summary.hr_state.value, "answers": answers}
    return {"interview": None, "state": None, "answers": []}
