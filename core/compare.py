"""Runs beside each other: what their recipes do differently, and what each came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import history
from .history import Curve
from .listing import metrics as measured
from .measured import Measured
from .runs import Run

LOSSES = {
    "training": [("loss", "train")],
    "validation": [(name, "validation") for name in ("log_loss", "loss", "preference_loss")],
}
"""The losses by the rows that they are of: metrics and splits, the first of which that was told."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Runs beside each other; every list has one item a run, in the order of `runs`.

    Attributes
    ----------
    runs
        What is compared.
    same_rows
        Whether all of them learn from and are measured on the same rows.
    recipe
        Dotted keys of the recipe whose values differ.
    metrics
        Figures on the test rows by their names; None where a run has none.
    training
        Metrics by step, by name and split; None where a run told none.
    """

    runs: tuple[Run, ...]
    same_rows: bool
    recipe: list[tuple[str, list[Any]]]
    metrics: list[tuple[str, list[Measured | None]]]
    training: dict[tuple[str, str], list[Curve | None]]

    def as_json(self) -> dict[str, Any]:
        """Return a mapping for programs."""
        return {
            "runs": [str(run.path) for run in self.runs],
            "same_rows": self.same_rows,
            "recipe": dict(self.recipe),
            "metrics": {
                name: [None if one is None else one.as_json() for one in figures]
                for name, figures in self.metrics
            },
            "training": {
                f"{split}.{name}": [_plain(curve) for curve in curves]
                for (name, split), curves in self.training.items()
            },
        }


def compare(runs: Sequence[Run]) -> Comparison:
    """Put runs beside each other.

    Raises
    ------
    RunError
        If a run's recipe or environment can't be read.
    """
    return Comparison(
        tuple(runs),
        same_rows(runs),
        recipe_differences(runs),
        metrics_table(runs),
        training_curves(runs),
    )


def recipe_differences(runs: Sequence[Run]) -> list[tuple[str, list[Any]]]:
    """Return the keys of the recipe whose values differ, in the recipe's order.

    Sections are looked into, and lists of sections where they are equally long (their items by
    number, as `--set` takes them). Other lists are values as a whole.

    Returns
    -------
    list
        Dotted key and the value of each run, None where a run has nothing there.
    """
    return _differences([run.recipe for run in runs], "")


def metrics_table(
    runs: Sequence[Run], split: str = "test"
) -> list[tuple[str, list[Measured | None]]]:
    """Return the figures of a split by name, in the order of the first run that has them."""
    found = [measured(run, split) for run in runs]
    names = dict.fromkeys(name for one in found for name in one)
    return [(name, [one.get(name) for one in found]) for name in names]


def training_curves(runs: Sequence[Run]) -> dict[tuple[str, str], list[Curve | None]]:
    """Return every metric that training told by step, by name and split."""
    found = [history.metrics(run.path) for run in runs]
    keys = dict.fromkeys(key for one in found for key in one)
    return {key: [one.get(key) for one in found] for key in keys}


def loss_curves(runs: Sequence[Run]) -> dict[str, list[Curve | None]]:
    """Return the losses by step, under the rows that they are of: training, validation."""
    found = training_curves(runs)
    out = {}
    for name, keys in LOSSES.items():
        told = [found[key] for key in keys if key in found]
        if told:
            out[name] = [
                next((curve for curve in curves if curve is not None), None)
                for curves in zip(*told, strict=True)
            ]
    return out


def same_rows(runs: Sequence[Run]) -> bool:
    """Whether the runs have the same rows in the same splits, by the fingerprint of their data."""
    return len({run.environment["data"]["fingerprint"] for run in runs}) <= 1


def _differences(values: list[Any], path: str) -> list[tuple[str, list[Any]]]:
    first = values[0] if values else None
    if all(type(one) is type(first) and one == first for one in values):
        return []
    there = [one for one in values if one is not None]
    inside: list[tuple[Any, list[Any]]] = []
    if all(isinstance(one, Mapping) for one in there):
        keys = dict.fromkeys(key for one in there for key in one)
        inside = [(key, [None if one is None else one.get(key) for one in values]) for key in keys]
    elif _sections(values):
        inside = list(enumerate(map(list, zip(*values, strict=True))))
    else:
        return [(path, values)]
    return [
        found
        for key, parts in inside
        for found in _differences(parts, f"{path}.{key}" if path else str(key))
    ]


def _sections(values: list[Any]) -> bool:
    """Whether the values are equally long lists of sections."""
    return all(
        isinstance(one, list)
        and len(one) == len(values[0])
        and all(isinstance(item, Mapping) for item in one)
        for one in values
    )


def _plain(curve: Curve | None) -> dict[str, Any] | None:
    if curve is None:
        return None
    steps, values = curve
    return {"steps": steps.tolist(), "values": values.tolist()}
