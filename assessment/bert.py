"""The encoder of Devlin et al. (2019), evaluated with numpy from ``config.json`` and ``model.safetensors``."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from contract.errors import ErrorCode, XudaError

Floats = npt.NDArray[np.float32]
_TYPES = {"F32": np.float32, "F16": np.float16, "I64": np.int64}
_NEVER = np.float32(-1e9)


def read_safetensors(file: Path) -> dict[str, Floats]:
    """Tensors by name, as float32. The format: length of the header (8 bytes), header in JSON, raw values."""
    with file.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        header = json.loads(stream.read(length))
        raw = stream.read()
    made = {}
    for name, about in header.items():
        if name != "__metadata__":
            begin, end = about["data_offsets"]
            values = np.frombuffer(raw[begin:end], dtype=_TYPES[about["dtype"]])
            made[name] = values.reshape(about["shape"]).astype(np.float32)
    return made


def open_bert(folder: Path) -> Callable[[npt.NDArray[np.int64], npt.NDArray[np.int64]], Floats]:
    """(ids, mask) to the last layer. Raises XudaError(ASSESSMENT_MODEL) for what is no BERT."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    if config.get("model_type") != "bert":
        raise XudaError(ErrorCode.ASSESSMENT_MODEL, model=str(folder))
    read = read_safetensors(folder / "model.safetensors")
    weights = {name.removeprefix("bert."): value for name, value in read.items()}
    return _Bert(weights, config["num_hidden_layers"], config["num_attention_heads"], config["layer_norm_eps"])


class _Bert:
    def __init__(self, weights: Mapping[str, Floats], layers: int, heads: int, epsilon: float) -> None:
        self._weights, self._layers, self._heads, self._epsilon = weights, layers, heads, np.float32(epsilon)

    def __call__(self, ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> Floats:
        table = self._weights
        x = table["embeddings.word_embeddings.weight"][ids]
        x = x + table["embeddings.position_embeddings.weight"][: ids.shape[1]]
        x = self._normed(x + table["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        hidden = np.where(mask[:, None, None, :] == 0, _NEVER, np.float32(0))
        for layer in range(self._layers):
            x = self._layer(x, hidden, f"encoder.layer.{layer}.")
        return x

    def _layer(self, x: Floats, hidden: Floats, name: str) -> Floats:
        attended = self._linear(self._attention(x, hidden, name), name + "attention.output.dense")
        x = self._normed(x + attended, name + "attention.output.LayerNorm")
        inner = _gelu(self._linear(x, name + "intermediate.dense"))
        return self._normed(x + self._linear(inner, name + "output.dense"), name + "output.LayerNorm")

    def _attention(self, x: Floats, hidden: Floats, name: str) -> Floats:
        count, length, width = x.shape
        size = width // self._heads

        def by_head(part: str) -> Floats:
            made = self._linear(x, f"{name}attention.self.{part}").reshape(count, length, self._heads, size)
            return np.ascontiguousarray(made.transpose(0, 2, 1, 3))

        scores = by_head("query") @ by_head("key").transpose(0, 1, 3, 2) / np.float32(np.sqrt(size)) + hidden
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        made: Floats = (scores @ by_head("value")).transpose(0, 2, 1, 3).reshape(count, length, width)
        return made

    def _linear(self, x: Floats, name: str) -> Floats:
        made: Floats = x @ self._weights[name + ".weight"].T + self._weights[name + ".bias"]
        return made

    def _normed(self, x: Floats, name: str) -> Floats:
        centred = x - x.mean(-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(-1, keepdims=True) + self._epsilon)
        made: Floats = centred / spread * self._weights[name + ".weight"] + self._weights[name + ".bias"]
        return made


def _gelu(x: Floats) -> Floats:
    """With the error function as in Abramowitz and Stegun 7.1.26, right to 2e-7."""
    z = np.abs(x) * np.float32(2**-0.5)
    t = 1 / (1 + np.float32(0.3275911) * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    error = np.sign(x) * (1 - series * np.exp(-z * z))
    made: Floats = (x * np.float32(0.5) * (1 + error)).astype(np.float32)
    return made
