"""Models of meaning small enough to be written by hand: a BERT of random weights, and a look-up table as ONNX."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

_WORDS = ("[PAD]", "[UNK]", "listen", "customer", "calm", "find", "cause", "perceive", "patron")
WIDTH = 8


def tokenizer(folder: Path) -> None:
    """One piece for each known word."""
    folder.mkdir(parents=True, exist_ok=True)
    model = {"type": "WordLevel", "vocab": {word: at for at, word in enumerate(_WORDS)}, "unk_token": "[UNK]"}
    about = {"version": "1.0", "model": model, "normalizer": {"type": "Lowercase"}, "added_tokens": []}
    about["pre_tokenizer"] = {"type": "Whitespace"}
    (folder / "tokenizer.json").write_text(json.dumps(about), "utf-8")


def table() -> npt.NDArray[np.float32]:
    """(words, WIDTH): ``perceive`` is near ``listen`` and ``patron`` near ``customer``."""
    rows = np.random.default_rng(0).normal(size=(len(_WORDS), WIDTH)).astype(np.float32)
    rows[7], rows[8] = rows[2] * 1.1, rows[3] * 0.9
    return rows


def onnx(folder: Path) -> None:
    """``last_hidden_state = Gather(table, input_ids)``, as the bytes of the format (protocol buffers)."""
    tokenizer(folder)
    rows = table()
    tensor = (
        _number(1, rows.shape[0]) + _number(1, WIDTH) + _number(2, 1) + _text(8, "table") + _field(9, rows.tobytes())
    )
    node = _text(1, "table") + _text(1, "input_ids") + _text(2, "last_hidden_state") + _text(4, "Gather")
    graph = _field(1, node) + _text(2, "g") + _field(5, tensor)
    graph += _field(11, _value("input_ids", 7, ("n", "t"))) + _field(
        12, _value("last_hidden_state", 1, ("n", "t", WIDTH))
    )
    model = _number(1, 8) + _field(7, graph) + _field(8, _text(1, "") + _number(2, 13))
    (folder / "model.onnx").write_bytes(model)


def bert(folder: Path) -> dict[str, npt.NDArray[np.float32]]:
    """One layer, two heads, as safetensors; its weights."""
    tokenizer(folder)
    draw = np.random.default_rng(1)
    dense = {"attention.self.query": (8, 8), "attention.self.key": (8, 8), "attention.self.value": (8, 8)}
    dense |= {"attention.output.dense": (8, 8), "intermediate.dense": (16, 8), "output.dense": (8, 16)}
    weights = {
        "embeddings.word_embeddings.weight": table(),
        "embeddings.position_embeddings.weight": np.zeros((250, WIDTH), np.float32),
        "embeddings.token_type_embeddings.weight": np.zeros((2, WIDTH), np.float32),
    }
    for name, shape in dense.items():
        weights[f"encoder.layer.0.{name}.weight"] = draw.normal(size=shape).astype(np.float32) * np.float32(0.1)
        weights[f"encoder.layer.0.{name}.bias"] = np.zeros(shape[0], np.float32)
    for name in ("embeddings", "encoder.layer.0.attention.output", "encoder.layer.0.output"):
        weights[f"{name}.LayerNorm.weight"] = np.ones(WIDTH, np.float32)
        weights[f"{name}.LayerNorm.bias"] = np.zeros(WIDTH, np.float32)
    (folder / "model.safetensors").write_bytes(_safetensors(weights))
    config = {"model_type": "bert", "num_hidden_layers": 1, "num_attention_heads": 2, "layer_norm_eps": 1e-12}
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    return weights


def _safetensors(weights: Mapping[str, npt.NDArray[np.float32]]) -> bytes:
    header, at = {}, 0
    for name, value in weights.items():
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [at, at + value.nbytes]}
        at += value.nbytes
    told = json.dumps(header).encode()
    return struct.pack("<Q", len(told)) + told + b"".join(value.tobytes() for value in weights.values())


def _value(name: str, kind: int, shape: tuple[str | int, ...]) -> bytes:
    sizes = b"".join(_field(1, _text(2, one) if isinstance(one, str) else _number(1, one)) for one in shape)
    return _text(1, name) + _field(2, _field(1, _number(1, kind) + _field(2, sizes)))


def _text(field: int, text: str) -> bytes:
    return _field(field, text.encode())


def _field(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    made = b""
    while value > 0x7F:
        made, value = made + bytes([value & 0x7F | 0x80]), value >> 7
    return made + bytes([value])
