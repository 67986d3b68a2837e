from __future__ import annotations

import json
from pathlib import Path

from report.schema import schema_text

SCHEMA = Path(__file__).parents[2] / "docs" / "report.schema.json"


def test_the_published_schema_is_up_to_date() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text()


def test_the_schema_names_what_readers_rely_on() -> None:
    schema = json.loads(schema_text())
    assert schema["properties"]["schema_version"] == {
        "const": 1,
        "default": 1,
        "title": "Schema Version",
        "type": "integer",
    }
    assert {"transcript", "correction", "objects", "takes_used", "duration"} <= set(
        schema["$defs"]["AnswerInfo"]["properties"]
    )
