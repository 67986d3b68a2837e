"""Between candidates: looks for an invitation's code in the camera's picture, and shows the positions in turn."""

from __future__ import annotations

from app.ui.names import Screen
from app.ui.presenters.journey import Journey
from app.ui.presenters.pages import ScanPresenter
from contract.kit import Kit

SCAN_MS = 350  # fewer than three looks a second
PAGE = 4
_PAGE_SECONDS = 8.0
_RETRY_SECONDS = 15.0
_STUCK_SECONDS = 8.0
_READ_SECONDS = 15.0


class AttractPresenter(ScanPresenter):
    """No camera is no error here: the start button is always there. ``missing``: it is tried again now and then."""

    def __init__(self, journey: Journey) -> None:
        super().__init__(journey)
        self.missing = False
        self._retry_at = 0.0
        self._picture: tuple[int, float] = (-1, 0.0)
        self._refused_at: float | None = None
        self._since = 0.0
        self._page = 0

    def enter(self) -> None:
        now = self.journey.clock()
        self._since, self._page, self._picture, self._refused_at = now, 0, (-1, now), None
        self.missing = False
        self.start()

    def begin(self) -> None:
        """The start button: the other ways in."""
        self.journey.dismiss_error()
        self.journey.go(Screen.START)

    def tick(self) -> None:
        now = self.journey.clock()
        self._turn_page(now)
        self._clear_refusal(now)
        if self.missing:
            if now >= self._retry_at:
                self.missing = False
                self._picture = (-1, now)
                self.start()
        elif self._stuck(now):
            # unplugged, or the machine has slept: the picture stands still
            self._lost()
        else:
            super().tick()

    @property
    def positions(self) -> tuple[Kit, ...]:
        """Those shown now."""
        page = self.journey.start_page
        kits = page.kits if page else ()
        first = self._page * PAGE
        return kits[first : first + PAGE] or kits[:PAGE]

    def _turn_page(self, now: float) -> None:
        page = self.journey.start_page
        pages = max(1, -(-len(page.kits) // PAGE)) if page else 1
        number = int((now - self._since) / _PAGE_SECONDS) % pages
        if number != self._page:
            self._page = number
            self.changed()

    def _clear_refusal(self, now: float) -> None:
        """What was wrong with a code is said for a while; then the next one may try the same."""
        if self._refused_at is not None and now - self._refused_at >= _READ_SECONDS:
            self._refused_at, self._last = None, ""
            self.journey.dismiss_error()

    def _stuck(self, now: float) -> bool:
        if not self.open:
            return False
        frame = self.journey.context.devices.latest_frame()
        number = frame[0] if frame is not None else -1
        if number != self._picture[0]:
            self._picture = (number, now)
        return now - self._picture[1] >= _STUCK_SECONDS

    def _lost(self) -> None:
        self.stop()
        self.missing = True
        self._retry_at = self.journey.clock() + _RETRY_SECONDS
        self.changed()

    def _failed(self, error: Exception) -> None:
        self._looking = False
        if self.scanning:
            self._lost()

    def _seen(self, text: str | None) -> None:
        if text and text != self._last and self.scanning:
            self._refused_at = self.journey.clock()
        super()._seen(text)
