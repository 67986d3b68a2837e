"""What a disk may hold after the power was cut, told from the log of a folder.

The model is POSIX taken at its word, which is less than any file system in use promises:

* Content. What was written to a file (or cut off it) is durable once a later fsync or fdatasync of *that file* has
  succeeded. Until then each write is kept, lost or torn on its own, in any order: torn means that any of its 512-byte
  sectors, or only those up to some point, have reached the disk; a sector that never did shows what was there before,
  or zeros where the file had not been that long. A write changes no byte beside its own range. Cutting a file short is
  atomic, and when it is lost so is what was written later beyond the cut, since that lies in new blocks.
* Names. A file or folder that was made, removed or renamed is so durably once a later fsync of *the folder* has
  succeeded; syncing the file itself does nothing for its name (ext4, XFS and btrfs mostly do better). A rename that
  replaces a file is atomic. Until then changes of different names are kept or lost independently (as on btrfs or f2fs,
  where the sync of one file may write some of them) or up to some moment in order (ext4, XFS: a journal).
* A sync of a file that has failed leaves what it should have made durable kept, lost or torn for ever: Linux marks such
  pages as clean, so that the next sync succeeds without having written them. (A failed sync of a folder only has not
  done its work: names go through a journal, and a file system whose journal fails takes no further writes.)
* What was durable stays. Removed files lie around: their content is still there for somebody who reads the raw disk.

ext4 with data=ordered, XFS, btrfs and f2fs show a subset of these states, each a different one. The reverse is not
claimed: drives that lie about flushing and silent corruption are not part of it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.diskserver import Entry

SECTOR = 512
ROOT = "/"


@dataclass
class Change:
    """A write (``data`` at ``offset``) or a new ``size``; ``safe`` once it must be there, ``doubtful`` after a sync
    that failed: it can never become safe."""

    offset: int = 0
    data: bytes = b""
    size: int | None = None
    safe: bool = False
    doubtful: bool = False


@dataclass
class Renaming:
    """A change of names: ``drop`` and ``put`` are (folder, name) pairs; ``put`` then means ``node``. It is safe once
    every folder of ``unsynced`` was synced."""

    drop: tuple[int, str] | None
    put: tuple[int, str] | None
    node: int
    unsynced: set[int]

    @property
    def places(self) -> list[tuple[int, str]]:
        return [place for place in (self.drop, self.put) if place is not None]


@dataclass
class Node:
    is_folder: bool
    content: bytearray = field(default_factory=bytearray)
    changes: list[Change] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Fate:
    """How what was not synced ends. ``change``: "kept", "lost", "torn" or "hollow" (as long as it should be, but
    zeros); ``names``: which of the pending changes of names happened."""

    name: str
    change: Callable[[int, int], str]  # (how many newer pending changes of this file there are, of how many)
    names: Callable[[list[Renaming]], list[Renaming]]


class Disk:
    """Feed it the log in order; ``build`` writes what a power cut at this moment may leave, ``residue`` what is still
    on the medium under no name at all. ``base``: the folder as it was when the log began, all of it durable."""

    def __init__(self, base: Path | None = None) -> None:
        self._nodes: dict[int, Node] = {}
        self._root = self._take_in(base) if base is not None else self._add(Node(is_folder=True))
        self._pending: list[Renaming] = []

    def feed(self, entry: Entry) -> None:
        handler: Callable[..., None] | None = getattr(self, f"_on_{entry.kind}", None)
        if handler is not None:
            handler(*entry.values)

    def unsynced(self) -> int:
        """How many changes are not safe."""
        return len(self._pending) + sum(len(node.changes) for node in self._nodes.values())

    def build(self, target: Path, fate: Fate, rng: random.Random, *, below: str = "") -> None:
        """Write the folder ``below`` the root as it may be found after a power cut; it may be missing altogether."""
        names = self._names_after(fate)
        number: int | None = self._root
        for part in Path(below).parts:
            number = names.get(number, {}).get(part) if number is not None else None
        target.mkdir(parents=True)
        if number is not None:
            self._write(target, number, names, fate, rng)

    def residue(self) -> Iterator[bytes]:
        """The durable content of every file there ever was."""
        for node in self._nodes.values():
            if not node.is_folder:
                yield bytes(node.content)

    # ---- the log

    def _on_seen(self, number: int, path: str, is_folder: bool) -> None:
        """One of ``base`` gets the number by which the log knows it."""
        if path == ROOT:
            self._nodes[number] = self._nodes.pop(self._root)
            self._root = number
            return
        parent = self._nodes[self._root]
        for part in Path(path).parts[1:-1]:
            parent = self._nodes[parent.names[part]]
        self._nodes[number] = self._nodes.pop(parent.names[Path(path).name])
        parent.names[Path(path).name] = number

    def _on_make(self, folder: int, name: str, number: int, is_folder: bool) -> None:
        self._nodes[number] = Node(is_folder)
        self._pending.append(Renaming(None, (folder, name), number, {folder}))

    def _on_remove(self, folder: int, name: str, number: int) -> None:
        self._pending.append(Renaming((folder, name), None, number, {folder}))

    def _on_rename(self, old: int, old_name: str, new: int, new_name: str, number: int) -> None:
        self._pending.append(Renaming((old, old_name), (new, new_name), number, {old, new}))

    def _on_write(self, number: int, offset: int, data: bytes) -> None:
        if data:
            self._nodes[number].changes.append(Change(offset, data))

    def _on_size(self, number: int, size: int) -> None:
        self._nodes[number].changes.append(Change(size=size))

    def _on_sync(self, number: int, good: bool) -> None:
        node = self._nodes[number]
        if node.is_folder:
            if good:
                self._sync_folder(number)
        else:
            self._sync_file(node, good)

    def _sync_file(self, node: Node, good: bool) -> None:
        for change in node.changes:
            if not good:
                change.doubtful = True
            elif not change.doubtful:
                change.safe = True
        while node.changes and node.changes[0].safe:
            _apply(node.content, node.changes.pop(0))

    def _sync_folder(self, number: int) -> None:
        for change in self._pending:
            change.unsynced.discard(number)
        self._settle()

    def _settle(self) -> None:
        """Take over what is safe; of a name that waits nothing newer can be taken over."""
        waiting: set[tuple[int, str]] = set()
        left = []
        for change in self._pending:
            if change.unsynced or waiting.intersection(change.places):
                waiting.update(change.places)
                left.append(change)
            else:
                _rename({number: node.names for number, node in self._nodes.items()}, change)
        self._pending = left

    def _take_in(self, path: Path) -> int:
        """A file or folder that is there before the log begins."""
        if not path.is_dir():
            return self._add(Node(False, bytearray(path.read_bytes())))
        names = {child.name: self._take_in(child) for child in sorted(path.iterdir())}
        return self._add(Node(True, names=names))

    def _add(self, node: Node) -> int:
        """Numbers below zero are ours, the log's are above."""
        number = -1 - len(self._nodes)
        self._nodes[number] = node
        return number

    # ---- a crash

    def _names_after(self, fate: Fate) -> dict[int, dict[str, int]]:
        names = {number: dict(node.names) for number, node in self._nodes.items() if node.is_folder}
        happened = {id(change) for change in fate.names([change for change in self._pending if change.unsynced])}
        lost: set[tuple[int, str]] = set()
        for change in self._pending:
            if change.unsynced and (id(change) not in happened or lost.intersection(change.places)):
                # what came later to the same name rests on what is lost
                lost.update(change.places)
            else:
                _rename(names, change)
        return names

    def _write(
        self, target: Path, number: int, names: dict[int, dict[str, int]], fate: Fate, rng: random.Random
    ) -> None:
        for name, child in sorted(names[number].items()):
            node = self._nodes[child]
            if node.is_folder:
                (target / name).mkdir()
                self._write(target / name, child, names, fate, rng)
            else:
                (target / name).write_bytes(content_after(node, fate, rng))


