"""How a message fares, as states and codes. What a server answers in words is kept nowhere: it may quote an address."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """``UNCERTAIN``: the connection or this server broke off in the middle; it is not sent again by itself.

    ``BOUNCED``: refused for good. ``FAILED``: given up after a day of tries. ``DROPPED``: not wanted any more.
    """

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    BOUNCED = "bounced"
    FAILED = "failed"
    DROPPED = "dropped"


# a person may send these again
TROUBLED = frozenset({State.UNCERTAIN, State.BOUNCED, State.FAILED})
WAITING = frozenset({State.QUEUED, State.SENDING})


class Channel(StrEnum):
    MAIL = "mail"
    SMS = "sms"
    DINGTALK = "dingtalk"
    WECOM = "wecom"


class Template(StrEnum):
    INVITATION = "invitation"
    REMINDER = "reminder"
    EXTENSION = "extension"
    DECISION = "decision"
    ONE_TIME = "one_time"


class NotDelivered(Exception):
    """``code``: ``smtp:550:5.1.1``, ``http:503``, ``robot:310000``, or one of the words below. At most 40 letters."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code[:40]


class Refused(NotDelivered):
    """For good: this message to this address."""


class Later(NotDelivered):
    """This message now; others may go."""


class ChannelDown(NotDelivered):
    """Nothing goes over this channel now, and nothing of this message has gone."""


class Unsure(NotDelivered):
    """It broke off after the message was given away and before the answer."""


CONNECT = "connect"  # nobody answers, or no such server
TLS = "tls"  # no trusted encryption
LOGIN = "login"  # name, password, key or signature refused
BLOCKED = "blocked"  # an address inside the network, which settings do not allow
BROKEN_OFF = "broken_off"
RESTARTED = "restarted"
RESTORED = "restored"
ADDRESS = "address"
ERASED = "erased"
CANCELLED = "cancelled"
OVER = "over"
BEGUN = "begun"
TAKEN_BACK = "taken_back"
NO_CHANNEL = "no_channel"
UNREADABLE = "unreadable"  # what it is made of cannot be opened or put into words
