"""What a model must beat: answers that look at no input at all.

The majority class is the floor of every classification figure: with 55% positive rows, a model that
is right in 56% has learnt next to nothing. Baselines that look at the input differ by modality
(`multimodal.baseline`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..multimodal import baseline

MAJORITY = "majority_class"
FREQUENT = "frequent_labels"
MEAN = "training_mean"
TFIDF = baseline.LOGISTIC["text"]
RIDGE = baseline.RIDGE["text"]
TAG = "most_frequent_tag"
NAMES = {
    MAJORITY: "the majority class",
    FREQUENT: "the most frequent labels",
    MEAN: "the mean of the training rows",
    **baseline.TITLES,
    TAG: "each word’s most frequent tag",
    "untrained": "the model before training",
    "chance": "chance",
}
"""Baselines as evaluation.json names them, and as people read them."""


def majority(train_codes: ArrayLike, k: int, n: int) -> NDArray[np.float64]:
    """Answer every row with the class frequencies of the training rows.

    Its highest score is the majority class; of several equally frequent ones, the first. The same
    as `sklearn.dummy.DummyClassifier` with ``strategy="prior"``.

    Parameters
    ----------
    train_codes
        Class codes of the training rows, of shape (rows,); with none, all classes score alike.
    k
        Number of classes.
    n
        Number of rows to answer.

    Returns
    -------
    Probabilities of shape (n, k).
    """
    counts = np.bincount(np.asarray(train_codes, np.int64), minlength=k).astype(np.float64)
    share = counts / counts.sum() if counts.any() else np.full(k, 1 / k)
    return np.tile(share, (n, 1))
