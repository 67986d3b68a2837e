"""The JSON schema of the published report, kept in docs/report.schema.json."""

from __future__ import annotations

import json

from report.model import InterviewReport


def schema_text() -> str:
    """JSON Schema (draft 2020-12) of a report as it is written, with a final newline."""
    schema = InterviewReport.model_json_schema(mode="serialization")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps({**head, **schema}, ensure_ascii=False, indent=2) + "\n"
