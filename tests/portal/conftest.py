from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.portal.booth import Booth
from tests.portal.world import Clock, Server, Web, World, hold_interviews, organisation


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server with interviews in every state; shared by a module's tests, which only add to it."""
    clock = Clock()
    hr, filled = organisation(Path(tmp_path_factory.mktemp("hr")) / "data", clock)
    with Server(hr) as server:
        world = World(server.url, hr, clock, filled, Booth(server.url, filled.enrolment_codes[0]))
        hold_interviews(world)
        yield world


@pytest.fixture(scope="module")
def admin(world: World) -> Web:
    return world.http("admin")


@pytest.fixture(scope="module")
def officer(world: World) -> Web:
    return world.http("hr")
