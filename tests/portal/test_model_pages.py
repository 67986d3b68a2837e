"""Scoring models as pages: what scores now, training ordered, figures before publishing, a fresh code and a reason."""

from __future__ import annotations

from sqlalchemy import select

from assessment.embeddings import Embedders
from assessment.learned import to_bytes_by_language
from backend.db.models import AuditRow
from backend.services import model_publishing, score_models
from backend.services.assessing import train_table
from backend.services.model_jobs import JobState, jobs
from tests.assessment.test_learning import ratings_table
from tests.backend.world import COMMAND_LINE
from tests.portal.world import Web, World
from tests.support.waiting import wait_for

_NONE = Embedders(None)


def model(world: World, seed: int) -> str:
    data = to_bytes_by_language(train_table(ratings_table(30, seed), _NONE, "now")[0])
    [model_id] = score_models.take_in(world.hr, COMMAND_LINE, data, "test")
    return model_id


def counts(world: World) -> dict[str, str]:
    with world.hr.db.read() as session:
        return score_models.ids(session)


def test_a_model_is_published_with_a_reason_and_a_word_more_and_rolled_back(world: World, officer: Web) -> None:
    model_id = model(world, 21)
    page = officer.page(f"/models/{model_id}").text
    assert "尚未对比" in page
    assert 'name="anyway"' in page
    refused = officer.post(f"/models/{model_id}/publish", reason="试用")
    assert refused.status_code == 422
    assert "没有做任何更改" in refused.text
    assert officer.post(f"/models/{model_id}/publish", reason="", anyway="yes").status_code == 422
    assert counts(world) == {}
    done = officer.post(f"/models/{model_id}/publish", reason="试用 <b>一周</b>", anyway="yes")
    assert done.status_code == 200
    assert "试用 &lt;b&gt;一周&lt;/b&gt;" in done.text
    sha256 = score_models.one(world.hr, COMMAND_LINE, model_id).sha256
    assert counts(world) == {"en": sha256}
    assert "发布模型" in world.http("admin").page("/audit").text
    back = officer.post("/models/rollback", language="en", model="", reason="先只用评分标准")
    assert back.status_code == 200
    assert counts(world) == {}
    again = officer.post("/models/rollback", language="en", model=model_id, reason="x")
    assert again.status_code == 200
    assert counts(world) == {"en": sha256}
    model_publishing.roll_back(world.hr, COMMAND_LINE, "en", None, "the next test")


def test_without_a_fresh_code_nothing_is_published(world: World) -> None:
    model_id = model(world, 22)
    web = world.http("hr")
    world.clock.advance(world.hr.settings.fresh_totp + 60)
    assert 'name="totp"' in web.page(f"/models/{model_id}").text
    refused = web.post(f"/models/{model_id}/publish", reason="x", anyway="yes")
    assert refused.status_code == 422
    assert "动态验证码" in refused.text
    wrong = web.post(f"/models/{model_id}/publish", reason="x", anyway="yes", totp="000000")
    assert wrong.status_code == 422
    assert counts(world) == {}
    right = web.post(f"/models/{model_id}/publish", reason="x", anyway="yes", totp=world.totp("hr"))
    assert right.status_code == 200
    assert len(counts(world)) == 1
    model_publishing.roll_back(world.hr, COMMAND_LINE, "en", None, "the next test")


def test_training_is_ordered_and_done_by_the_server(world: World, officer: Web) -> None:
    assert officer.post("/models/train", target="nothing").status_code == 422
    ordered = officer.post("/models/train", target="ratings")
    assert ordered.status_code == 200

    def ended() -> bool:
        return jobs(world.hr, COMMAND_LINE)[0].state is not JobState.OPEN

    wait_for(ended, "the training")
    newest = jobs(world.hr, COMMAND_LINE)[0]
    assert (newest.state, newest.error) == (JobState.DONE, None)
    assert newest.ordered_by == "hr"
    assert "完成" in officer.page("/models").text
    with world.hr.db.read() as session:
        rows = session.scalars(select(AuditRow.action).where(AuditRow.target == f"model-job:{newest.job_id}")).all()
    assert rows == ["train_model", "model_job_ended"]


def test_others_do_not_see_them(world: World) -> None:
    for name in ("rd.head", "auditor"):
        web = world.http(name)
        assert web.page("/models").status_code == 403
        assert "/models" not in web.page("/account").text
