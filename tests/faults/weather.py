"""Which request of a booth meets which fault on a hostile line: strangers, cuts, stalls, poison; from a seed."""

from __future__ import annotations

import base64
import random
import threading
from dataclasses import dataclass

from contract.api import METHOD_HEADER, Problem
from contract.errors import ErrorCode
from tests.faults.booths import Expected
from tests.support.hostile_line import Fault, Request, canned

CHUNK = 64 * 1024
LEAST_CUTS = 20
# seconds without an answer after which a booth gives up
PATIENCE = 0.7
HTML = b"<!doctype html><html><title>Welcome</title><body>Please log in. <a href=/x>Continue</a></body></html>"
STRANGERS = (
    canned(200, "OK", HTML, "text/html; charset=utf-8"),
    canned(200, "OK", b"{}", "application/json"),
    canned(302, "Found", b"", "text/html", Location="http://portal.example/login"),
    canned(400, "Bad Request", HTML, "text/html"),
    canned(403, "Forbidden", HTML, "text/html"),
    canned(404, "Not Found", b'{"detail":"Not Found"}', "application/json"),
    canned(407, "Proxy Authentication Required", HTML, "text/html", Proxy_Authenticate="Basic realm=x"),
    canned(409, "Conflict", HTML, "text/html"),
    canned(410, "Gone", HTML, "text/html"),
    canned(413, "Request Entity Too Large", HTML, "text/html"),
    canned(422, "Unprocessable", b'{"title":"no","status":422}', "application/problem+json"),
    canned(429, "Too Many Requests", HTML, "text/html", Retry_After="1"),
    canned(500, "Internal Server Error", b"oops", "text/plain"),
    canned(502, "Bad Gateway", HTML, "text/html"),
    canned(503, "Service Unavailable", HTML, "text/html", Retry_After="0"),
    canned(504, "Gateway Timeout", b"", "text/plain"),
    canned(511, "Network Authentication Required", HTML, "text/html"),
    canned(204, "No Content", b"", "text/plain"),
    b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nshort",
    b"\x15\x03\x01\x00\x02\x02\x28",
)


def refusal(status: int, code: ErrorCode) -> bytes:
    body = Problem(code=code, status=status).model_dump_json().encode()
    return canned(status, "Refused", body, "application/problem+json", Tus_Resumable="1.0.0")


# ---- which request meets what ------------------------------------------------------------------------------------


@dataclass
class Story:
    """What has happened to one interview's requests. ``cuts``: those that cannot have got their answer."""

    made: Expected
    name: str
    quota: int
    asked: int = 0
    cuts: int = 0
    poison: tuple[str, bytes] | None = None


class Weather:
    """Decides, the same for the same seed: the n-th request of an interview always meets the same fault."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._by_id: dict[str, Story] = {}
        self._guard = threading.Lock()
        self._others = random.Random(f"{seed} others")
        self.stories: list[Story] = []

    def expect(self, made: Expected, *, poison: tuple[str, bytes] | None = None) -> None:
        number = len(self.stories)
        quota = LEAST_CUTS + random.Random(f"{self._seed} quota {number}").randint(0, 5)
        story = Story(made, f"interview {number}", 0 if poison else quota, poison=poison)
        self.stories.append(story)
        for key in (made.interview_id, *made.uploads):
            self._by_id[key] = story

    def __call__(self, request: Request) -> Fault:
        with self._guard:
            story = self._story_of(request)
            if story is None:
                return self._pick(self._others) if self._others.random() < 0.05 else Fault()
            return self._fault_for(story, request)

    def _story_of(self, request: Request) -> Story | None:
        parts = request.path.strip("/").split("/")
        if parts[:2] == ["v1", "files"] and len(parts) == 2:
            text = request.headers.get("upload-metadata", "")
            return next((s for s in self.stories if _names(text, s.made.interview_id)), None)
        return self._by_id.get(parts[2]) if len(parts) > 2 else None

    def _fault_for(self, story: Story, request: Request) -> Fault:
        story.asked += 1
        # where strangers bar PATCH the client sends the same as POST
        meant = request.headers.get(METHOD_HEADER, request.method)
        if story.poison is not None:
            matches = story.poison[0] in f"{meant} {request.path}"
            return Fault("instead", answer=story.poison[1]) if matches else Fault()
        rng = random.Random(f"{self._seed} {story.name} {story.asked}")
        due = story.cuts < story.quota
        last = "/manifests/" in request.path
        if not due or (rng.random() > 0.6 and not last):
            return Fault()
        fault = self._pick(rng)
        # the manifest is the end: what is still owed to this interview happens to it before that gets through
        while last and not fault.harms:
            fault = self._pick(rng)
        story.cuts += fault.harms
        return fault

    @staticmethod
    def _pick(rng: random.Random) -> Fault:
        kinds = ("up", "down", "lost", "before", "half", "slow", "twice", "instead", "after")
        kind = rng.choices(kinds, (22, 18, 14, 1, 8, 6, 12, 12, 7))[0]
        wait = {"before": PATIENCE * 1.5, "lost": PATIENCE * 1.5 * (rng.random() < 0.08), "slow": rng.random() / 20}
        seconds = wait.get(kind, 0.0)
        return Fault(kind, rng.random(), seconds, rng.random() < 0.4, rng.choice(STRANGERS))


def _names(metadata: str, interview_id: str) -> bool:
    return base64.b64encode(interview_id.encode()).decode() in metadata
