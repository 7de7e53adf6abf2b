"""Both texts of counterfactual pairs explained: what the model leant on before and after a swap.

The pairs are read from a table, ``audit/swapped.parquet``: id of a row, the columns that are
different in the other text (``cells``, as JSON), and the scores of both (``score:<class>`` and
``swapped:<class>``). Both texts are explained for the class whose score moved most, so that both
maps speak of the same number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...core.dataset import Dataset
from ...core.events import Emit, silent
from ...core.files import read_json, write_json
from ...core.runs import Run
from ...errors import DataError, RunError, paragraph
from ..attribute import changed, check_method, explain_samples
from ..attribution import Attribution, read_attributions, write_attributions
from ..opened import open_run
from ..said import FIRST
from ..spec import ExplainSpec
from ..targets import explains

TABLE = "audit/swapped.parquet"
FOLDER = "pairs"
FORMAT = 1
BEFORE, AFTER = "score:", "swapped:"


@dataclass(frozen=True, eq=False)
class ExplainedPair:
    """A pair of texts with what spoke for the same answer in both.

    Attributes
    ----------
    category, pair
        What was swapped for what.
    before, after
        The score of the class that is explained, for the row as it is and for the other text; of a
        regression the predicted numbers.
    maps
        Attributions of both texts.
    """

    category: str
    pair: str
    before: float
    after: float
    maps: tuple[Attribution, Attribution]


def explain_pairs(
    run: Run | str | Path,
    most: int = 8,
    method: str | None = None,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[ExplainedPair]:
    """Explain both texts of the pairs whose scores moved most, one pair of each row.

    Parameters
    ----------
    run
        A run whose swaps were made, or its folder.
    most
        How many pairs.
    method
        Name of a method; the recipe's first one if left out.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Raises
    ------
    RunError
        If no swaps were made, or they are of rows that are no longer there.
    DataError
        If the run's answers can't be explained so.
    """
    import pandas as pd

    run = run if isinstance(run, Run) else Run.open(run)
    if not explains(run.task) or run.task not in ("classification", "multilabel", "regression"):
        raise DataError(
            paragraph(
                str(run.path),
                f"pairs are explained of classes, labels and numbers, not of {run.task}",
                "Leave the explanations out",
            )
        )
    spec = run.section("explain", ExplainSpec)
    method = method or next(iter(spec.methods), FIRST)
    check_method(method)
    table = pd.read_parquet(run.need(TABLE, "swap"))
    order = np.argsort(-table["shift"].to_numpy(), kind="stable")
    table = table.iloc[order].drop_duplicates("id").head(most).reset_index(drop=True)
    dataset = run.dataset()
    test = dataset.take(dataset.rows("test"))
    rows = _rows(test, table["id"].tolist())
    both = rows, _edited(rows, [json.loads(cells) for cells in table["cells"]])
    opened = open_run(run)
    moved = _moved(table, run.labels)
    maps: dict[tuple[int, int], Attribution] = {}
    for target in dict.fromkeys(moved):
        named = {"target": target} if target is not None else {"target": "predicted"}
        places = [at for at, one in enumerate(moved) if one == target]
        for side, part in enumerate(both):
            found = explain_samples(
                opened,
                part.take(np.array(places, np.int64)),
                changed(spec, named),
                method=method,
                emit=emit,
                check=check,
            )
            maps |= {(at, side): one for at, one in zip(places, found, strict=True)}
    out = []
    for at, target in enumerate(moved):
        name = "prediction" if target is None else target
        line = table.iloc[at]
        scores = float(line[BEFORE + name]), float(line[AFTER + name])
        out.append(
            ExplainedPair(line["category"], line["pair"], *scores, (maps[at, 0], maps[at, 1]))
        )
    return out


def write_pairs(folder: Path, found: Sequence[ExplainedPair]) -> None:
    """Write explained pairs to a run's ``explanations``: pairs/attributions.parquet, pairs.json."""
    write_attributions(
        folder / FOLDER / "attributions.parquet", (one for pair in found for one in pair.maps)
    )
    told = [{key: value for key, value in vars(one).items() if key != "maps"} for one in found]
    write_json(folder / FOLDER / "pairs.json", {"format": FORMAT, "pairs": told})


def read_pairs(folder: Path) -> list[ExplainedPair]:
    """Read what `write_pairs` wrote."""
    maps = read_attributions(folder / FOLDER / "attributions.parquet")
    told = read_json(folder / FOLDER / "pairs.json")["pairs"]
    return [
        ExplainedPair(**one, maps=(maps[2 * at], maps[2 * at + 1])) for at, one in enumerate(told)
    ]


def _moved(table: Any, labels: Sequence[str]) -> list[str | None]:
    """Return the class whose score moved most in each pair; None where there are no classes."""
    if not labels:
        return [None] * len(table)
    before = table[[BEFORE + name for name in labels]].to_numpy(np.float64)
    after = table[[AFTER + name for name in labels]].to_numpy(np.float64)
    return [labels[code] for code in np.abs(after - before).argmax(axis=1)]


def _rows(test: Dataset, ids: Sequence[Any]) -> Dataset:
    place = {str(one): at for at, one in enumerate(test.ids)}
    missing = [one for one in ids if str(one) not in place]
    if missing:
        raise RunError(
            paragraph(
                TABLE,
                f"row “{missing[0]}” is none of the run’s test rows",
                "Make the swaps once more with `pellucid swap`",
            )
        )
    return test.take(np.array([place[str(one)] for one in ids], np.int64))


def _edited(rows: Dataset, cells: Sequence[Mapping[str, str]]) -> Dataset:
    inputs = {name: own.copy() for name, own in rows.inputs.items()}
    for at, one in enumerate(cells):
        for name, cell in one.items():
            inputs[name][at] = cell
    return replace(rows, inputs=inputs)
