"""The telephone gateway and the robots, played by real servers that check what their makers say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import timedelta
from pathlib import Path

import pytest

from backend.sending.outcome import Channel
from backend.sending.settings import Sending
from backend.services.candidates import Person
from tests.backend.mailbox import dingtalk_judge, hook, wecom_judge
from tests.backend.posting import person, place
from tests.backend.world import wait_until


def test_the_sms_gateway_gets_the_template_with_a_bearer_token_or_a_signature(tmp_path: Path) -> None:
    body = '{"to": ["{phone}"], "content": "{text}", "params": {"code": "{code}", "n": 1, "x": "{unknown} {"}}'
    with hook(lambda asked: (200, {})) as gateway:
        for auth in ("bearer", "signature"):
            sending = Sending(
                sms_url=f"{gateway.url}/send?app=1", sms_secret="s3cret", sms_auth=auth, sms_body=body, private=True
            )
            with place(tmp_path / auth, sending) as here:
                (invitation,) = here.invite(Person('王"}{phone}', phone="13812345678"))
                here.send(Channel.SMS)
                here.settle()
                assert here.states() == {"sent": 1}
                name = here.row(invitation).id
    bearer, signed = gateway.asked
    assert bearer.headers["authorization"] == "Bearer s3cret"
    assert bearer.query == {"app": "1"}
    assert bearer.json["to"] == ["13812345678"]
    assert bearer.json["params"]["n"] == 1
    assert bearer.json["params"]["x"] == "{unknown} {"
    assert '王"}{phone}您好' in bearer.json["content"]
    assert re.search(r"邀请码 [0-9A-Z]{4}-[0-9A-Z]{4}", bearer.json["content"])
    assert "authorization" not in signed.headers
    assert signed.headers["idempotency-key"] == signed.headers["webhook-id"] == name
    text = f"{name}.{signed.headers['webhook-timestamp']}.".encode() + signed.body
    wanted = base64.b64encode(hmac.new(b"s3cret", text, hashlib.sha256).digest()).decode()
    assert signed.headers["webhook-signature"] == f"v1,{wanted}"


def test_robots_are_asked_as_their_makers_say(tmp_path: Path) -> None:
    with hook(dingtalk_judge("SECtest")) as dingtalk, hook(wecom_judge("k-1")) as wecom:
        sending = Sending(
            dingtalk_url=f"{dingtalk.url}/robot/send?access_token=t",
            dingtalk_secret="SECtest",
            wecom_url=f"{wecom.url}/cgi-bin/webhook/send?key=k-1",
            robot_per_minute=600,
            private=True,
        )
        with place(tmp_path, sending) as here:
            here.invite(person(1), person(2), Person("无电话", email="x@example.test"))
            here.send(Channel.DINGTALK, Channel.WECOM)
            here.settle()
            assert here.states() == {"sent": 6}
    assert [asked.json["at"]["atMobiles"] for asked in dingtalk.asked] == [["13800000001"], ["13800000002"], []]
    assert all(asked.query["access_token"] == "t" for asked in dingtalk.asked)
    assert wecom.asked[0].json["text"]["mentioned_mobile_list"] == ["13800000001"]
    assert "mentioned_mobile_list" not in wecom.asked[2].json["text"]
    assert "xuda://i/" in wecom.asked[0].json["text"]["content"]


def test_a_robot_with_a_wrong_secret_waits_and_one_that_is_too_busy_is_left_alone(tmp_path: Path) -> None:
    with hook(dingtalk_judge("SECright")) as robot:
        url = f"{robot.url}/robot/send?access_token=t"
        sending = Sending(dingtalk_url=url, dingtalk_secret="SECwrong", private=True)
        with place(tmp_path, sending) as here:
            ids = here.invite(*map(person, range(3)))
            here.send(Channel.DINGTALK)
            wait_until(lambda: here.row(ids[2]).error == "robot:310000")
            assert here.states() == {"queued": 3}
        assert len(robot.asked) == 1


def test_a_robot_gets_no_more_than_its_makers_allow(tmp_path: Path) -> None:
    with hook() as robot:
        sending = Sending(wecom_url=f"{robot.url}/send?key=1", robot_per_minute=2, private=True)
        with place(tmp_path, sending) as here:
            here.invite(*map(person, range(3)))
            here.send(Channel.WECOM)
            for count in (1, 2, 3):
                wait_until(lambda count=count: here.states()["sent"] == count)
                assert len(robot.asked) == count
                here.advance(timedelta(seconds=30))


@pytest.mark.parametrize(
    ("status", "body", "state", "error"),
    [
        (400, {}, "bounced", "http:400"),
        (422, {}, "bounced", "http:422"),
        (401, {}, "queued", "login"),
        (404, {}, "queued", "http:404"),
        (429, {}, "queued", "http:429"),
        (503, {}, "queued", "http:503"),
        (408, {}, "queued", "http:408"),
        (504, {}, "uncertain", "broken_off"),
        (0, {}, "uncertain", "broken_off"),
        (302, {}, "queued", "http:302"),
        (200, b"x" * 5_000_000, "sent", ""),
    ],
)
def test_what_a_gateway_answers_decides(tmp_path: Path, status: int, body: object, state: str, error: str) -> None:
    with hook() as elsewhere, hook(lambda _: (status, body)) as gateway:
        gateway.headers["Location"] = elsewhere.url
        sending = Sending(sms_url=gateway.url, sms_secret="s", private=True)
        with place(tmp_path, sending) as here:
            (invitation,) = here.invite(person(1))
            here.send(Channel.SMS)
            wait_until(lambda: gateway.asked and here.row(invitation).error == error)
            wait_until(lambda: here.row(invitation).state == state)
        assert len(gateway.asked) == 1
        assert elsewhere.asked == []


@pytest.mark.parametrize("body", [b"<html>", {"errcode": "0"}, {}, []])
def test_a_robot_that_does_not_say_whether_it_took_it_leaves_it_uncertain(tmp_path: Path, body: object) -> None:
    with hook(lambda _: (200, body)) as robot:
        sending = Sending(wecom_url=f"{robot.url}/send?key=1", private=True)
        with place(tmp_path, sending) as here:
            (invitation,) = here.invite(person(1))
            here.send(Channel.WECOM)
            wait_until(lambda: here.row(invitation).state == "uncertain")
