"""The keys of interviews: in the keystore as ``interview:<id>``, never in the database."""

from __future__ import annotations

import threading

from app.storage.keystore import KeyStore
from contract.errors import ErrorCode, XudaError
from contract.sealed import KEY_SIZE


class InterviewKeys:
    """A keystore is slow to ask (another process on some systems), so keys in use are remembered until destroyed."""

    def __init__(self, keystore: KeyStore) -> None:
        self._keystore = keystore
        self._known: dict[str, bytes] = {}
        self._destroyed: set[str] = set()
        self._held: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def get(self, interview_id: str) -> bytes | None:
        with self._lock:
            if interview_id in self._destroyed:
                return None
            key = self._known.get(interview_id) or self._keystore.get(_name(interview_id))
            if key is not None:
                self._known[interview_id] = key
            return key

    def need(self, interview_id: str) -> bytes:
        """Raises XudaError(KEY_DESTROYED)."""
        key = self.get(interview_id)
        if key is None:
            raise XudaError(ErrorCode.KEY_DESTROYED)
        return key

    def put(self, interview_id: str, key: bytes) -> None:
        if len(key) != KEY_SIZE:
            raise ValueError(f"an interview key has {KEY_SIZE} bytes")
        with self._lock:
            self._keystore.set(_name(interview_id), key)
            self._known[interview_id] = key
            self._destroyed.discard(interview_id)

    def hold(self, interview_id: str, holder: str = "screen") -> None:
        """The interview is on screen or being exported: its key must not go because of a delivery."""
        with self._lock:
            self._held.add((interview_id, holder))

    def release(self, interview_id: str, holder: str = "screen") -> None:
        with self._lock:
            self._held.discard((interview_id, holder))

    def held(self, interview_id: str) -> bool:
        with self._lock:
            return any(held == interview_id for held, _ in self._held)

    def destroy(self, interview_id: str) -> None:
        """Idempotent. Even when the keystore fails, this process gives the key to nobody any more."""
        with self._lock:
            self._destroyed.add(interview_id)
            self._known.pop(interview_id, None)
            self._keystore.delete(_name(interview_id))


def _name(interview_id: str) -> str:
    return f"interview:{interview_id}"
