"""The program's icon for Windows and macOS, made of the product mark when the program is frozen."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_PIXELS = 256
_COLOUR = "#0B6E5B"


def make_icon(folder: Path, system: str = sys.platform) -> str:
    """The icon file's path. Raises RuntimeError when Qt cannot write it."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QByteArray
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    import resources

    application = QGuiApplication.instance() or QGuiApplication([])
    image = QImage(_PIXELS, _PIXELS, QImage.Format.Format_ARGB32)
    image.fill(0)
    drawing = resources.read("icons", "mark.svg").replace("currentColor", _COLOUR)
    with QPainter(image) as painter:
        QSvgRenderer(QByteArray(drawing.encode("utf-8"))).render(painter)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / ("xuda.icns" if system == "darwin" else "xuda.ico")
    if not image.save(str(file)):
        raise RuntimeError(f"Qt cannot write {file.name}")
    del application
    return str(file)
