"""A real IMAP server (Dovecot) of its own, with one mailbox, that needs no rights."""

from __future__ import annotations

import getpass
import imaplib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.waiting import wait_for

USER, PASSWORD = "hr@example.test", "imap secret"
PROGRAM = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")


@dataclass
class Post:
    port: int

    def put(self, mail: bytes, folder: str = "INBOX", *, days_ago: int = 0) -> None:
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=20) as server:
            server.login(USER, PASSWORD)
            status, _ = server.append(folder, "", imaplib.Time2Internaldate(time.time() - days_ago * 86400), mail)
            assert status == "OK"

    def flags(self) -> list[bytes]:
        """Of every mail, as somebody who looks into the mailbox sees them."""
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=20) as server:
            server.login(USER, PASSWORD)
            server.select("INBOX", readonly=True)
            _, told = server.fetch("1:*", "(FLAGS)")
            return [line for line in told if isinstance(line, bytes)]


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def imap(certificate: Path | None = None) -> Iterator[Post]:
    """``certificate``: key and certificate in one file; it speaks STARTTLS then, and takes no login without."""
    assert PROGRAM
    root = os.getuid() == 0
    # a sandboxed service of the system would not: its own folders, its own name, no other port
    folder = Path(tempfile.mkdtemp(prefix="xuda-imap-"))
    folder.chmod(0o755)
    mail = folder / "mail"
    mail.mkdir()
    owner = (65534, 65534) if root else (os.getuid(), os.getgid())
    os.chown(mail, *owner)
    port, me = _free_port(), "dovecot" if root else getpass.getuser()
    (folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}:{owner[0]}:{owner[1]}::{mail}\n")
    encryption = (
        f"ssl = required\nssl_cert = <{certificate}\nssl_key = <{certificate}\n" if certificate else "ssl = no\n"
    )
    config = folder / "dovecot.conf"
    config.write_text(
        f"base_dir = {folder}/run\nstate_dir = {folder}/state\nlog_path = {folder}/log\nprotocols = imap\n"
        f"listen = 127.0.0.1\nmail_location = maildir:{mail}/%u\nfirst_valid_uid = 1\n"
        f"disable_plaintext_auth = {'yes' if certificate else 'no'}\nauth_mechanisms = plain login\n"
        f"default_internal_user = {me}\ndefault_internal_group = {'dovecot' if root else os.getgid()}\n"
        f"default_login_user = {'dovenull' if root else me}\n{encryption}"
        f"passdb {{\n driver = passwd-file\n args = {folder}/users\n}}\n"
        f"userdb {{\n driver = passwd-file\n args = {folder}/users\n}}\n"
        "service imap-login {\n chroot =\n inet_listener imap {\n"
        f"  port = {port}\n }}\n inet_listener imaps {{\n  port = 0\n }}\n}}\n"
        "service anvil {\n chroot =\n}\nservice stats {\n chroot =\n}\n"
    )
    process = subprocess.Popen([PROGRAM, "-F", "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: _answers(port), "the IMAP server", seconds=30)
        yield Post(port)
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _answers(port: int) -> bool:
    with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), timeout=5)) as line:
        return line.recv(20).startswith(b"* OK")
    return False
