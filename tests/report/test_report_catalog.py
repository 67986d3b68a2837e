from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from contract.catalog import Catalog
from contract.events import EventType, HrState
from contract.kit import InterviewKind, QuestionKind
from report import words

ROOT = Path(__file__).parents[2]
KEYWORDS = {"gettext": None, "t": None, "_t": None}


def test_every_text_of_the_report_has_a_chinese_translation_with_the_same_placeholders() -> None:
    catalog = Catalog("report", "zh_CN")
    found = extract_from_dir(ROOT / "report", [("**.py", "python")], keywords=KEYWORDS)
    messages = {message for _, _, message, _, _ in found if isinstance(message, str)}
    assert len(messages) > 80
    for message in messages:
        translated = catalog.gettext(message)
        assert translated != message, message
        assert sorted(_fields(translated)) == sorted(_fields(message)), message


def _fields(text: str) -> list[str]:
    return [part.split("}")[0] for part in text.split("{")[1:]]


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_every_code_has_words(language: str) -> None:
    assert all(words.state_words(state, language) for state in HrState)
    assert all(words.event_words(event, language) for event in EventType)
    assert all(words.kind_words(kind, language) for kind in QuestionKind)
    assert all(words.interview_kind_words(kind, language) for kind in InterviewKind)
