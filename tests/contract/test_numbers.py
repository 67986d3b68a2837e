"""What is a number in a document: shown on every wire model there is, made up from its own schema."""

from __future__ import annotations

import functools
import importlib
import json
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import ValidationError

import contract
import report
from contract.envelope import Envelope, WireModel, field_of, parse_payload, sign
from contract.errors import ErrorCode, XudaError
from contract.events import Event
from contract.kit import Kit
from tests.contract.test_documents import KEY, golden_documents, make_kit

for _package in (contract, report):
    for _found in pkgutil.iter_modules(_package.__path__, f"{_package.__name__}."):
        importlib.import_module(_found.name)
importlib.import_module("app.storage.walk_ins")
importlib.import_module("backend.backup.place")

Loc = tuple[str | int, ...]
NO_WHOLE_NUMBERS = ("true", "false", '"5"', "5.0", "5.5", "NaN", "Infinity", "1" + "0" * 400, "[5]", '"five"')
NO_NUMBERS = ("true", "false", '"5.5"', "NaN", "Infinity", "-Infinity", "1e400", "1" + "0" * 400, "[5]")
NO_YES_OR_NO = ("1", "0", '"true"', '"yes"', "1.0")


def wire_models(kind: type[WireModel] = WireModel) -> Iterator[type[WireModel]]:
    for found in kind.__subclasses__():
        if found.__module__.split(".")[0] != "tests":
            yield found
        yield from wire_models(found)


MODELS = sorted(set(wire_models()), key=lambda kind: (kind.__module__, kind.__name__))
FROM_OUTSIDE = [kind for kind in MODELS if kind.__module__.startswith("contract.")]


@dataclass(frozen=True)
class Leaf:
    """A value of a model's sample document: where it is, and what the schema says of it."""

    loc: Loc
    schema: dict[str, Any]


class Sample:
    """A document with every field of a model, as its schema has it; patterns and rules between fields are not kept."""

    def __init__(self, kind: type[WireModel]) -> None:
        schema = kind.model_json_schema()
        self._definitions = schema.get("$defs", {})
        self.leaves: list[Leaf] = []
        self.value = self._make(schema, (), ())

    def with_literal(self, loc: Loc, literal: str) -> str:
        """The document as JSON, with ``literal`` at a place."""
        copied = json.loads(json.dumps(self.value))
        place: Any = copied
        for part in loc[:-1]:
            place = place[part]
        place[loc[-1]] = "%here%"
        return json.dumps(copied).replace('"%here%"', literal)

    def _make(self, schema: dict[str, Any], loc: Loc, above: tuple[str, ...]) -> Any:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return None if name in above else self._make(self._definitions[name], loc, (*above, name))
        if "anyOf" in schema:  # none of it, or the kind that it has otherwise
            return self._make(schema["anyOf"][0], loc, above)
        if "properties" in schema:
            return {name: self._make(part, (*loc, name), above) for name, part in schema["properties"].items()}
        if "enum" in schema or "const" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        kind = schema.get("type")
        if kind == "object":
            inner = schema.get("additionalProperties", {})
            return {"1": self._make(inner, (*loc, "1"), above)} if isinstance(inner, dict) and inner else {}
        if kind == "array":
            return [self._make(schema["items"], (*loc, 0), above)] if schema.get("items") else []
        self.leaves.append(Leaf(loc, schema))
        if kind in ("integer", "number"):
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        return {"boolean": True, "string": "2026-03-01T09:00:00Z"}.get(str(kind))


@functools.cache
def sample_of(kind: type[WireModel]) -> Sample:
    return Sample(kind)


def leaves(models: list[type[WireModel]], kind: str) -> list[Any]:
    return [
        pytest.param(model, leaf, id=f"{model.__name__}.{'.'.join(map(str, leaf.loc))}")
        for model in models
        for leaf in sample_of(model).leaves
        if leaf.schema.get("type") == kind
    ]


def refused_at(model: type[WireModel], text: str) -> set[str]:
    """The fields that a reader of ``text`` would not take."""
    found: set[str] = set()
    for read in (lambda: model.read(text), lambda: model.read_value(json.loads(text))):
        try:
            read()
            fields = set()
        except ValidationError as error:
            fields = {".".join(map(str, item["loc"])) for item in error.errors()}
        assert not found or fields == found, "text and value are read alike"
        found = fields
    return found


