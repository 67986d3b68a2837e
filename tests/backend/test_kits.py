"""Kits from YAML: signed, with growing versions, and every mistake with field and line."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from backend.db.models import KitRow
from backend.runtime import Runtime
from backend.services.kit_files import beside
from backend.services.kits import add_kit
from contract.envelope import Envelope, open_envelope
from contract.errors import ErrorCode, XudaError
from contract.kit import Kit, QuestionKind
from tests.backend.world import COMMAND_LINE, organisation

KIT = """\
kit_id: sales
department_id: sales
position: {zh_CN: 销售, en: Sales}
consent:
  version: "1"
  purpose: why
  full_text: all of it
  deletion: ask us
guide: speak freely
stages:
  - stage_id: one
    title: One
    questions:
      - question_id: q1
        kind: video
        prompt: Who are you?
        takes: 3
      - question_id: q2
        kind: single_choice
        prompt: Which one?
        choices: [a, b]
"""


@pytest.fixture
def hr(tmp_path: Path) -> Iterator[Runtime]:
    found = organisation(tmp_path / "data")
    yield found
    found.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """For kits that are refused: nothing is stored."""
    found = organisation(tmp_path_factory.mktemp("hr") / "data")
    yield found
    found.close()


def refused(hr: Runtime, text: str | bytes) -> XudaError:
    with pytest.raises(XudaError) as caught:
        add_kit(hr, COMMAND_LINE, text.encode() if isinstance(text, str) else text)
    return caught.value


def test_a_kit_is_signed_and_the_backend_fills_in_what_it_knows(hr: Runtime) -> None:
    added = add_kit(hr, COMMAND_LINE, KIT.encode())
    with hr.db.read() as session:
        row = session.get_one(KitRow, ("sales", 1))
    kit = open_envelope(Envelope.from_bytes(row.envelope), Kit, hr.vault.public_keys)
    assert kit == added.kit
    assert (kit.version, kit.encryption_key) == (1, hr.vault.encryption_key)
    assert (kit.organisation, kit.department) == ({"": "Test organisation"}, {"": "sales"})
    assert kit.position == {"zh_CN": "销售", "en": "Sales"}


def test_a_changed_kit_gets_the_next_version_and_the_same_one_none(hr: Runtime) -> None:
    def published(text: str) -> tuple[int, bool]:
        added = add_kit(hr, COMMAND_LINE, text.encode())
        return added.kit.version, added.new

    assert published(KIT) == (1, True)
    assert published(KIT) == (1, False)
    assert published("# a comment\n" + KIT) == (1, False)
    assert published(KIT.replace("takes: 3", "takes: 2")) == (2, True)
    assert published(KIT) == (3, True)
    assert published("version: 9\n" + KIT.replace("freely", "up")) == (9, True)
    assert published("version: 2\n" + KIT) == (10, True)


@pytest.mark.parametrize(
    ("old", "new", "field", "line"),
    [
        ("kind: video", "kind: hologram", "stages.0.questions.0.kind", 15),
        ("takes: 3", "takes: 0", "stages.0.questions.0.takes", 17),
        ("takes: 3", "takes: many", "stages.0.questions.0.takes", 17),
        ("takes: 3", "takes: yes", "stages.0.questions.0.takes", 17),
        ("takes: 3", "takes: '3'", "stages.0.questions.0.takes", 17),
        ("takes: 3", "tries: 3", "stages.0.questions.0.tries", 17),
        ("        prompt: Which one?\n", "", "stages.0.questions.1.prompt", 18),
        ("choices: [a, b]", "choices: [a]", "stages.0.questions.1", 18),
        ("question_id: q2", "question_id: q1", "stages", 10),
        ("question_id: q2", "question_id: q 2", "stages.0.questions.1.question_id", 18),
        ("department_id: sales", "department_id: nowhere", "department_id", 2),
        ("kit_id: sales", "kit_id: Über", "kit_id", 1),
        ('version: "1"', 'version: ["1"]', "consent.version", 5),
        ("guide: speak freely\n", "", "guide", 1),
    ],
)
def test_a_mistake_is_named_with_its_field_and_line(shared: Runtime, old: str, new: str, field: str, line: int) -> None:
    assert old in KIT
    error = refused(shared, KIT.replace(old, new))
    assert (error.code, error.field, error.row) == (ErrorCode.KIT_INVALID, field, line)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (KIT.replace("guide: speak freely", "guide: [speak"), 10),
        (KIT + "kit_id: again\n", 22),
        ("- a list\n", 1),
        ("", 1),
        ("just words", 1),
        (KIT + "tips: &x [a]\nfaq: *x\n", 22),
        (KIT + "tips: !!python/object/apply:os.system [ls]\n", None),
        (KIT.replace("position:", "position:\t", 1), 3),
    ],
)
def test_what_is_no_plain_yaml_mapping_is_refused_with_its_line(shared: Runtime, text: str, line: int | None) -> None:
    error = refused(shared, text)
    assert error.code is ErrorCode.KIT_INVALID
    if line is not None:
        assert error.row == line


def test_a_kit_in_another_encoding_is_refused(shared: Runtime) -> None:
    error = refused(shared, KIT.encode("gb18030"))
    assert (error.code, error.row) == (ErrorCode.FILE_ENCODING, 3)


def test_a_kit_with_a_byte_order_mark_is_read(hr: Runtime) -> None:
    assert add_kit(hr, COMMAND_LINE, b"\xef\xbb\xbf" + KIT.encode()).new


def test_a_refused_kit_leaves_the_published_one_alone(hr: Runtime) -> None:
    add_kit(hr, COMMAND_LINE, KIT.encode())
    refused(hr, KIT.replace("takes: 3", "takes: 0"))
    with hr.db.read() as session:
        assert session.get(KitRow, ("sales", 2)) is None


@pytest.mark.parametrize(("name", "language"), [("demo.yaml", "zh"), ("demo-en.yaml", "en")])
def test_the_demo_kits_have_four_questions_of_which_two_are_spoken(hr: Runtime, name: str, language: str) -> None:
    folder = Path(str(resources.files("resources"))) / "kits"
    content = (folder / name).read_bytes().replace(b"department_id: overseas", b"department_id: rd")
    kit = add_kit(hr, COMMAND_LINE, content, beside(folder)).kit
    assert [q.kind for q in kit.questions] == [
        QuestionKind.VIDEO,
        QuestionKind.AUDIO,
        QuestionKind.TEXT,
        QuestionKind.SINGLE_CHOICE,
    ]
    assert kit.speech_language == language
    assert kit.practice is not None
    texts = [kit.position, kit.guide, *(question.prompt for question in kit.questions), kit.consent.full_text]
    assert all(set(text) == {"zh_CN", "en"} for text in texts)
