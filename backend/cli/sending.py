"""Settings of ``serve`` for the channels over which candidates are written to."""

from __future__ import annotations

import argparse
import os
import tomllib
from pathlib import Path
from typing import Any

from backend.sending.egress import trusted
from backend.sending.settings import IMAP_SECURITIES, ROBOT_PER_MINUTE, SECURITIES, SMS_AUTHS, SMS_BODY, Sending
from contract.errors import ErrorCode, XudaError

_SECRETS = ("smtp_password", "imap_password", "sms_url", "sms_secret", "dingtalk_url", "dingtalk_secret", "wecom_url")
_SMTP = ("smtp_host", "smtp_port", "smtp_security", "smtp_user", "smtp_from")
_IMAP = ("imap_host", "imap_port", "imap_security", "imap_user", "imap_folder")
_GIVEN = (*_SMTP, *_IMAP, "sms_body", "sms_auth", "robot_per_minute", "public_url")
_PREFIX = "XUDA_HR_"
_ONLY = ("serve",)


def N_(text: str) -> str:
    """Mark a text for the catalog; it is translated where it is shown."""
    return text


OPTIONS: tuple[tuple[str, tuple[str, ...], dict[str, Any]], ...] = (
    ("--smtp-host", _ONLY, {"metavar": "NAME", "default": "", "help": N_("mail server that takes invitations")}),
    (
        "--smtp-port",
        _ONLY,
        {"type": int, "metavar": "PORT", "default": 0, "help": N_("its port, 0: the usual one")},
    ),
    (
        "--smtp-security",
        _ONLY,
        {"choices": list(SECURITIES), "default": "tls", "help": N_("encryption to the mail server")},
    ),
    ("--smtp-user", _ONLY, {"metavar": "NAME", "default": "", "help": N_("login name at the mail server")}),
    ("--smtp-from", _ONLY, {"metavar": "ADDRESS", "default": "", "help": N_("address that mails come from")}),
    (
        "--imap-host",
        _ONLY,
        {"metavar": "NAME", "default": "", "help": N_("server of the mailbox for reports of failures")},
    ),
    ("--imap-port", _ONLY, {"type": int, "metavar": "PORT", "default": 0, "help": N_("its port, 0: the usual one")}),
    (
        "--imap-security",
        _ONLY,
        {"choices": list(IMAP_SECURITIES), "default": "tls", "help": N_("encryption to the mailbox")},
    ),
    ("--imap-user", _ONLY, {"metavar": "NAME", "default": "", "help": N_("login name at the mailbox")}),
    ("--imap-folder", _ONLY, {"metavar": "NAME", "default": "INBOX", "help": N_("its folder")}),
    (
        "--sms-body",
        _ONLY,
        {"metavar": "JSON", "default": SMS_BODY, "help": N_("what the SMS gateway takes, as a JSON template")},
    ),
    (
        "--sms-auth",
        _ONLY,
        {"choices": list(SMS_AUTHS), "default": "bearer", "help": N_("how the SMS gateway is shown the secret")},
    ),
    (
        "--robot-per-minute",
        _ONLY,
        {
            "type": int,
            "metavar": "NUMBER",
            "default": ROBOT_PER_MINUTE,
            "help": N_("messages to a DingTalk or WeCom robot within a minute"),
        },
    ),
    (
        "--public-url",
        _ONLY,
        {"metavar": "URL", "default": "", "help": N_("where candidates reach this server, for links in messages")},
    ),
    (
        "--send-private",
        _ONLY,
        {"action": "store_true", "help": N_("gateways and robots may lie inside the own network")},
    ),
    ("--send-ca", _ONLY, {"metavar": "FILE", "type": Path, "help": N_("certificates to trust besides the system's")}),
    (
        "--send-secrets",
        _ONLY,
        {"metavar": "FILE", "type": Path, "help": N_("TOML file with passwords and addresses of gateways and robots")},
    ),
)


def sending_of(found: argparse.Namespace) -> Sending:
    """From the settings of ``serve``; other commands send nothing.

    Secrets are never flags: everybody on the machine can read a command line. A variable counts before the file.

    Raises XudaError(FILE_MISSING | FORMAT_INVALID | SETTING_INVALID) without any secret in it.
    """
    if not hasattr(found, "smtp_host"):
        return Sending()
    kept = _secrets(found.send_secrets)
    secrets: dict[str, Any] = {name: os.environ.get(_PREFIX + name.upper()) or kept.get(name, "") for name in _SECRETS}
    given = {name: getattr(found, name) for name in _GIVEN}
    sending = Sending(**given, **secrets, private=found.send_private, ca=found.send_ca)
    sending.check()
    try:
        trusted(sending.ca)
    except FileNotFoundError as error:
        raise XudaError(ErrorCode.FILE_MISSING, file=str(sending.ca)) from error
    except OSError as error:
        raise XudaError(ErrorCode.SETTING_INVALID, field="send_ca", value=str(sending.ca)) from error
    return sending


def _secrets(file: Path | None) -> dict[str, str]:
    if file is None:
        return {}
    try:
        found = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise XudaError(ErrorCode.FILE_MISSING, file=str(file)) from error
    except ValueError:
        # the reason would quote the line
        raise XudaError(ErrorCode.FORMAT_INVALID, field=str(file)) from None
    if not set(found) <= set(_SECRETS) or not all(isinstance(value, str) for value in found.values()):
        raise XudaError(ErrorCode.FORMAT_INVALID, field=str(file))
    return found
