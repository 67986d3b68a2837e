"""Tar headers with one byte form: the same name and size always give the same 512 bytes (POSIX ustar).

The standard library's are not used because their bytes differ between its versions, and a bundle compares them.
"""

from __future__ import annotations

BLOCK = 512
# what every tar file ends with
END = bytes(2 * BLOCK)
_NAME, _PREFIX = 100, 155
_MOST_OCTAL = 8**11


def header(name: str, size: int) -> bytes:
    """The header of a plain file that only its owner may read, dated 1970. ``name`` is ASCII.

    Raises ValueError for a name that does not fit.
    """
    prefix, short = _split(name.encode("ascii"))
    fields = [
        short.ljust(_NAME, b"\0"),
        b"0000600\0" + b"0000000\0" * 2,
        _number(size),
        b"00000000000\0",
        b" " * 8,
        b"0".ljust(101, b"\0"),
        b"ustar\x0000",
        bytes(64),
        b"0000000\0" * 2,
        prefix.ljust(_PREFIX, b"\0"),
    ]
    block = b"".join(fields).ljust(BLOCK, b"\0")
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def padding(size: int) -> bytes:
    """What follows ``size`` bytes of content up to the next block."""
    return bytes(-size % BLOCK)


def _split(name: bytes) -> tuple[bytes, bytes]:
    if len(name) <= _NAME:
        return b"", name
    prefix, _, short = name.rpartition(b"/")
    if not prefix or len(prefix) > _PREFIX or len(short) > _NAME:
        raise ValueError("the name does not fit into a tar header")
    return prefix, short


def _number(size: int) -> bytes:
    """Octal digits, or the binary form every tar of today reads for 8 GiB and more."""
    return b"%011o\0" % size if size < _MOST_OCTAL else b"\x80" + size.to_bytes(11, "big")
