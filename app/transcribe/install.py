"""Install a model folder so that it is there completely or not at all."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from app.transcribe import models, weights
from app.transcribe.models import MANIFEST, ModelFolder
from contract.errors import ErrorCode, XudaError

_LEFT_BEHIND = 6 * 3600.0
_FEATURES = {"sampling_rate": 16000, "hop_length": 160, "chunk_length": 30, "n_fft": 400}


def install(source: Path, models_dir: Path, *, name: str | None = None) -> ModelFolder:
    """Copy the model in folder ``source`` into ``models_dir`` and return the installed one.

    A folder that carries a manifest is compared with it; one that does not gets its manifest here, after a check of
    its structure. ``name`` defaults to the manifest's, else to the folder's. A model of the same name is replaced.
    Raises XudaError MODEL_MISSING, MODEL_INCOMPLETE, MODEL_DAMAGED, SETTING_INVALID, DISK_FULL or DISK_ERROR;
    ``models_dir`` is unchanged then.
    """
    _check_source(source)
    try:
        _make_folder(models_dir)
        _remove_leftovers(models_dir)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=models_dir, ignore_cleanup_errors=True) as temporary:
            staged = Path(temporary) / "model"
            manifest = _stage(source, staged, name)
            model = models.verify(staged)
            target = models_dir / f"{model.name}-{model.digest[:12]}"
            _put_in_place(staged, target)
        _remove_others(models_dir, model.name, target)
    except OSError as error:
        code = ErrorCode.DISK_FULL if error.errno == errno.ENOSPC else ErrorCode.DISK_ERROR
        raise XudaError(code, folder=models_dir.name) from error
    return ModelFolder(target, model.name, str(manifest["digest"]))


def fetch(name: str, models_dir: Path) -> ModelFolder:
    """Download a model by its faster-whisper name (``small``, ``base``, …) and install it.

    Raises XudaError SETTING_INVALID for an unknown name, SERVER_UNREACHABLE without network, and what ``install``
    raises.
    """
    from faster_whisper.utils import available_models, download_model

    if name not in available_models():
        raise XudaError(ErrorCode.SETTING_INVALID, field="model", value=models.check_name(name))
    models_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=models_dir, ignore_cleanup_errors=True) as temporary:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the hub client's, about an argument that faster-whisper still gives
                path = Path(download_model(name, output_dir=str(Path(temporary) / "download")))
        except Exception as error:  # the hub client raises a family of its own, and of every HTTP library below it
            raise XudaError(ErrorCode.SERVER_UNREACHABLE, server="huggingface.co") from error
        return install(path, models_dir, name=name)


def _check_source(source: Path) -> None:
    """The files that cannot be made good must be there; those of a manifest must match it."""
    if (source / MANIFEST).is_file():
        models.verify(source)
        return
    if not source.is_dir():
        raise XudaError(ErrorCode.MODEL_MISSING, model=source.name)
    for file in ("config.json", "model.bin", "tokenizer.json"):
        if not (source / file).is_file():
            raise XudaError(ErrorCode.MODEL_INCOMPLETE, model=source.name, file=file)
    for file in ("config.json", "tokenizer.json", "vocabulary.json", "preprocessor_config.json"):
        if (source / file).is_file():
            _check_json(source / file)
    weights.mel_bands(source / "model.bin")


def _check_json(path: Path) -> None:
    try:
        json.loads(path.read_bytes())
    except ValueError:
        raise XudaError(ErrorCode.MODEL_DAMAGED, model=path.parent.name, file=path.name) from None


def _stage(source: Path, staged: Path, name: str | None) -> dict[str, Any]:
    staged.mkdir()
    for file in (*models.NEEDED, *models.VOCABULARIES):
        if (source / file).is_file():
            shutil.copyfile(source / file, staged / file)
            _flush(staged / file)
    features = staged / "preprocessor_config.json"
    if not features.exists():
        # The published tiny to medium models carry none; what it must say follows from the weights.
        bands = weights.mel_bands(staged / "model.bin")
        _write(features, {"feature_size": bands, **_FEATURES})
    if (source / MANIFEST).is_file():
        given = json.loads((source / MANIFEST).read_bytes())
        manifest = {**given, "name": models.check_name(name or given["name"])}
    else:
        manifest = models.describe(staged, models.check_name(name or _own_name(source)))
    _write(staged / MANIFEST, manifest)
    _flush_folder(staged)
    return manifest


def _own_name(source: Path) -> str:
    return source.resolve().name.removeprefix("faster-whisper-")


def _put_in_place(staged: Path, target: Path) -> None:
    if target.exists():
        try:
            models.verify(target)
            return  # the very same model is there already
        except XudaError:
            target.rename(staged.parent / "broken")
    staged.rename(target)
    # a name that goes from one folder to another is safe once both are
    _flush_folder(staged.parent)
    _flush_folder(target.parent)


def _remove_others(models_dir: Path, name: str, keep: Path) -> None:
    for item in models.installed(models_dir):
        same = item.path.name.rpartition("-")[0] == name
        if same and item.path != keep:
            shutil.rmtree(item.path, ignore_errors=True)


def _remove_leftovers(models_dir: Path) -> None:
    """What a killed installation left behind; a younger folder may belong to one that is still at work."""
    for folder in models_dir.glob(".new-*"):
        if time.time() - folder.stat().st_mtime > _LEFT_BEHIND:
            shutil.rmtree(folder, ignore_errors=True)


def _write(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    _flush(path)


def _make_folder(path: Path) -> None:
    """With its parents; their names are safe when this returns."""
    missing = [one for one in (path, *path.parents) if not one.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for one in missing:
        _flush_folder(one.parent)


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(path: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there; NTFS journals the rename
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
