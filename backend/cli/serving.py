"""``init`` and ``serve``."""

from __future__ import annotations

import argparse
import logging
import socket

import uvicorn
from filelock import FileLock, Timeout

from backend import http, runtime
from backend.app import create_app
from backend.cli.arguments import settings_of
from backend.cli.output import print_json, texts
from backend.db.models import Role
from backend.db.postgres import is_postgres
from backend.runtime import Runtime
from backend.services import demo, devices, users
from backend.services.actor import Actor
from backend.services.invitations import InvitationView
from backend.services.users import NewUser
from backend.settings import Settings
from contract.errors import ErrorCode, XudaError


def init(options: argparse.Namespace) -> int:
    """Set up a data folder; prints the secrets that are shown only once."""
    name = options.organisation or (demo.ORGANISATION if options.demo else "")
    if not name:
        raise XudaError(ErrorCode.SETTING_INVALID, field="organisation")
    hr = runtime.create(settings_of(options), name)
    actor = Actor.command_line()
    try:
        facts = _demo_facts(hr, actor) if options.demo else _first_facts(hr, actor)
    finally:
        hr.close()
    if options.json:
        print_json(facts)
    else:
        _print_facts(options, facts)
    return 0


def serve(options: argparse.Namespace) -> int:
    """Serve until told to stop: one server per data folder, or as many as there are ports on a PostgreSQL database."""
    settings = settings_of(options)
    level = logging.INFO if options.verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    if not settings.data.is_dir():
        raise XudaError(ErrorCode.FILE_MISSING, folder=str(settings.data))
    _ = texts(options)
    ready = _("Xuda HR is ready at {address}")
    if is_postgres(settings.database):
        return _serve(settings, ready)
    lock = FileLock(settings.data / "serve.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise XudaError(ErrorCode.ALREADY_RUNNING, folder=str(settings.data)) from error
    with lock:
        return _serve(settings, ready)


def _serve(settings: Settings, ready: str) -> int:
    app = create_app(settings)
    listener = _listen(settings)
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    server = _Server(http.config(app), ready.format(address=f"http://{shown}:{port}"))
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        return 0  # uvicorn has stopped in good order and passes the signal on
    return 0 if server.started else 1


class _Server(uvicorn.Server):
    """Says so once connections are accepted."""

    def __init__(self, config: uvicorn.Config, ready: str) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self._ready, flush=True)


def _listen(settings: Settings) -> socket.socket:
    try:
        return socket.create_server((settings.host, settings.port), family=_family(settings.host), backlog=128)
    except (OSError, OverflowError) as error:
        raise XudaError(ErrorCode.SETTING_INVALID, field="port", value=settings.port, detail=str(error)) from error


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _first_facts(hr: Runtime, actor: Actor) -> dict[str, object]:
    administrator = users.add_user(hr, actor, username="admin", role=Role.ADMINISTRATOR)
    return {**_head(hr, [devices.new_enrolment_code(hr, actor)]), "users": [_user(administrator)]}


def _demo_facts(hr: Runtime, actor: Actor) -> dict[str, object]:
    made = demo.fill(hr, actor)
    invitations = [
        _invitation(view, batch.kit.kit_id, batch.kit.speech_language)
        for batch in made.batches
        for view in batch.invitations
    ]
    return {
        **_head(hr, made.enrolment_codes),
        "batch": made.batches[0].batch_id,
        "kit": made.batches[0].kit.kit_id,
        "batches": {batch.kit.kit_id: batch.batch_id for batch in made.batches},
        "kits": [batch.kit.kit_id for batch in made.batches],
        "invitations": invitations,
        "users": [_user(user) for user in made.users],
    }


def _head(hr: Runtime, codes: list[str]) -> dict[str, object]:
    return {
        "organisation": hr.organisation_name,
        "fingerprint": hr.vault.fingerprint,
        "enrolment_code": codes[0],
        "enrolment_codes": codes,
    }


def _invitation(view: InvitationView, kit: str, speech_language: str) -> dict[str, str]:
    return {
        "code": view.code,
        "token": view.token,
        "candidate": view.candidate,
        "phone": view.phone,
        "kit": kit,
        "speech_language": speech_language,
        "batch": view.batch_id,
    }


def _user(user: NewUser) -> dict[str, str]:
    return {
        "username": user.username,
        "role": user.role.value,
        "password": user.password,
        "totp_secret": user.totp_secret,
        "totp_uri": user.totp_uri,
    }


def _print_facts(options: argparse.Namespace, facts: dict[str, object]) -> None:
    _ = texts(options)
    print(_("Organisation: {name}").format(name=facts["organisation"]))
    print(_("Fingerprint: {fingerprint}").format(fingerprint=facts["fingerprint"]))
    codes = facts["enrolment_codes"]
    assert isinstance(codes, list)
    for code in codes:
        print(_("Enrolment code: {code}").format(code=code))
    people = facts["users"]
    assert isinstance(people, list)
    for user in people:
        line = _("User {username} ({role}): password {password}, one-time code secret {totp_secret}")
        print(line.format(**user))
    waiting = facts.get("invitations", [])
    assert isinstance(waiting, list)
    for invitation in waiting:
        print(_("Invitation {code}: {candidate}, kit {kit}").format(**invitation))
