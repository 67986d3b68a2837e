"""Where a second opinion is asked for: nowhere, unless the administrator names an address."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from backend.sending.settings import may_be_asked
from contract.errors import ErrorCode, XudaError

SECONDS = 60
_MOST_SECONDS = 600
_LONGEST_NAME = 100


@dataclass(frozen=True)
class SecondOpinion:
    """``url``: base address of an OpenAI-compatible service (``https://…/v1``); empty: there are no second opinions.

    ``key``: shown to the service as a bearer token, empty for one that wants none. ``seconds``: a whole answer may take
    so long. ``private``: the service may lie inside the network, and be plain HTTP on this machine. ``ca``:
    certificates to trust besides the system's.
    """

    url: str = field(default="", repr=False)
    model: str = ""
    key: str = field(default="", repr=False)
    seconds: int = SECONDS
    private: bool = False
    ca: Path | None = None

    @property
    def on(self) -> bool:
        return bool(self.url)

    @property
    def host(self) -> str:
        """The address as people are shown it: without its path, which may hold a secret."""
        return urlsplit(self.url).netloc if self.url else ""

    @property
    def address(self) -> str:
        """Of chat completions; what the administrator gave after ``?`` stays behind."""
        parts = urlsplit(self.url)
        path = parts.path.rstrip("/")
        if not path.endswith("/chat/completions"):
            path += "/chat/completions"
        return parts._replace(path=path).geturl()

    def check(self) -> None:
        """Raises XudaError(SETTING_INVALID) with the field, never with the value."""
        if not self.on:
            return
        if not may_be_asked(self.url, private=self.private):
            raise _invalid("second_opinion")
        if not (0 < len(self.model) <= _LONGEST_NAME and self.model.isprintable()):
            raise _invalid("second_opinion_model")
        if not (self.key.isascii() and self.key.isprintable() and " " not in self.key):
            raise _invalid("second_opinion_key")
        if not 1 <= self.seconds <= _MOST_SECONDS:
            raise _invalid("second_opinion_seconds")


def _invalid(name: str) -> XudaError:
    return XudaError(ErrorCode.SETTING_INVALID, field=name)
