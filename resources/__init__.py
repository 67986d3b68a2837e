"""What is not code: icons, styles, fonts, catalogs, sample kits, help pages. Always real files beside this one."""

import os

FOLDER = os.path.dirname(os.path.abspath(__file__))


def read(*parts: str) -> str:
    """A text file, by the parts of its path in here. Raises OSError."""
    with open(os.path.join(FOLDER, *parts), encoding="utf-8") as file:
        return file.read()
