"""Finds speech in sound with the Silero model that faster-whisper carries, without importing faster-whisper."""

from __future__ import annotations

import importlib.util
import logging
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.capture.values import SPEECH_RATE, Sound

log = logging.getLogger(__name__)
_WINDOW = 512
_CONTEXT = 64
_BATCH = 4096
_ON = 0.5
_OFF = 0.35
_SHORTEST = 0.12
_PAUSE = 0.10

Span = tuple[float, float]


class VoiceDetector:
    """Spans of speech in mono float32 sound at 16 kHz.

    Where the Silero model is missing or of an unknown form, speech is estimated by energy alone: windows that stand
    out by 12 dB from the quietest tenth and are louder than -50 dBFS. That takes any loud noise for speech, so it can
    only fail to notice a silent recording, never accuse a good one.
    """

    def __init__(self) -> None:
        self._session = _load_session()

    def find(self, sound: Sound) -> list[Span]:
        """(start, end) in seconds, in order, without overlaps."""
        if len(sound) < _WINDOW:
            return []
        windows = np.pad(sound, (0, -len(sound) % _WINDOW)).reshape(-1, _WINDOW).astype(np.float32)
        if self._session is not None:
            return spans(self._probabilities(windows))
        return spans(energy_probabilities(windows))

    def _probabilities(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        # Each window is heard with the end of the one before; the first with silence.
        context = np.zeros((len(windows), _CONTEXT), dtype=np.float32)
        context[1:] = windows[:-1, -_CONTEXT:]
        heard = np.concatenate([context, windows], axis=1)
        state = np.zeros((1, 1, 128), dtype=np.float32)
        cell = state.copy()
        found = []
        for start in range(0, len(heard), _BATCH):
            part = {"input": heard[start : start + _BATCH], "h": state, "c": cell}
            probabilities, state, cell = self._session.run(None, part)
            found.append(np.asarray(probabilities, dtype=np.float32).reshape(-1))
        joined: NDArray[np.float32] = np.concatenate(found)
        return joined


def _load_session() -> Any:
    spec = importlib.util.find_spec("faster_whisper")
    folders = list(spec.submodule_search_locations or []) if spec else []
    models = sorted(path for folder in folders for path in Path(folder, "assets").glob("silero_vad*.onnx"))
    if not models:
        log.warning("The voice detection model is missing; speech is estimated by energy")
        return None
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(models[-1]), options, providers=["CPUExecutionProvider"])
    if {entry.name for entry in session.get_inputs()} != {"input", "h", "c"}:
        log.warning("The voice detection model has an unknown form; speech is estimated by energy")
        return None
    return session


def energy_probabilities(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """1 for windows that stand out from the background, else 0; shape (n,) for windows of shape (n, 512)."""
    level = 20 * np.log10(np.sqrt(np.mean(np.square(windows), axis=1)) + 1e-9)
    floor = max(float(np.percentile(level, 10)) + 12.0, -50.0)
    loud: NDArray[np.float32] = (level > floor).astype(np.float32)
    return loud


def spans(probabilities: NDArray[np.float32]) -> list[Span]:
    """Join windows into spans: begun above 0.5, ended below 0.35 for a tenth of a second, clicks left out."""
    step = _WINDOW / SPEECH_RATE
    found: list[Span] = []
    start: float | None = None
    end = 0.0
    for place, probability in enumerate(probabilities):
        at = place * step
        if probability >= _ON or (start is not None and probability >= _OFF and at - end < step / 2):
            start = at if start is None else start
            end = at + step
        elif start is not None and at - end >= _PAUSE:
            found.append((start, end))
            start = None
    if start is not None:
        found.append((start, end))
    return [span for span in found if span[1] - span[0] >= _SHORTEST]
