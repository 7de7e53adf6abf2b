"""Baselines that read words but know no language: TF-IDF with a linear model on top.

It takes seconds, no pretrained weights and no accelerator. Where a fine-tuned model is no better,
the words alone give the answer away, and the simpler model is the better choice.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

MOST_ROWS = 100_000
MOST_WORDS = 100_000


NO_WORDS = "the training texts hold no words of two letters or more"


@dataclass(frozen=True, eq=False)
class TextBaseline:
    """Scores of shape (rows, classes) or (rows,), or None with the reason in words."""

    scores: NDArray[np.float64] | None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class _Counted:
    """Words of training texts and other texts as sparse matrices, and which training rows."""

    train: Any
    others: Any
    chosen: NDArray[np.int64]


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
    codes = np.asarray(train_codes, np.int64)
    if len(np.unique(codes[_drawn(len(codes), seed)])) < 2:
        return TextBaseline(None, "the training rows hold fewer than two classes")
    counted = _counted(train_texts, texts, seed)
    if counted is None:
        return TextBaseline(None, NO_WORDS)
    scores = np.zeros((len(texts), k))
    classes, found = _logistic(counted, codes)
    scores[:, classes] = found
    return TextBaseline(scores)


def tfidf_labels(
    train_texts: Sequence[str], train_member: ArrayLike, texts: Sequence[str], *, seed: int = 13
) -> TextBaseline:
    """Fit one such logistic regression for each label (one-vs-rest).

    Parameters
    ----------
    train_texts
        Texts of the training rows.
    train_member
        Which of them have which labels, of shape (training rows, labels).
    texts, seed
        As in `tfidf`.

    Returns
    -------
    The probability of each label; a label that all training rows have, or none, keeps that share.
    """
    member = np.asarray(train_member, np.bool_)
    counted = _counted(train_texts, texts, seed)
    if counted is None:
        return TextBaseline(None, NO_WORDS)
    scores = np.tile(member.mean(axis=0, dtype=np.float64), (len(texts), 1))
    for label in range(member.shape[1]):
        there = member[:, label].astype(np.int64)
        if np.ptp(there[counted.chosen]):
            scores[:, label] = _logistic(counted, there)[1][:, 1]
    return TextBaseline(scores)


def tfidf_ridge(
    train_texts: Sequence[str], train_values: ArrayLike, texts: Sequence[str], *, seed: int = 13
) -> TextBaseline:
    """Fit `sklearn.linear_model.Ridge` with its default penalty on the same word counts.

    Parameters
    ----------
    train_texts
        Texts of the training rows.
    train_values
        Their numbers, of shape (training rows,). They are standardised for the fit, so that the
        penalty means the same in every unit.
    texts, seed
        As in `tfidf`.

    Returns
    -------
    Numbers of shape (texts,).
    """
    from sklearn.linear_model import Ridge

    values = np.asarray(train_values, np.float64)
    counted = _counted(train_texts, texts, seed)
    if counted is None:
        return TextBaseline(None, NO_WORDS)
    learnt = values[counted.chosen]
    mean, scale = learnt.mean(), learnt.std() or 1.0
    model = Ridge(random_state=seed % 2**32).fit(counted.train, (learnt - mean) / scale)
    if not len(texts):
        return TextBaseline(np.zeros(0))
    return TextBaseline(np.asarray(model.predict(counted.others), np.float64) * scale + mean)


def _drawn(rows: int, seed: int) -> NDArray[np.int64]:
    """Return the training rows that are used."""
    if rows <= MOST_ROWS:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed % 2**63).choice(rows, MOST_ROWS, replace=False))


def _counted(train_texts: Sequence[str], texts: Sequence[str], seed: int) -> _Counted | None:
    """Count words; None where the training texts hold none."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    chosen = _drawn(len(train_texts), seed)
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=MOST_WORDS)
    try:
        train = vectorizer.fit_transform([train_texts[int(row)] for row in chosen])
    except ValueError:  # scikit-learn's "empty vocabulary"
        return None
    return _Counted(train, vectorizer.transform(texts) if len(texts) else None, chosen)


def _logistic(
    counted: _Counted, codes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Fit a logistic regression; return its classes and the other texts' probabilities."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=300)
    with warnings.catch_warnings():
        # Short of full convergence the scores are still the baseline's; nobody can act on it.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(counted.train, codes[counted.chosen])
    if counted.others is None:
        return model.classes_, np.zeros((0, len(model.classes_)))
    return model.classes_, model.predict_proba(counted.others)
