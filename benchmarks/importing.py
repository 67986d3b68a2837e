"""How long a table of candidates takes: ``python -m benchmarks.importing [--candidates 5000] [--interviews 50000]``.

The table is taken in twice, as CSV and as .xlsx, into a database that already holds ``--interviews`` interviews; one
row in fifty is not good. ``--data`` names a folder that ``benchmarks.lists`` has filled: rows are added to it.
"""

from __future__ import annotations

import argparse
import csv
import io
import tempfile
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from openpyxl import Workbook
from sqlalchemy import select

from backend import runtime
from backend.db.models import KitRow
from backend.runtime import Runtime
from backend.services import batches, candidates
from backend.services.actor import Actor
from backend.settings import Settings
from benchmarks.filling import fill

_HEADER = ["姓名", "手机号", "邮箱", "学校"]


def table(count: int, prefix: str) -> list[list[str]]:
    """Rows of made-up people; in one of fifty the telephone number is none."""
    rows = [_HEADER]
    for number in range(count):
        phone = f"{prefix}{number:08d}" if number % 50 else "138"
        rows.append([f"候选人{number}", phone, f"person{prefix}{number}@example.com", f"第{number % 90}大学"])
    return rows


def as_csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("gb18030")


def as_workbook(rows: list[list[str]]) -> bytes:
    book, data = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    book.save(data)
    return data.getvalue()


def batch(hr: Runtime, title: str) -> str:
    with hr.db.read() as session:
        kit_id = session.scalars(select(KitRow.kit_id).order_by(KitRow.kit_id).limit(1)).one()
    now = hr.now()
    window = {"not_before": now - timedelta(hours=1), "not_after": now + timedelta(days=30)}
    return batches.add_batch(hr, Actor.command_line(), kit_id=kit_id, title=title, **window)  # type: ignore[arg-type]


def measure(hr: Runtime, title: str, data: bytes) -> None:
    batch_id, begin, busy = batch(hr, title), time.perf_counter(), time.process_time()
    report = candidates.import_candidates(hr, Actor.command_line(), batch_id, data)
    seconds, worked = time.perf_counter() - begin, time.process_time() - busy
    told = f"{len(report.imported)} invited, {len(report.problems)} rows with a problem"
    print(f"{title}: {told}, {seconds:.1f} s, {worked:.1f} s of the processor")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--candidates", type=int, default=5_000)
    parser.add_argument("--interviews", type=int, default=50_000)
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=options.data or Path(folder) / "data")
        if not (settings.data / "keys.json").exists():
            with closing(runtime.create(settings, "Filled")) as hr:
                fill(hr, options.interviews)
        with closing(runtime.open_runtime(settings)) as hr:
            measure(hr, "CSV", as_csv(table(options.candidates, "137")))
            measure(hr, ".xlsx", as_workbook(table(options.candidates, "136")))


if __name__ == "__main__":
    main()
