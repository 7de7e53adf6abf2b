"""The most important words of a whole split, per class.

Words are ranked by their mean score less one standard error: what a word does where it stands, with
a deduction for how few rows tell of it. Ranking by the sum of scores would put “the” and the full
stop first, which say little in each of many rows; ranking by the mean alone would put words first
that were strong by chance in three rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
        with a 95% interval from Student's t distribution.
    share
        Mean share of a row's absolute scores that falls on it.
    rows
        In how many rows it stands.
    total
        Sum of its scores over these rows, in logits: what it did in all, frequent words more.
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
        Rows in which a word must stand to be ranked, at least 2: an interval needs them.
    most
        Words listed for each class.

    Returns
    -------
    dict
        For each explained class the words that speak for it, the most important first. Upper and
        lower case count as one word, and signs and emoji count as words, for a model may lean on
        them. A word that stands several times in a row counts once, with the sum of its scores.
    """
    least = max(least, 2)
    scores: dict[tuple[str, str], list[float]] = defaultdict(list)
    shares: dict[tuple[str, str], list[float]] = defaultdict(list)
    for one in attributions:
        whole = float(np.abs(one.scores).sum()) or 1.0
        inside: dict[str, float] = defaultdict(float)
        for word, score in zip(one.segments, one.scores, strict=True):
            inside[word.lower()] += float(score)
        for word, score in inside.items():
            scores[one.target, word].append(score)
            shares[one.target, word].append(abs(score) / whole)
    ranked: dict[str, list[tuple[float, Importance]]] = {name: [] for name, _ in sorted(scores)}
    for (target, word), found in scores.items():
        values = np.array(found)
        if len(values) < least or not values.mean() > 0:
            continue
        share = float(np.mean(shares[target, word]))
        total = float(values.sum())
        ranked[target].append(
            (
                float(values.mean()) - _standard_error(values),
                Importance(word, target, _mean(values), share, len(values), total),
            )
        )
    return {
        target: [one for _, one in sorted(words, key=lambda pair: (-pair[0], pair[1].word))[:most]]
        for target, words in ranked.items()
    }


def _standard_error(values: NDArray[np.float64]) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def _mean(values: NDArray[np.float64]) -> Measured:
    from scipy.stats import t

    mean = float(values.mean())
    half = float(t.ppf(0.975, len(values) - 1)) * _standard_error(values)
    return Measured(mean, mean - half, mean + half, len(values), "student-t")
