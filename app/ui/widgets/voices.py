"""The system's voices, where it has any: loaded late, asked once, silent at once when told so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QObject, Signal

from app.ui.loading import in_turns

if TYPE_CHECKING:
    from PySide6.QtTextToSpeech import QTextToSpeech

_TURN_MS = 20
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
        """Find out what there is, once the screen that is coming is there: one step in each turn."""
        if not self._asked:
            self._asked = True
            in_turns(self._find(), self, pause_ms=_TURN_MS)

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

    def _find(self) -> Iterator[None]:
        """To load what speaks, and each engine of the system, takes its time: a turn for each."""
        from PySide6.QtTextToSpeech import QTextToSpeech

        yield
        for found in try_engines(QTextToSpeech):
            if found is not None:
                self._use(found)
                return
            yield

    def _use(self, engine: QTextToSpeech) -> None:
        self._engine = engine
        engine.setParent(self)
        engine.stateChanged.connect(lambda _: self.changed.emit())
        self._tags = {locale.name(): locale for locale in engine.availableLocales()}
        self.changed.emit()


def try_engines(
    kind: type[QTextToSpeech], names: Callable[[], list[str]] | None = None
) -> Iterator[QTextToSpeech | None]:
    """The engines of the system, one after the other: the first that works and has a voice, None for those before."""
    for name in names() if names else kind.availableEngines():
        yield None
        if name == _MOCK:
            continue
        engine = kind(name)
        if engine.state() is not kind.State.Error and engine.availableLocales():
            yield engine
            return
        engine.deleteLater()
