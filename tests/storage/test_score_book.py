"""What a device scores by: there only while HR lets it, newer revisions only, sealed on the disk."""

from __future__ import annotations

import pytest

from app.interview.score_basis import ScoreBasis
from contract.api import ScoreSheets
from contract.canonical import sha256_hex
from contract.envelope import Envelope, sign
from contract.errors import ErrorCode, XudaError
from contract.keys import SigningKey
from contract.scoresheet import ScoreSheet, SheetDimension, SheetPoint, SheetQuestion
from tests.security.residue import needles
from tests.storage.office import Device, Office, make_kit
from tests.storage.test_settings_book import bring, document

POINT = "要点 planted key point zx77"
KIT = make_kit()


def sheet(revision: int = 1, point: str = POINT, version: int = 1, **models: str) -> ScoreSheet:
    dimension = SheetDimension(dimension_id="d", title={"": "D"}, key_points=[SheetPoint(text={"": point})])
    question = SheetQuestion(question_id="q1", dimensions=[dimension])
    return ScoreSheet(
        kit_id="engineer", kit_version=version, revision=revision, questions=[question], models=dict(models)
    )


def allow(device: Device, version: int = 1, **settings: object) -> None:
    assert bring(device, document(device.office, version, **{"scoring": True, **settings})) == []


def take(device: Device, *sheets: ScoreSheet, key: SigningKey | None = None, **models: int) -> list[str]:
    envelopes: list[Envelope] = [sign(one, key or device.office.key) for one in sheets]
    reply = ScoreSheets(mark=sha256_hex(repr(sheets).encode()), sheets=envelopes, models=dict(models))
    return device.shelf.scores.take(reply, device.enrolments.need().organisation_keys)


def basis(device: Device) -> ScoreBasis | None:
    return device.shelf.scores.basis(KIT)


def revision(device: Device) -> int | None:
    found = basis(device)
    return found.sheet.revision if found else None


def lying_about(device: Device) -> list[str]:
    """Files of the data folder in which the key point can be read, in any encoding."""
    return [name for name, content in device.files().items() for _, needle in needles(POINT) if needle in content]


def test_without_the_setting_nothing_is_kept(device: Device) -> None:
    assert take(device, sheet()) == []
    assert (basis(device), device.shelf.scores.mark) == (None, "")


def test_what_is_kept_is_sealed_and_holds_after_a_restart(device: Device, office: Office) -> None:
    allow(device)
    take(device, sheet())
    assert revision(device) == 1
    assert lying_about(device) == []
    folder = device.data.parent
    device.storage.close()
    assert lying_about(device) == []
    with Device(folder, office) as again:
        found = basis(again)
    assert found is not None
    assert found.sheet == sheet()


def test_the_search_finds_a_key_point_that_is_not_sealed(device: Device) -> None:
    (device.data / "left-behind").write_text(f"… {POINT} …", "utf-8")
    assert lying_about(device) == ["left-behind"]


@pytest.mark.parametrize("newer", [2, 9])
def test_an_older_revision_never_takes_the_place_of_a_newer_one(device: Device, newer: int) -> None:
    allow(device)
    take(device, sheet(newer))
    take(device, sheet(newer - 1, "older"))
    assert revision(device) == newer
    take(device, sheet(newer, "the same revision as HR has it now"))
    assert basis(device).sheet.questions[0].dimensions[0].key_points[0].text[""].startswith("the same")  # type: ignore[union-attr]


def test_a_strangers_sheet_is_refused_and_asked_for_again(device: Device) -> None:
    allow(device)
    take(device, sheet(3))
    assert take(device, sheet(4), key=SigningKey.generate()) == [ErrorCode.KEY_UNKNOWN]
    assert (revision(device), device.shelf.scores.mark) == (3, "")


def test_all_goes_when_hr_takes_the_setting_back(device: Device) -> None:
    allow(device)
    take(device, sheet())
    allow(device, 2, scoring=False)
    assert (basis(device), device.shelf.scores.mark) == (None, "")
    assert device.database.call(lambda db: db["score_sheets"].count) == 0


def test_all_goes_when_hr_revokes_the_device(device: Device) -> None:
    allow(device)
    take(device, sheet())
    device.shelf.note_revoked()
    assert basis(device) is None
    assert device.database.call(lambda db: db["score_sheets"].count) == 0


def test_what_hr_names_no_longer_goes_but_for_interviews_that_can_still_be_printed(device: Device) -> None:
    allow(device)
    take(device, sheet())
    interview = device.begin()
    take(device, sheet(version=2))
    assert revision(device) == 1
    device.store.withdraw(interview.interview_id, None)
    take(device, sheet(version=2))
    assert basis(device) is None


def test_a_sheet_that_was_put_in_anothers_place_is_not_read(device: Device) -> None:
    allow(device)
    take(device, sheet(), sheet(version=2, point="another"))

    def swap(db: object) -> None:
        db.execute(  # type: ignore[attr-defined]
            "UPDATE score_sheets SET sealed = (SELECT sealed FROM score_sheets WHERE kit_version = 2) "
            "WHERE kit_version = 1"
        )

    device.database.transaction(swap)
    assert basis(device) is None
    assert device.shelf.scores.mark == "", "all is fetched again"


def test_learned_models_are_wanted_by_their_hash_until_they_are_whole(device: Device) -> None:
    content = b"numbers" * 500
    name = sha256_hex(content)
    allow(device)
    take(device, sheet(zh=name), **{name: len(content)})
    [file] = device.shelf.scores.wanted_models()
    assert (file.sha256, file.size) == (name, len(content))
    found = basis(device)
    assert found is not None
    with pytest.raises(XudaError) as missing:
        found.read_model("zh")
    assert missing.value.code is ErrorCode.KIT_MEDIA_DAMAGED
    assert device.shelf.scores.files.add(file, 0, content)
    assert found.read_model("zh") == content
    assert device.shelf.scores.wanted_models() == []
    take(device, sheet(2))
    device.shelf.scores.wanted_models()
    assert not device.shelf.scores.files.there(file)
