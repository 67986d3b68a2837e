"""What devices ask of HR about an interview of parts, and what HR says of it."""

from __future__ import annotations

import requests

from backend.db.models import Interview
from backend.services import interviews, reports
from contract import events as ev
from contract.api import HandOverReply, HandOverRequest, NoticeRequest, Notices
from contract.envelope import open_envelope
from contract.events import EventType
from contract.parts import Elsewhere, HandOver, Notice, NoticeKind
from report.model import InterviewReport
from tests.backend import tus
from tests.backend.world import COMMAND_LINE, Booth, Served, Talk


def elsewhere(talk: Talk) -> Elsewhere | None:
    answer = talk.booth.call("GET", f"/v1/invitations/{talk.invitation_id}/elsewhere")
    assert answer.status_code == 200, answer.text
    found = answer.json()["elsewhere"]
    return Elsewhere.model_validate(found) if found else None


def ask(talk: Talk) -> requests.Response:
    """Ask for the ticket with which ``talk`` may go on."""
    body = HandOverRequest(invitation_id=talk.invitation_id).model_dump_json().encode()
    return talk.booth.call("PUT", f"/v1/interviews/{talk.interview_id}/hand-over", body)


def ticket(talk: Talk) -> HandOver:
    answer = ask(talk)
    assert answer.status_code == 200, answer.text
    envelope = HandOverReply.model_validate_json(answer.content).ticket
    return open_envelope(envelope, HandOver, talk.booth.organisation_keys)


def notices(booth: Booth, *talks: Talk) -> dict[str, NoticeKind]:
    body = NoticeRequest(interviews=[talk.interview_id for talk in talks]).model_dump_json().encode()
    answer = booth.call("POST", "/v1/notices", body)
    assert answer.status_code == 200, answer.text
    found = Notices.model_validate_json(answer.content).notices
    opened = [open_envelope(envelope, Notice, booth.organisation_keys) for envelope in found]
    assert {notice.device_id for notice in opened} <= {booth.device_id}
    return {notice.interview_id: notice.kind for notice in opened}


def code_of(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def state_of(backend: Served, talk: Talk) -> str:
    with backend.hr.db.read() as session:
        return session.get_one(Interview, talk.interview_id).state


def line(backend: Served, talk: Talk) -> interviews.InterviewSummary:
    return interviews.summary(backend.hr, COMMAND_LINE, talk.interview_id)


def report(backend: Served, talk: Talk) -> InterviewReport:
    return reports.build(backend.hr, COMMAND_LINE, talk.interview_id, "en")


def paused(talk: Talk) -> Talk:
    """The first question answered with a recording, the second one open with a take used; then left."""
    talk.started()
    talk.consented()
    sealed = talk.seal(b"a face and a voice")
    talk.spoken(sealed)
    talk.add(EventType.PAUSED, ev.ExitData(reason="network", takes_used={"q2": 1}, seconds_used=77))
    talk.put_all()
    tus.upload(talk, sealed)
    assert talk.deliver(talk.manifest([sealed.ref])).json()["receipt"]
    return talk


def next_part(talk: Talk, booth: Booth) -> Talk:
    return Talk(booth, talk.invitation_id)


def alone(backend: Served, booth: Booth, invitation: str, *steps: str) -> Talk:
    """A part that knows of no other."""
    talk = Talk(booth, invitation)
    talk.started()
    for step in steps:
        if step == "q1":
            talk.spoken(talk.seal(step.encode()))
        elif step == "q2":
            talk.written(f"said to {booth.device_id}")
        elif step == "paused":
            talk.paused()
        else:
            talk.finished()
    return talk
