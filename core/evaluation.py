"""The evaluation of a run as data: what evaluation.json and curves.parquet hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .curves import Curve, from_frame, to_frame
from .measured import Measured
from .metrics import Ints

if TYPE_CHECKING:
    import pandas as pd

Figures = dict[str, Measured]
_NESTED = (
    "per_class",
    "confusion",
    "baselines",
    "versus_baseline",
    "majority_class",
    "bootstrap",
    "notes",
    "rows",
)


@dataclass(frozen=True, eq=False)
class SplitEvaluation:
    """The evaluation of one split.

    Attributes
    ----------
    labels
        Label of each class code; empty for tasks other than classification.
    confusion
        Rows by true class (matrix rows) and predicted class, of shape (classes, classes); of shape
        (0, 0) for other tasks.
    metrics
        Figures over the whole split.
    per_class
        Figures of each class, label or kind of entity.
    baselines
        The same as `metrics` for each baseline.
    versus_baseline
        Model minus baseline in some of the metrics, with a paired interval.
    curves
        ROC and precision-recall curves: per class or label, micro and macro.
    majority_class
        The label that the majority baseline always answers, if it was measured.
    confidence, replicates, seed
        How the intervals were found.
    notes
        What could not be measured, in plain words.
    rows
        Number of rows that were measured; None where the confusion matrix tells it.
    """

    labels: tuple[str, ...] = ()
    confusion: Ints = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    metrics: Figures = field(default_factory=dict)
    per_class: dict[str, Figures] = field(default_factory=dict)
    baselines: dict[str, Figures] = field(default_factory=dict)
    versus_baseline: dict[str, Figures] = field(default_factory=dict)
    curves: tuple[Curve, ...] = ()
    majority_class: str | None = None
    confidence: float = 0.95
    replicates: int = 0
    seed: int = 0
    notes: tuple[str, ...] = ()
    rows: int | None = None

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.confusion.sum()) if self.rows is None else self.rows

    def as_json(self) -> dict[str, Any]:
        """Return the mapping that evaluation.json holds for this split."""
        out: dict[str, Any] = _plain(self.metrics)
        out["per_class"] = {label: _plain(each) for label, each in self.per_class.items()}
        if self.labels:
            out["confusion"] = {"labels": list(self.labels), "counts": self.confusion.tolist()}
        out["rows"] = self.n
        out["baselines"] = {name: _plain(each) for name, each in self.baselines.items()}
        out["versus_baseline"] = {name: _plain(each) for name, each in self.versus_baseline.items()}
        if self.labels:
            out["majority_class"] = {"label": self.majority_class}
        out["bootstrap"] = {
            "confidence": self.confidence,
            "replicates": self.replicates,
            "seed": self.seed,
        }
        out["notes"] = list(self.notes)
        return out


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The evaluation of every split that has rows, in the order train, validation, test."""

    splits: dict[str, SplitEvaluation]

    def as_json(self) -> dict[str, Any]:
        """Return what evaluation.json holds; `read_evaluation` reads it back."""
        return {name: split.as_json() for name, split in self.splits.items()}

    def curves_frame(self) -> pd.DataFrame:
        """Return what curves.parquet holds: a row per point, with the column ``split``."""
        import pandas as pd

        tables = []
        for name, split in self.splits.items():
            table = to_frame(split.curves)
            table.insert(0, "split", name)
            tables.append(table)
        return pd.concat(tables, ignore_index=True) if tables else to_frame(())


def read_evaluation(raw: Mapping[str, Any], curves: pd.DataFrame | None = None) -> Evaluation:
    """Read what `Evaluation.as_json` and `Evaluation.curves_frame` wrote.

    Parameters
    ----------
    raw
        Content of evaluation.json.
    curves
        Content of curves.parquet; without it the evaluation has no curves.
    """
    splits = {}
    for name, one in raw.items():
        found: tuple[Curve, ...] = ()
        if curves is not None and len(curves):
            found = from_frame(curves[curves["split"] == name])
        # Only classification counts who was taken for whom; its first files told no rows beside it.
        counted = one.get("confusion", {"labels": (), "counts": np.zeros((0, 0))})
        splits[name] = SplitEvaluation(
            labels=tuple(counted["labels"]),
            confusion=np.asarray(counted["counts"], np.int64),
            metrics=_figures({key: each for key, each in one.items() if key not in _NESTED}),
            per_class={label: _figures(each) for label, each in one.get("per_class", {}).items()},
            baselines={key: _figures(each) for key, each in one.get("baselines", {}).items()},
            versus_baseline={
                key: _figures(each) for key, each in one.get("versus_baseline", {}).items()
            },
            curves=found,
            majority_class=one.get("majority_class", {}).get("label"),
            **one.get("bootstrap", {}),
            notes=tuple(one.get("notes", ())),
            rows=one.get("rows"),
        )
    return Evaluation(splits)


def _plain(figures: Figures) -> dict[str, Any]:
    return {name: figure.as_json() for name, figure in figures.items()}


def _figures(raw: Mapping[str, Any]) -> Figures:
    return {name: Measured.from_json(figure) for name, figure in raw.items()}
