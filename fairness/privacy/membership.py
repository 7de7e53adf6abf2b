"""Whether a model's loss tells the rows that it was trained on from others.

The loss-threshold attack of Yeom et al. (*Privacy Risk in Machine Learning: Analyzing the
Connection to Overfitting*, CSF 2018): who holds a row and its true label asks the model, and takes
the row for a training row where its loss is low. The same attack with calibration sets the loss
beside the one that a model gives which never saw the row (Watson et al., *On the Importance of
Difficulty Calibration in Membership Inference Attacks*, ICLR 2022), so that rows which are easy for
anyone aren't taken for members: a linear model on simple features, fitted on other rows, or, of a
language model, the model as it was before training.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...core.events import Emit, silent
from ...core.measured import Measured
from ...errors import DataError, paragraph
from .attack import Attack, Floats, attack
from .spec import PrivacySpec
from .told import TASKS, UNITS, drawn, reference, told

if TYPE_CHECKING:
    from ...core.dataset import Dataset
    from .trained import Trained


@dataclass(frozen=True)
class Part:
    """The attack on the rows of one class or group.

    Attributes
    ----------
    column
        Sensitive column, or the label's name for classes.
    value
        Class or group.
    attack
        What it came to among these rows.
    to_rest
        Area under the curve here minus that among all other rows, with an interval.
    small
        Whether there are too few rows on one side to say much.
    """

    column: str
    value: str
    attack: Attack
    to_rest: Measured
    small: bool

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "column": self.column,
            "value": self.value,
            "attack": self.attack.as_json(),
            "to_rest": self.to_rest.as_json(),
            "small": self.small,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Part:
        """Read what `as_json` wrote."""
        return cls(
            raw["column"],
            raw["value"],
            Attack.from_json(raw["attack"]),
            Measured.from_json(raw["to_rest"]),
            raw["small"],
        )


@dataclass(frozen=True)
class Membership:
    """What an attack by the loss came to.

    Attributes
    ----------
    loss
        The attack on the loss alone.
    calibrated
        The attack on the loss beside a reference's, where there is one.
    reference
        What that is, in words.
    mean_loss
        Mean loss of members and of others, in the loss's own unit; their difference is what
        training rows are better known by.
    unit
        Unit of the loss, in words.
    classes, groups
        The attack on the loss among the rows of each class, and of each group.
    repeated
        Test rows that were left out because the same stands in the training rows.
    """

    loss: Attack
    calibrated: Attack | None
    reference: str
    mean_loss: tuple[float, float]
    unit: str
    classes: tuple[Part, ...]
    groups: tuple[Part, ...]
    repeated: int

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "loss": self.loss.as_json(),
            "calibrated": None if self.calibrated is None else self.calibrated.as_json(),
            "reference": self.reference,
            "mean_loss": list(self.mean_loss),
            "unit": self.unit,
            "classes": [one.as_json() for one in self.classes],
            "groups": [one.as_json() for one in self.groups],
            "repeated": self.repeated,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Membership:
        """Read what `as_json` wrote."""
        beside = raw["calibrated"]
        return cls(
            Attack.from_json(raw["loss"]),
            None if beside is None else Attack.from_json(beside),
            raw["reference"],
            tuple(raw["mean_loss"]),
            raw["unit"],
            tuple(Part.from_json(one) for one in raw["classes"]),
            tuple(Part.from_json(one) for one in raw["groups"]),
            raw["repeated"],
        )


def membership(
    trained: Trained,
    spec: PrivacySpec,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> Membership:
    """Attack a run's model by its loss on training rows and on test rows.

    Parameters
    ----------
    trained
        The run.
    spec
        Rows that are drawn from either split, level of the intervals, seed.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Raises
    ------
    DataError
        If a row has no loss of its own in this task, or no test row is left that doesn't stand
        among the training rows too.
    """
    if trained.run.task not in TASKS:
        raise DataError(
            paragraph(
                str(trained.run.path),
                f"the loss of a single row isn't known of {trained.run.task}",
                f"Choose a run of one of {', '.join(TASKS)}",
            )
        )
    rows, members, repeated = drawn(trained.genuine, spec.rows, spec.seed)
    task = trained.run.task
    seen = told(trained.predict(rows, emit, check), rows, task)
    kept = np.flatnonzero(np.isfinite(seen.score))
    rows, members, seen = rows.take(kept), members[kept], seen.take(kept)
    beside, name = reference(trained, rows, spec.seed, emit, check)
    calibrated = None
    if beside is not None:
        shift = seen.score - beside.score
        fine = np.isfinite(shift)
        if fine[members].any() and fine[~members].any():
            calibrated = _attacked(shift[fine], members[fine], spec)
    return Membership(
        loss=_attacked(seen.score, members, spec),
        calibrated=calibrated,
        reference="" if calibrated is None else name,
        mean_loss=(float(seen.loss[members].mean()), float(seen.loss[~members].mean())),
        unit=UNITS.get(task, "nats"),
        classes=tuple(_classes(rows, seen.score, members, spec)),
        groups=tuple(_groups(rows, seen.score, members, spec)),
        repeated=repeated,
    )


def _attacked(score: Floats, members: NDArray[np.bool_], spec: PrivacySpec) -> Attack:
    return attack(score[members], score[~members], confidence=spec.confidence)


def _classes(
    rows: Dataset, score: Floats, members: NDArray[np.bool_], spec: PrivacySpec
) -> Iterator[Part]:
    if rows.task == "classification":
        cells = {label: rows.label == label for label in rows.labels}
        yield from _parts("label", cells, score, members, spec)


def _groups(
    rows: Dataset, score: Floats, members: NDArray[np.bool_], spec: PrivacySpec
) -> Iterator[Part]:
    import pandas as pd

    from ..groups import group_column

    for column, cells in rows.groups.items():
        grouped = group_column(column, pd.Series(cells, dtype=object))
        named = {name: grouped.codes == code for code, name in enumerate(grouped.names)}
        yield from _parts(column, named, score, members, spec)


def _parts(
    column: str,
    cells: Mapping[str, NDArray[np.bool_]],
    score: Floats,
    members: NDArray[np.bool_],
    spec: PrivacySpec,
) -> Iterator[Part]:
    """Attack the rows of each value; one that has no member or no other row can't be attacked."""
    for value, here in cells.items():
        sides = (int((here & members).sum()), int((here & ~members).sum()))
        if min(sides) == 0:
            continue
        own = attack(score[here & members], score[here & ~members], confidence=spec.confidence)
        yield Part(
            column,
            value,
            own,
            _to_rest(own, score[~here & members], score[~here & ~members], spec),
            min(sides) < spec.small,
        )


def _to_rest(own: Attack, members: Floats, others: Floats, spec: PrivacySpec) -> Measured:
    """Return the area minus that among all other rows.

    Its interval joins both areas' own ones as Newcombe's does for rates (Zou and Donner 2008,
    method of variance estimates recovery).
    """
    if not len(members) or not len(others):
        return Measured(math.nan)
    rest = attack(members, others, confidence=spec.confidence).auc
    value = own.auc.value - rest.value
    assert own.auc.low is not None and own.auc.high is not None  # an attack's area has both
    assert rest.low is not None and rest.high is not None
    down = math.hypot(own.auc.value - own.auc.low, rest.high - rest.value)
    up = math.hypot(own.auc.high - own.auc.value, rest.value - rest.low)
    return Measured(value, value - down, value + up, own.members + own.others, "newcombe")
