"""Ratings correct the rubric: little when they are few, much for their own question, the same from a file."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path

import numpy as np
import pytest

from assessment.agreement import pearson, quadratic_kappa
from assessment.embeddings import Embedders
from assessment.gaussian import Rows, by_feature, fit, predict
from assessment.learned import from_bytes_by_language, to_bytes_by_language
from backend.__main__ import main
from backend.services.assessing import score_table, train_table
from contract.errors import ErrorCode, XudaError

_SAID = ("mutex", "queue", "thread", "deadlock", "scheduler", "kernel")
_MORE = ("holds a lock", "waits in order", "runs beside others", "blocks forever", "chooses what runs", "owns memory")
_NONE = Embedders(None)


def ratings_table(count: int, seed: int = 1, language: str = "en") -> bytes:
    """Answers whose ratings follow from what they say, and a little from length."""
    draw = random.Random(seed)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["Question", "Reference answer", "Answer", "Language", "Rating", "Candidate"])
    for at in range(count):
        topic = at % len(_SAID)
        said = draw.random()
        words = [_SAID[topic], *(_MORE[topic].split() if said > 0.4 else ["nothing", "much"]), *draw.sample(_SAID, 2)]
        rating = round(1 + 3 * (said > 0.4) + draw.random(), 1)
        prompt = f"What is a {_SAID[topic]}?"
        writer.writerow([prompt, f"It {_MORE[topic]}", " ".join(words), language, rating, f"c{at % 20}"])
    return file.getvalue().encode()


def test_the_model_follows_ratings_and_its_card_tells_how_well() -> None:
    [(language, model)] = train_table(ratings_table(120), _NONE, "now")[0].items()
    assert (language, model.card.ratings, model.card.questions) == ("en", 120, 6)
    assert model.card.figures["unseen_candidate"]["pearson"]["value"] > 0.7
    assert (model.card.lowest, model.card.highest) == pytest.approx((1.0, 5.0), abs=0.1)
    assert 0 < model.card.half["seen"] < 4000


def test_a_model_read_from_its_file_gives_the_same_score_and_parts_that_add_up() -> None:
    models, _ = train_table(ratings_table(60), _NONE, "now")
    again = from_bytes_by_language(to_bytes_by_language(models))
    rows = ratings_table(30, seed=2)
    first, _ = score_table(rows, models, _NONE)
    second, _ = score_table(rows, again, _NONE)
    for one, other in zip(first, second, strict=True):
        assert one.score is not None
        assert other.score is not None
        assert one.score.hundredths is not None
        assert other.score.hundredths is not None
        assert abs(one.score.hundredths - other.score.hundredths) <= 1
        assert one.score.hundredths == sum(part.hundredths for part in one.score.parts)


def test_few_ratings_change_little_what_they_are_not_near_to() -> None:
    draw = np.random.default_rng(0)

    def rows(count: int, question: int, around: float) -> Rows:
        text = draw.normal(size=(count, 64))
        text /= np.linalg.norm(text, axis=1, keepdims=True)
        z = draw.normal(around, 1, (count, 8))
        return Rows(np.full(count, 0.5), z, text, np.full(count, question))

    few, many = (fit(rows(count, 0, 0.0), np.full(count, 0.8)) for count in (2, 60))
    far = rows(40, -1, 6.0)
    assert 0 < predict(few, far).sum(axis=1).mean() < predict(many, far).sum(axis=1).mean() <= 0.31


def test_what_is_learned_is_split_by_feature_without_a_rest() -> None:
    draw = np.random.default_rng(3)
    z = draw.normal(size=(50, 6))
    rows = Rows(np.full(50, 0.5), z, np.zeros((50, 4)), np.full(50, -1))
    fitted = fit(rows, np.clip(0.5 + 0.2 * z[:, 0], 0, 1))
    middle, split = by_feature(fitted, z[0])
    assert middle + split.sum() == pytest.approx(predict(fitted, rows)[0, 1], abs=1e-12)
    assert np.argmax(np.abs(split)) == 0


def test_agreement_is_one_for_the_same_and_zero_for_chance() -> None:
    scores = np.arange(50.0)
    assert (pearson(scores, scores), quadratic_kappa(scores, scores, 1)) == (pytest.approx(1), pytest.approx(1))
    assert abs(quadratic_kappa(scores, np.random.default_rng(0).permutation(scores), 1)) < 0.3


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04broken", b"\x93NUMPY", b"{}"])
def test_what_is_no_model_is_refused(data: bytes) -> None:
    with pytest.raises(XudaError) as raised:
        from_bytes_by_language(data, "m")
    assert raised.value.code is ErrorCode.ASSESSMENT_MODEL


def test_the_command_line_trains_and_scores_tables_as_people_save_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assessment.embeddings._PACKAGE", "no_such_package_here")
    ratings, model, answers, out = (tmp_path / name for name in ("r.csv", "m", "a.csv", "s.csv"))
    ratings.write_bytes(ratings_table(40))
    assert main(["train", "--in", str(ratings), "--out", str(model), "--lowest", "0", "--highest", "5"]) == 0
    rows = [
        "题目;要点;回答;语言",
        "如何道歉？;真诚道歉|承担责任;我会真诚地道歉，并且承担责任。;中文",
        "没有要点？;;好;中文",
    ]
    answers.write_bytes("\n".join(rows).encode("gb18030"))
    assert main(["score", "--in", str(answers), "--out", str(out), "--model", str(model), "--lang", "en"]) == 1
    assert "Row 3, 要点: is missing" in capsys.readouterr().out
    first, second = csv.DictReader(io.StringIO(out.read_text("utf-8-sig")))
    assert sum(round(100 * part["points"]) for part in json.loads(first["parts"])) == round(100 * float(first["score"]))
    assert float(first["low"]) <= float(first["score"]) <= float(first["high"])
    assert (first["model"], second["score"], second["reason"]) == ("rubric", "", "unreadable")


def test_too_few_ratings_are_told(tmp_path: Path) -> None:
    with pytest.raises(XudaError) as raised:
        train_table(ratings_table(3), _NONE, "now")
    assert (raised.value.code, raised.value.field) == (ErrorCode.SETTING_INVALID, "rating")
