"""How well sets of labels were predicted.

Every pair of a row and a label is a question with the answer yes or no. Micro averages count these
questions together, macro averages every label alike, and `f1_samples` every row alike. Names and
definitions are scikit-learn's for indicator matrices with ``zero_division=0``: a ratio of nothing
to nothing counts as 0, so a row without labels that was rightly answered by none adds 0 to
`f1_samples` (the notes say how many there are), and a label that nobody has adds 0 to macro F1.
Areas are averaged over the labels for which they are defined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, paragraph
from .bootstrap import (
    ScoreReplicates,
    collected,
    count_matrices,
    measure,
    measure_share,
    replicate_areas,
)
from .evaluated_rows import SplitRows, evaluated_rows
from .evaluation import Evaluation, Figures, SplitEvaluation
from .measured import Measured
from .metrics import Marginals, per_class
from .one_vs_rest import mean_defined, score_areas, score_curves
from .row_bootstrap import resamples
from .spec import EvaluateSpec

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Member = NDArray[np.bool_]
"""Which rows have which labels, of shape (rows, labels)."""

COUNTED = ("subset_accuracy", "hamming_loss", "f1_micro", "f1_macro", "f1_samples")
VALIDATED = ("loss", *COUNTED, "average_precision_macro")
COMPARED = ("subset_accuracy", "f1_micro", "f1_macro")
"""Metrics whose difference to each baseline is measured on the same resampled rows."""


@dataclass(frozen=True, eq=False)
class _Counts:
    """What rows add up to; leading axes are those of resamples."""

    marginals: Marginals
    rows: Floats | float
    wrong: Floats
    exact: Floats
    f1: Floats


def counted(true: Member, predicted: Member, weights: Floats | None = None) -> dict[str, Floats]:
    """Return every figure in `COUNTED`.

    Parameters
    ----------
    true, predicted
        Labels that rows have and were answered with, of shape (rows, labels).
    weights
        How often each row stands in each resample, of shape (resamples, rows); once in one if left
        out.

    Returns
    -------
    Each figure, of shape (resamples,).
    """
    shares = np.ones((1, len(true))) if weights is None else weights
    return _figures(_counts(true, predicted, shares))


def row_losses(true: Member, scores: Floats) -> Floats:
    """Return the mean binary cross-entropy of each row over the labels, in nats; shape (rows,).

    Scores are clipped to the precision of their format, as `sklearn.metrics.log_loss` does.
    """
    eps = np.finfo(np.float64).eps
    right = np.clip(np.where(true, scores, 1 - scores), eps, 1 - eps)
    losses: Floats = -np.log(right).mean(axis=1)
    return losses


def validation_metrics(true: Member, scores: Floats) -> dict[str, float]:
    """Return the metrics that training watches: a number for each name in `VALIDATED`.

    Parameters
    ----------
    true
        Labels that rows have, of shape (rows, labels).
    scores
        Probability of each; one above 0.5 is answered.
    """
    found = counted(true, scores > 0.5)
    average = score_areas(true, scores)["average_precision"][:-1]
    return {
        "loss": float(row_losses(true, scores).mean()),
        **{name: float(values[0]) for name, values in found.items()},
        "average_precision_macro": float(mean_defined(average)),
    }


def evaluate(
    predictions: pd.DataFrame,
    labels: Sequence[str],
    spec: EvaluateSpec,
    beside: Mapping[str, pd.DataFrame | str],
    separator: str = "|",
) -> Evaluation:
    """Measure predicted labels against the true ones.

    Parameters
    ----------
    predictions
        Columns id, split, label, prediction (labels with separators between them) and
        ``score:<label>`` for every label.
    labels
        The labels, in the order of the model's outputs.
    spec
        Which splits, and how the intervals are found.
    beside
        Predictions of the baselines for the same rows, or the reason why there are none.
    separator
        What stands between labels.

    Raises
    ------
    DataError
        If a column is missing, a label is not among `labels`, a score is not a number, or a
        baseline's rows are not the model's.
    """
    known = tuple(labels)
    columns = ["id", "split", "label", "prediction", *(f"score:{label}" for label in known)]
    return Evaluation(
        {
            part.split: _split(part, known, spec, separator)
            for part in evaluated_rows(predictions, spec, beside, columns)
        }
    )


@dataclass(frozen=True, eq=False)
class _Model:
    """What one model answered, and what the resamples make of it."""

    predicted: Member
    scores: Floats
    counts: dict[str, Floats]
    drawn: dict[str, Floats]
    classes: dict[str, Floats]
    classes_drawn: dict[str, Floats]
    areas: dict[str, Floats]
    scored: ScoreReplicates


def _split(
    part: SplitRows, labels: tuple[str, ...], spec: EvaluateSpec, separator: str
) -> SplitEvaluation:
    true = member(part.own, "label", labels, separator)
    frames = {"": part.own, **part.beside}
    models = {
        name: _model(true, frame, labels, spec, part.stream, separator)
        for name, frame in frames.items()
    }
    own = models[""]
    metrics = {name: _overall(true, model, spec.confidence) for name, model in models.items()}
    return SplitEvaluation(
        rows=len(true),
        metrics=metrics.pop(""),
        per_class=_each_label(true, own, labels, spec.confidence),
        baselines=metrics,
        versus_baseline={
            name: {
                key: measure(
                    float(own.counts[key][0] - model.counts[key][0]),
                    own.drawn[key] - model.drawn[key],
                    spec.confidence,
                    len(true),
                )
                for key in COMPARED
            }
            for name, model in models.items()
            if name
        },
        curves=score_curves(true, own.scores, labels, own.scored.bands) if true.any() else (),
        confidence=spec.confidence,
        replicates=spec.replicates,
        seed=spec.seed,
        notes=(*part.notes, *_notes(part.split, true, own.predicted, labels)),
    )


def _model(
    true: Member,
    frame: pd.DataFrame,
    labels: tuple[str, ...],
    spec: EvaluateSpec,
    stream: int,
    separator: str,
) -> _Model:
    predicted = member(frame, "prediction", labels, separator)
    scores = frame[[f"score:{label}" for label in labels]].to_numpy(np.float64)
    bad = ~np.isfinite(scores).all(axis=1)
    if bad.any():
        raise DataError(
            paragraph(
                f"predictions, row {frame['id'].iloc[int(np.argmax(bad))]!r}",
                "a score is missing or is not a number",
                "Predict the rows once more; if it stays so, the model's weights are damaged",
            )
        )
    matrices, losses = count_matrices(true, scores), row_losses(true, scores)
    drawn, means, parts = [], [], []
    for weights in resamples(len(true), spec, stream):
        drawn.append(_counts(true, predicted, weights))
        means.append(weights @ losses / len(losses))
        across = np.ascontiguousarray(weights.T.astype(np.float32))
        parts.append(replicate_areas(matrices, len(labels), across, bands=True))
    whole = _counts(true, predicted, np.ones((1, len(true))))
    every = [_figures(one) for one in drawn]
    by_label = [per_class(one.marginals, np.nan) for one in drawn]
    return _Model(
        predicted,
        scores,
        _figures(whole),
        {name: np.concatenate([one[name] for one in every]) for name in every[0]},
        {name: each[0] for name, each in per_class(whole.marginals).items()},
        {name: np.concatenate([one[name] for one in by_label]) for name in by_label[0]},
        score_areas(true, scores),
        collected(parts, np.concatenate(means), spec.confidence),
    )


def _counts(true: Member, predicted: Member, weights: Floats) -> _Counts:
    hits = true & predicted
    wrong = (true != predicted).mean(axis=1)
    size = true.sum(axis=1) + predicted.sum(axis=1)
    f1 = np.divide(2 * hits.sum(axis=1), size, out=np.zeros(len(true)), where=size > 0)
    sums = [weights @ part.astype(np.float64) for part in (hits, true, predicted)]
    rest = weights @ np.stack([np.ones(len(true)), wrong, wrong == 0, f1], axis=1)
    return _Counts(Marginals(*sums), rest[:, 0], rest[:, 1], rest[:, 2], rest[:, 3])


def _figures(counts: _Counts) -> dict[str, Floats]:
    hits, support, predicted = (part.sum(axis=-1) for part in counts.marginals)
    answered = np.asarray(support + predicted, np.float64)
    micro = np.divide(2 * hits, answered, out=np.zeros_like(answered), where=answered > 0)
    return {
        "subset_accuracy": counts.exact / counts.rows,
        "hamming_loss": counts.wrong / counts.rows,
        "f1_micro": micro,
        "f1_macro": per_class(counts.marginals)["f1"].mean(axis=-1),
        "f1_samples": counts.f1 / counts.rows,
    }


def _overall(true: Member, model: _Model, confidence: float) -> Figures:
    n = len(true)
    out = {
        name: (measure_share if name == "subset_accuracy" else measure)(
            float(values[0]), model.drawn[name], confidence, n
        )
        for name, values in model.counts.items()
    }
    scored = model.scored
    for name, each, micro in (
        ("average_precision", scored.average_precision, scored.average_precision_micro),
        ("roc_auc", scored.roc_auc, scored.roc_auc_micro),
    ):
        area = model.areas[name]
        value = float(mean_defined(area[:-1]))
        out[f"{name}_macro"] = measure(value, mean_defined(each), confidence, n)
        out[f"{name}_micro"] = measure(float(area[-1]), micro, confidence, n)
    loss = float(row_losses(true, model.scores).mean())
    out["log_loss"] = measure(loss, scored.log_loss, confidence, n)
    return out


def _each_label(
    true: Member, model: _Model, labels: tuple[str, ...], confidence: float
) -> dict[str, Figures]:
    support, predicted = true.sum(axis=0), model.predicted.sum(axis=0)
    hits = (true & model.predicted).sum(axis=0)
    behind = {"precision": predicted, "recall": support, "f1": support + predicted - hits}
    redrawn = {
        "roc_auc": model.scored.roc_auc,
        "average_precision": model.scored.average_precision,
    }
    out: dict[str, Figures] = {}
    for code, label in enumerate(labels):
        figures = out.setdefault(label, {})
        for name, rows in behind.items():
            how = measure if name == "f1" else measure_share
            value, drawn = float(model.classes[name][code]), model.classes_drawn[name][:, code]
            figures[name] = how(value, drawn, confidence, int(rows[code]))
        for name, each in redrawn.items():
            value = float(model.areas[name][code])
            figures[name] = measure(value, each[:, code], confidence, len(true))
        figures["support"] = Measured(float(support[code]), n=len(true))
    return out


def _notes(split: str, true: Member, predicted: Member, labels: tuple[str, ...]) -> list[str]:
    support: list[int] = true.sum(axis=0).tolist()
    absent = [label for label, rows in zip(labels, support, strict=True) if not rows]
    notes = []
    if absent:
        named = ", ".join(f"“{label}”" for label in absent[:5])
        more = f" and {len(absent) - 5} other labels" if len(absent) > 5 else ""
        notes.append(
            f"No {split} row has {named}{more}: such a label has no curve, no area and no recall, "
            "and counts as 0 in macro F1."
        )
    if empty := int((~true.any(axis=1) & ~predicted.any(axis=1)).sum()):
        notes.append(
            f"Rows without any label that were rightly answered by none: {empty:,}. They count as "
            "right, but as 0 in the mean F1 over rows, which knows only labels."
        )
    return notes


def member(frame: pd.DataFrame, column: str, labels: Sequence[str], separator: str) -> Member:
    """Read cells such as ``a|b`` of a table of predictions.

    Returns
    -------
    numpy.ndarray
        Which rows have which labels, of shape (rows, labels).

    Raises
    ------
    DataError
        If a label is not among `labels`.
    """
    number = {label: code for code, label in enumerate(labels)}
    out = np.zeros((len(frame), len(labels)), np.bool_)
    for row, cell in enumerate(frame[column].tolist()):
        for label in str(cell).split(separator) if cell else ():
            if label not in number:
                raise DataError(
                    paragraph(
                        f"predictions, row {frame['id'].iloc[row]!r}, column {column!r}",
                        f"{label!r} is not one of the labels {', '.join(labels)}",
                        "Predict the rows with the model that was trained on these labels",
                    )
                )
            out[row, number[label]] = True
    return out
