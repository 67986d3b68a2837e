"""Files of the question bank's questions: checked, versioned, and kept while a question is asked with them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from backend.db.models import Role
from backend.runtime import Runtime
from backend.services import kit_files, question_bank, question_media
from backend.services.question_bank import BankView, Written
from contract.kit import Question, QuestionKind
from contract.kit_media import MOST_BYTES, MediaKind
from tests.backend.staffing import refusal, somebody
from tests.backend.world import COMMAND_LINE, organisation
from tests.support import kit_media

WORDS = {"zh_CN": "队列示意图", "en": " a queue "}


@pytest.fixture(scope="module")
def hr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    made = organisation(tmp_path_factory.mktemp("hr") / "data")
    yield made
    made.close()


def asked(hr: Runtime) -> BankView:
    question = Question(question_id=question_bank.new_question_id(), kind=QuestionKind.VIDEO, prompt={"": "Explain"})
    return question_bank.add(hr, COMMAND_LINE, Written(question, skills=("Python",)))


def test_a_picture_is_a_new_version_that_pages_and_kits_get(hr: Runtime) -> None:
    view, picture = asked(hr), kit_media.png()
    made = question_media.attach(hr, COMMAND_LINE, view.question_id, 1, picture, WORDS)
    media = made.written.question.media
    assert media is not None
    assert (made.version, media.kind, media.text) == (2, MediaKind.PICTURE, {"zh_CN": "队列示意图", "en": "a queue"})
    assert made.written.skills == ("Python",)
    assert b"".join(kit_files.read_range(hr, media.sha256, 0, media.size - 1)) == picture
    with hr.db.read() as session:
        assert media.sha256 in question_bank.named_files(session)
    again = question_media.attach(hr, COMMAND_LINE, view.question_id, 2, picture, WORDS)
    assert again.version == 2, "the same again is no new version"
    gone = question_media.remove(hr, COMMAND_LINE, view.question_id, 2)
    assert (gone.version, gone.written.question.media) == (3, None)


@pytest.mark.parametrize(
    ("content", "text", "plays", "field"),
    [
        (b"", WORDS, None, "file"),
        (b"<svg/>", WORDS, None, "file"),
        (kit_media.png()[:-200], WORDS, None, "file"),
        (kit_media.png() + bytes(MOST_BYTES[MediaKind.PICTURE]), WORDS, None, "file"),
        (kit_media.png(), {"zh_CN": " "}, None, "text"),
        (kit_media.png(), WORDS, 3, "plays"),
    ],
    ids=["empty", "another type", "cut", "too large", "no words", "a picture is not played"],
)
def test_what_a_kits_file_may_not_have_is_refused(
    hr: Runtime, content: bytes, text: dict[str, str], plays: int | None, field: str
) -> None:
    view = asked(hr)
    found = refusal(question_media.attach, hr, COMMAND_LINE, view.question_id, 1, content, text, plays)
    assert found == ("kit_invalid", field)
    assert question_bank.one(hr, COMMAND_LINE, view.question_id).version == 1


def test_nobody_overwrites_what_somebody_else_has_changed(hr: Runtime) -> None:
    view = asked(hr)
    question_media.attach(hr, COMMAND_LINE, view.question_id, 1, kit_media.png(), WORDS)
    late = refusal(question_media.attach, hr, COMMAND_LINE, view.question_id, 1, kit_media.png(shade=9), WORDS)
    assert late[0] == "conflict"
    head = somebody(hr, Role.DEPARTMENT_HEAD, "rd")
    assert refusal(question_media.remove, hr, head, view.question_id, 2)[0] == "forbidden"
