"""Measuring how much more a disturbance hurts the answers to one group than to all others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...core.dataset import Dataset, pick
from ...core.events import Emit, silent
from ...core.measured import Measured
from ...core.multiple import adjusted
from ...core.runs import Run
from ...errors import DataError, RecipeError, nearest, paragraph
from ...multimodal import controlled
from ..groups import Grouping, group_column
from ..metadata import metadata_groups
from ..paired import average, between, mean_difference, paired_difference, permuted, rate
from ..uncertainty import permutation_p_value
from .answers import Answered, answers
from .record import ALL, At, Changed, Hit, Perturbed
from .spec import PerturbSpec

if TYPE_CHECKING:
    from ...multimodal.controlled import Kind

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

METRICS = {"classification": "accuracy", "regression": "mean_absolute_error"}
"""What is measured of each task; answers of other tasks are not right or wrong by themselves."""

MOST_GROUPS = 60
"""Groups of a column above which it names rows rather than groups."""


def perturb(
    run: Run | str | Path,
    changes: Mapping[str, Sequence[float]] | Sequence[str] | None = None,
    *,
    rows: int | str | list[str] | None = None,
    groups: Sequence[str] | None = None,
    derived: Sequence[str] | None = None,
    spec: PerturbSpec | None = None,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> Perturbed:
    """Answer test rows of a run unchanged and changed, and compare what it costs each group.

    Parameters
    ----------
    run
        A run that tells classes apart or answers with numbers, or its folder.
    changes
        Kinds of change (`multimodal.controlled`), with strengths where others than the usual ones
        are meant; all kinds of the samples' modalities if left out.
    rows
        Test rows: a number, ``"a:b"``, ``"all"`` or a list of ids.
    groups
        Columns whose groups are compared.
    derived
        Traits of the samples that groups are made of, such as ``brightness``.
    spec
        Everything else, and what is left out above.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    Perturbed
        Accuracy (or mean absolute error) of all rows and of each group at each strength, what it
        lost against the same rows unchanged, and how far this lies from what all others lost.

    Raises
    ------
    DataError
        If the task is another one, or a row is not there.
    RecipeError
        If a kind, a strength, a column or a trait is not known.
    """
    run = run if isinstance(run, Run) else Run.open(run)
    given = {"changes": changes, "rows": rows, "groups": groups, "derived": derived}
    chosen = PerturbSpec.model_validate(
        (spec or PerturbSpec()).model_dump()
        | {name: _plain(one) for name, one in given.items() if one is not None}
    )
    if run.task not in METRICS:
        raise DataError(
            paragraph(
                str(run.path),
                f"answers to changed samples are compared where they are classes or numbers, and "
                f"this run’s task is {run.task}",
                f"Choose a run whose task is {' or '.join(METRICS)}",
            )
        )
    asked = _asked(chosen, run.modalities)
    dataset = run.dataset()
    test = dataset.take(dataset.rows("test"))
    test = test.take(pick(test.ids, chosen.rows))
    grouped = _groupings(test, chosen, emit, check)
    told = answers(run, test, asked, chosen.seed, emit=emit, check=check)
    return compare(run.task, test, asked, grouped, told, chosen)


def compare(
    task: str,
    rows: Dataset,
    asked: Mapping[Kind, tuple[float, ...]],
    grouped: Sequence[Grouping],
    told: Answered,
    spec: PerturbSpec,
) -> Perturbed:
    """Compare answers that are known; the arguments are those of `answers`, and what it returned.

    Parameters
    ----------
    task
        ``classification`` or ``regression``.
    rows
        The rows, with their labels.
    asked
        Strengths of each kind.
    grouped
        Groups of the rows.
    told
        Their answers.
    spec
        Level, permutations and seed.
    """
    found: list[Changed] = []
    for kind, strengths in asked.items():
        measured = _Measured.of(task, rows.label, told, kind, strengths)
        hits = [_hit(measured, "", ALL, np.ones(len(rows), bool), strengths, spec)]
        for one in grouped:
            hits += _column(measured, one, strengths, spec)
        found.append(Changed(kind.modality, kind.name, tuple(hits)))
    return Perturbed(
        metric=METRICS[task],
        rows=len(rows),
        changes=tuple(_adjusted(found)),
        example=str(rows.ids[0]),
        confidence=spec.confidence,
        permutations=spec.permutations,
        small=spec.small,
        seed=spec.seed,
    )


@dataclass(frozen=True, eq=False)
class _Measured:
    """What is known of each row: how wrong its answers are, and which of them differ.

    Attributes
    ----------
    before, after
        Error of each row unchanged, shape (rows,), and at each strength, (strengths, rows): 0 or 1
        of classes, the absolute error of numbers.
    flipped
        Whether the answer differs; shape (strengths, rows). None of numbers.
    """

    before: Floats
    after: Floats
    flipped: Bools | None

    @classmethod
    def of(
        cls,
        task: str,
        label: NDArray[np.object_],
        told: Answered,
        kind: Kind,
        strengths: Sequence[float],
    ) -> _Measured:
        before = told.unchanged[kind.modality]
        after = np.stack([told.changed[kind.name, one] for one in strengths])
        if task == "regression":
            truth = label.astype(np.float64)
            errors = [np.abs(one.astype(np.float64) - truth) for one in (before, after)]
            return cls(errors[0], errors[1], None)
        wrong = [(one != label).astype(np.float64) for one in (before, after)]
        return cls(wrong[0], wrong[1], np.asarray(after != before, bool))

    @property
    def cost(self) -> Floats:
        """By how much each row's error grew, on average over the strengths; shape (rows,)."""
        grown: Floats = self.after.mean(axis=0) - self.before
        return grown

    def score(self, errors: Floats, confidence: float) -> Measured:
        """Return accuracy, or the mean absolute error."""
        if self.flipped is not None:
            return rate(errors == 0, confidence)
        found = mean_difference(errors, confidence)
        return found if found.low is None else replace(found, low=max(found.low, 0.0))

    def drop(self, strength: int, rows: Bools, confidence: float) -> Measured:
        """Return by how much a strength makes the score of some rows worse."""
        before, after = self.before[rows], self.after[strength, rows]
        if self.flipped is not None:
            return paired_difference(before == 0, after == 0, confidence)
        return mean_difference(after - before, confidence)


