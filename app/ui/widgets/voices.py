"""The system's voices, where it has any: loaded late, asked once, silent at once when told so."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QObject, QTimer, Signal

if TYPE_CHECKING:
    from PySide6.QtTextToSpeech import QTextToSpeech

# speaks nothing; Qt ships it for its own tests
_MOCK = "mock"


class Voices(QObject):
    """``changed`` tells that voices are known now, or that reading has begun or ended."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._engine: QTextToSpeech | None = None
        self._tags: dict[str, QLocale] = {}
        self._asked = False

    def prepare(self) -> None:
        """Find out what there is, once the screen that is coming is there."""
        if not self._asked:
            self._asked = True
            QTimer.singleShot(0, self._find)

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

    def _find(self) -> None:
        from PySide6.QtTextToSpeech import QTextToSpeech

        found = find_engine(QTextToSpeech)
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
