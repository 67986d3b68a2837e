"""The client while it is being opened: calls that are made before it is there wait for it, in their order."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from app.bootstrap import Client

T = TypeVar("T")


class Opening:
    """``make`` opens the client with a passphrase ("": that of the settings), on a thread of its own; it may fail and
    be tried again. ``prepare`` is called with the client before anything that has waited."""

    def __init__(self, make: Callable[[str], Client], prepare: Callable[[Client], None]) -> None:
        self._make = make
        self._prepare = prepare
        self._guard = threading.Lock()
        self._client: Client | None = None
        self._waiting: list[Callable[[Client], None]] = []
        self._pool: ThreadPoolExecutor | None = None

    @property
    def client(self) -> Client | None:
        """None until it is open."""
        return self._client

    def attempt(self, passphrase: str = "") -> Future[Client]:
        """Raises in the future what ``make`` raises."""
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(1, thread_name_prefix="opening")
        return self._pool.submit(self._open, passphrase)

    def _open(self, passphrase: str) -> Client:
        client = self._make(passphrase)
        self._prepare(client)
        with self._guard:
            self._client = client  # what has waited may ask for its parts at once
            for pass_on in self._waiting:
                pass_on(client)
            self._waiting = []
        return client

    # ---- as the client, from the first moment --------------------

    def submit(self, call: Callable[[], T]) -> Future[T]:
        """On the database thread."""
        return self._when_open(lambda client: client.submit(call))

    def background(self, call: Callable[[], T]) -> Future[T]:
        """On a thread that may take its time."""
        return self._when_open(lambda client: client.background(call))

    def subscribe(self, listener: Callable[[Any], None]) -> None:
        with self._guard:
            if self._client is None:
                self._waiting.append(lambda client: client.news.subscribe(listener))
                return
        self._client.news.subscribe(listener)

    def part(self, get: Callable[[Client], T]) -> T:
        """Has the attributes of a part of the client, which is asked for with the first of them.

        Before the client is open that is an error: such calls belong into ``submit`` or ``background``.
        """
        return cast(T, _Part(self, get))

    def close(self) -> None:
        """Returns when an attempt under way has ended; calls that wait then are never answered."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _when_open(self, start: Callable[[Client], Future[T]]) -> Future[T]:
        with self._guard:
            if self._client is None:
                future: Future[T] = Future()
                self._waiting.append(lambda client: _pass_on(start(client), future))
                return future
        return start(self._client)


def _pass_on(source: Future[T], target: Future[T]) -> None:
    def done(_: Future[T]) -> None:
        try:
            target.set_result(source.result())
        except CancelledError:
            target.cancel()
        except BaseException as error:
            target.set_exception(error)

    source.add_done_callback(done)


class _Part:
    def __init__(self, opening: Opening, get: Callable[[Client], Any]) -> None:
        self._opening = opening
        self._get = get

    def __getattr__(self, name: str) -> Any:
        client = self._opening.client
        if client is None:
            raise RuntimeError(f"{name} is asked for before the client is open")
        return getattr(self._get(client), name)
