"""What HR tells candidates (contract.message): written, listed, withdrawn, and handed to the devices they may meet."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload

from backend.cabinet import candidate_subject
from backend.db.message_models import MessageRow
from backend.db.models import Batch, Decision, Interview, InvitationRow, Role, new_id, window_end
from backend.runtime import Runtime
from backend.services import audit, scope
from backend.services.actor import Actor
from backend.services.people import candidate_name
from contract.envelope import Envelope, sign
from contract.errors import ErrorCode, XudaError
from contract.message import MESSAGE_LANGUAGES, MOST_TEXT, MOST_TITLE, Message

EVERYONE = "all"
_BATCH, _INVITATION = "batch:", "invitation:"
_UNSEEN = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
Words = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody has written. ``to``: :data:`EVERYONE`, ``batch:ID`` or ``invitation:ID``; language -> text."""

    to: str
    title: Mapping[str, str]
    text: Mapping[str, str]
    not_before: datetime
    not_after: datetime
    next_steps: bool = False


@dataclass(frozen=True, slots=True)
class Receiver:
    """``to`` as in :class:`Draft`; ``name`` of the person or the batch, empty for everyone or for who was erased."""

    to: str
    name: str = ""
    batch: str = ""


@dataclass(frozen=True, slots=True)
class MessageLine:
    """``state``: now, later, over, withdrawn, or waiting (next steps without a released decision)."""

    message_id: str
    receiver: Receiver
    title: dict[str, str]
    text: dict[str, str]
    not_before: datetime
    not_after: datetime
    next_steps: bool
    author: str
    created_at: datetime
    state: str


def receiver(hr: Runtime, actor: Actor, to: str) -> Receiver:
    """Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        return _receiver(hr, session, to)


def check(hr: Runtime, actor: Actor, draft: Draft) -> Draft:
    """The draft with its texts tidied. Raises XudaError(FORBIDDEN | NOT_FOUND), SETTING_INVALID with the field."""
    receiver(hr, actor, draft.to)
    title, text = _tidied(draft.title, MOST_TITLE, "title"), _tidied(draft.text, MOST_TEXT, "text")
    if not title or set(title) != set(text):
        raise XudaError(ErrorCode.SETTING_INVALID, field="words")
    if draft.not_after < draft.not_before:
        raise XudaError(ErrorCode.SETTING_INVALID, field="until")
    if draft.next_steps and not draft.to.startswith(_INVITATION):
        raise XudaError(ErrorCode.SETTING_INVALID, field="next_steps")
    return Draft(draft.to, title, text, draft.not_before, draft.not_after, draft.next_steps)


def send(hr: Runtime, actor: Actor, draft: Draft) -> str:
    """Id of the message; devices get it with their next contact. Raises as :func:`check`."""
    draft = check(hr, actor, draft)
    with hr.db.write() as session, hr.cabinet.together():
        return put(hr, session, actor, draft)


def put(hr: Runtime, session: Session, actor: Actor, draft: Draft) -> str:
    """As :func:`send`, a checked draft in the caller's transaction."""
    kind, _, target = draft.to.partition(":")
    row = MessageRow(
        id=new_id(),
        batch_id=target if kind == "batch" else None,
        invitation_id=target if kind == "invitation" else None,
        next_steps=draft.next_steps,
        not_before=draft.not_before,
        not_after=draft.not_after,
        author=actor.username,
        created_at=hr.now(),
    )
    _receiver(hr, session, draft.to)
    words = json.dumps({"title": dict(draft.title), "text": dict(draft.text)}, ensure_ascii=False)
    subject = _subject(session, row)
    row.words_sealed = hr.cabinet.seal(subject, words, _place(row)) if subject else hr.vault.seal(words, _place(row))
    session.add(row)
    audit.record(session, hr.now(), actor, "message", f"message:{row.id}", to=draft.to, next_steps=row.next_steps)
    return row.id


