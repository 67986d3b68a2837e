"""The files of kits come with the kits: in pieces, going on after a cut, believed only by their hash."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.interview.views import KitsChanged
from app.sync.enrolment import enroll
from app.sync.kit_files import PIECE
from backend.services import devices, kit_files
from backend.services.kits import add_kit
from contract.errors import ErrorCode, XudaError
from contract.kit import Kit
from tests.backend.world import COMMAND_LINE, KIT, Served, served
from tests.support import kit_media
from tests.sync.device import Device, WrongClock
from tests.sync.faults import Answer, Asked, FaultyFront, Handle, lose_reply, running

SECONDS = 60


@pytest.fixture(scope="module")
def hr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("hr")
    with served(folder / "data") as found:
        (folder / "s.wav").write_bytes(kit_media.wav(folder, seconds=SECONDS))
        publish(found, folder, "s.wav")
        yield found


def publish(hr: Served, folder: Path, name: str) -> Kit:
    media = f"prompt: Say something, media: {{file: {name}, text: A tone}}"
    return add_kit(
        hr.hr, COMMAND_LINE, KIT.replace("prompt: Say something", media).encode(), kit_files.beside(folder)
    ).kit


@pytest.fixture
def booth(hr: Served, tmp_path: Path) -> Iterator[Device]:
    device = Device(tmp_path / "booth", WrongClock())
    enroll(hr.url, devices.new_enrolment_code(hr.hr, COMMAND_LINE), "Booth 1", device)
    yield device
    device.close()


@pytest.fixture
def front(hr: Served) -> Iterator[FaultyFront]:
    with running(FaultyFront(hr.url)) as front:
        yield front


def test_a_kit_is_whole_after_the_first_contact_and_says_so(hr: Served, booth: Device, tmp_path: Path) -> None:
    booth.make_engine(patience=10).run_until_idle(30)
    kit = booth.shelf.kit("test")
    assert booth.shelf.files.missing(kit) == []
    assert booth.shelf.files.read(kit.files[0]) == kit_media.wav(tmp_path, seconds=SECONDS)
    assert booth.news.count(KitsChanged()) == 1  # type: ignore[arg-type]


def test_after_a_cut_it_goes_on_where_it_was(hr: Served, booth: Device, front: FaultyFront) -> None:
    asked: list[str] = []

    def cut_each_once(request: Asked, handle: Handle) -> Answer:
        wanted = request.headers["range"]
        asked.append(wanted)
        return lose_reply(request, handle) if asked.count(wanted) == 1 else handle(request)

    front.fail("/v1/kit-files/", cut_each_once)
    booth.make_engine(url=front.url, patience=10).run_until_idle(30)
    assert booth.shelf.files.missing(booth.shelf.kit("test")) == []
    starts = [int(line.removeprefix("bytes=").split("-")[0]) for line in asked]
    pieces = -(-kit_media.size_of_wav(SECONDS) // PIECE)
    assert starts == [start for start in range(0, pieces * PIECE, PIECE) for _ in range(2)]


def test_wrong_bytes_are_never_shown_and_are_fetched_again(hr: Served, booth: Device, front: FaultyFront) -> None:
    spoilt: list[str] = []

    def spoil_first(request: Asked, handle: Handle) -> Answer:
        answer = handle(request)
        if not spoilt:
            spoilt.append(request.line)
            answer.body = b"x" + answer.body[1:]
        return answer

    front.fail("/v1/kit-files/", spoil_first)
    booth.make_engine(url=front.url, patience=10).run_until_idle(30)
    assert booth.shelf.files.missing(booth.shelf.kit("test")) == []
    assert front.lines("kit-files").count(spoilt[0]) > 1


def test_a_file_that_is_damaged_here_is_not_shown_and_comes_again(hr: Served, booth: Device) -> None:
    engine = booth.make_engine(patience=10)
    engine.run_until_idle(30)
    file = booth.shelf.kit("test").files[0]
    path = booth.folder / "data" / "kit-files" / file.sha256
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"x")
    with pytest.raises(XudaError) as caught:
        booth.shelf.files.read(file)
    assert caught.value.code is ErrorCode.KIT_MEDIA_DAMAGED
    engine.run_until_idle(30)
    assert booth.shelf.files.read(file) == content


def test_the_version_before_serves_until_the_new_one_is_whole(
    hr: Served, booth: Device, front: FaultyFront, tmp_path: Path
) -> None:
    engine = booth.make_engine(url=front.url, patience=10)
    engine.run_until_idle(30)
    before = booth.shelf.kit("test")
    (tmp_path / "p.png").write_bytes(kit_media.png())
    fresh = publish(hr, tmp_path, "p.png")
    front.fail("/v1/kit-files/", lambda request, handle: lose_reply(request, handle))
    engine._upkeep.bootstrap_due = 0.0
    engine.run_until_idle(3)
    assert booth.shelf.kit("test") == before
    assert [kit.version for kit in booth.shelf.kits()] == [before.version]
    front.heal()
    engine.run_until_idle(30)
    assert booth.shelf.kit("test").version == fresh.version
    engine.run_until_idle(30)
    kept = {path.name for path in (booth.folder / "data" / "kit-files").iterdir()}
    assert kept == {file.sha256 for file in fresh.files}
