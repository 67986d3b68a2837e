"""Voice activity detection with the Silero model that faster-whisper brings along. Worker process only."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.transcribe.segmenter import FRAME, Samples

_CONTEXT = 64


class SileroDetector:
    """Keeps the network's state from call to call, so that sound may arrive in pieces. Implements ``Detector``."""

    def __init__(self) -> None:
        from faster_whisper.vad import get_vad_model

        self._session: Any = get_vad_model().session
        self.reset()

    def reset(self) -> None:
        self._h = np.zeros((1, 1, 128), np.float32)
        self._c = np.zeros((1, 1, 128), np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)

    def __call__(self, frames: Samples) -> Samples:
        heads = np.concatenate([self._context[None], frames[:-1, -_CONTEXT:]])
        inputs = np.concatenate([heads, frames], axis=1).reshape(-1, FRAME + _CONTEXT)
        output, self._h, self._c = self._session.run(None, {"input": inputs, "h": self._h, "c": self._c})
        self._context = frames[-1, -_CONTEXT:].copy()
        return np.asarray(output, np.float32).reshape(-1)
