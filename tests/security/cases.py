"""Requests made up from the API's own descriptions, sent as everybody, and what their answers are held against."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from backend.api.tus import PATCH_TYPE
from contract.api import request_token, upload_token
from tests.backend.world import Booth
from tests.campaigns.model import Findings
from tests.security import rights
from tests.security.places import DEPARTMENTS, World
from tests.security.rights import BY_ROUTE, Right

_PER_ROUND = 100
_NUMBERS = frozenset({"seq", "serial"})
_CONFORMS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
_REFUSALS = ["400", "401", "403", "404", "405", "409", "412", "413", "415", "422", "429", "460"]
# what the framework says of an address that is none of the described ones, which a made-up path may lead to
_ELSEWHERE = frozenset({400, 404, 405})


@schemathesis.serializer(PATCH_TYPE)
def _bytes_as_they_are(context: schemathesis.SerializationContext, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Asked:
    """One made-up request: ``who`` sends it; ``right`` is the route's line in the table of rights. ``real``: all ids in
    the path are of things that exist."""

    case: Case
    right: Right
    who: str
    real: bool
    request: requests.PreparedRequest

    def told(self, what: str) -> str:
        """One line that says how to send it again."""
        body = self.request.body or b""
        shown = body[:300] if isinstance(body, bytes) else body.encode("utf-8", "replace")[:300]
        kept = {name: value for name, value in self.request.headers.items() if name not in ("Authorization", "Cookie")}
        return f"{what} as {self.who}: {self.request.method} {self.request.url} {kept} {shown!r}"


class Asking:
    """Sends cases to a served world, over real connections."""

    def __init__(self, world: World, findings: Findings, seed: int) -> None:
        self.world = world
        self.findings = findings
        self.seed = seed
        self.asked = 0
        self.statuses: dict[int, int] = {}
        self._session = requests.Session()
        self._session.trust_env = False

    def close(self) -> None:
        self._session.close()

    def ask_all(self, description: dict[str, Any], count: int, prefix: str) -> None:
        """At least ``count`` cases over all operations of a description whose addresses lie below ``prefix``."""
        schema = schemathesis.openapi.from_dict(description)
        schema.config.generation.update(with_security_parameters=False)  # tokens are made here
        schema.config.checks.negative_data_rejection.expected_statuses = _REFUSALS
        operations = [found.ok() for found in schema.get_all_operations()]
        goal, turn = self.asked + count, 0
        while self.asked < goal:
            for number, operation in enumerate(operations):
                for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                    left = min(_PER_ROUND, goal - self.asked, 1 + count // len(operations))
                    if left > 0:
                        self._ask(operation, mode, left, f"{self.seed}/{turn}/{number}/{mode}", prefix)
            turn += 1

    def _ask(self, operation: Any, mode: GenerationMode, count: int, seed: str, prefix: str) -> None:
        rng = random.Random(seed)

        @hypothesis.seed(rng.randrange(2**32))
        @hypothesis.settings(
            max_examples=count,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @hypothesis.given(operation.as_strategy(generation_mode=mode))
        def each(case: Case) -> None:
            self._send(case, mode, rng, prefix)

        with suppress(Unsatisfiable):
            each()

    def _send(self, case: Case, mode: GenerationMode, rng: random.Random, prefix: str) -> None:
        right = BY_ROUTE[f"{case.method.upper()} {prefix}{case.operation.path}"]
        # those who may go deepest ask most often
        who = rng.choice(sorted(right.who)) if rng.random() < 0.7 else rng.choice(sorted(rights.EVERYONE))
        asked = self._prepare(case, right, who, rng, prefix)
        if asked is None:
            return
        try:
            answer = self._answer(asked)
        except requests.RequestException as error:
            self.findings.failures.append(asked.told(f"no answer ({type(error).__name__})"))
            return
        self.asked += 1
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        for wrong in self._wrong(asked, answer, mode):
            self.findings.failures.append(asked.told(wrong))

    def _answer(self, asked: Asked) -> requests.Response:
        """Asked again when the connection kept from the request before had just been closed."""
        try:
            return self._session.send(asked.request, allow_redirects=False, timeout=60)
        except requests.ConnectionError:
            return self._session.send(asked.request, allow_redirects=False, timeout=60)

    def _prepare(self, case: Case, right: Right, who: str, rng: random.Random, prefix: str) -> Asked | None:
        real = self._make_real(case, rng, rng.choice(DEPARTMENTS))
        login = self.world.logins.get(who)
        if login is not None and isinstance(case.body, dict) and right.route != "POST /logout":
            case.body["csrf"] = login.csrf
        keywords = case.as_transport_kwargs(base_url=self.world.backend.url + prefix)
        wanted = {"method", "url", "headers", "data", "json", "params", "files", "cookies"}
        cookies = {**(keywords.get("cookies") or {}), **({"xuda_hr": login.token} if login else {})}
        made = {name: value for name, value in keywords.items() if name in wanted} | {"cookies": cookies}
        try:
            request = requests.Request(**made).prepare()
        except (requests.RequestException, ValueError, UnicodeError):
            return None  # nothing that can be sent
        request.headers.pop("Authorization", None)
        if who in self.world.booths:
            request.headers["Authorization"] = _token(self.world.booths[who], request, right)
        if who in self.world.tokens:
            request.headers["Authorization"] = f"Bearer {self.world.tokens[who]}"
        return Asked(case, right, who, real, request)

    def _make_real(self, case: Case, rng: random.Random, department: str) -> bool:
        """Half of the made-up ids become ids of something that exists; True when all of them are."""
        real = True
        for name in case.path_parameters or {}:
            if name not in _NUMBERS and rng.random() < 0.7:
                case.path_parameters[name] = self.world.known(name, department)
            elif name not in _NUMBERS:
                real = False
        return real

    def _wrong(self, asked: Asked, answer: requests.Response, mode: GenerationMode) -> Iterator[str]:
        if answer.status_code >= 500 and answer.status_code != 507:
            yield f"answered {answer.status_code}"
            return
        if asked.real and asked.who not in asked.right.who and answer.status_code < 300:
            yield f"let in ({answer.status_code})"
        if not asked.right.path.startswith(("/v1", "/api/")) or (
            answer.status_code in _ELSEWHERE and mode is GenerationMode.NEGATIVE
        ):
            return
        checks = list(_CONFORMS)
        if asked.who in asked.right.who:
            checks.append(negative_data_rejection)
        try:
            asked.case.validate_response(answer, checks=checks)
        except FailureGroup as group:
            yield from (f"{type(error).__name__}: {' '.join(str(error).split())[:200]}" for error in group.exceptions)
        except Failure as error:
            yield f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def _token(booth: Booth, request: requests.PreparedRequest, right: Right) -> str:
    if right.path.startswith("/v1/files"):
        return f"Bearer {upload_token(booth.key, booth.device_id, booth.now())}"
    body = request.body or b""
    raw = body if isinstance(body, bytes) else body.encode()
    path = request.path_url
    token = request_token(booth.key, booth.device_id, booth.now(), method=request.method or "", path=path, body=raw)
    return f"Bearer {token}"
