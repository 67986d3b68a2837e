"""Where messages may go: settings that cannot be meant, names that lead inside, headers and servers that attack."""

from __future__ import annotations

import socket
import time
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default as POLICY
from pathlib import Path

import pytest

from backend.sending.egress import Egress, allowed
from backend.sending.letters import Facts, compose
from backend.sending.mail import message
from backend.sending.outcome import BLOCKED, BROKEN_OFF, CONNECT, TLS, ChannelDown, Refused, Template, Unsure
from backend.sending.settings import Sending
from contract.errors import ErrorCode, XudaError
from tests.backend.mailbox import certificate, hook

NOW = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "url",
    [
        "http://gateway.example.com/send",
        "https://user:secret@gateway.example.com/send",
        "https://user@gateway.example.com/send",
        "https://gateway.example.com/send#x",
        "https:///send",
        "ftp://gateway.example.com/",
        "file:///etc/passwd",
        "https://gateway.example.com/a b",
        "https://gateway.example.com/\r\nHost: x",
        "https://gateway.example.com\\@inside/",
        "https://gateway.example.com:0/",
        "https://gateway.example.com:99999/",
        "gateway.example.com/send",
    ],
)
@pytest.mark.parametrize("name", ["sms_url", "dingtalk_url", "wecom_url"])
def test_an_address_that_cannot_be_meant_is_refused_without_being_told(name: str, url: str) -> None:
    with pytest.raises(XudaError) as refused:
        Sending(**{name: url}, sms_secret="s", dingtalk_secret="s").check()  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.field) == (ErrorCode.SETTING_INVALID, name)
    assert url not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"sms_url": "https://a.example.com", "sms_secret": ""}, "sms_secret"),
        ({"sms_url": "https://a.example.com", "sms_secret": "s", "sms_body": "[]"}, "sms_body"),
        ({"sms_url": "https://a.example.com", "sms_secret": "s", "sms_body": "{phone}"}, "sms_body"),
        ({"dingtalk_url": "https://a.example.com"}, "dingtalk_secret"),
        ({"smtp_host": "m.example.com", "smtp_from": "nobody"}, "smtp_from"),
        ({"smtp_host": "m.example.com", "smtp_from": "a@b\r\nBcc: c@d"}, "smtp_from"),
        ({"smtp_host": "m.example.com", "smtp_from": "a@b.test", "smtp_user": "x"}, "smtp_password"),
        ({"smtp_host": "m.example.com", "smtp_from": "a@b.test", "smtp_security": "maybe"}, "smtp_security"),
        ({"robot_per_minute": 0}, "robot_per_minute"),
    ],
)
def test_settings_that_do_not_fit_together_are_named(given: dict[str, str], field: str) -> None:
    with pytest.raises(XudaError) as refused:
        Sending(**given).check()  # type: ignore[arg-type]
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("address", "open_", "inside"),
    [
        ("8.8.8.8", True, True),
        ("2606:4700::1111", True, True),
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("10.0.0.1", False, True),
        ("172.16.3.4", False, True),
        ("192.168.1.1", False, True),
        ("100.64.0.1", False, True),
        ("fd00::1", False, True),
        ("::ffff:10.0.0.1", False, True),
        ("64:ff9b::a00:1", False, True),
        ("2002:a00:1::", False, True),
        ("169.254.169.254", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("fe80::1%eth0", False, False),
        ("0.0.0.0", False, False),
        ("224.0.0.1", False, False),
        ("ff02::1", False, False),
        ("255.255.255.255", False, False),
        ("nonsense", False, False),
    ],
)
def test_addresses_inside_the_network_are_reached_only_if_settings_say_so(
    address: str, open_: bool, inside: bool
) -> None:
    assert (allowed(address, private=False), allowed(address, private=True)) == (open_, inside)


def test_a_name_that_leads_inside_is_not_asked_and_neither_is_one_of_several(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pem = certificate(tmp_path)
    with hook(certificate=pem) as inside:
        port = int(inside.url.rpartition(":")[2])
        for found in (["127.0.0.1"], ["8.8.8.8", "127.0.0.1"]):
            answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in found]
            monkeypatch.setattr(socket, "getaddrinfo", lambda *a, answers=answers, **k: answers)
            with pytest.raises(ChannelDown) as refused:
                Egress(private=False, ca=pem).post(f"https://gateway.example.com:{port}/", b"{}", {})
            assert refused.value.code == BLOCKED
        assert inside.asked == []


