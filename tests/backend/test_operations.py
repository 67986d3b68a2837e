"""What those who run the server ask it: whether it can work, and figures that name nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.backend.world import Served, Talk, invite, served

TOKEN = "a-token-of-prometheus"


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("hr") / "data", metrics_token=TOKEN) as found:
        yield found


def figures(backend: Served) -> dict[str, float]:
    answer = requests.get(f"{backend.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=20)
    assert answer.status_code == 200
    lines = [line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def test_figures_count_interviews_and_answers_and_name_nobody(backend: Served) -> None:
    talk = Talk(backend.enrol(), invite(backend.hr, "李雷"))
    talk.started()
    talk.finished()
    talk.put_all()
    found = figures(backend)
    assert found['xuda_interviews{state="pending_review"}'] == 1
    assert found["xuda_devices"] == 1
    assert found['xuda_http_requests_total{method="PUT",status="201"}'] == 2
    assert found['xuda_http_request_seconds_bucket{le="+Inf"}'] == found["xuda_http_request_seconds_count"]
    assert "李雷" not in str(found)


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", TOKEN[:-1]])
def test_figures_are_not_there_without_the_token(backend: Served, given: str) -> None:
    assert requests.get(f"{backend.url}/metrics", headers={"Authorization": given}, timeout=20).status_code == 404


def test_without_a_token_in_the_settings_nobody_gets_figures(tmp_path: Path) -> None:
    with served(tmp_path / "data") as backend:
        answer = requests.get(f"{backend.url}/metrics", headers={"Authorization": "Bearer "}, timeout=20)
        assert answer.status_code == 404
        assert requests.get(f"{backend.url}/ready", timeout=20).text == "ready\n"


def test_a_server_whose_storage_is_gone_is_not_ready(tmp_path: Path) -> None:
    settings = {"objects": "s3://x/y", "s3_endpoint": "http://127.0.0.1:9", "s3_key": "k", "s3_secret": "s"}
    with served(tmp_path / "data", **settings) as backend:
        assert requests.get(f"{backend.url}/ready", timeout=60).status_code == 503
