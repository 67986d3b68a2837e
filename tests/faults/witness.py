"""Who asks for a disk operation: the folder's server names the thread, its stack tells the function of the product."""

from __future__ import annotations

import socket
import sys
import threading
from typing import Self

# the witness's answer: this is the operation that is meant
STRIKE = b"!"
_PRODUCT = ("app.", "backend.", "contract.")


class Witness:
    """``seen``: (operation, place) in the order of the operations that the server was to ask about. A place is the
    innermost function of the product, and the function of another module that it works for. Aimed at the ``n``-th
    operation of a place, the witness tells the server when it has come; then ``struck`` is set.

    The server waits for the answer, so that the thread that asks stands still while its stack is looked at.
    """

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self.struck = False
        self._aim: tuple[str, str] | None = None
        self._left = 0
        self._ours, self.theirs = socket.socketpair()
        self._thread = threading.Thread(target=self._listen, name="witness", daemon=True)
        self._thread.start()

    def aim(self, op: str, place: str, n: int) -> None:
        """``n``: from 1, counted from now on."""
        self._aim, self._left, self.struck = (op, place), n, False

    def _listen(self) -> None:
        with self._ours.makefile("r") as asked:
            for line in asked:
                op, number = line.split()
                self.seen.append((op, _place(int(number))))
                self._ours.send(STRIKE if self._is_it() else b".")

    def _is_it(self) -> bool:
        self._left -= self.seen[-1] == self._aim
        if self._aim is None or self._left or self.struck:
            return False
        self.struck = True
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.theirs.close()
        self._ours.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._ours.close()


def _place(number: int) -> str:
    """``number``: the kernel's number of the thread. Empty when the product has no part in it."""
    thread = next((one for one in threading.enumerate() if one.native_id == number), None)
    frame = sys._current_frames().get(thread.ident or 0) if thread is not None else None
    found: dict[str, str] = {}  # by module, the innermost function of each
    while frame is not None and len(found) < 2:
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith(_PRODUCT):
            found.setdefault(module, frame.f_code.co_qualname)
        frame = frame.f_back
    return " < ".join(f"{module}.{function}" for module, function in found.items())
