"""The encoder of Devlin et al. (2019) as an ONNX graph, made of ``config.json`` and ``model.safetensors``.

ONNX Runtime runs it four times as fast as numpy would. The graph is written as the format's own bytes
(:mod:`assessment.onnx_bytes`), which needs no further package.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from assessment.onnx_bytes import Graph
from contract.errors import ErrorCode, XudaError

Floats = npt.NDArray[np.float32]
_TYPES = {"F32": np.float32, "F16": np.float16, "I64": np.int64}
_NEVER = np.array([-1e9], np.float32)
_HEADS_FIRST, _KEYS_LAST = (0, 2, 1, 3), (0, 2, 3, 1)


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


def bert_as_onnx(folder: Path) -> bytes:
    """``input_ids`` and ``attention_mask`` to ``last_hidden_state``. Raises XudaError(ASSESSMENT_MODEL) for what is no
    BERT."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    if config.get("model_type") != "bert":
        raise XudaError(ErrorCode.ASSESSMENT_MODEL, model=str(folder))
    read = read_safetensors(folder / "model.safetensors")
    weights = {name.removeprefix("bert."): value for name, value in read.items()}
    return _Bert(weights, config["num_attention_heads"], config["layer_norm_eps"]).written(config["num_hidden_layers"])


class _Bert:
    def __init__(self, weights: Mapping[str, Floats], heads: int, epsilon: float) -> None:
        self._weights, self._heads, self._epsilon = weights, heads, epsilon
        self._width = weights["embeddings.word_embeddings.weight"].shape[1]
        self._graph = Graph()

    def written(self, layers: int) -> bytes:
        graph = self._graph
        hidden = graph.op("Sub", self._number("one", 1), graph.op("Cast", "attention_mask", to=graph.FLOAT))
        hidden = graph.op("Mul", graph.op("Unsqueeze", hidden, self._places("middle", 1, 2)), self._value(_NEVER))
        x = self._embedded()
        for layer in range(layers):
            x = self._layer(x, hidden, f"encoder.layer.{layer}.")
        graph.op("Identity", x, out="last_hidden_state")
        return graph.written(("input_ids", "attention_mask"), "last_hidden_state", self._width)

    def _embedded(self) -> str:
        graph, name = self._graph, "embeddings."
        words = graph.op("Gather", self._weight(name + "word_embeddings.weight"), "input_ids")
        # every text is of the first kind of two
        places = (
            self._weights[name + "position_embeddings.weight"] + self._weights[f"{name}token_type_embeddings.weight"][0]
        )
        length = graph.op("Slice", graph.op("Shape", "input_ids"), *(self._places(str(one), one) for one in (1, 2, 0)))
        here = graph.op("Slice", self._value(places), self._places("0", 0), length, self._places("0", 0))
        return self._normed(graph.op("Add", words, here), name + "LayerNorm")

    def _layer(self, x: str, hidden: str, name: str) -> str:
        add = self._graph.op
        attended = self._linear(self._attention(x, hidden, name), name + "attention.output.dense")
        x = self._normed(add("Add", x, attended), name + "attention.output.LayerNorm")
        inner = add("Gelu", self._linear(x, name + "intermediate.dense"))
        return self._normed(add("Add", x, self._linear(inner, name + "output.dense")), name + "output.LayerNorm")

    def _attention(self, x: str, hidden: str, name: str) -> str:
        op, size = self._graph.op, self._width // self._heads

        def by_head(part: str, order: tuple[int, ...]) -> str:
            made = self._linear(x, f"{name}attention.self.{part}")
            return op("Transpose", op("Reshape", made, self._places("heads", 0, 0, self._heads, size)), perm=order)

        query = op("Mul", by_head("query", _HEADS_FIRST), self._number("scale", size**-0.5))
        scores = op("MatMul", query, by_head("key", _KEYS_LAST))
        scores = op("Softmax", op("Add", scores, hidden), axis=3)
        mixed = op("Transpose", op("MatMul", scores, by_head("value", _HEADS_FIRST)), perm=_HEADS_FIRST)
        return op("Reshape", mixed, self._places("whole", 0, 0, self._width))

    def _linear(self, x: str, name: str) -> str:
        product = self._graph.op("MatMul", x, self._value(self._weights[name + ".weight"].T))
        return self._graph.op("Add", product, self._weight(name + ".bias"))

    def _normed(self, x: str, name: str) -> str:
        both = self._weight(name + ".weight"), self._weight(name + ".bias")
        return self._graph.op("LayerNormalization", x, *both, axis=2, epsilon=self._epsilon)

    def _weight(self, name: str) -> str:
        return self._graph.constant(self._weights[name], name)

    def _value(self, values: Floats) -> str:
        return self._graph.constant(values)

    def _number(self, name: str, value: float) -> str:
        return self._graph.constant(np.array([value], np.float32), name)

    def _places(self, name: str, *values: int) -> str:
        return self._graph.constant(np.array(values, np.int64), f"places {name}")