def withdraw(hr: Runtime, actor: Actor, message_id: str) -> None:
    """Devices drop it with their next contact; once more changes nothing. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        row = session.get(MessageRow, message_id)
        if row is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="message")
        if row.withdrawn_at is None:
            row.withdrawn_at = hr.now()
            audit.record(session, hr.now(), actor, "message_withdrawn", f"message:{row.id}")


def lines(hr: Runtime, actor: Actor, *, page: int = 1, size: int = 50) -> tuple[list[MessageLine], int]:
    """Newest first, and how many there are; those to people who were erased are left out.

    The same number of queries whatever there is. Raises XudaError(FORBIDDEN).
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    query = select(MessageRow).where(MessageRow.words_sealed != "")
    part = query.order_by(MessageRow.created_at.desc(), MessageRow.id).limit(size).offset((page - 1) * size)
    with hr.db.read() as session:
        total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
        return _lines(hr, session, session.scalars(part).all()), total


def next_steps(hr: Runtime, session: Session, invitation_id: str | None) -> list[MessageLine]:
    """Those for one person that go with a released decision and are not over, oldest first."""
    mine = MessageRow.invitation_id == invitation_id, MessageRow.next_steps.is_(True)
    current = MessageRow.withdrawn_at.is_(None), MessageRow.not_after > hr.now()
    rows = session.scalars(select(MessageRow).where(*mine, *current).order_by(MessageRow.created_at))
    return _lines(hr, session, rows.all())


def for_device(hr: Runtime, session: Session, device_id: str) -> list[Envelope]:
    """What a device shows now or later, oldest first, signed now.

    One to a batch or a person goes where they may come (everywhere while their window is open) and where they were.
    """
    current = MessageRow.withdrawn_at.is_(None), MessageRow.not_after > hr.now()
    found = []
    for row in session.scalars(select(MessageRow).where(*current).order_by(MessageRow.created_at, MessageRow.id)):
        everyone = row.batch_id is None and row.invitation_id is None
        invitations = [] if everyone else _met(hr, session, row, device_id)
        words = _words(hr, session, row) if everyone or invitations else None
        if words is not None:
            found.append(sign(_document(hr, row, words, device_id, invitations), hr.vault.sign_key))
    return found


def readable(hr: Runtime, session: Session, row: MessageRow) -> Words | None:
    """Title and text for the person it is for; None for next steps that wait for a release, and once erased."""
    if row.next_steps and not _released(session, row.invitation_id):
        return None
    return _words(hr, session, row)


def _document(hr: Runtime, row: MessageRow, words: Words, device_id: str, invitations: list[str]) -> Message:
    return Message(
        message_id=row.id,
        organisation_id=hr.organisation_id,
        device_id=device_id,
        audience="invitations" if invitations else "everyone",
        invitations=invitations,
        next_steps=row.next_steps,
        title=words["title"],
        text=words["text"],
        not_before=row.not_before,
        not_after=row.not_after,
    )


def _met(hr: Runtime, session: Session, row: MessageRow, device_id: str) -> list[str]:
    """Whom of those it is for the device may meet."""
    if row.next_steps and not _released(session, row.invitation_id):
        return []
    here = select(Interview.id).where(Interview.invitation_id == InvitationRow.id, Interview.device_id == device_id)
    query = select(InvitationRow.id).join(InvitationRow.batch)
    query = query.where(_meant(row), InvitationRow.cancelled_at.is_(None))
    may_come = or_(window_end() > hr.now(), here.where(Interview.deleted_at.is_(None)).exists())
    return list(session.scalars(query.where(may_come).order_by(InvitationRow.id)))


def _meant(row: MessageRow) -> ColumnElement[bool]:
    if row.batch_id is not None:
        return InvitationRow.batch_id == row.batch_id
    return InvitationRow.id == row.invitation_id


def _released(session: Session, invitation_id: str | None) -> bool:
    return invitation_id in _told(session, [invitation_id] if invitation_id else [])


def _told(session: Session, invitations: Collection[str]) -> set[str]:
    """Those of them where the newest word on the person's interview is one that they may know."""
    query = select(Interview.invitation_id, Decision.released_at).join(Decision, Interview.id == Decision.interview_id)
    query = query.where(Interview.invitation_id.in_(invitations), Interview.deleted_at.is_(None))
    newest = {row[0]: row[1] for row in session.execute(query.order_by(Decision.decided_at))}
    return {name for name, released in newest.items() if name is not None and released is not None}


