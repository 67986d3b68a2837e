"""Mail over SMTP, many messages over one connection; what may have gone and what surely has not is told apart."""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import format_datetime

from backend.sending.egress import hurried, trusted
from backend.sending.letters import Letter
from backend.sending.outcome import (
    ADDRESS,
    BROKEN_OFF,
    CONNECT,
    LOGIN,
    TLS,
    ChannelDown,
    Later,
    NotDelivered,
    Refused,
    Unsure,
)
from backend.sending.settings import SECURITIES, Sending

_TIMEOUT = 20.0
_DEADLINE = 60.0
_MOST_PER_CONNECTION = 100
_ENHANCED = re.compile(rb"([245])\.(\d{1,3})\.(\d{1,3})(?=\s|$)")
_LOST = (OSError, smtplib.SMTPServerDisconnected)


class Mail:
    """Sends to one address at a time. Not to be used by two threads."""

    def __init__(self, sending: Sending) -> None:
        self._sending = sending
        self._context = trusted(sending.ca)
        self._server: smtplib.SMTP | None = None
        self._sent = 0

    def send(self, letter: Letter, address: str, message_id: str, at: datetime) -> None:
        """``message_id``: the same for every try. Raises a NotDelivered."""
        content = message(letter, address, message_id, at, sender=self._sending.smtp_from)
        server = self._connected()
        assert server.sock is not None
        with hurried(server.sock, _DEADLINE):
            try:
                self._hand_over(server, address, content)
            except NotDelivered as trouble:
                if isinstance(trouble, ChannelDown | Unsure):
                    self.close()
                else:
                    self._reset(server)
                raise
        self._sent += 1
        if self._sent >= _MOST_PER_CONNECTION:
            self.close()

    def close(self) -> None:
        """Nothing is to be sent for a while."""
        server, self._server, self._sent = self._server, None, 0
        if server is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                server.quit()
            server.close()

    def _connected(self) -> smtplib.SMTP:
        if self._server is None:
            self._server = self._connect()
        return self._server

    def _connect(self) -> smtplib.SMTP:
        given = self._sending
        port = given.smtp_port or SECURITIES[given.smtp_security]
        name = given.smtp_from.partition("@")[2]
        server: smtplib.SMTP | None = None
        try:
            if given.smtp_security == "tls":
                server = smtplib.SMTP_SSL(given.smtp_host, port, name, timeout=_TIMEOUT, context=self._context)
            else:
                server = smtplib.SMTP(given.smtp_host, port, name, timeout=_TIMEOUT)
            server.ehlo_or_helo_if_needed()
            if given.smtp_security == "starttls":
                server.starttls(context=self._context)
                server.ehlo()
            if given.smtp_user:
                server.login(given.smtp_user, given.smtp_password)
        except Exception as error:
            if server is not None:
                server.close()
            raise ChannelDown(_why(error)) from None  # the original may quote what was sent
        return server

    def _hand_over(self, server: smtplib.SMTP, address: str, content: bytes) -> None:
        try:
            _expect(server.mail(self._sending.smtp_from), ChannelDown, ChannelDown)
            _expect(server.rcpt(address), Refused, Later)
            _expect(server.docmd("DATA"), Refused, Later, good=354)
        except _LOST:
            raise ChannelDown(CONNECT) from None
        try:
            server.send(content)
            answer = server.getreply()
        except _LOST:
            # the server may have taken it and only its answer is lost
            raise Unsure(BROKEN_OFF) from None
        _expect(answer, Refused, Later)

    def _reset(self, server: smtplib.SMTP) -> None:
        try:
            server.rset()
        except (OSError, smtplib.SMTPException):
            self.close()


def message(letter: Letter, address: str, message_id: str, at: datetime, *, sender: str) -> bytes:
    """The mail as it goes over the wire, up to the closing dot. Raises Refused for what is no address."""
    if not _is_address(address):
        raise Refused(ADDRESS)
    mail = EmailMessage(policy=POLICY)
    local, _, domain = sender.partition("@")
    mail["From"] = Address(username=local, domain=domain)
    mail["To"] = Address(addr_spec=address)
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{message_id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = letter.language.replace("_", "-")
    mail.set_content(letter.text, cte="base64")
    mail.add_alternative(letter.html, subtype="html", cte="base64")
    html = mail.get_payload()[1]  # type: ignore[index]
    if letter.picture:
        html.add_related(letter.picture, "image", "png", cid="<qr>", filename="qr.png", disposition="inline")  # type: ignore[union-attr]
    content = mail.as_bytes()
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", content) + b".\r\n"


def _is_address(address: str) -> bool:
    """What can be written into a command and a header as it is; other scripts before the @ reach few servers."""
    plain = address.isascii() and address.isprintable() and not set(address) & set(' <>()[]",;:\\')
    local, at, domain = address.rpartition("@")
    return bool(plain and local and at and domain and "@" not in local and len(address) <= 254 and len(local) <= 64)


def _expect(
    answer: tuple[int, bytes], for_good: type[NotDelivered], for_now: type[NotDelivered], good: int = 250
) -> None:
    code, text = answer
    if code == good or (good == 250 and code == 251):
        return
    if code in (421, -1):
        raise ChannelDown(_code(code, text))
    raise (for_good if code >= 500 else for_now)(_code(code, text))


def _code(code: int, text: bytes) -> str:
    """``smtp:550:5.1.1``: the numbers alone."""
    found = _ENHANCED.match(text)
    return f"smtp:{code}" + (f":{found[0].decode()}" if found else "")


def _why(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return LOGIN
    if isinstance(error, ssl.SSLError | smtplib.SMTPNotSupportedError):
        return TLS
    if isinstance(error, smtplib.SMTPResponseException):
        return f"smtp:{error.smtp_code}"
    return CONNECT
