"""Staff give the candidate who sits here more time, takes or another way to answer: by a code, or from the panel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app.interview.views import Step
from app.ui.names import Screen, Sheet
from app.ui.presenters.base import Presenter
from app.ui.presenters.journey import Journey
from contract.adjusting import AdjustmentReason, is_adjustment
from contract.invitation import Adjustments, Delegation
from contract.kit import QuestionKind

_BEFORE = frozenset({Screen.ENTRY, Screen.CONSENT})
Found = tuple[Adjustments, Step | None, frozenset[QuestionKind]]


class AdjustPresenter(Presenter):
    """The sheet in which a code is scanned or typed; the staff panel calls :meth:`limits` and :meth:`give`.

    ``given``: what the candidate has now, None until something was accepted. ``error``: why it was refused.
    """

    def __init__(self, journey: Journey) -> None:
        super().__init__()
        self.journey = journey
        self.given: Adjustments | None = None
        self.error: Exception | None = None
        self.scanning = False
        self._opened_camera = False
        self._looking = False
        self._last = ""
        journey.listen(self.changed)

    @property
    def offered(self) -> bool:
        """Whether there is somebody to whom something can be given now."""
        journey = self.journey
        here = journey.active or (journey.arrival.entry is not None and journey.screen in _BEFORE)
        return here and journey.screen is not Screen.RECORDING

    @property
    def may_scan(self) -> bool:
        """In an interview the camera is only used where a question needs it anyway."""
        return not self.journey.active or QuestionKind.VIDEO in self.journey.kinds

    def open(self) -> None:
        if self.offered:
            self.given = self.error = None
            self._last = ""
            self.journey.open_sheet(Sheet.ADJUST)

    def close(self) -> None:
        self.stop_scan()
        self.journey.close_sheet()

    # ---- the camera --------------------

    def scan(self) -> None:
        journey = self.journey
        if not self.may_scan or self.scanning:
            return
        self.scanning, self.error = True, None
        if not journey.active:
            self._opened_camera = True
            devices = journey.context.devices
            journey.runner.background(lambda: devices.set_camera(""), lambda _: self.changed(), self._no_camera)
        self.changed()

    def stop_scan(self) -> None:
        self.scanning = False
        if self._opened_camera:
            self._opened_camera = False
            devices = self.journey.context.devices
            self.journey.runner.background(devices.close, lambda _: None, self.journey.fail)

    def tick(self) -> None:
        """Look for a code in the newest picture."""
        if self.scanning and not self._looking and not self.journey.busy:
            self._looking = True
            self.journey.runner.background(self.journey.context.devices.scan_code, self._seen, self._no_camera)

    def _seen(self, text: str | None) -> None:
        self._looking = False
        # a code that was refused stays before the camera for a while
        if self.scanning and text and text != self._last and is_adjustment(text):
            self._last = text
            self.apply(text)

    def _no_camera(self, error: Exception) -> None:
        self._looking = self.scanning = False
        self.error = error
        self.changed()

    # ---- giving --------------------

    def apply(self, text: str) -> None:
        """A code was scanned or typed."""
        service = self.journey.context.service
        if text.strip():
            self._do(lambda: service.adjust(text))

    def limits(self) -> Delegation | None:
        """What the staff panel may give to the candidate who sits here; database thread."""
        return self.journey.context.service.panel_limits()

    def give(self, adjustments: Adjustments, reason: AdjustmentReason) -> None:
        """From the staff panel, behind its PIN."""
        service = self.journey.context.service
        self._do(lambda: service.give_more(adjustments, reason))

    def _do(self, call: Callable[[], Adjustments]) -> None:
        journey, service, active = self.journey, self.journey.context.service, self.journey.active
        self.error = None

        def run() -> Found:
            given = call()
            return (given, service.step(), service.remaining_kinds()) if active else (given, None, frozenset())

        def failed(error: Exception) -> None:
            self.error = error
            self.changed()

        journey.do(run, self._done, failed)

    def _done(self, found: Found) -> None:
        self.given, step, kinds = found
        self.stop_scan()
        journey = self.journey
        if journey.active:
            journey.adjusted(step, kinds)
        elif journey.arrival.entry is not None:
            journey.arrival.entry = replace(journey.arrival.entry, adjustments=self.given)
        self.changed()
