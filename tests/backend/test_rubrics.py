"""Rubrics of kits: in and out with the kit's file, checked with field and line, and never on a device."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from sqlalchemy import select

from backend.db.models import KitRow, RubricRow
from backend.runtime import Runtime
from backend.services import rubrics
from backend.services.kits import add_kit, stored_kit
from backend.services.rubric import Rubric, default_for, measured, total, weights
from backend.services.score_sheets import sheet_of
from contract.envelope import Envelope
from contract.errors import ErrorCode, XudaError
from tests.backend.test_kits import KIT
from tests.backend.world import COMMAND_LINE, Served, organisation

LEVELS = "{1: none, 2: little, 3: some, 4: much, 5: all}"
RUBRIC = f"""\
rubric:
  general:
    - dimension_id: clarity
      title: Clarity
      levels: {LEVELS}
  questions:
    - question_id: q1
      dimensions:
        - dimension_id: depth
          title: {{zh_CN: 深度, en: Depth}}
          weight: 3
          key_points:
            - {{text: zq-secret-point, synonyms: [secret, hidden]}}
          levels: {{1: {{zh_CN: 无, en: none}}, 2: two, 3: three, 4: four, 5: five}}
        - dimension_id: breadth
          title: Breadth
          levels: {LEVELS}
"""


@pytest.fixture
def hr(tmp_path: Path) -> Iterator[Runtime]:
    found = organisation(tmp_path / "data")
    yield found
    found.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """For rubrics that are refused: nothing is stored."""
    found = organisation(tmp_path_factory.mktemp("hr") / "data")
    yield found
    found.close()


def publish(hr: Runtime, text: str) -> rubrics.RubricView:
    kit = add_kit(hr, COMMAND_LINE, text.encode()).kit
    return rubrics.shown(hr, COMMAND_LINE, kit)


def test_a_rubric_stays_at_hr_and_the_signed_kit_says_nothing_of_it(hr: Runtime) -> None:
    with_rubric = publish(hr, KIT + RUBRIC)
    assert with_rubric.revision == 1
    with hr.db.read() as session:
        row = session.get_one(KitRow, ("sales", 1))
    payload = Envelope.from_bytes(row.envelope).payload_bytes
    assert "rubric" not in json.loads(payload)
    assert b"zq-secret-point" not in payload


def test_what_devices_get_holds_no_rubric(own_backend: Served) -> None:
    add_kit(
        own_backend.hr,
        COMMAND_LINE,
        KIT.replace("department_id: sales", "department_id: rd").encode() + RUBRIC.encode(),
    )
    answer = own_backend.enrol().call("GET", "/v1/bootstrap")
    assert answer.status_code == 200
    payloads = [Envelope.model_validate(kit).payload_bytes for kit in answer.json()["kits"]]
    assert any(b'"sales"' in payload for payload in payloads)
    assert not [payload for payload in payloads if b"zq-secret-point" in payload or b"rubric" in payload]


def test_a_kit_and_its_rubric_come_back_as_the_file_that_publishes_them(hr: Runtime) -> None:
    publish(hr, KIT + RUBRIC)
    written = rubrics.kit_file(hr, COMMAND_LINE, "sales")
    again = add_kit(hr, COMMAND_LINE, written)
    assert (again.new, again.rubric_new) == (False, False)
    assert "深度" in written.decode()
    changed = add_kit(hr, COMMAND_LINE, written.replace("深度".encode(), "深入".encode()))
    assert (changed.new, changed.rubric_new, changed.kit.version) == (False, True, 1)
    assert rubrics.shown(hr, COMMAND_LINE, changed.kit).revision == 2


def test_a_kit_without_a_rubric_is_rated_by_general_dimensions(hr: Runtime) -> None:
    found = publish(hr, KIT)
    assert (found.revision, found.rubric_id) == (0, None)
    with hr.db.read() as session:
        kit = stored_kit(session, "sales")
    rated = {question.question_id for question, _, _ in weights(kit, found.rubric)}
    assert rated == {"q1"}  # the other one is a choice
    for dimension in found.rubric.general:
        assert {"zh_CN", "en"} <= dimension.title.keys()
        assert all({"zh_CN", "en"} <= words.keys() for words in dimension.levels.values())


def test_a_kit_of_choices_alone_is_rated_too(hr: Runtime) -> None:
    start, _, rest = KIT.partition("      - question_id: q1")
    kit = add_kit(
        hr, COMMAND_LINE, (start + "      - question_id: q2" + rest.partition("      - question_id: q2")[2]).encode()
    ).kit
    assert default_for(kit).rates_something(kit)


def test_the_next_version_goes_on_with_the_rubric_of_the_questions_it_still_asks(hr: Runtime) -> None:
    publish(hr, KIT + RUBRIC)
    same = publish(hr, KIT.replace("Who are you?", "Who are you really?"))
    assert [own.question_id for own in same.rubric.questions] == ["q1"]
    renamed = publish(hr, KIT.replace("question_id: q1", "question_id: q9"))
    assert (renamed.rubric.questions, len(renamed.rubric.general)) == ([], 1)
    with hr.db.read() as session:
        versions = list(session.scalars(select(RubricRow.version).order_by(RubricRow.version)))
    assert versions == [1, 2, 3]


@pytest.mark.parametrize(
    ("change", "field", "line", "says"),
    [
        (("weight: 3", "weight: 0"), "rubric.questions.0.dimensions.0.weight", 11, "more than 0"),
        (("weight: 3", "weight: yes"), "rubric.questions.0.dimensions.0.weight", 11, "number"),
        (("weight: 3", "weight: .inf"), "rubric.questions.0.dimensions.0.weight", 11, "at most 100"),
        ((", 4: four", ""), "rubric.questions.0.dimensions.0.levels", 14, "level 4 is missing"),
        (("5: five}", "5: five, 6: six}"), "rubric.questions.0.dimensions.0.levels", 14, "1 to 5"),
        (("zh_CN: 无, en: none", "zh_CN: 无"), "rubric.questions.0.dimensions.0.levels", 14, "level 1"),
        (("question_id: q1\n      dim", "question_id: q7\n      dim"), "rubric.questions.0.question_id", 7, "q7"),
        (("dimension_id: breadth", "dimension_id: depth"), "rubric.questions.0.dimensions", 8, "depth is used twice"),
        (("title: Breadth", "titel: Breadth"), "rubric.questions.0.dimensions.1.title", 15, "required"),
        (
            ("weight: 3", "weight: 3\n          measures: {beauty: 1}"),
            "rubric.questions.0.dimensions.0.measures",
            12,
            "beauty",
        ),
        (
            ("weight: 3", "weight: 3\n          measures: {pace: 0}"),
            "rubric.questions.0.dimensions.0.measures",
            12,
            "one",
        ),
        (
            ("weight: 3", "weight: 3\n          measures: {pace: -1}"),
            "rubric.questions.0.dimensions.0.measures",
            12,
            "0 to",
        ),
        (("title: Clarity", "title: {zh_CN: 清晰}"), "rubric.general.0.title", 4, "zh_CN and en"),
    ],
)
def test_a_mistake_is_named_with_its_field_and_line(
    shared: Runtime, change: tuple[str, str], field: str, line: int, says: str
) -> None:
    assert change[0] in RUBRIC
    with pytest.raises(XudaError) as caught:
        add_kit(shared, COMMAND_LINE, (KIT + RUBRIC.replace(*change, 1)).encode())
    assert caught.value.code is ErrorCode.KIT_INVALID
    above = KIT.count("\n")
    assert (caught.value.field, caught.value.row) == (field, above + line)
    assert says in str(caught.value.params["detail"])


def test_a_rubric_that_rates_nothing_is_refused(shared: Runtime) -> None:
    with pytest.raises(XudaError) as caught:
        add_kit(shared, COMMAND_LINE, (KIT + "rubric: {general: []}\n").encode())
    assert caught.value.field == "rubric"


def test_the_total_is_the_weighted_mean_of_what_was_rated(hr: Runtime) -> None:
    """One stage, two questions of weight 1: q1 with depth (3) and breadth (1), q2 not rated."""
    view = publish(hr, KIT + RUBRIC)
    with hr.db.read() as session:
        kit = stored_kit(session, "sales")
    shares = {(q.question_id, d.dimension_id): share for q, d, share in weights(kit, view.rubric)}
    assert shares == {("q1", "depth"): pytest.approx(3 / 8), ("q1", "breadth"): pytest.approx(1 / 8)}
    assert total(kit, view.rubric, {}) is None
    assert total(kit, view.rubric, {("q1", "depth"): 5}) == 100
    assert total(kit, view.rubric, {("q1", "depth"): 4, ("q1", "breadth"): 1}) == pytest.approx(60)
    every = [total(kit, view.rubric, dict.fromkeys(shares, level)) for level in (1, 2, 3, 4, 5)]
    assert every == [0, 40, 60, 80, 100]


def test_weights_of_measures_go_in_and_out_and_to_the_score_sheet(hr: Runtime) -> None:
    own = RUBRIC.replace("weight: 3", "weight: 3\n          measures: {content: 60, order: 20}")
    view = publish(hr, KIT + own)
    depth, breadth = view.rubric.questions[0].dimensions
    assert measured(depth) == {"content": 75, "order": 25}
    assert sum(measured(breadth).values()) == pytest.approx(100)
    assert "content" not in measured(breadth)  # it has no key points
    with hr.db.read() as session:
        kit = stored_kit(session, "sales")
    text, revision = rubrics.written(hr, COMMAND_LINE, kit)
    assert yaml.safe_load(text)["rubric"]["questions"][0]["dimensions"][0]["measures"] == {"content": 60, "order": 20}
    first = sheet_of(kit, view)
    assert first.questions[0].dimensions[0].measures == {"content": 60, "order": 20}
    assert first.questions[0].dimensions[1].measures == {}
    assert rubrics.replace(hr, COMMAND_LINE, "sales", 1, revision, text.replace("content: 60", "content: 10"))
    assert sheet_of(kit, rubrics.shown(hr, COMMAND_LINE, kit)).digest != first.digest


def test_a_rubric_survives_being_stored(hr: Runtime) -> None:
    view = publish(hr, KIT + RUBRIC)
    assert Rubric.model_validate_json(view.rubric.model_dump_json()) == view.rubric


def test_a_rubric_is_changed_by_hand_without_a_new_kit_and_not_over_somebody_elses(hr: Runtime) -> None:
    publish(hr, KIT + RUBRIC)
    with hr.db.read() as session:
        kit = stored_kit(session, "sales")
    text, revision = rubrics.written(hr, COMMAND_LINE, kit)
    assert revision == 1
    assert not rubrics.replace(hr, COMMAND_LINE, "sales", 1, 1, text), "the same again is no new revision"
    assert rubrics.replace(hr, COMMAND_LINE, "sales", 1, 1, text.replace("深度", "深入"))
    assert rubrics.shown(hr, COMMAND_LINE, kit).revision == 2
    with hr.db.read() as session:
        assert stored_kit(session, "sales").version == 1
    for stale in (0, 1, 3):
        with pytest.raises(XudaError) as caught:
            rubrics.replace(hr, COMMAND_LINE, "sales", 1, stale, text)
        assert (caught.value.code, caught.value.field) == (ErrorCode.CONFLICT, "rubric")
    for wrong, field in (("kit_id: x\n" + text, "kit_id"), ("rubric: 5", "rubric"), ("x", None), ("{}", "rubric")):
        with pytest.raises(XudaError) as caught:
            rubrics.replace(hr, COMMAND_LINE, "sales", 1, 2, wrong)
        assert (caught.value.code, caught.value.field) == (ErrorCode.KIT_INVALID, field)
