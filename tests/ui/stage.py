"""A scripted service and painted devices for pictures of the screens. Behaviour is tested on the real service."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np

from app.capture.vision import decode_picture
from app.interview.model import CheckName, CheckResult, CheckState, DeviceInfo, Proof
from app.interview.papers import PaperSource, Printer
from app.interview.states import InterviewState
from app.interview.transfer import ExportResult, Parcel, Progress, ReceiptFate, ReceiptsResult, WrittenBundle
from app.interview.views import (
    Entry,
    InterviewSummary,
    LateWords,
    MessageView,
    ReceiptView,
    RedoOffer,
    StartPage,
    Step,
    TakeReview,
)
from app.kiosk.desk import KioskDesk, QueueLine, QueueState, StaffFacts, UploadLimit
from app.kiosk.pin import Attempt
from app.ui.context import UiContext
from app.ui.dress import Appearance
from app.ui.tokens import Theme
from contract.canonical import sha256_hex
from contract.errors import ErrorCode, XudaError
from contract.events import HrState
from contract.invitation import Adjustments, Delegation
from contract.kit import Kit, QuestionKind
from contract.kit_media import MediaFile
from contract.parts import Elsewhere
from contract.settings import parse_hours
from tests.support.kit_media import MEDIA
from tests.ui.stage_interview import (
    GOOD,
    KIT,
    NOW,
    RECEIPT,
    review,
    step,
)

T = TypeVar("T")


class StagePractice:
    def start(self, *, video: bool) -> None:
        self._video = video

    def stop(self) -> tuple[Proof, BinaryIO]:
        return GOOD, io.BytesIO(b"")


class StageMessages:
    def __init__(self) -> None:
        self.list: tuple[MessageView, ...] = ()

    def here(self) -> tuple[MessageView, ...]:
        return self.list

    def read(self, message_id: str) -> None: ...


class StageWords:
    """Answers what a scene has put into it; what is read over is marked."""

    def __init__(self) -> None:
        self.late_words: dict[str, LateWords] = {}

    def late(self, interview_id: str) -> LateWords:
        return self.late_words.get(interview_id, LateWords(interview_id))

    def open(self, interview_id: str) -> LateWords:
        return self.late(interview_id)

    def keep(self, take_id: str, text: str) -> None: ...

    def settle(self, take_id: str, text: str) -> None:
        for interview_id, late in self.late_words.items():
            answers = tuple(replace(one, read=one.read or one.review.take_id == take_id) for one in late.answers)
            self.late_words[interview_id] = replace(late, answers=answers)

    def close(self) -> None: ...


class StageService:
    """Answers what a scene has put into it."""

    def __init__(self, language: str) -> None:
        self.practice = StagePractice()
        self.language = language
        self.page = StartPage("星河科技" if language == "zh_CN" else "Galaxy Technologies", (KIT,), 0, ())
        self.kit_of_entry = KIT
        self.agreed: dict[str, Any] = {}
        self.current: Step | None = step(0)
        self.reviewed = review(language)
        self.list: list[InterviewSummary] = []
        self.unfinished: InterviewSummary | None = None
        self.elsewhere: Elsewhere | None = None
        self.redo: RedoOffer | None = None
        self.receipt = RECEIPT
        self.transfer = StageTransfer()
        self.refusal: Exception | None = None
        self.missing = 0
        self.adjustments = Adjustments()
        self.press = StagePress()
        self.readable = True
        self.messages = StageMessages()
        self.words = StageWords()

    def start_page(self) -> StartPage:
        return self.page

    def look_up(self, text: str) -> Entry:
        name = "王小明" if self.language == "zh_CN" else "Wang Xiaoming"
        window = NOW - timedelta(days=1), NOW + timedelta(days=6)
        return Entry(
            self.kit_of_entry,
            name,
            *window,
            self.unfinished,
            True,
            elsewhere=self.elsewhere,
            adjustments=self.adjustments,
            missing=self.missing,
            messages=self.messages.here(),
            redo=self.redo,
        )

    def begin(self, **agreed: Any) -> None:
        self.agreed = agreed

    def start_clock(self) -> None: ...

    def kit(self) -> Kit:
        return KIT

    def step(self) -> Step | None:
        return self.current

    def remaining_kinds(self) -> frozenset[QuestionKind]:
        return frozenset(question.kind for question in KIT.questions)

    def decline(self, **_: Any) -> ReceiptView:
        return RECEIPT

    def prompt_file(self, file: MediaFile) -> bytes:
        found = (path.read_bytes() for path in MEDIA.iterdir())
        return next(content for content in found if sha256_hex(content) == file.sha256)

    def prompt_picture(self, file: MediaFile) -> Any:
        return decode_picture(self.prompt_file(file))

    def note_play(self, _: str) -> Step:
        assert self.current is not None
        return replace(self.current, plays_used=self.current.plays_used + 1)

    def adjust(self, _: str) -> Adjustments:
        if self.refusal is not None:
            raise self.refusal
        return Adjustments(time_factor=1.5, extra_takes=1)

    def begin_take(self, *_: Any, **__: Any) -> str:
        return "t1"

    def end_take(self) -> TakeReview:
        return self.reviewed

    def review(self, take_id: str) -> TakeReview:
        return self.reviewed

    def draft(self, question_id: str) -> str | None:
        return None

    def save_draft(self, question_id: str, draft: str) -> None: ...

    def pause(self, *_: Any) -> ReceiptView:
        return replace(RECEIPT, lines=RECEIPT.lines[:2], state=InterviewState.PAUSED)

    def finish(self, **_: Any) -> ReceiptView:
        return self.receipt

    def panel_limits(self) -> Delegation | None:
        window = NOW - timedelta(days=1), NOW + timedelta(days=6)
        bounds = {"most_time_factor": 2.0, "most_extra_takes": 2, "ways": ["audio", "text"]}
        keys = {"delegation_id": "d1", "holder": "Booth 3", "public_key": "AAAA"}
        return Delegation.model_validate({**keys, **bounds, "not_before": window[0], "not_after": window[1]})

    def give_more(self, adjustments: Adjustments, _: object) -> Adjustments:
        return adjustments

    def mine(self) -> list[InterviewSummary]:
        return self.list

    def own(self, text: str) -> tuple[InterviewSummary, ...]:
        if not self.list:
            raise XudaError(ErrorCode.INVITATION_UNKNOWN)
        return tuple(self.list)

    def printable(self, interview_id: str) -> PaperSource:
        key, events = (b"k" * 32, (object(),)) if self.readable else (None, ())
        state = HrState.PENDING_REVIEW
        return PaperSource(interview_id, KIT, state, RECEIPT, events, key, None, None, bytes)  # type: ignore[arg-type]

    def withdraw(self, interview_id: str) -> None: ...

    def shutdown(self) -> None: ...


def portrait(width: int = 960, height: int = 540) -> Any:
    """A painted person before a wall, BGR."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    wall = np.stack([196 - y * 0.08, 200 - y * 0.09, 190 - y * 0.10], axis=2)
    image = wall + (x / width * 18)[..., None]
    middle, unit = width / 2, height / 100

    def disc(cx: float, cy: float, rx: float, ry: float, colour: tuple[int, int, int]) -> None:
        inside = ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1
        image[inside] = colour

    disc(middle, 108 * unit, 34 * unit, 44 * unit, (104, 84, 58))
    disc(middle, 72 * unit, 8 * unit, 12 * unit, (150, 180, 218))
    disc(middle, 44 * unit, 17 * unit, 22 * unit, (62, 56, 50))
    disc(middle, 49 * unit, 14.5 * unit, 19 * unit, (164, 194, 230))
    disc(middle, 31 * unit, 15.5 * unit, 8 * unit, (62, 56, 50))
    for side in (-1, 1):
        disc(middle + side * 5.6 * unit, 48 * unit, 1.3 * unit, 1.3 * unit, (46, 42, 40))
    disc(middle, 60 * unit, 4.2 * unit, 1.1 * unit, (108, 110, 176))
    return np.clip(image, 0, 255).astype(np.uint8)


