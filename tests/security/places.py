"""A backend with an interview in each department, everybody logged in, and what paths and bodies are filled with."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import requests

from backend.db.integration_models import ApiTokenRow
from backend.db.models import Interview, InvitationRow, Placement, Role
from backend.ratelimit import RateLimit
from backend.services import (
    api_tokens,
    auth,
    candidate_access,
    courses,
    deletion,
    department_releases,
    device_settings,
    devices,
    employees,
    forecast_answers,
    messages,
    positions,
    requisitions,
    users,
)
from backend.services.api_tokens import Scope
from backend.services.courses import CourseDraft
from backend.services.positions import PositionDraft
from backend.services.requisitions import Wish
from contract import events as ev
from contract.api import Contact
from contract.canonical import b64encode
from contract.keys import SigningKey
from tests.backend import tus
from tests.backend.world import COMMAND_LINE, Booth, Sealed, Served, Talk, invite, served
from tests.security import rights
from tests.security.kit_places import KIT_PATHS
from tests.security.rights import Right

DEPARTMENTS = ("rd", "rd-lab", "sales")
SEEN_BY_HEAD = frozenset({"rd", "rd-lab"})
_ROLES = {
    rights.ADMINISTRATOR: (Role.ADMINISTRATOR, None),
    rights.HR: (Role.HR, None),
    rights.HEAD: (Role.DEPARTMENT_HEAD, "rd"),
    rights.AUDITOR: (Role.AUDITOR, None),
}


@dataclass
class Place:
    """One department's interview with a recording, a transcript and an upload that is not finished."""

    talk: Talk
    sealed: Sealed


@dataclass
class Login:
    """What a browser keeps of a login, and what forms carry."""

    token: str
    csrf: str


@dataclass
class World:
    backend: Served
    logins: dict[str, Login]
    booths: dict[str, Booth]
    places: dict[str, Place]
    batch_id: str
    tokens: dict[str, str] = field(default_factory=dict)
    candidates: dict[str, str] = field(default_factory=dict)
    counter: Iterator[int] = field(default_factory=lambda: iter(range(100, 1_000_000)))
    _known: dict[tuple[str, str], str] = field(default_factory=dict)

    def ask(self, right: Right, who: str, department: str) -> requests.Response:
        """The route as ``who``, for the interview of ``department``; redirects are not followed."""
        if right.path.startswith("/v1"):
            return self._ask_api(right, who, department)
        if right.path.startswith("/api/"):
            return self._ask_programs(right, who, department)
        return self._ask_portal(right, who, department)

    def known(self, name: str, department: str) -> str:
        """One thing of this kind, the same each time it is asked for."""
        if (name, department) not in self._known:
            self._known[name, department] = PATHS[name](self, department)
        return self._known[name, department]

    def fill(self, path: str, department: str) -> str:
        """The path with real things in it."""
        return re.sub(r"\{(\w+)\}", lambda found: PATHS[found[1]](self, department), path)

    def _ask_portal(self, right: Right, who: str, department: str) -> requests.Response:
        login = self.logins.get(who)
        method = "GET" if right.method == "MOUNT" else right.method
        headers = {}
        if who in self.booths:
            headers = self.booths[who].upload_headers()
        if who in self.tokens:
            headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        form = dict(right.form)
        if method == "POST":
            form["csrf"] = login.csrf if login else "x"
        files = {"file": b""} if right.path.endswith(("/candidates", "/import", "/file")) and method == "POST" else None
        live = right.path.endswith("/live")  # never ends by itself
        answer = requests.request(
            method,
            self.backend.url + self.fill(right.path, department) + ("/mark.svg" if right.method == "MOUNT" else ""),
            params={"to": "en"} if right.path == "/language" else None,
            data=form or None,
            files=files,
            cookies=self._cookies(who),
            headers=headers,
            allow_redirects=False,
            timeout=60,
            stream=live,
        )
        if live:
            answer.close()
        return answer

    def _cookies(self, who: str) -> dict[str, str] | None:
        if who in self.logins:
            return {"xuda_hr": self.logins[who].token}
        if who in self.candidates:
            return {"xuda_candidate": self.candidates[who], "xuda_hr_form": "x"}
        return None

    def _ask_programs(self, right: Right, who: str, department: str) -> requests.Response:
        headers = {}
        if who in self.booths:
            headers = self.booths[who].upload_headers()
        if who in self.tokens:
            headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        return requests.request(
            right.method,
            self.backend.url + self.fill(right.path, department),
            json=dict(right.body) if right.method in ("POST", "PUT") else None,
            cookies=self._cookies(who),
            headers=headers,
            timeout=60,
        )

    def _ask_api(self, right: Right, who: str, department: str) -> requests.Response:
        path = self.fill(right.path, department)
        if who in self.booths:
            return BUILDERS[right.request](self, self.booths[who], right, department, path)
        cookies = self._cookies(who)
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "1"}
        if who in self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        return requests.request(
            right.method, self.backend.url + path, data=_ENROLMENT, cookies=cookies, headers=headers, timeout=60
        )


