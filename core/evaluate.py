"""Measure predictions against the truth, with intervals, curves and baselines beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import DataError, paragraph
from .baselines import MAJORITY, NAMES
from .bootstrap import ScoreReplicates, measure, measure_share, resample_counts, resample_scores
from .curves import Floats
from .evaluation import Evaluation, Figures, SplitEvaluation, read_evaluation
from .measured import Measured
from .metrics import (
    COUNTED,
    Ints,
    Marginals,
    confusion,
    from_marginals,
    log_loss,
    marginals,
    per_class,
)
from .one_vs_rest import mean_defined, score_areas, score_curves
from .row_bootstrap import STREAMS
from .spec import EvaluateSpec

__all__ = ["COMPARED", "Evaluation", "SplitEvaluation", "evaluate", "read_evaluation"]

COMPARED = ("accuracy", "f1_macro")
"""Metrics whose difference to each baseline is measured on the same resampled rows."""


def evaluate(
    predictions: pd.DataFrame,
    labels: Sequence[str],
    spec: EvaluateSpec,
    baselines: Mapping[str, pd.DataFrame | str] | None = None,
) -> Evaluation:
    """Measure predictions against their labels.

    Parameters
    ----------
    predictions
        Columns id, split, label, prediction and ``score:<label>`` for every label. Rows without a
        label are left out, and the notes say how many.
    labels
        Label of each class code.
    spec
        Which splits, and how the intervals are found. Each split draws its own random numbers, so
        that its figures don't depend on which other splits are measured.
    baselines
        Predictions of the baselines for the same rows in the same order, by their names in
        `baselines.NAMES`; in place of predictions, the reason why there are none.

    Returns
    -------
    One evaluation for each split of `spec` that has rows.

    Raises
    ------
    DataError
        If a column is missing, a label or prediction is not among `labels`, a score is not a
        number, or a baseline's rows are not the model's.
    """
    known = tuple(str(label) for label in labels)
    needed = ["id", "split", "label", "prediction", *(f"score:{label}" for label in known)]
    for name, frame in {"predictions": predictions, **(baselines or {})}.items():
        if isinstance(frame, pd.DataFrame):
            for column in needed:
                if column not in frame.columns:
                    raise DataError(
                        paragraph(
                            name, f"column {column!r} is missing", "Predict the rows once more"
                        )
                    )
    out: dict[str, SplitEvaluation] = {}
    for split in sorted(set(spec.splits), key=STREAMS.__getitem__):
        part = predictions[predictions["split"] == split]
        if part["label"].notna().any():
            beside = {
                name: frame if isinstance(frame, str) else frame[frame["split"] == split]
                for name, frame in (baselines or {}).items()
            }
            out[split] = _evaluate_split(split, part, known, spec, beside)
    return Evaluation(out)


@dataclass(frozen=True, eq=False)
class _Answers:
    """One model's answers: codes of shape (n,), scores of shape (n, k), and what they add up to."""

    predicted: Ints
    scores: Floats
    counts: Marginals
    drawn: Marginals
    areas: dict[str, Floats]
    scored: ScoreReplicates


def _evaluate_split(
    split: str,
    part: pd.DataFrame,
    labels: tuple[str, ...],
    spec: EvaluateSpec,
    beside: Mapping[str, pd.DataFrame | str],
) -> SplitEvaluation:
    notes = []
    labelled = part["label"].notna().to_numpy()
    if not labelled.all():
        notes.append(f"Rows without a label, left out: {int((~labelled).sum())}.")
    frames = {"": part[labelled]}
    for name, frame in beside.items():
        if isinstance(frame, str):
            notes.append(f"No figures for {NAMES.get(name, name)}: {frame}.")
        elif list(frame["id"]) != list(part["id"]):
            problem = f"its {split} rows are not the rows that the model predicted"
            raise DataError(paragraph(name, problem, "Predict both from the same table"))
        else:
            frames[name] = frame[labelled]
    true = _codes(frames[""], "label", labels)
    models = _answer(true, frames, labels, spec, STREAMS[split])
    own, majority = models[""], models.get(MAJORITY)
    table = confusion(true, own.predicted, len(labels))
    metrics = {name: _overall(true, model, spec.confidence) for name, model in models.items()}
    return SplitEvaluation(
        labels=labels,
        confusion=table,
        metrics=metrics.pop(""),
        per_class=_each_class(own, labels, spec.confidence),
        baselines=metrics,
        versus_baseline={
            name: _difference(own, model, spec.confidence) for name, model in models.items() if name
        },
        curves=score_curves(_member(true, len(labels)), own.scores, labels, own.scored.bands),
        majority_class=None if majority is None else labels[int(majority.predicted[0])],
        confidence=spec.confidence,
        replicates=spec.replicates,
        seed=spec.seed,
        notes=(*notes, *_absent(split, table, labels)),
    )


