"""Meaning of words in their sentence, from a folder of a BERT-like model. Optional: without one all else works.

Two kinds of folders are read, both as model hubs write them, each with ``tokenizer.json``: ``model.onnx`` (or
``onnx/model.onnx``), or ``model.safetensors`` of a BERT, which :mod:`assessment.bert` makes a graph of. Both are run by
ONNX Runtime. The vectors are those of the last layer, averaged over the pieces of a word.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
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


class Embedder:
    """``name``: folder and hash of its weights, for model cards: vectors of another model mean something else."""

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
    return Embedder(f"{folder.name}@{_hash(weights)[:12]}", forward, tokenizer)


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
