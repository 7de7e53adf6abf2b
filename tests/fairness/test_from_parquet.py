"""A Parquet file, whatever the types of its columns, gives what the same table in memory gives."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pellucid.core.tables import read_columns
from pellucid.fairness import AuditSpec, audit

ROWS = 500
SPEC = AuditSpec(permutations=99, replicates=100, cut={"age": 3}, control=["region"])

# What a column of groups may be made of in a file.
KINDS: dict[str, pa.DataType] = {
    "text": pa.string(),
    "large text": pa.large_string(),
    "whole": pa.int64(),
    "short": pa.int8(),
    "float": pa.float64(),
    "truth": pa.bool_(),
    "category": pa.dictionary(pa.int32(), pa.string()),
}
VALUES: dict[str, list[object]] = {
    "whole": [10, 9, 2],
    "short": [10, 9, 2],
    "float": [10.0, 9.5, 2.0],
    "truth": [True, False],
}


def table_of(kind: str) -> pa.Table:
    rng = np.random.default_rng(0)
    values = VALUES.get(kind, ["é", "b c", "10"])
    group = [None if rng.random() < 0.1 else values[rng.integers(len(values))] for _ in range(ROWS)]
    score = np.round(rng.random(ROWS), 2)
    true = (rng.random(ROWS) < score).astype(int)
    age = rng.integers(18, 90, ROWS)
    return pa.table(
        {
            "unused": pa.array(rng.random(ROWS)),
            "y": pa.array(true, pa.int64()),
            "p": pa.array((score >= 0.4).astype(int), pa.int8()),
            "s": pa.array(score),
            "group": pa.array(group, pa.string()).dictionary_encode()
            if kind == "category"
            else pa.array(group, KINDS[kind]),
            "age": pa.array([None if rng.random() < 0.1 else int(one) for one in age], pa.int64()),
            "region": pa.array(rng.choice(["north", "south"], ROWS).tolist()),
        }
    )


def audited(table):
    named = {"label": "y", "prediction": "p", "score": "s", "groups": ["group", "age"]}
    return audit(table, **named, spec=SPEC)


def _shown(value: object) -> str:
    return str(value) if isinstance(value, bool) else f"{value:g}"


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_as_from_memory(tmp_path, kind):
    table = table_of(kind)
    path = tmp_path / "table.parquet"
    pq.write_table(table, path, row_group_size=120)  # dictionaries differ between row groups
    file, memory = audited(path), audited(table.to_pandas())
    assert json.dumps(file.as_json()) == json.dumps(memory.as_json())
    assert file.groupings["group"].names[-1] == "(missing)"
    # And as pandas counts.
    wanted = table.to_pandas().groupby("group", observed=True)["p"].mean()
    named = {one if isinstance(one, str) else _shown(one): x for one, x in wanted.items()}
    group = file.groupings["group"]
    rates = [figure.value for figure in group.metrics["selection_rate"]]
    found = dict(zip(group.names[:-1], rates[:-1], strict=True))
    assert found == pytest.approx(named, abs=1e-12)
    for one, other in zip(file.curves, memory.curves, strict=True):
        assert one.roc_auc == other.roc_auc
        np.testing.assert_array_equal(one.roc.x, other.roc.x)


@pytest.mark.parametrize("kind", KINDS)
def test_columns_are_read_as_they_stand(tmp_path, kind):
    table = table_of(kind)
    path = tmp_path / "table.parquet"
    pq.write_table(table, path, row_group_size=77)
    found = read_columns(path, ["group", "s", "no such column", "group"])
    assert list(found.columns) == ["group", "s"]
    expected = table.to_pandas()
    np.testing.assert_array_equal(found["s"], expected["s"])
    cells = [None if pd.isna(one) else one for one in found["group"].tolist()]
    assert cells == table["group"].to_pylist()
