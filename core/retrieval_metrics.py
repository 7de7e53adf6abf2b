"""How well pictures and texts find each other.

A query finds its own where one of what belongs to it stands among the first k candidates (recall@k,
as the retrieval literature counts it: Karpathy & Fei-Fei 2015; Radford et al. 2021). Pictures ask
for texts and texts ask for pictures; every distinct picture and every distinct text of a split asks
once, and all of the split's distinct texts and pictures are candidates.

Beside it stands what chance would find: candidates in an order that is drawn at random.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .bootstrap import measure
from .curves import Curve
from .evaluation import Evaluation, SplitEvaluation
from .measured import Measured
from .recall_curves import CHANCE, missed_by_chance, recall_curves
from .row_bootstrap import STREAMS, compare_rows, measure_rows, resamples
from .spec import EvaluateSpec

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WAYS = {"image_to_text": ("image", "text_rank"), "text_to_image": ("text", "image_rank")}
"""Each way to ask, with the column that numbers its queries and the one with what they found."""

AT = (1, 5, 10)
"""How many candidates are looked at for recall."""

ZERO_SHOT = "zero_shot_accuracy"
VALIDATED = (
    "mean_reciprocal_rank",
    *(f"{way}_recall_at_{k}" for way in WAYS for k in AT),
)
"""Metrics of validation: both ways' mean reciprocal rank, and their recalls."""

COLUMNS = ("image", "text", "image_rank", "text_rank", "similarity")
"""Columns of a table of predictions that this reads: numbers of each row's picture and text, the
rank of its picture among all for its text, that of its text for its picture, and how similar they
are."""


def validation_metrics(image_ranks: NDArray[Any], text_ranks: NDArray[Any]) -> dict[str, float]:
    """Return a number for each of `VALIDATED`.

    Parameters
    ----------
    image_ranks
        What each text found; shape (texts,).
    text_ranks
        What each picture found; shape (pictures,).
    """
    found = {"image_to_text": text_ranks, "text_to_image": image_ranks}
    out = {
        f"{way}_recall_at_{k}": float((one <= k).mean()) for way, one in found.items() for k in AT
    }
    both = [float((1 / one).mean()) for one in found.values()]
    return {"mean_reciprocal_rank": sum(both) / 2, **out}


def chance(own: Ints, candidates: int) -> dict[str, float]:
    """Return what queries find on average among candidates in random order.

    Parameters
    ----------
    own
        How many candidates belong to each query; shape (queries,).
    candidates
        How many there are.

    Returns
    -------
    dict
        ``recall_at_1`` …, ``reciprocal_rank`` and ``median_rank``: the first rank by which half of
        the queries have found theirs.
    """
    missed = missed_by_chance(own, candidates)
    exactly = missed[:-1] - missed[1:]
    out = {f"recall_at_{k}": 1 - float(missed[min(k, candidates)]) for k in AT}
    out["reciprocal_rank"] = float((exactly / np.arange(1, candidates + 1)).sum())
    out["median_rank"] = float(np.argmax(1 - missed >= 0.5 - 1e-12))
    return out


def evaluate(
    predictions: pd.DataFrame,
    labels: Sequence[str],
    spec: EvaluateSpec,
    beside: Mapping[str, pd.DataFrame | str],
) -> Evaluation:
    """Measure every split that has rows, chance and baselines beside it.

    Intervals are over pictures, each with all that is said of it: what is said of one picture is
    alike.

    Parameters
    ----------
    predictions
        Rows with the columns `COLUMNS`; with labels also label and prediction.
    labels
        The classes of zero-shot classification; none where there is none.
    spec
        Splits, confidence, replicates and seed.
    beside
        The same rows as baselines find them, or the reason why there are none.
    """
    out: dict[str, SplitEvaluation] = {}
    for split in sorted(set(spec.splits), key=STREAMS.__getitem__):
        part = (predictions["split"] == split).to_numpy()
        if part.any():
            frames = {name: one[part] for name, one in beside.items() if not isinstance(one, str)}
            notes = [
                f"No figures for {name}: {why}."
                for name, why in beside.items()
                if isinstance(why, str)
            ]
            out[split] = _split(predictions[part], labels, spec, STREAMS[split], frames, notes)
    return Evaluation(out)


def _split(
    rows: pd.DataFrame,
    labels: Sequence[str],
    spec: EvaluateSpec,
    stream: int,
    frames: Mapping[str, pd.DataFrame],
    notes: Sequence[str],
) -> SplitEvaluation:
    own = _Queries(rows, bool(labels))
    others = {name: _Queries(frame, bool(labels)) for name, frame in frames.items()}
    shares = [name for name in own.figures(own.totals) if "recall" in name or name == ZERO_SHOT]

    def measured(one: _Queries) -> dict[str, Measured]:
        found = measure_rows(one.sums, one.figures, spec, stream, shares=shares)
        medians = one.medians(spec, stream)
        # Each query asks once, however many pictures the resamples are drawn from.
        counted = {name: replace(value, n=one.asked(name)) for name, value in found.items()}
        return _ordered({**counted, **medians})

    compared = [name for name in shares if name.endswith(("_at_1", ZERO_SHOT))]
    return SplitEvaluation(
        metrics=measured(own),
        baselines={
            CHANCE: _ordered(own.chance(len(labels))),
            **{name: measured(one) for name, one in others.items()},
        },
        versus_baseline={
            name: compare_rows(own.sums, one.sums, own.figures, spec, stream, names=compared)
            for name, one in others.items()
        },
        curves=own.curves(spec, stream),
        confidence=spec.confidence,
        replicates=spec.replicates,
        seed=spec.seed,
        notes=tuple(notes),
        rows=len(rows),
    )


