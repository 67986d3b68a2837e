"""Networks that let only GET and POST through."""

from __future__ import annotations

import pytest

from app.sync.failures import Fate, TransportError
from app.sync.transport import Transport
from contract.errors import ErrorCode
from tests.sync.device import Device
from tests.sync.faults import HTML, Answer, Asked, Fault, Handle, problem
from tests.sync.faulty_server import FaultyServer


def only_get_and_post(asked: Asked, handle: Handle) -> Answer:
    if asked.method not in ("GET", "POST"):
        return Answer(405, HTML, "text/html")
    meant = asked.headers.get("x-http-method-override", asked.method)
    return handle(Asked(meant, asked.path, asked.headers, asked.body))


def test_delivery_goes_through_as_post(server: FaultyServer, device: Device) -> None:
    interview_id, ref = device.interview(size=600_000)
    server.fail("/v1/", only_get_and_post)

    summary = device.make_engine().run_until_idle(20)

    assert (summary.pending, summary.failed, summary.code) == (0, 0, None)
    assert server.objects[interview_id][ref.object_id] == ref
    barred = [asked for asked in server.asked if asked.method not in ("GET", "POST")]
    assert len(barred) == 1, "after the first refusal the way that works is known"


@pytest.mark.parametrize(
    "second",
    [problem(405, ErrorCode.REJECTED), problem(404, ErrorCode.NOT_FOUND), lambda *_: Answer(200, HTML, "text/html")],
    ids=["older backend", "unknown to the backend", "somebody else"],
)
def test_way_around_that_does_not_work_decides_nothing(
    server: FaultyServer, transport: Transport, second: Fault
) -> None:
    server.fail("PUT", lambda asked, handle: Answer(405, HTML, "text/html"))
    server.fail("POST", second)

    assert transport.send("PUT", "/v1/interviews/x/events/1", body=b"{}").status == 405
    assert transport.send("PUT", "/v1/interviews/x/events/1", body=b"{}").status == 405
    assert [asked.method for asked in server.asked] == ["PUT", "POST", "PUT", "POST"]


def test_cut_on_the_way_around_is_a_cut(server: FaultyServer, transport: Transport) -> None:
    server.fail("PUT", lambda asked, handle: Answer(501, b"", ""))
    server.fail("POST", server.hang)

    with pytest.raises(TransportError) as caught:
        transport.send("PUT", "/v1/interviews/x/events/1", body=b"{}")

    assert caught.value.fate is Fate.OFFLINE
