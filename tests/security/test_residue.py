"""How the campaign `residue` looks for what was planted; the whole story is `python3 dev.py campaign residue`."""

from __future__ import annotations

import base64

import pytest

from tests.security.residue import TYPED, needles


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "gb18030"])
def test_planted_words_are_found_in_every_encoding(encoding: str) -> None:
    hidden = b"\x00before" + f"他说{TYPED}。".encode(encoding) + b"after"
    assert any(needle in hidden for _, needle in needles(TYPED))


@pytest.mark.parametrize("before", [b"", b"x", b"xy", b"xyz", b'{"text":"'])
def test_planted_words_are_found_inside_base64_at_any_place(before: bytes) -> None:
    hidden = base64.b64encode(before + TYPED.encode() + b'"}')
    assert any(needle in hidden for _, needle in needles(TYPED))


def test_sealed_words_are_not_taken_for_planted_ones() -> None:
    assert not any(needle in bytes(range(256)) * 1000 for _, needle in needles(TYPED))
