"""Events to other programs: signed as the public library checks it, once each, again until they arrive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from backend.db.integration_models import WebhookDeliveryRow, WebhookEventRow
from backend.runtime import open_runtime
from backend.sending import hooks as sender
from backend.sending.settings import Sending
from backend.services import decisions, deletion, hooks, releases
from backend.services.candidate_states import Ruling
from backend.services.hooks import CHOSEN, DeliveryState
from backend.services.requisition_states import Move
from backend.settings import Settings
from tests.backend.mailbox import Asked, Hook, hook
from tests.backend.staffing import opened, refusal, somebody
from tests.backend.world import COMMAND_LINE, Clock, Served, Talk, invite, organisation, served, wait_until


@contextmanager
def told(path: Path, judge: Any = None, **more: Any) -> Iterator[tuple[Served, Hook, str, str]]:
    """A backend with one endpoint: (backend, endpoint, its id, its secret)."""
    with served(path / "data", sending=Sending(private=True)) as backend, hook(judge) as box:
        endpoint_id, secret = add(backend, box, **more)
        yield backend, box, endpoint_id, secret


def add(backend: Served, box: Hook, **more: Any) -> tuple[str, str]:
    wanted: dict[str, Any] = {"name": "HRIS", "url": f"{box.url}/xuda", "kinds": list(CHOSEN), **more}
    return hooks.add(backend.hr, COMMAND_LINE, **wanted)


def opened_by(secret: str, asked: Asked) -> dict[str, Any]:
    """The message as the public library reads it. Raises WebhookVerificationError."""
    found: dict[str, Any] = Webhook(secret).verify(asked.body, asked.headers)
    return found


def states(backend: Served) -> list[str]:
    with backend.hr.db.read() as session:
        return [row.state for row in session.query(WebhookDeliveryRow).order_by(WebhookDeliveryRow.created_at)]


def test_what_happens_is_told_with_signatures_the_public_library_accepts(tmp_path: Path) -> None:
    with told(tmp_path) as (backend, box, _, secret):
        search = opened(backend)
        booth = backend.enrol()
        interview_id = search.interview(booth, score=90)
        decisions.decide(backend.hr, search.approver, interview_id, Ruling.ONBOARD)
        view = releases.preview(backend.hr, search.approver, interview_id)
        assert view is not None
        releases.release(backend.hr, search.approver, interview_id, view.decision_id)
        deletion.delete_interview(backend.hr, COMMAND_LINE, interview_id)
        wait_until(lambda: len(box.asked) == 7)
        messages = [opened_by(secret, asked) for asked in box.asked]
        assert sorted(message["type"] for message in messages) == [
            "decision.released",
            "interview.deleted",
            "interview.state_changed",
            "interview.state_changed",
            "requisition.closed",
            "requisition.opened",
            "result.ready",
        ]
        (result,) = [message["data"] for message in messages if message["type"] == "result.ready"]
        assert (result["interview_id"], result["score"], result["department_id"]) == (interview_id, 90, "rd")
        assert len({asked.headers["webhook-id"] for asked in box.asked}) == 7
        assert not any("李雷" in asked.body.decode() for asked in box.asked)


def test_another_secret_does_not_fit(tmp_path: Path) -> None:
    with told(tmp_path) as (backend, box, endpoint_id, _):
        hooks.ping(backend.hr, COMMAND_LINE, endpoint_id)
        wait_until(lambda: box.asked)
        with pytest.raises(WebhookVerificationError):
            opened_by("whsec_" + "A" * 43 + "=", box.asked[0])


def test_while_a_secret_is_changed_both_fit(tmp_path: Path) -> None:
    with told(tmp_path) as (backend, box, endpoint_id, old):
        new = hooks.rotate(backend.hr, COMMAND_LINE, endpoint_id)
        hooks.ping(backend.hr, COMMAND_LINE, endpoint_id)
        wait_until(lambda: box.asked)
        assert opened_by(old, box.asked[0]) == opened_by(new, box.asked[0])
        backend.clock.ahead = hooks.BOTH_SIGN + timedelta(minutes=1)
        hooks.ping(backend.hr, COMMAND_LINE, endpoint_id)
        wait_until(lambda: len(box.asked) == 2)
        assert len(box.asked[1].headers["webhook-signature"].split()) == 1


def test_one_that_is_refused_is_sent_again_with_the_same_id_until_it_is_taken(tmp_path: Path) -> None:
    answers = iter([500, 503, 200])
    with told(tmp_path, lambda _: (next(answers), {})) as (backend, box, endpoint_id, _):
        hooks.ping(backend.hr, COMMAND_LINE, endpoint_id)
        for number in (1, 2):
            wait_until(lambda number=number: len(box.asked) == number)  # type: ignore[misc]
            wait_until(lambda: hooks.endpoint(backend.hr, COMMAND_LINE, endpoint_id).failures == len(box.asked))
            assert states(backend) == [DeliveryState.WAITING]
            backend.clock.ahead += timedelta(minutes=1)
        wait_until(lambda: states(backend) == [DeliveryState.SENT])
        assert len({asked.headers["webhook-id"] for asked in box.asked}) == 1
        assert len(box.asked) == 3
        assert hooks.endpoint(backend.hr, COMMAND_LINE, endpoint_id).failures == 0


def test_one_message_that_is_not_understood_does_not_hold_up_the_next(tmp_path: Path) -> None:
    def judge(asked: Asked) -> tuple[int, Any]:
        return (422 if asked.json["type"] == "ping" else 200), {}

    with told(tmp_path, judge) as (backend, box, endpoint_id, _):
        hooks.ping(backend.hr, COMMAND_LINE, endpoint_id)
        wait_until(lambda: box.asked)
        search = opened(backend)
        search.move(Move.CLOSE)
        wait_until(lambda: len(box.asked) == 3)
        wait_until(lambda: sorted(states(backend)) == ["sent", "sent", "waiting"])


def test_an_endpoint_that_is_gone_is_told_nothing_more(tmp_path: Path) -> None:
    with told(tmp_path, lambda _: (410, {})) as (backend, box, endpoint_id, _):
        hooks.ping(backend.hr, COMMAND_LINE, endpoint_id)
        wait_until(lambda: states(backend) == [DeliveryState.FAILED])
        opened(backend)
        assert hooks.endpoints(backend.hr, COMMAND_LINE) == []
        assert len(box.asked) == 1


def test_what_was_taken_by_a_server_that_died_is_due_again(tmp_path: Path) -> None:
    clock = Clock()
    organisation(tmp_path / "data").close()
    hr = open_runtime(Settings(data=tmp_path / "data"), now=clock)  # nobody sends here
    endpoint_id, _ = hooks.add(hr, COMMAND_LINE, name="x", url="https://example.org/", kinds=[CHOSEN[0]])
    hooks.ping(hr, COMMAND_LINE, endpoint_id)
    (delivery_id,) = sender.due(hr)[endpoint_id]
    taken = sender.take(hr, delivery_id)
    assert taken is not None
    assert sender.due(hr) == {}
    assert sender.take(hr, delivery_id) is None, "another process has it"
    clock.ahead = timedelta(minutes=6)
    again = sender.take(hr, sender.due(hr)[endpoint_id][0])
    assert again is not None
    assert again.body == taken.body
    assert again.headers["webhook-id"] == taken.headers["webhook-id"]
    hr.close()


def test_after_three_days_it_is_given_up_and_a_person_may_send_it_again(tmp_path: Path) -> None:
    answers = {"status": 500}
    with told(tmp_path, lambda _: (answers["status"], {})) as (backend, box, endpoint_id, _):
        hooks.ping(backend.hr, COMMAND_LINE, endpoint_id)
        wait_until(lambda: box.asked)
        backend.clock.ahead = sender.GIVE_UP + timedelta(hours=1)
        wait_until(lambda: states(backend) == [DeliveryState.FAILED])
        answers["status"] = 204
        ((row,), total) = hooks.deliveries(backend.hr, COMMAND_LINE, endpoint_id)
        assert (total, row.error) == (1, "http:500")
        hooks.send_again(backend.hr, COMMAND_LINE, endpoint_id, row.delivery_id)
        wait_until(lambda: states(backend) == [DeliveryState.SENT])
        assert len({asked.headers["webhook-id"] for asked in box.asked}) == 1


def test_an_endpoint_of_a_department_hears_of_that_alone(tmp_path: Path) -> None:
    with told(tmp_path, department_id="rd") as (backend, box, _, _secret):
        booth = backend.enrol()
        for department in ("sales", "rd-lab"):
            phone = "13800138000" if department == "sales" else "13800138001"
            talk = Talk(booth, invite(backend.hr, "李雷", phone=phone, department=department))
            talk.started()
            talk.put_all()
        wait_until(lambda: box.asked)
        with backend.hr.db.read() as session:
            assert [row.data["department_id"] for row in session.query(WebhookEventRow)] == ["rd-lab"]


def test_what_was_rolled_back_is_told_to_nobody(tmp_path: Path) -> None:
    with told(tmp_path) as (backend, box, _, _secret):
        search = opened(backend)
        wait_until(lambda: len(box.asked) == 1)
        interview_id = search.interview(backend.enrol(), score=50)
        code, _field = refusal(decisions.decide, backend.hr, search.approver, interview_id, Ruling.ONBOARD)
        assert code == "conflict"
        wait_until(lambda: set(states(backend)) == {DeliveryState.SENT})
        assert "requisition.closed" not in {asked.json["type"] for asked in box.asked}


def test_addresses_inside_the_network_and_plain_http_are_refused(backend: Served) -> None:
    for url in ("http://example.com/x", "ftp://example.com", "https://user:pw@example.com/", "https://example.com/#x"):
        wanted: dict[str, Any] = {"name": "x", "url": url, "kinds": list(CHOSEN)}
        assert refusal(hooks.add, backend.hr, COMMAND_LINE, **wanted) == ("setting_invalid", "url")
    assert refusal(hooks.add, backend.hr, somebody(backend.hr), name="x", url="https://e.org", kinds=list(CHOSEN)) == (
        "forbidden",
        None,
    )


def test_old_messages_go_after_a_month(tmp_path: Path) -> None:
    with told(tmp_path) as (backend, _, endpoint_id, _secret):
        hooks.ping(backend.hr, COMMAND_LINE, endpoint_id)
        wait_until(lambda: states(backend) == [DeliveryState.SENT])
        assert hooks.forget_old(backend.hr) == 0
        backend.clock.ahead = hooks.KEPT + timedelta(days=1)
        assert hooks.forget_old(backend.hr) == 1
        assert states(backend) == []
