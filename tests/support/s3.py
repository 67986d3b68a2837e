"""S3-compatible storage of the test run's own, on a free port, in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest


@pytest.fixture(scope="session")
def s3() -> Iterator[Callable[[], dict[str, str]]]:
    """Gives the settings of a new empty bucket."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    count = 0

    def bucket() -> dict[str, str]:
        nonlocal count
        count += 1
        name = f"recordings-{count}"
        endpoint = f"http://{host}:{port}"
        _make(endpoint, name)
        return {"objects": f"s3://{name}/hr", "s3_endpoint": endpoint, "s3_key": "key", "s3_secret": "secret"}

    yield bucket
    server.stop()


def _make(endpoint: str, name: str) -> None:
    import requests

    answer = requests.put(f"{endpoint}/{name}", headers={"Host": endpoint.partition("//")[2]}, timeout=20)
    assert answer.status_code == 200, answer.text
