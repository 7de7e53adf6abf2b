"""Scores that each text gets from a simple model which has not seen it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

MOST_WORDS = 100_000
MOST_CHARACTERS = 5_000
"""What stands behind this in a text is not read; it keeps books from taking minutes."""


def held_out_scores(
    texts: Sequence[str], codes: ArrayLike, k: int, *, folds: int = 5, seed: int = 13
) -> NDArray[np.float64]:
    """Score each text by logistic regression on the words of the other folds.

    Words and pairs of neighbouring words are counted once for all folds
    (`sklearn.feature_extraction.text.TfidfVectorizer`); how common a word is tells nothing of any
    row's class. The classifier is `sklearn.linear_model.LogisticRegression`.

    Parameters
    ----------
    texts, codes
        Texts and their class codes; shape (rows,).
    k
        Number of classes.
    folds
        Parts into which the rows are cut by chance.
    seed
        Seed of that.

    Returns
    -------
    numpy.ndarray
        Probabilities of shape (rows, k). A row is NaN where nothing could be learnt of its class:
        the other folds don't hold it, or the texts share no words.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    known = np.asarray(codes, np.int64)
    scores = np.full((len(known), k), np.nan)
    vectorizer = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, min_df=2, max_features=MOST_WORDS
    )
    try:
        counted = vectorizer.fit_transform([text[:MOST_CHARACTERS] for text in texts])
    except ValueError:  # scikit-learn's words for texts that share no word
        return scores
    fold = np.random.default_rng(seed).permutation(len(known)) % folds
    for part in range(folds):
        rest = np.flatnonzero(fold != part)
        classes = np.unique(known[rest])
        held = np.flatnonzero((fold == part) & np.isin(known, classes))
        if len(classes) < 2 or not len(held):
            continue
        model = LogisticRegression(max_iter=100)
        with warnings.catch_warnings():
            # Short of full convergence the scores are still a simple model's.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(counted[rest], known[rest])
        scores[held] = 0.0
        scores[np.ix_(held, model.classes_)] = model.predict_proba(counted[held])
    return scores
