"""Exact match and F1 against hand cases of SQuAD's definition, and a slower way to compute it."""

from __future__ import annotations

import json
import random

import numpy as np
import pandas as pd
import pytest

from pellucid.core.answer_metrics import evaluate, exact_match, f1, normalise, per_row
from pellucid.core.spec import EvaluateSpec


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("The  Broncos!", "broncos"),
        ("a theory of an (old) cat", "theory of old cat"),
        ("U.S.", "us"),
        ("co-op", "coop"),
        ("THE", ""),
        ("Ärger – 5 €", "ärger – 5 €"),  # only ASCII punctuation goes
        ("die Katze", "die katze"),  # only English articles go
    ],
)
def test_texts_as_squad_compares_them(text: str, plain: str) -> None:
    assert normalise(text) == plain


@pytest.mark.parametrize(
    ("prediction", "accepted", "exact", "overlap"),
    [
        ("the Denver Broncos", ["Denver Broncos"], 1, 1),
        ("Broncos", ["Denver Broncos"], 0, 2 / 3),
        ("Denver Broncos of Denver", ["Denver Broncos"], 0, 2 * 0.5 * 1 / 1.5),
        ("Broncos", ["Panthers", "Denver Broncos", "Broncos."], 1, 1),
        ("Panthers", ["Denver Broncos"], 0, 0),
        ("", [], 1, 1),
        ("Broncos", [], 0, 0),
        ("", ["Broncos"], 0, 0),
        ("the", ["Broncos"], 0, 0),
        ("the", [], 1, 1),  # nothing is left of it
        ("", ["The", "Broncos"], 0, 0),  # nothing is left of an accepted answer: it doesn't count
        ("no no yes", ["no yes yes"], 0, 2 / 3),
    ],
)
def test_hand_cases(prediction: str, accepted: list[str], exact: float, overlap: float) -> None:
    assert exact_match(prediction, accepted) == exact
    assert f1(prediction, accepted) == pytest.approx(overlap, abs=1e-12)


def defined_f1(prediction: str, true: str) -> float:
    """SQuAD's F1 between two normalised texts, by pairing equal words off one after the other."""
    given, wanted = prediction.split(), true.split()
    if not given or not wanted:
        return float(given == wanted)
    left, same = list(wanted), 0
    for word in given:
        if word in left:
            left.remove(word)
            same += 1
    return 2 * same / (len(given) + len(wanted))


def test_the_best_accepted_answer_counts() -> None:
    words = ["cat", "dog", "dogs", "five", "5"]
    rng = random.Random(0)

    def text(least: int) -> str:
        return " ".join(rng.choices(words, k=rng.randint(least, 5)))

    for _ in range(2000):
        given, accepted = text(0), [text(1) for _ in range(rng.randint(1, 3))]
        dressed = "The " + given.upper().replace(" ", "  an, ") + "."
        expected = max(defined_f1(given, one) for one in accepted)
        assert f1(dressed, accepted) == pytest.approx(expected, abs=1e-12)
        assert exact_match(dressed, accepted) == (given in accepted)


def predictions() -> pd.DataFrame:
    answers = [["Denver Broncos"], ["Panthers"], [], [], ["five", "5 men"], ["x"]]
    given = ["Broncos", "Panthers", "", "words", "5", "y"]
    labels = [
        json.dumps([{"text": text, "start": 0} for text in one]) if one is not None else None
        for one in answers
    ]
    return pd.DataFrame(
        {
            "id": [str(row) for row in range(6)],
            "split": ["test"] * 5 + ["validation"],
            "label": labels,
            "prediction": given,
        }
    )


def test_rows_and_their_means() -> None:
    table = predictions()
    accepted = [[one["text"] for one in json.loads(label)] for label in table["label"]]
    exact, overlap = per_row(table["prediction"].tolist(), accepted)
    assert exact.tolist() == [0, 1, 1, 0, 0, 0]
    assert overlap.tolist() == pytest.approx([2 / 3, 1, 1, 0, 2 / 3, 0])
    other = table.assign(prediction="")
    found = evaluate(table, EvaluateSpec(replicates=500), {"untrained": other, "x": "no model"})
    test = found.splits["test"]
    assert test.rows == test.n == 5 and list(found.splits) == ["validation", "test"]
    assert test.metrics["exact_match"].value == pytest.approx(2 / 5)
    assert test.metrics["f1"].value == pytest.approx((2 / 3 + 1 + 1 + 2 / 3) / 5)
    f1_figure = test.metrics["f1"]
    assert f1_figure.low is not None and f1_figure.low < f1_figure.value < f1_figure.high
    assert test.baselines["untrained"]["f1"].value == pytest.approx(2 / 5)
    gap = test.versus_baseline["untrained"]["f1"]
    assert gap.value == pytest.approx((2 / 3 + 1 + 2 / 3 - 1) / 5)
    assert test.per_class["has answer"]["f1"].value == pytest.approx((2 / 3 + 1 + 2 / 3) / 3)
    assert test.per_class["no answer"]["exact_match"].value == pytest.approx(1 / 2)
    assert not found.splits["validation"].per_class  # each question has an answer
    assert any("no model" in note for note in test.notes)
    again = json.loads(json.dumps(found.as_json()))
    assert again["test"]["f1"]["n"] == 5 and "confusion" not in again["test"]


def test_the_interval_of_exact_match_covers_as_the_normal_theory_does() -> None:
    rng = np.random.default_rng(3)
    right = rng.random(400) < 0.3
    table = pd.DataFrame(
        {
            "id": np.arange(400).astype(str),
            "split": "test",
            "label": '[{"text":"yes","start":0}]',
            "prediction": np.where(right, "Yes!", "no"),
        }
    )
    found = evaluate(table, EvaluateSpec(replicates=2000), {}).splits["test"].metrics["exact_match"]
    error = 1.96 * np.sqrt(right.mean() * (1 - right.mean()) / 400)
    assert found.value == right.mean()
    assert found.high - found.low == pytest.approx(2 * error, rel=0.1)
