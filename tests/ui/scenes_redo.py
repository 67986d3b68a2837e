"""Scenes of a question that is answered again at HR's word."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from app.interview.states import InterviewState
from app.interview.views import RedoOffer
from app.ui import names
from contract.events import HrState
from tests.ui import stage_interview
from tests.ui.scene_set import Set
from tests.ui.stage_interview import KIT, NOW, RECEIPT


def _offer(s: Set) -> RedoOffer:
    reasons = {
        "zh_CN": "录音里全是背景音乐，听不清您说了什么",
        "en": "There is loud music in the recording; we cannot hear what you said.",
    }
    reason = reasons["zh_CN" if s.service.language == "zh_CN" else "en"]
    return RedoOffer("w1", 1, KIT.question("q1").prompt, reason, NOW + timedelta(days=6))


def redo(s: Set) -> None:
    s.service.redo = _offer(s)
    s.to_entry()


def redo_consent(s: Set) -> None:
    redo(s)
    s.click(names.REDO_YES)


def redo_resume(s: Set) -> None:
    left = stage_interview.summary(InterviewState.PAUSED, HrState.PAUSED, 0, key="a")
    s.service.unfinished = replace(left, redo=1, total=1)
    s.to_entry()


def redo_mine(s: Set) -> None:
    given = stage_interview.summary(InterviewState.FINISHED, HrState.PENDING_REVIEW, 4, delivered=True, key="b")
    left = stage_interview.summary(InterviewState.PAUSED, HrState.PAUSED, 0, key="a")
    over = stage_interview.summary(InterviewState.MOVED, HrState.PAUSED, 0, delivered=True, key="c")
    s.service.list = [replace(given, offer=_offer(s)), replace(left, redo=3, total=1), replace(over, redo=2, total=1)]
    s.click(names.TOPBAR_MINE)


def redo_finish(s: Set) -> None:
    redo_consent(s)
    s.service.receipt = replace(RECEIPT, lines=RECEIPT.lines[:1], again=True)
    s.service.current = None
    s.tick(names.CONSENT_RECORDING)
    s.click(names.CONSENT_AGREE)


REDO_SCENES = {
    "redo": redo,
    "redo-consent": redo_consent,
    "redo-resume": redo_resume,
    "redo-mine": redo_mine,
    "redo-finish": redo_finish,
}
