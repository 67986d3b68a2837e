"""A picture of every screen and state: ``python3 dev.py gallery [--out DIR] [--only SCENE] [--language TAG] …``.

Every scene of tests/ui/pictures.py in four languages, light and dark, in three sizes. A scene is opened once in each
language; theme and size then change in place, as they may during an interview. Whatever cannot be read is listed and
fails the command.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEvent, QSize
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.ui.dress import Appearance, build_application
from app.ui.tokens import TEXT_PERCENTS, Theme, zoom_for
from contract.catalog import LANGUAGES
from tests.ui.fit import misfits
from tests.ui.pictures import SCENES, make_window
from tests.ui.scene_set import Set
from tests.ui.scenes_kiosk import KIOSK_SCENES

SIZES = (QSize(1024, 600), QSize(1366, 768), QSize(800, 1280))
FURTHER_SIZES = (QSize(1920, 1080), QSize(3840, 2160))
THEMES = (Theme.LIGHT, Theme.DARK)
SHOWN_IN = ("zh_CN", "en", "de", "ar")
ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "docs" / "gallery"
_QUALITY = 25
_METER_MS = 250  # the level meter has risen by then
_RISING = {"devices", "devices-failed", "devices-advice", "practice", "recording"}


def settle(made: Set) -> None:
    """Let everything find its place and every picture come."""
    for _ in range(6):
        made.settle()
        QApplication.sendPostedEvents()
    for widget in made.window.findChildren(QWidget):
        look_again = getattr(widget, "_look_again", None)
        if look_again is not None and widget.isVisible():
            look_again()


def opened(scene: str, language: str, size: QSize, appearance: Appearance) -> Set:
    made = make_window(
        language, size, appearance=appearance, zoom=zoom_for(size.width(), size.height()), kiosk=scene in KIOSK_SCENES
    )
    SCENES[scene](made)
    settle(made)
    return made


def close(made: Set) -> None:
    made.window.abort()
    made.window.deleteLater()
    made.settle()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)  # no event loop does it here
    gc.collect()  # a window and its presenters know each other


def dressed(made: Set, size: QSize, appearance: Appearance) -> None:
    made.window.resize(size)
    made.window.change_appearance(appearance)
    settle(made)


def shots(scene: str, language: str, sizes: Sequence[QSize]) -> Iterator[tuple[str, QImage, list[str]]]:
    """Name, picture and misfits of each size and theme."""
    made = opened(scene, language, sizes[0], Appearance(THEMES[0], 100))
    if scene in _RISING:
        QTest.qWait(_METER_MS)
    for theme in THEMES:
        for size in sizes:
            dressed(made, size, Appearance(theme, 100))
            name = f"{scene}-{size.width()}x{size.height()}-{theme.value}.webp"
            yield name, made.window.grab().toImage(), misfits(made.window)
    close(made)


def large_texts(scene: str, language: str, percents: Sequence[int] = TEXT_PERCENTS) -> Iterator[str]:
    """What cannot be read with other sizes of text, in every size of window."""
    for sizes in (SIZES, *([size] for size in FURTHER_SIZES)):
        made = opened(scene, language, sizes[0], Appearance(Theme.LIGHT, 100))
        for size in sizes:
            for percent in percents:
                dressed(made, size, Appearance(Theme.LIGHT, percent))
                where = f"{scene} {language} {size.width()}x{size.height()} at {percent} %"
                yield from (f"{where}: {line}" for line in misfits(made.window))
        close(made)


def draw(out: Path, scenes: Sequence[str], languages: Sequence[str]) -> list[str]:
    found = []
    for language in languages:
        (out / language).mkdir(parents=True, exist_ok=True)
        for scene in scenes:
            for name, image, problems in shots(scene, language, SIZES):
                image.save(str(out / language / name), "WEBP", _QUALITY)
                found += [f"{language}/{name}: {problem}" for problem in problems]
    return found


def index(languages: Sequence[str]) -> str:
    """The page that shows one picture of each scene in each language and leads to the others."""
    lines = [
        "# Every screen",
        "",
        "Made by `python3 dev.py gallery`, which fails when a text is clipped or two things lie over each other. Each",
        "folder holds every scene light and dark at 1024x600, 1366x768 and upright at 800x1280.",
        "",
        "| scene | " + " | ".join(f"{LANGUAGES[tag]}" for tag in languages) + " |",
        "|---" * (len(languages) + 1) + "|",
    ]
    for scene in SCENES:
        cells = [" ".join(_link(tag, scene, size, theme) for size in SIZES for theme in THEMES) for tag in languages]
        lines.append(f"| {scene} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def _link(language: str, scene: str, size: QSize, theme: Theme) -> str:
    pixels = f"{size.width()}x{size.height()}"
    return f"[{pixels} {theme.value}]({language}/{scene}-{pixels}-{theme.value}.webp)"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="gallery", description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--only", action="append", default=[], choices=sorted(SCENES), metavar="SCENE")
    parser.add_argument("--language", action="append", default=[], choices=sorted(LANGUAGES), metavar="TAG")
    parser.add_argument("--large", action="store_true", help="draw nothing; check 100 to 200 %% text in five sizes")
    given = parser.parse_args(arguments)
    build_application([])
    scenes, languages = given.only or list(SCENES), given.language or list(SHOWN_IN)
    if given.large:
        found = [line for tag in languages for scene in scenes for line in large_texts(scene, tag)]
    else:
        found = draw(given.out, scenes, languages)
        if not given.only and not given.language:
            (given.out / "README.md").write_text(index(languages), "utf-8")
    print("\n".join(found), file=sys.stderr)
    print(f"{len(scenes)} scenes in {len(languages)} languages: {len(found)} misfits")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