def test_over_https_the_certificate_counts(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    with hook(certificate=pem) as gateway:
        reply = Egress(private=True, ca=pem).post(f"{gateway.url}/a?b=c", b"{}", {})
        assert reply.status == 200
        assert gateway.asked[0].headers["host"] == gateway.url.removeprefix("https://")
        with pytest.raises(ChannelDown) as refused:
            Egress(private=True, ca=None).post(gateway.url, b"{}", {})
        assert refused.value.code == TLS
        with pytest.raises(ChannelDown) as refused:
            # the name in the address is not one of the certificate's
            Egress(private=True, ca=pem).post(gateway.url.replace("127.0.0.1", "127.0.0.2"), b"{}", {})
        assert refused.value.code in (TLS, CONNECT)
        assert len(gateway.asked) == 1


def test_nobody_answering_is_not_sent_and_an_answer_by_drips_is_uncertain() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        begun = time.monotonic()
        with pytest.raises(Unsure) as unsure:
            Egress(private=True, ca=None, timeout=5, deadline=0.3).post(url, b"{}", {})
        assert unsure.value.code == BROKEN_OFF
        assert time.monotonic() - begun < 4
    with pytest.raises(ChannelDown) as down:
        Egress(private=True, ca=None).post(url, b"{}", {})
    assert down.value.code == CONNECT


def facts(**more: str) -> Facts:
    given = {"name": "王小明", "position": "Engineer", "organisation": "Org", "guide": "guide", **more}
    return Facts(
        template=Template.INVITATION,
        language=given.pop("language", "en"),
        code="ABCD-EFGH",
        link="xuda://i/abc",
        not_before=NOW,
        not_after=NOW,
        **given,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("field", ["name", "position", "organisation", "guide"])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize(
    "evil", ["x\r\nBcc: spy@example.test", "x\nSubject: y", "x\x00y", "x\u2028Bcc: z", "\u202etxt"]
)
def test_no_name_becomes_a_header(field: str, language: str, evil: str) -> None:
    letter = compose(facts(language=language, **{field: evil}))
    raw = message(letter, "a@b.test", "id-1", NOW, sender="hr@o.test")
    mail = message_from_bytes(raw, policy=POLICY)
    assert [name for name in mail if name.lower() in ("bcc", "cc", "to")] == ["To"]
    assert len(mail.get_all("Subject")) == 1
    assert "\n" not in letter.subject
    assert "\n" not in letter.short
    assert "\u202e" not in letter.html + letter.text


@pytest.mark.parametrize("field", ["name", "position", "organisation", "guide"])
def test_no_name_becomes_markup(field: str) -> None:
    letter = compose(facts(**{field: "<script>alert(1)</script>\"'{{ 7*7 }}{code}"}))
    assert "<script>" not in letter.html
    assert "49" not in letter.html
    assert "{code}" in letter.text


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@b.test\r\nRCPT TO:<c@d.test>",
        "a@b.test> SIZE=1",
        "a b@c.test",
        "a@b@c.test",
        "王@example.test",
        '"a"@b.test',
        "a@b.test,c@d.test",
        "x" * 65 + "@b.test",
        "a\x00@b.test",
    ],
)
def test_what_is_no_address_is_refused_before_a_server_is_asked(address: str) -> None:
    with pytest.raises(Refused) as refused:
        message(compose(facts()), address, "id-1", NOW, sender="hr@o.test")
    assert refused.value.code == "address"


def test_a_line_that_is_a_dot_does_not_end_the_mail() -> None:
    raw = message(compose(facts(guide=".\r\n.\r\nQUIT\r\n")), "a@b.test", "id-1", NOW, sender="hr@o.test")
    assert raw.count(b"\r\n.\r\n") == 1
    assert raw.endswith(b"\r\n.\r\n")
    assert raw.isascii()
