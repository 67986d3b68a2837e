"""The pictures of the training pages: ``python -m tests.portal.lessons [--out DIR]``, of made-up people alone."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.portal.browser import chromium
from tests.portal.gallery import LANGUAGES, SIZES, Photographer, scenes
from tests.portal.scenes import Page

OUT = Path(__file__).parents[2] / "backend" / "portal" / "static" / "training"
_SHOWN = {
    "batches": "/batches",
    "batch": "/batches/{batch_id}",
    "sending": "/batches/{batch_id}/sending",
    "interviews": "/interviews",
    "review": "/interviews/{interview_id}",
    "monitor": "/monitor",
    "retention": "/retention",
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    out = parser.parse_args(arguments).out
    with scenes() as made, chromium() as browser:
        photographer = Photographer(browser, made)
        for language in LANGUAGES:
            (out / language).mkdir(parents=True, exist_ok=True)
            for name, path in _SHOWN.items():
                photographer.open(Page(name, path.format_map(made.places), "hr"), language, SIZES["laptop"])
                photographer.take(out / language / f"{name}.webp", most=SIZES["laptop"][1])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
