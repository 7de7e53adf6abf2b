"""Samples as rows of simple features, by which linear models can tell them apart.

Texts become counts of words (`text.baseline`); pictures and sounds a few dozen to hundred numbers
each (`image.baseline`, `audio.baseline`), standardised. A file that stands in several samples is
read once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import in_threads
from .media import Unreadable, shown
from .modality import of
from .parts import Samples, parts, places
from .text import baseline as words

TITLES = {"text": "TF-IDF", "image": "small pictures", "audio": "mean spectrum"}
"""What is looked at in parts of each modality, for people."""

Convert = Callable[[Samples], Any]


class NoFeatures(Exception):
    """Why samples have no features to learn from, in words that end a sentence."""


def title(modalities: Sequence[str]) -> str:
    """Return what is looked at in samples with such parts, for people."""
    return " and ".join(TITLES[kind] for kind in places(modalities))


def fitted(
    kind: str, train: Samples, check: Callable[[], None] = lambda: None
) -> tuple[Any, Convert]:
    """Make features of training samples, and say how those of others are made.

    Words that are counted, how common they are, and the mean and spread by which numbers are
    standardised (`sklearn.preprocessing.StandardScaler`) are those of the training samples.

    Parameters
    ----------
    kind
        Modality of all parts.
    train
        The samples.
    check
        Raises where the job was cancelled.

    Returns
    -------
    train, convert
        A matrix of shape (training samples, features), and what makes such a one of others.

    Raises
    ------
    NoFeatures
        If there are no training samples, or their texts hold no words.
    Unreadable
        If a file can't be read; the message names it.
    """
    if kind == "text":
        counted = words.counted(train)
        if counted is None:
            raise NoFeatures(words.NO_WORDS)
        return counted
    if not len(train):
        raise NoFeatures("there are no training rows")
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler()
    matrix = scaler.fit_transform(measured(kind, train, check))
    return matrix, lambda samples: scaler.transform(measured(kind, samples, check))


def together(samples: Samples, modalities: Sequence[str]) -> Any | None:
    """Return features of samples whose classes are not looked at, all parts side by side.

    Returns
    -------
    A matrix of shape (samples, features); words count that two texts share at least
    (`text.baseline.counted_together`). None where the samples are texts that share no words.
    """
    if not len(samples):
        return None
    from sklearn.preprocessing import StandardScaler

    found = []
    for kind, own in places(modalities).items():
        if kind != "text":
            found.append(StandardScaler().fit_transform(measured(kind, parts(samples, own))))
        elif (counted := words.counted_together(parts(samples, own))) is not None:
            found.append(counted)
    if len(found) < 2:
        return found[0] if found else None
    from scipy.sparse import csr_matrix, hstack

    return hstack([csr_matrix(one) for one in found], format="csr")


def measured(
    kind: str, samples: Samples, check: Callable[[], None] = lambda: None
) -> NDArray[np.float32]:
    """Return features of pictures or sounds, several of a sample side by side.

    Files are read in threads, and only their features are kept.

    Returns
    -------
    numpy.ndarray
        Not standardised; shape (samples, features).

    Raises
    ------
    Unreadable
        If a file can't be read; the message names it.
    """
    features = of(kind).baseline.features

    def one(file: str) -> NDArray[np.float32]:
        try:
            return np.asarray(features(file))
        except Unreadable as error:
            raise Unreadable(f"{shown(file)}: {error}") from None

    files = list(dict.fromkeys(part for sample in samples for part in sample))
    number = {file: place for place, file in enumerate(files)}
    found = []
    for values in in_threads(one, files):
        check()
        found.append(values)
    which = np.array([[number[part] for part in sample] for sample in samples], np.int64)
    return np.stack(found)[which].reshape(len(samples), -1)