_KEY = b64encode(SigningKey.generate().public)
_ENROLMENT = json.dumps(
    {"code": "AAAAA-AAAAA-AAAAA", "public_key": _KEY, "name": "n", "platform": "p", "app_version": "1"}
).encode()


# ---- what stands for {…} in a path ----------------------------------------------------------------------------------
PATHS: dict[str, Callable[[World, str], str]] = {
    "interview_id": lambda world, department: world.places[department].talk.interview_id,
    "invitation_id": lambda world, department: world.places[department].talk.invitation_id,
    "object_id": lambda world, department: world.places[department].sealed.object_id,
    "answer_id": lambda world, department: "a-q1",
    "batch_id": lambda world, department: world.batch_id,
    "key": lambda world, department: "fates",
    "job_id": lambda world, department: "none",
    "model_id": lambda world, department: "none",
    "redo_id": lambda world, department: "none",
    "link_id": lambda world, department: "none",
    "token": lambda world, department: f"{'0' * 36}.{'0' * 64}",
    "comment_id": lambda world, department: "none",
    "import_id": lambda world, department: "none",
    "place": lambda world, department: "0",
    "sha256": lambda world, department: "0" * 64,
    "kit_id": lambda world, department: "test",
    "device_id": lambda world, department: world.booths[rights.REVOKED].device_id,
    "name": lambda world, department: _begun(world, department),
    "deleted_id": lambda world, department: _deleted(world),
    "seq": lambda world, department: str(next(world.counter)),
    "serial": lambda world, department: str(next(world.counter)),
    "message_id": lambda world, department: _message(world),
    "department_id": lambda world, department: "rd",
    "position_id": lambda world, department: _position(world, department),
    "requisition_id": lambda world, department: _requisition(world, department),
    "course_id": lambda world, department: _course(world),
    "table_name": lambda world, department: "positions",
    "topic": lambda world, department: "start",
    "employee_id": lambda world, department: _employee(world),
    "code": lambda world, department: "none",
    "token_id": lambda world, department: "none",
    "webhook_id": lambda world, department: "none",
    "delivery_id": lambda world, department: "none",
    **{name: (lambda world, department, made=made: made(world.backend.hr)) for name, made in KIT_PATHS.items()},
    "placement_id": lambda world, department: _ended_placement(world),
}


def _message(world: World) -> str:
    """A message to everyone that was not withdrawn yet."""
    now = world.backend.hr.now()
    draft = messages.Draft(messages.EVERYONE, {"en": "Title"}, {"en": "Text"}, now, now + timedelta(days=1))
    return messages.send(world.backend.hr, COMMAND_LINE, draft)


def _requisition(world: World, department: str) -> str:
    """A new draft."""
    return requisitions.ask(world.backend.hr, COMMAND_LINE, Wish(world.known("position_id", department), 1))


def _employee(world: World) -> str:
    table = "code,name,department\nE1,Somebody,rd\n"
    employees.import_people(world.backend.hr, COMMAND_LINE, table.encode())
    return employees.lines(world.backend.hr, COMMAND_LINE)[0][0].employee_id


