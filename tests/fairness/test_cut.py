"""Numbers made groups: the bands of pandas' cut and qcut."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from pellucid.errors import DataError
from pellucid.fairness import AuditSpec, audit
from pellucid.fairness.cut import cut_column
from pellucid.fairness.groups import MISSING


def bands(grouping) -> list[str]:
    return [grouping.names[code] for code in grouping.codes]


@pytest.mark.parametrize("edges", [[30.0], [25, 45, 65], [20.5, 20.75, 90]])
@pytest.mark.parametrize("seed", [0, 1])
def test_given_edges_are_those_of_pandas_cut(seed, edges):
    values = pd.Series(np.random.default_rng(seed).integers(18, 91, 400))
    found = cut_column("age", values, edges)
    # Each band holds its lower edge.
    expected = pd.cut(values, [-np.inf, *edges, np.inf], right=False)
    used = expected.cat.remove_unused_categories()
    np.testing.assert_array_equal(found.codes, used.cat.codes)
    shown = [f"{edge:g}" for edge in edges]
    between = [f"{low} to below {high}" for low, high in pairwise(shown)]
    names = np.array([f"below {shown[0]}", *between, f"{shown[-1]} and above"])
    kept = expected.cat.categories.isin(used.cat.categories)
    assert found.names == tuple(names[kept])


@pytest.mark.parametrize("at", [2, 3, 4, 7, 10])
@pytest.mark.parametrize("seed", [0, 1])
def test_bands_of_equal_size_are_those_of_pandas_qcut(seed, at):
    # With so many rows no edge of qcut falls on a row, which it would put into the band below.
    rows = 2 * 3 * 5 * 7 * 2 + 2
    values = pd.Series(np.random.default_rng(seed).lognormal(size=rows))
    found = cut_column("income", values, at)
    np.testing.assert_array_equal(found.codes, pd.qcut(values, at).cat.codes)
    assert np.ptp(np.bincount(found.codes)) <= 1


@pytest.mark.parametrize("seed", range(4))
def test_equal_numbers_are_never_parted(seed):
    values = pd.Series(np.random.default_rng(seed).poisson(1.2, 300))
    found = cut_column("n", values, 5)
    table = pd.DataFrame({"value": values, "code": found.codes})
    assert (table.groupby("value")["code"].nunique() == 1).all()
    assert (table.sort_values("value")["code"].diff().dropna() >= 0).all()
    assert 2 <= len(found.names) <= 5
    # Edges are numbers that stand in the table.
    edges = table.groupby("code")["value"].min().iloc[1:]
    assert found.names[-1] == f"{edges.iloc[-1]} and above"
    assert found.names[0] == f"below {edges.iloc[0]}"


def test_one_number_only_is_one_band():
    assert cut_column("n", pd.Series([5, 5, 5]), 3).names == ("all",)
    assert cut_column("n", pd.Series([5, 5, None]), 3).names == ("all", MISSING)


def test_rows_without_a_number_are_a_group_of_their_own():
    values = pd.Series(["17", None, " 30 ", "", "65", " ", "3e1"])
    found = cut_column("age", values, [18, 65])
    assert found.names == ("below 18", "18 to below 65", "65 and above", MISSING)
    assert bands(found) == [found.names[at] for at in (0, 3, 1, 3, 2, 3, 1)]
    nothing = cut_column("age", pd.Series([None, None]), 4)
    assert (nothing.names, nothing.codes.tolist()) == ((MISSING,), [0, 0])
    # Missing rows move no edge.
    whole = pd.Series(np.arange(1.0, 101))
    gaps = pd.concat([whole, pd.Series([np.nan] * 50)], ignore_index=True)
    assert cut_column("n", gaps, 4).names == (*cut_column("n", whole, 4).names, MISSING)


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "float32", "category", object])
def test_every_type_of_column(dtype):
    values = pd.Series([10, 20, 30, 40, 50, 60]).astype(dtype)
    assert bands(cut_column("n", values, [30])) == ["below 30"] * 2 + ["30 and above"] * 4


def test_edges_in_any_order_are_the_same_bands():
    values = pd.Series([10, 20, 30, 40])
    expected = cut_column("n", values, [15, 35])
    for edges in ([35, 15], [15, 35, 15]):
        found = cut_column("n", values, edges)
        assert (found.names, found.codes.tolist()) == (expected.names, expected.codes.tolist())


def test_edges_that_look_alike_are_written_in_full():
    values = pd.Series([1234567.0, 1234567.5, 1234568.0])
    found = cut_column("n", values, [1234567.5, 1234567.75])
    assert found.names == (
        "below 1234567.5",
        "1234567.5 to below 1234567.75",
        "1234567.75 and above",
    )


@pytest.mark.parametrize("cell", ["old", "inf", "1,5"])
def test_a_cell_that_is_no_number_is_named(cell):
    values = pd.Series(["18", "25", cell, "x"])
    with pytest.raises(DataError, match=f"row 3, column “age”: “{cell}” is not a number"):
        cut_column("age", values, 2)


def test_an_audit_counts_the_bands():
    rng = np.random.default_rng(0)
    age = pd.Series(rng.integers(18, 90, 500)).astype("Int64")
    age[:20] = pd.NA
    true = rng.random(500) < 0.5
    table = pd.DataFrame(
        {"label": true.astype(int), "prediction": (rng.random(500) < 0.4).astype(int), "age": age}
    )
    found = audit(
        table,
        label="label",
        prediction="prediction",
        groups=["age"],
        spec=AuditSpec(cut={"age": [25, 45]}, permutations=99, replicates=100),
    ).groupings["age"]
    expected = (
        table["prediction"]
        .groupby(pd.cut(age.astype(float), [-np.inf, 25, 45, np.inf], right=False), observed=True)
        .mean()
    )
    assert found.names == ("below 25", "25 to below 45", "45 and above", MISSING)
    values = [figure.value for figure in found.metrics["selection_rate"]]
    assert values == pytest.approx([*expected, table["prediction"][:20].mean()], abs=1e-12)
