"""The folder that logs and fails: a FUSE file system that passes everything through to a backing folder.

``python -m tests.faults.diskserver MOUNT BACKING LOG [WITNESS]`` (started by
:class:`tests.faults.fuse_folder.FaultyFolder`; WITNESS is the file descriptor of a socket).

Every operation that changes something is appended to LOG in the order in which it was answered, the pickled
values of one :class:`Entry` each; the kernel's write-back cache stays off, so a write is in the log before the writer
goes on. The harness talks to the server through extended attributes of the mounted root, so that what it says has its
place in that same order: setting ``user.mark`` logs a remark, setting ``user.fault`` arms a fault, reading
``user.state`` tells what has happened since and writes the log out.

Locks are the kernel's own (no lock operation is offered), and files are cached by the kernel as usual, so that SQLite's
shared-memory file can be mapped: with direct I/O it could not, and SQLite would do without its write-ahead log.
"""

from __future__ import annotations

import errno
import json
import os
import pickle
import re
import socket
import sys
import time
from collections import Counter
from typing import Any, NamedTuple

import mfusepy  # type: ignore[import-untyped]

from tests.faults.witness import STRIKE

_STAT = ("st_atime_ns", "st_ctime_ns", "st_mtime_ns", "st_gid", "st_mode", "st_nlink", "st_size", "st_uid", "st_ino")
_VFS = ("f_bavail", "f_bfree", "f_blocks", "f_bsize", "f_favail", "f_ffree", "f_files", "f_frsize", "f_namemax")
# libfuse renames a file to such a name when it is removed or replaced while somebody has it open
_SHOWN = 100
_PATIENCE = 5.0  # seconds with the witness
_HIDDEN = ".fuse_hidden"
WATCH = "watch"
GROWING = frozenset({"open", "write", "rename"})
_NO_FAULT = {"ops": [], "path": "", "k": 0, "kind": ""}


class Entry(NamedTuple):
    """One line of the log. ``at``: monotonic seconds; ``values`` by ``kind``:

    seen (node, path, is_folder) - a node that was there before; make (folder, name, node, is_folder);
    remove (folder, name, node); rename (old folder, old name, new folder, new name, node);
    write (node, offset, data); size (node, size); sync (node, whether it succeeded); mark (text);
    fault (operation, kind, path). Nodes are numbers, folders are nodes.
    """

    at: float
    kind: str
    values: tuple[Any, ...]


class Fault:
    """Fails the ``k``-th operation (from 1) of the given kinds on paths that match; ``full`` fails all from there on.

    ``kind``: EIO, ENOSPC, short (half of a write, then as many bytes are reported), torn (half, then EIO), or full: a
    disk on which nothing new fits, neither a file nor a longer one. ``watch`` fails nothing: the witness is asked each
    time. ``k`` of -1: the witness is asked each time, too, and says which operation it is; ``struck`` from then on.
    """

    def __init__(self, told: dict[str, Any]) -> None:
        self.ops = frozenset(told["ops"])
        self.path = re.compile(told["path"])
        self.k = int(told["k"])
        self.kind = str(told["kind"])
        self.aimed = self.k < 0
        self.struck = False
        self.count = 0
        self.counts: Counter[str] = Counter()
        self.hit: list[str] = []
        self.hit_at: list[float] = []

    def due(self, op: str, path: str) -> str:
        """The kind of fault this operation is to have, else an empty string."""
        if not self.path.search(path):
            return ""
        self.counts[op] += 1
        if self.struck:
            return self.kind if self.kind == "full" and op in GROWING else ""
        if op not in self.ops or self.kind == WATCH or self.aimed:
            return self.kind if op in self.ops else ""
        self.count += 1
        if self.count == self.k or (self.kind == "full" and self.count > self.k > 0):
            return self.kind
        return ""


