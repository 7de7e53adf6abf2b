"""A remedy of a recipe as what the training loop takes: a loss, weights of rows, or a sampler."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from ...core import processes
from ...core.batches import TARGET, Batch
from ...core.dataset import Dataset
from ...core.plugged import ROWS, WEIGHT, Plugged
from ...core.step import Loss
from ...errors import DataError, RecipeError, paragraph
from ...multimodal.augment_spec import PARTNER
from .adversary import Adversary
from .group_dro import GroupWeights
from .members import Members, members
from .penalty import penalty
from .sampling import balanced
from .spec import DRO_STEP, IN_TRAINING, Constraint, RemedySpec
from .weights import reweighed

if TYPE_CHECKING:
    from ...core.tasks import Task

SPLIT_UP = ("reweigh", "balanced")
"""Remedies that several processes can share; the others look at a step's rows together."""

CHOSEN_ON = ("validation", "test")
"""Splits on which remedies are chosen, and shown."""


def plugged(
    spec: RemedySpec | None,
    dataset: Dataset,
    task: Task,
    *,
    positive: str | None = None,
    device: str = "cpu",
    seed: int = 13,
) -> Plugged | None:
    """Return what a remedy plugs into a training.

    Parameters
    ----------
    spec
        The remedy, if any.
    dataset
        All rows of the run; the remedy learns the groups of its training rows.
    task
        What is learnt, and with which loss.
    positive
        The favourable class; of two classes the second one if left out.
    device
        Kind of device on which the model is trained.
    seed
        Seed of the adversary's first weights.

    Returns
    -------
    Plugged or None
        None where there is no remedy, or one that leaves the training as it is.

    Raises
    ------
    RecipeError
        If the task has no classes, the column is not among the data's groups, or several processes
        train together and the remedy looks at all rows of a step.
    DataError
        If the remedy stands behind the training, and no rows are there to choose it by.
    """
    if spec is None:
        return None
    check(spec, task.name, dataset.labels, positive)
    rows = members(dataset.take(dataset.rows("train")), spec.column, positive)
    if spec.kind not in IN_TRAINING:
        for split in CHOSEN_ON:  # else the run would fail only behind its training
            check_rows(dataset, split)
        return None
    if spec.kind not in SPLIT_UP and processes.world() > 1:
        raise RecipeError(
            paragraph(
                "recipe, key “audit.remedy.kind”",
                f"{spec.kind} compares the rows of a step with each other, and here "
                f"{processes.world()} processes share each step",
                "Train in one process, or choose reweigh or balanced",
            )
        )
    if spec.kind == "reweigh":
        return Plugged(sample_weight=reweighed(rows.groups, rows.labels, spec.strength))
    if spec.kind == "balanced":
        return Plugged(sampler=balanced(rows.cells(spec.constraint), spec.strength))
    return Plugged(loss=_loss(spec, task.loss, rows, device, seed), together=True)


def check(
    spec: RemedySpec, task: str, labels: tuple[str, ...], positive: str | None = None
) -> None:
    """Refuse a task that has no classes, or a remedy for two where there are more.

    Raises
    ------
    RecipeError
        If the remedy can't be applied.
    """
    if task != "classification":
        raise RecipeError(
            paragraph(
                "recipe, key “audit.remedy”",
                f"{spec.kind} makes answers alike between groups where one of several classes is "
                f"answered; this run's task is {task.replace('_', ' ')}",
                "Leave it out",
            )
        )
    if spec.kind not in IN_TRAINING and len(labels) > 2 and positive is None:
        raise RecipeError(
            paragraph(
                "recipe, key “audit.positive”",
                f"the remedy {spec.kind} sets one class against the rest, and of {len(labels)} "
                "classes none is named",
                f"Name one of {', '.join(labels)}",
            )
        )


def check_rows(dataset: Dataset, split: str) -> None:
    """Refuse a split without rows."""
    if not len(dataset.rows(split)):
        raise DataError(
            paragraph(
                f"split “{split}”",
                "it has no rows, and remedies are chosen on validation rows and shown on test rows",
                "Give data.split a share above 0 for both",
            )
        )


