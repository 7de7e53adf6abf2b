"""Passes over many rows, block by block, give what numpy gives at once."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.fairness.passes import BLOCK, counted, crossed, looked_up, smallest


@pytest.mark.parametrize("rows", [0, 1, BLOCK - 1, BLOCK, 2 * BLOCK + 5])
@pytest.mark.parametrize("size", [1, 7, 3 * BLOCK])
def test_counts_and_sums_of_blocks(rows, size):
    rng = np.random.default_rng(rows)
    values = rng.integers(size, size=rows).astype(smallest(size))
    weights = rng.normal(size=rows)
    counts = counted(values.__getitem__, rows, size)
    assert counts.dtype == np.int64
    np.testing.assert_array_equal(counts, np.bincount(values, minlength=size))
    sums = counted(values.__getitem__, rows, size, weights.__getitem__)
    np.testing.assert_allclose(sums, np.bincount(values, weights, size), atol=1e-10)


@pytest.mark.parametrize("rows", [0, 1, BLOCK, 2 * BLOCK + 5])
@pytest.mark.parametrize("kind", [np.int8, np.float64, np.bool_])
def test_a_table_is_looked_up_in_blocks(rows, kind):
    rng = np.random.default_rng(0)
    table = (100 * rng.random(50)).astype(kind)
    places = rng.integers(50, size=rows, dtype=np.uint32)
    found = looked_up(table, places)
    assert found.dtype == kind
    np.testing.assert_array_equal(found, table[places])


@pytest.mark.parametrize("sizes", [(11, 12), (128, 1), (2, 127), (300, 200), (70_000, 70_000)])
def test_pairs_of_codes_never_overflow(sizes):
    first, second = (np.array([0, size - 1, size // 2, 0]).astype(smallest(size)) for size in sizes)
    second[3] = sizes[1] - 1
    found = crossed(first, second, *sizes)
    wanted = [int(a) * sizes[1] + int(b) for a, b in zip(first, second, strict=True)]
    assert found.tolist() == wanted


def test_the_smallest_kind_that_holds_all_codes():
    for size in (1, 128, 129, 1 << 15, (1 << 15) + 1, 1 << 31, (1 << 31) + 1):
        kind = smallest(size)
        assert np.iinfo(kind).max >= size - 1
        smaller = [one for one in (np.int8, np.int16, np.int32) if np.iinfo(one).max >= size - 1]
        assert kind == (smaller[0] if smaller else np.int64)
