"""Times to choose: made and looked at by HR, chosen by candidates with their invitation code."""

from __future__ import annotations

from datetime import date, datetime
from datetime import time as clock_time
from typing import Annotated

from fastapi import APIRouter, Form, Response

from backend.portal import slot_words
from backend.portal.routes.candidate import Me, MyForm
from backend.portal.visit import Member, MemberForm, Visit, Visitor, VisitorForm
from backend.ratelimit import network
from backend.services import invitations, kits, listings, slot_calendar, slots
from backend.services.slots import Offer, Rules, SlotDraft
from contract.errors import ErrorCode, XudaError
from contract.text import pick

router = APIRouter()
_Short = Annotated[str, Form(max_length=300)]
_MENDED = frozenset({ErrorCode.SETTING_INVALID, ErrorCode.CONFLICT})


@router.get("/batches/{batch_id}/slots")
def board(visit: Member, batch_id: str) -> Response:
    return _board(visit, batch_id)


@router.post("/batches/{batch_id}/slots")
def add(
    visit: MemberForm,
    batch_id: str,
    day: _Short = "",
    first: _Short = "",
    last: _Short = "",
    minutes: _Short = "",
    capacity: _Short = "",
    place: _Short = "",
) -> Response:
    """Times of equal length one after the other on one day."""
    typed = {"day": day, "first": first, "last": last, "minutes": minutes, "capacity": capacity, "place": place}
    try:
        slots.add(visit.hr, visit.actor, batch_id, _series(typed))
    except XudaError as error:
        return _refused(visit, batch_id, error, typed)
    return visit.redirect(f"/batches/{batch_id}/slots")


@router.post("/batches/{batch_id}/slots/rules")
def set_rules(
    visit: MemberForm, batch_id: str, offered: _Short = "", hours: _Short = "24", follows: _Short = ""
) -> Response:
    rules = Rules(offered == "yes", _number(hours), follows == "yes")
    try:
        slots.set_rules(visit.hr, visit.actor, batch_id, rules)
    except XudaError as error:
        return _refused(visit, batch_id, error)
    return visit.redirect(f"/batches/{batch_id}/slots")


@router.post("/batches/{batch_id}/slots/{slot_id}")
def change(visit: MemberForm, batch_id: str, slot_id: str, do: _Short = "", capacity: _Short = "") -> Response:
    """``do``: capacity, withdraw or offer."""
    try:
        if do == "capacity":
            slots.set_capacity(visit.hr, visit.actor, batch_id, slot_id, _number(capacity))
        else:
            slots.withdraw(visit.hr, visit.actor, batch_id, slot_id, on=do == "withdraw")
    except XudaError as error:
        return _refused(visit, batch_id, error)
    return visit.redirect(f"/batches/{batch_id}/slots#slot-{slot_id}")


@router.post("/batches/{batch_id}/slot-of")
def assign(visit: MemberForm, batch_id: str, invitation: _Short = "", slot: _Short = "") -> Response:
    """HR chooses for a candidate; without a slot: none any more."""
    try:
        slots.assign(visit.hr, visit.actor, batch_id, invitation, slot or None)
    except XudaError as error:
        return _refused(visit, batch_id, error)
    return visit.redirect(f"/batches/{batch_id}/slots")


@router.get("/slots")
def door(visit: Visitor) -> Response:
    """For candidates: the code of the invitation opens it."""
    return visit.page("slot_door.html", problem="", code="")


@router.post("/slots")
def choose(visit: VisitorForm, code: _Short = "", slot: _Short = "", do: _Short = "") -> Response:
    """The code goes with every form and never stands in an address. ``do`` calendar: the chosen time as a file."""
    try:
        offer = _opened(visit, code)
    except XudaError as error:
        if error.code is not ErrorCode.INVITATION_UNKNOWN:
            raise
        words = visit.texts.gettext("This invitation code is not known here. Please check it.")
        return visit.page("slot_door.html", status=404, problem=words, code=code)
    if do == "calendar" and offer.chosen is not None:
        return _calendar(visit, offer)
    return _chosen(visit, code, offer, slot)


@router.get("/candidate/slots")
def my_times(me: Me) -> Response:
    """The same for a candidate who is signed in."""
    return _choice(me.visit, "", slots.offer(me.visit.hr, me.invitation_id))


@router.post("/candidate/slots")
def choose_mine(me: MyForm, slot: _Short = "", do: _Short = "") -> Response:
    offer = slots.offer(me.visit.hr, me.invitation_id)
    if do == "calendar" and offer.chosen is not None:
        return _calendar(me.visit, offer)
    return _chosen(me.visit, "", offer, slot)


