"""One-time codes at the door of the candidate portal, through real servers for mail and text messages, and attacks."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select, text

from backend.db.candidate_models import CandidateChallenge
from backend.db.delivery_models import DeliveryRow
from backend.db.models import Batch, InvitationRow, Role
from backend.runtime import Runtime
from backend.sending.outcome import Channel
from backend.sending.settings import Sending
from backend.services import candidate_access, candidate_codes, candidates
from backend.services.candidate_codes import MOST_TRIES, Asked, Rule
from backend.services.candidates import Person as Invited
from contract.errors import ErrorCode, XudaError
from tests.backend.mailbox import Hook, Mailbox, hook, mailbox
from tests.backend.staffing import Search, opened, refusal, somebody
from tests.backend.world import COMMAND_LINE, organisation, served, wait_until
from tests.portal.test_candidate_pages import Person

WRONG = ErrorCode.UNAUTHORIZED


@dataclass
class Guest:
    """Somebody who is invited."""

    phone: str
    code: str
    invitation_id: str


@dataclass
class Post:
    """A backend that can send mails and text messages, and what has come."""

    search: Search
    box: Mailbox
    gateway: Hook
    _numbers: Iterator[int] = field(default_factory=lambda: count(13900139001))

    @property
    def hr(self) -> Runtime:
        return self.search.hr

    def invite(self, *, email: str | None = None) -> Guest:
        phone = str(next(self._numbers))
        with self.hr.db.write() as session, self.hr.cabinet.together():
            batch = session.get_one(Batch, self.search.batch_id)
            made = candidates.invite(self.hr, session, batch, Invited("李雷", phone=phone, email=email))
        return Guest(phone, made.code, made.id)

    def ask(self, guest: Guest, *, known: str = "", by: Channel | None = None) -> Asked:
        """From a network of its own."""
        where = {"language": "en", "address": guest.phone}
        return candidate_codes.ask(self.hr, guest.code, known or guest.phone, by=by, **where)

    def digits(self, asked: Asked) -> str:
        """What was sent for it."""
        with self.hr.db.read() as session:
            mine = CandidateChallenge.token_hash == candidate_access.digest(asked.challenge)
            return candidate_codes.digits(self.hr, session.scalars(select(CandidateChallenge).where(mine)).one())

    def confirm(self, asked: Asked, typed: str, address: str = "door") -> str | ErrorCode:
        """Whose pages open, or why none do."""
        try:
            token = candidate_codes.confirm(self.hr, asked.challenge, typed, address=address)
        except XudaError as error:
            return error.code
        return candidate_access.current(self.hr, token) or ""

    def texts(self, phone: str) -> list[str]:
        return [str(asked.json["text"]) for asked in self.gateway.asked if asked.json["phone"].endswith(phone)]

    def states(self, guest: Guest) -> list[tuple[str, str, str]]:
        with self.hr.db.read() as session:
            mine = DeliveryRow.invitation_id == guest.invitation_id, DeliveryRow.template == "one_time"
            rows = session.scalars(select(DeliveryRow).where(*mine).order_by(DeliveryRow.round))
            return [(row.channel, row.state, row.error) for row in rows]


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    with mailbox() as box, hook(lambda _: (200, {})) as gateway:
        sending = Sending(
            smtp_host=box.host,
            smtp_port=box.port,
            smtp_security="none",
            smtp_from="hr@example.test",
            sms_url=gateway.url,
            sms_secret="secret",
            private=True,
        )
        with served(tmp_path_factory.mktemp("hr") / "data", sending=sending) as backend:
            yield Post(opened(backend), box, gateway)


@pytest.fixture(autouse=True)
def as_before(post: Post) -> Iterator[None]:
    ahead = post.search.backend.clock.ahead
    yield
    post.search.backend.clock.ahead = ahead
    candidate_codes.set_rule(post.hr, COMMAND_LINE, Rule.REACHABLE)


def other_than(digits: str) -> str:
    return f"{(int(digits) + 1) % 10**6:06d}"


def text_of(answer: str) -> str:
    return re.sub(r'name="csrf" value="[^"]+"', "", answer)


def test_a_text_message_brings_the_code_that_opens_the_pages(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    guest, person = post.invite(email="lilei@example.test"), Person(post.search.backend)
    with caplog.at_level(logging.DEBUG):
        assert "on its way" in person.sign_in(guest.code, guest.phone).text
        wait_until(lambda: post.texts(guest.phone))
        (told,) = post.texts(guest.phone)
        code = re.findall(r"\d{6}", told)[0]
        assert "10 minutes" in told
        assert guest.code not in told
        assert "李雷" in person.fill("/candidate/one-time", one_time=f" {code[:3]} {code[3:]}").text
    assert code not in caplog.text
    with post.hr.db.read() as session:
        for table in ("candidate_challenge", "delivery", "audit"):
            rows = session.execute(text(f"SELECT * FROM {table}")).all()
            assert code not in {str(value) for row in rows for value in row}
            assert not any(f'"{code}"' in str(value) for row in rows for value in row)
    assert post.states(guest) == [("sms", "sent", "")]


def test_the_code_comes_by_mail_where_that_was_chosen_in_the_language_of_the_page(post: Post) -> None:
    guest, person = post.invite(email="mail@example.test"), Person(post.search.backend, "zh_CN")
    assert 'value="mail"' in person.page("/candidate").text
    person.fill("/candidate", code=guest.code, known=guest.phone, by="mail")
    wait_until(lambda: post.box.counts()["mail@example.test"])
    mail = post.box.to("mail@example.test")
    part = mail.get_body(("plain",))
    assert part is not None
    code = re.findall(r"\b\d{6}\b", part.get_content())[0]
    assert "请勿转告他人" in part.get_content()
    assert code not in str(mail["Subject"])
    assert "进度" in person.fill("/candidate/one-time", one_time=code).text


def test_who_cannot_be_reached_comes_in_without_unless_everybody_needs_one(post: Post) -> None:
    unreachable = post.invite()
    with post.hr.db.write() as session:
        session.get_one(InvitationRow, unreachable.invitation_id).candidate.phone_sealed = None
    asked = post.ask(unreachable)
    assert candidate_access.current(post.hr, asked.session) == unreachable.invitation_id
    candidate_codes.set_rule(post.hr, COMMAND_LINE, Rule.ALWAYS)
    asked = post.ask(unreachable)
    assert not asked.session
    assert post.states(unreachable) == []
    assert candidate_codes.setting(post.hr, COMMAND_LINE).out_of_reach == 1


def test_the_rule_is_the_administrators(post: Post) -> None:
    assert refusal(candidate_codes.set_rule, post.hr, somebody(post.hr, Role.HR), Rule.OFF)[0] == "forbidden"
    candidate_codes.set_rule(post.hr, COMMAND_LINE, Rule.OFF)
    guest = post.invite()
    assert "李雷" in Person(post.search.backend).sign_in(guest.code, guest.phone).text


def test_without_a_channel_none_is_asked_for_and_none_can_be_demanded(tmp_path: Path) -> None:
    hr = organisation(tmp_path / "data")
    assert candidate_codes.rule(hr) is Rule.OFF
    assert refusal(candidate_codes.set_rule, hr, COMMAND_LINE, Rule.ALWAYS) == ("setting_invalid", "channel")
    hr.close()


def test_fitting_and_not_fitting_look_the_same_at_both_doors(post: Post) -> None:
    guest = post.invite()
    seen = set()
    for code, known in ((guest.code, guest.phone), (guest.code, "13700137000"), ("AAAA-AAAA", guest.phone), ("", "?")):
        person = Person(post.search.backend)
        first = person.sign_in(code, known)
        second = person.fill("/candidate/one-time", one_time="x")
        assert (first.status_code, second.status_code) == (200, 401)
        assert "xuda_candidate" not in person.cookies
        seen.add((first.url, text_of(first.text), text_of(second.text)))
    assert len(seen) == 1


def test_a_code_works_once(post: Post) -> None:
    guest = post.invite()
    asked = post.ask(guest)
    code = post.digits(asked)
    assert post.confirm(asked, code) == guest.invitation_id
    assert post.confirm(asked, code) is WRONG


def test_a_code_ends_after_ten_minutes_and_is_not_sent_any_more(post: Post) -> None:
    guest = post.invite()
    post.search.backend.clock.ahead += timedelta(minutes=1)
    asked = post.ask(guest)
    code = post.digits(asked)
    post.search.backend.clock.ahead += timedelta(minutes=10)
    assert post.confirm(asked, code) is WRONG
    post.search.backend.clock.ahead -= timedelta(minutes=11)
    assert post.confirm(asked, code) is WRONG, "a clock that was set back opens nothing"


def test_after_a_few_wrong_tries_the_right_one_is_refused_too(post: Post) -> None:
    guest = post.invite()
    asked = post.ask(guest)
    code = post.digits(asked)
    for _ in range(MOST_TRIES):
        assert post.confirm(asked, other_than(code)) is WRONG
    assert post.confirm(asked, code) is WRONG


def test_a_newer_code_ends_the_older_one(post: Post) -> None:
    guest = post.invite()
    first, second = post.ask(guest), post.ask(guest)
    assert post.confirm(first, post.digits(first)) is WRONG
    assert post.confirm(second, post.digits(second)) == guest.invitation_id


def test_the_code_of_another_candidate_opens_nothing(post: Post) -> None:
    mine, other = post.invite(), post.invite()
    asked, theirs = post.ask(mine), post.ask(other)
    assert post.confirm(theirs, other_than(post.digits(theirs)), "thief") is WRONG
    if post.digits(asked) != post.digits(theirs):
        assert post.confirm(theirs, post.digits(asked), "thief") is WRONG
    assert post.confirm(asked, post.digits(asked)) == mine.invitation_id


def test_whoever_did_not_fit_is_never_let_in_whatever_they_type(post: Post) -> None:
    asked = post.ask(post.invite(), known="13700137000")
    assert post.confirm(asked, post.digits(asked)) is WRONG
    for made_up in (Asked(challenge=""), Asked(challenge="x" * 43)):
        assert post.confirm(made_up, "") is WRONG


def test_codes_for_one_invitation_are_asked_for_a_few_times_only_whether_it_exists_or_not(post: Post) -> None:
    def tries(guest: Guest) -> list[str]:
        return [refusal_of(post, guest) for _ in range(6)]

    assert tries(post.invite()) == tries(Guest("13700137000", "BBBB-CCCC", "")) == ["asked"] * 5 + ["rate_limited"]
    guest = post.invite()
    for _ in range(4):
        post.search.backend.clock.ahead += timedelta(minutes=16)
        assert [refusal_of(post, guest) for _ in range(5)] == ["asked"] * 5
    post.search.backend.clock.ahead += timedelta(minutes=16)
    assert refusal_of(post, guest) == "rate_limited", "nor all day long"


def refusal_of(post: Post, guest: Guest) -> str:
    try:
        post.ask(guest)
    except XudaError as error:
        return error.code.value
    return "asked"


def test_a_network_that_guesses_waits(post: Post) -> None:
    asked = post.ask(post.invite())
    found = [post.confirm(asked, "x", "botnet") for _ in range(21)]
    assert found == [WRONG] * 20 + [ErrorCode.RATE_LIMITED]


def test_what_waits_while_the_channel_is_down_is_not_sent_late(post: Post) -> None:
    guest = post.invite()
    post.gateway.judge = lambda _: (503, {})
    try:
        Person(post.search.backend).sign_in(guest.code, guest.phone)
        wait_until(lambda: post.states(guest) == [("sms", "queued", "http:503")])
        tried = post.texts(guest.phone)
    finally:
        post.gateway.judge = lambda _: (200, {})
    post.search.backend.clock.ahead += timedelta(hours=1)
    other = post.invite()
    Person(post.search.backend).sign_in(other.code, other.phone)
    wait_until(lambda: post.states(other) == [("sms", "sent", "")])
    wait_until(lambda: post.states(guest) == [("sms", "dropped", "over")])
    assert post.texts(guest.phone) == tried
