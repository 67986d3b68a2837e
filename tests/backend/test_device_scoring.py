"""What devices get to score by: those alone that HR's settings let, signed, anew when it is another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assessment.embeddings import Embedders
from assessment.learned import from_bytes_by_language, to_bytes_by_language
from backend.services import audit_search, device_settings, devices, model_publishing, score_models
from backend.services.assessing import train_table
from backend.services.kits import add_kit
from contract.api import Problem, ScoreSheets
from contract.canonical import sha256_hex
from contract.envelope import open_envelope
from contract.errors import ErrorCode
from contract.scoresheet import ScoreSheet
from tests.assessment.test_learning import ratings_table
from tests.backend.world import COMMAND_LINE, KIT, Booth, Served, served

SECRET = "zq-secret-point"
RUBRIC = """
rubric:
  general:
    - dimension_id: problem_solving
      title: {zh_CN: 问题解决, en: Problem solving}
      key_points:
        - {text: {en: SECRET names the cause first}, synonyms: [root cause]}
      levels: {1: level-words guesses, 2: two, 3: three, 4: four, 5: level-words measures first}
"""
PATH = "/v1/score-sheets"


def publish(hr: Served, point: str) -> None:
    add_kit(hr.hr, COMMAND_LINE, (KIT + RUBRIC.replace("SECRET", point)).encode())


@contextmanager
def open_office(folder: Path) -> Iterator[Served]:
    """A kit with a rubric."""
    with served(folder / "data") as found:
        publish(found, SECRET)
        yield found


@pytest.fixture
def hr(tmp_path: Path) -> Iterator[Served]:
    with open_office(tmp_path) as found:
        yield found


def publish_model(hr: Served) -> bytes:
    """The file of a learned model that counts from now on."""
    learned, _ = train_table(ratings_table(30), Embedders(None), "now")
    data = to_bytes_by_language(learned)
    [model] = score_models.take_in(hr.hr, COMMAND_LINE, data, "test")
    model_publishing.publish(hr.hr, COMMAND_LINE, model, "the first one", anyway=True)
    return data


def let(hr: Served, layer: str = "all", **values: object) -> None:
    device_settings.save(hr.hr, COMMAND_LINE, layer, {"scoring": True, **values})


def asked(booth: Booth, known: str = "") -> ScoreSheets:
    answer = booth.call("GET", f"{PATH}?known={known}" if known else PATH)
    assert answer.status_code == 200, answer.text
    return ScoreSheets.read(answer.content)


def opened(booth: Booth, reply: ScoreSheets) -> dict[str, ScoreSheet]:
    found = [open_envelope(one, ScoreSheet, booth.organisation_keys) for one in reply.sheets or ()]
    return {sheet.kit_id: sheet for sheet in found}


def refused(booth: Booth) -> ErrorCode | str:
    answer = booth.call("GET", PATH)
    assert SECRET not in answer.text
    return Problem.read(answer.content).code


def test_a_device_that_nobody_lets_score_is_given_nothing(hr: Served) -> None:
    booth = hr.enrol()
    assert refused(booth) is ErrorCode.FORBIDDEN
    let(hr, device_settings.device_layer(hr.enrol("another").device_id))
    assert refused(booth) is ErrorCode.FORBIDDEN
    let(hr)
    assert opened(booth, asked(booth))
    let(hr, device_settings.device_layer(booth.device_id), scoring=False)
    assert refused(booth) is ErrorCode.FORBIDDEN


def test_a_revoked_device_is_given_nothing_whatever_is_set(hr: Served) -> None:
    booth = hr.enrol()
    let(hr)
    assert opened(booth, asked(booth))
    devices.revoke(hr.hr, COMMAND_LINE, booth.device_id)
    assert refused(booth) is ErrorCode.DEVICE_REVOKED


def test_a_sheet_is_the_machines_part_of_the_rubric_signed_like_a_kit(hr: Served) -> None:
    booth = hr.enrol()
    let(hr)
    reply = asked(booth)
    sheet = opened(booth, reply)["test"]
    assert (sheet.kit_version, sheet.revision) == (1, 1)
    assert {one.question_id for one in sheet.questions} == {"q1", "q2"}
    [point] = sheet.questions[0].dimensions[0].key_points
    assert SECRET in point.text["en"]
    assert "level-words" not in reply.model_dump_json()


def test_what_is_known_is_not_sent_again_and_another_rubric_is(hr: Served) -> None:
    booth = hr.enrol()
    let(hr)
    first = asked(booth)
    same = asked(booth, first.mark)
    assert (same.mark, same.sheets) == (first.mark, None)
    publish(hr, "another point")
    changed = asked(booth, first.mark)
    assert changed.mark != first.mark
    assert opened(booth, changed)["test"].revision == 2


def test_each_handing_out_is_in_the_audit_log(hr: Served) -> None:
    booth = hr.enrol()
    let(hr)
    mark = asked(booth).mark
    asked(booth, mark)
    found = [row for row in audit_search.rows(hr.hr, COMMAND_LINE)[0] if row.action == "score_sheets"]
    assert [(row.actor, row.detail["mark"]) for row in found] == [(f"device:{booth.device_id}", mark)]
    assert SECRET not in str(found[0].detail)


def test_a_learned_model_that_counts_is_named_and_given_to_those_who_may(hr: Served) -> None:
    booth = hr.enrol()
    let(hr)
    before = asked(booth)
    data = publish_model(hr)
    reply = asked(booth, before.mark)
    [name] = opened(booth, reply)["test"].models.values()
    assert reply.models == {name: len(model_bytes(booth, name))}
    assert sha256_hex(model_bytes(booth, name)) == name
    assert from_bytes_by_language(model_bytes(booth, name)).keys() == from_bytes_by_language(data).keys()
    assert booth.call("GET", f"/v1/score-models/{'0' * 64}").status_code == 404
    let(hr, device_settings.device_layer(booth.device_id), scoring=False)
    assert booth.call("GET", f"/v1/score-models/{name}").status_code == 403


def test_a_model_that_nobody_has_published_is_given_to_no_device(hr: Served) -> None:
    booth = hr.enrol()
    let(hr)
    learned, _ = train_table(ratings_table(30), Embedders(None), "now")
    [model] = score_models.take_in(hr.hr, COMMAND_LINE, to_bytes_by_language(learned), "test")
    name = score_models.one(hr.hr, COMMAND_LINE, model).sha256
    assert booth.call("GET", f"/v1/score-models/{name}").status_code == 404


def model_bytes(booth: Booth, name: str) -> bytes:
    answer = booth.call("GET", f"/v1/score-models/{name}")
    assert answer.status_code == 200, answer.text
    return answer.content
