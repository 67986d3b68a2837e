"""What HR tells candidates: update notes, and next steps that go with a released decision. Plain text, no links."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field, model_validator

from contract.envelope import SignedDocument
from contract.text import Localized

MOST_TITLE = 120
MOST_TEXT = 2000
MESSAGE_LANGUAGES = ("zh_CN", "en")


class Message(SignedDocument):
    """One message as one device gets it, shown from ``not_before`` to ``not_after``.

    ``audience``: everyone, or those with one of ``invitations`` (ids), of which only the ones that this device may meet
    are named. An audience that is not known here refuses the message: it is never shown to more people than it is for.
    """

    message_id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9-]+$")
    organisation_id: str
    device_id: str
    audience: Literal["everyone", "invitations"]
    invitations: list[str] = Field(default_factory=list)
    next_steps: bool = False
    title: Localized
    text: Localized
    not_before: AwareDatetime
    not_after: AwareDatetime

    @model_validator(mode="after")
    def _is_for_somebody(self) -> Message:
        if (self.audience == "everyone") == bool(self.invitations):
            raise ValueError("invitations are named when it is for them alone")
        return self
