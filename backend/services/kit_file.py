"""Kits written by people as YAML: read safely, with the place of every mistake."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import yaml
from pydantic import ValidationError

from contract.errors import ErrorCode, XudaError
from contract.kit import Kit

_MOST_BYTES = 2 * 1024 * 1024
# filled in by the backend when the file does not say
FILLED_IN = ("version", "encryption_key", "organisation", "department")


def read_kit_file(data: bytes) -> tuple[dict[str, Any], yaml.Node]:
    """The values of a kit file, and its nodes for :func:`invalid` to find lines in.

    Raises XudaError(FILE_ENCODING | TOO_LARGE), KIT_INVALID with ``row`` (the line) for what is no YAML mapping.
    """
    if len(data) > _MOST_BYTES:
        raise XudaError(ErrorCode.TOO_LARGE, limit=_MOST_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise XudaError(ErrorCode.FILE_ENCODING, row=data[: error.start].count(b"\n") + 1) from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if not isinstance(node, yaml.MappingNode):
            raise XudaError(ErrorCode.KIT_INVALID, row=1, detail="not a mapping of names to values")
        for part in _walk(node):
            _refuse_repeated_names(part)
        return yaml.safe_load(text), node
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise XudaError(ErrorCode.KIT_INVALID, row=line, detail=error.problem or "not YAML") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise XudaError(ErrorCode.KIT_INVALID, detail="not YAML") from error


def build_kit(values: dict[str, Any], node: yaml.Node) -> Kit:
    """Raises XudaError(KIT_INVALID) with ``field``, ``row`` (the line) and ``detail`` of the first mistake."""
    try:
        kit = Kit.model_validate(values)
        # once more as a reader would: ``yes`` and ``"5"`` are no numbers (``default``: for what was taken as its like)
        Kit.model_validate_json(json.dumps(values, default=str), strict=True)
        return kit
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise invalid(node, first["loc"], first["msg"]) from error


def invalid(node: yaml.Node, place: tuple[int | str, ...], detail: str) -> XudaError:
    """The error for a mistake at ``place`` (names and list positions from the top)."""
    field = ".".join(str(part) for part in place)
    return XudaError(ErrorCode.KIT_INVALID, field=field, row=_line(node, place), detail=detail)


def _line(node: yaml.Node, place: tuple[int | str, ...]) -> int:
    """The line of a place, or of the nearest part above it that is in the file."""
    line = node.start_mark.line + 1
    for part in place:
        found = _child(node, part)
        if found is None:
            break
        line, node = found
    return line


def _child(node: yaml.Node, part: int | str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == str(part):
                return name.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line + 1, node.value[part]
    return None


def _walk(node: yaml.Node) -> Iterator[yaml.Node]:
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            raise XudaError(ErrorCode.KIT_INVALID, row=part.start_mark.line + 1, detail="aliases are not allowed")
        if not isinstance(part, yaml.ScalarNode):
            seen.add(id(part))
        yield part
        if isinstance(part, yaml.MappingNode):
            waiting.extend(value for pair in part.value for value in pair)
        elif isinstance(part, yaml.SequenceNode):
            waiting.extend(part.value)


def _refuse_repeated_names(node: yaml.Node) -> None:
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[str] = set()
    for name, _ in node.value:
        if name.value in seen:
            line = name.start_mark.line + 1
            raise XudaError(ErrorCode.KIT_INVALID, field=str(name.value), row=line, detail="given twice")
        seen.add(name.value)
