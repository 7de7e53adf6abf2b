"""A baseline that reads words but knows no language: TF-IDF and logistic regression.

It takes seconds, no pretrained weights and no accelerator. Where a fine-tuned model is no better,
the words alone give the answer away, and the simpler model is the better choice.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

MOST_ROWS = 100_000
MOST_WORDS = 100_000


@dataclass(frozen=True, eq=False)
class TextBaseline:
    """Scores of shape (rows, classes), or None with the reason in words."""

    scores: NDArray[np.float64] | None
    reason: str = ""


def tfidf(
    train_texts: Sequence[str],
    train_codes: ArrayLike,
    texts: Sequence[str],
    k: int,
    *,
    seed: int = 13,
) -> TextBaseline:
    """Fit logistic regression on word counts of the training rows and score other rows.

    Words and pairs of neighbouring words are counted with sublinear weight and inverse document
    frequency (`sklearn.feature_extraction.text.TfidfVectorizer`); the classifier is
    `sklearn.linear_model.LogisticRegression` with its default penalty. Both learn from the training
    rows only. The `MOST_WORDS` most frequent words and pairs are counted, and of more than
    `MOST_ROWS` training rows a random draw is used, so that the baseline stays cheap.

    Parameters
    ----------
    train_texts, train_codes
        Texts and class codes of the training rows; a sample of several texts is joined by a space.
    texts
        Texts to score.
    k
        Number of classes; those without training rows score 0.
    seed
        Seed of the draw of training rows.

    Returns
    -------
    The scores, or the reason why there are none: under two classes, or no words.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    codes = np.asarray(train_codes, np.int64)
    chosen = np.arange(len(codes))
    if len(codes) > MOST_ROWS:
        chosen = np.sort(
            np.random.default_rng(seed % 2**63).choice(len(codes), MOST_ROWS, replace=False)
        )
    if len(np.unique(codes[chosen])) < 2:
        return TextBaseline(None, "the training rows hold fewer than two classes")
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=MOST_WORDS)
    try:
        counted = vectorizer.fit_transform([train_texts[int(row)] for row in chosen])
    except ValueError:  # scikit-learn's "empty vocabulary"
        return TextBaseline(None, "the training texts hold no words of two letters or more")
    model = LogisticRegression(max_iter=300)
    with warnings.catch_warnings():
        # Short of full convergence the scores are still the baseline's; nobody can act on it.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(counted, codes[chosen])
    scores = np.zeros((len(texts), k))
    if len(texts):
        scores[:, model.classes_] = model.predict_proba(vectorizer.transform(texts))
    return TextBaseline(scores)
