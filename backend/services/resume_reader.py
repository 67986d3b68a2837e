"""Takes the text out of résumés, in a process of its own: ``python -m backend.services.resume_reader``.

A file comes from a stranger, so whoever reads it may run out of time or memory and is then replaced (resume_text.py).
On the standard input: a line of JSON with ``kind`` and ``size``, then so many bytes; on the standard output a line of
JSON with ``text`` or ``problem`` for each.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from typing import Any

MOST_CHARACTERS = 200_000
MOST_PAGES = 60
# of a DOCX once it is unpacked; a bomb of zeros says so in its directory, and is not believed when it says less
MOST_UNPACKED, MOST_PARTS = 40 * 1024 * 1024, 2000
_MOST_MEMORY = 768 * 1024 * 1024


class Unreadable(Exception):
    """``args[0]``: damaged, locked (with a password), too_large or empty."""


def text_of(kind: str, data: bytes) -> str:
    """``kind``: pdf, docx or txt. Raises Unreadable."""
    readers = {"pdf": _pdf, "docx": _docx, "txt": _plain}
    found = readers[kind](data)[:MOST_CHARACTERS]
    # half a character would not go over the wire
    found = found.encode("utf-8", "ignore").decode("utf-8").replace("\0", "").strip()
    if not found:
        raise Unreadable("empty")
    return found


def _plain(data: bytes) -> str:
    from charset_normalizer import from_bytes

    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    best = from_bytes(data[:100_000]).best()
    if best is None:
        raise Unreadable("damaged")
    return data.decode(best.encoding, "replace")


def _pdf(data: bytes) -> str:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable("locked")
    if len(reader.pages) > MOST_PAGES:
        raise Unreadable("too_large")
    parts: list[str] = []
    for page in reader.pages:
        parts.append(page.extract_text() or "")
        if sum(map(len, parts)) > MOST_CHARACTERS:
            break
    return "\n".join(parts)


def _docx(data: bytes) -> str:
    _check_archive(data)
    from docx import Document
    from docx.table import Table
    from docx.text.paragraph import Paragraph

    document = Document(io.BytesIO(data))
    parts: list[str] = []
    for block in document.iter_inner_content():
        if isinstance(block, Paragraph):
            parts.append(block.text)
        elif isinstance(block, Table):
            parts += ["\t".join(cell.text for cell in row.cells) for row in block.rows]
    return "\n".join(parts)


def _check_archive(data: bytes) -> None:
    """What it would unpack to is counted by unpacking, not by what its directory says."""
    total = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.infolist()
        if len(names) > MOST_PARTS or sum(info.file_size for info in names) > MOST_UNPACKED:
            raise Unreadable("too_large")
        for info in names:
            if info.flag_bits & 1:
                raise Unreadable("locked")
            with archive.open(info) as part:
                while piece := part.read(1024 * 1024):
                    total += len(piece)
                    if total > MOST_UNPACKED:
                        raise Unreadable("too_large")


def _limit() -> None:
    """Where the system can: so much memory, so much time of the processor for each file."""
    try:
        import resource
    except ImportError:  # not on Windows, where the clock of resume_text.py is all there is
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(kind: str, data: bytes) -> dict[str, Any]:
    try:
        return {"text": text_of(kind, data)}
    except Unreadable as error:
        return {"problem": str(error.args[0])}
    except MemoryError:
        return {"problem": "too_large"}
    except Exception:  # the libraries raise whatever a damaged file makes them stumble over; its words may be personal
        return {"problem": "damaged"}


def main() -> int:
    _limit()
    given, told = sys.stdin.buffer, sys.stdout.buffer
    while line := given.readline():
        head = json.loads(line)
        answer = _answer(head["kind"], given.read(head["size"]))
        told.write(json.dumps(answer).encode("ascii") + b"\n")
        told.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
