"""What ``xuda-hr`` can be told: its commands, what they take, and every flag with the commands it belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from contract.catalog import STAFF_LANGUAGES


def N_(text: str) -> str:
    """Mark a text for the catalog; it is translated where it is shown."""
    return text


COMMANDS: dict[str, str] = {
    "init": N_("Set up an empty data folder for an organisation."),
    "serve": N_("Serve devices and the portal."),
    "list": N_("List the interviews."),
    "report": N_("Write the report of an interview."),
    "purge": N_("Delete all of an interview for good, or everything whose time is over."),
    "backup": N_("Back up everything to a second place, also while it is served."),
    "restore": N_("Make a data folder from a backup, or try it (--drill)."),
    "hold set": N_("Set a legal hold: nothing of the interview is deleted."),
    "hold lift": N_("Lift the legal hold of an interview."),
    "hold list": N_("List the legal holds."),
    "certificate list": N_("List deletions and their certificates."),
    "certificate write": N_("Write the deletion certificate of an interview."),
    "certificate verify": N_("Check a deletion certificate."),
    "import": N_("Take in bundles that came from devices on a stick."),
    "kit add": N_("Publish a kit from a YAML file."),
    "kit list": N_("List the kits."),
    "kit export": N_("Write a kit with its rubric as YAML."),
    "batch add": N_("Make a batch: a kit and a time window."),
    "batch list": N_("List the batches."),
    "batch walk-ins": N_("Let people who are not invited register for a batch on the devices, or stop it."),
    "candidates import": N_("Invite the people of a CSV file to a batch."),
    "invitations list": N_("List the invitations with code and link."),
    "invitations qr": N_("Write the QR code of an invitation as SVG."),
    "device code": N_("Make a one-time enrolment code for a device."),
    "device list": N_("List the devices."),
    "device revoke": N_("Accept nothing more from a device."),
    "device lost": N_("Revoke a lost device and list what it may still hold."),
    "key list": N_("List the organisation's keys."),
    "key rotate": N_("Make new keys; devices learn of them by themselves."),
    "key retire": N_("End an old key that nothing needs any more."),
    "key revoke": N_("Say that a key is in wrong hands."),
    "user add": N_("Add a user of the portal."),
    "staff add": N_("Let a member of staff adjust interviews on the spot, with a key of their own."),
    "staff panel": N_("Let the staff panel of a device adjust interviews on it."),
    "staff list": N_("List who may adjust interviews on the spot."),
    "staff revoke": N_("End somebody's right to adjust interviews."),
    "adjust": N_("Make a code that gives one candidate more time, takes or another way to answer."),
    "score": N_("Score the answers of a table."),
    "rescore": N_("Score interviews that have ended now: one, or all that wait."),
    "train": N_("Make a model for scoring from a table of answers that people have rated."),
    "model list": N_("List the models for scoring that were learned from ratings."),
    "model train": N_("Make a model from the scorecards in the database, compared with what scores now."),
    "model show": N_("Say what a model was made of, and how it compares."),
    "model import": N_("Take in a model made by train; it does not count before it is published."),
    "model publish": N_("Score with a model from now on."),
    "model rollback": N_("Score with an earlier model again, or with the rubric alone."),
    "audit verify": N_("Check that the audit log is whole."),
    "audit checkpoint": N_("Sign the audit log as it is, and print the checkpoint."),
    "audit export": N_("Write the audit log as JSON lines or CSV."),
}

# command -> positional arguments
POSITIONALS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "report": (("interview", "INTERVIEW", N_("id of the interview")),),
    "rescore": (("interview", "[INTERVIEW]", N_("id of the interview")),),
    "purge": (("interview", "[INTERVIEW]", N_("id of the interview")),),
    "hold set": (("interview", "INTERVIEW", N_("id of the interview")),),
    "hold lift": (("interview", "INTERVIEW", N_("id of the interview")),),
    "certificate write": (("interview", "INTERVIEW", N_("id of the interview")),),
    "certificate verify": (("file", "FILE", N_("the certificate, as JSON")),),
    "import": (("files", "FILE…", N_("a bundle; several may be given")),),
    "kit add": (("file", "FILE.yaml", N_("the kit")),),
    "kit export": (("kit", "ID", N_("id of the kit")),),
    "candidates import": (("file", "FILE.csv", N_("the table; UTF-8 or GB18030")),),
    "invitations qr": (("invitation", "CODE", N_("invitation code")),),
    "device revoke": (("device", "ID", N_("id of the device")),),
    "device lost": (("device", "ID", N_("id of the device")),),
    "key retire": (("epoch", "N", N_("epoch of the key")),),
    "key revoke": (("epoch", "N", N_("epoch of the key")),),
    "staff add": (("name", "NAME", N_("name of the member of staff")),),
    "staff panel": (("device", "ID", N_("id of the device")),),
    "staff revoke": (("delegation", "ID", N_("id, as in staff list")),),
    "model show": (("model", "ID", N_("id of the model")),),
    "model import": (("file", "FILE", N_("model made by train")),),
    "model publish": (("model", "ID", N_("id of the model")),),
    "model rollback": (("language", "LANGUAGE", N_("language of the answers: zh or en")),),
    "user add": (("username", "NAME", N_("login name")),),
}

_BOUNDS = ("staff add", "staff panel")
_TABLES = ("score", "train")
_MODELS = ("model publish", "model rollback")
_KEYS = ("key rotate", "key retire", "key revoke")
# flag, the commands that have it (empty: all), options
OPTIONS: tuple[tuple[str, tuple[str, ...], dict[str, Any]], ...] = (
    ("--data", (), {"metavar": "DIR", "type": Path, "help": N_("data folder")}),
    ("--database", (), {"metavar": "URL", "help": N_("address of a PostgreSQL database, instead of SQLite")}),
    (
        "--objects",
        (),
        {"metavar": "URL", "help": N_("s3://BUCKET/PREFIX: recordings lie there, instead of in a folder")},
    ),
    ("--s3-endpoint", (), {"metavar": "URL", "help": N_("address of S3-compatible storage of another maker")}),
    ("--s3-region", (), {"metavar": "NAME", "help": N_("its region")}),
    ("--key-database", (), {"metavar": "URL", "help": N_("that of another one for the storage keys")}),
    (
        "--passphrase-file",
        (),
        {"metavar": "FILE", "type": Path, "help": N_("file with the passphrase of the key file")},
    ),
    ("--lang", (), {"choices": sorted(STAFF_LANGUAGES), "help": N_("language of texts and reports")}),
    ("--json", (), {"action": "store_true", "help": N_("print JSON")}),
    ("--verbose", (), {"action": "store_true", "help": N_("log more")}),
    ("--demo", ("init",), {"action": "store_true", "help": N_("fill it with a made-up organisation")}),
    ("--organisation", ("init",), {"metavar": "NAME", "help": N_("name of the organisation")}),
    ("--host", ("serve",), {"default": "127.0.0.1", "help": N_("address to listen on")}),
    ("--port", ("serve",), {"type": int, "default": 8470, "help": N_("port to listen on; 0: any free one")}),
    (
        "--ai-before-rating",
        ("serve",),
        {"action": "store_true", "help": N_("people see what the scoring made before they have rated themselves")},
    ),
    (
        "--secure-cookie",
        ("serve",),
        {"action": "store_true", "help": N_("the portal is reached through HTTPS only")},
    ),
    ("--max-object", ("serve",), {"type": int, "metavar": "BYTES", "help": N_("largest recording accepted")}),
    ("--max-body", ("serve",), {"type": int, "metavar": "BYTES", "help": N_("largest message accepted")}),
    (
        "--device-interviews",
        ("serve",),
        {"type": int, "metavar": "NUMBER", "help": N_("new interviews taken from one device within a day")},
    ),
    (
        "--device-bytes",
        ("serve",),
        {"type": int, "metavar": "BYTES", "help": N_("recordings taken from one device within a day")},
    ),
    (
        "--device-unfinished",
        ("serve",),
        {"type": int, "metavar": "NUMBER", "help": N_("unfinished uploads of one device at a time")},
    ),
    (
        "--interview-documents",
        ("serve",),
        {"type": int, "metavar": "BYTES", "help": N_("all events of one interview")},
    ),
    (
        "--upload-expiry",
        ("serve",),
        {"type": int, "metavar": "SECONDS", "help": N_("unfinished uploads are kept so long")},
    ),
    (
        "--silent-after",
        ("serve", "list", "report"),
        {
            "type": int,
            "metavar": "SECONDS",
            "help": N_("an interview whose device is silent so long is shown as paused"),
        },
    ),
    ("--warn-silent", ("serve",), {"type": int, "metavar": "SECONDS", "help": N_("warn of a device silent so long")}),
    ("--warn-clock", ("serve",), {"type": int, "metavar": "SECONDS", "help": N_("warn of a clock so far off")}),
    ("--warn-interruptions", ("serve",), {"type": int, "metavar": "N", "help": N_("warn when interrupted so often")}),
    ("--session-idle", ("serve",), {"type": int, "metavar": "SECONDS", "help": N_("a login unused so long ends")}),
    ("--session-length", ("serve",), {"type": int, "metavar": "SECONDS", "help": N_("a login ends after so long")}),
    (
        "--fresh-totp",
        ("serve",),
        {"type": int, "metavar": "SECONDS", "help": N_("a one-time code opens recordings for so long")},
    ),
    (
        "--report-keep-hours",
        ("serve",),
        {"type": int, "metavar": "HOURS", "help": N_("reports of many interviews are kept so long (72)")},
    ),
    *(
        (f"--kit-minutes-{level}", ("serve", "kit add"), {"type": int, "metavar": "MINUTES", "help": text})
        for level, text in (
            ("junior", N_("a longer kit for junior positions needs a reason (20)")),
            ("management", N_("a longer kit for management positions needs a reason (30)")),
        )
    ),
    ("--longer-because", ("kit add",), {"metavar": "REASON", "default": "", "help": N_("why it is longer than that")}),
    ("--invited", ("list",), {"action": "store_true", "help": N_("also candidates who have not started")}),
    ("--format", ("report",), {"choices": ["pdf", "json", "zip"], "default": "pdf", "help": N_("form of the report")}),
    (
        "--out",
        ("report", "invitations qr", "certificate write", "audit export", "kit export"),
        {"metavar": "FILE", "type": Path, "required": True, "help": N_("file to write")},
    ),
    ("--version", ("kit export",), {"metavar": "N", "type": int, "help": N_("an earlier version than the newest")}),
    (
        "--format",
        ("certificate write",),
        {"choices": ["pdf", "json"], "default": "pdf", "help": N_("form of the certificate")},
    ),
    ("--to", ("backup",), {"metavar": "DIR", "type": Path, "help": N_("folder of backups, on another disk")}),
    ("--from", ("restore",), {"metavar": "DIR", "type": Path, "required": True, "help": N_("folder of backups")}),
    ("--at", ("restore",), {"metavar": "TIME", "help": N_("another backup than the newest, as 20261201T020000Z")}),
    ("--keys", ("restore",), {"metavar": "FILE", "type": Path, "help": N_("key file, where the backup has none")}),
    ("--drill", ("restore",), {"action": "store_true", "help": N_("only try it, in a folder that is removed again")}),
    (
        "--backup",
        ("serve", "backup", "purge", "audit verify", "audit checkpoint"),
        {"metavar": "DIR", "type": Path, "help": N_("folder of backups, on another disk")},
    ),
    (
        "--backup-keep-days",
        ("serve", "backup"),
        {"type": int, "metavar": "DAYS", "help": N_("backups are kept so long")},
    ),
    (
        "--format",
        ("audit export",),
        {"choices": ["jsonl", "csv"], "default": "jsonl", "help": N_("form of the export")},
    ),
    (
        "--checkpoints",
        ("audit verify",),
        {"metavar": "DIR", "type": Path, "help": N_("folder with copies of checkpoints that were kept elsewhere")},
    ),
    ("--reason", ("hold set", "hold lift"), {"required": True, "help": N_("why; kept with the hold")}),
    ("--reason", _MODELS, {"required": True, "help": N_("why; kept with the publication")}),
    (
        "--target",
        ("model train",),
        {"choices": ["ratings", "performance"], "default": "ratings", "help": N_("what it learns to foresee")},
    ),
    (
        "--anyway",
        ("model publish",),
        {"action": "store_true", "help": N_("also a model that is worse, or not compared")},
    ),
    ("--model", ("model rollback",), {"metavar": "ID", "help": N_("the earlier model; without: the rubric alone")}),
    ("--due", ("purge",), {"action": "store_true", "help": N_("everything whose retention time is over")}),
    ("--dry-run", ("purge",), {"action": "store_true", "help": N_("only say what would be deleted")}),
    (
        "--confirm-clock",
        ("purge",),
        {"action": "store_true", "help": N_("the server's date and time were checked and are right")},
    ),
    (
        "--key-retention-days",
        ("serve", "purge", "backup"),
        {"type": int, "metavar": "DAYS", "help": N_("backups of the storage keys are kept so long")},
    ),
    (
        "--receipts",
        ("import",),
        {"metavar": "DIR", "type": Path, "help": N_("where the receipts go (default: beside the bundle)")},
    ),
    (
        "--accept-revoked",
        ("import",),
        {"action": "store_true", "help": N_("also from a device whose access was withdrawn; they are marked")},
    ),
    (
        "--batch",
        ("candidates import",),
        {"metavar": "ID", "required": True, "help": N_("id of the batch")},
    ),
    ("--batch", ("invitations list",), {"metavar": "ID", "help": N_("id of the batch")}),
    ("--batch", ("batch walk-ins",), {"metavar": "ID", "required": True, "help": N_("id of the batch")}),
    (
        "--limit",
        ("batch walk-ins",),
        {"metavar": "N", "type": int, "required": True, "help": N_("how many each device may register; 0: none")},
    ),
    ("--kit", ("batch add",), {"metavar": "ID", "required": True, "help": N_("id of the kit")}),
    ("--title", ("batch add",), {"required": True, "help": N_("title of the batch")}),
    ("--from", ("batch add",), {"metavar": "TIME", "required": True, "help": N_("first day or time, as 2026-12-01")}),
    ("--to", ("batch add",), {"metavar": "TIME", "required": True, "help": N_("last day or time, as 2026-12-31")}),
    ("--department", ("batch add", "user add"), {"metavar": "ID", "help": N_("id of the department")}),
    ("--days", ("device code",), {"type": int, "default": 7, "help": N_("days the code works")}),
    (
        "--replaces",
        ("device code",),
        {"metavar": "ID", "help": N_("the new device continues this one, whose key is lost")},
    ),
    ("--signing", _KEYS, {"action": "store_true", "help": N_("the signing key")}),
    ("--encryption", _KEYS, {"action": "store_true", "help": N_("the encryption key")}),
    (
        "--overlap",
        ("key rotate",),
        {"type": int, "metavar": "DAYS", "default": 400, "help": N_("what the old key signed is taken for so long")},
    ),
    (
        "--role",
        ("user add",),
        {
            "choices": ["administrator", "hr", "department_head", "auditor"],
            "required": True,
            "help": N_("what the user may do"),
        },
    ),
    ("--most-time", _BOUNDS, {"metavar": "PERCENT", "default": "50", "help": N_("most extra time that may be given")}),
    ("--most-takes", _BOUNDS, {"metavar": "NUMBER", "default": "2", "help": N_("most extra takes that may be given")}),
    (
        "--modes",
        _BOUNDS,
        {"metavar": "LIST", "default": "audio,text", "help": N_("other ways to answer that may be allowed")},
    ),
    ("--batch", _BOUNDS, {"metavar": "ID", "help": N_("only candidates of this batch")}),
    ("--days", _BOUNDS, {"type": int, "default": 30, "help": N_("days until it ends")}),
    ("--out", ("staff add",), {"metavar": "FILE", "type": Path, "required": True, "help": N_("key file to write")}),
    (
        "--interview",
        ("adjust",),
        {"metavar": "CODE", "required": True, "help": N_("invitation code; here also the id of an interview")},
    ),
    ("--key", ("adjust",), {"metavar": "FILE", "type": Path, "help": N_("key file of a member of staff")}),
    ("--extra-time", ("adjust",), {"metavar": "PERCENT", "default": "0", "help": N_("more time, in steps of 5 %%")}),
    ("--takes", ("adjust",), {"metavar": "NUMBER", "default": "0", "help": N_("more takes of each question")}),
    ("--mode", ("adjust",), {"choices": ["audio", "text"], "help": N_("another way to answer spoken questions")}),
    (
        "--reason",
        ("adjust",),
        {
            "choices": ["accessibility", "technical", "interruption", "language", "other"],
            "required": True,
            "help": N_("why; HR sees it"),
        },
    ),
    ("--hours", ("adjust",), {"type": int, "default": 12, "help": N_("hours the code can be used")}),
    ("--out", ("adjust",), {"metavar": "FILE", "type": Path, "help": N_("QR code to write, as SVG")}),
    ("--display-name", ("user add",), {"metavar": "NAME", "default": "", "help": N_("name shown in the portal")}),
    ("--in", _TABLES, {"metavar": "FILE", "type": Path, "required": True, "help": N_("the table: CSV or .xlsx")}),
    ("--out", ("score",), {"metavar": "FILE", "type": Path, "required": True, "help": N_("table of scores to write")}),
    ("--out", ("train",), {"metavar": "FILE", "type": Path, "required": True, "help": N_("model to write")}),
    ("--model", ("score",), {"metavar": "FILE", "type": Path, "help": N_("model made by train")}),
    (
        "--embeddings",
        (*_TABLES, *_MODELS, "model train", "serve", "rescore"),
        {"metavar": "DIR", "type": Path, "help": N_("folder with a model of meaning for each language (en, zh, …)")},
    ),
    ("--lowest", ("train",), {"metavar": "N", "type": float, "help": N_("lowest rating of the scale")}),
    ("--highest", ("train",), {"metavar": "N", "type": float, "help": N_("highest rating of the scale")}),
)