def _column(
    measured: _Measured, grouping: Grouping, strengths: Sequence[float], spec: PerturbSpec
) -> Iterator[Hit]:
    """Compare the groups of a column, each with all other rows."""
    several = len(grouping.names) > 1
    drawn = None
    if several:
        rng = np.random.default_rng([spec.seed % 2**63, len(grouping.names)])
        drawn = permuted(measured.cost, grouping.codes, len(grouping.names), spec.permutations, rng)
    for code, name in enumerate(grouping.names):
        rows = grouping.codes == code
        one = _hit(measured, grouping.column, name, rows, strengths, spec)
        if drawn is not None:
            far = np.abs(drawn[:, code])
            one = replace(one, p_value=permutation_p_value(float(far[0]), far[1:]))
        yield one


def _hit(
    measured: _Measured,
    column: str,
    group: str,
    rows: Bools,
    strengths: Sequence[float],
    spec: PerturbSpec,
) -> Hit:
    level = spec.confidence
    at = []
    for number, strength in enumerate(strengths):
        drop = measured.drop(number, rows, level)
        flips = None if measured.flipped is None else rate(measured.flipped[number, rows], level)
        rest = None if rows.all() else between(drop, measured.drop(number, ~rows, level))
        score = measured.score(measured.after[number, rows], level)
        at.append(At(strength, score, flips, drop, rest))
    others = [one.to_rest for one in at if one.to_rest is not None]
    return Hit(
        column,
        group,
        int(rows.sum()),
        bool(rows.sum() < spec.small),
        measured.score(measured.before[rows], level),
        tuple(at),
        average([one.drop for one in at]),
        average(others) if others else None,
    )


def _adjusted(found: Sequence[Changed]) -> Iterator[Changed]:
    """Adjust the p-values of all comparisons at once."""
    known = [one.p_value for change in found for one in change.hits if one.p_value is not None]
    coming = iter(adjusted(np.array(known, np.float64)).tolist())
    for change in found:
        hits = [
            one if one.p_value is None else replace(one, adjusted=next(coming))
            for one in change.hits
        ]
        yield replace(change, hits=tuple(hits))


def _asked(spec: PerturbSpec, modalities: Sequence[str]) -> dict[Kind, tuple[float, ...]]:
    where = "audit.perturbed.changes"
    return {
        kind: controlled.checked(kind, spec.changes.get(kind.name, ()), where)
        for kind in controlled.chosen(spec.changes, modalities, where)
    }


def _groupings(
    rows: Dataset, spec: PerturbSpec, emit: Emit, check: Callable[[], None]
) -> list[Grouping]:
    names = list(rows.groups) if spec.groups is None else spec.groups
    for name in names:
        if name not in rows.groups:
            raise RecipeError(
                paragraph(
                    f"audit.perturbed.groups: “{name}”",
                    f"the run has no such group column ({nearest(name, rows.groups)})",
                    "Name a column that stood under data.groups when the run was made",
                )
            )
    found = [group_column(name, pd.Series(rows.groups[name], dtype=object)) for name in names]
    if spec.derived:
        made = metadata_groups(rows, spec.derived, emit=emit, check=check)
        found += [_ordered(str(name), made[name]) for name in made]
    for one in found:
        if len(one.names) > MOST_GROUPS:
            raise RecipeError(
                paragraph(
                    f"audit.perturbed.groups: “{one.column}”",
                    f"it has {len(one.names):,} different values in {len(rows):,} rows; at most "
                    f"{MOST_GROUPS} are compared",
                    "Name columns with fewer groups, or leave groups out",
                )
            )
    return found


def _ordered(column: str, values: pd.Series[Any]) -> Grouping:
    """Keep the order of bands, which is not that of their names."""
    own = values.cat.remove_unused_categories()
    codes = np.asarray(own.cat.codes, np.intp)
    return Grouping(column, (column,), tuple(map(str, own.cat.categories)), codes)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: list(one) for name, one in value.items()}
    return value if isinstance(value, str | int) else list(value)
