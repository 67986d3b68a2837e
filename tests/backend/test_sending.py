"""Messages to candidates by mail through real servers: each goes once, and what fails or is uncertain is said."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from backend.db.delivery_models import DeliveryRow
from backend.db.models import InvitationRow
from backend.sending import letters, queue
from backend.sending.outcome import Channel, State
from backend.sending.settings import Sending
from backend.sending.worker import Sender
from backend.services import deliveries, listings
from backend.services.candidates import Person
from backend.services.deliveries import Notices, Which
from contract.errors import ErrorCode, XudaError
from tests.backend.mailbox import Mailbox, certificate, hook, mailbox
from tests.backend.posting import FROM, new_batch, open_with, person, place, plain
from tests.backend.staffing import counted
from tests.backend.world import COMMAND_LINE, Clock, wait_until


@pytest.mark.parametrize("seed", range(12))
def test_the_picture_of_any_link_can_be_read(seed: int) -> None:
    import random

    import cv2
    import numpy

    link = "xuda://i/" + base64.urlsafe_b64encode(random.Random(seed).randbytes(130 + 3 * seed)).decode().rstrip("=")
    image = cv2.imdecode(numpy.frombuffer(letters._picture(link), numpy.uint8), cv2.IMREAD_COLOR)
    assert cv2.QRCodeDetector().detectAndDecode(image)[0] == link


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as found:
        yield found


def test_an_invitation_goes_as_text_and_html_with_code_link_picture_and_guide(tmp_path: Path, box: Mailbox) -> None:
    with place(tmp_path, plain(box)) as here:
        (invitation,) = here.invite(Person("王<b>小明", email="wang@example.test", phone="13812345678"))
        deliveries.set_notices(here.hr, COMMAND_LINE, here.batch, Notices("zh_CN"))
        assert here.send().messages == 1
        here.settle()
        row = here.row(invitation)
        with here.hr.db.read() as session:
            code, token = session.execute(select(InvitationRow.code, InvitationRow.token)).one()
    mail = box.to("wang@example.test")
    assert (mail["From"], mail["To"]) == (FROM, "wang@example.test")
    assert mail["Subject"] == "Test organisation：Tester面试邀请"
    assert mail["Message-ID"] == f"<{row.id}@organisation.test>"
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_body(("plain",)).get_content()
    assert code in text
    assert token in text
    assert "王<b>小明，您好" in text
    assert "面试指南\n\ng" in text.replace("\r\n", "\n")
    html = mail.get_body(("html",)).get_content()
    assert "王&lt;b&gt;小明" in html
    assert "<b>" not in html
    assert 'src="cid:qr"' in html
    (picture,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert picture["Content-ID"] == "<qr>"
    assert picture.get_content().startswith(b"\x89PNG")
    assert row.state == State.SENT


def test_the_picture_in_the_mail_holds_the_link(tmp_path: Path, box: Mailbox) -> None:
    import cv2
    import numpy

    with place(tmp_path, plain(box)) as here:
        here.invite(person(1))
        here.send()
        here.settle()
        with here.hr.db.read() as session:
            token = session.scalars(select(InvitationRow.token)).one()
    (picture,) = [part for part in box.mails[0][1].walk() if part.get_content_type() == "image/png"]
    image = cv2.imdecode(numpy.frombuffer(picture.get_content(), numpy.uint8), cv2.IMREAD_COLOR)
    assert cv2.QRCodeDetector().detectAndDecode(image)[0] == token


def test_each_is_written_to_once_however_often_the_form_comes(tmp_path: Path, box: Mailbox) -> None:
    with place(tmp_path, plain(box)) as here:
        here.invite(*map(person, range(20)))
        first = here.send(order_id="one")
        assert (first.messages, first.no_address) == (20, 0)
        assert here.send(order_id="one").messages == 0
        assert here.send(which=Which.EVERYONE).messages == 0
        here.settle()
        assert here.send(which=Which.EVERYONE).passed_over == 20
        assert here.send(which=Which.NEW).messages == 0
        assert here.states() == {"sent": 20}
        assert set(box.counts().values()) == {1}
        assert here.send(which=Which.EVERYONE, again=True, order_id="two").messages == 20
        assert here.send(which=Which.EVERYONE, again=True, order_id="two").messages == 0
        here.settle()
    assert set(box.counts().values()) == {2}
    assert box.connections < 10
    ids = {mail["Message-ID"] for _, mail in box.mails}
    assert len(ids) == 40


def test_who_has_no_address_is_counted_and_the_others_go(tmp_path: Path, box: Mailbox) -> None:
    with place(tmp_path, plain(box)) as here:
        here.invite(person(1), Person("只有电话", phone="13900000001"))
        planned = here.send()
        assert (planned.messages, planned.no_address) == (1, 1)
        here.settle()
        assert here.states() == {"sent": 1}


def test_a_refused_address_bounces_with_its_code_and_others_go_on(tmp_path: Path, box: Mailbox) -> None:
    box.answers["c2@example.test"] = ["550 5.1.1 <c2@example.test> no such mailbox"] * 2
    with place(tmp_path, plain(box)) as here:
        ids = here.invite(*map(person, range(5)))
        here.send()
        here.settle()
        assert here.states() == {"sent": 4, "bounced": 1}
        assert here.row(ids[2]).error == "smtp:550:5.1.1"
        assert here.send(which=Which.TROUBLED).messages == 1
        here.settle()
        assert here.states() == {"sent": 4, "bounced": 2}
        here.send(which=Which.TROUBLED)
        here.settle()
        assert here.row(ids[2]).state == State.SENT
        assert here.row(ids[2]).round == 3
    assert set(box.counts().values()) == {1}


def test_what_is_put_off_is_tried_again_later_and_given_up_after_a_day(tmp_path: Path, box: Mailbox) -> None:
    box.answers["c1@example.test"] = ["450 4.2.0 come back later"] * 2
    box.answers["c2@example.test"] = ["450 4.2.0 never"] * 500
    with place(tmp_path, plain(box)) as here:
        ids = here.invite(person(1), person(2))
        here.send()
        wait_until(lambda: all(here.row(name).attempts == 1 and here.row(name).state == "queued" for name in ids))
        assert here.row(ids[0]).error == "smtp:450:4.2.0"
        here.advance(timedelta(seconds=31))
        wait_until(lambda: all(here.row(name).attempts == 2 and here.row(name).state == "queued" for name in ids))
        here.advance(timedelta(seconds=61))
        wait_until(lambda: here.row(ids[0]).state == "sent")
        wait_until(lambda: here.row(ids[1]).attempts == 3 and here.row(ids[1]).state == "queued")
        here.advance(timedelta(hours=25))
        wait_until(lambda: here.row(ids[1]).state == "failed")
        assert here.row(ids[1]).error == "smtp:450:4.2.0"
    assert box.counts() == {"c1@example.test": 1}


def test_a_message_whose_answer_is_lost_is_uncertain_and_is_not_sent_again_by_itself(
    tmp_path: Path, box: Mailbox
) -> None:
    box.broken.add("c1@example.test")
    with place(tmp_path, plain(box)) as here:
        ids = here.invite(person(1), person(2))
        here.send()
        wait_until(lambda: here.row(ids[0]).state == "uncertain")
        assert here.row(ids[0]).error == "broken_off"
        wait_until(lambda: here.row(ids[1]).error == "connect")
        here.advance(timedelta(seconds=31))
        wait_until(lambda: here.row(ids[1]).state == "sent")
        here.advance(timedelta(hours=2))
        assert here.send(which=Which.EVERYONE).messages == 0
        assert box.counts() == {"c1@example.test": 1, "c2@example.test": 1}
        box.broken.clear()
        assert here.send(which=Which.TROUBLED).messages == 1
        here.settle()
    assert box.counts()["c1@example.test"] == 2


def test_a_server_that_is_down_costs_no_tries_and_what_waited_goes_when_it_is_back(tmp_path: Path) -> None:
    with mailbox() as gone:
        sending = plain(gone)
    with place(tmp_path, sending) as here:
        ids = here.invite(*map(person, range(30)))
        here.send()
        wait_until(lambda: here.row(ids[29]).error == "connect")
        assert here.states() == {"queued": 30}
        assert here.row(ids[0]).attempts == 0
        here.advance(timedelta(hours=25))
        wait_until(lambda: here.states() == {"failed": 30})


@pytest.mark.parametrize("starttls", [False, True])
def test_mail_goes_encrypted_and_with_a_login(tmp_path: Path, starttls: bool) -> None:
    pem = certificate(tmp_path)
    login = ("robot", "geheim")
    with mailbox(certificate=pem, starttls=starttls, login=login if starttls else None) as box:
        user = {"smtp_user": login[0], "smtp_password": login[1]} if starttls else {}
        security = "starttls" if starttls else "tls"
        sending = Sending(
            smtp_host=box.host, smtp_port=box.port, smtp_security=security, smtp_from=FROM, ca=pem, **user
        )
        with place(tmp_path, sending) as here:
            here.invite(person(1))
            here.send()
            here.settle()
            assert here.states() == {"sent": 1}
        assert len(box.mails) == 1


def test_a_certificate_that_nobody_vouches_for_and_a_wrong_password_send_nothing(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    with mailbox(certificate=pem, starttls=True, login=("robot", "geheim")) as box:
        base = {"smtp_host": box.host, "smtp_port": box.port, "smtp_security": "starttls", "smtp_from": FROM}
        for number, (more, code) in enumerate(
            [({}, "tls"), ({"ca": pem, "smtp_user": "robot", "smtp_password": "wrong"}, "login")]
        ):
            with place(tmp_path / str(number), Sending(**base, **more)) as here:  # type: ignore[arg-type]
                (invitation,) = here.invite(person(1))
                here.send()
                wait_until(lambda here=here, it=invitation, code=code: here.row(it).error == code)
                assert here.row(invitation).state == "queued"
        assert box.mails == []


def test_a_server_without_encryption_is_not_asked_for_a_login(tmp_path: Path, box: Mailbox) -> None:
    with pytest.raises(XudaError) as refused:
        Sending(smtp_host="mail.example.test", smtp_security="none", smtp_from=FROM).check()
    assert refused.value.field == "smtp_security"
    sending = Sending(smtp_host=box.host, smtp_port=box.port, smtp_security="starttls", smtp_from=FROM)
    with place(tmp_path, sending) as here:
        (invitation,) = here.invite(person(1))
        here.send()
        wait_until(lambda: here.row(invitation).error == "tls")
    assert box.mails == []


def test_what_was_being_sent_when_the_server_stopped_is_uncertain_and_what_waited_goes(
    tmp_path: Path, box: Mailbox
) -> None:
    with place(tmp_path, plain(box)) as here:
        ids = here.invite(person(1), person(2))
        here.sender.stop()
        here.send()
        assert queue.take(here.hr, here.row(ids[0]).id) is not None
        again = Sender(here.hr)
        again.start()
        wait_until(lambda: here.row(ids[1]).state == "sent")
        again.stop()
        row = here.row(ids[0])
        assert (row.state, row.error) == ("uncertain", "restarted")
    assert box.counts() == {"c2@example.test": 1}


def test_who_is_gone_or_too_late_is_not_written_to(tmp_path: Path, box: Mailbox) -> None:
    from backend.services import erasure

    with place(tmp_path, plain(box)) as here:
        ids = here.invite(*map(person, range(3)))
        here.sender.stop()
        here.send()
        with here.hr.db.write() as session:
            erasure.erase(session, session.get_one(InvitationRow, ids[0]).candidate_id, here.hr.now())
            session.get_one(InvitationRow, ids[1]).cancelled_at = here.hr.now()
        assert here.row(ids[0]).address_sealed == ""
        here.clock.ahead += timedelta(days=11)
        again = Sender(here.hr)
        again.start()
        wait_until(lambda: here.states() == {"dropped": 3})
        again.stop()
        assert [here.row(name).error for name in ids] == ["erased", "cancelled", "over"]
    assert box.mails == []


def test_nothing_secret_and_nobodys_address_is_logged_or_kept_in_clear(
    tmp_path: Path, box: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # the mailbox's own
    box.answers["unseen77unseen@example.test"] = ["550 5.7.1 unseen77unseen@example.test is unwanted"]
    with hook(lambda _: (503, {})) as gateway:
        sending = plain(
            box, sms_url=f"{gateway.url}/unseen78unseen?key=unseen79unseen", sms_secret="unseen80unseen", private=True
        )
        assert "unseen" not in repr(sending)
        with place(tmp_path, sending) as here:
            here.invite(Person("佚名unseen81unseen", email="unseen77unseen@example.test", phone="13812340082"))
            here.send(Channel.MAIL, Channel.SMS)
            wait_until(lambda: here.states() == {"bounced": 1, "queued": 1} and gateway.asked)
        assert gateway.asked[0].path == "/unseen78unseen"
    for word in (
        "unseen77unseen",
        "unseen78unseen",
        "unseen79unseen",
        "unseen80unseen",
        "unseen81unseen",
        "13812340082",
        "xuda://",
    ):
        assert word not in caplog.text
        for file in (tmp_path / "data").glob("*.db*"):
            if word != "xuda://":  # the link itself is in the invitation, as before
                assert word.encode() not in file.read_bytes(), (word, file.name)


def test_a_channel_that_is_not_set_up_cannot_be_ordered_and_one_that_is_gone_gives_up(
    tmp_path: Path, box: Mailbox
) -> None:
    with place(tmp_path, plain(box)) as here:
        here.invite(person(1))
        with pytest.raises(XudaError) as refused:
            here.send(Channel.SMS)
        assert (refused.value.code, refused.value.field) == (ErrorCode.SETTING_INVALID, "channel")
        here.sender.stop()
        here.send()
    clock = Clock()
    with closing(open_with(tmp_path / "data", Sending(), clock)) as hr:
        sender = Sender(hr)
        sender.start()

        def state() -> str:
            with hr.db.read() as session:
                return session.scalars(select(DeliveryRow.state)).one()

        wait_until(lambda: state() == "failed")
        sender.stop()


def test_thousands_are_ordered_with_a_constant_number_of_statements(tmp_path: Path, box: Mailbox) -> None:
    with place(tmp_path, plain(box)) as here:
        here.sender.stop()
        counts: list[int] = []
        for size in (10, 400):
            here.batch = new_batch(here.hr)
            here.invite(*(person(size * 1000 + n, email=f"p{size}-{n}@example.test") for n in range(size)))
            with counted(here.hr) as statements:
                assert here.send().messages == size
                deliveries.counts(here.hr, COMMAND_LINE, here.batch)
                lines, total = deliveries.people(here.hr, COMMAND_LINE, here.batch)
                assert len(listings.invitation_lines(here.hr, COMMAND_LINE, batch_id=here.batch)) == size
            assert (len(lines), total) == (min(size, deliveries.PAGE), size)
            counts.append(len(statements))
    assert counts[0] == counts[1]


def test_what_waited_in_a_backup_is_not_sent_by_the_restored_server(tmp_path: Path, box: Mailbox) -> None:
    from backend.backup import making, restoring
    from backend.settings import Settings

    with place(tmp_path, plain(box)) as here:
        here.invite(*map(person, range(3)))
        here.sender.stop()
        here.send()
        making.make(here.hr, tmp_path / "backup")
        again = Sender(here.hr)
        again.start()
        wait_until(lambda: here.states() == {"sent": 3})
        again.stop()
    sending = plain(box)
    keys = tmp_path / "data" / "keys.json"
    restoring.restore(tmp_path / "backup", Settings(data=tmp_path / "restored"), keys=keys)
    with closing(open_with(tmp_path / "restored", sending, Clock())) as hr:
        sender = Sender(hr)
        sender.start()
        sender.wake()
        sender.stop()
        with hr.db.read() as session:
            found = session.execute(select(DeliveryRow.state, DeliveryRow.error)).all()
    assert [tuple(row) for row in found] == [("uncertain", "restored")] * 3
    assert set(box.counts().values()) == {1}
