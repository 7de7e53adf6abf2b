"""Shortcuts suspected: segments that may carry a class all by themselves.

Three things are measured of each candidate, and shown side by side: what it tells of the class in
the training labels, how much of the attribution falls on it, and how far the answer follows when it
is left out or kept alone. None of them says that a segment *should* not matter: “awful” carries a
class too, and rightly. That is for people to judge.

What a segment tells is measured as by Gardner et al., *Competency Problems: On Finding and Removing
Artifacts in Language Data* (EMNLP 2021): how many standard errors its class is more frequent with
it than among all training rows.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.dataset import Dataset
from ...core.events import Emit, silent
from ...core.measured import Measured
from ...core.runs import Run
from ...multimodal.modality import of
from ..attribution import Attribution
from ..subject import Subject
from .follow import Follow, follow
from .importance import Importance, importance
from .mean import rate
from .spots import Spot

CANDIDATES = 12
"""Segments of each class and column that are looked at: the most important ones."""

LEAST_TRAINED = 10
"""Training rows with a segment below which nothing is said of it."""

LEAST_LIFT = 3.0
"""Standard errors by which its class has to be more frequent with it."""

TRAINED = 2000
"""Training rows that are looked at, at most; of more, so many spread evenly."""

LISTED = 10
"""Shortcuts that are listed for each class."""


@dataclass(frozen=True)
class Shortcut:
    """A segment that may carry a class.

    Attributes
    ----------
    segment
        Its importance for the class in the explained rows, with its share of the attribution.
    trained
        P(class | segment): share of the training rows with it that have the class, with a 95%
        interval (Wilson); its `n` is the number of these rows. A picture or sound counts as having
        it where it looks, in this place alone, like the class (`multimodal.places.Telling`).
    base
        Share of all training rows that have the class.
    covers
        P(segment | class): share of the class's training rows that have it.
    errors
        Standard errors by which `trained` lies above `base`.
    held
        P(class | segment) among the explained rows, by their labels; not defined without any.
    follow
        How far the answer follows.
    """

    segment: Importance
    trained: Measured
    base: float
    covers: float
    errors: float
    held: Measured
    follow: Follow

    @property
    def strength(self) -> float:
        """By what shortcuts are ranked, from 0 to 1.

        The geometric mean of what the segment tells (how far it lifts the class from its base
        towards all rows, at the low end of the interval, times the root of the class's share that
        has it), of its share of the attribution, and of how far the answer follows; brought nearer
        to 1 by `broken`, for what holds in the training rows alone is no reason.
        """
        low = self.trained.low if self.trained.low is not None else self.trained.value
        lift = max(low - self.base, 0) / max(1 - self.base, 1e-9)
        tells = lift * math.sqrt(self.covers)
        plain = float((tells * self.segment.share * max(self.follow.extent, 0)) ** (1 / 3))
        return plain + (1 - plain) * self.broken

    @property
    def broken(self) -> float:
        """How far the class is surely rarer with it in the explained rows than in training.

        The distance between the intervals of `trained` and `held`; 0 where they meet.
        """
        if self.trained.low is None or self.held.high is None:
            return 0.0
        return max(self.trained.low - self.held.high, 0.0)

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "target": self.segment.target,
            "segment": self.segment.as_json(),
            "trained": self.trained.as_json(),
            "base": self.base,
            "covers": self.covers,
            "errors": self.errors,
            "held": self.held.as_json(),
            "follow": self.follow.as_json(),
            "strength": self.strength,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Shortcut:
        """Read what `as_json` wrote."""
        return cls(
            Importance.from_json(raw["target"], raw["segment"]),
            Measured.from_json(raw["trained"]),
            raw["base"],
            raw["covers"],
            raw["errors"],
            Measured.from_json(raw["held"]),
            Follow.from_json(raw["follow"]),
        )


@dataclass(frozen=True, eq=False)
class _Known:
    """Which rows have which candidates of one column, in training and among the explained."""

    candidates: list[Importance]
    trained: NDArray[np.bool_]
    explained: NDArray[np.bool_]


def shortcuts(
    source: Run | Subject,
    attributions: Sequence[Attribution],
    dataset: Dataset | None = None,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Shortcut]:
    """Look for segments that may carry a class by themselves.

    Parameters
    ----------
    source
        The run that was explained, or a subject whose rows are those of the attributions.
    attributions
        Explanations of its rows, by one method.
    dataset
        All rows, whose labels are classes; the run's if left out. A subject needs it.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    list of Shortcut
        The strongest first. Only segments whose class is more frequent with them in the training
        rows by `LEAST_LIFT` standard errors. None where labels are no classes.
    """
    from .reopened import subject_of

    if dataset is None:
        if not isinstance(source, Run):
            raise ValueError("shortcuts of a subject need the dataset that its rows are of")
        dataset = source.dataset()
    if not len(attributions) or dataset.task != "classification":
        return []
    explained = dataset.take(_places(dataset, attributions))
    trained = dataset.take(_spread(dataset.rows("train"), TRAINED))
    codes = trained.codes
    known = [
        _known(column, found, trained, explained, codes)
        for column, found in _candidates(attributions).items()
    ]
    told: list[tuple[Importance, Measured, float, float, float, Measured]] = []
    asked: list[tuple[Spot, NDArray[np.int64]]] = []
    targets = np.array([one.target for one in attributions])
    for own in known:
        for number, one in enumerate(own.candidates):
            code = dataset.labels.index(one.target)
            has, right = own.trained[:, number, code], codes == code
            base, count = float(right.mean()), int(has.sum())
            if count < LEAST_TRAINED or not 0 < base < 1:
                continue
            share = rate(int((has & right).sum()), count)
            errors = (share.value - base) / math.sqrt(base * (1 - base) / count)
            if errors < LEAST_LIFT:
                continue
            there = own.explained[:, number, code]
            held = rate(int((there & (explained.label == one.target)).sum()), int(there.sum()))
            told.append((one, share, base, float(has[right].mean()), errors, held))
            asked.append((one.spot, np.flatnonzero(there & (targets == one.target))))
    if not told:
        return []
    subject = source if isinstance(source, Subject) else subject_of(source, explained, attributions)
    found = follow(subject, attributions, asked, emit=emit, check=check)
    suspected = [
        Shortcut(*measured, how) for measured, how in zip(told, found, strict=True) if how.rows
    ]
    counted: Counter[str] = Counter()
    out = []
    for each in sorted(suspected, key=lambda each: -each.strength):
        counted[each.segment.target] += 1
        if counted[each.segment.target] <= LISTED:
            out.append(each)
    return out


def _candidates(attributions: Sequence[Attribution]) -> dict[str, list[Importance]]:
    """Return the most important segments of all classes by column."""
    out: dict[str, list[Importance]] = {}
    for found in importance(attributions, most=10**9, whole=True).values():
        taken: Counter[str] = Counter()
        for one in found:
            taken[one.column] += 1
            if taken[one.column] <= CANDIDATES:
                out.setdefault(one.column, []).append(one)
    return out


def _known(
    column: str,
    candidates: list[Importance],
    trained: Dataset,
    explained: Dataset,
    codes: NDArray[np.int64],
) -> _Known:
    """Say which rows have which candidates."""
    places = of(trained.modalities[column]).places
    alike = places.Alike(
        trained.inputs[column].tolist(),
        [one.spot.place for one in candidates],
        codes,
        len(trained.labels),
    )
    return _Known(candidates, alike.like, alike.looks(explained.inputs[column].tolist()))


def _places(dataset: Dataset, attributions: Sequence[Attribution]) -> NDArray[np.int64]:
    number = {str(name): row for row, name in enumerate(dataset.ids)}
    return np.array([number[one.id] for one in attributions], np.int64)


def _spread(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    places = np.linspace(0, len(rows) - 1, min(most, len(rows))).round().astype(np.int64)
    return np.asarray(rows[np.unique(places)], np.int64)
