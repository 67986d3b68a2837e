"""Structure of a CTranslate2 ``model.bin``, read without loading it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from contract.errors import ErrorCode, XudaError

_MAX_NAME = 4096
_MAX_RANK = 8


def mel_bands(path: Path) -> int:
    """Walk all weights of a Whisper ``model.bin`` and return the number of mel bands its encoder takes.

    Raises XudaError(MODEL_DAMAGED) when the file is no Whisper model, is cut short or goes on after its end.
    """
    try:
        with path.open("rb") as file:
            bands = _walk(file, path.stat().st_size)
    except (struct.error, UnicodeDecodeError, ValueError):
        raise XudaError(ErrorCode.MODEL_DAMAGED, file=path.name) from None
    return bands


def _walk(file: BinaryIO, size: int) -> int:
    bands = 0
    version = _number(file, "<I")
    if version < 2 or _text(file) != "WhisperSpec":
        raise ValueError("not a Whisper model")
    _number(file, "<I")  # revision of the specification
    for _ in range(_number(file, "<I")):
        name = _text(file)
        rank = _number(file, "<B")
        if rank > _MAX_RANK:
            raise ValueError("impossible rank")
        shape = [_number(file, "<I") for _ in range(rank)]
        if version >= 4:
            _number(file, "<B")  # type of the numbers
            length = _number(file, "<I")
        else:
            width = _number(file, "<B")
            length = _number(file, "<I") * width
        if name == "encoder/conv1/weight" and rank == 3:
            bands = shape[1]
        if file.seek(length, 1) > size:
            raise ValueError("cut short")
    if version >= 3:
        for _ in range(_number(file, "<I")):
            _text(file)
            _text(file)
    if file.tell() != size or not bands:
        raise ValueError("not the end")
    return bands


def _number(file: BinaryIO, form: str) -> int:
    (value,) = struct.unpack(form, file.read(struct.calcsize(form)))
    return int(value)


def _text(file: BinaryIO) -> str:
    length = _number(file, "<H")
    if length > _MAX_NAME:
        raise ValueError("impossible name")
    data = file.read(length)
    if len(data) != length:
        raise ValueError("cut short")
    return data.rstrip(b"\0").decode()