def _course(world: World) -> str:
    """A new one."""
    draft = CourseDraft(f"C{next(world.counter)}", "Course", ["Python"], 80, 8)
    return courses.add(world.backend.hr, COMMAND_LINE, draft)


def _position(world: World, department: str) -> str:
    return positions.add(world.backend.hr, COMMAND_LINE, PositionDraft(department, {"en": "Position"}, 5))


def _ended_placement(world: World) -> str:
    """A place that is free again, of the interview in rd."""
    hr = world.backend.hr
    requisition_id = world.known("requisition_id", "rd")
    with hr.db.write() as session:
        row = Placement(
            requisition_id=requisition_id,
            invitation_id=world.places["rd"].talk.invitation_id,
            department_id="rd",
            score=80,
            threshold=80,
            confirmed_by="somebody",
            confirmed_at=hr.now(),
            ended_at=hr.now(),
        )
        session.add(row)
        session.flush()
        return row.id


def _begun(world: World, department: str) -> str:
    """The name of a new upload of the interview's own device."""
    place = world.places[department]
    fresh = Sealed(str(uuid.uuid4()), b"x" * 10)
    return tus.location(place.talk, fresh).rpartition("/")[2]


def _deleted(world: World) -> str:
    """An interview that was deleted, with its certificate."""
    talk = Talk(world.booths[rights.OTHER], invite(world.backend.hr, "gone", phone="13700137000"))
    talk.started()
    talk.put_all()
    deletion.delete_interview(world.backend.hr, COMMAND_LINE, talk.interview_id)
    return talk.interview_id


# ---- what devices send ----------------------------------------------------------------------------------------------
Builder = Callable[[World, Booth, Right, str, str], requests.Response]


def _plain(world: World, booth: Booth, right: Right, department: str, path: str) -> requests.Response:
    return booth.call(right.method, path)


def _enrolment(world: World, booth: Booth, right: Right, department: str, path: str) -> requests.Response:
    return requests.post(booth.url + path, data=_ENROLMENT, timeout=60)


def _contact(world: World, booth: Booth, right: Right, department: str, path: str) -> requests.Response:
    sign = Contact(pending=0, failed=0, clock=datetime.now(UTC), app_version="1")
    return booth.call("POST", path, sign.model_dump_json().encode())


def _as(world: World, booth: Booth, department: str) -> Talk:
    """The department's interview as ``booth`` would speak of it."""
    talk = world.places[department].talk
    return Talk(booth, talk.invitation_id, talk.interview_id, talk.key, dict(talk.envelopes))


def _event(world: World, booth: Booth, right: Right, department: str, path: str) -> requests.Response:
    talk = _as(world, booth, department)
    seq = int(path.rpartition("/")[2])
    return booth.call("PUT", path, talk.add(ev.EventType.RESUMED, ev.ResumedData(), seq=seq))


def _manifest(world: World, booth: Booth, right: Right, department: str, path: str) -> requests.Response:
    talk = _as(world, booth, department)
    serial = int(path.rpartition("/")[2])
    document = talk.manifest([], serial=serial, last_seq=serial)
    return booth.call("PUT", path, booth.sign(document))


def _hand_over(world: World, booth: Booth, right: Right, department: str, path: str) -> requests.Response:
    body = json.dumps({"invitation_id": world.places[department].talk.invitation_id})
    return booth.call("PUT", path, body.encode())


def _notices(world: World, booth: Booth, right: Right, department: str, path: str) -> requests.Response:
    return booth.call("POST", path, json.dumps({"interviews": [world.places[department].talk.interview_id]}).encode())


def _creation(world: World, booth: Booth, right: Right, department: str, path: str) -> requests.Response:
    return tus.create(_as(world, booth, department), Sealed(str(uuid.uuid4()), b"x" * 10))


def _upload(world: World, booth: Booth, right: Right, department: str, path: str) -> requests.Response:
    return requests.request(right.method, booth.url + path, headers=booth.upload_headers(), timeout=60)


def _chunk(world: World, booth: Booth, right: Right, department: str, path: str) -> requests.Response:
    return tus.patch(booth, booth.url + path, 0, b"x")


