"""``backup`` and ``restore``."""

from __future__ import annotations

import argparse

from backend.backup import making, restoring
from backend.backup.making import Made
from backend.backup.restoring import Restored
from backend.cli.arguments import settings_of
from backend.cli.output import print_json, texts
from backend.runtime import Runtime
from backend.services.actor import Actor
from contract.errors import ErrorCode, XudaError

NOT_WHOLE = 1
_ACTOR = Actor.command_line()


def backup(hr: Runtime, options: argparse.Namespace) -> int:
    """1 when recordings were missing or damaged in the store."""
    target = options.to or hr.settings.backup
    if target is None:
        raise XudaError(ErrorCode.SETTING_INVALID, field="to")
    try:
        made = making.make(hr, target.expanduser().absolute(), _ACTOR)
    except OSError as error:
        raise XudaError(ErrorCode.DISK_ERROR, folder=str(target), detail=error.strerror) from error
    if options.json:
        print_json(made)
    else:
        _say_made(options, made)
    return NOT_WHOLE if made.missing else 0


def restore(options: argparse.Namespace) -> int:
    """1 when the backup lacked something that devices or the database count on; each is named."""
    settings = settings_of(options)
    work = restoring.drill if options.drill else restoring.restore
    try:
        found = work(getattr(options, "from"), settings, at=options.at, keys=options.keys)
    except OSError as error:
        raise XudaError(ErrorCode.DISK_ERROR, folder=str(getattr(options, "from")), detail=error.strerror) from error
    if options.json:
        print_json(found)
    else:
        _say_restored(options, found)
    return 0 if found.whole else NOT_WHOLE


def _say_made(options: argparse.Namespace, made: Made) -> None:
    _ = texts(options)
    line = _("Backup {stamp}: {objects} recordings, {copied} of them new")
    print(line.format(stamp=made.stamp, objects=made.objects, copied=made.copied))
    if not made.key_file:
        print(_("The key file is not in the backup because it has no passphrase: keep a copy of it at a third place."))
    for object_id in made.missing:
        print(_("Missing or damaged in the store: recording {object}").format(object=object_id))


def _say_restored(options: argparse.Namespace, found: Restored) -> None:
    _ = texts(options)
    line = (
        _("Drill with backup {stamp}: {opened} recordings opened")
        if options.drill
        else _("Restored backup {stamp}: {objects} recordings")
    )
    print(line.format(stamp=found.stamp, objects=found.objects, opened=found.opened))
    if found.deleted_again:
        print(_("Deleted since that backup, and deleted again: {n} interviews").format(n=found.deleted_again))
    for object_id in found.missing:
        print(_("Missing or damaged in the backup: recording {object}").format(object=object_id))
    for interview_id in found.gaps:
        print(
            _("A device was told that all is safe, but this is newer than the backup: interview {id}").format(
                id=interview_id
            )
        )
