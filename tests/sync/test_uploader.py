"""The uploader against a server that cuts, forgets, spoils and lies."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable

import pytest

from app.sync.failures import Fate, TransportError
from app.sync.transport import Signer, Transport
from app.sync.uploader import MIN_CHUNK, Chunks, Upload, Uploader
from contract.errors import ErrorCode
from tests.sync.cutting_proxy import CuttingProxy
from tests.sync.faults import HTML, Answer, Asked, Handle, lose_reply, problem
from tests.sync.faulty_server import FaultyServer, tus_answer

MakeUpload = Callable[..., Upload]
KIB = 1024


def _held(server: FaultyServer) -> bytes:
    (held,) = server.uploads.values()
    return bytes(held)


def _patches(server: FaultyServer) -> int:
    return len(server.lines("PATCH"))


def test_whole_file_arrives(server: FaultyServer, transport: Transport, make_upload: MakeUpload) -> None:
    upload = make_upload(3_000_001)

    Uploader(transport).upload(upload)

    assert _held(server) == upload.path.read_bytes()
    assert server.objects["interview-1"]["object-1"] == upload.ref


@pytest.mark.parametrize("size", [0, 1, MIN_CHUNK, MIN_CHUNK + 1])
def test_sizes_around_one_chunk_arrive(
    server: FaultyServer, transport: Transport, make_upload: MakeUpload, size: int
) -> None:
    upload = make_upload(size)

    Uploader(transport, chunks=Chunks(MIN_CHUNK)).upload(upload)

    assert server.objects["interview-1"]["object-1"] == upload.ref


def test_same_object_again_sends_no_byte(server: FaultyServer, transport: Transport, make_upload: MakeUpload) -> None:
    upload = make_upload(600 * KIB)
    Uploader(transport).upload(upload)
    before = _patches(server)

    Uploader(transport).upload(upload)

    assert _patches(server) == before


def test_each_cut_costs_at_most_one_chunk(proxy: CuttingProxy, signer: Signer, make_upload: MakeUpload) -> None:
    chunk, size = MIN_CHUNK, 12 * MIN_CHUNK
    upload = make_upload(size)
    proxy.cuts = [chunk // 2, 2 * chunk + 100_000, 3 * chunk + 60_000, chunk + 40_000]
    cuts = len(proxy.cuts)
    transport = Transport(proxy.url, signer=signer, timeouts=(2, 5))
    failures: list[TransportError] = []

    while len(failures) <= cuts:
        # A new one each time: nothing is remembered on this side.
        uploader = Uploader(transport, chunks=Chunks(chunk, chunk, chunk))
        try:
            uploader.upload(upload)
            break
        except TransportError as error:
            failures.append(error)

    transport.close()
    headers = 1500 * 40
    assert [error.fate for error in failures] == [Fate.OFFLINE] * cuts
    assert size < proxy.sent <= size + cuts * chunk + headers


def test_lost_reply_to_a_chunk_is_noticed_by_asking(
    server: FaultyServer, transport: Transport, make_upload: MakeUpload
) -> None:
    upload = make_upload(4 * MIN_CHUNK)
    uploader = Uploader(transport, chunks=Chunks(MIN_CHUNK))
    server.fail("PATCH", lose_reply, times=1)

    with pytest.raises(TransportError):
        uploader.upload(upload)
    sent = sum(len(asked.body) for asked in server.asked)
    uploader.upload(upload)

    assert sum(len(asked.body) for asked in server.asked) == upload.ref.size
    assert sent == MIN_CHUNK
    assert _held(server) == upload.path.read_bytes()


def test_chunk_spoilt_on_the_way_is_sent_again(
    server: FaultyServer, transport: Transport, make_upload: MakeUpload
) -> None:
    upload = make_upload(3 * MIN_CHUNK)

    def spoil(asked: Asked, handle: Handle) -> Answer:
        return handle(Asked(asked.method, asked.path, asked.headers, bytes(len(asked.body))))

    server.fail("PATCH", spoil, times=1)

    Uploader(transport).upload(upload)

    assert _held(server) == upload.path.read_bytes()


def test_chunks_doubled_on_the_way_are_not_sent_again(
    server: FaultyServer, transport: Transport, make_upload: MakeUpload
) -> None:
    upload = make_upload(8 * MIN_CHUNK)

    def carry_twice(asked: Asked, handle: Handle) -> Answer:
        handle(asked)
        return handle(asked)

    server.fail("PATCH", carry_twice)

    Uploader(transport, chunks=Chunks(MIN_CHUNK, MIN_CHUNK, MIN_CHUNK)).upload(upload)

    assert _held(server) == upload.path.read_bytes()
    assert _patches(server) == 8
    assert server.lines("DELETE") == []


def test_each_chunk_spoilt_on_the_way_costs_itself_alone(
    server: FaultyServer, transport: Transport, make_upload: MakeUpload
) -> None:
    upload = make_upload(12 * MIN_CHUNK)
    came: list[int] = []

    def spoil_every_other(asked: Asked, handle: Handle) -> Answer:
        came.append(len(asked.body))
        spoilt = len(came) % 2 == 0
        return handle(Asked(asked.method, asked.path, asked.headers, bytes(len(asked.body))) if spoilt else asked)

    server.fail("PATCH", spoil_every_other)

    Uploader(transport, chunks=Chunks(MIN_CHUNK, MIN_CHUNK, MIN_CHUNK)).upload(upload)

    assert _held(server) == upload.path.read_bytes()
    assert sum(came) == upload.ref.size + 11 * MIN_CHUNK, "eleven were spoilt"
    assert server.lines("DELETE") == []


def test_upload_the_server_is_at_odds_with_itself_about_is_dropped_and_sent_anew(
    server: FaultyServer, transport: Transport, make_upload: MakeUpload
) -> None:
    upload = make_upload(3 * MIN_CHUNK)

    def at_odds(asked: Asked, handle: Handle) -> Answer:
        return handle(asked) if server.lines("DELETE") or asked.headers["upload-offset"] == "0" else tus_answer(409)

    server.fail("PATCH", at_odds)

    Uploader(transport, chunks=Chunks(MIN_CHUNK, MIN_CHUNK, MIN_CHUNK)).upload(upload)

    assert _held(server) == upload.path.read_bytes()
    assert len(server.lines("DELETE")) == 1


def test_object_spoilt_in_storage_is_sent_anew(
    server: FaultyServer, transport: Transport, make_upload: MakeUpload
) -> None:
    upload = make_upload(3 * MIN_CHUNK)

    def spoil_storage(asked: Asked, handle: Handle) -> Answer:
        answer = handle(asked)
        next(iter(server.uploads.values()))[0] ^= 1
        return answer

    server.fail("PATCH", spoil_storage, times=1)

    Uploader(transport, chunks=Chunks(MIN_CHUNK)).upload(upload)

    assert _held(server) == upload.path.read_bytes()


def test_upload_that_expired_midway_is_created_anew(
    server: FaultyServer, transport: Transport, make_upload: MakeUpload
) -> None:
    upload = make_upload(4 * MIN_CHUNK)

    def expire(asked: Asked, handle: Handle) -> Answer:
        server.uploads.clear()
        return handle(asked)

    server.fail("PATCH", lambda asked, handle: handle(asked), times=2)
    server.fail("PATCH", expire, times=1)

    Uploader(transport, chunks=Chunks(MIN_CHUNK)).upload(upload)

    assert _held(server) == upload.path.read_bytes()


def test_2xx_without_the_right_offset_is_not_believed(
    server: FaultyServer, transport: Transport, make_upload: MakeUpload
) -> None:
    upload = make_upload(2 * MIN_CHUNK)

    def claim_success(asked: Asked, handle: Handle) -> Answer:
        return Answer(204, headers={"Tus-Resumable": "1.0.0", "Upload-Offset": "17"})

    server.fail("PATCH", claim_success)

    with pytest.raises(TransportError) as caught:
        Uploader(transport).upload(upload)

    assert (caught.value.code, caught.value.fate) == (ErrorCode.SERVER_MISMATCH, Fate.RETRY)
    assert _held(server) == b""


def test_html_in_place_of_an_answer_is_no_delivery(
    server: FaultyServer, transport: Transport, make_upload: MakeUpload
) -> None:
    server.fail("PATCH", lambda asked, handle: Answer(200, HTML, "text/html", {"Upload-Offset": str(MIN_CHUNK)}))

    with pytest.raises(TransportError) as caught:
        Uploader(transport).upload(make_upload(MIN_CHUNK))

    assert (caught.value.code, caught.value.fate) == (ErrorCode.SERVER_NOT_XUDA, Fate.OFFLINE)


def test_object_the_backend_lost_after_confirming_is_dropped_there_and_sent_anew(
    server: FaultyServer, transport: Transport, make_upload: MakeUpload
) -> None:
    upload = make_upload(2 * MIN_CHUNK)
    uploader = Uploader(transport)
    uploader.upload(upload)
    next(iter(server.uploads.values()))[5] ^= 1

    uploader.upload(upload, anew=True)

    assert _held(server) == upload.path.read_bytes()


def test_file_that_rotted_on_this_device_is_said_so(
    server: FaultyServer, transport: Transport, make_upload: MakeUpload
) -> None:
    upload = make_upload(MIN_CHUNK)
    upload.path.write_bytes(bytes(MIN_CHUNK))

    with pytest.raises(TransportError) as caught:
        Uploader(transport).upload(upload)

    assert (caught.value.code, caught.value.fate) == (ErrorCode.SEALED_DAMAGED, Fate.FINAL)
    assert _patches(server) == 1, "what is wrong here is not sent over and over"


def test_deleted_interview_is_final(server: FaultyServer, transport: Transport, make_upload: MakeUpload) -> None:
    server.fail("/v1/files", problem(410, ErrorCode.DELETED))

    with pytest.raises(TransportError) as caught:
        Uploader(transport).upload(make_upload(MIN_CHUNK))

    assert (caught.value.code, caught.value.fate) == (ErrorCode.DELETED, Fate.FINAL)


def test_token_never_follows_a_location_to_another_host(
    server: FaultyServer, transport: Transport, make_upload: MakeUpload
) -> None:
    upload = make_upload(MIN_CHUNK)

    def elsewhere(asked: Asked, handle: Handle) -> Answer:
        answer = handle(asked)
        answer.headers["Location"] = "http://192.0.2.1" + answer.headers["Location"]
        return answer

    server.fail("POST /v1/files", elsewhere)

    Uploader(transport).upload(upload)

    assert _held(server) == upload.path.read_bytes()


def test_quick_line_gets_larger_chunks_and_a_cut_halves_them(
    server: FaultyServer, transport: Transport, make_upload: MakeUpload
) -> None:
    uploader = Uploader(transport)
    uploader.upload(make_upload(8 * MIN_CHUNK))
    grown = uploader.chunk_size

    server.fail("PATCH", lose_reply, times=1)
    with pytest.raises(TransportError):
        uploader.upload(make_upload(8 * MIN_CHUNK, "object-2"))

    assert grown > 4 * MIN_CHUNK
    assert uploader.chunk_size == grown // 2


def test_sending_keeps_to_the_bandwidth_limit_and_can_be_left_at_any_time(
    server: FaultyServer, transport: Transport, make_upload: MakeUpload
) -> None:
    transport.bytes_per_second = 64 * KIB
    upload = make_upload(MIN_CHUNK)
    begun = time.monotonic()
    threading.Timer(0.7, transport.abort).start()

    with pytest.raises(TransportError):
        Uploader(transport).upload(upload)

    took = time.monotonic() - begun
    assert 0.6 < took < 2.0
    assert hashlib.sha256(upload.path.read_bytes()).hexdigest() == upload.ref.sha256


def test_size_that_a_gateway_refuses_is_not_tried_again_with_each_recording(
    server: FaultyServer, transport: Transport, make_upload: MakeUpload
) -> None:
    def gateway(asked: Asked, handle: Handle) -> Answer:
        return Answer(413, HTML, "text/html") if len(asked.body) > 2 * MIN_CHUNK else handle(asked)

    server.fail("PATCH", gateway)
    uploader = Uploader(transport, chunks=Chunks(4 * MIN_CHUNK))
    refused = 0
    for number in range(4):
        upload = make_upload(12 * MIN_CHUNK, f"object-{number}")
        try:
            uploader.upload(upload)
        except TransportError:
            refused += 1
            uploader.upload(upload)

    assert refused == 1
    assert len(server.uploads) == 4
