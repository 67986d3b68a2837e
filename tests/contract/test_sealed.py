"""Sealed files against Tink, cut at every kind of place, and read from any offset."""

from __future__ import annotations

import io
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tink import proto_keyset_format, secret_key_access, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2

from contract.errors import ErrorCode, XudaError
from contract.sealed import SEGMENT_SIZE, SealedReader, SealingWriter, open_value, plaintext_size, seal_value

KEY = bytes(range(32))
CONTEXT = b"xuda object v1:i:o"
SIZES = [0, 1, 4039, 4040, 4041, 8119, 8120, 8121, 20_000]


def seal(plain: bytes, *, close: bool = True) -> bytes:
    target = io.BytesIO()
    writer = SealingWriter(target, KEY, CONTEXT)
    for start in range(0, len(plain), 999):
        writer.write(plain[start : start + 999])
    if close:
        writer.close()
    return target.getvalue()


def tink_primitive() -> streaming_aead.StreamingAead:
    streaming_aead.register()
    params = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
        ciphertext_segment_size=SEGMENT_SIZE, derived_key_size=32, hkdf_hash_type=common_pb2.SHA256
    )
    key = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(version=0, params=params, key_value=KEY)
    data = tink_pb2.KeyData(
        type_url="type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey",
        value=key.SerializeToString(),
        key_material_type=tink_pb2.KeyData.SYMMETRIC,
    )
    entry = tink_pb2.Keyset.Key(key_data=data, status=tink_pb2.ENABLED, key_id=1, output_prefix_type=tink_pb2.RAW)
    keyset = tink_pb2.Keyset(primary_key_id=1, key=[entry])
    handle = proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN)
    return handle.primitive(streaming_aead.StreamingAead)


@pytest.mark.parametrize("size", SIZES)
def test_tink_reads_what_we_seal(size: int) -> None:
    plain = os.urandom(size)
    with tink_primitive().new_decrypting_stream(io.BytesIO(seal(plain)), CONTEXT) as stream:
        assert stream.read() == plain


@pytest.mark.parametrize("size", SIZES)
def test_we_read_what_tink_seals(size: int) -> None:
    plain = os.urandom(size)
    target = io.BytesIO()
    target.close = lambda: None  # type: ignore[method-assign]
    with tink_primitive().new_encrypting_stream(target, CONTEXT) as stream:
        stream.write(plain)
    assert SealedReader(io.BytesIO(target.getvalue()), KEY, CONTEXT).read() == plain


@pytest.mark.parametrize("size", SIZES)
def test_plaintext_size_follows_from_sealed_size(size: int) -> None:
    assert plaintext_size(len(seal(bytes(size)))) == size


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 20_000), st.integers(0, 21_000), st.integers(0, 9000))
def test_any_range_reads_like_the_plaintext(size: int, start: int, length: int) -> None:
    plain = bytes((i * 7) % 251 for i in range(size))
    reader = SealedReader(io.BytesIO(seal(plain)), KEY, CONTEXT)
    reader.seek(start)
    assert reader.read(length) == plain[start : start + length]


def test_a_cut_file_keeps_its_whole_segments_and_nothing_else() -> None:
    plain = os.urandom(13_000)
    sealed = seal(plain)
    for cut in [*range(40, len(sealed), 501), 4095, 4096, 4097, 8192, len(sealed) - 1]:
        reader = SealedReader(io.BytesIO(sealed[:cut]), KEY, CONTEXT, allow_cut=True)
        segments = cut // SEGMENT_SIZE
        assert reader.cut
        assert reader.read() == plain[: max(0, segments * 4080 - 40)]


def test_a_file_that_was_never_closed_is_refused_unless_a_cut_is_allowed() -> None:
    with pytest.raises(XudaError) as caught:
        SealedReader(io.BytesIO(seal(bytes(9000), close=False)), KEY, CONTEXT)
    assert caught.value.code is ErrorCode.SEALED_DAMAGED


def test_every_flipped_byte_is_noticed() -> None:
    sealed = bytearray(seal(os.urandom(5000)))
    for index in range(0, len(sealed), 13):
        damaged = bytearray(sealed)
        damaged[index] ^= 1
        with pytest.raises(XudaError):
            SealedReader(io.BytesIO(bytes(damaged)), KEY, CONTEXT).read()


def test_another_object_or_key_does_not_open() -> None:
    sealed = seal(b"answer")
    for key, context in [(KEY, b"xuda object v1:i:other"), (bytes(32), CONTEXT)]:
        with pytest.raises(XudaError):
            SealedReader(io.BytesIO(sealed), key, context).read()


def test_a_value_opens_only_in_its_place() -> None:
    sealed = seal_value("王小明".encode(), KEY, "answers:1:text")
    assert open_value(sealed, KEY, "answers:1:text").decode() == "王小明"
    with pytest.raises(XudaError):
        open_value(sealed, KEY, "answers:2:text")
