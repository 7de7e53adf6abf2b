"""Rows counted the other way, cell by cell or group by group, give the same audit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pellucid.fairness import AuditSpec, audit
from pellucid.fairness.counts import class_counts
from pellucid.fairness.groups import group_column, intersections
from pellucid.fairness.tally import Tally

ROWS = 300
COLUMNS = ("a", "b", "c")


def table_of(classes: int) -> pd.DataFrame:
    rng = np.random.default_rng(classes)
    names = np.array([f"c{at}" for at in range(classes)], dtype=object)
    scores = np.round(rng.dirichlet(np.ones(classes), ROWS), 2)
    return pd.DataFrame(
        {
            "label": names[rng.integers(classes, size=ROWS)],
            "prediction": names[scores.argmax(axis=1)],
            **{f"score:{name}": scores[:, at] for at, name in enumerate(names)},
            "group:a": rng.choice(["x", "y", None], ROWS),
            "group:b": rng.choice(["1", "2", "3", "4"], ROWS),
            "group:c": rng.choice(["m", "n"], ROWS, p=[0.99, 0.01]),
        }
    )


def flat(raw: Any, path: str = "") -> dict[str, Any]:
    if isinstance(raw, dict):
        return {k: v for key, one in raw.items() for k, v in flat(one, f"{path}/{key}").items()}
    return {path: raw}


WAYS = {
    "group by group": {"tally._MOST_CELLS": 0},
    "cells, but too many counts": {"tally._MOST_COUNTS": 1},
    "class by class": {"counts._SQUARED": 1},
    "intersections by sorting": {"groups._DENSE": 1},
    "small blocks": {"passes.BLOCK": 64, "ranked_group.BLOCK": 5},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("classes", [2, 3])
def test_the_same_audit(monkeypatch, classes, way):
    table, spec = table_of(classes), AuditSpec(permutations=99, replicates=100)
    expected = flat(audit(table, spec=spec).as_json())
    for name, value in WAYS[way].items():
        monkeypatch.setattr(f"pellucid.fairness.{name}", value)
    found = flat(audit(table, spec=spec).as_json())
    assert list(found) == list(expected)
    for path, value in expected.items():
        assert found[path] == (
            pytest.approx(value, abs=1e-9) if isinstance(value, float) else value
        ), path


@pytest.mark.parametrize("most_cells", [0, 4096])
@pytest.mark.parametrize("classes", [2, 3])
def test_counts_are_those_of_a_crosstab(monkeypatch, most_cells, classes):
    monkeypatch.setattr("pellucid.fairness.tally._MOST_CELLS", most_cells)
    table = table_of(classes)
    singles = [group_column(name, table[f"group:{name}"]) for name in COLUMNS]
    groupings = [*singles, *intersections(singles, 3)]
    tally = Tally.of(singles, groupings)
    assert (tally.cells is None) == (most_cells == 0)
    true, predicted = (
        table[column].str[1:].astype(np.int8).to_numpy() for column in ("label", "prediction")
    )
    found = class_counts(tally, true, predicted, classes)
    weights = np.arange(ROWS, dtype=float)
    added = tally.add(weights.__getitem__)
    for one in groupings:
        for at, (tp, fp, fn, tn) in ((i, x.by(one).T) for i, x in enumerate(found.by_class)):
            for cells, outcome, said in ((tp, 1, 1), (fp, 0, 1), (fn, 1, 0), (tn, 0, 0)):
                kept = ((true == at) == outcome) & ((predicted == at) == said)
                wanted = pd.Series(one.codes[kept]).value_counts().reindex(range(len(one.names)))
                assert cells.tolist() == wanted.fillna(0).astype(int).tolist()
        right = pd.Series(true == predicted).groupby(one.codes).agg(["size", "sum"])
        assert found.right.by(one)[:, 1].tolist() == right["sum"].tolist()
        assert found.right.by(one).sum(axis=1).tolist() == right["size"].tolist()
        sums = pd.Series(weights).groupby(one.codes).sum()
        np.testing.assert_allclose(added.by(one), sums, atol=1e-9)


def test_rows_in_another_order():
    table = table_of(2)
    singles = [group_column(name, table[f"group:{name}"]) for name in COLUMNS]
    order = np.random.default_rng(0).permutation(ROWS)
    for groupings in (singles, singles[:1]):
        tally = Tally.of(singles, groupings).ordered(order)
        for one in groupings:
            np.testing.assert_array_equal(tally.codes(one), one.codes[order])
