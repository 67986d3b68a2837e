"""Reports of failed mails: read by the standard from a real mailbox, noted once, whatever else lies in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from backend.db.delivery_models import DeliveryRow
from backend.db.models import AuditRow
from backend.sending import bounces, mailroom
from backend.sending.bounces import Failure
from backend.sending.settings import Sending
from backend.services.deliveries import Which
from contract.errors import XudaError
from tests.backend.imap import PASSWORD, PROGRAM, USER, Post, imap
from tests.backend.mailbox import Mailbox, certificate, mailbox
from tests.backend.posting import Place, person, place, plain

ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
needs_server = pytest.mark.skipif(PROGRAM is None, reason="needs dovecot")


def report(
    delivery: str = ID,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    domain: str = "example.test",
    whole: bool = False,
    kind: str = "delivery-status",
) -> bytes:
    """As mail servers write it: Postfix returns the headers, others the whole message."""
    original = f"Message-ID: <{delivery}@{domain}>\r\nSubject: =?utf-8?b?6YKA6K+3?=\r\nTo: c@example.test\r\n"
    returned = ("message/rfc822", original + "\r\nthe text\r\n") if whole else ("text/rfc822-headers", original)
    lines = [
        "From: MAILER-DAEMON@mx.example.test (Mail Delivery System)",
        "To: hr@example.test",
        "Subject: Undelivered Mail Returned to Sender",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type={kind}; boundary="=_x"',
        "",
        "--=_x",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        "I'm sorry to have to inform you that <c@example.test> could not be reached.",
        "--=_x",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example.test",
        "Arrival-Date: Mon, 23 Nov 2026 09:00:00 +0800",
        "",
        "Final-Recipient: rfc822; c@example.test",
        f"Action: {action}",
        f"Status: {status}",
        "Diagnostic-Code: smtp; 550 5.1.1 <c@example.test>: Recipient address rejected",
        "",
        "--=_x",
        f"Content-Type: {returned[0]}",
        "",
        returned[1],
        "--=_x--",
        "",
    ]
    return "\r\n".join(lines).encode()


@pytest.mark.parametrize("whole", [False, True], ids=["headers", "whole message"])
def test_a_report_names_the_message_and_why(whole: bool) -> None:
    assert bounces.failures(report(whole=whole), "example.test") == [Failure(ID, "dsn:5.1.1")]
    assert bounces.failures(report(whole=whole, status="5.2.2 (mailbox full)"), "Example.Test")[0].code == "dsn:5.2.2"
    assert bounces.failures(report(whole=whole, status="4.4.7"), "example.test")[0].code == "dsn:4.4.7"
    assert bounces.failures(report(whole=whole, status="what"), "example.test")[0].code == "dsn:5.0.0"


@pytest.mark.parametrize(
    "mail",
    [
        report(action="delayed", status="4.4.1"),
        report(action="delivered", status="2.0.0"),
        report(action="relayed", status="2.0.0"),
        report(domain="elsewhere.test"),
        report(delivery="not-one-of-ours"),
        report(kind="disposition-notification"),
        b"Subject: I am away\r\nAuto-Submitted: auto-replied\r\n\r\nuntil Monday",
        b"",
        bytes(range(256)) * 40,
        b"Content-Type: multipart/report; report-type=delivery-status\r\n\r\nno parts",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n" + b"--x\r\n" * 5000,
        report() + b"x" * bounces.MOST_BYTES,
    ],
)
def test_other_mails_say_nothing(mail: bytes) -> None:
    assert bounces.failures(mail, "example.test") == []


def test_a_report_cut_anywhere_or_damaged_raises_nothing() -> None:
    whole = report(whole=True)
    for end in range(0, len(whole), 7):
        assert len(bounces.failures(whole[:end], "example.test")) <= 1
    for place_of in range(0, len(whole), 11):
        broken = whole[:place_of] + b"\xff" + whole[place_of + 1 :]
        assert len(bounces.failures(broken, "example.test")) <= 1


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as found:
        yield found


@pytest.fixture(scope="module")
def post() -> Iterator[Post]:
    with imap() as found:
        yield found


def with_mailbox(box: Mailbox, port: int, **more: object) -> Sending:
    given = {"imap_port": port, "imap_security": "none", "imap_user": USER, "imap_password": PASSWORD, **more}
    return replace(plain(box), imap_host="127.0.0.1", **given)  # type: ignore[arg-type]


def invited(here: Place, *numbers: int) -> list[str]:
    """Ids of the messages to new candidates."""
    ids = here.invite(*map(person, numbers))
    here.send(which=Which.NEW)
    here.settle()
    return [here.row(one).id for one in ids]


@needs_server
def test_what_comes_back_to_the_mailbox_is_noted_at_the_message_once(tmp_path: Path, box: Mailbox, post: Post) -> None:
    sending = with_mailbox(box, post.port)
    domain = sending.smtp_from.partition("@")[2]
    with place(tmp_path, sending) as here:
        lost, arrived, late = invited(here, 1, 2, 3)
        post.put(report(arrived, domain=domain), days_ago=60)  # from before anything that is waited for
        post.put(b"Subject: hello\r\n\r\nsomebody writes")
        post.put(report(lost, domain=domain))
        post.put(report(late, domain=domain, action="delayed", status="4.4.1"))
        assert mailroom.look(here.hr) == 1
        assert mailroom.look(here.hr) == 0, "what was read is not read again"
        post.put(report(lost, domain=domain))
        assert mailroom.look(here.hr) == 0, "one failure is one"
        post.put(report(late, domain=domain, status="5.2.2", whole=True))
        assert mailroom.look(here.hr) == 1
        assert here.states() == {"bounced": 2, "sent": 1}
        with here.hr.db.read() as session:
            rows = {row.id: row for row in session.scalars(select(DeliveryRow))}
            told = [row.detail for row in session.scalars(select(AuditRow).where(AuditRow.action == "bounce"))]
        assert (rows[lost].error, rows[late].error, rows[arrived].error) == ("dsn:5.1.1", "dsn:5.2.2", "")
        assert told == [{"code": "dsn:5.1.1"}, {"code": "dsn:5.2.2"}]
        at, trouble = mailroom.state(here.hr)
        assert at is not None
        assert trouble == ""
    assert all(b"Seen" not in line for line in post.flags()), "the mailbox stays as people left it"


@needs_server
def test_a_mailbox_that_cannot_be_read_is_told_and_read_again(tmp_path: Path, box: Mailbox, post: Post) -> None:
    for wrong, code in (
        ({"imap_password": "wrong"}, "login"),
        ({"imap_folder": 'No "such" folder'}, "folder"),
        ({"imap_port": box.port}, "connect"),
        ({"imap_security": "tls"}, "tls"),
    ):
        with place(tmp_path / code, with_mailbox(box, post.port, **wrong)) as here:
            assert mailroom.look(here.hr) == 0
            at, trouble = mailroom.state(here.hr)
            assert (at, trouble) == (None, code), wrong


@needs_server
def test_the_login_goes_over_encryption_that_somebody_vouches_for(tmp_path: Path, box: Mailbox) -> None:
    pem = certificate(tmp_path)
    with imap(pem) as safe:
        trusting = with_mailbox(box, safe.port, imap_security="starttls", ca=pem)
        with place(tmp_path / "trusted", trusting) as here:
            assert mailroom.look(here.hr) == 0
            assert mailroom.state(here.hr)[1] == ""
        with place(tmp_path / "stranger", replace(trusting, ca=None)) as here:
            mailroom.look(here.hr)
            assert mailroom.state(here.hr)[1] == "tls"


def test_a_mailbox_needs_encryption_a_login_and_an_address_of_ours(box: Mailbox) -> None:
    good = with_mailbox(box, 1)
    good.check()
    for wrong in (
        {"imap_host": "mail.example.com"},
        {"imap_user": ""},
        {"imap_password": ""},
        {"smtp_host": ""},
        {"imap_security": "ssl"},
        {"imap_folder": "a\nb"},
    ):
        with pytest.raises(XudaError):
            replace(good, **wrong).check()  # type: ignore[arg-type]
    assert PASSWORD not in repr(good)
