"""The live monitor in a real browser, with a device that sends real events, and lines that break."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.events import EventType, ExitData
from tests.portal.browser import By, Chrome, chromium, log_in, wait_for
from tests.portal.world import World


class Line:
    """Passes bytes on to a server until it is cut."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.cut = False
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                inner, _ = self._listener.accept()
            except OSError:
                return
            if self.cut:
                inner.close()
                continue
            outer = socket.create_connection(self._target)
            self._open += [inner, outer]
            for here, there in ((inner, outer), (outer, inner)):
                threading.Thread(target=self._pass, args=(here, there), daemon=True).start()

    @staticmethod
    def _pass(here: socket.socket, there: socket.socket) -> None:
        try:
            while data := here.recv(65536):
                there.sendall(data)
        except OSError:
            pass
        finally:
            for end in (here, there):
                end.close()

    def sever(self) -> None:
        self.cut = True
        for end in self._open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def close(self) -> None:
        self.sever()
        self._listener.close()


@pytest.fixture
def line(world: World) -> Iterator[Line]:
    found = Line(int(world.url.rpartition(":")[2]))
    yield found
    found.close()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    with chromium() as found:
        yield found


def state(browser: Chrome) -> str:
    return str(browser.find_element(By.ID, "live").get_attribute("data-state"))


def text(browser: Chrome, selector: str) -> str:
    return str(browser.execute_script("return document.querySelector(arguments[0]).textContent", selector))


def test_the_page_follows_a_device_without_reloading_and_says_when_it_cannot(
    world: World, line: Line, browser: Chrome, monkeypatch: pytest.MonkeyPatch
) -> None:
    direct, world.url = world.url, f"http://127.0.0.1:{line.port}"
    monkeypatch.setattr(world.booth, "server", direct)
    try:
        log_in(browser, world, "hr")
        browser.get(f"{world.url}/monitor?show=interrupted")
        wait_for(lambda: state(browser) == "live", "the stream")
        browser.execute_script("window.same = true")
        before = int(text(browser, "[data-count=interrupted]"))
        sitting = world.sittings["overseas"]
        sitting.say(EventType.PAUSED, ExitData(reason="shutdown"))
        name = world.demo.batches[1].invitations[0].candidate
        wait_for(lambda: int(text(browser, "[data-count=interrupted]")) == before + 1, "the count", seconds=20)
        wait_for(lambda: name in text(browser, "#list"), "the candidate in the list")
        assert "电脑关机" in text(browser, "#list")

        line.sever()
        wait_for(lambda: state(browser) == "lost", "that the line is lost is said", seconds=20)
        told = text(browser, "#live-words")
        assert "不再实时" in told
        sitting.leave(EventType.ABANDONED, "other", "")
        line.cut = False
        wait_for(lambda: state(browser) == "live", "that it is live again", seconds=30)
        wait_for(lambda: int(text(browser, "[data-count=interrupted]")) == before, "what was missed", seconds=20)
        assert browser.execute_script("return window.same") is True

        world.clock.advance(world.hr.settings.session_idle + 60)
        wait_for(lambda: state(browser) == "login", "that the login has ended is said", seconds=20)
        assert "登录已结束" in text(browser, "#live-words")
        assert not [entry for entry in browser.get_log("browser") if "SyntaxError" in entry["message"]]
    finally:
        world.url = direct
