"""A booth prints a report with scores while nobody can be reached; HR makes the same ones of what it delivers."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pypdf import PdfReader

from app.interview.papers import Paper
from app.papers import make_paper, report_of
from app.scores import Scores, scores_for
from assessment.embeddings import Embedders
from assessment.learned import to_bytes_by_language
from backend.runtime import Runtime, open_runtime
from backend.services import device_settings, kit_files, model_publishing, reports, rubrics, score_models
from backend.services.assessing import train_table
from backend.services.kits import add_kit, stored_kit
from backend.services.score_sheets import sheet_of
from backend.settings import Settings
from report.score_model import AssessmentInfo
from report.scoring import assess
from report.unscored import Unscored
from resources import FOLDER
from tests.assessment.test_learning import ratings_table
from tests.backend.world import COMMAND_LINE
from tests.e2e.booth import Booth, Office, Visit
from tests.e2e.spoken import answer
from tests.support.media import make_clip

POINT = "lead the team and build the cloud server"
RUBRIC = f"""
rubric:
  general:
    - dimension_id: profession
      title: {{zh_CN: 专业能力, en: Professional skill}}
      key_points:
        - {{text: {{en: {POINT}}}, synonyms: [test the software]}}
        - {{text: {{en: ask the customer what changes and agree on a date}}}}
      levels: {{1: none, 2: little, 3: some, 4: much, 5: all}}
    - dimension_id: communication
      title: {{zh_CN: 沟通表达, en: Communication}}
      levels: {{1: none, 2: little, 3: some, 4: much, 5: all}}
"""
WRITTEN = (
    "First I ask the customer what changes and why. Then I agree on a date with the team. For example, last year we "
    "moved a release by two days, tested the software again, and the customer was content. In the end it was worth it."
)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    opened = Office(tmp_path_factory.mktemp("office"))
    opened.server.stop()
    with at_hr(opened) as hr:
        kits = Path(FOLDER, "kits")
        add_kit(
            hr, COMMAND_LINE, ((kits / "demo-en.yaml").read_text("utf-8") + RUBRIC).encode(), kit_files.beside(kits)
        )
        learned, _ = train_table(ratings_table(60), Embedders(None), "now")
        [model] = score_models.take_in(hr, COMMAND_LINE, to_bytes_by_language(learned), "test")
        model_publishing.publish(hr, COMMAND_LINE, model, "the first one", anyway=True)
        device_settings.save(hr, COMMAND_LINE, "all", {"scoring": True})
    opened.server.start()
    yield opened
    opened.server.stop()


@contextmanager
def at_hr(office: Office) -> Iterator[Runtime]:
    hr = open_runtime(Settings(data=office.data, passphrase=office.env.get("XUDA_HR_PASSPHRASE")))
    try:
        yield hr
    finally:
        hr.close()


def on_paper(visit: Visit, interview_id: str, *, own_copy: bool = False) -> Scores:
    """What the report that the booth prints now says of scores."""
    source = visit.run(visit.service.printable, interview_id)
    report = report_of(source, "en")
    return scores_for(report, source.kit, source.basis, own_copy=own_copy, whole=source.whole)


def text_of(pdf: bytes) -> str:
    pages = (page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return " ".join(" ".join(pages).replace("\u200b", "").split())


def made_at_hr(office: Office, interview_id: str) -> AssessmentInfo:
    """Of HR's own events, rubric and learned models."""
    with at_hr(office) as hr:
        report = reports.build(hr, COMMAND_LINE, interview_id, "en")
        with hr.db.read() as session:
            kit = stored_kit(session, report.kit.kit_id, report.kit.version)
            sheet = sheet_of(kit, rubrics.of_kit(session, kit), score_models.ids(session))
            return assess(report, kit, sheet, score_models.published(hr, session))


def test_scores_on_paper_without_a_network_are_hrs_own_to_the_last_digit(tmp_path: Path, office: Office) -> None:
    booth = Booth(tmp_path, office)
    said = [answer("en", random.Random(seed), tmp_path, sentences=4).sound for seed in (1, 2)]
    office.server.stop()
    with booth.open() as visit:
        interview_id = visit.begin(office.invitation()["code"])
        visit.answer(said[0], make_clip(tmp_path / "clip.mp4", seconds=1.0))
        visit.answer(said[1])
        for call, given in ((visit.service.submit_text, WRITTEN), (visit.service.submit_choice, [1])):
            step = visit.run(visit.service.step)
            assert step is not None
            visit.run(call, step.question.question_id, given)
        visit.run(visit.service.finish)
        found = on_paper(visit, interview_id).made
        assert found is not None
        assert found.whole.score.points is not None
        assert list(found.models) == ["en"]
        assert on_paper(visit, interview_id, own_copy=True) == Scores(), "unless HR wants it, the candidate's has none"
        pdf = make_paper(
            visit.run(visit.service.printable, interview_id), Paper.REPORT, language="en", letter=False, own_copy=False
        )
        office.server.start()
        assert visit.deliver() == 0
    assert made_at_hr(office, interview_id) == found
    assert "No score on this page" not in text_of(pdf)


def test_while_words_are_missing_the_page_says_so_and_has_no_score(tmp_path: Path, office: Office) -> None:
    booth = Booth(tmp_path, office, code=1)
    said = answer("en", random.Random(3), tmp_path, sentences=3).sound
    with booth.open(model=False) as visit:
        interview_id = visit.begin(office.invitation(place=1)["code"])
        visit.run(visit.service.start_clock)
        take = visit.record(said, make_clip(tmp_path / "clip.mp4", seconds=1.0))
        visit.run(visit.service.submit_take, take.take_id)
        visit.run(visit.service.finish, time_up=True)
        assert on_paper(visit, interview_id) == Scores(missing=Unscored.WORDS)
        source = visit.run(visit.service.printable, interview_id)
        pdf = make_paper(source, Paper.REPORT, language="en", letter=False, own_copy=False)
    assert "No score on this page: the words of an answer are not recognised yet." in text_of(pdf)
