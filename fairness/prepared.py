"""The rows that an audit looks at: a run's test rows, or anyone's table, brought to one form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from ..core.dataset import Dataset
from ..core.runs import Run
from ..core.spec import DataSpec
from ..errors import RecipeError, RunError, nearest, paragraph
from .answers import KINDS, Kind
from .frame import GROUP, Outcomes, from_predictions
from .made import term_columns, with_made
from .predictions import TEXT, is_predictions, read_predictions
from .spec import AuditSpec


@dataclass(frozen=True, eq=False)
class Prepared:
    """Rows that are ready to be audited.

    Attributes
    ----------
    outcomes
        Labels, predictions, scores and groups.
    positive
        The favourable class; None where every class is looked at in turn.
    spec
        How they are audited.
    split
        Name of the split that they are, if any.
    ids
        Id of each row, shape (rows,), where the table has ids and no row was left out.
    """

    outcomes: Outcomes
    positive: str | None
    spec: AuditSpec
    split: str | None
    ids: NDArray[Any] | None = None


def prepare(
    run_or_frame: Run | pd.DataFrame | str | Path,
    *,
    label: str | None = None,
    prediction: str | None = None,
    score: str | None = None,
    groups: Sequence[str] | None = None,
    positive: str | None = None,
    task: str | None = None,
    separator: str | None = None,
    text: str | None = None,
    threshold: float = 0.5,
    spec: AuditSpec | None = None,
    dataset: Dataset | None = None,
) -> Prepared:
    """Bring rows to the form that is measured; takes and raises what `audit` does."""
    own = run_or_frame.section("audit", AuditSpec) if isinstance(run_or_frame, Run) else AuditSpec()
    chosen = spec or own
    named = groups if groups is not None else chosen.groups
    wanted = positive if positive is not None else chosen.positive
    split = None
    made: list[str] = []
    if isinstance(run_or_frame, Run):
        if label or prediction or score or text:
            raise RecipeError(
                paragraph(
                    "label, prediction, score, text",
                    "a run names these columns itself",
                    "Leave them out, or bring a table instead of a run",
                )
            )
        split = "test"
        frame = _test_rows(run_or_frame)
        task = task or run_or_frame.task
        if task == "multilabel":
            separator = separator or run_or_frame.section("data", DataSpec).separator
        if chosen.makes:
            rows = run_or_frame.dataset() if dataset is None else dataset
            frame, made = with_made(frame, rows, chosen)
    elif isinstance(run_or_frame, pd.DataFrame) and label is None and is_predictions(run_or_frame):
        frame = run_or_frame
    else:
        _check_made(chosen, text)
        frame = read_predictions(
            run_or_frame,
            label or "label",
            prediction or (None if score is not None else "prediction"),
            score,
            [*(named or ()), *chosen.control],
            positive=None if wanted is None else str(wanted),
            threshold=threshold,
            text=text,
        )
        if text is not None:
            columns = term_columns(frame[TEXT].tolist(), chosen)
            made = list(columns)
            frame = frame.assign(**{f"{GROUP}{name}": columns[name] for name in columns})
    if named is not None:
        named = [*named, *(column for column in made if column not in named)]
    outcomes = from_predictions(
        frame,
        named,
        kind=_kind(task or "classification"),
        separator=separator or "|",
        controls=chosen.control,
        cut=chosen.cut,
    )
    whole = "id" in frame.columns and not outcomes.dropped
    ids = frame["id"].astype(str).to_numpy() if whole else None
    return Prepared(outcomes, _positive(outcomes, wanted), chosen, split, ids)


def _check_made(spec: AuditSpec, text: str | None) -> None:
    """Refuse columns that can't be made of a table of predictions."""
    if spec.derived:
        raise RecipeError(
            paragraph(
                "audit.derived",
                "a table of predictions holds no samples, so nothing is known of them but its "
                "columns",
                "Leave it out, or name a column of the table and cut its numbers into bands",
            )
        )
    if (spec.terms or spec.term_file) and text is None:
        raise RecipeError(
            paragraph(
                "audit.terms",
                "no column of texts is named, so no term can be found",
                "Name the column with --text, or leave the terms out",
            )
        )
    if text is not None and not (spec.terms or spec.term_file):
        raise RecipeError(
            paragraph(
                "--text",
                "a column of texts is named, and no terms to look for in it",
                "Name lists with --terms, or leave it out",
            )
        )


def _kind(task: str) -> Kind:
    if task not in KINDS:
        raise RecipeError(
            paragraph(
                f"task {task}",
                f"groups are compared for {', '.join(KINDS)} ({nearest(task, KINDS)})",
                "Name one of these, or audit another run",
            )
        )
    return KINDS[task]


def _test_rows(run: Run) -> pd.DataFrame:
    frame = run.predictions()
    test = frame[frame["split"] == "test"]
    if test.empty:
        raise RunError(
            paragraph(
                "predictions.parquet",
                "there are no predictions on test rows, which is what an audit compares",
                "Give data.split.test a share above 0, and predict the test split "
                "(evaluate.splits)",
            )
        )
    return test


def _positive(outcomes: Outcomes, asked: str | None) -> str | None:
    if asked is None:
        two = outcomes.kind == "classes" and len(outcomes.labels) == 2
        return outcomes.labels[1] if two else None
    if str(asked) not in outcomes.labels:
        raise RecipeError(
            paragraph(
                "audit.positive",
                f"no row has the label or the prediction “{asked}” "
                f"({nearest(str(asked), outcomes.labels)})",
                "Name one of the classes",
            )
        )
    return str(asked)
