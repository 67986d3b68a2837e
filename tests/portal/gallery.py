"""A picture of every page of the portal: ``python3 dev.py pages [--out DIR] [--only NAME] …``.

Pages are found from the routes; a route that no picture can be made of fails the command. Each is opened in a real
browser by somebody who may see it, in Chinese and English, on a laptop and on a pad; whatever cannot be read or used
is listed and fails the command.
"""

from __future__ import annotations

import argparse
import base64
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from backend.opinion.settings import SecondOpinion
from backend.sending.settings import Sending
from backend.services import candidate_access
from benchmarks.history import Truth, Writer
from tests.portal.booth import Booth
from tests.portal.browser import Chrome, chromium, wait_for
from tests.portal.scenes import CANDIDATE, DONE, Page, Scenes, fill
from tests.portal.world import Clock, Server, World, hold_interviews, organisation

LANGUAGES = {"zh_CN": "中文", "en": "English"}
SIZES = {"laptop": (1280, 800), "pad": (820, 1180)}
ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "docs" / "pages"
_FIT = Path(__file__).with_name("fit.js").read_text("utf-8")
_QUALITY = 30
# fonts and icons are there, and a frame with them was drawn
_PAINTED = """
const done = arguments[arguments.length - 1];
const icons = new Set([...document.querySelectorAll(".icon")].map((e) => getComputedStyle(e).maskImage));
const links = [...icons].map((icon) => (icon.match(/url\\("(.+)"\\)/) || [])[1]).filter(Boolean);
Promise.all([document.fonts.ready, ...links.map((link) => fetch(link).then((found) => found.blob()))]).then(() =>
  requestAnimationFrame(() => requestAnimationFrame(done)));
"""
_MOST_HEIGHT = 4000
# nothing is shown there of few people
_OF_MANY = ("analytics-scores", "analytics-fairness")
_HISTORY = 300
# their places among the invitations of the first batch
_CANDIDATES = {CANDIDATE: 7, DONE: 6}
_MODEL = SecondOpinion(url="https://llm.example.com/v1", model="example-72b")
# Nobody listens there: messages wait.
_CHANNELS = Sending(
    smtp_host="127.0.0.1",
    smtp_port=9,
    smtp_security="none",
    smtp_from="hr@example.com",
    sms_url="http://127.0.0.1:9/sms",
    sms_secret="nobody",
    private=True,
)


@contextmanager
def scenes(history: int = 0) -> Iterator[Scenes]:
    """``history``: so many interviews more, of half a year, for pages that show nothing of few."""
    with tempfile.TemporaryDirectory(prefix="xuda-pages-", ignore_cleanup_errors=True) as name:
        clock = Clock()
        hr, filled = organisation(Path(name) / "data", clock, sending=_CHANNELS, second_opinion=_MODEL)
        with Server(hr) as server:
            world = World(server.url, hr, clock, filled, Booth(server.url, filled.enrolment_codes[0]))
            hold_interviews(world)
            if history:
                Writer(hr, Truth(), seed=3).write(history)
            yield fill(world)


