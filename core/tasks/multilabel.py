"""Multilabel classification: none, one or several of the labels for each sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...multimodal.classifiers import auto_of
from ...multimodal.spec import ModelSpec
from .. import baselines as simple
from ..batches import Batch, Learned, inputs
from ..events import Emit, silent
from ..labelled import Labelled, costs
from ..multilabel_metrics import VALIDATED, evaluate, validation_metrics
from ..spec import DataSpec, EvaluateSpec, TrainSpec
from .answers import answers, beside, looking
from .label_sets import as_sets, check_labels, membership, weights

if TYPE_CHECKING:
    import pandas as pd
    import torch

    from ...multimodal.models import Source
    from ..dataset import Dataset
    from ..evaluation import Evaluation
    from ..runs import Run


THRESHOLD = 0.5
"""A label whose score is above this is answered."""


@dataclass(frozen=True)
class Multilabel:
    """Several labels, each of which is there or not (`core.tasks.task.Task`)."""

    data: DataSpec
    model: ModelSpec
    train: TrainSpec
    name: str = "multilabel"
    auto: str = "AutoModelForSequenceClassification"
    metric: str = "f1_macro"
    validated: tuple[str, ...] = VALIDATED

    def arrange(self, table: pd.DataFrame, spec: DataSpec) -> tuple[pd.DataFrame, DataSpec]:
        """Bring labels into one column of JSON lists, from one cell each or columns of 0 and 1."""
        from .classification import named

        return as_sets(table, named(spec, self.name))

    def labels(self, table: pd.DataFrame, spec: DataSpec) -> tuple[str, ...]:
        """Return the labels, in the order of their columns where each has one."""
        return check_labels(table, spec, tuple(self.data.labels))

    def load(
        self, source: Source, labels: tuple[str, ...], seed: int, *, emit: Emit = silent
    ) -> torch.nn.Module:
        """Load the model with one output for each label."""
        from ...multimodal.models import load_labelled

        loaded: torch.nn.Module = load_labelled(
            self.auto,
            source,
            self.model,
            labels,
            seed,
            problem_type="multi_label_classification",
        )
        return loaded

    def encode(
        self, processor: Any, dataset: Dataset, *, emit: Emit = silent, cache: Path | None = None
    ) -> Labelled:
        """Encode texts, and for each label whether it is there and what this counts.

        The targets have the shape (rows, 2, labels): 0 or 1, and the weight in the loss.
        """
        from .encoding import encoded

        samples = encoded(processor, dataset, self.model, emit=emit, cache=cache)
        member = membership(dataset.label, dataset.labels)
        counts = weights(member, dataset.labels, self.train)
        targets = np.stack([member, counts], axis=1).astype(np.float32)
        return Labelled(samples, targets, dataset.weight, dataset.ids)

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return binary cross-entropy as a mean over the labels; shape (samples,)."""
        scores = model(**inputs(batch)).logits
        return costs(batch, lambda wanted: binary_cross_entropy(scores, wanted, self.train))

    def validate(
        self,
        model: torch.nn.Module,
        samples: Learned,
        dataset: Dataset,
        *,
        check: Callable[[], None] = lambda: None,
    ) -> Mapping[str, float]:
        """Measure `VALIDATED`, every row counted alike."""
        from ..predict import logits

        scores = sigmoid(logits(model, samples, step="validate", check=check))
        return validation_metrics(membership(dataset.label, dataset.labels), scores)

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
        """Score every label of every row, and answer with those whose score is high enough."""
        from ..predict import logits
        from .encoding import encoded

        samples = encoded(processor, dataset, self.model)
        scores = sigmoid(logits(model, samples, emit=emit, check=check))
        known = dataset.label is not None and any(cell is not None for cell in dataset.label)
        label = None
        if known:
            label = self._joined(membership(dataset.label, dataset.labels), dataset.labels)
        return answers(dataset, label, *self._answered(scores, dataset.labels))

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
        """Answer with the labels of most training rows, and with logistic regressions."""
        from ...multimodal.baseline import one_vs_rest

        def scored(scores: NDArray[np.float64]) -> pd.DataFrame:
            return beside(predictions, *self._answered(scores, dataset.labels))

        trained = dataset.take(dataset.rows("train"))
        member = membership(trained.label, dataset.labels)
        usual = np.tile(member.mean(axis=0), (len(chosen), 1))
        return {
            simple.FREQUENT: scored(usual),
            **looking(one_vs_rest, trained, member, chosen, scored, check=check),
        }

    def evaluate(
        self,
        predictions: pd.DataFrame,
        labels: tuple[str, ...],
        spec: EvaluateSpec,
        beside: Mapping[str, pd.DataFrame | str],
    ) -> Evaluation:
        """Measure sets of labels, and every label by itself (`core.multilabel_metrics`)."""
        return evaluate(predictions, labels, spec, beside, self.data.separator)

    def _answered(
        self, scores: NDArray[np.float64], labels: Sequence[str]
    ) -> tuple[list[str], dict[str, NDArray[np.float64]]]:
        """Return the answers as cells, and the score of each label."""
        named = {label: scores[:, code] for code, label in enumerate(labels)}
        return self._joined(scores > THRESHOLD, labels), named

    def _joined(self, member: NDArray[np.bool_], labels: Sequence[str]) -> list[str]:
        names = np.array(labels, dtype=object)
        return [self.data.separator.join(names[row]) for row in member]


def make(
    name: str, data: DataSpec, model: ModelSpec, train: TrainSpec, evaluate: EvaluateSpec
) -> Multilabel:
    """Make the task."""
    return Multilabel(data, model, train, auto=auto_of(data.modalities))


def binary_cross_entropy(
    logits: torch.Tensor, targets: torch.Tensor, spec: TrainSpec
) -> torch.Tensor:
    """Return the mean over labels of binary cross-entropy, smoothed and focal as the recipe says.

    Parameters
    ----------
    logits
        Shape (samples, labels).
    targets
        Shape (samples, 2, labels): whether each label is there, 0 or 1, and its weight.
    spec
        `label_smoothing` moves targets that far towards one half; `focal_gamma` turns easy
        questions down by ``(1 - p) ** gamma``, where p is the probability of what is true (Lin et
        al., "Focal loss for dense object detection", 2017).

    Returns
    -------
    torch.Tensor
        Shape (samples,), float32.
    """
    import torch

    scores = logits.float()
    there, weight = targets[:, 0], targets[:, 1]
    wanted = there * (1 - spec.label_smoothing) + spec.label_smoothing / 2
    losses = torch.nn.functional.binary_cross_entropy_with_logits(scores, wanted, reduction="none")
    if spec.focal_gamma:
        wrong = torch.sigmoid(torch.where(there > 0, -scores, scores))
        # Its slope is infinite at 0 where gamma is below 1.
        losses = losses * wrong.clamp_min(torch.finfo(torch.float32).tiny) ** spec.focal_gamma
    return (losses * weight).mean(dim=1)


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn logits into probabilities, without overflow."""
    half = np.exp(-np.abs(logits))
    out: NDArray[np.float64] = np.where(logits >= 0, 1.0, half) / (1 + half)
    return out
