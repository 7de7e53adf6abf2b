"""Regression: a number for each sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError, paragraph
from ...multimodal.classifiers import auto_of
from ...multimodal.spec import ModelSpec
from .. import baselines as simple
from .. import roles
from ..batches import Batch, Learned, inputs
from ..events import Emit, silent
from ..labelled import costs
from ..regression_metrics import VALIDATED, evaluate, validation_metrics
from ..spec import DataSpec, EvaluateSpec, TrainSpec
from ..standardised import Standardised, standardise
from .answers import answers, beside, looking

if TYPE_CHECKING:
    import pandas as pd
    import torch

    from ...multimodal.models import Source
    from ..dataset import Dataset
    from ..evaluation import Evaluation
    from ..runs import Run


@dataclass(frozen=True)
class Regression:
    """A number (`core.tasks.task.Task`)."""

    data: DataSpec
    model: ModelSpec
    name: str = "regression"
    auto: str = "AutoModelForSequenceClassification"
    metric: str = "root_mean_squared_error"
    validated: tuple[str, ...] = VALIDATED

    def arrange(self, table: pd.DataFrame, spec: DataSpec) -> tuple[pd.DataFrame, DataSpec]:
        """Change nothing; refuse a recipe that names no input or no label, or several labels."""
        from .classification import named

        return table, named(one_label(spec, self.name), self.name)

    def labels(self, table: pd.DataFrame, spec: DataSpec) -> tuple[str, ...]:
        """Refuse answers that are no numbers, and numbers that are all alike."""
        column = str(spec.label)
        values = as_numbers(table[column].to_numpy(object))
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            others = f", nor do {len(bad) - 1:,} other rows" if len(bad) > 1 else ""
            raise DataError(
                paragraph(
                    roles.place(table, int(bad[0]), column),
                    f"“{table[column].iloc[int(bad[0])]}” is not a number{others}; regression "
                    "learns numbers such as 3, -0.5 or 1e6",
                    "Correct the cells, or name classification as model.task",
                )
            )
        if len(values) and np.ptp(values) == 0:
            raise DataError(
                paragraph(
                    f"{spec.source[0].path}, column “{column}”",
                    f"every row has the same number, {values[0]:g}, so there is nothing to learn",
                    "Name another column as data.label",
                )
            )
        return ()

    def load(
        self, source: Source, labels: tuple[str, ...], seed: int, *, emit: Emit = silent
    ) -> torch.nn.Module:
        """Load the model with a head that answers one number."""
        from ...multimodal.models import load_labelled

        loaded: torch.nn.Module = load_labelled(
            self.auto,
            source,
            self.model,
            [str(self.data.label)],
            seed,
            problem_type="regression",
        )
        return loaded

    def encode(
        self, processor: Any, dataset: Dataset, *, emit: Emit = silent, cache: Path | None = None
    ) -> Standardised:
        """Encode texts and numbers, these in their own unit until `scale` is called."""
        from .encoding import encoded

        samples = encoded(processor, dataset, self.model, emit=emit, cache=cache)
        values = as_numbers(dataset.label)
        return Standardised(samples, values, dataset.weight, dataset.ids)

    def scale(
        self, model: torch.nn.Module, samples: Standardised, held: Standardised
    ) -> tuple[Standardised, Standardised, Callable[[], None]]:
        """Learn in units of the training rows' spread (`core.standardised`)."""
        return standardise(model, samples, held)

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return the squared error in these units; shape (samples,)."""
        answered = model(**inputs(batch)).logits.float()[:, 0]
        return costs(batch, lambda wanted: (answered - wanted) ** 2)

    def validate(
        self,
        model: torch.nn.Module,
        samples: Learned,
        dataset: Dataset,
        *,
        check: Callable[[], None] = lambda: None,
    ) -> Mapping[str, float]:
        """Measure `VALIDATED` in the label's own unit, every row counted alike."""
        from ..predict import logits

        within: Any = samples  # features that were computed once stand around them
        mean, scale = within.mean, within.scale
        answered = logits(model, samples, step="validate", check=check)[:, 0] * scale + mean
        return validation_metrics(as_numbers(dataset.label), answered, scale)

    def predict(
        self,
        run: Run,
        model: torch.nn.Module,
        processor: Any,
        dataset: Dataset,
        *,
        emit: Emit = silent,
        check: Callable[[], None] = lambda: None,
    ) -> pd.DataFrame:
        """Answer every row with a number."""
        from ..predict import logits
        from .encoding import encoded

        samples = encoded(processor, dataset, self.model)
        answered = logits(model, samples, emit=emit, check=check)[:, 0]
        label = None if dataset.label is None else as_numbers(dataset.label)
        known = label is not None and not np.isnan(label).all()
        return answers(dataset, label if known else None, answered)

    def baselines(
        self,
        run: Run,
        dataset: Dataset,
        chosen: Dataset,
        predictions: pd.DataFrame,
        *,
        emit: Emit = silent,
        check: Callable[[], None] = lambda: None,
    ) -> dict[str, pd.DataFrame | str]:
        """Answer with the training rows' mean, and with ridge regressions on simple features."""
        from ...multimodal.baseline import ridge

        def answered(numbers: NDArray[np.float64]) -> pd.DataFrame:
            return beside(predictions, numbers)

        trained = dataset.take(dataset.rows("train"))
        values = as_numbers(trained.label)
        return {
            simple.MEAN: answered(np.full(len(chosen), values.mean())),
            **looking(ridge, trained, values, chosen, answered, check=check),
        }

    def evaluate(
        self,
        predictions: pd.DataFrame,
        labels: tuple[str, ...],
        spec: EvaluateSpec,
        beside: Mapping[str, pd.DataFrame | str],
    ) -> Evaluation:
        """Measure errors and correlations (`core.regression_metrics`)."""
        return evaluate(predictions, spec, beside)


def make(
    name: str, data: DataSpec, model: ModelSpec, train: TrainSpec, evaluate: EvaluateSpec
) -> Regression:
    """Make the task."""
    return Regression(data, model, auto=auto_of(data.modalities))


def as_numbers(cells: NDArray[Any]) -> NDArray[np.float64]:
    """Read cells as numbers; what is none, or not finite, is NaN."""
    import pandas as pd

    found = pd.to_numeric(pd.Series(cells, dtype=object), errors="coerce").to_numpy(np.float64)
    return np.where(np.isfinite(found), found, np.nan)


def one_label(spec: DataSpec, task: str) -> DataSpec:
    """Return the data section; refuse one that names several label columns."""
    if spec.labels:
        raise DataError(
            paragraph(
                "recipe, key “data.labels”",
                f"it names several columns, and {task} learns from one",
                "Name one column as data.label, or multilabel as model.task",
            )
        )
    return spec