def _lines(hr: Runtime, session: Session, rows: Sequence[MessageRow]) -> list[MessageLine]:
    """Those whose words can be read. What they speak of is read together, and found again in the session."""
    people = {row.invitation_id for row in rows if row.invitation_id}
    about = select(InvitationRow).where(InvitationRow.id.in_(people))
    about = about.options(joinedload(InvitationRow.candidate), joinedload(InvitationRow.batch))
    batches = select(Batch).where(Batch.id.in_({row.batch_id for row in rows if row.batch_id}))
    # held until the lines are made: the session itself forgets what nobody holds
    invitations, held = session.scalars(about).all(), session.scalars(batches).all()
    told = _told(session, people)
    with hr.cabinet.ahead([candidate_subject(row.candidate_id) for row in invitations]):
        found = [_line(hr, session, row, words, told) for row in rows if (words := _words(hr, session, row))]
    del invitations, held
    return found


def _line(hr: Runtime, session: Session, row: MessageRow, words: Words, told: Collection[str]) -> MessageLine:
    to = EVERYONE
    if row.batch_id is not None:
        to = _BATCH + row.batch_id
    elif row.invitation_id is not None:
        to = _INVITATION + row.invitation_id
    return MessageLine(
        message_id=row.id,
        receiver=_receiver(hr, session, to, cancelled=True),
        title=words["title"],
        text=words["text"],
        not_before=row.not_before,
        not_after=row.not_after,
        next_steps=row.next_steps,
        author=row.author,
        created_at=row.created_at,
        state=_state(row, hr.now(), told),
    )


def _state(row: MessageRow, now: datetime, told: Collection[str]) -> str:
    """``told``: invitations with a decision that was released."""
    if row.withdrawn_at is not None:
        return "withdrawn"
    if row.not_after <= now:
        return "over"
    if row.next_steps and row.invitation_id not in told:
        return "waiting"
    return "later" if now < row.not_before else "now"


def _receiver(hr: Runtime, session: Session, to: str, *, cancelled: bool = False) -> Receiver:
    kind, _, target = to.partition(":")
    if to == EVERYONE:
        return Receiver(to)
    if kind == "batch":
        batch = session.get(Batch, target)
        if batch is not None:
            return Receiver(to, batch.title, batch.title)
    invitation = session.get(InvitationRow, target) if kind == "invitation" else None
    if invitation is None or (invitation.cancelled_at is not None and not cancelled):
        raise XudaError(ErrorCode.NOT_FOUND, field="to")
    return Receiver(to, candidate_name(hr, invitation.candidate), invitation.batch.title)


def _subject(session: Session, row: MessageRow) -> str | None:
    """Under whose storage key the words are; None: the server's data key."""
    if row.invitation_id is None:
        return None
    return candidate_subject(session.get_one(InvitationRow, row.invitation_id).candidate_id)


def _words(hr: Runtime, session: Session, row: MessageRow) -> Words | None:
    """Title and text; None when the person was erased."""
    subject, sealed, place = _subject(session, row), row.words_sealed, _place(row)
    if not sealed:
        return None
    try:
        text = hr.cabinet.open(subject, sealed, place) if subject else hr.vault.open(sealed, place)
    except XudaError as error:
        if error.code is ErrorCode.KEY_DESTROYED:
            return None
        raise
    found: Words = json.loads(text)
    return found


def _place(row: MessageRow) -> str:
    return f"message:{row.id}"


def _tidied(words: Mapping[str, str], most: int, field: str) -> dict[str, str]:
    """Without empty languages and characters that nobody sees; line breaks of a text stay."""
    tidy = {}
    for language in MESSAGE_LANGUAGES:
        given = words.get(language, "").replace("\r\n", "\n").replace("\r", "\n")
        kept = "".join(c for c in given if (c == "\n" and field == "text") or unicodedata.category(c) not in _UNSEEN)
        if kept.strip():
            tidy[language] = kept.strip()
        if len(kept.strip()) > most:
            raise XudaError(ErrorCode.SETTING_INVALID, field=field)
    return tidy
