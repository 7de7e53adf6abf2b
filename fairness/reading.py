"""An audit read back from a run's folder: what audit.json and audit/curves.parquet hold.

Nothing is measured again, so it costs no permutations. What the files leave out follows from what
they hold: the rates of all rows outside of a group from the counts inside of it, rows left out from
the predictions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ..core.curves import Curve, Kind
from ..core.files import read_json
from ..core.measured import Measured
from ..core.runs import Run
from .audit import Audit
from .counts import RATES, Share
from .curves import GroupCurve
from .frame import GROUP, SCORE
from .gaps import Gap
from .groups import CROSS, natural_order
from .spec import AuditSpec
from .table import Figures, GroupTable
from .uncertainty import wilson

if TYPE_CHECKING:
    import pandas as pd

_KINDS: tuple[Kind, Kind] = ("roc", "pr")


def read_audit(run: Run) -> Audit | None:
    """Read the audit of a run's test rows; None where none was made or no column was named.

    Raises
    ------
    RunError
        If the run has an audit and no predictions.
    """
    import pandas as pd
    import pyarrow.parquet as pq

    if not run.has("audit.json"):
        return None
    raw = read_json(run.path / "audit.json")
    file = run.need("predictions.parquet", "evaluate")
    names = pq.read_schema(file).names
    singles = [name for name in raw if f"{GROUP}{name}" in names]
    if not singles:
        return None
    spec = run.section("audit", AuditSpec)
    # The table may have a million rows, of which most columns aren't needed.
    frame = pd.read_parquet(file, columns=["split", "label", "prediction"])
    test = frame[frame["split"] == "test"]
    scored = [name.removeprefix(SCORE) for name in names if name.startswith(SCORE)]
    crossed, skipped = _crossed(singles, raw, spec.depth)
    groupings = {
        column: _grouping(column, columns, raw[column], raw["positive"], spec)
        for column, columns in [*((name, (name,)) for name in singles), *crossed]
    }
    curves: tuple[GroupCurve, ...] = ()
    if run.has("audit/curves.parquet"):
        table = pd.read_parquet(run.path / "audit/curves.parquet")
        curves = tuple(_curves(groupings, table))
    rows = sum(next(iter(groupings.values())).n)
    return Audit(
        positive=raw["positive"],
        labels=tuple(scored) or natural_order({*test["label"], *test["prediction"]}),
        groupings=groupings,
        curves=curves,
        rows=rows,
        dropped=len(test) - rows,
        skipped=skipped,
        split="test",
        spec=spec,
    )


def _crossed(
    singles: Sequence[str], raw: Mapping[str, Any], depth: int
) -> tuple[list[tuple[str, tuple[str, ...]]], tuple[str, ...]]:
    """Return the intersections that the file holds, with their columns, and those left out."""
    held: list[tuple[str, tuple[str, ...]]] = []
    left = []
    taken = set(singles)
    for size in range(2, min(depth, len(singles)) + 1):
        for parts in combinations(singles, size):
            name = CROSS.join(parts)
            if name in taken:
                name = CROSS.join(f"“{part}”" for part in parts)
            taken.add(name)
            if name in raw:
                held.append((name, parts))
            else:
                left.append(name)
    return held, tuple(left)


def _grouping(
    column: str,
    columns: tuple[str, ...],
    raw: Mapping[str, Any],
    label: str | None,
    spec: AuditSpec,
) -> GroupTable:
    groups = raw["groups"]
    names = tuple(groups)
    first: Mapping[str, Any] = next(iter(groups.values()), {})
    metrics = {
        metric: tuple(Measured.from_json(groups[name][metric]) for name in names)
        for metric in first
    }
    return GroupTable(
        column=column,
        columns=columns,
        label=label,
        names=names,
        n=tuple(int(figure.value) for figure in metrics.get("count", ())),
        metrics=metrics,
        rest={name: _rest(metrics[name], spec) for name in RATES if name in metrics},
        to_rest={
            metric: tuple(Measured.from_json(raw["to_rest"][name][metric]) for name in names)
            for metric in next(iter(raw["to_rest"].values()), {})
        },
        gaps={
            name: Gap(Measured.from_json(gap), gap["p_value"], gap["lowest"], gap["highest"])
            for name, gap in raw["gaps"].items()
        },
        small=frozenset(at for at, name in enumerate(names) if groups[name]["count"].get("small")),
        per_class={
            name: _grouping(column, columns, one, name, spec)
            for name, one in raw.get("per_class", {}).items()
        },
    )


def _rest(figures: Figures, spec: AuditSpec) -> Figures:
    """Return a rate in all rows outside of each group."""
    rows = np.array([figure.n or 0 for figure in figures], np.int64)
    values = np.array([figure.value if figure.defined else 0.0 for figure in figures])
    other = Share(np.round(values * rows).astype(np.int64), rows).rest
    low, high = wilson(other.successes, other.rows, spec.confidence)
    return tuple(
        Measured(float(value), float(least), float(most), int(n), "wilson")
        if n
        else Measured(float("nan"), n=0)
        for value, least, most, n in zip(other.value, low, high, other.rows, strict=True)
    )


def _curves(groupings: Mapping[str, GroupTable], table: pd.DataFrame) -> list[GroupCurve]:
    keys = ["column", "group", "label", "curve"]
    points = {cast("tuple[str, ...]", key): part for key, part in table.groupby(keys, sort=False)}
    out = []
    for grouping in groupings.values():
        for one in grouping.per_class.values() or (grouping,):
            if one.label is None or "roc_auc" not in one.metrics:
                continue
            for at, group in enumerate(one.names):
                area, average = one.metrics["roc_auc"][at], one.metrics["average_precision"][at]
                base = one.metrics["base_rate"][at]
                positives = round(base.value * one.n[at]) if base.defined else 0
                roc, pr = (
                    _curve(group, kind, figure, points.get((one.column, group, one.label, kind)))
                    for kind, figure in zip(_KINDS, (area, average), strict=True)
                )
                out.append(
                    GroupCurve(
                        one.column,
                        group,
                        one.label,
                        positives,
                        one.n[at] - positives,
                        roc,
                        pr,
                        area,
                        average,
                    )
                )
    return out


def _curve(group: str, kind: Kind, area: Measured, part: pd.DataFrame | None) -> Curve | None:
    if part is None:
        return None
    x, y, threshold = (part[name].to_numpy(np.float64) for name in ("x", "y", "threshold"))
    return Curve(group, kind, x, y, threshold, area.value)
