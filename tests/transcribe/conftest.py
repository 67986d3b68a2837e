"""A transcriber with the tests' own model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.transcribe import models
from app.transcribe.supervisor import WhisperTranscriber
from tests.transcribe.sound import MODEL


@pytest.fixture(scope="module")
def transcriber() -> Iterator[WhisperTranscriber]:
    transcriber = WhisperTranscriber(models.read(MODEL))
    yield transcriber
    transcriber.close()
