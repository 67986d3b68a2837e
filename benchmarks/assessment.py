"""Scores beside people's grades: ``python3 dev.py benchmark assessment [--data FILE] [--embeddings DIR | --plain]``.

The table has the columns that ``xuda-hr train`` reads, or those of the set of short answers beside this project. Told
are Pearson's r, the root mean square error and the quadratic weighted kappa, on the grades' own scale, with intervals
of 95 % (bootstrap; whole questions are drawn where whole questions are held out):

- the rubric model alone, which has seen no grade;
- unseen question: ten folds of questions, none of a question's grades are known;
- seen question: five random folds of the answers, for questions with 20 or more grades left to learn from.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assessment.agreement import figures
from assessment.embeddings import Embedders
from assessment.training import Prepared, Rated, crossed, grouped, prepare_ratings
from backend.services.assessing import rated_rows

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data" / "short-answers" / "mohler.csv"
SEEN = 20
# the grades' scale -> what must be reached on it: (least r, most error)
WANTED = {"unseen question": (0.65, 0.85), "seen question": (0.80, 0.68)}


def main() -> int:
    options = _options()
    if not options.data.is_file():
        print(f"{options.data} is not there; give a table with --data")
        return 2
    began = time.perf_counter()
    reached = True
    for language, rated in _read(options).items():
        low, high = _bounds(options, [one.rating for one in rated])
        prepared = prepare_ratings(rated, low, high)
        answers, questions = len(prepared.ratings), len(prepared.known)
        print(f"{language}: {answers} answers, {questions} questions, scale {low:g} to {high:g}")
        print(f"read and measured in {time.perf_counter() - began:.0f} s\n")
        reached &= _report(prepared, high - low, default=options.data == DATA)
    return 0 if reached else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmark assessment", description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--embeddings", type=Path, help="folder with en/, zh/, …; default: the package, if installed")
    parser.add_argument("--plain", action="store_true", help="without a model of meaning")
    parser.add_argument("--lowest", type=float)
    parser.add_argument("--highest", type=float)
    return parser.parse_args()


def _read(options: argparse.Namespace) -> dict[str, list[Rated]]:
    embedders = Embedders(None if options.plain else options.embeddings, packaged=not options.plain)
    rows, problems = rated_rows(options.data.read_bytes(), embedders)
    for problem in problems[:20]:
        print(f"row {problem.row}, {problem.field}: {problem.problem}")
    return rows


def _bounds(options: argparse.Namespace, ratings: Sequence[float]) -> tuple[float, float]:
    low = min(ratings) if options.lowest is None else options.lowest
    high = max(ratings) if options.highest is None else options.highest
    return low, high


def _report(prepared: Prepared, scale: float, *, default: bool) -> bool:
    print(f"{'':18}{'r':>24}{'RMSE':>24}{'QWK':>24}")
    questions = prepared.rows.question
    _told("rubric alone", prepared.rows.rubric, prepared, scale, questions)
    unseen = crossed(prepared, grouped(questions, 10))
    passed = True
    if unseen is not None:
        passed &= _told("unseen question", unseen, prepared, scale, questions) or not default
    counts = np.bincount(questions)
    # a fifth is held out, so that this many grades remain
    enough = np.flatnonzero(counts[questions] * 4 // 5 >= SEEN)
    if len(enough) >= 5:
        folds = grouped(np.arange(len(questions)), 5)
        seen = crossed(prepared, folds)
        assert seen is not None
        passed &= _told("seen question", seen[enough], _at(prepared, enough), scale, None) or not default
    return passed


def _at(prepared: Prepared, places: npt.NDArray[np.int64]) -> Prepared:
    return replace(prepared, ratings=prepared.ratings[places])


def _told(
    name: str, predicted: npt.NDArray[Any], prepared: Prepared, scale: float, groups: npt.NDArray[np.int64] | None
) -> bool:
    """Prints a line. Whether it is what must be reached, which is said for a scale of 5."""
    found = figures(predicted * scale, prepared.ratings * scale, scale / 10, groups)
    cells = [f"{one.value:8.3f} ({one.low:.3f}-{one.high:.3f})" for one in found.values()]
    line = f"{name:18}" + "".join(f"{cell:>24}" for cell in cells)
    passed = True
    if name in WANTED:
        least, most = WANTED[name]
        passed = found["pearson"].value >= least and found["rmse"].value * 5 / scale <= most
        line += "   reached" if passed else f"   wanted r >= {least}, RMSE <= {most} of 5"
    print(line, flush=True)
    return passed


if __name__ == "__main__":
    raise SystemExit(main())