def _loss(spec: RemedySpec, plain: Loss, rows: Members, device: str, seed: int) -> Loss:
    if spec.kind == "penalty":
        return PenaltyLoss(plain, rows, spec)
    if spec.kind == "group_dro":
        return GroupDroLoss(plain, rows, spec)
    return AdversarialLoss(plain, rows, spec, device, seed)


class PenaltyLoss:
    """The task's loss, and the groups' differences times a strength."""

    def __init__(self, plain: Loss, rows: Members, spec: RemedySpec) -> None:
        self._plain, self._rows, self._spec = plain, rows, spec
        self._groups = torch.from_numpy(rows.groups)

    def __call__(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return the loss of each row; shape (rows,)."""
        losses, logits = _with_logits(self._plain, model, batch)
        found = penalty(
            logits,
            _of(self._groups, batch),
            batch[TARGET],
            self._spec.constraint,
            self._rows.positive,
        )
        return losses + self._spec.strength * found


class GroupDroLoss:
    """The task's losses, weighted by how the groups have fared so far."""

    def __init__(self, plain: Loss, rows: Members, spec: RemedySpec) -> None:
        cells = torch.from_numpy(rows.cells(spec.constraint))
        there, self._cells = torch.unique(cells, return_inverse=True)
        self._plain = plain
        self._weights = GroupWeights(len(there), DRO_STEP * spec.strength)

    def __call__(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return the loss of each row as it counts; shape (rows,)."""
        losses = self._plain(model, batch)
        return self._weights(losses, _of(self._cells, batch), batch[WEIGHT])

    def tensors(self) -> Mapping[str, torch.Tensor]:
        """Return what a checkpoint has to keep."""
        return self._weights.tensors()

    def load(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Go on from what `tensors` returned."""
        self._weights.load(tensors)


class AdversarialLoss:
    """The task's losses, and those of an adversary with its gradient turned round."""

    def __init__(
        self, plain: Loss, rows: Members, spec: RemedySpec, device: str, seed: int
    ) -> None:
        self._plain, self._rows, self._constraint = plain, rows, spec.constraint
        self._groups = torch.from_numpy(rows.groups)
        self._adversary = Adversary(
            len(rows.names),
            rows.classes,
            spec.strength,
            sees_label=spec.constraint != "demographic_parity",
            rows=torch.bincount(self._groups, minlength=len(rows.names)).float(),
            seed=seed,
            device=device,
        )

    def __call__(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return the loss of each row; shape (rows,)."""
        losses, logits = _with_logits(self._plain, model, batch)
        groups, labels = _of(self._groups, batch), batch[TARGET]
        seen = _looked_at(self._constraint, labels, self._rows.positive).to(losses)
        self._adversary.learn(logits, groups, labels, batch[WEIGHT] * seen)
        return losses + seen * self._adversary.reversed(logits, groups, labels)

    def tensors(self) -> Mapping[str, torch.Tensor]:
        """Return what a checkpoint has to keep."""
        return self._adversary.tensors()

    def load(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Go on from what `tensors` returned."""
        self._adversary.load(tensors)


def _looked_at(constraint: Constraint, labels: torch.Tensor, positive: int | None) -> torch.Tensor:
    """Say which rows a constraint looks at; all of them where no class is the positive one."""
    if positive is None or constraint in ("demographic_parity", "equalized_odds"):
        return torch.ones_like(labels, dtype=torch.bool)
    return (labels == positive) == (constraint == "equal_opportunity")


def _of(codes: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Look up the codes of a batch's rows; shape (rows,)."""
    _unmixed(batch)
    return codes[batch[ROWS].cpu()].to(batch[TARGET].device)


def _with_logits(
    plain: Loss, model: torch.nn.Module, batch: Batch
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the task's losses, and the scores that they are taken of: the model runs once."""
    seen: list[torch.Tensor] = []

    def watched(**given: Any) -> Any:
        out = model(**given)
        seen.append(out.logits)
        return out

    losses = plain(watched, batch)  # type: ignore[arg-type]
    return losses, seen[0]


def _unmixed(batch: Batch) -> None:
    """Refuse samples that are mixed of two, which may be of two groups."""
    if PARTNER in batch:
        raise RecipeError(
            paragraph(
                "recipe, key “train.augment”",
                "samples are mixed of two rows, which may be of two groups, and the remedy asks "
                "for the group of each",
                "Leave mixup and cutmix out, or choose the remedy reweigh or balanced",
            )
        )