class Folder(mfusepy.Operations):  # type: ignore[misc]  # the library has no types
    use_ns = True

    def __init__(self, backing: str, log: str, witness: int | None = None) -> None:
        self._backing = backing
        self._witness = None if witness is None else socket.socket(fileno=witness)
        if self._witness is not None:
            self._witness.settimeout(_PATIENCE)
        self._log = open(log, "wb")  # noqa: SIM115 - as long as the server lives
        self._fault = Fault(_NO_FAULT)
        self._nodes: dict[str, int] = {}
        self._newest = 0
        self._handles: dict[int, int] = {}
        self._graveyard = log + "-removed"
        os.mkdir(self._graveyard)
        self._hiding: tuple[str, int, str] | None = None

    # ---- talking to the harness

    def setxattr(self, path: str, name: str, value: bytes, options: int, position: int = 0) -> int:
        if name == "user.mark":
            self._note("mark", value.decode())
        elif name == "user.fault":
            self._fault = Fault(json.loads(value))
        else:
            raise OSError(errno.ENOTSUP, "no such attribute")
        return 0

    def getxattr(self, path: str, name: str, position: int = 0) -> bytes:
        if name != "user.state":
            raise OSError(errno.ENODATA, "no such attribute")
        self._log.flush()
        fault = self._fault
        found = {"counts": fault.counts, "hit": fault.hit[-_SHOWN:], "hit_at": fault.hit_at[-_SHOWN:]}
        return json.dumps(found).encode()

    # ---- what changes nothing

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        found = os.fstat(fh) if fh else os.lstat(self._real(path))
        return {key.removesuffix("_ns"): getattr(found, key) for key in _STAT}

    def readdir(self, path: str, fh: int) -> list[str]:
        return [".", "..", *os.listdir(self._real(path))]

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        self._fail("read", path)
        return os.pread(fh, size, offset)

    def statfs(self, path: str) -> dict[str, int]:
        found = os.statvfs(self._real(path))
        values = {key: getattr(found, key) for key in _VFS}
        fault = self._fault
        if fault.kind == "full" and (fault.struck if fault.aimed else fault.count >= fault.k):
            values |= {"f_bavail": 0, "f_bfree": 0}
        return values

    def opendir(self, path: str) -> int:
        self._fail("open", path)
        return 0

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
        os.utime(self._real(path), ns=times or (time.time_ns(), time.time_ns()))
        return 0

    def chmod(self, path: str, mode: int) -> int:
        os.chmod(self._real(path), mode)
        return 0

    def chown(self, path: str, uid: int, gid: int) -> int:
        return 0

    def release(self, path: str, fh: int) -> int:
        self._handles.pop(fh, None)
        os.close(fh)
        return 0

    # ---- names

    def create(self, path: str, mode: int, flags: int) -> int:
        self._fail("open", path, grows=True)
        fd = os.open(self._real(path), flags | os.O_CREAT, mode)
        self._make(path, is_folder=False)
        return self._opened(fd, path)

    def open(self, path: str, flags: int) -> int:
        self._fail("open", path)
        fd = os.open(self._real(path), flags & ~(os.O_APPEND | os.O_CREAT))
        if flags & os.O_TRUNC:
            self._note("size", self._node(path), 0)
        return self._opened(fd, path)

    def mkdir(self, path: str, mode: int) -> int:
        self._fail("open", path, grows=True)
        os.mkdir(self._real(path), mode)
        self._make(path, is_folder=True)
        return 0

    def unlink(self, path: str) -> int:
        if _HIDDEN in path:
            os.unlink(self._real(path))
            return 0
        self._fail("remove", path)
        node = self._node(path)
        os.unlink(self._real(path))
        self._removed(path, node)
        return 0

    def rmdir(self, path: str) -> int:
        self._fail("remove", path)
        node = self._node(path)
        os.rmdir(self._real(path))
        self._removed(path, node)
        return 0

    def rename(self, old: str, new: str) -> int:
        if _HIDDEN in new:
            return self._hide(old, new)
        replaced = self._hiding if self._hiding and self._hiding[0] == new else None
        if replaced:
            self._hiding = None  # in one step
        try:
            self._fail("rename", new)
        except OSError:
            if replaced:
                self._show_again(*replaced)
            raise
        node = self._node(old)
        places = (self._parent(old), os.path.basename(old), self._parent(new), os.path.basename(new))
        os.rename(self._real(old), self._real(new))
        for known in [path for path in self._nodes if path == new or path.startswith(new + "/")]:
            del self._nodes[known]
        for known in [path for path in self._nodes if path == old or path.startswith(old + "/")]:
            self._nodes[new + known[len(old) :]] = self._nodes.pop(known)
        self._note("rename", *places, node)
        return 0

    # ---- content

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        kind = self._due("write", path)
        if kind == "full":
            if offset + len(data) > os.fstat(fh).st_size:
                self._failed("write", path, kind, errno.ENOSPC)
        elif kind in ("short", "torn"):
            data = data[: len(data) // 2]
        elif kind:
            self._failed("write", path, kind, getattr(errno, kind))
        done = os.pwrite(fh, data, offset)
        self._note("write", self._handles[fh], offset, data[:done])
        if kind in ("short", "torn") and (kind == "torn" or not data):
            self._failed("write", path, kind, errno.EIO)
        if kind == "short":
            self._tell_fault("write", path, kind)
        return done

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        grows = length > os.path.getsize(self._real(path))
        self._fail("write", path, grows=grows)
        os.truncate(self._real(path), length)
        self._note("size", self._node(path), length)
        return 0

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        self._sync(self._handles[fh], path)
        return 0

    def fsyncdir(self, path: str, datasync: int, fh: int) -> int:
        self._sync(self._node(path), path)
        return 0

    # ---- inside

    def _hide(self, old: str, new: str) -> int:
        """An open file loses its name: its content stays within reach of whoever has it open, and of nobody else."""
        node = self._nodes.pop(old, None) or self._node(old)
        os.rename(self._real(old), self._real(new))
        self._nodes.pop(old, None)
        self._nodes[new] = node
        self._hiding = (old, node, new)
        return 0

    def _show_again(self, path: str, node: int, hidden: str) -> None:
        """What was to be replaced stays. The library removes the hidden name once nobody has it open."""
        os.link(self._real(hidden), self._real(path))
        self._nodes[path] = node

    def _sync(self, node: int, path: str) -> None:
        # the backing folder is never synced: what is durable is decided by the log alone
        kind = self._due("fsync", path)
        good = kind in ("", "full")
        self._note("sync", node, good)
        if not good:
            self._failed("fsync", path, kind, errno.ENOSPC if kind == "ENOSPC" else errno.EIO)

    def _due(self, op: str, path: str | None) -> str:
        kind = self._fault.due(op, path or "")
        if not kind or self._fault.struck:
            return kind
        if kind == WATCH or self._fault.aimed:
            self._fault.struck = self._ask(op)
            return kind if self._fault.struck else ""
        return kind

    def _ask(self, op: str) -> bool:
        """Whether this operation is the one. A witness that cannot answer while it waits is not asked again."""
        if self._witness is None:
            return False
        try:
            self._witness.send(f"{op} {mfusepy.fuse_get_context()[2]}\n".encode())
            return self._witness.recv(1) == STRIKE
        except OSError:
            self._witness = None
            return False

    def _fail(self, op: str, path: str | None, *, grows: bool = False) -> None:
        kind = self._due(op, path)
        if kind == "full":
            if grows:
                self._failed(op, path, kind, errno.ENOSPC)
        elif kind:
            self._failed(op, path, kind, errno.ENOSPC if kind == "ENOSPC" else errno.EIO)

    def _failed(self, op: str, path: str | None, kind: str, number: int) -> None:
        self._tell_fault(op, path, kind)
        raise OSError(number, os.strerror(number))

    def _tell_fault(self, op: str, path: str | None, kind: str) -> None:
        self._fault.hit.append(f"{op} {path}")
        self._fault.hit_at.append(time.monotonic())
        self._note("fault", op, kind, path or "")

    def _note(self, kind: str, *values: Any) -> None:
        hidden, self._hiding = self._hiding, None
        if hidden is not None:
            self._note("remove", self._parent(hidden[0]), os.path.basename(hidden[0]), hidden[1])
        pickle.dump((time.monotonic(), kind, values), self._log)

    def _real(self, path: str) -> str:
        name = os.path.basename(path)
        return f"{self._graveyard}/{name}" if name.startswith(_HIDDEN) else self._backing + path

    def _opened(self, fd: int, path: str) -> int:
        self._handles[fd] = self._node(path)
        return fd

    def _parent(self, path: str) -> int:
        return self._node(os.path.dirname(path))

    def _node(self, path: str) -> int:
        node = self._nodes.get(path)
        if node is None:
            self._newest += 1
            node = self._nodes[path] = self._newest
            self._note("seen", node, path, os.path.isdir(self._real(path)))
        return node

    def _make(self, path: str, *, is_folder: bool) -> None:
        parent = self._parent(path)
        self._newest += 1
        self._nodes[path] = self._newest
        self._note("make", parent, os.path.basename(path), self._newest, is_folder)

    def _removed(self, path: str, node: int) -> None:
        self._note("remove", self._parent(path), os.path.basename(path), node)
        del self._nodes[path]


def main() -> None:
    mount, backing, log, *witness = sys.argv[1:]
    os.umask(0)
    # without threads: one operation after the other, so that the order of the log is the order of the answers
    folder = Folder(backing, log, *map(int, witness))
    mfusepy.FUSE(folder, mount, foreground=True, nothreads=True, fsname="xuda-faults")


if __name__ == "__main__":
    main()
