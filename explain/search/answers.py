"""What a model answers, and how far it is from another answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
"""Logits of copies of a sample; shape (copies, classes)."""


def leads(numbers: Numbers, target: int) -> Numbers:
    """Return by how much a class leads each of the others; infinite against itself.

    Parameters
    ----------
    numbers
        Logits of shape (copies, classes).
    target
        Number of the class.

    Returns
    -------
    numpy.ndarray
        Differences of logits; shape (copies, classes).
    """
    out = numbers[:, target, None] - numbers
    out[:, target] = np.inf
    return out


def lead(numbers: Numbers, target: int) -> NDArray[np.float64]:
    """Return by how much a class leads the best of the others; shape (copies,)."""
    return np.asarray(leads(numbers, target).min(axis=1))


@dataclass(frozen=True)
class Answer:
    """What a model answers to a sample.

    Attributes
    ----------
    label
        The class with the highest score.
    scores
        Probability of each class, in the order of the model's outputs; from 0 to 1, they sum to 1.
    """

    label: str
    scores: dict[str, float]

    @property
    def score(self) -> float:
        """Probability of the class that is answered."""
        return self.scores[self.label]

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {"label": self.label, "scores": self.scores}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Answer:
        """Read what `as_json` returned."""
        return cls(raw["label"], raw["scores"])


def answer(numbers: NDArray[np.float64], labels: Sequence[str]) -> Answer:
    """Say in words what logits of shape (classes,) come to."""
    from ...core.predict import softmax  # here, so that what was found is read without torch

    shares = softmax(numbers[None])[0]
    return Answer(labels[int(numbers.argmax())], dict(zip(labels, shares.tolist(), strict=True)))
