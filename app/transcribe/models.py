"""Speech models are folders: find one, verify it to the last byte, say which one suits this machine."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract.errors import ErrorCode, XudaError

MANIFEST = "xuda-model.json"
NEEDED = ("config.json", "model.bin", "tokenizer.json", "preprocessor_config.json")
VOCABULARIES = ("vocabulary.json", "vocabulary.txt")
# From the most wanted to the least, when several are installed and nobody chose.
KNOWN = ("small", "base", "tiny", "medium", "large-v3-turbo")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """An installed model. ``digest`` is the SHA-256 over the names and hashes of all its files, in hex."""

    path: Path
    name: str
    digest: str

    @property
    def id(self) -> str:
        """``name@first 12 of the digest``, as kept with every transcript."""
        return f"{self.name}@{self.digest[:12]}"


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list of installed models: a model, or a folder with a problem."""

    path: Path
    model: ModelFolder | None
    problem: XudaError | None


def check_name(name: str) -> str:
    """Return ``name`` if it can name a model folder. Raises XudaError(SETTING_INVALID)."""
    if not _NAME.fullmatch(name):
        raise XudaError(ErrorCode.SETTING_INVALID, field="model", value=name[:80])
    return name


def needed_files(folder: Path) -> list[str]:
    """Names of the files the folder's model consists of.

    Raises XudaError MODEL_MISSING when there is no such folder, MODEL_INCOMPLETE naming the file that is not there.
    """
    if not folder.is_dir():
        raise XudaError(ErrorCode.MODEL_MISSING, model=folder.name)
    vocabulary = next((name for name in VOCABULARIES if (folder / name).is_file()), None)
    for name in NEEDED:
        if not (folder / name).is_file():
            raise XudaError(ErrorCode.MODEL_INCOMPLETE, model=folder.name, file=name)
    if vocabulary is None:
        raise XudaError(ErrorCode.MODEL_INCOMPLETE, model=folder.name, file=VOCABULARIES[0])
    return [*NEEDED, vocabulary]


def describe(folder: Path, name: str) -> dict[str, Any]:
    """The manifest for a complete folder: size and SHA-256 of each file. Reads all of them."""
    files = {file: _measure(folder / file) for file in sorted(needed_files(folder))}
    return {"format": 1, "name": name, "digest": _digest(files), "files": files}


def read(folder: Path) -> ModelFolder:
    """Look at a folder without reading the weights: manifest, files present, sizes right.

    Raises XudaError MODEL_MISSING, MODEL_INCOMPLETE (``file``) or MODEL_DAMAGED (``file``).
    """
    manifest = _read_manifest(folder)
    for file, entry in manifest["files"].items():
        size = (folder / file).stat().st_size
        if size < entry["size"]:
            raise XudaError(ErrorCode.MODEL_INCOMPLETE, model=folder.name, file=file)
        if size != entry["size"]:
            raise XudaError(ErrorCode.MODEL_DAMAGED, model=folder.name, file=file)
    return ModelFolder(folder, manifest["name"], manifest["digest"])


def verify(folder: Path) -> ModelFolder:
    """As ``read``, and compare the SHA-256 of every file: damaged weights would load and talk nonsense."""
    model = read(folder)
    for file, entry in _read_manifest(folder)["files"].items():
        if _measure(folder / file)["sha256"] != entry["sha256"]:
            raise XudaError(ErrorCode.MODEL_DAMAGED, model=folder.name, file=file)
    return model


def installed(models_dir: Path) -> list[Listed]:
    """All model folders in ``models_dir`` by name, broken ones with their problem. Hashes are not compared."""
    found = []
    folders = sorted(models_dir.iterdir()) if models_dir.is_dir() else []
    for folder in folders:
        if folder.is_dir() and not folder.name.startswith("."):
            try:
                found.append(Listed(folder, read(folder), None))
            except XudaError as problem:
                found.append(Listed(folder, None, problem))
    return found


def bundled_dir() -> Path:
    """Where a distribution carries its models: beside the frozen program (in its bundle on macOS), else in the
    resources."""
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen is None:
        return Path(__file__).resolve().parents[2] / "resources" / "models"
    beside = Path(sys.executable).resolve().parent / "models"
    return beside if beside.is_dir() else Path(frozen) / "resources" / "models"


def find(
    models_dir: Path,
    *,
    wanted: str | None = None,
    bundled: Path | None = None,
    cores: int = 1,
    memory: int = 0,
) -> ModelFolder:
    """The model to use: ``wanted`` (a folder or a name), else the best installed or bundled one for this machine.

    ``memory`` is in bytes. Raises XudaError MODEL_MISSING, MODEL_INCOMPLETE or MODEL_DAMAGED; a broken folder is
    reported only when no sound one serves.
    """
    if wanted is not None and (Path(wanted).is_dir() or not _NAME.fullmatch(wanted)):
        return read(Path(wanted))
    listed = installed(models_dir) + installed(bundled if bundled is not None else bundled_dir())
    if wanted is not None:
        listed = [item for item in listed if _is_called(item, wanted)]
    models = [item.model for item in listed if item.model is not None]
    if models:
        return min(models, key=lambda model: _preference(model.name, choose(cores, memory)))
    problem = next((item.problem for item in listed if item.problem is not None), None)
    raise problem or XudaError(ErrorCode.MODEL_MISSING, model=wanted or choose(cores, memory))


def choose(cores: int, memory: int) -> str:
    """Name of the model to install on a machine with ``cores`` and ``memory`` bytes.

    ``small`` needs about half of one core while someone speaks and 0.7 GB; recording and the screen need two cores.
    """
    return "small" if cores >= 4 and memory >= 6 * _GIB else "base"


def _preference(name: str, best: str) -> tuple[int, str]:
    """Sort key: the one that suits the machine, then lighter known ones, then any other."""
    order = [best, *(known for known in ("base", "tiny", *KNOWN) if known != best)]
    return (order.index(name) if name in order else len(order), name)


def _is_called(item: Listed, wanted: str) -> bool:
    return item.model.name == wanted if item.model else item.path.name.rpartition("-")[0] == wanted


def _read_manifest(folder: Path) -> dict[str, Any]:
    files = set(needed_files(folder))
    path = folder / MANIFEST
    if not path.is_file():
        raise XudaError(ErrorCode.MODEL_INCOMPLETE, model=folder.name, file=MANIFEST)
    try:
        manifest = json.loads(path.read_bytes())
        listed = {name: (int(entry["size"]), str(entry["sha256"])) for name, entry in manifest["files"].items()}
        sound = manifest["format"] == 1 and _NAME.fullmatch(manifest["name"])
        sound = sound and manifest["digest"] == _digest(manifest["files"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise XudaError(ErrorCode.MODEL_DAMAGED, model=folder.name, file=MANIFEST) from None
    if not sound or set(listed) != files:
        raise XudaError(ErrorCode.MODEL_DAMAGED, model=folder.name, file=MANIFEST)
    return dict(manifest)


def _measure(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"size": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _digest(files: dict[str, Any]) -> str:
    lines = "".join(f"{name} {files[name]['sha256']}\n" for name in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()
