"""Shows and plays what a question is asked with, and reads it aloud; silent before anything is recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui import names
from app.ui.presenters.prompt import PromptPresenter
from app.ui.style import Look
from app.ui.widgets.basic import Button, Label, column, row
from app.ui.widgets.fold import Fold
from app.ui.widgets.picture import FitPicture, PictureOverlay
from app.ui.widgets.player import Picture
from app.ui.widgets.preview import to_image
from app.ui.widgets.voices import Voices
from contract.kit_media import MediaKind

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QMediaPlayer, QVideoFrame

    from app.ui.widgets.media import MemoryPlayer

# a stopped speaker rings on for this long at most; recording begins after it
_TAIL_MS = 300


class PromptView(QWidget):
    """``brief``: the picture alone, for the screen on which the answer is recorded."""

    def __init__(self, look: Look, presenter: PromptPresenter, voices: Voices, *, brief: bool = False) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self._voices = voices
        self._brief = brief
        self._sound: MemoryPlayer | None = None
        self._reads = False
        self._here = False
        self._decoded: Any = None
        self._picture = FitPicture(look, name=names.PROMPT_PICTURE, most=look.tokens.space(22 if brief else 32))
        self._picture.clicked.connect(self._enlarge)
        self._film = Picture(look)
        self._film.setMaximumHeight(look.tokens.space(32))
        self._words = Fold(look, name=names.PROMPT_WORDS)
        layout = column(look, gap=1)
        for part in (self._picture, self._film, self._words):
            layout.addWidget(part)
        layout.addLayout(self._buttons())
        self.setLayout(layout)
        if not brief:
            presenter.listen(self._heard)
            voices.changed.connect(self._heard)

    def _buttons(self) -> QHBoxLayout:
        self._play = Button(self._look, "plain", name=names.PROMPT_PLAY, icon="play")
        self._play.clicked.connect(self._play_or_stop)
        self._plays = Label("caption")
        self._read = Button(self._look, "quiet", name=names.PROMPT_READ, icon="speaker")
        self._read.clicked.connect(self._read_or_stop)
        line = row(self._look, gap=1)
        line.addWidget(self._play)
        line.addWidget(self._plays, 1)
        line.addStretch(1)
        line.addWidget(self._read)
        return line

    # ---- coming and going --------------------

    def entered(self) -> None:
        self._here = True
        self._presenter.enter()
        if not self._brief:
            self._voices.prepare()
        self.refresh()

    def left(self) -> None:
        """Nothing sounds on another screen."""
        self._here = False
        self._silence()

    def quieten(self, then: Callable[[], None]) -> None:
        """Stop whatever sounds, and call ``then`` once the room is quiet: none of it gets into an answer."""
        sounding = self._sound is not None or self._voices.speaking
        self._silence()
        if sounding:
            QTimer.singleShot(_TAIL_MS, then)
        else:
            then()

    def _silence(self) -> None:
        self._voices.stop()
        playing, reading = self._presenter.playing, self._reads
        self._let_go()
        if reading:
            self._presenter.read_done()
        if playing:
            self._presenter.ended()

    def _let_go(self) -> None:
        sound, self._sound, self._reads = self._sound, None, False
        if sound is not None:
            sound.discard()

    # ---- clicks --------------------

    def _enlarge(self) -> None:
        image, media = self._picture.image, self._presenter.media
        if image is not None and media is not None:
            PictureOverlay(self._look, self.window(), image, self._look.texts.pick(media.text))

    def _play_or_stop(self) -> None:
        if self._presenter.playing:
            self._silence()
            return
        self._silence()
        self._presenter.play(lambda content: self._start(content, reads=False))

    def _read_or_stop(self) -> None:
        sounding = self._presenter.reading or self._voices.speaking
        self._silence()
        if sounding:
            return
        if self._presenter.spoken_file is not None:
            self._presenter.read_file(lambda content: self._start(content, reads=True))
        else:
            self._voices.say(self._presenter.spoken_words, self._presenter.spoken_tag)

    def _start(self, content: bytes, *, reads: bool) -> None:
        from app.ui.widgets.media import MemoryPlayer

        if not self.isVisible():  # the screen was left while the file was read
            self._presenter.read_done() if reads else self._presenter.ended()
            return
        self._let_go()
        made = self._sound = MemoryPlayer(content, self)
        self._reads = reads
        made.sink.videoFrameChanged.connect(self._frame, Qt.ConnectionType.QueuedConnection)
        made.player.mediaStatusChanged.connect(self._status)
        made.player.errorOccurred.connect(self._broken)
        made.play()
        self.refresh()

    def _status(self, status: QMediaPlayer.MediaStatus) -> None:
        if status.name in ("EndOfMedia", "InvalidMedia"):
            self._over(broken=status.name == "InvalidMedia")

    def _broken(self, *_: object) -> None:
        self._over(broken=True)

    def _over(self, *, broken: bool) -> None:
        if self._sound is None:
            return
        reads = self._reads
        self._let_go()
        if reads:
            self._presenter.read_done()
        elif broken:
            self._presenter.broken()
        else:
            self._presenter.ended()

    @Slot("QVideoFrame")
    def _frame(self, frame: QVideoFrame) -> None:
        image = frame.toImage() if self._sound is not None else QImage()
        if not image.isNull():
            self._film.show_frame(image, "play")

    def _heard(self) -> None:
        """The presenter is shared by all screens of questions: only the one that is shown decodes and lays out."""
        if self._here:
            self.refresh()

    # ---- shown --------------------

    def refresh(self) -> None:
        presenter, look = self._presenter, self._look
        media = presenter.media
        kind = media.kind if media is not None else None
        words = look.texts.pick(media.text) if media is not None else ""
        self._show_picture(words, shown=kind is MediaKind.PICTURE and not presenter.failed)
        self._film.setVisible(kind is MediaKind.VIDEO and not self._brief and not presenter.failed)
        told = media is not None and not self._brief
        self._words.setVisible(told)
        heading = look.t("What the picture shows") if kind is MediaKind.PICTURE else look.t("Read it as text")
        self._words.show_words(heading, words)
        if presenter.failed and told and not self._words.button.isChecked():
            self._words.button.setChecked(True)
        self._show_play(shown=kind is not None and kind.played and not self._brief)
        self._show_read()
        self.setVisible(media is not None or not self._read.isHidden())

    def _show_picture(self, words: str, *, shown: bool) -> None:
        content = self._presenter.picture if shown else None
        if content is not self._decoded:
            self._decoded = content
            image = to_image(content) if content is not None else None
            self._picture.show_image(image)
        self._picture.setVisible(content is not None)
        self._picture.setAccessibleName(self._look.t("Picture: {text}. Enlarge it.", text=words))
        self._picture.setToolTip(self._look.t("Enlarge the picture"))

    def _show_play(self, *, shown: bool) -> None:
        presenter, look, left = self._presenter, self._look, self._presenter.plays_left
        self._play.setVisible(shown)
        self._plays.setVisible(shown)
        if not shown:
            return
        self._play.show_icon("stop" if presenter.playing else "play")
        again = look.t("Play again") if not presenter.unheard else look.t("Play the question")
        self._play.setText(look.t("Stop") if presenter.playing else again)
        self._play.setEnabled(presenter.playing or presenter.may_play)
        if presenter.failed:
            said = look.t("This machine cannot play it. The text says the same.")
        elif left is not None:
            said = look.texts.n("{n} play left", "{n} plays left", left)
        else:
            said = ""
        self._plays.setText(said)

    def _show_read(self) -> None:
        presenter, voices = self._presenter, self._voices
        able = presenter.spoken_file is not None or voices.can_say(presenter.spoken_tag)
        self._read.setVisible(able and not self._brief)
        sounding = presenter.reading or voices.speaking
        self._read.show_icon("stop" if sounding else "speaker")
        self._read.setText(self._look.t("Stop reading") if sounding else self._look.t("Read aloud"))