BUILDERS: dict[str, Builder] = {
    "": _plain,
    "enrolment": _enrolment,
    "contact": _contact,
    "event": _event,
    "manifest": _manifest,
    "hand-over": _hand_over,
    "notices": _notices,
    "creation": _creation,
    "upload": _upload,
    "chunk": _chunk,
}


# ---- building it ----------------------------------------------------------------------------------------------------


@contextmanager
def world(data: Path) -> Iterator[World]:
    """Everybody logged in with a fresh one-time code; one device delivers all interviews, one none, one is revoked."""
    with served(data) as backend:
        booths = {name: backend.enrol(name) for name in (rights.OWNER, rights.OTHER, rights.REVOKED)}
        devices.revoke(backend.hr, COMMAND_LINE, booths[rights.REVOKED].device_id)
        device_settings.save(backend.hr, COMMAND_LINE, device_settings.ALL, {"scoring": True})
        places = {name: _deliver(backend, booths[rights.OWNER], name) for name in DEPARTMENTS}
        batch_id = _batch(backend, places["rd"].talk.invitation_id)
        forecast_answers.show_to_heads(backend.hr, COMMAND_LINE, on=True)
        # strangers ask here more often than a guesser may: that limit has tests of its own
        object.__setattr__(backend.hr.limits, "tokens", RateLimit(limit=1_000_000, window=60))
        logins = {who: login(backend, who) for who in _ROLES}
        yield World(backend, logins, booths, places, batch_id, _tokens(backend), _candidates(backend, places))


def _tokens(backend: Served) -> dict[str, str]:
    """Of programs: with every scope, the same bound to rd, and with one that no route needs that another has."""
    wanted: list[tuple[str, list[str], str | None]] = [
        (rights.PROGRAM, list(Scope), None),
        (rights.PROGRAM_RD, list(Scope), "rd"),
    ]
    made = {
        who: api_tokens.make(backend.hr, COMMAND_LINE, name=who, scopes=scopes, days=1, department_id=department)[1]
        for who, scopes, department in wanted
    }
    bare, token = api_tokens.make(backend.hr, COMMAND_LINE, name="bare", scopes=[Scope.RESULTS_READ], days=1)
    with backend.hr.db.write() as session:
        session.get_one(ApiTokenRow, bare).scopes = []
    return {**made, rights.PROGRAM_BARE: token}


def _candidates(backend: Served, places: dict[str, Place]) -> dict[str, str]:
    with backend.hr.db.read() as session:
        code = session.get_one(InvitationRow, places["rd"].talk.invitation_id).code
    return {rights.CANDIDATE: candidate_access.sign_in(backend.hr, code, "13800138000", address="candidate")}


def login(backend: Served, who: str) -> Login:
    """A new login of the user of this name, who is made when missing."""
    role, department = _ROLES[who]
    name = f"{who} {uuid.uuid4()}"
    made = users.add_user(backend.hr, COMMAND_LINE, username=name, role=role, department_id=department)
    code = pyotp.TOTP(made.totp_secret).at(backend.hr.now())
    token = auth.login(backend.hr, name, made.password, code, address=name)
    view = auth.current(backend.hr, token)
    assert view is not None
    return Login(token, view.csrf)


def _deliver(backend: Served, booth: Booth, department: str) -> Place:
    talk = Talk(booth, invite(backend.hr, f"候选人{department}", department=department))
    talk.started()
    sealed = talk.seal(b"picture and sound of " + department.encode())
    talk.spoken(sealed)
    talk.heard(f"something said in {department}")
    talk.put_all()
    tus.upload(talk, sealed)
    with backend.hr.db.write() as session:
        session.get_one(Interview, talk.interview_id).scored_at = backend.hr.now()
    department_releases.release(backend.hr, COMMAND_LINE, talk.interview_id)
    return Place(talk, sealed)


def _batch(backend: Served, invitation_id: str) -> str:
    with backend.hr.db.read() as session:
        return session.get_one(InvitationRow, invitation_id).batch_id
