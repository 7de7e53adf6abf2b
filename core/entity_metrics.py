"""How well tags of words find entities: precision, recall and F1 of whole entities.

An entity is found where its type, its first and its last word are the true ones (Tjong Kim Sang and
De Meulder 2003); figures are micro averages over all entities, as `seqeval` gives them with its
default way of reading tags (`multimodal.text.tag_schemes.entities`). A ratio of nothing to nothing
counts as 0. Intervals resample texts, whose entities belong together.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..multimodal.text.tag_schemes import OUTSIDE, entities, scheme_of
from .evaluated_rows import SplitRows, evaluated_rows
from .evaluation import Evaluation, SplitEvaluation
from .measured import Measured
from .row_bootstrap import compare_rows, measure_rows
from .spec import EvaluateSpec

if TYPE_CHECKING:
    import pandas as pd

METRICS = ("precision_entity", "recall_entity", "f1_entity", "token_accuracy")
HITS, FOUND, TRUE = "hits", "found", "true"
"""Entities that are both found and true, those that were found, and those that are there."""

NO_ENTITIES = (
    "The tags mark no entities (B-, I- and the like), so each kind of tag is measured by its words."
)

Tags = Sequence[Sequence[str]]


def count(
    true: Tags, predicted: Tags, types: Sequence[str], *, marked: bool = True
) -> dict[str, NDArray[np.float64]]:
    """Count what is right in each text.

    Parameters
    ----------
    true, predicted
        Tags of the words of each text, as many of both.
    types
        Types of entities to count, or tags where they mark no entities.
    marked
        Whether tags mark entities (`tag_schemes.scheme_of`). Where they don't, every word whose tag
        isn't ``O`` counts as one.

    Returns
    -------
    dict
        ``hits``, ``found`` and ``true`` of shape (texts, types); ``right`` and ``words`` of shape
        (texts,).

    Raises
    ------
    ValueError
        If a text has another number of predicted tags than of true ones.
    """
    place = {name: number for number, name in enumerate(types)}
    shape = (len(true), len(types))
    out = {name: np.zeros(shape) for name in (HITS, FOUND, TRUE)}
    right, words = np.zeros(len(true)), np.zeros(len(true))
    for row, (own, given) in enumerate(zip(true, predicted, strict=True)):
        if len(own) != len(given):
            raise ValueError(f"text {row + 1} has {len(own)} tags, and {len(given)} were predicted")
        there, said = _units(own, marked), _units(given, marked)
        for name, kinds in ((HITS, there & said), (FOUND, said), (TRUE, there)):
            for kind, many in Counter(unit[0] for unit in kinds).items():
                if kind in place:
                    out[name][row, place[kind]] = many
        right[row] = sum(one == other for one, other in zip(own, given, strict=True))
        words[row] = len(own)
    return {**out, "right": right, "words": words}


def figures(sums: Mapping[str, Any]) -> dict[str, float]:
    """Return `METRICS` from sums over texts of what `count` counts."""
    hits, found, true = (float(np.sum(sums[name])) for name in (HITS, FOUND, TRUE))
    return {
        "precision_entity": _ratio(hits, found),
        "recall_entity": _ratio(hits, true),
        "f1_entity": _ratio(2 * hits, found + true),
        "token_accuracy": _ratio(float(sums["right"]), float(sums["words"])),
    }


def types_of(*tagged: Tags) -> tuple[tuple[str, ...], bool]:
    """Return the types of entities in some texts' tags, sorted, and whether tags mark entities.

    Where they don't, the tags themselves, without ``O``.
    """
    tags = {tag for one in tagged for text in one for tag in text}
    marked = scheme_of(tags) is not None or tags <= {OUTSIDE}
    found = {unit[0] for one in tagged for text in one for unit in _units(text, marked)}
    return tuple(sorted(found)), marked


def read_tags(cells: Iterable[str]) -> list[list[str]]:
    """Read columns of predictions: JSON lists of tags."""
    return [json.loads(cell) for cell in cells]


def evaluate(
    predictions: pd.DataFrame, spec: EvaluateSpec, beside: Mapping[str, pd.DataFrame | str]
) -> Evaluation:
    """Measure tags, baselines beside them, with intervals over texts.

    Parameters
    ----------
    predictions
        Columns id, split, label and prediction; the last two JSON lists of a tag for each word.
    spec
        Which splits, and how the intervals are found.
    beside
        The same of each baseline for the same rows, or the reason why there is none.

    Returns
    -------
    Evaluation
        `METRICS`; under ``per_class`` precision, recall and F1 of each type.
    """
    return Evaluation(
        {rows.split: _evaluate(rows, spec) for rows in evaluated_rows(predictions, spec, beside)}
    )


def _evaluate(rows: SplitRows, spec: EvaluateSpec) -> SplitEvaluation:
    true = read_tags(rows.own["label"])
    given = {name: read_tags(one["prediction"]) for name, one in rows.beside.items()}
    given = {"": read_tags(rows.own["prediction"]), **given}
    types, marked = types_of(true, *given.values())
    sums = {name: count(true, tags, types, marked=marked) for name, tags in given.items()}
    own = sums.pop("")
    return SplitEvaluation(
        metrics=measure_rows(own, figures, spec, rows.stream),
        per_class=_each_type(own, types, spec, rows.stream),
        baselines={
            name: measure_rows(other, figures, spec, rows.stream) for name, other in sums.items()
        },
        versus_baseline={
            name: compare_rows(own, other, figures, spec, rows.stream)
            for name, other in sums.items()
        },
        confidence=spec.confidence,
        replicates=spec.replicates,
        seed=spec.seed,
        notes=rows.notes if marked else (*rows.notes, NO_ENTITIES),
        rows=len(rows.own),
    )


def _each_type(
    sums: Mapping[str, NDArray[np.float64]], types: Sequence[str], spec: EvaluateSpec, stream: int
) -> dict[str, dict[str, Measured]]:
    def each(totals: Mapping[str, Any]) -> dict[str, float]:
        out = {}
        for number in range(len(types)):
            hits, found, true = (float(totals[name][number]) for name in (HITS, FOUND, TRUE))
            out[f"{number} precision"] = _ratio(hits, found)
            out[f"{number} recall"] = _ratio(hits, true)
            out[f"{number} f1"] = _ratio(2 * hits, found + true)
        return out

    if not types:
        return {}
    counted = {name: sums[name] for name in (HITS, FOUND, TRUE)}
    measured = measure_rows(counted, each, spec, stream)
    out = {}
    for number, kind in enumerate(types):
        found = {name: measured[f"{number} {name}"] for name in ("precision", "recall", "f1")}
        found["support"] = Measured(float(sums[TRUE][:, number].sum()), n=len(sums[TRUE]))
        out[kind or "entity"] = found
    return out


def _units(tags: Sequence[str], marked: bool) -> set[tuple[str, int, int]]:
    """Return what counts as one: entities, or words whose tag isn't ``O``."""
    if marked:
        return {tuple(one) for one in entities(tags)}  # type: ignore[misc]
    return {(tag, place, place + 1) for place, tag in enumerate(tags) if tag != OUTSIDE}


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