class StageDevices:
    """Two cameras, two microphones, and a picture that does not move."""

    def __init__(self) -> None:
        self.frame = portrait()
        self.present = True
        self.echo = False

    def cameras(self) -> list[DeviceInfo]:
        if not self.present:
            return []
        return [DeviceInfo("name:a", "Logitech C920", "V4L2", True), DeviceInfo("name:b", "Integrated Camera")]

    def microphones(self) -> list[DeviceInfo]:
        return [DeviceInfo("name:m", "USB Headset", "", True), DeviceInfo("name:n", "Built-in Microphone")]

    def speakers(self) -> list[DeviceInfo]:
        return [DeviceInfo("name:s", "USB Headset", "", True)]

    def set_camera(self, spec: str) -> None:
        if not self.present:
            from contract.errors import ErrorCode, XudaError

            raise XudaError(ErrorCode.CAMERA_MISSING)

    def set_microphone(self, spec: str) -> None: ...

    def close(self) -> None: ...

    def hears(self, tones: Sequence[float]) -> bool:
        return self.echo

    def latest_frame(self) -> tuple[int, Any] | None:
        return (1, self.frame) if self.present else None

    def level(self) -> float:
        return -18.0

    def scan_code(self) -> str | None:
        return None


class StagePress:
    """Two printers that work unless a scene says otherwise."""

    def __init__(self) -> None:
        self.found = [Printer("lobby", "HP LaserJet (Lobby)", True, False), Printer("office", "Office", False, True)]
        self.problem: Exception | None = None
        self.printed: list[tuple[bytes, str, int]] = []

    def printers(self) -> list[Printer]:
        return self.found

    def print(self, pdf: bytes, printer: str, copies: int) -> None:
        if self.problem is not None:
            raise self.problem
        self.printed.append((pdf, printer, copies))


