"""The key under which this device keeps what HR has sent it and nobody else should read."""

from __future__ import annotations

import os

from app.storage.keystore import KeyStore
from contract.sealed import KEY_SIZE

_NAME = "storage"


def stored_key(keystore: KeyStore) -> bytes | None:
    return keystore.get(_NAME)


def storage_key(keystore: KeyStore) -> bytes:
    """Made when it is not there yet."""
    key = stored_key(keystore)
    if key is None:
        key = os.urandom(KEY_SIZE)
        keystore.set(_NAME, key)
    return key
