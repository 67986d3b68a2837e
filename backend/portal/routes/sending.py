"""Writing to the candidates of a batch: choose, look, send, see how it went; reminders and longer windows."""

from __future__ import annotations

import base64
from typing import Annotated, Any, cast

from fastapi import APIRouter, Form, Response

from backend.db.models import new_id
from backend.portal import sending_words
from backend.portal.visit import STAFF, Member, MemberForm, Visit
from backend.sending import mailroom
from backend.sending.outcome import WAITING, Channel, State, Template
from backend.sending.preview import letter_for
from backend.sending.worker import Sender
from backend.services import batches, deliveries, extension, listings, scope
from backend.services.deliveries import Notices, Order, Which
from contract.errors import ErrorCode, XudaError

router = APIRouter()
Texts = Annotated[list[str], Form(default_factory=list)]
_OFFERED = (Which.NEW, Which.TROUBLED, Which.EVERYONE, Which.CHOSEN)
_SHOWN = (Which.EVERYONE, Which.NEW, Which.TROUBLED)


@router.get("/batches/{batch_id}/sending")
def sending_page(
    visit: Member, batch_id: str, which: str = "everyone", page: int = 1, extended: int | None = None
) -> Response:
    """The whole page, or for a page that refreshes itself how far it is. ``extended``: how many windows are longer."""
    scope.require(visit.actor, *STAFF)
    if visit.request.headers.get("x-fragment"):
        listings.batch_line(visit.hr, visit.actor, batch_id)
        return visit.page("sending_states.html", **_states(visit, batch_id))
    n, done = visit.texts.ngettext, ""
    if extended is not None:
        done = n("The window of {n} candidate is longer.", "The window of {n} candidates is longer.", extended)
    return _page(visit, batch_id, which=which, page=page, done=done.format(n=extended))


@router.post("/batches/{batch_id}/sending")
def send(
    visit: MemberForm,
    batch_id: str,
    channel: Texts,
    chosen: Texts,
    do: Annotated[str, Form(max_length=10)] = "preview",
    which: Annotated[str, Form(max_length=10)] = "new",
    again: Annotated[str, Form(max_length=10)] = "",
    order: Annotated[str, Form(max_length=36)] = "",
) -> Response:
    """``do``: preview shows what would go, send orders it."""
    scope.require(visit.actor, *STAFF)
    wanted = Order(
        channels=tuple(_channel(text) for text in dict.fromkeys(channel)),
        which=_which(which, Which.NEW),
        chosen=frozenset(chosen),
        again=bool(again),
        order_id=order or new_id(),
    )
    try:
        if do == "send":
            deliveries.send(visit.hr, visit.actor, batch_id, wanted)
            wake(visit)
            return visit.redirect(f"/batches/{batch_id}/sending")
        planned = deliveries.plan(visit.hr, visit.actor, batch_id, wanted)
    except XudaError as error:
        if error.code is not ErrorCode.SETTING_INVALID:
            raise
        return _page(visit, batch_id, problem=visit.texts.gettext("Please choose at least one channel."), status=422)
    if planned.first is None:
        words = visit.texts.gettext("Nobody is left to write to with this choice.")
        return _page(visit, batch_id, problem=words, status=422)
    letter = letter_for(visit.hr, visit.actor, planned.first, Template.INVITATION)
    return visit.page(
        "sending_preview.html",
        line=listings.batch_line(visit.hr, visit.actor, batch_id),
        order=wanted,
        planned=planned,
        letter=letter,
        picture="data:image/png;base64," + base64.b64encode(letter.picture).decode(),
        channel_words=lambda found: sending_words.channel_words(visit, found),
    )


