"""The passphrase of a device without key store: from where it comes, and asking for it on a terminal."""

from __future__ import annotations

import getpass
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from app.config import DOMAIN, ClientSettings
from contract.catalog import load
from contract.errors import ErrorCode, XudaError
from contract.texts import code_text

T = TypeVar("T")

LEAST = 8
TRIES = 5
# opening fails for want of a passphrase; a person may give one
UNLOCKING = frozenset({ErrorCode.PASSPHRASE_NEEDED, ErrorCode.PASSPHRASE_WRONG})
CHOOSING = frozenset({ErrorCode.PASSPHRASE_MISSING, ErrorCode.KEYSTORE_UNPROTECTED})


def pause_after(wrong_tries: int) -> float:
    """Seconds to wait after so many wrong tries: guessing by hand must not be quick."""
    return float(min(30, 2 ** (wrong_tries - 1))) if wrong_tries else 0.0


def problem_of(first: str, second: str) -> str | None:
    """Why a new passphrase cannot be used: ``short`` or ``different``; None when it can."""
    if len(first) < LEAST:
        return "short"
    return None if first == second else "different"


def with_passphrase(settings: ClientSettings, work: Callable[[ClientSettings], T]) -> T:
    """``work`` with a passphrase that is asked for on the terminal when it is needed and somebody is there.

    Raises what ``work`` raises; XudaError(PASSPHRASE_WRONG) after five tries.
    """
    wrong = 0
    while True:
        try:
            return work(settings)
        except XudaError as error:
            if error.code not in UNLOCKING | CHOOSING or not _somebody_is_there():
                raise
            if error.code is ErrorCode.PASSPHRASE_WRONG:
                wrong += 1
                if wrong >= TRIES:
                    raise
                time.sleep(pause_after(wrong))
            _say(settings, error.code)
            settings = replace(settings, passphrase=_ask(settings, new=error.code in CHOOSING))


def need_somebody() -> None:
    """Raises XudaError(PASSPHRASE_NEEDED) where nobody can be asked."""
    if not _somebody_is_there():
        raise XudaError(ErrorCode.PASSPHRASE_NEEDED)


def ask_old(settings: ClientSettings) -> str:
    return _ask(settings, new=False)


def ask_new(settings: ClientSettings) -> str:
    """A new passphrase, typed twice."""
    return _ask(settings, new=True)


def _ask(settings: ClientSettings, *, new: bool) -> str:
    _ = load(DOMAIN, settings.lang).gettext
    while True:
        first = getpass.getpass(_("Passphrase: ") if not new else _("New passphrase: "))
        if not new:
            return first
        problem = problem_of(first, getpass.getpass(_("The same again: ")))
        if problem is None:
            return first
        short = _("At least {count} characters.").format(count=LEAST)
        print(short if problem == "short" else _("The two are not the same."), file=sys.stderr)


def _say(settings: ClientSettings, code: ErrorCode) -> None:
    print("\n".join(code_text(code, settings.lang).lines[:2]), file=sys.stderr)


def _somebody_is_there() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr is not None and sys.stderr.isatty()