def _chosen(visit: Visit, code: str, offer: Offer, slot: str) -> Response:
    """After somebody has chosen ``slot``; without one what there is to choose."""
    if not slot:
        return _choice(visit, code, offer)
    try:
        offer = slots.choose(visit.hr, offer.invitation_id, slot)
    except XudaError as error:
        if error.code not in _MENDED:
            raise
        again = slots.offer(visit.hr, offer.invitation_id)
        return _choice(visit, code, again, problem=slot_words.problem(visit, error), status=409)
    return _choice(visit, code, offer, done=True)


def _opened(visit: Visit, code: str) -> Offer:
    """Raises XudaError(INVITATION_UNKNOWN), RATE_LIMITED for who tries too many codes."""
    limit, key = visit.hr.limits.codes, network(visit.address)
    limit.check(key)
    try:
        return slots.offer(visit.hr, invitations.id_of_code(visit.hr, code))
    except XudaError as error:
        limit.count(key)
        raise XudaError(ErrorCode.INVITATION_UNKNOWN) from error


def _choice(
    visit: Visit, code: str, offer: Offer, *, problem: str = "", done: bool = False, status: int = 200
) -> Response:
    with visit.hr.db.read() as session:
        kit = kits.stored_kit(session, offer.kit_id)
    days: dict[str, list[slots.Slot]] = {}
    for slot in offer.slots:
        days.setdefault(visit.local(slot.starts_at, "%Y-%m-%d"), []).append(slot)
    return visit.page(
        "slot_choice.html",
        status=status,
        code=code,
        offer=offer,
        days=days,
        kit=kit,
        problem=problem,
        done=done,
        when=lambda slot: slot_words.when(visit, slot),
        where=lambda slot: slot_words.where(visit, slot),
        why_not=slot_words.problem(visit, XudaError(ErrorCode.CONFLICT, field=offer.why_not)) if offer.why_not else "",
    )


def _calendar(visit: Visit, offer: Offer) -> Response:
    assert offer.chosen is not None
    with visit.hr.db.read() as session:
        kit = kits.stored_kit(session, offer.kit_id)
    t = visit.texts.gettext
    file = slot_calendar.entry(
        offer.chosen,
        offer.invitation_id,
        title=t("Interview: {position}").format(position=pick(kit.position, visit.language)),
        place=slot_words.where(visit, offer.chosen),
        words=pick(kit.organisation, visit.language),
        now=visit.hr.now(),
    )
    headers = {"Content-Disposition": 'attachment; filename="interview.ics"'}
    return Response(file, media_type="text/calendar; charset=utf-8", headers=headers)


def _board(
    visit: Visit, batch_id: str, *, problem: str = "", typed: dict[str, str] | None = None, status: int = 200
) -> Response:
    line = listings.batch_line(visit.hr, visit.actor, batch_id)
    first = max(line.batch.not_before, visit.hr.now())
    blank = {"day": visit.local(first, "%Y-%m-%d"), "first": "09:00", "last": "12:00", "minutes": "30"}
    return visit.page(
        "slots.html",
        status=status,
        line=line,
        board=slots.board(visit.hr, visit.actor, batch_id),
        problem=problem,
        typed={**blank, "capacity": "1", "place": "", **(typed or {})},
        public=visit.hr.settings.sending.public_url,
        when=lambda slot: slot_words.when(visit, slot),
        where=lambda slot: slot_words.where(visit, slot),
    )


def _refused(visit: Visit, batch_id: str, error: XudaError, typed: dict[str, str] | None = None) -> Response:
    if error.code not in _MENDED:
        raise error
    status = 409 if error.code is ErrorCode.CONFLICT else 422
    return _board(visit, batch_id, problem=slot_words.problem(visit, error), typed=typed, status=status)


def _series(typed: dict[str, str]) -> list[SlotDraft]:
    """Raises XudaError(SETTING_INVALID)."""
    try:
        day = date.fromisoformat(typed["day"].strip())
        first, last = (
            datetime.combine(day, clock_time.fromisoformat(typed[name].strip())).astimezone()
            for name in ("first", "last")
        )
    except (ValueError, OverflowError) as error:
        raise XudaError(ErrorCode.SETTING_INVALID, field="value") from error
    return slots.series(first, last, _number(typed["minutes"]), _number(typed["capacity"]), typed["place"])


def _number(text: str) -> int:
    """Less than anything allowed for what is none."""
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 9 else -1
