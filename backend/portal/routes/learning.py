"""Update notes, training pages, and the sandbox."""

from __future__ import annotations

from fastapi import APIRouter, Response

from backend.portal.visit import STAFF, Member, MemberForm
from backend.services import notes, sandbox, scope
from contract.errors import ErrorCode, XudaError

router = APIRouter()
TOPICS = ("start", "results", "exceptions")


@router.get("/news")
def news(visit: Member) -> Response:
    """All notes; those that are new to the reader are marked, and read from now on."""
    before = notes.read(visit.hr, visit.actor)
    return visit.page("news.html", notes=notes.notes(), before=before)


@router.get("/training")
def training(visit: Member) -> Response:
    return visit.page("training.html", topic="", topics=_titles(visit))


@router.get("/training/{topic}")
def training_topic(visit: Member, topic: str) -> Response:
    if topic not in TOPICS:
        raise XudaError(ErrorCode.NOT_FOUND, field="topic")
    return visit.page("training.html", topic=topic, topics=_titles(visit))


@router.get("/practice")
def practice(visit: Member) -> Response:
    scope.require(visit.actor, *STAFF)
    return visit.page("practice.html", found=sandbox.current(visit.hr, visit.actor), days=sandbox.KEPT.days)


@router.post("/practice")
def make_practice(visit: MemberForm) -> Response:
    sandbox.make(visit.hr, visit.actor)
    return visit.redirect("/practice")


@router.post("/practice/throw-away")
def throw_away(visit: MemberForm) -> Response:
    sandbox.throw_away(visit.hr, visit.actor)
    return visit.redirect("/practice")


def _titles(visit: Member) -> dict[str, tuple[str, str]]:
    t = visit.texts.gettext
    return {
        "start": (t("Start an interview"), t("From the kit to the invitation, and what candidates do.")),
        "results": (t("Read results"), t("Recording, words, scorecard, decision, and telling the candidate.")),
        "exceptions": (t("Handle exceptions"), t("Interrupted, declined, silent devices, deletion, and wrong data.")),
    }