class Photographer:
    """Opens pages of ``made`` in ``browser`` as whoever may see them."""

    def __init__(self, browser: Chrome, made: Scenes) -> None:
        self._browser = browser
        self._made = made
        self._logins: dict[str, str] = {"hr": made.web.cookies["xuda_hr"]}
        browser.get(f"{made.world.url}/login")

    def open(self, page: Page, language: str, size: tuple[int, int]) -> list[str]:
        """What is wrong with it."""
        browser = self._browser
        self._dress(page.user, language, size)
        browser.get(self._made.world.url + page.path)
        wait_for(lambda: browser.execute_script("return document.readyState") == "complete", page.path)
        found = self.look()
        if page.user and "/login" in browser.current_url:
            found.append("the login came instead")
        status = browser.execute_script("return performance.getEntriesByType('navigation')[0].responseStatus")
        if status != page.status:
            found.append(f"answered with {status}")
        logged = [line["message"] for line in browser.get_log("browser") if line["level"] == "SEVERE"]
        return found + (logged if page.status == 200 else [])

    def look(self) -> list[str]:
        """What is wrong with the page that is open."""
        return [str(line) for line in self._browser.execute_script(_FIT)]

    def take(self, file: Path, *, most: int = _MOST_HEIGHT) -> None:
        """The whole page, as far down as anybody looks at a picture: ``most`` pixels."""
        self._browser.execute_async_script(_PAINTED)
        wide, high = self._browser.execute_script(
            "const r = document.documentElement; return [r.clientWidth, r.scrollHeight]"
        )
        clip = {"x": 0, "y": 0, "width": wide, "height": min(high, most), "scale": 1}
        wish = {"format": "webp", "quality": _QUALITY, "captureBeyondViewport": True, "clip": clip}
        picture = self._browser.execute_cdp_cmd("Page.captureScreenshot", wish)
        file.write_bytes(base64.b64decode(picture["data"]))

    def _dress(self, user: str, language: str, size: tuple[int, int]) -> None:
        browser = self._browser
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        browser.delete_all_cookies()
        browser.add_cookie({"name": "xuda_lang", "value": language, "path": "/"})
        if user in _CANDIDATES:
            browser.add_cookie({"name": "xuda_candidate", "value": self._candidate(user), "path": "/"})
        elif user:
            browser.add_cookie({"name": "xuda_hr", "value": self._login(user), "path": "/"})

    def _candidate(self, user: str) -> str:
        """A fresh session each time: they end soon."""
        world = self._made.world
        invitation = world.demo.batches[0].invitations[_CANDIDATES[user]]
        return candidate_access.sign_in(world.hr, invitation.code, invitation.phone, address="192.0.2.1")

    def _login(self, user: str) -> str:
        if user not in self._logins:
            self._logins[user] = self._made.world.http(user).cookies["xuda_hr"]
        return self._logins[user]


def draw(out: Path, made: Scenes, pages: Sequence[Page]) -> list[str]:
    found = []
    with chromium() as browser:
        photographer = Photographer(browser, made)
        for language in LANGUAGES:
            (out / language).mkdir(parents=True, exist_ok=True)
            for page in pages:
                for name, size in SIZES.items():
                    file = out / language / f"{page.name}-{name}.webp"
                    problems = photographer.open(page, language, size)
                    photographer.take(file)
                    found += [f"{language}/{file.name}: {problem}" for problem in problems]
    return found


def index(pages: Sequence[Page]) -> str:
    lines = [
        "# Every page of the portal",
        "",
        "Made by `python3 dev.py pages`, which fails when a page is wider than its window, a text is cut off, two",
        "things lie over each other or something has no words. The interviews are made up.",
        "",
        "| page | " + " | ".join(LANGUAGES.values()) + " |",
        "|---" * (len(LANGUAGES) + 1) + "|",
    ]
    for page in pages:
        cells = [" ".join(f"[{size}]({tag}/{page.name}-{size}.webp)" for size in SIZES) for tag in LANGUAGES]
        lines.append(f"| {page.name} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="pages", description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    given = parser.parse_args(arguments)
    with scenes() as made:
        pages = made.pages()
        chosen = [page for page in pages if not given.only or page.name in given.only]
        found = draw(given.out, made, [page for page in chosen if page.name not in _OF_MANY])
    if many := [page for page in chosen if page.name in _OF_MANY]:
        with scenes(_HISTORY) as made:
            found += draw(given.out, made, many)
    if not given.only:
        (given.out / "README.md").write_text(index(pages), "utf-8")
    print("\n".join(found), file=sys.stderr)
    print(f"{len(chosen)} pages in {len(LANGUAGES)} languages and {len(SIZES)} sizes: {len(found)} misfits")
    return 1 if found or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
