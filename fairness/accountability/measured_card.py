"""What a run measured that a model card shall say beside its overall figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...core import decision
from ...core.chronicle import chronicle
from ...core.measured import Measured
from ...core.report.tree import Cell, Table
from ...core.runs import Run
from ...core.spec import DataSpec
from ..privacy.findings import findings as privacy_findings
from ..privacy.record import read_privacy
from ..remedies.record import read_remedies

RATES = {
    "selection_rate": "Selection rate",
    "accuracy": "Accuracy",
    "true_positive_rate": "Recall (true positive rate)",
    "false_positive_rate": "False positive rate",
    "precision": "Precision",
}
"""Rates of each group that a card shows where audit.json holds them."""

FEW = 30  # groups that a table lists


@dataclass(frozen=True)
class Measurements:
    """What a card says beyond the overall figures.

    Attributes
    ----------
    groups
        Rates of each group, a table for each sensitive column.
    privacy
        What checks of privacy found, in words.
    decision
        What is answered, and from which score on; empty for tasks without classes.
    remedies
        What was done about differences between groups.
    history
        What was done to data, model and answers, in its order.
    """

    groups: tuple[Table, ...] = ()
    privacy: tuple[str, ...] = ()
    decision: str = ""
    remedies: tuple[str, ...] = ()
    history: Table | None = None


def measurements(run: Run) -> Measurements:
    """Read from a run's folder what a card says beyond the overall figures.

    Parameters
    ----------
    run
        Any run; what wasn't measured is left empty.
    """
    found = read_privacy(run.path)
    rows = tuple((one.when, one.what, one.detail) for one in chronicle(run))
    return Measurements(
        groups=tuple(_groups(run)),
        privacy=() if found is None else tuple(text.text for text in privacy_findings(found)),
        decision=_decision(run),
        remedies=tuple(_remedies(run)),
        history=Table("History", ("When", "What", "Detail"), rows),
    )


def _groups(run: Run) -> Iterator[Table]:
    """Give a table of rates for each sensitive column of audit.json; intersections are left out."""
    if not run.has("audit.json"):
        return
    from ..reading import figures_of

    raw = figures_of(run)
    for column in run.section("data", DataSpec).groups:
        one = raw.get(column)
        if not isinstance(one, Mapping) or "groups" not in one:
            continue
        yield from _rates(column, one["groups"])


def _rates(column: str, groups: Mapping[str, Any]) -> Iterator[Table]:
    shown = [
        rate for rate in RATES if any(isinstance(one.get(rate), Mapping) for one in groups.values())
    ]
    if not shown:
        return
    rows: list[tuple[Cell, ...]] = []
    for value, figures in list(groups.items())[:FEW]:
        cells = tuple(
            Measured.from_json(dict(figures[rate])) if figures.get(rate) else None for rate in shown
        )
        rows.append((value, _count(figures), *cells))
    left = len(groups) - len(rows)
    yield Table(
        column,
        (column, "Rows", *(RATES[rate] for rate in shown)),
        tuple(rows),
        f"{left:,} more groups stand in the report." if left > 0 else "",
    )


def _count(figures: Mapping[str, Any]) -> Cell:
    known = figures.get("count")
    value = known.get("value") if isinstance(known, Mapping) else known
    return None if value is None else int(value)


def _decision(run: Run) -> str:
    if run.task != "classification":
        return ""
    return decision.words(decision.read(run.path, run.labels))


def _remedies(run: Run) -> Iterator[str]:
    """Say which remedy the recipe asks for, and that remedies were compared."""
    asked = (run.recipe.get("audit") or {}).get("remedy")
    if asked:
        yield (
            f"The recipe asks for the remedy “{asked['kind']}” over {asked['column']} "
            "(audit.remedy)."
        )
    found = read_remedies(run.path)
    if found is not None:
        yield (
            f"{len(found.validation) - 1:,} remedies were compared over {found.column} on "
            f"validation rows, and “{found.chosen}” was chosen; the report shows all of them, and "
            "that one on test rows."
        )
