"""Messages over the web: a gateway for telephones, the robots of DingTalk and WeCom, each as its makers say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from backend.sending import signing
from backend.sending.egress import Egress, Reply
from backend.sending.letters import Letter
from backend.sending.outcome import BROKEN_OFF, LOGIN, UNREADABLE, ChannelDown, Later, Refused, Unsure
from backend.sending.settings import Sending

_JSON = {"Content-Type": "application/json; charset=utf-8", "Accept": "application/json", "User-Agent": "xuda-hr"}
# a robot's message may be so long, in bytes
_MOST_GROUP = 2000
_ROBOT_DOWN = frozenset({-1, 130101, 410100, 410101, 45009, 45033})  # busy, or too many at a time
_ROBOT_LOGIN = frozenset({300001, 310000, 400101, 400102, 40001, 40014, 93000, 93004, 93008})  # token, signature, place


class Sms:
    """A gateway that takes JSON. Each request carries the message's id, so that a gateway may know it again."""

    def __init__(self, sending: Sending) -> None:
        self._sending = sending
        self._egress = Egress(private=sending.private, ca=sending.ca)

    def send(self, letter: Letter, address: str, message_id: str, at: datetime) -> None:
        """Raises a NotDelivered."""
        code = letter.code
        fields = {"phone": address, "text": letter.short, "code": code, "id": message_id}
        body = json.dumps(_filled(json.loads(self._sending.sms_body), fields), ensure_ascii=False).encode()
        headers = {**_JSON, "Idempotency-Key": message_id, **self._proof(message_id, at, body)}
        reply = self._egress.post(self._sending.sms_url, body, headers)
        _judge(reply.status)

    def close(self) -> None:
        """Each message has a connection of its own."""

    def _proof(self, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
        """A bearer token, or a signature of id, time and body as Standard Webhooks has it."""
        secret = self._sending.sms_secret
        if self._sending.sms_auth == "bearer":
            return {"Authorization": f"Bearer {secret}"}
        return signing.headers([secret], message_id, at, body)


class DingTalk:
    """A group's robot with a signature (加签). ``address``: the candidate's phone, who is named (@); may be empty."""

    def __init__(self, sending: Sending) -> None:
        self._sending = sending
        self._egress = Egress(private=sending.private, ca=sending.ca)

    def send(self, letter: Letter, address: str, message_id: str, at: datetime) -> None:
        """Raises a NotDelivered."""
        url, stamp = self._sending.dingtalk_url, str(int(at.timestamp() * 1000))
        proof = f"timestamp={stamp}&sign={dingtalk_sign(self._sending.dingtalk_secret, stamp)}"
        content = {
            "msgtype": "text",
            "text": {"content": _cut(letter.group)},
            "at": {"atMobiles": [address] if address else [], "isAtAll": False},
        }
        _robot(self._egress, url + ("&" if urlsplit(url).query else "?") + proof, content)

    def close(self) -> None:
        """Each message has a connection of its own."""


class WeCom:
    """A group's robot; its address holds the key. ``address`` as in :class:`DingTalk`."""

    def __init__(self, sending: Sending) -> None:
        self._sending = sending
        self._egress = Egress(private=sending.private, ca=sending.ca)

    def send(self, letter: Letter, address: str, message_id: str, at: datetime) -> None:
        """Raises a NotDelivered."""
        text: dict[str, Any] = {"content": _cut(letter.group)}
        if address:
            text["mentioned_mobile_list"] = [address]
        _robot(self._egress, self._sending.wecom_url, {"msgtype": "text", "text": text})

    def close(self) -> None:
        """Each message has a connection of its own."""


def dingtalk_sign(secret: str, stamp: str) -> str:
    """``stamp``: milliseconds. The signature as it stands in the address."""
    found = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    return quote(base64.b64encode(found).decode(), safe="")


def _robot(egress: Egress, url: str, content: dict[str, Any]) -> None:
    reply = egress.post(url, json.dumps(content, ensure_ascii=False).encode(), _JSON)
    _judge(reply.status)
    code = _error_code(reply)
    if code == 0:
        return
    if code in _ROBOT_DOWN | _ROBOT_LOGIN:
        raise ChannelDown(f"robot:{code}")
    raise Refused(f"robot:{code}")


def _error_code(reply: Reply) -> int:
    """Robots answer 200 and say in the body whether they took it."""
    try:
        found = json.loads(reply.body)["errcode"]
    except (ValueError, KeyError, TypeError):
        found = None
    if type(found) is not int:
        raise Unsure(UNREADABLE)
    return found


def _judge(status: int) -> None:
    if 200 <= status < 300:
        return
    code = f"http:{status}"
    if status in (401, 403):
        raise ChannelDown(LOGIN)
    if status in (502, 504):
        raise Unsure(BROKEN_OFF)  # somebody between has lost the answer
    if status in (408, 425):
        raise Later(code)
    if status == 429 or status >= 500 or status < 400 or status in (404, 405):
        # what redirects or is not there is not the gateway that was set up; nobody is led elsewhere
        raise ChannelDown(code)
    raise Refused(code)


def _filled(value: Any, fields: dict[str, str]) -> Any:
    """The template with its places filled in, in texts only: no value can become structure."""
    if isinstance(value, dict):
        return {name: _filled(item, fields) for name, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, fields) for item in value]
    if not isinstance(value, str):
        return value
    pieces = value.split("{")
    return pieces[0] + "".join(_place(piece, fields) for piece in pieces[1:])


def _place(piece: str, fields: dict[str, str]) -> str:
    """What followed a brace: a place with the text after it, or the text as it was."""
    name, end, rest = piece.partition("}")
    return fields[name] + rest if end and name in fields else "{" + piece


def _cut(text: str) -> str:
    """Whole characters within what robots take."""
    return text.encode()[:_MOST_GROUP].decode(errors="ignore")
