"""Classification: one of several classes for each sample."""

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
from ..batches import Batch, inputs
from ..events import Emit, silent
from ..labelled import Labelled, costs
from ..metrics import VALIDATED, validation_metrics
from ..spec import DataSpec, EvaluateSpec, TrainSpec
from .answers import answers, beside, looking, of_classes

if TYPE_CHECKING:
    import pandas as pd
    import torch

    from ...multimodal.models import Source
    from ..dataset import Dataset
    from ..evaluation import Evaluation
    from ..runs import Run


MANY_CLASSES = 50
"""More classes than this are believed only where each has two rows on average."""


@dataclass(frozen=True)
class Classification:
    """One of several classes (`core.tasks.task.Task`)."""

    model: ModelSpec
    train: TrainSpec
    name: str = "classification"
    auto: str = "AutoModelForSequenceClassification"
    metric: str = "f1_macro"
    validated: tuple[str, ...] = VALIDATED

    def arrange(self, table: pd.DataFrame, spec: DataSpec) -> tuple[pd.DataFrame, DataSpec]:
        """Change nothing; refuse a recipe that names no input or no label."""
        return table, named(spec, self.name)

    def labels(self, table: pd.DataFrame, spec: DataSpec) -> tuple[str, ...]:
        """Return the classes; refuse a single one, one with a single row, and free text."""
        label = roles.by_value(table[str(spec.label)], str.strip)
        _check_classes(label, spec)
        return roles.order(set(label.tolist()))

    def load(
        self, source: Source, labels: tuple[str, ...], seed: int, *, emit: Emit = silent
    ) -> torch.nn.Module:
        """Load the model with a head for the classes; one for other classes is replaced."""
        from ...multimodal.models import load_labelled

        loaded: torch.nn.Module = load_labelled(
            self.auto,
            source,
            self.model,
            labels,
            seed,
            problem_type="single_label_classification",
        )
        return loaded

    def encode(
        self,
        processor: Any,
        dataset: Dataset,
        *,
        emit: Emit = silent,
        cache: Path | None = None,
    ) -> Labelled:
        """Encode texts and class codes; `train.class_weight` counts in the samples' weights."""
        from ..losses import class_weights
        from .encoding import encoded

        codes = dataset.codes
        weight = dataset.weight * class_weights(codes, dataset.labels, self.train)
        samples = encoded(processor, dataset, self.model, emit=emit, cache=cache)
        return Labelled(samples, codes, weight.astype(np.float32), dataset.ids)

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return cross-entropy, smoothed and focal as the recipe says; shape (samples,)."""
        from ..losses import cross_entropy

        scores = model(**inputs(batch)).logits
        return costs(batch, lambda codes: cross_entropy(scores, codes, self.train))

    def validate(
        self,
        model: torch.nn.Module,
        samples: Labelled,
        dataset: Dataset,
        *,
        check: Callable[[], None] = lambda: None,
    ) -> Mapping[str, float]:
        """Measure `VALIDATED`, every row counted alike."""
        from ..predict import logits, softmax

        scores = softmax(logits(model, samples, step="validate", check=check))
        return validation_metrics(samples.targets, scores)

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
        """Score the classes of every row."""
        from ..predict import known, logits, softmax
        from .encoding import encoded

        samples = encoded(processor, dataset, self.model)
        scores = softmax(logits(model, samples, emit=emit, check=check))
        return answers(dataset, known(dataset.label), *of_classes(dataset.labels, scores))

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
        """Answer with the majority class, and with logistic regressions on simple features."""
        from ...multimodal.baseline import logistic

        def scored(scores: NDArray[np.float64]) -> pd.DataFrame:
            return beside(predictions, *of_classes(dataset.labels, scores))

        trained = dataset.take(dataset.rows("train"))
        codes, classes = trained.codes, len(dataset.labels)
        return {
            simple.MAJORITY: scored(simple.majority(codes, classes, len(chosen))),
            **looking(logistic, trained, codes, chosen, scored, k=classes, check=check),
        }

    def evaluate(
        self,
        predictions: pd.DataFrame,
        labels: tuple[str, ...],
        spec: EvaluateSpec,
        beside: Mapping[str, pd.DataFrame | str],
    ) -> Evaluation:
        """Measure counts, curves and areas (`core.evaluate`)."""
        from ..evaluate import evaluate

        return evaluate(predictions, labels, spec, beside)


def make(
    name: str, data: DataSpec, model: ModelSpec, train: TrainSpec, evaluate: EvaluateSpec
) -> Classification:
    """Make the task."""
    return Classification(model, train, auto=auto_of(data.modalities))


def named(spec: DataSpec, task: str, *, label: bool = True) -> DataSpec:
    """Return the data section; refuse one that names no input, or no label where one is needed."""
    for key, there, example in (
        ("inputs", bool(spec.inputs), "{text: text}"),
        ("label", bool(spec.answers) or not label, "the name of a column"),
    ):
        if not there:
            raise DataError(
                paragraph(
                    f"recipe, key “data.{key}”",
                    f"it is left out, and {task} can't do without it; expected {example}",
                    "Name it in the recipe's data section",
                )
            )
    return spec


def _check_classes(label: NDArray[np.object_], spec: DataSpec) -> None:
    """Refuse labels that can't be classes: only one, one with a single row, or free text."""
    where = f"{spec.source[0].path}, column “{spec.label}”"
    import pandas as pd

    codes, classes = pd.factorize(label)
    if len(classes) < 2:
        found = f"only one class, “{classes[0]}”" if len(classes) else "no row"
        raise DataError(
            paragraph(where, f"found {found}, expected at least two", "Bring rows of another class")
        )
    if len(classes) > max(MANY_CLASSES, len(label) // 2):
        raise DataError(
            paragraph(
                where,
                f"there are {len(classes):,} different answers in {len(label):,} rows, so this "
                "looks like free text or a measure, not like classes",
                "Name a column whose answers repeat as data.label",
            )
        )
    single = classes[np.bincount(codes) < 2]
    if len(single):
        more = f", and so have {len(single) - 1:,} other classes" if len(single) > 1 else ""
        raise DataError(
            paragraph(
                where,
                f"the class “{single[0]}” has one row only{more}; expected at least two",
                "Bring more rows of this class, merge it into another, or remove the row",
            )
        )
