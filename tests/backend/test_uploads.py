"""The upload server, request by request: offsets, checksums, cuts, locks, limits."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from backend.db.models import ObjectRow
from contract.errors import ErrorCode
from tests.backend import tus
from tests.backend.test_events import code_of
from tests.backend.world import STORES, Booth, Sealed, Served, Talk, wait_until

DATABASES = STORES

MIB = 1024 * 1024


def stored(backend: Served, talk: Talk, sealed: Sealed) -> bytes | None:
    with backend.hr.db.read() as session:
        row = session.get(ObjectRow, (talk.interview_id, sealed.object_id))
    if row is None:
        return None
    with backend.hr.store.open_read(row.storage_key) as file:
        return file.read()


def cut_patch(booth: Booth, url: str, offset: int, sent: bytes, announced: int, **headers: str) -> None:
    """A PATCH that announces more than it sends, then the connection is gone."""
    parts = urlsplit(url)
    lines = {
        **booth.upload_headers(),
        "Host": parts.netloc,
        "Content-Type": tus.PATCH_TYPE,
        "Upload-Offset": str(offset),
        "Content-Length": str(announced),
        **headers,
    }
    head = f"PATCH {parts.path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items()) + "\r\n"
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20) as connection:
        connection.sendall(head.encode() + sent)
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(20)
        while connection.recv(65536):
            pass


def test_an_object_sent_in_pieces_is_stored_byte_for_byte(backend: Served, talk: Talk) -> None:
    sealed = talk.seal(os.urandom(300_000))
    url = tus.location(talk, sealed)
    for start in range(0, len(sealed.data), 70_000):
        piece = sealed.data[start : start + 70_000]
        answer = tus.patch(talk.booth, url, start, piece, **{"Upload-Checksum": tus.checksum(piece)})
        assert answer.status_code == 204
        assert answer.headers["Upload-Offset"] == str(start + len(piece))
    assert stored(backend, talk, sealed) == sealed.data
    assert talk.check()["objects"] == [sealed.ref.model_dump()]


def test_creating_the_same_object_again_goes_on_where_it_was(talk: Talk) -> None:
    sealed = talk.seal(os.urandom(100_000))
    url = tus.location(talk, sealed)
    tus.patch(talk.booth, url, 0, sealed.data[:40_000])
    again = tus.create(talk, sealed)
    assert again.status_code == 201
    assert talk.booth.url + again.headers["Location"] == url
    assert again.headers["Upload-Offset"] == "40000"
    assert tus.patch(talk.booth, url, 40_000, sealed.data[40_000:]).status_code == 204
    done = tus.create(talk, sealed)
    assert (done.status_code, done.headers["Upload-Offset"]) == (201, str(len(sealed.data)))
    assert "Upload-Expires" not in done.headers


def test_creation_can_carry_the_beginning_or_all_of_it(backend: Served, talk: Talk) -> None:
    sealed, whole = talk.seal(os.urandom(50_000)), talk.seal(os.urandom(10_000))
    begun = tus.create(talk, sealed, body=sealed.data[:20_000])
    assert (begun.status_code, begun.headers["Upload-Offset"]) == (201, "20000")
    done = tus.create(talk, whole, body=whole.data, **{"Upload-Checksum": tus.checksum(whole.data)})
    assert (done.status_code, done.headers["Upload-Offset"]) == (201, str(len(whole.data)))
    assert stored(backend, talk, whole) == whole.data


def test_a_wrong_offset_is_a_conflict_and_tells_the_right_one(talk: Talk) -> None:
    sealed = talk.seal(os.urandom(50_000))
    url = tus.location(talk, sealed)
    tus.patch(talk.booth, url, 0, sealed.data[:1000])
    for wrong in (0, 999, 1001, 50_000):
        answer = tus.patch(talk.booth, url, wrong, b"x")
        assert (answer.status_code, code_of(answer)) == (409, ErrorCode.CONFLICT)
        assert answer.headers["Upload-Offset"] == "1000"


@pytest.mark.parametrize("algorithm", ["sha256", "sha1", "sha512"])
def test_a_piece_that_does_not_fit_its_checksum_is_460_and_does_not_count(talk: Talk, algorithm: str) -> None:
    sealed = talk.seal(os.urandom(50_000))
    url = tus.location(talk, sealed)
    tus.patch(talk.booth, url, 0, sealed.data[:1000])
    wrong = tus.checksum(b"something else", algorithm)
    answer = tus.patch(talk.booth, url, 1000, sealed.data[1000:9000], **{"Upload-Checksum": wrong})
    assert (answer.status_code, code_of(answer)) == (460, ErrorCode.FORMAT_INVALID)
    assert tus.offset(talk.booth, url) == 1000
    right = tus.checksum(sealed.data[1000:], algorithm)
    assert tus.patch(talk.booth, url, 1000, sealed.data[1000:], **{"Upload-Checksum": right}).status_code == 204


@pytest.mark.parametrize("value", ["md5 AAAA", "sha256 ***", "sha256", ""])
def test_a_checksum_nobody_can_check_is_refused(talk: Talk, value: str) -> None:
    url = tus.location(talk, talk.seal(b"x" * 100))
    answer = tus.patch(talk.booth, url, 0, b"x", **{"Upload-Checksum": value})
    assert answer.status_code in (400, 460)
    assert tus.offset(talk.booth, url) == 0


def test_an_object_that_is_not_what_was_promised_is_dropped_and_can_be_sent_anew(backend: Served, talk: Talk) -> None:
    sealed = talk.seal(os.urandom(50_000))
    url = tus.location(talk, sealed)
    lie = bytes(len(sealed.data))
    answer = tus.patch(talk.booth, url, 0, lie, **{"Upload-Checksum": tus.checksum(lie)})
    assert (answer.status_code, code_of(answer)) == (460, ErrorCode.FORMAT_INVALID)
    assert tus.head(talk.booth, url).status_code == 404
    assert stored(backend, talk, sealed) is None
    tus.upload(talk, sealed)
    assert stored(backend, talk, sealed) == sealed.data


def test_another_object_under_a_delivered_id_is_a_conflict(backend: Served, talk: Talk) -> None:
    first = talk.seal(b"first")
    second = talk.seal(b"second", object_id=first.object_id)
    tus.upload(talk, first)
    answer = tus.create(talk, second)
    assert (answer.status_code, code_of(answer)) == (409, ErrorCode.CONFLICT)
    assert stored(backend, talk, first) == first.data


def test_of_two_objects_racing_for_one_id_the_first_delivered_stays(backend: Served, talk: Talk) -> None:
    first = talk.seal(os.urandom(9000))
    second = talk.seal(os.urandom(9000), object_id=first.object_id)
    one, two = tus.location(talk, first), tus.location(talk, second)
    assert tus.patch(talk.booth, one, 0, first.data).status_code == 204
    assert tus.patch(talk.booth, two, 0, second.data).status_code == 409
    assert stored(backend, talk, first) == first.data


def test_a_cut_without_checksum_keeps_what_arrived(talk: Talk) -> None:
    sealed = talk.seal(os.urandom(3 * MIB))
    url = tus.location(talk, sealed)
    cut_patch(talk.booth, url, 0, sealed.data[: 2 * MIB], len(sealed.data))
    wait_until(lambda: tus.offset(talk.booth, url) == 2 * MIB)
    assert tus.patch(talk.booth, url, 2 * MIB, sealed.data[2 * MIB :]).status_code == 204
    assert talk.check()["objects"][0]["sha256"] == sealed.sha256


def test_a_cut_with_checksum_keeps_the_old_offset(backend: Served, talk: Talk) -> None:
    sealed = talk.seal(os.urandom(3 * MIB))
    url = tus.location(talk, sealed)
    tus.patch(talk.booth, url, 0, sealed.data[:1000])
    rest = sealed.data[1000:]
    cut_patch(talk.booth, url, 1000, rest[: 2 * MIB], len(rest), **{"Upload-Checksum": tus.checksum(rest)})
    assert tus.offset(talk.booth, url) == 1000
    assert tus.patch(talk.booth, url, 1000, rest, **{"Upload-Checksum": tus.checksum(rest)}).status_code == 204
    assert stored(backend, talk, sealed) == sealed.data


def test_all_bytes_before_the_cut_complete_the_object(backend: Served, talk: Talk) -> None:
    """Chunked transfer whose end mark never comes."""
    sealed = talk.seal(os.urandom(200_000))
    url = tus.location(talk, sealed)
    parts = urlsplit(url)
    lines = {
        **talk.booth.upload_headers(),
        "Host": parts.netloc,
        "Content-Type": tus.PATCH_TYPE,
        "Upload-Offset": "0",
        "Transfer-Encoding": "chunked",
    }
    head = f"PATCH {parts.path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items()) + "\r\n"
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20) as connection:
        connection.sendall(head.encode() + b"%x\r\n" % len(sealed.data) + sealed.data)
    wait_until(lambda: stored(backend, talk, sealed) == sealed.data)


def test_a_second_request_takes_over_from_a_dead_connection(talk: Talk) -> None:
    sealed = talk.seal(os.urandom(2 * MIB))
    url = tus.location(talk, sealed)
    gate = threading.Event()

    def stalled() -> Iterator[bytes]:
        yield sealed.data[:MIB]
        gate.wait(30)

    answers: list[int] = []
    dead = threading.Thread(target=lambda: answers.append(tus.patch(talk.booth, url, 0, stalled()).status_code))
    dead.start()
    try:
        wait_until(lambda: tus.offset(talk.booth, url) > 0)
        offset = tus.offset(talk.booth, url)
        started = time.monotonic()
        assert tus.patch(talk.booth, url, offset, sealed.data[offset:]).status_code == 204
        assert time.monotonic() - started < 10
    finally:
        gate.set()
        dead.join(30)
    assert answers == [423]


def test_simultaneous_patches_at_one_offset_never_mix(backend: Served, talk: Talk) -> None:
    sealed = talk.seal(os.urandom(MIB))
    url = tus.location(talk, sealed)
    statuses: list[int] = []

    def send() -> None:
        body = sealed.data[: MIB // 2]
        statuses.append(tus.patch(talk.booth, url, 0, body, **{"Upload-Checksum": tus.checksum(body)}).status_code)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses.count(204) == 1
    assert set(statuses) <= {204, 409, 423}
    assert tus.patch(talk.booth, url, MIB // 2, sealed.data[MIB // 2 :]).status_code == 204
    assert stored(backend, talk, sealed) == sealed.data


def test_more_bytes_than_promised_are_refused(talk: Talk) -> None:
    sealed = talk.seal(os.urandom(5000))
    url = tus.location(talk, sealed)
    answer = tus.patch(talk.booth, url, 0, sealed.data + b"x")
    assert (answer.status_code, code_of(answer)) == (413, ErrorCode.TOO_LARGE)
    unannounced = tus.patch(talk.booth, url, 0, iter([sealed.data, b"x" * 100]))
    assert unannounced.status_code == 413


def test_an_empty_object_is_complete_when_it_is_created(backend: Served, talk: Talk) -> None:
    sealed = Sealed("empty", b"")
    answer = tus.create(talk, sealed)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "0")
    assert stored(backend, talk, sealed) == b""


def test_what_the_protocol_asks_for_is_required(talk: Talk) -> None:
    sealed = talk.seal(b"x")
    url = tus.location(talk, sealed)
    headers = talk.booth.upload_headers()
    assert tus.patch(talk.booth, url, 0, b"x", **{"Content-Type": "text/plain"}).status_code == 415
    assert tus.patch(talk.booth, url, 0, b"x", **{"Upload-Offset": "-1"}).status_code == 400
    assert tus.patch(talk.booth, url, 0, b"x", **{"Upload-Offset": "one"}).status_code == 400
    old = requests.head(url, headers={**headers, "Tus-Resumable": "0.2.2"}, timeout=20)
    assert (old.status_code, old.headers["Tus-Version"]) == (412, "1.0.0")
    assert tus.create(talk, sealed, **{"Upload-Length": ""}).status_code == 400
    assert tus.create(talk, sealed, **{"Upload-Defer-Length": "1"}).status_code == 400


def test_every_answer_says_which_tus_it_speaks(talk: Talk) -> None:
    url = tus.location(talk, talk.seal(b"x"))
    answers = [
        tus.head(talk.booth, url),
        tus.head(talk.booth, url[:-1] + ("0" if url[-1] != "0" else "1")),
        requests.head(url, headers={"Tus-Resumable": "1.0.0"}, timeout=20),
        tus.patch(talk.booth, url, 5, b"x"),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 401, 409]
    assert {answer.headers.get("Tus-Resumable") for answer in answers} == {"1.0.0"}


def test_options_tells_what_the_server_can_without_a_login(backend: Served) -> None:
    answer = requests.options(f"{backend.url}/v1/files", timeout=20)
    assert answer.status_code == 204
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        "creation",
        "creation-with-upload",
        "checksum",
        "termination",
        "expiration",
    }
    assert {"sha1", "sha256"} <= set(answer.headers["Tus-Checksum-Algorithm"].split(","))


@pytest.mark.parametrize(
    "changes",
    [
        {"object_id": "../../etc/passwd"},
        {"object_id": ""},
        {"object_id": "a" * 65},
        {"interview_id": "a/b"},
        {"sha256": "0" * 63},
        {"sha256": "X" * 64},
        {"media_type": "video/webm\r\nX: y"},
        {"media_type": "<script>"},
    ],
)
def test_a_description_that_cannot_be_used_is_refused(talk: Talk, changes: dict[str, str]) -> None:
    sealed = talk.seal(b"x")
    answer = tus.create(talk, sealed, **{"Upload-Metadata": tus.metadata(talk, sealed, **changes)})
    assert (answer.status_code, code_of(answer)) == (422, ErrorCode.FORMAT_INVALID)
    assert answer.json()["field"] in changes


def test_an_object_over_the_limit_is_refused_before_it_is_sent(backend: Served, talk: Talk) -> None:
    answer = tus.create(talk, talk.seal(b"x"), **{"Upload-Length": str(backend.hr.settings.max_object + 1)})
    assert (answer.status_code, code_of(answer)) == (413, ErrorCode.TOO_LARGE)


def test_an_unfinished_upload_can_be_taken_back_and_a_delivered_object_cannot(backend: Served, talk: Talk) -> None:
    sealed = talk.seal(os.urandom(5000))
    url = tus.location(talk, sealed)
    headers = talk.booth.upload_headers()
    assert requests.delete(url, headers=headers, timeout=20).status_code == 204
    assert tus.head(talk.booth, url).status_code == 404
    tus.upload(talk, sealed)
    assert requests.delete(url, headers=headers, timeout=20).status_code == 403
    assert stored(backend, talk, sealed) == sealed.data


def test_networks_that_only_know_post_can_override_the_method(talk: Talk) -> None:
    sealed = talk.seal(os.urandom(5000))
    url = tus.location(talk, sealed)
    headers = {
        **talk.booth.upload_headers(),
        "Upload-Offset": "0",
        "Content-Type": tus.PATCH_TYPE,
        "X-HTTP-Method-Override": "PATCH",
    }
    assert requests.post(url, headers=headers, data=sealed.data, timeout=20).status_code == 204
    assert requests.post(url, headers=talk.booth.upload_headers(), timeout=20).status_code == 405


def test_another_devices_upload_does_not_exist_for_a_device(backend: Served, talk: Talk) -> None:
    url = tus.location(talk, talk.seal(b"x"))
    stranger = backend.enrol()
    assert tus.head(stranger, url).status_code == 404
    assert tus.patch(stranger, url, 0, b"x").status_code == 404
    assert tus.create(Talk(stranger, "", interview_id=talk.interview_id), talk.seal(b"y")).status_code == 403


def test_a_token_that_is_bound_to_a_request_does_not_open_uploads(talk: Talk) -> None:
    answer = talk.booth.call("POST", "/v1/files")
    assert (answer.status_code, code_of(answer)) == (401, ErrorCode.UNAUTHORIZED)


def test_a_refusal_reaches_a_sender_in_the_middle_of_a_large_body(talk: Talk) -> None:
    url = tus.location(talk, talk.seal(os.urandom(9 * MIB)))
    answer = requests.patch(url, data=bytes(8 * MIB), headers={"Authorization": "Bearer x"}, timeout=20)
    assert answer.status_code == 401