def content_after(node: Node, fate: Fate, rng: random.Random) -> bytes:
    content = bytearray(node.content)
    cut: int | None = None
    pending = [change for change in node.changes if not change.safe]
    for change in node.changes:
        if change.safe:
            _apply(content, change)
            continue
        newer = len(pending) - 1 - next(i for i, item in enumerate(pending) if item is change)
        end = fate.change(newer, len(pending))
        if change.size is not None:
            if end != "lost":
                _apply(content, change)
            elif change.size < len(content):
                cut = change.size if cut is None else min(cut, change.size)
        elif cut is not None and change.offset + len(change.data) > cut:
            continue  # it lies in blocks that only the lost cut would have made part of the file
        elif end == "hollow":
            _grow(content, change.offset + len(change.data))
        elif end == "torn":
            _tear(content, change, rng)
        elif end == "kept":
            _apply(content, change)
    return bytes(content)


def _apply(content: bytearray, change: Change) -> None:
    if change.size is not None:
        _grow(content, change.size)
        del content[change.size :]
        return
    _grow(content, change.offset)
    content[change.offset : change.offset + len(change.data)] = change.data


def _grow(content: bytearray, size: int) -> None:
    if len(content) < size:
        content.extend(bytes(size - len(content)))


def _tear(content: bytearray, change: Change, rng: random.Random) -> None:
    """Some of the sectors: those up to a point, the file being only that long, or any, the file having its length."""
    end = change.offset + len(change.data)
    if rng.random() < 0.4:
        stop = rng.randrange(change.offset, end)
        _apply(content, Change(change.offset, change.data[: stop - change.offset]))
        return
    _grow(content, end)
    for start in range(change.offset // SECTOR * SECTOR, end, SECTOR):
        first, last = max(start, change.offset), min(start + SECTOR, end)
        if rng.random() < 0.5:
            content[first:last] = change.data[first - change.offset : last - change.offset]


def _rename(names: dict[int, dict[str, int]], change: Renaming) -> None:
    if change.drop is not None and names[change.drop[0]].get(change.drop[1]) == change.node:
        del names[change.drop[0]][change.drop[1]]
    if change.put is not None:
        names[change.put[0]][change.put[1]] = change.node


def adversaries(rng: random.Random) -> list[Fate]:
    """The fates that find a missing sync: each keeps as little as it may of one kind and as much of the others."""

    def all_of(found: list[Renaming]) -> list[Renaming]:
        return found

    def none_of(found: list[Renaming]) -> list[Renaming]:
        return []

    return [
        Fate("nothing unsynced", lambda newer, of: "lost", none_of),
        Fate("names only", lambda newer, of: "lost", all_of),
        Fate("names and lengths only", lambda newer, of: "hollow", all_of),
        Fate("content only", lambda newer, of: "kept", none_of),
        Fate("newest writes only", lambda newer, of: "kept" if newer * 2 < of else "lost", all_of),
        Fate("removals only", lambda newer, of: "lost", lambda found: [one for one in found if one.put is None]),
        Fate("newest names only", lambda newer, of: "kept", lambda found: found[(len(found) + 1) // 2 :]),
    ]


def chance(rng: random.Random) -> Fate:
    """A fate by chance, from careful to wild."""
    weights = rng.choice(((8, 1, 1, 0), (1, 8, 1, 0), (1, 1, 1, 1), (0, 1, 3, 1)))
    in_order = rng.random() < 0.5

    def change(newer: int, of: int) -> str:
        return rng.choices(("kept", "lost", "torn", "hollow"), weights)[0]

    def names(found: list[Renaming]) -> list[Renaming]:
        if in_order:
            return found[: rng.randint(0, len(found))]
        return [one for one in found if rng.random() < 0.5]

    return Fate(f"by chance {weights}{' in order' if in_order else ''}", change, names)
