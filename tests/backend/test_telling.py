"""A released decision that is told by mail, telephone or robot, through real servers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from backend.db.models import AuditRow, Batch
from backend.sending.outcome import Channel, State
from backend.sending.settings import Sending
from backend.sending.worker import Sender
from backend.services import candidates, decisions, messages, releases
from backend.services.candidate_states import Ruling
from backend.services.candidates import Person
from backend.services.releases import ReleaseView
from tests.backend.mailbox import Hook, Mailbox, dingtalk_judge, hook, mailbox
from tests.backend.staffing import Search, finish, opened, refusal
from tests.backend.world import Talk, served, wait_until

ADDRESS = "lilei@example.test"
SECRET = "SECtell"


@dataclass
class Office:
    """Somebody of the batch has finished; ``sender`` is started by a test that wants messages to go."""

    search: Search
    box: Mailbox
    robot: Hook
    sender: Sender

    def decided(self, ruling: Ruling = Ruling.SECOND_ROUND, name: str = "李雷") -> str:
        """The interview's id."""
        hr, search = self.search.hr, self.search
        with hr.db.write() as session, hr.cabinet.together():
            batch = session.get_one(Batch, search.batch_id)
            invitation = candidates.invite(hr, session, batch, Person(name, phone="13800138000", email=ADDRESS)).id
        talk = Talk(search.backend.enrol(), invitation)
        talk.started()
        finish(talk, "finished")
        talk.put_all()
        decisions.decide(hr, search.approver, talk.interview_id, ruling, "because")
        return talk.interview_id

    def seen(self, interview_id: str) -> ReleaseView:
        found = releases.preview(self.search.hr, self.search.approver, interview_id)
        assert found is not None
        return found

    def release(self, interview_id: str, *channels: Channel) -> None:
        decision = self.seen(interview_id).decision_id
        releases.release(self.search.hr, self.search.approver, interview_id, decision, channels)
        self.sender.wake()

    def states(self, interview_id: str) -> dict[Channel, State]:
        return {view.channel: view.state for view in self.seen(interview_id).sent}

    def settle(self, interview_id: str) -> dict[Channel, State]:
        wait_until(lambda: not set(self.states(interview_id).values()) & {State.QUEUED, State.SENDING})
        return self.states(interview_id)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with mailbox() as box, hook(dingtalk_judge(SECRET)) as robot:
        sending = Sending(
            smtp_host=box.host,
            smtp_port=box.port,
            smtp_security="none",
            smtp_from="hr@example.test",
            dingtalk_url=f"{robot.url}/robot/send?access_token=t",
            dingtalk_secret=SECRET,
            robot_per_minute=6000,
            private=True,
        )
        with served(tmp_path / "data", sending=sending) as backend:
            sender = Sender(backend.hr)
            yield Office(opened(backend), box, robot, sender)
            sender.stop()


def body(box: Mailbox) -> str:
    part = box.to(ADDRESS).get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_the_mail_says_the_result_and_the_next_steps_and_the_group_only_that_there_is_news(office: Office) -> None:
    interview = office.decided()
    hr = office.search.hr
    invitation = office.seen(interview).invitation_id
    now = hr.now()
    title, text = {"zh_CN": "复试安排"}, {"zh_CN": "周三下午三点，A座201"}
    draft = messages.Draft(f"invitation:{invitation}", title, text, now, now + timedelta(days=5), next_steps=True)
    messages.send(hr, office.search.approver, draft)
    assert office.seen(interview).channels == [Channel.MAIL, Channel.DINGTALK]
    office.release(interview, Channel.MAIL, Channel.DINGTALK)
    office.sender.start()
    assert set(office.settle(interview).values()) == {State.SENT}
    text = body(office.box)
    for words in ("李雷", "复试", "恭喜", "复试安排", "周三下午三点"):
        assert words in text
    html = office.box.to(ADDRESS).get_body(("html",))
    assert html is not None
    assert "周三下午三点" in html.get_content()
    assert not [part for part in office.box.to(ADDRESS).walk() if part.get_content_maintype() == "image"]
    (asked,) = office.robot.asked
    group = str(asked.json)
    assert "有新进展" in group
    for secret in ("恭喜", "周三下午三点", "because"):
        assert secret not in group
    assert "because" not in text
    with hr.db.read() as session:
        row = session.scalars(select(AuditRow).where(AuditRow.action == "tell_decision")).one()
    assert row.detail["channels"] == ["mail", "dingtalk"]


def test_it_goes_once_however_often_it_is_released(office: Office) -> None:
    interview = office.decided(Ruling.REJECT)
    office.sender.start()
    for _ in range(3):
        office.release(interview, Channel.MAIL)
    office.settle(interview)
    office.release(interview, Channel.MAIL)
    office.release(interview)
    assert office.box.counts() == {ADDRESS: 1}
    assert office.seen(interview).channels == [Channel.DINGTALK], "the other one is still offered"


def test_what_waits_is_taken_back_with_the_release_and_what_has_gone_is_not(office: Office) -> None:
    interview = office.decided(Ruling.REJECT)
    search = office.search
    decision = office.seen(interview).decision_id
    office.release(interview, Channel.MAIL)
    releases.take_back(search.hr, search.approver, interview, decision)
    assert office.states(interview) == {Channel.MAIL: State.DROPPED}
    office.sender.start()
    office.release(interview, Channel.MAIL)
    assert office.settle(interview) == {Channel.MAIL: State.SENT}
    assert office.box.counts() == {ADDRESS: 1}
    assert refusal(releases.take_back, search.hr, search.approver, interview, decision) == ("conflict", "told")


def test_a_refused_mail_is_said_and_can_go_again(office: Office) -> None:
    interview = office.decided()
    office.box.answers[ADDRESS] = ["550 5.1.1 nobody"]
    office.sender.start()
    office.release(interview, Channel.MAIL)
    assert office.settle(interview) == {Channel.MAIL: State.BOUNCED}
    assert Channel.MAIL in office.seen(interview).channels
    office.release(interview, Channel.MAIL)
    assert office.settle(interview) == {Channel.MAIL: State.SENT}


def test_the_end_of_the_invitations_window_holds_no_result_back(office: Office) -> None:
    interview = office.decided()
    with office.search.hr.db.write() as session:
        session.get_one(Batch, office.search.batch_id).not_after = office.search.hr.now() - timedelta(minutes=1)
    office.sender.start()
    office.release(interview, Channel.MAIL)
    assert office.settle(interview) == {Channel.MAIL: State.SENT}


def test_a_channel_that_is_not_set_up_is_refused_and_nothing_is_released(office: Office) -> None:
    interview = office.decided()
    search, decision = office.search, office.seen(interview).decision_id
    found = refusal(releases.release, search.hr, search.approver, interview, decision, [Channel.SMS])
    assert found == ("setting_invalid", "channel")
    assert office.seen(interview).released_at is None
