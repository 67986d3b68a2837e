"""Deliberate defects, patched in while a campaign or a test runs: what looks for holes must be able to find one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest import mock

from sqlalchemy import true

from backend.db.models import Role
from backend.portal.visit import Visit
from backend.services import auth, scope
from report import table

Break = Callable[[ExitStack], None]


def _open_audit_log(stack: ExitStack) -> None:
    real, watchers = scope.require, frozenset({Role.ADMINISTRATOR, Role.AUDITOR})

    def lax(actor: Any, *roles: Role) -> None:
        if frozenset(roles) != watchers:
            real(actor, *roles)

    stack.enter_context(mock.patch.object(scope, "require", lax))


def _codes_work_twice(stack: ExitStack) -> None:
    real = auth._use_totp

    def forgetful(hr: Any, user: Any, code: str) -> bool:
        used, user.totp_step = user.totp_step, 0
        right = real(hr, user, code)
        user.totp_step = used
        return right

    stack.enter_context(mock.patch.object(auth, "_use_totp", forgetful))


def _forms_from_anywhere(stack: ExitStack) -> None:
    stack.enter_context(mock.patch.object(Visit, "check_form", return_value=None))


def _departments_see_all(stack: ExitStack) -> None:
    stack.enter_context(mock.patch.object(scope, "_in_scope", return_value=true()))


def _cells_as_typed(stack: ExitStack) -> None:
    stack.enter_context(mock.patch.object(table, "cell", str))


DEFECTS: dict[str, Break] = {
    "audit-log-open-to-all": _open_audit_log,
    "codes-work-twice": _codes_work_twice,
    "forms-from-anywhere": _forms_from_anywhere,
    "departments-see-all": _departments_see_all,
    "cells-as-typed": _cells_as_typed,
}
