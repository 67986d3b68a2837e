"""An interview given on several devices, as HR meets it: one line, one page, one report, one archive."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import pytest
import requests
from pypdf import PdfReader

from backend.services import interviews
from backend.services.interview_rows import ListQuery
from tests.backend import tus
from tests.backend.world import COMMAND_LINE, Sealed, Served, Talk, invite, served
from tests.security import rights
from tests.security.places import login


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("hr") / "data") as found:
        yield found


@pytest.fixture(scope="module")
def talks(backend: Served) -> tuple[Talk, Talk]:
    """Two booths that knew nothing of each other, each with a recording of the first question."""
    invitation = invite(backend.hr, "两处作答")
    first, second = (Talk(backend.enrol(name), invitation) for name in ("Booth A", "Booth B"))
    sealed: list[Sealed] = []
    for talk in (first, second):
        talk.started()
        talk.consented()
        sealed.append(talk.seal(f"recorded at {talk.booth.device_id}".encode()))
        talk.spoken(sealed[-1])
        talk.heard(f"said at {'one' if talk is first else 'the other'} booth")
    first.paused("network")
    second.written("written at the other")
    second.finished()
    for talk, recording in zip((first, second), sealed, strict=True):
        talk.put_all()
        tus.upload(talk, recording)
        assert talk.deliver(talk.manifest([recording.ref])).json()["receipt"]
    return first, second


def get(backend: Served, path: str, who: str = rights.HR) -> requests.Response:
    cookies = {"xuda_hr": login(backend, who).token, "xuda_lang": "en"}
    answer = requests.get(backend.url + path, cookies=cookies, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer


def test_the_list_has_one_line_with_both_devices(backend: Served, talks: tuple[Talk, Talk]) -> None:
    text = get(backend, "/interviews").text
    assert text.count("两处作答") == 1
    assert "Booth A, Booth B" in text
    found = interviews.list_interviews(backend.hr, COMMAND_LINE, ListQuery()).items
    assert [row.parts for row in found] == [(talks[0].interview_id, talks[1].interview_id)]


def test_the_page_of_either_part_shows_all_and_says_which_answer_counts(
    backend: Served, talks: tuple[Talk, Talk]
) -> None:
    pages = [get(backend, f"/interviews/{talk.interview_id}").text for talk in talks]
    for text in pages:
        assert 'id="parts"' in text
        assert text.count('class="card answer"') == 3
        assert text.count("Booth A") == text.count("Booth B") == 1
        for said in ("said", "written at the other"):
            assert said in text


def test_the_report_in_print_names_the_parts(backend: Served, talks: tuple[Talk, Talk]) -> None:
    pdf = get(backend, f"/interviews/{talks[1].interview_id}/report.pdf").content
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert "Booth A" in text
    assert "Booth B" in text
    assert "1.5" in text, "numbers of events begin with that of their part"


def test_the_archive_holds_the_recordings_of_all_parts(backend: Served, talks: tuple[Talk, Talk]) -> None:
    content = get(backend, f"/interviews/{talks[0].interview_id}/report.zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        media = [archive.read(name) for name in archive.namelist() if name.startswith("media/")]
    assert sorted(media) == sorted(f"recorded at {talk.booth.device_id}".encode() for talk in talks)
