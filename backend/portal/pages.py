"""Renders templates with what all of them need: texts, navigation, who is logged in, words for codes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from backend.db.models import Role
from backend.portal import figures
from backend.services import notes
from contract.catalog import STAFF_LANGUAGES, Catalog
from contract.events import HrState
from contract.text import pick
from report import words
from report.text import printable

if TYPE_CHECKING:
    from backend.portal.visit import Visit

_STAFF = frozenset({Role.ADMINISTRATOR, Role.HR})
_READERS = _STAFF | {Role.DEPARTMENT_HEAD}
_WATCHERS = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
_TONES = {
    HrState.INVITED: "plain",
    HrState.IN_PROGRESS: "live",
    HrState.PAUSED: "warn",
    HrState.PENDING_REVIEW: "good",
    HrState.INCOMPLETE: "bad",
    HrState.DECLINED: "plain",
    HrState.SECOND_ROUND: "good",
    HrState.REJECTED: "plain",
    HrState.PENDING_ONBOARDING: "good",
}


@dataclass(frozen=True, slots=True)
class NavItem:
    path: str
    icon: str
    label: str
    count: int = 0


def navigation(role: Role, texts: Catalog, unread: int = 0) -> list[NavItem]:
    """The pages this role may open; nothing that leads to a refusal. ``unread``: update notes not read yet."""
    t = texts.gettext
    items: list[tuple[Iterable[Role], NavItem]] = [
        (_READERS, NavItem("/monitor", "eye", t("Live monitor"))),
        (_READERS, NavItem("/interviews", "list", t("Interviews"))),
        (_READERS, NavItem("/requisitions", "edit", t("Requisitions"))),
        (_STAFF, NavItem("/batches", "calendar", t("Batches"))),
        (_READERS, NavItem("/candidates", "user", t("Candidates"))),
        (_STAFF, NavItem("/kits", "chat", t("Question kits"))),
        (_READERS, NavItem("/positions", "building", t("Organisation"))),
        (_STAFF, NavItem("/employees", "user", t("Employees"))),
        (_READERS, NavItem("/analytics", "model", t("Analytics"))),
        (_STAFF, NavItem("/models", "model", t("Scoring models"))),
        (_READERS, NavItem("/exports", "printer", t("Reports"))),
        (_STAFF, NavItem("/messages", "mail", t("Messages"))),
        (_STAFF, NavItem("/imports", "save", t("Import"))),
        (_STAFF, NavItem("/devices", "scan", t("Devices"))),
        (_STAFF, NavItem("/retention", "trash", t("Retention"))),
        ((Role.ADMINISTRATOR,), NavItem("/integration", "link", t("Integration"))),
        (_WATCHERS, NavItem("/audit", "shield", t("Audit log"))),
        (Role, NavItem("/training", "help", t("Training"))),
        (Role, NavItem("/news", "info", t("What is new"), unread)),
        (Role, NavItem("/account", "lock", t("Account"))),
    ]
    return [item for roles, item in items if role in roles]


def role_words(role: Role, texts: Catalog) -> str:
    t = texts.gettext
    return {
        Role.ADMINISTRATOR: t("Administrator"),
        Role.HR: t("HR"),
        Role.DEPARTMENT_HEAD: t("Department head"),
        Role.AUDITOR: t("Auditor"),
    }[role]


def onboarding_words(department: dict[str, str], texts: Catalog, language: str) -> str:
    """The state of somebody who is hired: ``<department>-待入职``."""
    t = texts.gettext
    return t("{department}: pending onboarding").format(department=pick(department, language))


def _shown(value: Any) -> Any:
    """What people and devices wrote, without characters that are invisible or turn the line round."""
    return printable(value) if type(value) is str else value


def _clock(seconds: float) -> str:
    """A length of time, m:ss."""
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


class Pages:
    """The templates, compiled once."""

    def __init__(self) -> None:
        self._env = Environment(
            loader=PackageLoader("backend.portal", "templates"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            finalize=_shown,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, template: str, visit: Visit, *, csrf: str, **context: Any) -> str:
        texts, language, login = visit.texts, visit.language, visit.login
        return self._env.get_template(template).render(
            _=texts.gettext,
            ngettext=texts.ngettext,
            visit=visit,
            login=login,
            csrf=csrf,
            language=language,
            html_lang=language.replace("_", "-"),
            languages=STAFF_LANGUAGES,
            nav=navigation(login.actor.role, texts, notes.unread(login.notes_seen)) if login else [],
            role=role_words(login.actor.role, texts) if login else "",
            tone=lambda state: _TONES[state],
            state_words=lambda state: words.state_words(state, language),
            onboarding_words=lambda department: onboarding_words(department, texts, language),
            reason_words=lambda reason: words.reason_words(reason, language),
            interview_kind_words=lambda kind: words.interview_kind_words(kind, language),
            kind_words=lambda kind: words.kind_words(kind, language),
            pick=lambda text: pick(text, language),
            time=visit.local,
            clock=_clock,
            ai_words=figures.ai,
            total_words=figures.total,
            fixed=figures.fixed,
            signed=figures.signed,
            **context,
        )
