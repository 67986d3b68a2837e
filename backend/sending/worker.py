"""The thread that sends: takes due messages one at a time, channel by channel, and notes how each went."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Protocol

from backend.rounds import Rounds
from backend.runtime import Runtime
from backend.sending import queue
from backend.sending.letters import Letter
from backend.sending.mail import Mail
from backend.sending.news import put_into_words
from backend.sending.outcome import (
    BROKEN_OFF,
    CONNECT,
    NO_CHANNEL,
    UNREADABLE,
    Channel,
    ChannelDown,
    Later,
    NotDelivered,
    Refused,
    State,
    Unsure,
)
from backend.sending.queue import Job
from backend.sending.settings import Sending
from backend.sending.webhooks import DingTalk, Sms, WeCom

_log = logging.getLogger(__name__)
_AT_ONCE = 50
# another process (the command line) may have ordered something, or the clock was set
_LOOK_AGAIN = 30.0
_LOOK_AGAIN_SHARED = 3.0
_STOP_WITHIN = 90.0


class Line(Protocol):
    """What a channel can do."""

    def send(self, letter: Letter, address: str, message_id: str, at: datetime) -> None:
        """Raises a NotDelivered unless the other side has said that it took the message."""
        ...

    def close(self) -> None: ...


def lines(sending: Sending) -> dict[Channel, Line]:
    """The channels that settings name. Raises XudaError(SETTING_INVALID), OSError for a ``ca`` that cannot be read."""
    sending.check()
    made: dict[Channel, Line] = {}
    for channel in sending.channels:
        match channel:
            case Channel.MAIL:
                made[channel] = Mail(sending)
            case Channel.SMS:
                made[channel] = Sms(sending)
            case Channel.DINGTALK:
                made[channel] = DingTalk(sending)
            case Channel.WECOM:
                made[channel] = WeCom(sending)
    return made


class Sender(Rounds):
    """Of all servers that share a database one works. To be woken after something was ordered.

    The message that is being sent is finished before it stops: broken off, it would be uncertain.
    """

    def __init__(self, hr: Runtime) -> None:
        # others that share the database may have taken an order, and wake only their own
        shared = hr.db.engine.dialect.name != "sqlite"
        super().__init__("sender", look_again=_LOOK_AGAIN_SHARED if shared else _LOOK_AGAIN, stop_within=_STOP_WITHIN)
        self._hr = hr
        self._lines = lines(hr.settings.sending)
        self._down: dict[Channel, int] = dict.fromkeys(self._lines, 0)
        self._free_at: dict[Channel, datetime] = {}
        self._begun = False

    def _ended(self) -> None:
        self._begun = False
        for line in self._lines.values():
            line.close()

    def _begin(self) -> None:
        count = queue.begin(self._hr)
        if count:
            _log.warning("%d messages were being sent when the server stopped: whether they went is not known", count)

    def _round(self) -> float:
        begun, self._begun = self._begun, False
        if not begun:
            self._begin()
        for channel in Channel:
            if channel in self._lines:
                self._send_due(channel)
            else:
                self._give_back(channel)
        now = self._hr.now()
        due = ((queue.next_due(self._hr, channel), self._free_at.get(channel, now)) for channel in self._lines)
        waits = [(max(at, free_at) - now).total_seconds() for at, free_at in due if at is not None]
        self._begun = True
        return max(0.01, min([*waits, self._look_again]))

    def _send_due(self, channel: Channel) -> None:
        line = self._lines[channel]
        while not self._stopping:
            waiting = queue.due(self._hr, channel, _AT_ONCE)
            for delivery_id in waiting:
                if self._stopping or not self._may_go(channel):
                    return
                job = queue.take(self._hr, delivery_id)
                if job is not None and not self._send(channel, line, job):
                    line.close()
                    return
            if not waiting:
                line.close()
                return

    def _give_back(self, channel: Channel) -> None:
        """What was ordered for a channel that settings no longer name."""
        for delivery_id in queue.due(self._hr, channel, _AT_ONCE):
            if queue.take(self._hr, delivery_id) is not None:
                queue.not_sent(self._hr, delivery_id, State.FAILED, NO_CHANNEL)

    def _may_go(self, channel: Channel) -> bool:
        """Robots take only so many a minute."""
        if channel not in (Channel.DINGTALK, Channel.WECOM):
            return True
        now = self._hr.now()
        if now < self._free_at.get(channel, now):
            return False
        self._free_at[channel] = now + timedelta(seconds=60 / self._hr.settings.sending.robot_per_minute)
        return True

    def _send(self, channel: Channel, line: Line, job: Job) -> bool:
        """Whether the channel works; how the message fared is noted."""
        trouble = self._try(channel, line, job)
        if isinstance(trouble, ChannelDown | Unsure):
            self._down[channel] += 1
            _log.warning("%s is not sent to for a while: %s", channel, trouble.code)
            if isinstance(trouble, ChannelDown):
                queue.give_back(self._hr, job.delivery_id)
            else:
                queue.not_sent(self._hr, job.delivery_id, State.UNCERTAIN, trouble.code)
            # those that wait have not been given away: for them it is a server that does not answer
            code = trouble.code if isinstance(trouble, ChannelDown) else CONNECT
            queue.hold(self._hr, channel, code, self._down[channel])
            return False
        if trouble is None:
            queue.sent(self._hr, job.delivery_id)
        elif isinstance(trouble, Later):
            queue.later(self._hr, job.delivery_id, trouble.code)
        else:
            queue.not_sent(self._hr, job.delivery_id, State.BOUNCED, trouble.code)
        self._down[channel] = 0
        return True

    def _try(self, channel: Channel, line: Line, job: Job) -> NotDelivered | None:
        try:
            letter = put_into_words(job.facts, picture=channel is Channel.MAIL)
        except Exception as error:
            _log.error("a message could not be put into words: %s", type(error).__name__)
            return Refused(UNREADABLE)
        try:
            line.send(letter, job.address, job.delivery_id, self._hr.now())
        except NotDelivered as trouble:
            return trouble
        except Exception as error:
            # nobody can say how far it came
            _log.error("a message broke off: %s", type(error).__name__)
            line.close()
            return Unsure(BROKEN_OFF)
        return None
