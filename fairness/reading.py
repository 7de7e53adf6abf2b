"""An audit read back from a run's folder: audit.json, its settings and the tables in audit/.

Nothing is measured again, so it costs no permutations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ..core.curves import Curve, Kind
from ..core.files import read_json
from ..core.measured import Measured
from ..core.runs import Run
from ..errors import RunError, paragraph
from .answers import KINDS, SCORE
from .answers import Kind as Answers
from .audit import Audit, audit
from .conditional import Conditional
from .curves import GroupCurve
from .frame import GROUP
from .groups import CROSS, natural_order
from .shared_thresholds import GroupScores, read_scores
from .spec import AuditSpec, changed
from .table import GroupTable

if TYPE_CHECKING:
    import pandas as pd

FILE = "audit.json"
SETTINGS = "audit/settings.json"
CURVES = "audit/curves.parquet"
SCORES = "audit/scores.parquet"

_KINDS: tuple[Kind, Kind] = ("roc", "pr")


def read_audit(run: Run) -> Audit | None:
    """Read the audit of a run's test rows; None where none was made or no column was named.

    Raises
    ------
    RunError
        If the run has an audit and no predictions, or its audit.json is damaged.
    """
    import pandas as pd
    import pyarrow.parquet as pq

    if not run.has(FILE):
        return None
    raw = figures_of(run)
    file = run.need("predictions.parquet", "evaluate")
    names = pq.read_schema(file).names
    with _damage_named(run):
        columns = {name: tuple(one["columns"]) for name, one in raw.items() if _is_grouping(one)}
    if not columns:
        # By an older version, which measured less and didn't say what it crossed.
        known = [name for name in raw if f"{GROUP}{name}" in names]
        return audit(run, groups=known) if known else None
    singles = [name for name, crossed in columns.items() if len(crossed) == 1]
    spec = settings_of(run)
    # The table may have a million rows, of which most columns aren't needed.
    wanted = [name for name in ("split", "label", "prediction") if name in names]
    frame = pd.read_parquet(file, columns=wanted)
    test = frame[frame["split"] == "test"]
    scored = [name.removeprefix(SCORE) for name in names if name.startswith(SCORE)]
    with _damage_named(run):
        groupings = {
            column: GroupTable.from_json(column, crossed, raw[column], raw["positive"])
            for column, crossed in columns.items()
        }
        within = tuple(
            Conditional.from_json(one)
            for name in singles
            for one in raw[name].get("conditional", ())
        )
    curves: tuple[GroupCurve, ...] = ()
    if run.has(CURVES):
        curves = tuple(_curves(groupings, pd.read_parquet(run.path / CURVES)))
    scores: tuple[GroupScores, ...] = ()
    if run.has(SCORES):
        scores = read_scores(pd.read_parquet(run.path / SCORES))
    rows = sum(next(iter(groupings.values())).n)
    kind = KINDS[run.task]
    return Audit(
        kind=kind,
        positive=raw["positive"],
        labels=tuple(scored) or _labels(groupings, test, kind),
        groupings=groupings,
        curves=curves,
        scores=scores,
        conditional=within,
        rows=rows,
        dropped=len(test) - rows,
        skipped=_skipped(singles, set(columns.values()), spec.depth),
        split="test",
        spec=spec,
    )


def figures_of(run: Run) -> dict[str, Any]:
    """Return what a run's audit.json holds.

    Raises
    ------
    RunError
        If it is damaged.
    """
    with _damage_named(run):
        return {**read_json(run.path / FILE)}


@contextmanager
def _damage_named(run: Run) -> Iterator[None]:
    """Turn what a file that was cut off or written by hand raises into one sentence about it."""
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        raise RunError(
            paragraph(
                str(run.path / FILE),
                f"the audit can't be read ({str(reason).splitlines()[0]})",
                f"Make it again with `pellucid audit {run.path}`",
            )
        ) from None


def settings_of(run: Run) -> AuditSpec:
    """Return how a run was audited last; as its recipe says where no command said otherwise."""
    path = run.path / SETTINGS
    if not path.is_file():
        return run.section("audit", AuditSpec)
    return changed(AuditSpec(), read_json(path))


def _labels(
    groupings: Mapping[str, GroupTable], test: pd.DataFrame, kind: Answers
) -> tuple[str, ...]:
    if kind == "classes":
        return natural_order({*test["label"], *test["prediction"]})
    return tuple(next(iter(groupings.values())).per_class)


def _is_grouping(value: Any) -> bool:
    return isinstance(value, dict) and "columns" in value


def _skipped(singles: Sequence[str], held: set[tuple[str, ...]], depth: int) -> tuple[str, ...]:
    """Name the intersections that were left out because they have too many groups."""
    return tuple(
        CROSS.join(parts)
        for size in range(2, min(depth, len(singles)) + 1)
        for parts in combinations(singles, size)
        if parts not in held
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
