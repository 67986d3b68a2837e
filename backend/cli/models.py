"""``model …``: learned models for scoring, listed, taken in, published, rolled back."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backend.cli.content import read_file
from backend.cli.output import print_json, print_table, texts
from backend.db.models import new_id
from backend.runtime import Runtime
from backend.services import model_jobs, model_publishing, score_models
from backend.services.actor import Actor
from backend.services.model_jobs import TOO_FEW
from backend.services.model_ratings import Target
from backend.services.score_models import ModelView
from contract.errors import ErrorCode, XudaError

NOTHING_LEARNED = 1
_ACTOR = Actor.command_line()


def list_models(hr: Runtime, options: argparse.Namespace) -> int:
    _ = texts(options)
    found = score_models.models(hr, _ACTOR)
    if options.json:
        print_json([_plain(one) for one in found])
        return 0
    header = [_("Model"), _("Language"), _("State"), _("Ratings"), _("Questions"), _("Made"), "SHA-256"]
    rows = [
        (
            one.model_id,
            one.language,
            one.state.value,
            one.card.get("ratings", ""),
            one.card.get("questions", ""),
            one.made_at.isoformat(timespec="seconds"),
            one.sha256[:12],
        )
        for one in found
    ]
    print_table(header, rows)
    return 0


def show(hr: Runtime, options: argparse.Namespace) -> int:
    _ = texts(options)
    found = score_models.one(hr, _ACTOR, options.model)
    verdict = model_publishing.verdict(hr, options.model)
    if options.json:
        print_json({**_plain(found), "card": found.card, "comparison": found.comparison, "verdict": verdict})
        return 0
    facts = {**_plain(found), "verdict": verdict.value}
    print_table([_("Field"), _("Value")], [(name, "" if value is None else value) for name, value in facts.items()])
    print()
    header = [_("Folds"), _("Scored by"), "r", "RMSE", "QWK"]
    print_table(header, [*_figures(found.comparison.get("folds") or {})])
    return 0


def _figures(folds: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return [
        (name, who, *(_figure(figures[measure]) for measure in ("pearson", "rmse", "kappa")))
        for name, fold in folds.items()
        for who, figures in fold["figures"].items()
    ]


def _figure(found: Mapping[str, float]) -> str:
    return f"{found['value']:.3f} ({found['low']:.3f} … {found['high']:.3f})"


def take_in(hr: Runtime, options: argparse.Namespace) -> int:
    _ = texts(options)
    made = score_models.take_in(hr, _ACTOR, read_file(options.file), Path(options.file).name)
    if options.json:
        print_json({"models": made})
        return 0
    for model_id in made:
        print(_("Model {id}").format(id=model_id))
    return 0


def train(hr: Runtime, options: argparse.Namespace) -> int:
    """0: a model was made; 1: none, for there are too few ratings."""
    _ = texts(options)
    me, target = new_id(), Target(options.target)
    job_id = model_jobs.order(hr, _ACTOR, target)
    if model_jobs.claim(hr, me) != job_id:  # a server that runs was quicker, and does it
        print(_("The server trains it; see model list."))
        return 0
    model_jobs.work(hr, me, job_id)
    found = model_jobs.view(hr, _ACTOR, job_id)
    if found.error is not None:
        raise XudaError(ErrorCode(found.error))
    made = {language: one for language, one in found.found.items() if one != TOO_FEW}
    if options.json:
        print_json({"models": made, "too_few": sorted(found.found.keys() - made.keys())})
    for language, model_id in found.found.items() if not options.json else ():
        words = _("{language}: too few ratings") if model_id == TOO_FEW else _("{language}: model {id}")
        print(words.format(language=language, id=model_id))
    if not found.found and not options.json:
        print(_("There are no ratings to learn from"))
    return 0 if made else NOTHING_LEARNED


def publish(hr: Runtime, options: argparse.Namespace) -> int:
    model_publishing.publish(hr, _ACTOR, options.model, options.reason, anyway=options.anyway)
    return 0


def roll_back(hr: Runtime, options: argparse.Namespace) -> int:
    model_publishing.roll_back(hr, _ACTOR, options.language, options.model, options.reason)
    return 0


def _plain(one: ModelView) -> dict[str, Any]:
    return {
        "model": one.model_id,
        "language": one.language,
        "state": one.state.value,
        "sha256": one.sha256,
        "size": one.size,
        "made_at": one.made_at.isoformat(),
        "made_by": one.made_by,
        "published_at": one.published_at.isoformat() if one.published_at else None,
        "published_by": one.published_by,
        "ratings": one.card.get("ratings"),
        "questions": one.card.get("questions"),
        "source": one.source.kind.value,
        "until": one.source.until,
    }
