"""A network camera on loopback whose failures can be had at will."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.media import Painter, moving_picture

_PICTURES = 50


class MjpegCamera:
    """Serves MJPEG over HTTP at ``rate`` pictures a second.

    ``freeze`` repeats one picture, ``stall`` keeps the connection and sends nothing, ``drop`` closes it and refuses
    new ones, ``resume`` ends all of that.
    """

    def __init__(self, paint: Painter | None = None, rate: float = 25.0) -> None:
        from app.capture.vision import load_cv2

        cv2 = load_cv2()
        paint = paint or moving_picture()
        self._pictures = [cv2.imencode(".jpg", paint(n))[1].tobytes() for n in range(_PICTURES)]
        self.rate = rate
        self._frozen = False
        self._refusing = False
        self._sending = threading.Event()
        self._sending.set()
        self._closing = threading.Event()
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                camera._serve(self)

            def log_message(self, format: str, *args: Any) -> None:
                """Tests read their own output."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/camera.mjpg"

    def freeze(self) -> None:
        self._frozen = True

    def stall(self) -> None:
        self._sending.clear()

    def drop(self) -> None:
        self._refusing = True

    def resume(self) -> None:
        self._frozen = self._refusing = False
        self._sending.set()

    def close(self) -> None:
        self._closing.set()
        self.resume()
        self._refusing = True
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        if self._refusing:
            request.send_error(503)
            return
        request.send_response(200)
        request.send_header("Content-Type", "multipart/x-mixed-replace; boundary=picture")
        request.end_headers()
        try:
            self._stream(request)
        except (BrokenPipeError, ConnectionResetError):
            return

    def _stream(self, request: BaseHTTPRequestHandler) -> None:
        number = 0
        due = time.monotonic()
        while not self._refusing and not self._closing.is_set():
            self._sending.wait()
            picture = self._pictures[number % _PICTURES]
            head = f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
            request.wfile.write(head.encode() + picture + b"\r\n")
            number += 0 if self._frozen else 1
            due = max(due + 1.0 / self.rate, time.monotonic() - 0.1)
            self._closing.wait(max(0.0, due - time.monotonic()))
