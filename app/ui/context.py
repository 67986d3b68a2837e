"""What the composition root gives to the screens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from app.ui.dress import DEFAULT, Appearance

if TYPE_CHECKING:  # the first screen comes before any of these is loaded
    from concurrent.futures import Future

    from app.interview.model import Battery, CheckResult
    from app.interview.papers import PaperMaker, Press
    from app.interview.ports import CaptureDevices, Fresh, Moving
    from app.interview.service import InterviewService
    from app.interview.transfer import Transfer
    from app.interview.views import News
    from app.kiosk.desk import KioskDesk
    from contract.kit import Kit

T = TypeVar("T")


class Submit(Protocol):
    """Run a call on another thread. The future holds its value or its exception."""

    def __call__(self, call: Callable[[], T], /) -> Future[T]: ...


@dataclass(eq=False, repr=False)
class UiContext:
    """See module.

    ``submit`` runs on the database thread (all calls of ``service`` go through it), ``background`` on any other.
    ``subscribe`` takes a listener for news, called from any thread. ``checks`` looks at the machine for one kit, may
    take seconds. ``diagnostics`` is a text without personal data. ``kiosk``: full screen, no frame, larger buttons;
    ``booth`` is what its screens need then. ``appearance`` is how it begins; a kiosk keeps no other. ``zoom`` enlarges
    everything, None goes by the screen. ``battery`` reads the charge, None without a battery. ``moving`` asks HR about
    interviews begun on other devices, ``fresh`` for the newest kits and roster; both are set when the data folder is
    open. ``transfer`` carries interviews on a stick, None where that is not offered. ``papers`` lays out what
    can be printed on the printers of ``press`` (None: the system's); None where nothing can be.
    """

    service: InterviewService
    devices: CaptureDevices
    submit: Submit
    background: Submit
    subscribe: Callable[[Callable[[News], None]], None]
    checks: Callable[[Kit | None], list[CheckResult]]
    diagnostics: Callable[[], str]
    save_language: Callable[[str], None]
    battery: Callable[[], Battery | None]
    transfer: Callable[[], Transfer] | None = None
    language: str = "zh_CN"
    kiosk: bool = False
    booth: KioskDesk | None = None
    appearance: Appearance = DEFAULT
    save_appearance: Callable[[Appearance], None] = lambda _: None
    zoom: float | None = None
    papers: PaperMaker | None = None
    press: Callable[[], Press] | None = None
    moving: Moving | None = None
    fresh: Fresh | None = None
