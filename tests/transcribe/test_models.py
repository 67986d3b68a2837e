"""A model folder is used only when it is complete and unchanged, and installed completely or not at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from app.transcribe import install, models
from contract.errors import ErrorCode, XudaError
from tests.transcribe.sound import MODEL

_GIB = 1 << 30


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A model as it is published: no manifest, and no description of the features."""
    folder = tmp_path / "faster-whisper-base"
    shutil.copytree(MODEL, folder)
    (folder / models.MANIFEST).unlink()
    (folder / "preprocessor_config.json").unlink()
    return folder


@pytest.fixture
def installed(source: Path, tmp_path: Path) -> models.ModelFolder:
    return install.install(source, tmp_path / "models")


def _refusal(folder: Path) -> XudaError:
    with pytest.raises(XudaError) as refused:
        models.verify(folder)
    return refused.value


def test_a_published_folder_becomes_a_verified_model(installed: models.ModelFolder) -> None:
    assert models.verify(installed.path) == installed
    assert installed.name == "base"
    assert installed.id == f"base@{installed.digest[:12]}"
    features = json.loads((installed.path / "preprocessor_config.json").read_text())
    assert features["feature_size"] == 80


def test_installing_the_same_model_again_changes_nothing(installed: models.ModelFolder, source: Path) -> None:
    assert install.install(source, installed.path.parent) == installed
    assert [item.model for item in models.installed(installed.path.parent)] == [installed]


def test_another_model_of_the_same_name_takes_its_place(installed: models.ModelFolder, source: Path) -> None:
    (source / "config.json").write_text((source / "config.json").read_text() + " ")
    newer = install.install(source, installed.path.parent)
    assert newer.digest != installed.digest
    assert [item.model for item in models.installed(installed.path.parent)] == [newer]


def test_a_damaged_installation_is_mended_by_installing_again(installed: models.ModelFolder, source: Path) -> None:
    (installed.path / "model.bin").write_bytes(b"lost")
    install.install(source, installed.path.parent)
    assert models.verify(installed.path) == installed


@pytest.mark.parametrize("file", [*models.NEEDED, "vocabulary.json", models.MANIFEST])
def test_a_missing_file_is_named(file: str, installed: models.ModelFolder) -> None:
    (installed.path / file).unlink()
    error = _refusal(installed.path)
    assert (error.code, error.params["file"]) == (ErrorCode.MODEL_INCOMPLETE, file)


@pytest.mark.parametrize("file", [*models.NEEDED, "vocabulary.json"])
def test_a_half_copied_file_is_named(file: str, installed: models.ModelFolder) -> None:
    path = installed.path / file
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    error = _refusal(installed.path)
    assert (error.code, error.params["file"]) == (ErrorCode.MODEL_INCOMPLETE, file)


@pytest.mark.parametrize("file", [*models.NEEDED, "vocabulary.json"])
def test_a_changed_byte_is_found(file: str, installed: models.ModelFolder) -> None:
    path = installed.path / file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    error = _refusal(installed.path)
    assert (error.code, error.params["file"]) == (ErrorCode.MODEL_DAMAGED, file)


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: b"not json",
        lambda manifest: b"[]",
        lambda manifest: json.dumps({**manifest, "format": 2}).encode(),
        lambda manifest: json.dumps({**manifest, "name": "../up"}).encode(),
        lambda manifest: json.dumps({**manifest, "files": {}}).encode(),
    ],
    ids=["text", "list", "format", "name", "files"],
)
def test_a_manifest_that_makes_no_sense_is_damage(change: object, installed: models.ModelFolder) -> None:
    path = installed.path / models.MANIFEST
    assert callable(change)
    path.write_bytes(change(json.loads(path.read_bytes())))
    error = _refusal(installed.path)
    assert (error.code, error.params["file"]) == (ErrorCode.MODEL_DAMAGED, models.MANIFEST)


