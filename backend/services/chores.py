"""What the server does by itself while it runs. A chore that fails is logged and does not stop the others."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from backend.backup import making
from backend.runtime import Runtime
from backend.services import (
    checkpoints,
    deletion,
    facts,
    hooks,
    interview_facts,
    kit_files,
    leavers,
    reminders,
    report_jobs,
    retention,
    sandbox,
    uploads,
)
from contract.errors import ErrorCode, XudaError

# a little less than a day, so that hourly chores do not slip to the next hour each time
_DAY = timedelta(hours=23, minutes=30)
_log = logging.getLogger(__name__)


def hourly(hr: Runtime) -> None:
    """Also run at the start of the server, so that what a crash has interrupted is finished."""
    for chore in (
        _facts,
        _uploads,
        _deletions,
        _retention,
        _leavers,
        _kit_files,
        _reminders,
        _reports,
        _webhooks,
        _practice,
        _checkpoint,
        _backup,
    ):
        _do(chore, hr)


def _do(chore: Callable[[Runtime], None], hr: Runtime) -> None:
    try:
        chore(hr)
    except Exception:
        _log.exception("%s failed and will be tried again in an hour", chore.__name__.strip("_"))


def _facts(hr: Runtime) -> None:
    made = interview_facts.catch_up(hr)
    if made:
        _log.info("%d older interviews are counted from now on", made)


def _uploads(hr: Runtime) -> None:
    dropped = uploads.expire(hr)
    if dropped:
        _log.info("%d unfinished uploads have expired", dropped)


def _deletions(hr: Runtime) -> None:
    done = deletion.carry_out_pending(hr)
    if done:
        _log.info("%d interviews were deleted on request", done)


def _retention(hr: Runtime) -> None:
    try:
        gone = retention.purge_due(hr)
    except XudaError as error:
        if error.code is not ErrorCode.CLOCK_JUMPED:
            raise
        _log.warning("the clock may have jumped: nothing is deleted by retention until somebody confirms the time")
        return
    if gone.interviews or gone.candidates or gone.employees:
        numbers = len(gone.interviews), gone.candidates, gone.employees
        _log.info("retention: %d interviews, %d candidates and %d employees who left", *numbers)


def _leavers(hr: Runtime) -> None:
    leavers.settle(hr)


def _kit_files(hr: Runtime) -> None:
    gone = kit_files.prune(hr)
    if gone:
        _log.info("%d files that no kit in use names were removed", gone)


def _reminders(hr: Runtime) -> None:
    count = reminders.queue_due(hr)
    if count:
        _log.info("%d reminders were ordered", count)


def _practice(hr: Runtime) -> None:
    sandbox.expire(hr)


def _webhooks(hr: Runtime) -> None:
    hooks.forget_old(hr)


def _reports(hr: Runtime) -> None:
    gone = report_jobs.expire(hr)
    if gone:
        _log.info("%d archives of reports were kept long enough and are removed", gone)


def stopping(hr: Runtime) -> None:
    """At the end of the server, in good order."""
    _do(_last_checkpoint, hr)


def _checkpoint(hr: Runtime) -> None:
    checkpoints.make_due(hr)


def _last_checkpoint(hr: Runtime) -> None:
    checkpoints.make(hr)


def _backup(hr: Runtime) -> None:
    """Once a day; a failure is remembered for the page that HR's administrator looks at."""
    target = hr.settings.backup
    if target is None:
        return
    with hr.db.read() as session:
        last = facts.get(session, making.LAST_FACT)
    if last is not None and hr.now() - datetime.fromisoformat(last["at"]) < _DAY:
        making.prune_at(hr, target)
        return
    made = making.make(hr, target)
    if made.missing:
        _log.error("%d recordings are missing in the store and in the backup", len(made.missing))
