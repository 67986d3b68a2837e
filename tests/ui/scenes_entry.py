"""Scenes before an interview: the start page, what was begun earlier, carrying interviews away, agreeing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.interview.model import CheckName, CheckResult, CheckState
from app.interview.states import InterviewState
from app.interview.views import StartPage, WalkInPlace
from app.ui import names
from app.ui.presenters.transfer import Drive, TransferState
from app.ui.screens.devices import DevicesScreen
from app.ui.screens.export import ExportSheet
from app.ui.widgets.sound import NOTES
from contract.errors import ErrorCode, XudaError
from contract.events import HrState
from tests.ui import stage, stage_interview
from tests.ui.scene_set import Set

ELSEWHERE = {
    "zh_CN": "回答的文字会发送给示例云的语言模型。",
    "en": "The words of your answers go to the model of Example Cloud.",
}


def start(s: Set) -> None:
    s.service.page = replace(s.service.page, pending_uploads=2)
    s.window.journey.open_start()


def start_unfinished(s: Set) -> None:
    paused = stage_interview.summary(InterviewState.PAUSED, HrState.PAUSED, 2)
    s.service.page = StartPage(s.service.page.organisation, (stage_interview.KIT,), 0, (paused,))
    s.window.journey.open_start()


def devices_advice(s: Set) -> None:
    """The chosen microphone hears nothing, another one does; the picture is dark; the loudspeaker was heard."""
    better = s.devices.microphones()[-1]
    said = {
        CheckName.CAMERA: CheckResult(CheckName.CAMERA, CheckState.WARNING, "camera_dim"),
        CheckName.MICROPHONE: CheckResult(
            CheckName.MICROPHONE, CheckState.WARNING, "microphone_elsewhere", better=better
        ),
    }
    s.window.journey.context.checks = lambda kit: [said.get(check.name, check) for check in stage.checks(kit)]
    s.devices.echo = True
    s.to_devices()
    screen = next(page for page in s.window.findChildren(DevicesScreen) if page.isVisible())
    screen._presenter.tone_played(NOTES)
    screen._presenter.tick()


def walk_in(s: Set) -> None:
    s.service.page = replace(s.service.page, walk_ins=(WalkInPlace("b1", stage_interview.KIT),))
    s.window.journey.open_start()
    s.click(names.START_WALK_IN)


def walk_in_wrong(s: Set) -> None:
    walk_in(s)
    s.click(names.WALK_IN_REGISTER)


def start_scan(s: Set) -> None:
    s.click(names.START_WAY_PREFIX + "scan")


def start_error(s: Set) -> None:
    s.window.journey.fail(XudaError(ErrorCode.INVITATION_EXPIRED, date="2026-11-20"))


def interviews(s: Set) -> None:
    start_unfinished(s)
    s.click(names.TOPBAR_INTERVIEWS)


def mine(s: Set) -> None:
    s.service.list = [
        stage_interview.summary(InterviewState.PAUSED, HrState.PAUSED, 2, key="a"),
        stage_interview.summary(InterviewState.FINISHED, HrState.SECOND_ROUND, 4, delivered=True, key="b"),
        stage_interview.summary(InterviewState.DELETED, HrState.INCOMPLETE, 3, key="c"),
    ]
    s.click(names.TOPBAR_MINE)


def start_messages(s: Set) -> None:
    s.service.page = replace(s.service.page, unread=1)
    s.window.journey.open_start()


def mine_messages(s: Set) -> None:
    s.service.messages.list = stage_interview.MESSAGES
    mine(s)
    s.click(names.MESSAGE_PREFIX + "0")


def mine_elsewhere(s: Set) -> None:
    s.service.list = [
        stage_interview.summary(InterviewState.MOVED, HrState.PAUSED, 2, delivered=True, key="a"),
        replace(
            stage_interview.summary(InterviewState.DELETED, HrState.INCOMPLETE, 3, key="b"),
            certificate=stage_interview.CERTIFICATE,
        ),
    ]
    s.click(names.TOPBAR_MINE)


def continue_here(s: Set) -> None:
    s.service.elsewhere = stage_interview.ELSEWHERE
    s.to_entry()


def entry_elsewhere(s: Set) -> None:
    continue_here(s)
    s.click(names.CONTINUE_HERE_YES)


def withdraw(s: Set) -> None:
    mine(s)
    s.click(names.MINE_WITHDRAW_PREFIX + "1")


def export(s: Set) -> ExportSheet:
    """The sheet with a stick plugged in."""
    mine(s)
    s.click(names.MINE_EXPORT)
    sheet = s.window.findChild(ExportSheet)
    assert isinstance(sheet, ExportSheet)
    presenter = sheet._presenter
    stick = Drive(Path("/media/booth/KINGSTON"), "KINGSTON", 28_300_000_000, removable=True)
    presenter._drives = lambda: [stick]
    presenter.look()
    s.settle()
    return sheet


def export_running(s: Set) -> None:
    presenter = export(s)._presenter
    presenter.state = TransferState.RUNNING
    presenter._progress = (46, 100)
    presenter.changed()


def export_done(s: Set) -> None:
    export(s)
    s.click(names.EXPORT_START)


def export_failed(s: Set) -> None:
    export(s)
    s.service.transfer.problem = XudaError(ErrorCode.TARGET_LOST)
    s.click(names.EXPORT_START)


def export_receipts(s: Set) -> None:
    export(s)._presenter.take_receipts(Path("receipts.json"))


def consent(s: Set) -> None:
    s.to_entry()
    s.click(names.ENTRY_CONTINUE)
    s.tick(names.CONSENT_RECORDING)


def consent_picture(s: Set) -> None:
    s.service.kit_of_entry = s.service.kit_of_entry.model_copy(update={"picture_facts": True})
    consent(s)


def consent_elsewhere(s: Set) -> None:
    """The kit names a service; whoever agrees to scoring may agree to that too."""
    kit = s.service.kit_of_entry
    named = kit.consent.model_copy(update={"elsewhere": ELSEWHERE})
    s.service.kit_of_entry = kit.model_copy(update={"consent": named})
    consent(s)
    s.tick(names.CONSENT_SCORING)
    s.tick(names.CONSENT_ELSEWHERE)


def decline(s: Set) -> None:
    consent(s)
    s.click(names.CONSENT_DECLINE)


def declined(s: Set) -> None:
    decline(s)
    s.click(names.DECLINE_CONFIRM)