class StageTransfer:
    """Three interviews that wait, a stick that works unless a scene says otherwise."""

    parcels = tuple(Parcel(f"i{n}", "finished", 14, 4, 61_000_000 + n, True) for n in range(3))

    def __init__(self) -> None:
        self.problem: Exception | None = None

    def survey(self) -> list[Parcel]:
        return list(self.parcels)

    def export(self, target: Path, *, progress: Progress | None = None) -> ExportResult:
        if self.problem is not None:
            raise self.problem
        path = target / "xuda-4f0e9a57-20261122-183005.xuda"
        return ExportResult((WrittenBundle(path, "b1", 183_214_080, self.parcels),))

    def take_receipts(self, file: Path) -> ReceiptsResult:
        return ReceiptsResult({parcel.interview_id: ReceiptFate.PURGED for parcel in self.parcels})


class StageLock:
    """Opens for 135790; anything else is answered by ``answer``."""

    PIN = "135790"

    def __init__(self) -> None:
        self.present = True
        self.answer = Attempt(False, 0.0, 3)
        self.closed_for = 0.0

    def wait(self) -> float:
        return self.closed_for

    def check(self, pin: str) -> Attempt:
        return Attempt(True, 0.0, 5) if pin == self.PIN else self.answer


class StageStaff:
    """A booth with much to tell."""

    def __init__(self) -> None:
        position = dict(KIT.position)
        self.done: list[str] = []
        self.problem: Exception | None = None
        self.facts = StaffFacts(
            queue=(
                QueueLine("event", "0f8a51c2", position, 14, 812, QueueState.REFUSED, 3, "rejected"),
                QueueLine("event", "7d539c11", position, 3, 1_940, QueueState.TRIED, 4, "server_unreachable"),
                QueueLine("object", "7d539c11", position, 0, 61_204_113, QueueState.TRIED, 1, "server_unreachable"),
                QueueLine("object", "7d539c11", {}, 0, 18_204_113, QueueState.WAITING, 0),
                QueueLine("manifest", "7d539c11", position, 0, 0, QueueState.WAITING, 0),
            ),
            free_bytes=84_200_000_000,
            total_bytes=256_000_000_000,
            cameras=("Logitech C920", "Integrated Camera"),
            microphones=("USB Headset",),
            network="offline",
            last_contact=NOW,
            server="https://hr.example.com",
            organisation="Galaxy Technologies",
            device="5b0f1a52-6f0a-4c39",
            model="small@1234abcd",
            version="0.1.0",
            update_to="1.2",
            paused=True,
            limit=UploadLimit(500, tuple(parse_hours("08:00-18:00"))),
            limit_by="hr",
        )

    def look(self) -> StaffFacts:
        return self.facts

    def sync_now(self) -> None:
        self._do("sync")

    def retry_refused(self) -> int:
        self._do("retry")
        return 1

    def limit_uploads(self, limit: UploadLimit | None) -> None:
        self._do(f"limit {limit}")

    def write_diagnostics(self, folder: Path) -> Path:
        self._do("diagnostics")
        return folder / "xuda-diagnostics-20261122T063000Z.zip"

    def _do(self, what: str) -> None:
        if self.problem is not None:
            raise self.problem
        self.done.append(what)


PLAIN = Appearance(Theme.LIGHT, 100)


def checks(_: Kit | None) -> list[CheckResult]:
    return [
        CheckResult(CheckName.CAMERA, CheckState.OK),
        CheckResult(CheckName.MICROPHONE, CheckState.OK),
        CheckResult(CheckName.SPEAKER, CheckState.OK),
        CheckResult(CheckName.DISK, CheckState.OK, value=84.2e9),
        CheckResult(CheckName.BATTERY, CheckState.WARNING, "battery_low", value=18),
        CheckResult(CheckName.CLOCK, CheckState.OK),
        CheckResult(CheckName.MODEL, CheckState.OK),
    ]


def at_once(call: Callable[[], T]) -> Future[T]:
    """Runs the call here and now."""
    future: Future[T] = Future()
    try:
        future.set_result(call())
    except Exception as error:
        future.set_exception(error)
    return future


def context(
    service: StageService,
    devices: StageDevices,
    *,
    kiosk: bool = False,
    appearance: Appearance = PLAIN,
    zoom: float = 1.0,
) -> UiContext:
    return UiContext(
        service=service,  # type: ignore[arg-type]
        devices=devices,
        submit=at_once,
        background=at_once,
        subscribe=lambda _: None,
        checks=checks,
        diagnostics=lambda: "Xuda 0.1.0\nos: Linux 6.1\ncamera: Logitech C920\nmicrophone: USB Headset\nqueue: 0",
        save_language=lambda _: None,
        battery=lambda: None,
        language=service.language,
        transfer=lambda: service.transfer,
        kiosk=kiosk,
        booth=KioskDesk(lock=StageLock(), staff=StageStaff()) if kiosk else None,  # type: ignore[arg-type]
        appearance=appearance,
        zoom=zoom,
        papers=lambda *_, **__: b"%PDF",
        press=lambda: service.press,
    )
