"""A local server that speaks the OpenAI-compatible form of chat completions, for tests of second opinions."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["Asked"], "Sent"]


@dataclass(frozen=True)
class Asked:
    """One request. ``given``: what the user message holds."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def given(self) -> list[dict[str, Any]]:
        questions: list[dict[str, Any]] = json.loads(self.body["messages"][1]["content"])["questions"]
        return questions


@dataclass(frozen=True)
class Sent:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def said(questions: object) -> Sent:
    """What a model writes that keeps to the form."""
    return text(json.dumps({"questions": questions}, ensure_ascii=False))


def text(content: str) -> Sent:
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return Sent(body=json.dumps({"id": "c", "object": "chat.completion", "choices": [choice]}).encode())


def about(name: str, *points: tuple[str, str], level: object = 3) -> dict[str, Any]:
    """``points``: text and quote."""
    made = [{"kind": "strength", "text": words, "quote": quote} for words, quote in points]
    return {"id": name, "level": level, "points": made}


@dataclass
class LanguageModel:
    """``answer`` says what is sent for a request. ``hang``: wait for this before sending."""

    url: str = ""
    answer: Answer = lambda asked: said([])
    asked: list[Asked] = field(default_factory=list)
    hang: threading.Event | None = None


@contextmanager
def language_model() -> Iterator[LanguageModel]:
    model = LanguageModel()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, json.loads(body))
            model.asked.append(asked)
            if model.hang is not None:
                model.hang.wait(20)
            sent = model.answer(asked)
            try:
                self.send_response(sent.status)
                for name, value in {"Content-Length": str(len(sent.body)), **sent.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(sent.body)
            except OSError:
                return  # nobody waits any more

        def log_message(self, format: str, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        model.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        try:
            yield model
        finally:
            server.shutdown()
            thread.join(10)
