"""`xuda model`: list, install, fetch and verify speech models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.config import DOMAIN, ClientSettings
from app.transcribe import install, models
from contract.catalog import load
from contract.errors import ErrorCode, XudaError
from contract.texts import error_text


def run(settings: ClientSettings) -> int:
    """The exit code. Raises XudaError as ``app.transcribe.models`` and ``install`` do."""
    if settings.action == "list":
        return _list(settings)
    if settings.action == "verify":
        return _verify(settings)
    if not settings.target:
        raise XudaError(ErrorCode.SETTING_INVALID, field="target")
    if settings.action == "install":
        model = install.install(Path(settings.target).expanduser(), settings.models_dir, name=settings.name)
    else:
        model = install.fetch(settings.target, settings.models_dir)
    _show([_described(model)], settings)
    return 0


def _list(settings: ClientSettings) -> int:
    found = models.installed(settings.models_dir) + models.installed(models.bundled_dir())
    rows = [_described(item.model) if item.model else _broken(item, settings) for item in found]
    _show(rows, settings)
    return 0


def _verify(settings: ClientSettings) -> int:
    """Compare every file with its hash: of one model, or of all installed ones."""
    if settings.target:
        chosen = [models.find(settings.models_dir, wanted=settings.target).path]
    else:
        chosen = [item.path for item in models.installed(settings.models_dir) + models.installed(models.bundled_dir())]
    if not chosen:
        raise XudaError(ErrorCode.MODEL_MISSING)
    _show([_described(models.verify(folder)) for folder in chosen], settings)
    return 0


def _described(model: models.ModelFolder) -> dict[str, Any]:
    return {"name": model.name, "id": model.id, "path": str(model.path), "problem": None}


def _broken(item: models.Listed, settings: ClientSettings) -> dict[str, Any]:
    assert item.problem is not None  # a listed folder is a model or has a problem
    title = error_text(item.problem, settings.lang).lines[0]
    return {"name": item.path.name, "id": None, "path": str(item.path), "problem": title}


def _show(rows: list[dict[str, Any]], settings: ClientSettings) -> None:
    if settings.json:
        print(json.dumps({"models": rows}, ensure_ascii=False))
        return
    if not rows:
        print(load(DOMAIN, settings.lang).gettext("No speech model is installed."))
    for row in rows:
        print(f"{row['id'] or row['name']}  {row['path']}" + (f"  {row['problem']}" if row["problem"] else ""))
