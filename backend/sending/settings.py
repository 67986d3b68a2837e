"""Over which channels messages go: flags, variables and TOML; what is secret from the environment or a file alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from backend.sending.outcome import Channel
from contract.errors import ErrorCode, XudaError

# DingTalk and WeCom take twenty a minute of each robot, and shut it out for longer when there are more
ROBOT_PER_MINUTE = 18
SMS_BODY = '{"phone": "{phone}", "text": "{text}", "id": "{id}"}'
SECURITIES = {"tls": 465, "starttls": 587, "none": 25}
IMAP_SECURITIES = {"tls": 993, "starttls": 143, "none": 143}
SMS_AUTHS = ("bearer", "signature")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Sending:
    """A channel is there when its server is named. ``smtp_port`` 0: the usual one of ``smtp_security``.

    ``sms_body``: the JSON that the gateway takes, with ``{phone}``, ``{text}``, ``{code}`` and ``{id}`` in its texts.
    ``sms_auth``: how ``sms_secret`` is used. ``private``: webhooks may lie inside the network, and be plain HTTP on
    this machine; ``ca``: certificates to trust besides the system's. ``public_url``: where candidates reach the portal
    from outside, for links in messages. ``imap_*``: the mailbox of ``smtp_from``, to which failures are reported.
    """

    smtp_host: str = ""
    smtp_port: int = 0
    smtp_security: str = "tls"
    smtp_user: str = ""
    smtp_from: str = ""
    smtp_password: str = field(default="", repr=False)
    imap_host: str = ""
    imap_port: int = 0
    imap_security: str = "tls"
    imap_user: str = ""
    imap_password: str = field(default="", repr=False)
    imap_folder: str = "INBOX"
    sms_url: str = field(default="", repr=False)
    sms_body: str = SMS_BODY
    sms_auth: str = "bearer"
    sms_secret: str = field(default="", repr=False)
    dingtalk_url: str = field(default="", repr=False)
    dingtalk_secret: str = field(default="", repr=False)
    wecom_url: str = field(default="", repr=False)
    robot_per_minute: int = ROBOT_PER_MINUTE
    public_url: str = ""
    private: bool = False
    ca: Path | None = None

    @property
    def channels(self) -> list[Channel]:
        """Those that are set up, in the order people are shown them."""
        there = {
            Channel.MAIL: self.smtp_host,
            Channel.SMS: self.sms_url,
            Channel.DINGTALK: self.dingtalk_url,
            Channel.WECOM: self.wecom_url,
        }
        return [channel for channel, server in there.items() if server]

    def check(self) -> None:
        """Raises XudaError(SETTING_INVALID) with the field, never with the value."""
        if self.smtp_host:
            self._check_mail()
        for name in ("sms_url", "dingtalk_url", "wecom_url"):
            url = getattr(self, name)
            if url and not may_be_asked(url, private=self.private):
                raise _invalid(name)
        if self.imap_host:
            self._check_mailbox()
        if self.public_url and not may_be_asked(self.public_url, private=True):
            raise _invalid("public_url")
        if self.sms_url and (self.sms_auth not in SMS_AUTHS or not self.sms_secret):
            raise _invalid("sms_secret")
        if self.sms_url and not _is_object(self.sms_body):
            raise _invalid("sms_body")
        if self.dingtalk_url and not self.dingtalk_secret:
            raise _invalid("dingtalk_secret")
        if not 1 <= self.robot_per_minute <= 6000:
            raise _invalid("robot_per_minute")

    def _check_mailbox(self) -> None:
        if self.imap_security not in IMAP_SECURITIES or not 0 <= self.imap_port < 65536:
            raise _invalid("imap_security")
        if self.imap_security == "none" and not (self.private or self.imap_host in _LOOPBACK):
            raise _invalid("imap_security")
        # without the address that mails come from nothing in the mailbox could be told to be about ours
        if not self.smtp_host or not (self.imap_user and self.imap_password and self.imap_folder.isascii()):
            raise _invalid("imap_user")
        if not (self.imap_folder.isprintable() and self.imap_user.isprintable()):
            raise _invalid("imap_folder")

    def _check_mail(self) -> None:
        if self.smtp_security not in SECURITIES or not 0 <= self.smtp_port < 65536:
            raise _invalid("smtp_security")
        # without encryption everybody on the way reads names and links: only to a relay on this machine or inside
        if self.smtp_security == "none" and not (self.private or self.smtp_host in _LOOPBACK):
            raise _invalid("smtp_security")
        if bool(self.smtp_user) != bool(self.smtp_password):
            raise _invalid("smtp_password")
        local, at, domain = self.smtp_from.partition("@")
        plain = self.smtp_from.isascii() and self.smtp_from.isprintable() and not set(self.smtp_from) & set(' <>",;:')
        if not (local and at and domain and plain and "@" not in domain):
            raise _invalid("smtp_from")


def may_be_asked(url: str, *, private: bool) -> bool:
    """HTTPS (plain HTTP on this machine, where settings allow it) without credentials before the host."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return False
    if not host or port == 0 or parts.username is not None or parts.password is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and private and host in _LOOPBACK)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _invalid(name: str) -> XudaError:
    return XudaError(ErrorCode.SETTING_INVALID, field=name)