def _answer(
    true: Ints,
    frames: Mapping[str, pd.DataFrame],
    labels: tuple[str, ...],
    spec: EvaluateSpec,
    stream: int,
) -> dict[str, _Answers]:
    """Read every model's answers and resample them all on the same rows."""
    k = len(labels)
    rng = np.random.default_rng([spec.seed % 2**63, stream])
    predicted = [_codes(frame, "prediction", labels) for frame in frames.values()]
    scores = [_scores(frame, labels) for frame in frames.values()]
    drawn = resample_counts(true, predicted, k, spec.replicates, rng)
    scored = resample_scores(
        true, scores, spec.replicates, rng, confidence=spec.confidence, bands=True
    )
    out = {}
    for one, name in enumerate(frames):
        counts = marginals(confusion(true, predicted[one], k))
        found = score_areas(_member(true, k), scores[one])
        out[name] = _Answers(predicted[one], scores[one], counts, drawn[one], found, scored[one])
    return out


def _overall(true: Ints, model: _Answers, confidence: float) -> Figures:
    n = len(true)
    values, drawn = from_marginals(model.counts), from_marginals(model.drawn)
    out = {}
    for name in COUNTED:
        how = measure_share if name == "accuracy" else measure
        out[name] = how(float(values[name]), drawn[name], confidence, n)
    scored = model.scored
    out["log_loss"] = measure(log_loss(true, model.scores), scored.log_loss, confidence, n)
    for name, each, micro in (
        ("roc_auc", scored.roc_auc, scored.roc_auc_micro),
        ("average_precision", scored.average_precision, scored.average_precision_micro),
    ):
        area = model.areas[name]
        value = float(mean_defined(area[:-1]))
        out[f"{name}_macro"] = measure(value, mean_defined(each), confidence, n)
        out[f"{name}_micro"] = measure(float(area[-1]), micro, confidence, n)
    return out


def _each_class(model: _Answers, labels: tuple[str, ...], confidence: float) -> dict[str, Figures]:
    hits, support, predicted = model.counts
    n = int(support.sum())
    behind = {"precision": predicted, "recall": support, "f1": support + predicted - hits}
    values, drawn = per_class(model.counts), per_class(model.drawn, np.nan)
    redrawn = {
        "roc_auc": model.scored.roc_auc,
        "average_precision": model.scored.average_precision,
    }
    out: dict[str, Figures] = {}
    for code, label in enumerate(labels):
        figures = out.setdefault(label, {})
        for name, rows in behind.items():
            how = measure if name == "f1" else measure_share
            value = float(values[name][code])
            figures[name] = how(value, drawn[name][:, code], confidence, int(rows[code]))
        for name, each in redrawn.items():
            value = float(model.areas[name][code])
            figures[name] = measure(value, each[:, code], confidence, n)
        figures["support"] = Measured(float(support[code]), n=n)
    return out


def _difference(own: _Answers, other: _Answers, confidence: float) -> Figures:
    values = [from_marginals(model.counts) for model in (own, other)]
    drawn = [from_marginals(model.drawn) for model in (own, other)]
    return {
        name: measure(
            float(values[0][name] - values[1][name]),
            drawn[0][name] - drawn[1][name],
            confidence,
            int(own.counts.support.sum()),
        )
        for name in COMPARED
    }


def _absent(split: str, table: Ints, labels: tuple[str, ...]) -> list[str]:
    support, predicted = table.sum(axis=1), table.sum(axis=0)
    notes = []
    if absent := _listed(labels, support == 0):
        notes.append(
            f"No {split} row is {absent}: without rows a class has no curve, no area and no "
            "recall, and is left out of balanced accuracy and macro areas."
        )
    if never := _listed(labels, (support > 0) & (predicted == 0)):
        notes.append(f"No {split} row was predicted as {never}: precision counts as 0 there.")
    if every := _listed(labels, support == table.sum()):
        notes.append(f"Every {split} row is {every}: there is no ROC curve of one class alone.")
    return notes


def _listed(labels: tuple[str, ...], chosen: NDArray[np.bool_]) -> str:
    names = [f"“{label}”" for label, take in zip(labels, chosen, strict=True) if take]
    if len(names) > 6:
        return ", ".join(names[:5]) + f" or {len(names) - 5} other classes"
    return " or ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def _member(true: Ints, k: int) -> NDArray[np.bool_]:
    """Return which rows are of which class, of shape (n, k)."""
    return np.asarray(true[:, None] == np.arange(k))


def _codes(frame: pd.DataFrame, column: str, labels: tuple[str, ...]) -> Ints:
    codes = pd.Index(labels).get_indexer(pd.Index(frame[column]))
    if (codes < 0).any():
        row = int(np.argmax(codes < 0))
        raise DataError(
            paragraph(
                f"predictions, row {frame['id'].iloc[row]!r}, column {column!r}",
                f"{frame[column].iloc[row]!r} is not one of the labels {', '.join(labels)}",
                "Predict the rows with the model that was trained on these labels",
            )
        )
    return np.asarray(codes, np.int64)


def _scores(frame: pd.DataFrame, labels: tuple[str, ...]) -> Floats:
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
    return scores
