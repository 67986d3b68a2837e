"""A model of meaning, where there is one: both kinds of folders, words it knows, folders that are none."""

from __future__ import annotations

from math import erf
from pathlib import Path

import numpy as np
import pytest

from assessment.embeddings import open_embedder
from assessment.scoring import score
from assessment.values import Dimension, KeyPoint, Question, written
from contract.errors import ErrorCode, XudaError
from tests.assessment import tiny_models


def test_words_of_an_onnx_folder_have_the_models_vectors(tmp_path: Path) -> None:
    tiny_models.onnx(tmp_path / "en")
    [(rows, whole)] = open_embedder(tmp_path / "en").words([["Listen", "customer"]])
    wanted = tiny_models.table()[[2, 3]]
    assert np.allclose(rows, wanted / np.linalg.norm(wanted, axis=1, keepdims=True), atol=1e-6)
    assert np.linalg.norm(whole) == pytest.approx(1, abs=1e-6)


def test_long_answers_and_many_at_once_give_what_each_gives_alone(tmp_path: Path) -> None:
    tiny_models.bert(tmp_path / "en")
    embedder = open_embedder(tmp_path / "en")
    texts = [["listen"], ["find", "cause"] * 120, [], ["calm", "unheard", "customer"]]
    together, alone = embedder.words(texts), [embedder.words([text])[0] for text in texts]
    for (rows, whole), (other, other_whole) in zip(together, alone, strict=True):
        assert np.allclose(rows, other, atol=1e-5)
        assert np.allclose(whole, other_whole, atol=1e-5)
    assert [len(rows) for rows, _ in together] == [1, 240, 0, 3]


def test_a_bert_is_evaluated_as_its_definition_says(tmp_path: Path) -> None:
    """For one word attention is the value itself, so that the whole can be written down."""
    weights = {name: value.astype(float) for name, value in tiny_models.bert(tmp_path / "en").items()}
    [(rows, _)] = open_embedder(tmp_path / "en").words([["calm"]])

    def normed(x: np.ndarray) -> np.ndarray:
        return (x - x.mean()) / x.std()

    at = "encoder.layer.0."
    x = normed(weights["embeddings.word_embeddings.weight"][4])
    value = weights[at + "attention.self.value.weight"] @ x
    x = normed(x + weights[at + "attention.output.dense.weight"] @ value)
    inner = weights[at + "intermediate.dense.weight"] @ x
    inner = inner * 0.5 * (1 + np.array([erf(one / 2**0.5) for one in inner]))
    x = normed(x + weights[at + "output.dense.weight"] @ inner)
    assert np.allclose(rows[0], x / np.linalg.norm(x), atol=1e-5)


def test_other_words_of_the_same_meaning_make_a_point(tmp_path: Path) -> None:
    tiny_models.onnx(tmp_path / "en")
    asked = Question("q", "What matters?", (Dimension("d", (KeyPoint("listen customer"),)),))
    answer = written("I perceive the patron", "en")
    plain, meant = score(asked, answer), score(asked, answer, open_embedder(tmp_path / "en"))
    assert next(part for part in plain.whole.parts if part.key_point).value < 0.3
    assert next(part for part in meant.whole.parts if part.key_point).value == 1


@pytest.mark.parametrize("broken", ["tokenizer.json", "model.onnx"])
@pytest.mark.parametrize("content", [None, b"", b"{}", b"\x08\x08nonsense"])
def test_a_folder_that_is_no_model_is_told(tmp_path: Path, broken: str, content: bytes | None) -> None:
    tiny_models.onnx(tmp_path)
    (tmp_path / broken).unlink()
    if content is not None:
        (tmp_path / broken).write_bytes(content)
    with pytest.raises(XudaError) as raised:
        open_embedder(tmp_path)
    assert raised.value.code is ErrorCode.ASSESSMENT_MODEL
