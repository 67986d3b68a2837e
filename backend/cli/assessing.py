"""``score`` and ``train``: the assessment on tables, without a data folder."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from assessment.embeddings import Embedders
from assessment.learned import from_bytes_by_language, to_bytes_by_language
from backend.cli.content import SOME_ROWS_REFUSED, read_file
from backend.cli.output import print_json, print_table, texts, write_file
from backend.services.assessing import Scored, parts_as_json, score_table, train_table
from backend.services.sheet_import import Problem
from report import table

_HEADER = ("row", "question", "score", "low", "high", "listen", "reason", "model", "parts")


def score(options: argparse.Namespace) -> int:
    """0: every row has been read; 1: some were not, each with a line. A row without a score has its reason."""
    models = from_bytes_by_language(read_file(options.model), Path(options.model).name) if options.model else {}
    rows, problems = score_table(read_file(getattr(options, "in")), models, _embedders(options))
    name = Path(options.model).name if options.model else ""
    lines = [table.line(_HEADER), *(table.line(_cells(one, name)) for one in rows)]
    write_file(options.out, table.BEGIN + b"".join(lines))
    return _told(options, sum(one.score is not None for one in rows), problems)


def train(options: argparse.Namespace) -> int:
    """As :func:`score`; prints what the model is worth in folds."""
    made = datetime.now(UTC).isoformat(timespec="seconds")
    bounds = (options.lowest, options.highest)
    models, problems = train_table(read_file(getattr(options, "in")), _embedders(options), made, bounds)
    write_file(options.out, to_bytes_by_language(models))
    _ = texts(options)
    if not options.json:
        header = [_("Language"), _("Folds"), "r", "RMSE", "QWK"]
        rows = [
            (language, folds, *(f"{found[name]['value']:.3f}" for name in ("pearson", "rmse", "kappa")))
            for language, model in models.items()
            for folds, found in model.card.figures.items()
            if found
        ]
        print_table(header, rows)
    return _told(options, sum(model.card.ratings for model in models.values()), problems)


def _cells(one: Scored, model: str) -> list[object]:
    score = one.score
    if score is None:
        return [one.row, one.question, "", "", "", "", "unreadable", "", ""]
    points: list[object] = ["", "", ""]
    if score.hundredths is not None:
        points = [value / 100 for value in (score.hundredths, score.low, score.high)]
    listen = " ".join(reason.value for reason in score.listen)
    used = model if one.learned else "rubric"
    return [one.row, one.question, *points, listen, score.reason or "", used, parts_as_json(score.parts)]


def _embedders(options: argparse.Namespace) -> Embedders:
    return Embedders(Path(options.embeddings) if options.embeddings else None, packaged=True)


def _told(options: argparse.Namespace, done: int, problems: Sequence[Problem]) -> int:
    _ = texts(options)
    if options.json:
        print_json({"done": done, "problems": problems})
    else:
        words = {"missing": _("is missing"), "malformed": _("is not valid")}
        for problem in problems:
            what = words.get(problem.problem, _("cannot be read"))
            print(_("Row {row}, {field}: {what}").format(row=problem.row, field=problem.field, what=what))
        print(_("{done} rows used, {refused} not").format(done=done, refused=len(problems)))
    return SOME_ROWS_REFUSED if problems else 0
