"""Questions asked with a picture or sound, and what staff gave, as HR and department heads see them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests
from pypdf import PdfReader

from backend.services import delegations, kit_files, kits
from backend.services.adjusting import new_grant
from backend.services.delegations import Bounds
from contract import adjusting
from contract.adjusting import AdjustmentReason
from contract.canonical import sha256_hex
from contract.events import AdjustedData, AdjustedSealed, EventType
from contract.invitation import Adjustments
from tests.backend.world import COMMAND_LINE, KIT, Served, Talk, invite, served
from tests.security import rights
from tests.security.places import login
from tests.support import kit_media

PICTURE, SOUND = kit_media.png(320, 200), kit_media.ogg()
FILES = {"p.png": PICTURE, "s.ogg": SOUND}


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("hr") / "data") as found:
        text = KIT.replace("prompt: Say something", 'prompt: Look, media: {file: p.png, text: "A <grey> field"}')
        text = text.replace("prompt: Write something", "prompt: Listen, media: {file: s.ogg, text: A customer calls}")
        kits.add_kit(found.hr, COMMAND_LINE, text.encode(), FILES.__getitem__)
        yield found


@pytest.fixture(scope="module")
def talk(backend: Served) -> Talk:
    invitation = invite(backend.hr, "王小明")
    made = delegations.add_staff(backend.hr, COMMAND_LINE, "李老师", Bounds())
    assert made.key is not None
    grant = new_grant(Adjustments(extra_takes=1), AdjustmentReason.TECHNICAL, datetime.now(UTC), timedelta(hours=1))
    subject = adjusting.subject_of_invitation(invitation)
    found = Talk(backend.enrol(), invitation)
    found.started(kit_version=2)
    sealed = AdjustedSealed(
        token=adjusting.issue(grant, subject, made.key),
        subject=subject,
        reason="technical",
        holder="李老师",
        **grant.adjustments.model_dump(),
    )
    data = AdjustedData(delegation_id=made.delegation.delegation_id, nonce=grant.nonce)
    found.add(EventType.ADJUSTED, data, sealed)
    found.written("an answer")
    found.put_all()
    return found


def get(backend: Served, path: str, who: str = rights.HR, **headers: str) -> requests.Response:
    cookies = {"xuda_hr": login(backend, who).token, "xuda_lang": "en"}
    return requests.get(backend.url + path, cookies=cookies, headers=headers, timeout=60)


def test_the_review_shows_the_picture_with_its_words_and_plays_the_sound(backend: Served, talk: Talk) -> None:
    text = get(backend, f"/interviews/{talk.interview_id}").text
    assert f'<img src="/kits/files/{sha256_hex(PICTURE)}" alt="A &lt;grey&gt; field">' in text
    assert f'<audio controls preload="none" src="/kits/files/{sha256_hex(SOUND)}">' in text
    assert "A customer calls" in text


def test_the_review_says_who_gave_what_and_that_it_was_checked(backend: Served, talk: Talk) -> None:
    text = get(backend, f"/interviews/{talk.interview_id}").text
    for said in ("1 more take", "Technical problem at the booth", "李老师", "signature checked"):
        assert said in text


def test_a_file_is_given_whole_or_in_part_to_readers_alone(backend: Served) -> None:
    path = f"/kits/files/{sha256_hex(SOUND)}"
    whole = get(backend, path)
    assert (whole.status_code, whole.content, whole.headers["Content-Type"]) == (200, SOUND, "audio/ogg")
    part = get(backend, path, Range="bytes=10-19")
    assert (part.status_code, part.content) == (206, SOUND[10:20])
    assert get(backend, path, Range=f"bytes={len(SOUND)}-").status_code == 416
    assert get(backend, path, rights.AUDITOR).status_code == 403


def test_the_printed_report_holds_the_picture_its_words_and_the_adjustment(backend: Served, talk: Talk) -> None:
    pdf = get(backend, f"/interviews/{talk.interview_id}/report.pdf").content
    pages = PdfReader(io.BytesIO(pdf)).pages
    text = "\n".join(page.extract_text() for page in pages).replace("\u200b", "")
    assert "Sound: A customer calls" in text
    assert "Picture: A <grey> field" in text  # of a question that was not answered
    assert "1 more take" in text
    assert "checked" in text
    report = get(backend, f"/interviews/{talk.interview_id}/report.json").json()
    assert report["answers"][0]["media"] == {
        "kind": "sound",
        "media_type": "audio/ogg",
        "sha256": sha256_hex(SOUND),
        "seconds": pytest.approx(11, abs=4),
        "text": "A customer calls",
    }


def test_a_picture_of_an_answered_question_is_printed(backend: Served) -> None:
    talk = Talk(backend.enrol(), invite(backend.hr, "李四", phone="13900139000"))
    talk.started(kit_version=2)
    talk.spoken(talk.seal(b"a recording"))
    talk.put_all()
    pdf = get(backend, f"/interviews/{talk.interview_id}/report.pdf").content
    assert b"/Width 320" in pdf
    assert b"/Height 200" in pdf


def test_the_kits_page_shows_kind_weights_files_and_languages(backend: Served) -> None:
    text = get(backend, "/kits/test").text
    for said in ("Recruitment", "100 % of the whole", "A customer calls", f"/kits/files/{sha256_hex(PICTURE)}"):
        assert said in text
    assert kit_files.stored_file(backend.hr, sha256_hex(PICTURE)).media_type == "image/png"
