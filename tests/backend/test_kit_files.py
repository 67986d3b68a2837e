"""Pictures and sounds of kits: decoded before they are signed, given to devices in pieces, shown to readers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from backend.runtime import Runtime
from backend.services import deletion, kit_files
from backend.services.kits import AddedKit, add_kit
from backend.services.media_check import Unusable, examine
from contract.api import request_token
from contract.canonical import sha256_hex
from contract.errors import ErrorCode, XudaError
from contract.kit_media import MediaKind
from tests.backend.test_kits import KIT
from tests.backend.world import COMMAND_LINE, Booth, Served, Talk, invite, organisation, served
from tests.support import kit_media


@pytest.fixture
def hr(tmp_path: Path) -> Iterator[Runtime]:
    found = organisation(tmp_path / "data")
    yield found
    found.close()


def with_media(tmp_path: Path, name: str, content: bytes, more: str = "") -> str:
    (tmp_path / name).write_bytes(content)
    media = f"        media:\n          file: {name}\n          text: {{zh_CN: 说明, en: What it is}}\n{more}"
    return KIT.replace("        prompt: Who are you?\n", f"        prompt: Who are you?\n{media}")


def add(hr: Runtime, tmp_path: Path, text: str) -> AddedKit:
    return add_kit(hr, COMMAND_LINE, text.encode(), kit_files.beside(tmp_path))


def refusal(hr: Runtime, tmp_path: Path, text: str) -> XudaError:
    with pytest.raises(XudaError) as caught:
        add(hr, tmp_path, text)
    assert caught.value.code is ErrorCode.KIT_INVALID
    return caught.value


def test_what_a_file_is_follows_from_its_content_not_from_its_name(tmp_path: Path) -> None:
    known = {
        "image/png": kit_media.png(),
        "image/jpeg": kit_media.jpeg(),
        "audio/wav": kit_media.wav(tmp_path),
        "audio/ogg": kit_media.ogg(),
        "video/mp4": kit_media.film(tmp_path),
    }
    assert {name: examine(content).media_type for name, content in known.items()} == {name: name for name in known}
    assert (examine(known["image/png"]).width, examine(known["image/png"]).height) == (64, 48)
    assert examine(known["audio/wav"]).seconds == pytest.approx(1.0, abs=0.1)
    assert examine(known["video/mp4"]).seconds == pytest.approx(1.0, abs=0.2)


def test_what_cannot_be_decoded_whole_is_refused(tmp_path: Path) -> None:
    sound, film = kit_media.ogg(), kit_media.film(tmp_path, seconds=3)
    for content in (b"", b"hello", b"<svg/>", b"\x89PNG\r\n\x1a\n" + bytes(100), sound[:40], film[: len(film) // 2]):
        with pytest.raises(Unusable):
            examine(content)
    with pytest.raises(Unusable, match="pixels"):
        examine(kit_media.png(10_000, 5_000))


def test_a_kit_takes_its_files_along_by_hash(hr: Runtime, tmp_path: Path) -> None:
    picture = kit_media.png()
    kit = add(hr, tmp_path, with_media(tmp_path, "p.png", picture)).kit
    media = kit.question("q1").media
    assert media is not None
    assert (media.sha256, media.kind, media.size) == (sha256_hex(picture), MediaKind.PICTURE, len(picture))
    assert [file.sha256 for file in kit.files] == [media.sha256]
    assert kit_files.read_whole(hr, media.sha256) == picture


def test_the_same_kit_with_the_same_files_is_no_new_version(hr: Runtime, tmp_path: Path) -> None:
    text = with_media(tmp_path, "p.png", kit_media.png())
    assert add(hr, tmp_path, text).new
    assert not add(hr, tmp_path, text).new
    assert add(hr, tmp_path, with_media(tmp_path, "p.png", kit_media.png(shade=90))).kit.version == 2


def test_a_spoken_version_belongs_to_a_question_and_a_language(hr: Runtime, tmp_path: Path) -> None:
    (tmp_path / "q1.wav").write_bytes(kit_media.wav(tmp_path))
    spoken = "        prompt: Who are you?\n        read_aloud: {zh_CN: q1.wav}\n"
    kit = add(hr, tmp_path, KIT.replace("        prompt: Who are you?\n", spoken)).kit
    assert kit.question("q1").read_aloud["zh_CN"].seconds == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(
    ("name", "more", "says"),
    [
        ("../outside.png", "", "outside the folder"),
        ("missing.png", "", "cannot be read"),
        ("p.txt", "", "none of the known types"),
        ("p.png", "          plays: 2\n", "only a sound or video is played"),
    ],
)
def test_a_mistake_with_a_file_is_told_with_its_line(
    hr: Runtime, tmp_path: Path, name: str, more: str, says: str
) -> None:
    (tmp_path.parent / "outside.png").write_bytes(kit_media.png())
    text = with_media(tmp_path, "p.png", kit_media.png(), more).replace("file: p.png", f"file: {name}")
    (tmp_path / "p.txt").write_text("not a picture")
    error = refusal(hr, tmp_path, text)
    assert says in str(error.params["detail"])
    assert error.row is not None
    assert "media" in text.splitlines()[error.row - 2] + text.splitlines()[error.row - 1]


def test_a_picture_needs_words_for_those_who_do_not_see_it(hr: Runtime, tmp_path: Path) -> None:
    text = with_media(tmp_path, "p.png", kit_media.png())
    for wrong in ("          text: {zh_CN: 说明, en: What it is}\n", "{zh_CN: 说明, en: What it is}"):
        error = refusal(hr, tmp_path, text.replace(wrong, "" if wrong.startswith(" ") else '{zh_CN: " "}'))
        assert error.field is not None
        assert "media" in error.field


def test_stages_go_from_easy_to_hard(hr: Runtime, tmp_path: Path) -> None:
    questions = "    questions: [{{question_id: x, kind: text, prompt: y}}]\n"
    second = "  - stage_id: two\n    title: Two\n    difficulty: {n}\n" + questions
    first = KIT.replace("    title: One\n", "    title: One\n    difficulty: 3\n")
    assert refusal(hr, tmp_path, first + second.format(n=2)).field == "stages"
    kit = add(hr, tmp_path, first + second.format(n=4)).kit
    assert [stage.difficulty for stage in kit.stages] == [3, 4]
    assert kit.share(kit.stages[0]) == 0.5


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    with served(folder / "data") as running:
        sound = kit_media.wav(folder, seconds=60)
        (folder / "s.wav").write_bytes(sound)
        text = with_media(folder, "s.wav", sound)
        add_kit(running.hr, COMMAND_LINE, text.encode(), kit_files.beside(folder))
        yield running


def test_a_device_fetches_a_file_in_parts_that_fit_together(backend: Served, tmp_path: Path) -> None:
    sound = kit_media.wav(tmp_path, seconds=60)
    path = f"/v1/kit-files/{sha256_hex(sound)}"
    booth = backend.enrol()
    got = bytearray()
    while len(got) < len(sound):
        answer = part(backend, booth, path, f"bytes={len(got)}-{len(got) + 699_999}")
        assert answer.status_code == 206
        assert answer.headers["Content-Range"] == f"bytes {len(got)}-{len(got) + len(answer.content) - 1}/{len(sound)}"
        got += answer.content
    assert bytes(got) == sound
    assert part(backend, booth, path, f"bytes={len(sound)}-").status_code == 416


def part(backend: Served, booth: Booth, path: str, wanted: str) -> requests.Response:
    token = request_token(booth.key, booth.device_id, booth.now(), method="GET", path=path)
    headers = {"Authorization": f"Bearer {token}", "Range": wanted}
    return requests.get(backend.url + path, headers=headers, timeout=20)


def test_a_stranger_gets_no_file_of_a_kit(backend: Served, tmp_path: Path) -> None:
    sound = kit_media.wav(tmp_path, seconds=60)
    assert requests.get(f"{backend.url}/v1/kit-files/{sha256_hex(sound)}", timeout=20).status_code == 401
    answer = requests.get(f"{backend.url}/kits/files/{sha256_hex(sound)}", allow_redirects=False, timeout=20)
    assert answer.status_code == 303


def test_a_file_goes_when_no_kit_in_use_names_it_any_more(backend: Served, booth: Booth, tmp_path: Path) -> None:
    hr, clock = backend.hr, backend.clock
    files = []
    for shade in (10, 20, 30):
        picture = kit_media.png(shade=shade)
        files.append(sha256_hex(picture))
        text = with_media(tmp_path, "p.png", picture).replace("kit_id: sales", "kit_id: test")
        kit = add(hr, tmp_path, text).kit
        if shade == 10:
            talk = Talk(booth, invite(hr, "somebody"))
            talk.started(kit_version=kit.version)
            talk.put_all()
        clock.ahead += timedelta(days=2)

    def here() -> list[bool]:
        kit_files.prune(hr)
        with hr.db.read() as session:
            return [digest not in kit_files.missing(session, set(files)) for digest in files]

    assert here() == [True, True, True], "interviews may still come from the batch that was open to all of them"
    clock.ahead += timedelta(days=200)
    assert here() == [True, False, True], "an interview was held with the first, and the last is the newest"
    deletion.delete_interview(hr, COMMAND_LINE, talk.interview_id)
    assert here() == [False, False, True]
    assert kit_files.read_whole(hr, files[2]) == kit_media.png(shade=30)
