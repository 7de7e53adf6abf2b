"""The most important words of a whole split, per class."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.measured import Measured
from .attribution import Attribution


@dataclass(frozen=True)
class Importance:
    """How much a word speaks for a class, over the rows that hold it.

    Attributes
    ----------
    word
        In lower case.
    target
        The class.
    mean
        Mean of its score in the rows where it stands and this class was explained, in logits,
        with a 95% interval from the normal approximation.
    share
        Mean share of a row's absolute scores that falls on it.
    rows
        In how many rows it stands.
    total
        Sum of its scores over these rows, in logits: by this words are ranked, so that a word
        counts for being strong as well as for being frequent.
    """

    word: str
    target: str
    mean: Measured
    share: float
    rows: int
    total: float

    def as_json(self) -> dict[str, Any]:
        """Return a mapping for importance.json."""
        return {
            "word": self.word,
            "mean": self.mean.as_json(),
            "share": self.share,
            "rows": self.rows,
            "total": self.total,
        }

    @classmethod
    def from_json(cls, target: str, raw: dict[str, Any]) -> Importance:
        """Read what `as_json` wrote."""
        return cls(
            raw["word"],
            target,
            Measured.from_json(raw["mean"]),
            raw["share"],
            raw["rows"],
            raw["total"],
        )


def importance(
    attributions: Sequence[Attribution], *, least: int = 3, most: int = 20
) -> dict[str, list[Importance]]:
    """Rank the words that speak for each class.

    Parameters
    ----------
    attributions
        Explanations of many rows.
    least
        Rows in which a word must stand to be ranked; a word seen once says little.
    most
        Words listed for each class.

    Returns
    -------
    dict
        For each explained class the words, the most important first.
    """
    scores: dict[tuple[str, str], list[float]] = defaultdict(list)
    shares: dict[tuple[str, str], list[float]] = defaultdict(list)
    for one in attributions:
        whole = float(np.abs(one.scores).sum()) or 1.0
        inside: dict[str, float] = defaultdict(float)
        for word, score in zip(one.segments, one.scores, strict=True):
            if any(letter.isalnum() for letter in word):
                inside[word.lower()] += float(score)
        for word, score in inside.items():
            scores[one.target, word].append(score)
            shares[one.target, word].append(abs(score) / whole)
    ranked: dict[str, list[Importance]] = defaultdict(list)
    for (target, word), found in scores.items():
        if len(found) >= least:
            ranked[target].append(
                Importance(
                    word,
                    target,
                    _mean(np.array(found)),
                    float(np.mean(shares[target, word])),
                    len(found),
                    float(np.sum(found)),
                )
            )
    return {
        target: sorted(words, key=lambda one: -one.total)[:most]
        for target, words in sorted(ranked.items())
    }


def _mean(values: np.ndarray) -> Measured:
    mean = float(values.mean())
    half = 1.959964 * float(values.std(ddof=1)) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    return Measured(mean, mean - half, mean + half, len(values), "normal")
