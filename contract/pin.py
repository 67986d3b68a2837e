"""Staff PINs: kept and carried as an Argon2id hash only, in the text form ``$argon2id$v=19$m=…,t=…,p=…$salt$hash``.

A PIN is short, so whoever has its hash can try them all in days: it keeps candidates out of a booth's settings, and is
nothing that recordings depend on.
"""

from __future__ import annotations

import os
import re

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from contract.errors import ErrorCode, XudaError

SHORTEST, LONGEST = 6, 12
_ROUNDS, _LANES, _MEMORY = 3, 4, 64 * 1024
_MOST_MEMORY = 256 * 1024  # KiB: a hash from elsewhere must not take a booth's memory
_MOST_ROUNDS = 16
_MOST_LANES = 16
_SALT = r"[A-Za-z0-9+/]{22,86}"
_PHC = re.compile(rf"\$argon2id\$v=19\$m=(\d{{1,7}}),t=(\d{{1,3}}),p=(\d{{1,3}})\${_SALT}\$[A-Za-z0-9+/]{{43,86}}")


def hash_pin(pin: str) -> str:
    """Takes about a third of a second. Raises XudaError(SETTING_INVALID, field ``staff_pin``) for anything but
    :data:`SHORTEST` to :data:`LONGEST` digits, and for one digit again and again."""
    if not (pin.isascii() and pin.isdigit() and SHORTEST <= len(pin) <= LONGEST) or len(set(pin)) == 1:
        raise XudaError(ErrorCode.SETTING_INVALID, field="staff_pin")
    kdf = Argon2id(salt=os.urandom(16), length=32, iterations=_ROUNDS, lanes=_LANES, memory_cost=_MEMORY)
    return kdf.derive_phc_encoded(pin.encode("ascii"))


def is_pin_hash(text: str) -> bool:
    """Whether ``text`` is such a hash, at a cost that a booth can bear."""
    found = _PHC.fullmatch(text)
    if found is None:
        return False
    memory, rounds, lanes = (int(part) for part in found.groups())
    return 8 * lanes <= memory <= _MOST_MEMORY and 1 <= rounds <= _MOST_ROUNDS and 1 <= lanes <= _MOST_LANES


def pin_fits(pin: str, encoded: str) -> bool:
    """Whether ``encoded`` is the hash of ``pin``; takes as long as :func:`hash_pin`, also for a wrong one."""
    if not is_pin_hash(encoded):
        return False
    try:
        Argon2id.verify_phc_encoded(pin.encode("utf-8"), encoded)
    except (InvalidKey, ValueError):
        return False
    return True
