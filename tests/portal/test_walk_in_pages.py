"""People who registered on the spot, as HR sees them on the batch's page."""

from __future__ import annotations

import uuid

from contract.walkin import Registration, register
from tests.backend.world import Booth, Talk
from tests.portal.world import World


def come(world: World, person: Registration) -> None:
    batch, device = world.demo.batches[0], world.booth
    booth = Booth(world.url, device.key, device.organisation, seconds_off=device._ahead.total_seconds())
    talk = Talk(booth, str(uuid.uuid4()))
    kit = batch.kit
    talk.started(person, walk_in=batch.batch_id, kit_id=kit.kit_id, kit_version=kit.version)
    assert talk.put(1).status_code == 201


def test_who_registered_on_the_spot_is_counted_marked_and_told_apart_from_who_may_be_the_same(world: World) -> None:
    web, path = world.http("hr"), f"/batches/{world.demo.batches[0].batch_id}"
    assert "现场报名。" not in web.page(path).text
    web.post(f"{path}/walk-ins", limit="5")
    for mail in ("one@example.com", "two@example.com"):
        come(world, register("赵不请", "13912345679", mail))
    come(world, register("钱<b>来", "13912345670", ""))
    page = web.page(path).text
    assert "已有 3 人现场报名。" in page
    assert "其中 2 人可能与另一候选人为同一人。" in page
    assert page.count("现场报名</span>") == 3
    assert "<b>来" not in page
