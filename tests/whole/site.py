"""An organisation as its own people run it: the backend as a process, its channels, and staff in browsers."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyotp

from app.demo.processes import Server, demo_environment, run_json
from tests.backend.mailbox import Hook, Mailbox, dingtalk_judge, hook, mailbox
from tests.portal.browser import By, Chrome, chromium, press, wait_for
from tests.whole.balancer import Balancer

_STEP = 30  # seconds a one-time code holds


@dataclass
class Site:
    """``address`` is what people and devices use; ``env`` is the environment of every process of it."""

    folder: Path
    env: dict[str, str]
    facts: dict[str, Any]
    box: Mailbox
    robot: Hook
    address: str
    lose_a_server: Callable[[], None] = lambda: None

    def user(self, name: str) -> dict[str, str]:
        return next(user for user in self.facts["users"] if user["username"] == name)


@contextmanager
def channels() -> Iterator[tuple[Mailbox, Hook, dict[str, str]]]:
    """A mail server and a robot's endpoint, and the settings of the backend that name them."""
    secret = "SECwhole"
    with mailbox() as box, hook(dingtalk_judge(secret)) as robot:
        yield (
            box,
            robot,
            {
                "XUDA_HR_SMTP_HOST": box.host,
                "XUDA_HR_SMTP_PORT": str(box.port),
                "XUDA_HR_SMTP_SECURITY": "none",
                "XUDA_HR_SMTP_FROM": "hr@example.test",
                "XUDA_HR_DINGTALK_URL": f"{robot.url}/robot/send?access_token=t",
                "XUDA_HR_DINGTALK_SECRET": secret,
                "XUDA_HR_ROBOT_PER_MINUTE": "6000",
                "XUDA_HR_SEND_PRIVATE": "true",
            },
        )


@contextmanager
def embedded(folder: Path) -> Iterator[Site]:
    """One process, SQLite and a folder."""
    with channels() as (box, robot, settings):
        env = demo_environment(folder, "the whole way") | {"QT_QPA_PLATFORM": "offscreen"} | settings
        facts = run_json("backend", "init", "--data", str(folder / "hr"), "--demo", "--json", env=env)
        server = Server(folder / "hr", folder / "backend.log", env)
        try:
            yield Site(folder, env, facts, box, robot, server.start())
        finally:
            server.stop()


@contextmanager
def shared(folder: Path, database: str, bucket: dict[str, str]) -> Iterator[Site]:
    """Two servers, each with a folder of its own, on one database and one bucket; one of them can be lost."""
    storage = {"database": database, **bucket}
    with channels() as (box, robot, settings), ExitStack() as stack:
        env = demo_environment(folder, "the whole way") | {"QT_QPA_PLATFORM": "offscreen"} | settings
        env |= {f"XUDA_HR_{name.upper()}": value for name, value in storage.items()}
        data = [folder / f"hr-{number}" for number in range(2)]
        facts = run_json("backend", "init", "--data", str(data[0]), "--demo", "--json", env=env)
        data[1].mkdir(mode=0o700)
        shutil.copy(data[0] / "keys.json", data[1])
        servers = [Server(part, folder / f"{part.name}.log", env) for part in data]
        for server in servers:
            stack.callback(server.stop)
        front = Balancer([server.start() for server in servers])
        front.start()
        stack.callback(front.stop)

        def lose() -> None:
            assert all(front.served), front.served
            servers[0].kill()

        yield Site(folder, env, facts, box, robot, front.url, lose)


class Person:
    """Somebody of the organisation in a browser of their own, logged in."""

    def __init__(self, browser: Chrome, site: Site, name: str) -> None:
        self.browser = browser
        self._site = site
        user = site.user(name)
        self._codes = pyotp.TOTP(user["totp_secret"])
        self._used = ""
        self.open("/login")
        self.fill(username=name, password=user["password"], totp=self.code())
        press(browser, ".login button.main")
        wait_for(lambda: "/login" not in browser.current_url, f"the login of {name}")

    def code(self) -> str:
        """A one-time code that was not used yet: each works once."""
        wait_for(lambda: self._codes.now() != self._used, "a new one-time code", seconds=_STEP + 5, step=0.5)
        left = _STEP - time.time() % _STEP
        if left < 1:  # it would be old when it arrives
            wait_for(lambda: _STEP - time.time() % _STEP > 1, "the next one-time code", seconds=5)
        self._used = self._codes.now()
        return self._used

    @property
    def address(self) -> str:
        return self._site.address

    def open(self, path: str) -> None:
        self.browser.get(self._site.address + path)

    @property
    def path(self) -> str:
        return self.browser.current_url.removeprefix(self._site.address).partition("#")[0]

    def fill(self, **values: str) -> None:
        """Type into fields and choose from lists, by their names."""
        for name, value in values.items():
            field = self.browser.find_element(By.NAME, name)
            if field.tag_name == "select":
                field.find_element(By.CSS_SELECTOR, f"option[value='{value}']").click()
            elif field.get_attribute("type") in ("date", "number"):
                self.browser.execute_script("arguments[0].value = arguments[1]", field, value)
            else:
                field.clear()
                field.send_keys(value)

    def press(self, selector: str) -> None:
        press(self.browser, selector)

    def see(self, *words: str, seconds: float = 30) -> str:
        """The text of the page once it says all of it; it may still be loading."""
        try:
            wait_for(lambda: all(word in self.text() for word in words), " and ".join(words), seconds=seconds, step=0.2)
        except AssertionError as error:
            raise AssertionError(f"{error}; {self.path} says:\n{self.text()[:2000]}") from None
        return self.text()

    def again(self, words: str) -> bool:
        """Load the page once more, and look for the words."""
        self.browser.refresh()
        return words in self.text()

    def count(self, selector: str, wanted: int) -> None:
        """Wait until the page has so many of these."""
        wait_for(lambda: len(self.browser.find_elements(By.CSS_SELECTOR, selector)) == wanted, f"{wanted} {selector}")

    def text(self) -> str:
        script = "return (document.querySelector('main') || document.body).innerText"
        return str(self.browser.execute_script(script) or "")


@contextmanager
def staff(site: Site, *names: str) -> Iterator[list[Person]]:
    """People at work at the same time; what they download lies in ``downloads``."""
    downloads = site.folder / "downloads"
    downloads.mkdir(exist_ok=True)
    with ExitStack() as stack:
        yield [Person(stack.enter_context(chromium(downloads)), site, name) for name in names]
