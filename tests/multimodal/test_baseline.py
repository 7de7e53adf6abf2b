"""The word-counting baseline."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from pellucid.multimodal.text import baseline

GOOD = ["a fine film", "what a lovely story", "lovely, fine acting", "fine work"]
BAD = ["a dull film", "what a tedious story", "dull, tedious acting", "tedious work"]
TEXTS = GOOD + BAD
CODES = [1] * 4 + [0] * 4


def test_scores_equal_scikit_learns_pipeline():
    new = ["fine and lovely", "dull", ""]
    pipeline = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression()
    ).fit(TEXTS, CODES)
    got = baseline.tfidf(TEXTS, CODES, new, 2)
    np.testing.assert_allclose(got.scores, pipeline.predict_proba(new), atol=1e-6)
    assert got.scores.argmax(axis=1)[:2].tolist() == [1, 0]


def test_classes_without_training_rows_score_nothing():
    scores = baseline.tfidf(TEXTS, np.array(CODES) * 2, ["fine", "dull"], 4).scores
    assert scores.shape == (2, 4)
    np.testing.assert_allclose(scores.sum(axis=1), 1)
    assert (scores[:, [1, 3]] == 0).all()


@pytest.mark.parametrize(
    ("texts", "codes", "reason"),
    [
        (["one", "two"], [1, 1], "two classes"),
        ([], [], "two classes"),
        (["", " ?"], [0, 1], "no words"),
    ],
)
def test_what_cannot_be_fitted_says_why(texts, codes, reason):
    got = baseline.tfidf(texts, codes, ["new"], 2)
    assert got.scores is None
    assert reason in got.reason


def test_no_texts_to_score():
    assert baseline.tfidf(TEXTS, CODES, [], 2).scores.shape == (0, 2)


def test_many_rows_are_drawn_from(monkeypatch):
    monkeypatch.setattr(baseline, "MOST_ROWS", 100)
    one, same, other = (
        baseline.tfidf(TEXTS * 50, CODES * 50, ["fine film"], 2, seed=seed).scores
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
