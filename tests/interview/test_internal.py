"""Internal candidates: promotion, transfer, training assessment, from the entry page to HR's list and report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.interview.views import Entry
from app.ui.i18n import Texts
from app.ui.screens.entry import KINDS
from backend.services import batches, candidates, interviews, kits, listings, reports
from backend.services.candidates import Person
from backend.services.interview_rows import ListQuery
from contract.kit import InterviewKind
from report.archive import report_json
from report.words import interview_kind_words
from tests.backend.world import COMMAND_LINE, KIT, Served, Talk, served
from tests.sync.device import Device
from tests.sync.test_real_backend import _enrolled

INTERNAL = {
    InterviewKind.PROMOTION: "晋升",
    InterviewKind.TRANSFER: "转岗",
    InterviewKind.TRAINING: "培训考核",
}


@pytest.fixture(scope="module")
def hr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("hr") / "data") as found:
        yield found


def publish(hr: Served, kind: InterviewKind) -> str:
    """A kit of that kind, and the code of somebody invited to it."""
    kit_id = f"in-{kind.value}"
    text = KIT.replace("kit_id: test", f"kit_id: {kit_id}\nkind: {kind.value}")
    kits.add_kit(hr.hr, COMMAND_LINE, text.encode())
    start = datetime.now(UTC) - timedelta(hours=1)
    end = start + timedelta(days=2)
    batch = batches.add_batch(hr.hr, COMMAND_LINE, kit_id=kit_id, title=kit_id, not_before=start, not_after=end)
    with hr.hr.db.write() as session:
        from backend.db.models import Batch

        found = candidates.invite(hr.hr, session, session.get_one(Batch, batch), Person("王小明", phone="13800138000"))
        return found.code


@pytest.mark.parametrize(("kind", "words"), INTERNAL.items())
def test_the_kind_stands_at_entry_in_hrs_list_and_in_the_report(
    hr: Served, tmp_path: Path, kind: InterviewKind, words: str
) -> None:
    code = publish(hr, kind)
    booth: Device = _enrolled(hr, tmp_path / "booth")
    try:
        booth.make_engine(patience=10).run_until_idle(30)
        admission = booth.shelf.admit(code)
    finally:
        booth.close()
    entry = Entry(admission.kit, admission.candidate_name, *[datetime.now(UTC)] * 2, None, True)
    assert words in Texts("zh_CN").t(KINDS[entry.kit.kind])

    talk = Talk(hr.enrol(f"Booth of {kind}"), admission.invitation.invitation_id)
    started = talk.started(kit_id=admission.kit.kit_id, kit_version=admission.kit.version)
    assert talk.booth.call("PUT", f"/v1/interviews/{talk.interview_id}/events/1", started).status_code == 201
    listed = interviews.list_interviews(hr.hr, COMMAND_LINE, ListQuery(size=100)).items
    assert [item.kind for item in listed if item.interview_id == talk.interview_id] == [kind]
    assert kind in [line.kit.kind for line in listings.kit_lines(hr.hr, COMMAND_LINE).lines]
    report = reports.build(hr.hr, COMMAND_LINE, talk.interview_id, "zh_CN")
    assert json.loads(report_json(report))["kit"]["kind"] == kind.value
    assert words in interview_kind_words(report.kit.kind, "zh_CN")
    assert reports.pdf(hr.hr, report).startswith(b"%PDF")
