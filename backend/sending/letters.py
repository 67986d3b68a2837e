"""What candidates read: the mail with its picture and guide, and the short form for telephones and robots."""

from __future__ import annotations

import functools
import io
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import segno
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from backend.sending.outcome import Template
from contract.catalog import load
from contract.events import HrState
from report.text import printable

_MOST_GUIDE = 20_000


@dataclass(frozen=True, slots=True)
class News:
    """What was decided and released, as 我的 says it. ``steps``: title and text of what comes next."""

    state: HrState
    steps: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What a message is made of. ``language``: zh_CN or en; times are UTC; ``link``: the ``xuda://`` invitation.

    ``slot``: begin, end and place (empty: at home) that the candidate has chosen; ``choose_at``: the page to choose on.
    ``one_time``: the code that opens the candidate portal, in the message that brings it.
    """

    template: Template
    language: str
    organisation: str
    name: str
    position: str
    code: str
    link: str
    not_before: datetime
    not_after: datetime
    guide: str = ""
    slot: tuple[datetime, datetime, str] | None = None
    choose_at: str = ""
    news: News | None = None
    one_time: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """``text`` and ``html`` say the same; ``short`` is for telephones, ``group`` for a robot's group."""

    language: str
    code: str
    subject: str
    text: str
    html: str
    short: str
    group: str
    picture: bytes


def compose(facts: Facts, *, picture: bool = True) -> Letter:
    """The message in the batch's language. Names and texts of others lose what is invisible or breaks a line.

    ``picture``: with the QR code, which takes most of the time; only mails show it.
    """
    t = load("portal", facts.language).gettext
    words = {
        "organisation": one_line(facts.organisation),
        "name": one_line(facts.name),
        "position": one_line(facts.position),
        "code": facts.code,
        "start": _time(facts.not_before),
        "end": _time(facts.not_after),
        "zone": _zone(facts.not_after),
    }
    subject, opening = (text.format(**words) for text in _opening(facts.template, t))
    greeting = t("Dear {name},").format(**words)
    window = t("Time window: {start} to {end} ({zone})").format(**words)
    slot = _slot(facts, t)
    code = t("Invitation code: {code}").format(**words)
    link = t("Invitation link (opens the interview client):")
    how = t("In the client or at a booth, hold the QR code to the camera, or type the invitation code.")
    keep = t("The code is for you alone: whoever has it can begin your interview.")
    guide = printable(facts.guide[:_MOST_GUIDE]).strip()
    head = t("Interview guide")
    closing = t("This message was sent automatically by {organisation}.").format(**words)
    parts = [greeting, opening, *([slot] if slot else []), window, code, f"{link}\n{facts.link}", how, keep]
    if guide:
        parts.append(f"{head}\n\n{guide}")
    html = (
        templates()
        .get_template("letter.html")
        .render(
            language=facts.language.replace("_", "-"),
            subject=subject,
            greeting=greeting,
            opening=opening,
            window=window,
            slot=slot,
            code_label=t("Invitation code"),
            code=facts.code,
            link_label=link,
            link=facts.link,
            how=how,
            keep=keep,
            guide_label=head,
            guide=guide,
            closing=closing,
            picture_label=t("QR code of the invitation"),
        )
    )
    short = t("[{organisation}] {name}: {opening} Code {code}, {start} to {end}.").format(opening=opening, **words)
    group = t("{name}: {opening} Code {code}, {start} to {end} ({zone}).\n{link}")
    group = group.format(opening=opening, link=facts.link, **words)
    return Letter(
        language=facts.language,
        code=facts.code,
        subject=subject,
        text="\n\n".join([*parts, closing]) + "\n",
        html=html,
        short=f"{short} {slot}".rstrip(),
        group=f"{group}\n{slot}".rstrip(),
        picture=_picture(facts.link) if picture else b"",
    )


def _opening(template: Template, t: Callable[[str], str]) -> tuple[str, str]:
    """Subject and first sentence."""
    return {
        Template.INVITATION: (
            t("{organisation}: invitation to an interview, {position}"),
            t("{organisation} invites you to an interview for {position}."),
        ),
        Template.REMINDER: (
            t("{organisation}: reminder of your interview, {position}"),
            t("your interview for {position} at {organisation} has not begun yet, and its time window ends soon."),
        ),
        Template.EXTENSION: (
            t("{organisation}: more time for your interview, {position}"),
            t("{organisation} has made the time window of your interview for {position} longer."),
        ),
    }[template]


def _slot(facts: Facts, t: Callable[[str], str]) -> str:
    """Which time was chosen, or where to choose one; empty where there is nothing to choose."""
    if facts.slot is not None:
        start, end, place = facts.slot
        text = t("Your time: {start} to {end} ({zone}), {place}.")
        where = one_line(place) or t("at home")
        return text.format(start=_time(start), end=_time(end), zone=_zone(start), place=where)
    if facts.choose_at:
        return t("Please choose your time here, with the invitation code: {address}").format(address=facts.choose_at)
    return ""


def one_line(text: str) -> str:
    """On one line, without characters that are invisible or steer a reader's program."""
    plain = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    return " ".join(printable(plain).split())


def _time(at: datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M")


def _zone(at: datetime) -> str:
    offset = at.astimezone().strftime("%z")
    return f"UTC{offset[:3]}:{offset[3:5]}"


def _picture(link: str) -> bytes:
    target = io.BytesIO()
    segno.make(link, error="m", micro=False).save(target, kind="png", scale=5, border=4)
    return target.getvalue()


@functools.cache
def templates() -> Environment:
    return Environment(
        loader=PackageLoader("backend.sending", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