def refuses(model: type[WireModel], leaf: Leaf, literals: tuple[str, ...]) -> None:
    sample, name = sample_of(model), ".".join(map(str, leaf.loc))
    good = json.dumps(sample.value)
    assert name not in refused_at(model, good), f"a good value is refused: {good}"
    taken = [text for text in literals if name not in refused_at(model, sample.with_literal(leaf.loc, text))]
    assert not taken, f"{name} takes {[text[:20] for text in taken]}"


def test_there_are_models_of_every_kind_to_look_at() -> None:
    assert len(MODELS) > 80
    assert len(leaves(MODELS, "integer")) > 100


@pytest.mark.parametrize(("model", "leaf"), leaves(FROM_OUTSIDE, "integer"))
def test_a_whole_number_is_nothing_else_and_has_bounds(model: type[WireModel], leaf: Leaf) -> None:
    below = leaf.schema.get("minimum", 0) - 1
    refuses(model, leaf, (*NO_WHOLE_NUMBERS, str(below), str(-(10**30))))


@pytest.mark.parametrize(("model", "leaf"), leaves([kind for kind in MODELS if kind not in FROM_OUTSIDE], "integer"))
def test_a_whole_number_of_our_own_files_is_nothing_else(model: type[WireModel], leaf: Leaf) -> None:
    refuses(model, leaf, tuple(text for text in NO_WHOLE_NUMBERS if len(text) < 100))


@pytest.mark.parametrize(("model", "leaf"), leaves(MODELS, "number"))
def test_a_number_is_finite_and_no_text(model: type[WireModel], leaf: Leaf) -> None:
    refuses(model, leaf, NO_NUMBERS)
    whole = str(int(leaf.schema.get("minimum", 0)) + 1)
    assert ".".join(map(str, leaf.loc)) not in refused_at(model, sample_of(model).with_literal(leaf.loc, whole))


@pytest.mark.parametrize(("model", "leaf"), leaves(MODELS, "boolean"))
def test_yes_and_no_are_words_of_their_own(model: type[WireModel], leaf: Leaf) -> None:
    refuses(model, leaf, NO_YES_OR_NO)


@pytest.mark.parametrize(("model", "leaf"), leaves(MODELS, "string"))
def test_a_text_is_no_number_and_a_time_is_a_text(model: type[WireModel], leaf: Leaf) -> None:
    if leaf.loc and not leaf.schema.get("pattern"):
        name, sample = ".".join(map(str, leaf.loc)), sample_of(model)
        for literal in ("5", "true", "1700000000"):
            text = sample.with_literal(leaf.loc, literal)
            assert any(found == name or found.startswith(f"{name}.") for found in refused_at(model, text)), literal


def test_numbers_longer_than_any_reader_counts_are_refused_as_a_whole() -> None:
    with pytest.raises(ValidationError):
        Event.read('{"seq": 1' + "0" * 5000 + "}")


@pytest.mark.parametrize("name", ["kit", "manifest", "receipt", "event"])
def test_documents_signed_before_are_read_as_ever(name: str) -> None:
    envelope, kind = golden_documents()[name]
    assert parse_payload(Envelope.from_bytes(envelope.to_bytes()).payload_bytes, kind) is not None


def test_the_error_of_a_signed_document_names_the_field_however_deep() -> None:
    kit = make_kit().model_dump(mode="json")
    kit["stages"][0]["questions"][0]["takes"] = True
    with pytest.raises(XudaError) as caught:
        parse_payload(json.dumps(kit).encode(), Kit)
    assert (caught.value.code, caught.value.field) == (ErrorCode.FORMAT_INVALID, "stages.0.questions.0.takes")


def test_the_error_of_an_event_names_the_field_of_its_data() -> None:
    envelope, _ = golden_documents()["event"]
    event = json.loads(envelope.payload_bytes) | {"kind": "finished", "data": {"answers": "5"}}
    with pytest.raises(ValidationError) as caught:
        Event.read_value(event)
    assert field_of(caught.value) == "data.answers"


def test_whoever_writes_may_still_give_what_python_takes() -> None:
    assert sign(make_kit(), KEY).payload_bytes == golden_documents()["kit"][0].payload_bytes
