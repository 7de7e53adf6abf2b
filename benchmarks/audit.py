"""The audit beside fairlearn, scikit-learn and a bare read of its file, at ten million rows.

One table of predictions is written as Parquet. Rates of fourteen groups are measured on its first
million rows, areas and the whole audit (three columns and all their intersections, with intervals,
permutation tests and curves) on all of them. Every run of a side is a process of its own; reading
is timed only where it is part of the work, imports are not.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from . import sides
from .record import append

ROWS = 10_000_000
FEWER = 1_000_000
REPLICATES = 2000
DRAWN = 2
"""Replicates that fairlearn draws, from which the time of all is scaled."""

METRICS = (
    "selection_rate",
    "accuracy",
    "true_positive_rate",
    "false_positive_rate",
    "false_negative_rate",
    "precision",
)
_CALLS = 2
"""Calls of which the last one is timed, so that nothing is imported meanwhile."""

SENSITIVE = ["gender", "age", "region"]


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    sides.options(parser)
    parser.add_argument(
        "--minutes", type=float, default=0.0, help="how long fairlearn may take for the whole file"
    )
    parser.add_argument("--table", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, default=ROWS, help=argparse.SUPPRESS)


def main(chosen: argparse.Namespace) -> None:
    """Make the table, run all sides in turn, compare times and figures."""
    if chosen.side:
        made = {_MADE: lambda: _make(chosen.table, chosen.rows)}
        measured = {name: _Side(chosen.table, name) for name in _SIDES}
        sides.answer({**made, **measured}, chosen.side)
        return
    rows = ROWS // 50 if chosen.quick else ROWS
    seeds = 1 if chosen.quick else chosen.seeds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "predictions.parquet"
        passed = ["--table", str(path), "--rows", str(rows)]
        # In a process of its own: what this one takes would count as its children's peak.
        sides.run("audit", [_MADE], 1, passed)
        lines = [f"Table: {rows:,} rows, 6 columns, {path.stat().st_size / 2**20:.0f} MiB Parquet."]
        lines += _rates(sides.run("audit", _RATES, seeds, passed), path, min(rows, FEWER))
        lines += _areas(sides.run("audit", _AREAS, seeds, passed), path)
        lines += _whole(sides.run("audit", _WHOLE, seeds, passed))
        if chosen.minutes:
            lines.append(_fairlearn_whole(path, chosen.minutes))
    print("\n".join(lines))
    if chosen.record:
        append("audit" + " --quick" * chosen.quick, lines)


def table(rows: int) -> Any:
    """Make a table of predictions: 2 genders, 5 bands of age, 7 regions."""
    import pandas as pd

    rng = np.random.default_rng(0)
    label = rng.random(rows) < 0.3
    noise = 0.2 * rng.standard_normal(rows)
    # Scores of a model are numbers of 32 bits.
    score = np.clip(0.3 + 0.3 * label + noise, 0, 1).astype(np.float32).astype(np.float64)

    def drawn(names: list[str]) -> Any:
        return pd.Categorical.from_codes(rng.integers(0, len(names), rows), names).astype(str)

    return pd.DataFrame(
        {
            "label": np.where(label, "yes", "no"),
            "prediction": np.where(score >= 0.5, "yes", "no"),
            "score": score,
            "gender": drawn(["female", "male"]),
            "age": drawn(["18-24", "25-34", "35-44", "45-64", "65+"]),
            "region": drawn(list("abcdefg")),
        }
    )


def _make(path: Path, rows: int) -> sides.Figures:
    table(rows).to_parquet(path)
    return {"rows": rows}


class _Side:
    """One side, run in a process of its own; its figures of groups lie beside the table."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name

    def __call__(self) -> sides.Figures:
        from pellucid import device

        device.prepare()
        figures: sides.Figures = {}
        found = _SIDES[self.name](self.path, figures)
        if found is not None:
            np.save(_beside(self.path, self.name), found)
        figures["peak_GiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        return figures


def _beside(path: Path, name: str) -> Path:
    return path.with_name(f"{name}.npy")


def _columns(path: Path, rows: int | None = None) -> tuple[Any, Any, Any, Any]:
    """Read label and prediction as 0 and 1, the score, and one of fourteen groups, in memory."""
    import pandas as pd

    read = pd.read_parquet(path)[:rows]
    group = read["gender"] + " " + read["region"]
    label, prediction = ((read[name] == "yes").to_numpy(np.int64) for name in read.columns[:2])
    return label, prediction, read["score"].to_numpy(), group.astype("category")


def _ours(path: Path, figures: sides.Figures, replicates: int = 0) -> Any:
    from pellucid.fairness import group_rates

    label, prediction, _, group = _columns(path, FEWER)
    for _ in range(_CALLS):
        with sides.timed(figures):
            found = group_rates(label, prediction, group, metrics=METRICS, replicates=replicates)
    return found["value"].to_numpy().reshape(len(METRICS), -1)


def _bootstrap(path: Path, figures: sides.Figures) -> Any:
    return _ours(path, figures, REPLICATES)


def _fairlearn_rates(path: Path, figures: sides.Figures, replicates: int = 0) -> Any:
    label, prediction, _, group = _columns(path, FEWER)
    for _ in range(1 if replicates else _CALLS):
        with sides.timed(figures):
            found = _frame(label, prediction, group, replicates)
    return found.by_group[list(METRICS)].to_numpy().T


def _fairlearn_bootstrap(path: Path, figures: sides.Figures) -> Any:
    return _fairlearn_rates(path, figures, DRAWN)


def _frame(label: Any, prediction: Any, group: Any, replicates: int = 0) -> Any:
    from fairlearn import metrics
    from sklearn.metrics import accuracy_score, precision_score

    known = {"accuracy": accuracy_score, "precision": precision_score}
    drawn = {"n_boot": replicates, "ci_quantiles": [0.025, 0.975]} if replicates else {}
    return metrics.MetricFrame(
        metrics={name: known.get(name) or getattr(metrics, name) for name in METRICS},
        y_true=label,
        y_pred=prediction,
        sensitive_features=group,
        random_state=0,
        **drawn,
    )


def _group_areas(path: Path, figures: sides.Figures) -> Any:
    from pellucid.fairness import group_areas

    label, _, score, group = _columns(path)
    with sides.timed(figures):
        found = group_areas(label, score, group)
    return found.loc[found["metric"] == "roc_auc", "value"].to_numpy()


def _sklearn_areas(path: Path, figures: sides.Figures) -> Any:
    from sklearn.metrics import roc_auc_score

    label, _, score, group = _columns(path)
    codes = group.cat.codes.to_numpy()
    with sides.timed(figures):
        found = [
            roc_auc_score(label[codes == code], score[codes == code])
            for code in range(len(group.cat.categories))
        ]
    return np.array(found)


def _import() -> None:
    """Import what is imported late, so that neither side is charged for it."""
    for name in ("pyarrow.parquet", "scipy.stats"):
        import_module(name)


def _audit(path: Path, figures: sides.Figures) -> Any:
    from pellucid.fairness import AuditSpec, audit

    _import()
    columns = {"label": "label", "prediction": "prediction", "score": "score"}
    with sides.timed(figures):
        found = audit(path, **columns, groups=SENSITIVE, spec=AuditSpec(depth=3))
    figures["groups"] = sum(len(one.names) for one in found.groupings.values())


def _read(path: Path, figures: sides.Figures) -> Any:
    import pandas as pd

    _import()
    with sides.timed(figures):
        pd.read_parquet(path)


def _fairlearn_file(path: Path, figures: sides.Figures) -> Any:
    import pandas as pd

    with sides.timed(figures):
        read = pd.read_parquet(path)
        label, prediction = ((read[name] == "yes").to_numpy(np.int64) for name in read.columns[:2])
        _frame(label, prediction, read[SENSITIVE])


_RATES = ("rates", "rates-fairlearn", "bootstrap", "bootstrap-fairlearn")
_AREAS = ("areas", "areas-sklearn")
_WHOLE = ("audit", "read")
_FAIRLEARN = "fairlearn-file"
_MADE = "table"
_SIDES: Mapping[str, Any] = {
    **dict(zip(_RATES, (_ours, _fairlearn_rates, _bootstrap, _fairlearn_bootstrap), strict=True)),
    **dict(zip(_AREAS, (_group_areas, _sklearn_areas), strict=True)),
    **dict(zip(_WHOLE, (_audit, _read), strict=True)),
    _FAIRLEARN: _fairlearn_file,
}


def _rates(found: Mapping[str, list[sides.Figures]], path: Path, rows: int) -> list[str]:
    seconds = {name: median(one["seconds"] for one in runs) for name, runs in found.items()}
    drawn = seconds["bootstrap-fairlearn"] - seconds["rates-fairlearn"]
    scaled = seconds["rates-fairlearn"] + drawn / DRAWN * REPLICATES
    return [
        f"6 rates x 14 groups, {rows:,} rows: {seconds['rates']:.3f} s, fairlearn's MetricFrame "
        f"{seconds['rates-fairlearn']:.1f} s: "
        f"{seconds['rates-fairlearn'] / seconds['rates']:,.0f} times as long; largest difference "
        f"of a rate {_apart(path, 'rates', 'rates-fairlearn'):.1e}",
        f"The same with {REPLICATES:,} bootstrap replicates: {seconds['bootstrap']:.3f} s for all "
        f"rates, fairlearn {scaled:,.0f} s (scaled from {DRAWN} replicates, "
        f"{seconds['bootstrap-fairlearn']:.1f} s): {scaled / seconds['bootstrap']:,.0f} times",
    ]


def _areas(found: Mapping[str, list[sides.Figures]], path: Path) -> list[str]:
    return [
        f"Exact AUC of 14 groups, all rows: {line}"
        for line in sides.ratios(dict(found), "areas-sklearn", "areas")
    ] + [f"Largest difference of an AUC: {_apart(path, 'areas', 'areas-sklearn'):.1e}"]


def _whole(found: Mapping[str, list[sides.Figures]]) -> list[str]:
    groups, peak = (max(one[name] for one in found["audit"]) for name in ("groups", "peak_GiB"))
    seconds = {name: median(one["seconds"] for one in runs) for name, runs in found.items()}
    return [
        f"Whole audit of {' x '.join(SENSITIVE)}, {groups:.0f} groups, from Parquet: "
        f"{seconds['audit']:.1f} s, bare pandas.read_parquet {seconds['read']:.1f} s; "
        f"peak {peak:.2f} GiB (the read's: {max(x['peak_GiB'] for x in found['read']):.2f})",
        *(f"Whole audit: {line}" for line in sides.ratios(dict(found), "audit", "read")),
    ]


def _fairlearn_whole(path: Path, minutes: float) -> str:
    import subprocess
    import sys

    command = [sys.executable, "-m", "pellucid.benchmarks", "audit", "--side", _FAIRLEARN]
    try:
        subprocess.run([*command, "--table", str(path)], check=True, timeout=60 * minutes)
    except subprocess.TimeoutExpired:
        return f"fairlearn's MetricFrame of the whole file is not done after {minutes:g} minutes"
    return f"fairlearn's MetricFrame of the whole file is done within {minutes:g} minutes"


def _apart(path: Path, first: str, second: str) -> float:
    pair = (np.load(_beside(path, name)) for name in (first, second))
    return float(np.abs(np.subtract(*pair)).max())
