"""All that the step “explain” says of a whole split, by one method."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...core.dataset import Dataset
from ...core.events import Emit, silent
from ...core.runs import Run
from ..attribution import Attribution
from .clusters import Cluster, clusters
from .heat import HeatMap, heat_maps
from .importance import Importance, importance, importance_by_group, ranked
from .shortcuts import Shortcut, shortcuts

Ranked = dict[str, list[Importance]]


@dataclass(frozen=True, eq=False)
class Whole:
    """What explanations say of a split.

    Attributes
    ----------
    importance
        The most important segments of each class.
    groups
        The same segments by column and value of the groups.
    maps
        Mean heat maps of each class; none of texts.
    clusters
        Rows of each class that are explained alike.
    shortcuts
        Segments that may carry a class, the strongest first.
    """

    importance: Ranked
    groups: dict[str, dict[str, Ranked]]
    maps: tuple[HeatMap, ...]
    clusters: dict[str, list[Cluster]]
    shortcuts: tuple[Shortcut, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain data; `importance` is what explanations/importance.json holds."""
        return {
            "importance": _plain(self.importance),
            "groups": {
                column: {value: _plain(targets) for value, targets in values.items()}
                for column, values in self.groups.items()
            },
            "maps": [one.as_json() for one in self.maps],
            "clusters": _plain(self.clusters),
            "shortcuts": [one.as_json() for one in self.shortcuts],
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Whole:
        """Read what `as_json` wrote."""
        return cls(
            ranked(raw["importance"]),
            {
                column: {value: ranked(targets) for value, targets in values.items()}
                for column, values in raw["groups"].items()
            },
            tuple(HeatMap.from_json(one) for one in raw["maps"]),
            {
                target: [Cluster.from_json(one) for one in found]
                for target, found in raw["clusters"].items()
            },
            tuple(Shortcut.from_json(one) for one in raw["shortcuts"]),
        )


def whole(
    run: Run,
    attributions: Sequence[Attribution],
    dataset: Dataset,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Compute what explanations say of a split, as the step “explain” writes it.

    Parameters
    ----------
    run
        That was explained.
    attributions
        Of its rows, by one method; gone through several times.
    dataset
        All of its rows, training rows too.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    dict
        `Whole.as_json`.
    """
    number = {str(name): row for row, name in enumerate(dataset.ids)}
    rows = [number[one.id] for one in attributions]
    groups = {
        column: [None if cells[row] is None else str(cells[row]) for row in rows]
        for column, cells in dataset.groups.items()
    }
    first = importance(attributions)
    check()
    by_group = importance_by_group(attributions, groups, only=first)
    check()
    maps, found = heat_maps(attributions), clusters(attributions)
    check()
    suspected = shortcuts(run, attributions, dataset, emit=emit, check=check)
    return Whole(first, by_group, tuple(maps), found, tuple(suspected)).as_json()


def _plain(found: Mapping[str, Sequence[Any]]) -> dict[str, list[dict[str, Any]]]:
    return {target: [one.as_json() for one in own] for target, own in found.items()}
