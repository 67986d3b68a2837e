"""The system's voices, where it has any: loaded late, asked once, silent at once when told so."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QObject, Signal

from app.ui.presenters.base import Runner

if TYPE_CHECKING:
    from PySide6.QtTextToSpeech import QTextToSpeech

_MODULE = "PySide6.QtTextToSpeech"
# speaks nothing; Qt ships it for its own tests
_MOCK = "mock"


class Voices(QObject):
    """``changed`` tells that voices are known now, or that reading has begun or ended."""

    changed = Signal()

    def __init__(self, runner: Runner) -> None:
        super().__init__()
        self._runner = runner
        self._engine: QTextToSpeech | None = None
        self._tags: dict[str, QLocale] = {}
        self._asked = False

    def prepare(self) -> None:
        """Find out what there is; the module is loaded off the Qt thread."""
        if not self._asked:
            self._asked = True
            self._runner.background(lambda: importlib.import_module(_MODULE), self._made, lambda _: None)

    def can_say(self, tag: str) -> bool:
        """Whether there is a voice for a language (``zh_CN``, or ``zh`` for any form of it)."""
        return self._locale(tag) is not None

    @property
    def speaking(self) -> bool:
        engine = self._engine
        return engine is not None and engine.state().name in ("Speaking", "Synthesizing")

    def say(self, words: str, tag: str) -> None:
        locale = self._locale(tag)
        if self._engine is not None and locale is not None:
            self._engine.setLocale(locale)
            self._engine.say(words)

    def stop(self) -> None:
        engine = self._engine
        if engine is not None:
            from PySide6.QtTextToSpeech import QTextToSpeech

            engine.stop(QTextToSpeech.BoundaryHint.Immediate)

    def _locale(self, tag: str) -> QLocale | None:
        same = (found for known, found in self._tags.items() if known.split("_")[0] == tag.split("_")[0])
        return self._tags.get(tag) or next(same, None)

    def _made(self, module: object) -> None:
        found = find_engine(getattr(module, "QTextToSpeech"))  # noqa: B009 - loaded late, unknown to the checker
        if found is None:
            return
        self._engine = found
        found.setParent(self)
        found.stateChanged.connect(lambda _: self.changed.emit())
        self._tags = {locale.name(): locale for locale in found.availableLocales()}
        self.changed.emit()


def find_engine(kind: type[QTextToSpeech], names: Callable[[], list[str]] | None = None) -> QTextToSpeech | None:
    """The first engine of the system that works and has a voice; None where there is none."""
    for name in names() if names else kind.availableEngines():
        if name == _MOCK:
            continue
        engine = kind(name)
        if engine.state() is not kind.State.Error and engine.availableLocales():
            return engine
        engine.deleteLater()
    return None
