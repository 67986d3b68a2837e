"""A graph of operators as an ONNX file's bytes (protocol buffers): the few messages of it that are needed.

The fields' numbers are those of onnx.proto3 of the format's standard, version 10, operators of version 20.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

_VERSION, _OPERATORS = 10, 20
_TYPES = {np.dtype(np.float32): 1, np.dtype(np.int64): 7}


class Graph:
    """Operators one after another; every one has a single result, which is known by a name."""

    FLOAT = 1

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: dict[str, bytes] = {}

    def constant(self, values: npt.NDArray[Any], name: str = "") -> str:
        """float32 or int64. The same name is the same constant."""
        name = name or f"constant {len(self._constants)}"
        if name not in self._constants:
            shape = b"".join(_number(1, size) for size in values.shape)
            kind = _number(2, _TYPES[values.dtype])
            self._constants[name] = shape + kind + _text(8, name) + _field(9, np.ascontiguousarray(values).tobytes())
        return name

    def op(self, kind: str, *given: str, out: str = "", **attributes: float | Sequence[int]) -> str:
        out = out or f"{kind} {len(self._nodes)}"
        told = b"".join(_field(5, _attribute(name, value)) for name, value in attributes.items())
        self._nodes.append(b"".join(_text(1, name) for name in given) + _text(2, out) + _text(4, kind) + told)
        return out

    def written(self, inputs: Sequence[str], output: str, width: int) -> bytes:
        """``inputs``: integers (texts, pieces); ``output``: numbers (texts, pieces, width)."""
        graph = b"".join(_field(1, node) for node in self._nodes) + _text(2, "graph")
        graph += b"".join(_field(5, constant) for constant in self._constants.values())
        graph += b"".join(_field(11, _value(name, np.int64, ("texts", "pieces"))) for name in inputs)
        graph += _field(12, _value(output, np.float32, ("texts", "pieces", width)))
        return _number(1, _VERSION) + _field(7, graph) + _field(8, _text(1, "") + _number(2, _OPERATORS))


def _attribute(name: str, value: float | Sequence[int]) -> bytes:
    if isinstance(value, float):
        return _text(1, name) + _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, 1)
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, 2)
    return _text(1, name) + b"".join(_number(8, one) for one in value) + _number(20, 7)


def _value(name: str, kind: Any, shape: Sequence[str | int]) -> bytes:
    sizes = b"".join(_field(1, _text(2, one) if isinstance(one, str) else _number(1, one)) for one in shape)
    tensor = _number(1, _TYPES[np.dtype(kind)]) + _field(2, sizes)
    return _text(1, name) + _field(2, _field(1, tensor))


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