@router.post("/batches/{batch_id}/notices")
def set_notices(
    visit: MemberForm,
    batch_id: str,
    language: Annotated[str, Form(max_length=10)] = "",
    remind_days: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """In which language, and how many days before the end who has not begun is reminded; 0: never."""
    days = int(remind_days) if remind_days.isascii() and remind_days.isdigit() else -1
    try:
        deliveries.set_notices(visit.hr, visit.actor, batch_id, Notices(language, days))
    except XudaError as error:
        if error.code is not ErrorCode.SETTING_INVALID:
            raise
        words = visit.texts.gettext("Days are a whole number from 0 to {most}.")
        return _page(visit, batch_id, problem=words.format(most=deliveries.MOST_REMIND_DAYS), status=422)
    return visit.redirect(f"/batches/{batch_id}/sending")


@router.post("/batches/{batch_id}/extension")
def extend(
    visit: MemberForm,
    batch_id: str,
    channel: Texts,
    chosen: Texts,
    until: Annotated[str, Form(max_length=40)] = "",
    whom: Annotated[str, Form(max_length=10)] = "batch",
    order: Annotated[str, Form(max_length=36)] = "",
) -> Response:
    """A longer window for the batch, or (``whom`` chosen) for those ticked; they are told over the channels."""
    scope.require(visit.actor, *STAFF)
    some = frozenset(chosen) if whom == "chosen" else None
    if some is not None and not some:
        return _page(
            visit, batch_id, problem=visit.texts.gettext("Please tick the candidates below first."), status=422
        )
    try:
        end = batches.moment(until, end=True)
        channels = [_channel(text) for text in dict.fromkeys(channel)]
        found = extension.extend(
            visit.hr, visit.actor, batch_id, end, chosen=some, channels=channels, order_id=order or new_id()
        )
    except XudaError as error:
        if error.code is not ErrorCode.SETTING_INVALID:
            raise
        words = visit.texts.gettext(
            "The new last day has to be later than today and than the window ends now; for single candidates at most "
            "{days} days after the batch."
        )
        return _page(visit, batch_id, problem=words.format(days=extension.LONGEST_ALONE.days), status=422)
    wake(visit)
    return visit.redirect(f"/batches/{batch_id}/sending?extended={found.people}")


def _page(
    visit: Visit,
    batch_id: str,
    *,
    which: str = "everyone",
    page: int = 1,
    problem: str = "",
    done: str = "",
    status: int = 200,
) -> Response:
    line = listings.batch_line(visit.hr, visit.actor, batch_id)
    shown = _which(which, Which.EVERYONE)
    people, total = deliveries.people(visit.hr, visit.actor, batch_id, which=shown, page=max(page, 1))
    return visit.page(
        "sending.html",
        status=status,
        line=line,
        channels=visit.hr.settings.sending.channels,
        offered=_OFFERED,
        filters=_SHOWN,
        shown=shown,
        people=people,
        total=total,
        page=max(page, 1),
        pages=max(1, -(-total // deliveries.PAGE)),
        notices=deliveries.notices_of(visit.hr, visit.actor, batch_id),
        most_days=deliveries.MOST_REMIND_DAYS,
        order=new_id(),
        problem=problem,
        done=done,
        mailbox=sending_words.mailroom(visit, *mailroom.state(visit.hr)) if visit.hr.settings.sending.imap_host else "",
        which_words=lambda found: sending_words.which_words(visit, found),
        **_states(visit, batch_id),
    )


def _states(visit: Visit, batch_id: str) -> dict[str, Any]:
    counted = deliveries.counts(visit.hr, visit.actor, batch_id)
    return {
        "counts": {
            channel: [(state, counted[channel, state]) for state in State if (channel, state) in counted]
            for channel in Channel
            if any(found is channel for found, _ in counted)
        },
        "busy": any(state in WAITING for _, state in counted),
        "tones": sending_words.TONES,
        "channel_words": lambda found: sending_words.channel_words(visit, found),
        "delivery_words": lambda found: sending_words.state_words(visit, found),
        "template_words": lambda found: sending_words.template_words(visit, found),
        "why": lambda view: sending_words.reason(visit, view),
    }


def _which(text: str, otherwise: Which) -> Which:
    return next((found for found in Which if found.value == text), otherwise)


def _channel(text: str) -> Channel:
    """Raises XudaError(SETTING_INVALID)."""
    try:
        return Channel(text)
    except ValueError:
        raise XudaError(ErrorCode.SETTING_INVALID, field="channel") from None


def wake(visit: Visit) -> None:
    cast(Sender, visit.request.app.state.sender).wake()
