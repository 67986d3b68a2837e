"""A file is put beside a question of the bank in its form, and seen there and in the kit's preview."""

from __future__ import annotations

from backend.services import kit_drafts, question_bank
from backend.services.duration import Level
from backend.services.kit_drafts import Start
from backend.services.question_bank import Written
from contract.kit import Question, QuestionKind
from tests.portal.world import World
from tests.support import kit_media
from tests.support.stick import COMMAND_LINE


def test_a_picture_is_taken_and_seen_beside_the_question_and_in_the_preview(world: World) -> None:
    question = Question(question_id=question_bank.new_question_id(), kind=QuestionKind.VIDEO, prompt={"": "Explain it"})
    view = question_bank.add(world.hr, COMMAND_LINE, Written(question))
    web, page = world.http("hr"), f"/questions/{view.question_id}"
    assert 'name="file"' in web.page(page).text
    form = {"question": view.question_id, "version": "1", "text_zh_CN": "示意图", "text_en": "A drawing"}
    refused = web.post("/question-media", files=[("file", ("a.png", b"no picture"))], **form)
    assert refused.status_code == 422
    assert "无法使用该文件" in refused.text
    taken = web.post("/question-media", files=[("file", ("a.png", kit_media.png()))], **form)
    assert 'alt="示意图"' in taken.text
    again = web.post("/question-media", files=[("file", ("a.png", kit_media.png(shade=9)))], **form)
    assert again.status_code == 409
    texts = world.demo.batches[0].kit.kit_id
    start = Start(Level.JUNIOR, department_id="rd", title={"zh_CN": "工程师"}, texts_of=texts)
    draft_id = kit_drafts.start(world.hr, COMMAND_LINE, start)
    draft = kit_drafts.one(world.hr, COMMAND_LINE, draft_id)
    stage = draft.plan.stages[0].stage_id
    fields = {"question": view.question_id, "stage": stage, "revision": str(draft.revision)}
    web.post(f"/kit-drafts/{draft_id}/take", **fields)
    assert 'alt="示意图"' in web.page(f"/kit-drafts/{draft_id}/preview").text
