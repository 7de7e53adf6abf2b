"""Exact match, ROUGE and BLEU against hand-made cases and the libraries' own sums."""

from __future__ import annotations

import importlib.util
import math

import numpy as np
import pandas as pd
import pytest

from pellucid.core import generation_metrics as metrics
from pellucid.core.spec import EvaluateSpec

ANSWERS = [
    "The cat sat on the mat.",
    "A dog was in the garden with a ball",
    "nothing of the kind",
    "Paris",
    "it rains in the north of the country today",
]
EXPECTED = [
    "the cat sat on the mat",
    "The dog is in the garden with the ball.",
    "something else entirely",
    "paris!",
    "it rains in the south of the country today and tomorrow",
]
SPEC = EvaluateSpec(splits=("test",), replicates=200)

needs = pytest.mark.skipif(
    bool(metrics.missing()), reason="skipped: rouge-score or sacrebleu is not installed"
)


def totals(answers: list[str], expected: list[str]) -> dict[str, float]:
    sums = metrics.row_sums(answers, expected)
    return metrics.figures({name: part.sum(axis=0) for name, part in sums.items()})


def test_exact_match_leaves_case_punctuation_articles_and_space_aside() -> None:
    assert metrics.normalised(" The  Cat, sat!") == "cat sat"
    assert metrics.normalised("An apple a day; theatre") == "apple day theatre"
    assert totals(ANSWERS, EXPECTED)["exact_match"] == pytest.approx(2 / 5)


@needs
def test_bleu_is_sacrebleus_of_the_whole_corpus() -> None:
    import sacrebleu

    found = totals(ANSWERS, EXPECTED)["bleu"]
    assert found == pytest.approx(sacrebleu.corpus_bleu(ANSWERS, [EXPECTED]).score, abs=1e-9)
    mean = np.mean([totals([a], [b])["bleu"] for a, b in zip(ANSWERS, EXPECTED, strict=True)])
    assert found != pytest.approx(mean, abs=0.1), "not the mean over rows"


@needs
def test_bleu_of_a_resample_is_that_of_the_resampled_corpus() -> None:
    import sacrebleu

    sums = metrics.row_sums(ANSWERS, EXPECTED)
    weights = np.array([2, 0, 1, 0, 2])
    rows = np.repeat(np.arange(5), weights)
    found = metrics.figures({name: weights @ part for name, part in sums.items()})
    drawn = [ANSWERS[row] for row in rows], [EXPECTED[row] for row in rows]
    assert found["bleu"] == pytest.approx(sacrebleu.corpus_bleu(drawn[0], [drawn[1]]).score)


@needs
def test_rouge_is_the_mean_of_rouge_scores_f_measure() -> None:
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rouge1", "rougeL"])
    found = totals(ANSWERS, EXPECTED)
    for name in ("rouge1", "rougeL"):
        scores = [scorer.score(b, a)[name].fmeasure for a, b in zip(ANSWERS, EXPECTED, strict=True)]
        assert found[name] == pytest.approx(np.mean(scores))
    # By hand: 2 of 3 words are there, in order; precision 2/3, recall 2/4.
    assert totals(["one two five"], ["one two three four"])["rougeL"] == pytest.approx(4 / 7)
    assert totals(["two one"], ["one two"])["rouge1"] == 1
    assert totals(["two one"], ["one two"])["rougeL"] == pytest.approx(1 / 2)


@needs
def test_right_answers_score_full_and_empty_ones_nothing() -> None:
    full = totals(EXPECTED, EXPECTED)
    assert full == {
        "exact_match": 1,
        "rouge1": 1,
        "rougeL": 1,
        "bleu": pytest.approx(100),
    }
    assert totals([""] * 5, EXPECTED) == {"exact_match": 0, "rouge1": 0, "rougeL": 0, "bleu": 0}


def predictions(answers: list[str | None]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [str(row) for row in range(len(answers))],
            "split": "test",
            "label": EXPECTED[: len(answers)],
            "prediction": answers,
            "nats": np.arange(1.0, len(answers) + 1),
            "tokens": 10,
        }
    )


@needs
def test_an_evaluation_holds_perplexity_of_all_rows_and_answers_of_some() -> None:
    own = predictions([*ANSWERS[:3], None, None])
    other = predictions(["", "", "", None, None])
    found = metrics.evaluate(own, SPEC, {"untrained": other}, ["A note."]).splits["test"]
    assert found.metrics["perplexity"].value == pytest.approx(math.exp(15 / 50))
    assert found.metrics["perplexity"].n == 5
    assert found.metrics["exact_match"].value == pytest.approx(1 / 3)
    assert found.metrics["exact_match"].n == 3
    for name in ("rouge1", "rougeL", "bleu"):
        one = found.metrics[name]
        assert one.low is not None and one.high is not None
        assert one.low <= one.value <= one.high
        assert found.baselines["untrained"][name].value == 0
        assert found.versus_baseline["untrained"][name].value == pytest.approx(one.value)
    assert found.versus_baseline["untrained"]["perplexity"].value == 0
    assert "3 of 5 rows" in " ".join(found.notes)
    assert "A note." in found.notes


def test_without_answers_there_is_a_note_and_no_figure() -> None:
    found = metrics.evaluate(predictions([None] * 3), SPEC, {}).splits["test"]
    assert set(found.metrics) == {"loss", "perplexity"}
    assert "No answers were generated" in " ".join(found.notes)


def test_a_package_that_is_not_there_is_named_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = importlib.util.find_spec

    def without(name: str, *rest: object) -> object:
        return None if name in metrics.NEEDS else whole(name, *rest)

    monkeypatch.setattr(metrics, "find_spec", without)
    assert set(totals(ANSWERS, EXPECTED)) == {"exact_match"}
    found = metrics.evaluate(predictions(ANSWERS), SPEC, {}).splits["test"]
    assert set(found.metrics) == {"loss", "perplexity", "exact_match"}
    notes = " ".join(found.notes)
    assert "ROUGE is not measured: the package rouge-score is not installed" in notes
    assert "pip install 'pellucid[generation]'" in notes


@needs
def test_expected_answers_without_latin_letters_are_told() -> None:
    table = predictions(["привет", "да"])
    table["label"] = ["привет", "yes"]
    found = metrics.evaluate(table, SPEC, {}).splits["test"]
    assert "1 of the expected answers have none" in " ".join(found.notes)
    assert found.metrics["exact_match"].value == 0.5