class _Queries:
    """What the pictures and texts of a split found, added up picture by picture."""

    def __init__(self, rows: pd.DataFrame, labelled: bool) -> None:
        self.ranks: dict[str, Ints] = {}
        self.of: dict[str, Ints] = {}
        self.own: dict[str, Ints] = {}
        _, image = np.unique(rows["image"].to_numpy(np.int64), return_inverse=True)
        count = int(image.max()) + 1
        self.candidates = {
            "image_to_text": int(rows["text"].nunique()),
            "text_to_image": count,
        }
        pairs = rows[["image", "text"]].drop_duplicates()
        self.sums: dict[str, Floats] = {}
        for way, (asking, found) in WAYS.items():
            codes, first = np.unique(rows[asking].to_numpy(np.int64), return_index=True)
            rank = rows[found].to_numpy(np.int64)[first]
            self.ranks[way], self.of[way] = rank, np.asarray(image[first], np.int64)
            counts = pairs[asking].value_counts()
            self.own[way] = np.asarray(counts.loc[codes], np.int64)
            self.sums |= {
                f"{way}_recall_at_{k}": self._by_picture(way, rank <= k, count) for k in AT
            }
            self.sums[f"{way}_reciprocal_rank"] = self._by_picture(way, 1 / rank, count)
            self.sums[way] = self._by_picture(way, np.ones(len(rank)), count)
        if labelled:
            once = np.unique(image, return_index=True)[1]
            right = (rows["label"] == rows["prediction"]).to_numpy()[once]
            self.sums[ZERO_SHOT] = right.astype(np.float64)

    def _by_picture(self, way: str, value: NDArray[Any], count: int) -> Floats:
        found = np.bincount(self.of[way], value.astype(np.float64), count)
        return np.asarray(found, np.float64)

    @property
    def totals(self) -> dict[str, float]:
        """What all pictures add."""
        return {name: float(one.sum()) for name, one in self.sums.items()}

    def asked(self, name: str) -> int:
        """Return how many queries stand behind a figure."""
        return next(
            (len(rank) for way, rank in self.ranks.items() if name.startswith(way)),
            self.candidates["text_to_image"],
        )

    def figures(self, sums: Mapping[str, Any]) -> dict[str, float]:
        """Return the figures that are means, from sums over pictures."""
        out: dict[str, float] = {}
        for way in WAYS:
            queries = float(sums[way]) or math.nan
            out |= {f"{way}_recall_at_{k}": sums[f"{way}_recall_at_{k}"] / queries for k in AT}
            out[f"{way}_reciprocal_rank"] = sums[f"{way}_reciprocal_rank"] / queries
        if ZERO_SHOT in sums:
            out[ZERO_SHOT] = sums[ZERO_SHOT] / (float(sums["image_to_text"]) or math.nan)
        return out

    def medians(self, spec: EvaluateSpec, stream: int) -> dict[str, Measured]:
        """Return the median rank of either way, with intervals from the same resamples."""
        drawn: dict[str, list[Floats]] = {way: [] for way in WAYS}
        order = {way: np.argsort(rank, kind="stable") for way, rank in self.ranks.items()}
        for weights in resamples(self.candidates["text_to_image"], spec, stream):
            for way, by in order.items():
                drawn[way].append(_medians(self.ranks[way][by], weights[:, self.of[way][by]]))
        return {
            f"{way}_median_rank": measure(
                float(_medians(self.ranks[way][by], np.ones((1, len(by))))[0]),
                np.concatenate(drawn[way]),
                spec.confidence,
                len(by),
            )
            for way, by in order.items()
        }

    def curves(self, spec: EvaluateSpec, stream: int) -> tuple[Curve, ...]:
        """Return recall by the number of candidates looked at, with that of chance."""
        missed = {way: missed_by_chance(self.own[way], self.candidates[way]) for way in WAYS}
        return recall_curves(self.ranks, self.of, missed, spec, stream)

    def chance(self, labels: int) -> dict[str, Measured]:
        """Return what chance would find."""
        out = {}
        for way in WAYS:
            own = self.own[way]
            for name, value in chance(own, self.candidates[way]).items():
                out[f"{way}_{name}"] = Measured(value, n=len(own))
        if ZERO_SHOT in self.sums:
            out[ZERO_SHOT] = Measured(1 / labels, n=self.candidates["text_to_image"])
        return out


def _medians(ranks: Ints, weights: Floats) -> Floats:
    """Return the lower weighted median of sorted ranks; weights of shape (resamples, queries)."""
    heap = np.cumsum(weights, axis=1)
    place = (heap >= heap[:, -1:] / 2).argmax(axis=1)
    found: Floats = ranks[place].astype(np.float64)
    return found


def _ordered(figures: dict[str, Measured]) -> dict[str, Measured]:
    names = [
        f"{way}_{name}"
        for way in WAYS
        for name in (*(f"recall_at_{k}" for k in AT), "median_rank", "reciprocal_rank")
    ]
    return {name: figures[name] for name in (*names, ZERO_SHOT) if name in figures}