def test_no_folder_is_a_missing_model(tmp_path: Path) -> None:
    assert _refusal(tmp_path / "nothing").code is ErrorCode.MODEL_MISSING
    with pytest.raises(XudaError) as refused:
        install.install(tmp_path / "nothing", tmp_path / "models")
    assert refused.value.code is ErrorCode.MODEL_MISSING


@pytest.mark.parametrize("kept", [0, 3, 1000, 1_700_000])
def test_cut_weights_are_not_installed(kept: int, source: Path, tmp_path: Path) -> None:
    path = source / "model.bin"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(XudaError) as refused:
        install.install(source, tmp_path / "models")
    assert (refused.value.code, refused.value.params["file"]) == (ErrorCode.MODEL_DAMAGED, "model.bin")
    assert models.installed(tmp_path / "models") == []


@pytest.mark.parametrize("file", ["config.json", "model.bin", "tokenizer.json"])
def test_a_source_without_a_needed_file_is_not_installed(file: str, source: Path, tmp_path: Path) -> None:
    (source / file).unlink()
    with pytest.raises(XudaError) as refused:
        install.install(source, tmp_path / "models")
    assert (refused.value.code, refused.value.params["file"]) == (ErrorCode.MODEL_INCOMPLETE, file)


def test_a_source_that_differs_from_its_manifest_is_not_installed(tmp_path: Path) -> None:
    source = tmp_path / "carried"
    shutil.copytree(MODEL, source)
    data = bytearray((source / "model.bin").read_bytes())
    data[-5000] ^= 255
    (source / "model.bin").write_bytes(data)
    with pytest.raises(XudaError) as refused:
        install.install(source, tmp_path / "models")
    assert refused.value.code is ErrorCode.MODEL_DAMAGED
    assert models.installed(tmp_path / "models") == []


def test_a_broken_folder_is_listed_with_its_problem(installed: models.ModelFolder) -> None:
    (installed.path / "tokenizer.json").unlink()
    (listed,) = models.installed(installed.path.parent)
    assert listed.model is None
    assert listed.problem is not None
    assert listed.problem.code is ErrorCode.MODEL_INCOMPLETE


def test_a_sound_model_is_found_beside_a_broken_one(
    installed: models.ModelFolder, source: Path, tmp_path: Path
) -> None:
    good = install.install(source, installed.path.parent, name="tiny")
    (installed.path / "tokenizer.json").unlink()
    assert models.find(installed.path.parent, bundled=tmp_path / "none") == good
    with pytest.raises(XudaError) as refused:
        models.find(installed.path.parent, bundled=tmp_path / "none", wanted="base")
    assert refused.value.code is ErrorCode.MODEL_INCOMPLETE


def test_the_installed_model_that_suits_the_machine_is_taken(source: Path, tmp_path: Path) -> None:
    names = ("medium", "small", "base", "tiny")
    found = {name: install.install(source, tmp_path / "models", name=name) for name in names}
    none = tmp_path / "none"
    assert models.find(tmp_path / "models", bundled=none, cores=8, memory=16 * _GIB) == found["small"]
    assert models.find(tmp_path / "models", bundled=none, cores=2, memory=16 * _GIB) == found["base"]
    assert models.find(tmp_path / "models", bundled=none, wanted="medium") == found["medium"]
    assert models.find(tmp_path / "models", bundled=none, wanted=str(found["tiny"].path)) == found["tiny"]


def test_a_bundled_model_serves_when_none_is_installed(installed: models.ModelFolder, tmp_path: Path) -> None:
    assert models.find(tmp_path / "none", bundled=installed.path.parent) == installed


def test_an_unknown_name_is_not_fetched(tmp_path: Path) -> None:
    with pytest.raises(XudaError) as refused:
        install.fetch("enormous", tmp_path / "models")
    assert refused.value.code is ErrorCode.SETTING_INVALID


def test_fetching_without_network_says_so_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(XudaError) as refused:
        install.fetch("tiny", tmp_path / "models")
    assert refused.value.code is ErrorCode.SERVER_UNREACHABLE
    assert list((tmp_path / "models").iterdir()) == []
