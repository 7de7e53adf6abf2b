"""Baselines that look at a sample, but not closely: linear models on simple features of its parts.

Of texts the words are counted (`text.baseline`), of pictures a small copy and the directions of
edges are taken (`image.baseline`), of sounds the mean spectrum (`audio.baseline`). It takes no
pretrained weights and no accelerator. Where a fine-tuned model is no better, these features give
the answer away, and the simpler model is the better choice. Of samples with parts of several
modalities each is looked at alone, which shows what can be answered without the others.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..device import one_blas_thread
from . import features
from .features import NoFeatures
from .media import Unreadable
from .parts import Samples, parts, places

MOST_ROWS = 100_000
PIECE = 10_000
"""Rows that are scored at a time."""

STEPS = 300
"""Steps of a logistic regression at most."""

SMALL = 1 << 28
"""Multiplications of a step up to which a regression is fitted on one thread."""

LOGISTIC = {
    "text": "tfidf_logistic_regression",
    "image": "pixels_logistic_regression",
    "audio": "spectrum_logistic_regression",
}
RIDGE = {
    "text": "tfidf_ridge_regression",
    "image": "pixels_ridge_regression",
    "audio": "spectrum_ridge_regression",
}
"""Baselines of each modality, as evaluation.json names them."""

TITLES = {
    **{name: f"{features.TITLES[kind]} + logistic regression" for kind, name in LOGISTIC.items()},
    **{name: f"{features.TITLES[kind]} + ridge regression" for kind, name in RIDGE.items()},
}
"""The same, as people read them."""

Predict = Callable[[Any], NDArray[np.float64]]
"""Scores of a matrix of features, of shape (rows, …)."""


@dataclass(frozen=True, eq=False)
class Baseline:
    """Scores of shape (rows, classes) or (rows,), or None with the reason in words."""

    scores: NDArray[np.float64] | None
    reason: str = ""


def logistic(
    train: Samples,
    train_codes: ArrayLike,
    samples: Samples,
    modalities: Sequence[str],
    k: int,
    *,
    seed: int = 13,
    check: Callable[[], None] = lambda: None,
) -> dict[str, Baseline]:
    """Fit a logistic regression for each modality on the training rows and score other rows.

    Features are made by what the training rows hold (`features.fitted`); the classifier is
    `sklearn.linear_model.LogisticRegression` with its default penalty. Of more than `MOST_ROWS`
    training rows a random draw is used, so that the baseline stays cheap.

    Parameters
    ----------
    train, train_codes
        Parts and class codes of the training rows.
    samples
        Parts of the rows to score.
    modalities
        Modality of each part.
    k
        Number of classes; those without training rows score 0.
    seed
        Seed of the draw of training rows.
    check
        Raises where the job was cancelled.

    Returns
    -------
    For each modality by its name in `LOGISTIC`, scores of shape (samples, k), or the reason why
    there are none: under two classes, no words, or a file that can't be read.
    """
    codes = np.asarray(train_codes, np.int64)
    chosen = _drawn(len(codes), seed)
    if len(np.unique(codes[chosen])) < 2:
        none = Baseline(None, "the training rows hold fewer than two classes")
        return {LOGISTIC[kind]: none for kind in places(modalities)}
    found = _each(
        lambda matrix: fit_logistic(matrix, codes[chosen], k),
        train,
        chosen,
        samples,
        modalities,
        (k,),
        check,
    )
    return {LOGISTIC[kind]: one for kind, one in found.items()}


def one_vs_rest(
    train: Samples,
    train_member: ArrayLike,
    samples: Samples,
    modalities: Sequence[str],
    *,
    seed: int = 13,
    check: Callable[[], None] = lambda: None,
) -> dict[str, Baseline]:
    """Fit one such logistic regression for each label.

    Parameters
    ----------
    train
        Parts of the training rows.
    train_member
        Which of them have which labels, of shape (training rows, labels).
    samples, modalities, seed, check
        As in `logistic`.

    Returns
    -------
    For each modality by its name in `LOGISTIC`, the probability of each label; a label that all
    training rows have, or none, keeps that share.
    """
    member = np.asarray(train_member, np.bool_)
    chosen = _drawn(len(member), seed)
    share = member.mean(axis=0, dtype=np.float64) if len(member) else np.zeros(member.shape[1])

    def fit(matrix: Any) -> Predict:
        learnt = member[chosen].astype(np.int64)
        models = {
            label: fit_logistic(matrix, learnt[:, label], 2)
            for label in range(learnt.shape[1])
            if np.ptp(learnt[:, label])
        }

        def predict(others: Any) -> NDArray[np.float64]:
            scores = np.tile(share, (others.shape[0], 1))
            for label, model in models.items():
                scores[:, label] = model(others)[:, 1]
            return scores

        return predict

    found = _each(fit, train, chosen, samples, modalities, share.shape, check)
    return {LOGISTIC[kind]: one for kind, one in found.items()}


def ridge(
    train: Samples,
    train_values: ArrayLike,
    samples: Samples,
    modalities: Sequence[str],
    *,
    seed: int = 13,
    check: Callable[[], None] = lambda: None,
) -> dict[str, Baseline]:
    """Fit `sklearn.linear_model.Ridge` with its default penalty on the same features.

    Parameters
    ----------
    train
        Parts of the training rows.
    train_values
        Their numbers, of shape (training rows,). They are standardised for the fit, so that the
        penalty means the same in every unit.
    samples, modalities, seed, check
        As in `logistic`.

    Returns
    -------
    For each modality by its name in `RIDGE`, numbers of shape (samples,).
    """
    values = np.asarray(train_values, np.float64)
    chosen = _drawn(len(values), seed)

    def fit(matrix: Any) -> Predict:
        from sklearn.linear_model import Ridge

        learnt = values[chosen]
        mean, scale = learnt.mean(), learnt.std() or 1.0
        model = Ridge(random_state=seed % 2**32).fit(matrix, (learnt - mean) / scale)
        return lambda others: np.asarray(model.predict(others), np.float64) * scale + mean

    found = _each(fit, train, chosen, samples, modalities, (), check)
    return {RIDGE[kind]: one for kind, one in found.items()}


def fit_logistic(matrix: Any, codes: NDArray[np.int64], k: int, *, steps: int = STEPS) -> Predict:
    """Fit a logistic regression.

    Parameters
    ----------
    matrix
        Features; shape (rows, features).
    codes
        Class codes, of at least two classes; shape (rows,).
    k
        Number of classes.
    steps
        Steps at most.

    Returns
    -------
    What gives the probabilities of other rows, of shape (rows, k); classes that `codes` lacks
    score 0.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=steps)
    small = matrix.shape[0] * matrix.shape[1] * k <= SMALL
    with warnings.catch_warnings(), one_blas_thread() if small else contextlib.nullcontext():
        # Short of full convergence the scores are still a simple model's; nobody can act on it.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(matrix, codes)

    def predict(others: Any) -> NDArray[np.float64]:
        scores = np.zeros((others.shape[0], k))
        scores[:, model.classes_] = model.predict_proba(others)
        return scores

    return predict


def _drawn(rows: int, seed: int) -> NDArray[np.int64]:
    """Return the training rows that are used."""
    if rows <= MOST_ROWS:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed % 2**63).choice(rows, MOST_ROWS, replace=False))


def _each(
    fit: Callable[[Any], Predict],
    train: Samples,
    chosen: NDArray[np.int64],
    samples: Samples,
    modalities: Sequence[str],
    shape: tuple[int, ...],
    check: Callable[[], None],
) -> dict[str, Baseline]:
    """Fit a model on chosen rows for each modality, and score samples; `shape` is a score's."""
    drawn = [train[row] for row in chosen.tolist()]
    found = {}
    for kind, own in places(modalities).items():
        try:
            matrix, convert = features.fitted(kind, parts(drawn, own), check)
            predict = fit(matrix)
            scores = np.zeros((len(samples), *shape))
            for first in range(0, len(samples), PIECE):
                piece = slice(first, first + PIECE)
                scores[piece] = predict(convert(parts(samples[piece], own)))
            found[kind] = Baseline(scores)
        except (NoFeatures, Unreadable) as error:
            found[kind] = Baseline(None, str(error))
    return found
