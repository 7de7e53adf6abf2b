"""Heads on frozen features: a remedy in seconds, by the same loop and the same losses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from ...core.batches import TARGET, Batch, Rows
from ...core.checkpoints import Checkpoints
from ...core.events import silent
from ...core.jobs import CancelToken
from ...core.loop import fit
from ...core.plugged import Plugged, placed
from ...core.predict import softmax
from ...core.spec import TrainSpec
from ...core.step import Loss
from ...device import Device
from .features import LastLayer
from .members import Codes
from .on_scores import Impossible
from .spec import Constraint

Floats = NDArray[np.float64]

RATE = 5e-3
EPOCHS, STEPS = 10, 200
"""Learning rate of a head; it learns for at least so many epochs, and so many steps."""

SMALLEST = 0.01
"""Smallest difference that exponentiated gradient is told to reach, fairlearn's own default."""

FAIRLEARN = {
    "demographic_parity": "DemographicParity",
    "equalized_odds": "EqualizedOdds",
    "equal_opportunity": "TruePositiveRateParity",
    "false_positive_rate": "FalsePositiveRateParity",
}


@dataclass(frozen=True, eq=False)
class FeatureRows:
    """Rows of features as the training loop takes them (`core.batches.Learned`).

    Attributes
    ----------
    features
        Shape (rows, width).
    codes
        Class of each row; shape (rows,).
    weight
        How much each row counts; shape (rows,).
    names
        The rows' ids; shape (rows,).
    """

    features: NDArray[np.float32]
    codes: Codes
    weight: NDArray[np.float32]
    names: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """One for each row; shape (rows,)."""
        return np.ones(len(self), np.int64)

    @property
    def units(self) -> NDArray[np.int64]:
        """One for each row; shape (rows,)."""
        return np.ones(len(self), np.int64)

    def ids(self, rows: Rows) -> list[str]:
        """Name some rows."""
        return [str(name) for name in self.names[rows]]

    def batch(self, rows: Rows) -> Batch:
        """Return features and classes of some rows."""
        return {
            "features": torch.from_numpy(self.features[rows]),
            TARGET: torch.from_numpy(self.codes[rows]),
        }


class Head(torch.nn.Module):
    """A linear layer that is called as a classifier is."""

    def __init__(self, last: LastLayer) -> None:
        super().__init__()
        classes, width = last.weight.shape
        self.out = torch.nn.Linear(width, classes)
        with torch.no_grad():
            self.out.weight.copy_(torch.from_numpy(last.weight))
            self.out.bias.copy_(torch.from_numpy(last.bias))

    def forward(self, features: torch.Tensor) -> SimpleNamespace:
        """Return the scores of some rows."""
        return SimpleNamespace(logits=self.out(features))


def head(
    rows: FeatureRows,
    last: LastLayer,
    loss: Loss,
    plugged: Plugged | None,
    *,
    seed: int = 13,
    check: Callable[[], None] = lambda: None,
) -> LastLayer:
    """Train the last layer on, from where the run left it, with a remedy or without.

    Parameters
    ----------
    rows
        Features of the training rows.
    last
        Where it begins.
    loss
        The task's loss.
    plugged
        The remedy.
    seed
        Seed of the order of the rows.
    check
        Raises where the job was cancelled.
    """
    check()
    batch = int(np.clip(len(rows) // 20, 8, 256))
    spec = TrainSpec(
        epochs=max(EPOCHS, -(-STEPS * batch // max(len(rows), 1))),
        batch_size=batch,
        learning_rate=RATE,
        seed=seed,
        checkpoint_steps=None,
        keep_checkpoints=1,
    )
    own, model = plugged or Plugged(), Head(last)
    fit(
        model,
        placed(rows, plugged),
        spec,
        loss=own.loss or loss,
        metric="accuracy",
        device=Device("cpu", "CPU", "fp32", torch.get_num_threads()),
        checkpoints=cast("Checkpoints", _Nowhere()),
        validate=None,
        emit=silent,
        cancel=CancelToken(),
        sample_weight=own.sample_weight,
        sampler=own.sampler,
    )
    check()
    return LastLayer(
        model.out.weight.detach().double().numpy(), model.out.bias.detach().double().numpy()
    )


class _Nowhere:
    """Stands for checkpoints of a training so short that none is worth writing."""

    def save(self, *given: Any) -> Path:
        return Path("nowhere/none")

    def restore(self, *given: Any) -> None:
        return None

    def load_best(self, *given: Any) -> bool:
        return False


def exponentiated_gradient(
    rows: FeatureRows,
    groups: Codes,
    positive: int,
    constraint: Constraint,
    bound: float,
) -> Callable[[Floats], Floats]:
    """Fit `fairlearn.reductions.ExponentiatedGradient` of logistic regressions on features.

    Parameters
    ----------
    rows
        Features of the training rows; their weights are not used.
    groups
        Group of each row; shape (rows,).
    positive
        The class that stands against the rest.
    constraint
        What should be alike.
    bound
        Largest difference to all rows that is allowed.

    Returns
    -------
    ``chances(features) -> p``: with which probability each row is answered positively, which is
    the share of the classifiers' weights that answer so.

    Raises
    ------
    Impossible
        If all rows are positive, or none is.

    References
    ----------
    Agarwal, Beygelzimer, Dudík, Langford and Wallach (2018), A reductions approach to fair
    classification. ICML.
    """
    from fairlearn import reductions
    from sklearn.linear_model import LogisticRegression

    labels = (rows.codes == positive).astype(int)
    if labels.min() == labels.max():
        raise Impossible("the training rows have one kind of label only")
    middle, spread = rows.features.mean(0), rows.features.std(0) + 1e-6
    moment = getattr(reductions, FAIRLEARN[constraint])(difference_bound=bound)
    found = reductions.ExponentiatedGradient(LogisticRegression(max_iter=500), moment)
    found.fit((rows.features - middle) / spread, labels, sensitive_features=groups)
    used = [(found.predictors_[at], float(weight)) for at, weight in found.weights_.items()]

    def chances(features: Floats) -> Floats:
        given = (features - middle) / spread
        votes = sum(weight * one.predict(given) for one, weight in used if weight > 0)
        return np.clip(np.asarray(votes, np.float64), 0, 1)

    return chances


def scores(last: LastLayer, features: Floats) -> Floats:
    """Return the probability of each class; shape (rows, classes)."""
    return softmax(last.logits(features))
