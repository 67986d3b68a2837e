"""Who may write to an upload: the newest, and it is let in soon."""

from __future__ import annotations

import asyncio

from backend.api.locks import UploadLocks


def test_one_that_is_let_in_while_a_newer_one_waits_is_asked_to_stop_at_once() -> None:
    async def scene() -> list[str]:
        locks, order = UploadLocks(patience=5), list[str]()

        async def request(name: str) -> None:
            async with locks.hold("upload") as stop:
                await asyncio.wait_for(stop.wait() if name != "newest" else asyncio.sleep(0), 2)
                order.append(name)

        tasks = [asyncio.create_task(request("first"))]
        await asyncio.sleep(0)  # the first is let in before the others come
        tasks += [asyncio.create_task(request(name)) for name in ("second", "newest")]
        await asyncio.gather(*tasks)
        return order

    assert asyncio.run(scene()) == ["first", "second", "newest"]
