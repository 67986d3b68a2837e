"""Presenters of the quiet pages: scanning, leaving, the questionnaire, 我的."""

from __future__ import annotations

from pathlib import Path

from app.interview.model import ExitKind, ExitReason
from app.interview.views import Certificate, InterviewsChanged, InterviewSummary, MessageView, News
from app.ui.names import Screen, Sheet
from app.ui.presenters.base import Presenter
from app.ui.presenters.journey import Journey
from contract.errors import ErrorCode, XudaError
from contract.events import QuestionnaireData

OFFERED_REASONS = (ExitReason.NETWORK, ExitReason.TECHNICAL, ExitReason.TIME, ExitReason.GIVE_UP, ExitReason.OTHER)
RATINGS = ("entrance_clear", "flow_smooth", "overall")


class ScanPresenter(Presenter):
    """Looks for a code in the camera's picture while the candidate holds it up."""

    def __init__(self, journey: Journey) -> None:
        super().__init__()
        self.journey = journey
        self.scanning = False
        self.open = False
        self._looking = False
        self._last = ""

    def start(self) -> None:
        self.scanning = True
        self.open = False
        self._last = ""
        devices = self.journey.context.devices
        self.journey.runner.background(lambda: devices.set_camera(""), self._opened, self._failed)
        self.changed()

    def _opened(self, _: None) -> None:
        self.open = True
        self.changed()

    def _failed(self, error: Exception) -> None:
        self.scanning = False
        self.journey.fail(error)
        self.changed()

    def stop(self) -> None:
        self._last = ""  # an invitation is its candidate's alone
        if self.scanning:
            self.scanning = self.open = False
            devices = self.journey.context.devices
            self.journey.runner.background(devices.close, lambda _: None, self.journey.fail)

    def tick(self) -> None:
        """Look once more, unless a look or a look-up is under way."""
        if not self.open or self._looking or self.journey.busy or self.journey.sheet:
            return
        self._looking = True
        self.journey.runner.background(self.journey.context.devices.scan_code, self._seen, self._failed)

    def _seen(self, text: str | None) -> None:
        self._looking = False
        # A code that was refused stays before the camera for a while: it is looked up once.
        if text and text != self._last and self.scanning:
            self._last = text
            self.journey.arrival.look_up(text)


class LeavingPresenter(Presenter):
    """The leaving dialog: a reason is needed, words too when it is another one."""

    def __init__(self, journey: Journey) -> None:
        super().__init__()
        self.journey = journey
        self.reason: ExitReason | None = None
        self.words = ""
        journey.listen(self.changed)

    def enter(self) -> None:
        self.reason, self.words = None, ""
        self.changed()

    def choose(self, reason: ExitReason) -> None:
        self.reason = reason
        self.changed()

    def write(self, words: str) -> None:
        self.words = words
        self.changed()

    @property
    def complete(self) -> bool:
        if self.journey.busy or self.reason is None:
            return False
        return self.reason is not ExitReason.OTHER or bool(self.words.strip())

    def leave(self, how: ExitKind) -> None:
        if self.reason is not None and self.complete:
            self.journey.leave(how, self.reason, self.words.strip())


class QuestionnairePresenter(Presenter):
    def __init__(self, journey: Journey) -> None:
        super().__init__()
        self.journey = journey
        self.ratings: dict[str, int] = {}
        self.words = ""
        journey.listen(self.changed)

    def enter(self) -> None:
        self.ratings, self.words = {}, ""
        self.changed()

    def rate(self, field: str, value: int) -> None:
        self.ratings[field] = value
        self.changed()

    def done(self) -> None:
        """Send what was answered, if anything, and go back to the start."""
        receipt, words = self.journey.receipt, self.words.strip()
        if receipt is None or not (self.ratings or words):
            self.journey.open_start()
            return
        ratings, service = QuestionnaireData(**self.ratings), self.journey.context.service
        self.journey.do(
            lambda: service.answer_questionnaire(receipt.interview_id, ratings, words),
            lambda _: self.journey.open_start(),
        )


class MinePresenter(Presenter):
    """``loaded`` is False until the list was read once. ``messages`` of HR: never in a kiosk, where anybody looks."""

    def __init__(self, journey: Journey) -> None:
        super().__init__()
        self.journey = journey
        self.interviews: list[InterviewSummary] = []
        self.messages: tuple[MessageView, ...] = ()
        self.loaded = False
        self.withdrawing: InterviewSummary | None = None
        self.withdrawn = False
        # where a certificate was written; a problem with it is shown like any other
        self.saved_to = ""
        journey.listen_news(self._on_news)

    def _on_news(self, news: News) -> None:
        if isinstance(news, InterviewsChanged) and self.journey.screen is Screen.MINE:
            self.refresh()

    def save_certificate(self, certificate: Certificate, target: Path) -> None:
        def write() -> None:
            try:
                target.write_bytes(certificate.document)
            except OSError as error:
                raise XudaError(ErrorCode.DISK_ERROR) from error

        def written(_: None) -> None:
            self.saved_to = target.name
            self.changed()

        self.journey.do(write, written, slowly=True)

    def enter(self) -> None:
        self.withdrawn = False
        self.saved_to = ""
        self.refresh()

    def refresh(self) -> None:
        self.journey.quietly(self.journey.context.service.mine, self._found)
        if not self.journey.context.kiosk:
            self.journey.quietly(lambda: self.journey.context.service.messages.here(), self._told)

    def _told(self, messages: tuple[MessageView, ...]) -> None:
        self.messages = messages
        self.changed()

    def read(self, message_id: str) -> None:
        """A new message was opened."""
        self.journey.quietly(lambda: self.journey.context.service.messages.read(message_id), lambda _: None)

    def _found(self, interviews: list[InterviewSummary]) -> None:
        self.interviews = interviews
        self.loaded = True
        self.changed()

    def ask_to_withdraw(self, summary: InterviewSummary) -> None:
        self.withdrawing = summary
        self.journey.open_sheet(Sheet.WITHDRAW)

    def withdraw(self) -> None:
        summary, service = self.withdrawing, self.journey.context.service
        if summary is None:
            return

        def run() -> list[InterviewSummary]:
            service.withdraw(summary.interview_id)
            return service.mine()

        def done(interviews: list[InterviewSummary]) -> None:
            self.withdrawing = None
            self.withdrawn = True
            self.journey.close_sheet()
            self._found(interviews)
            self.refresh()

        self.journey.do(run, done)
