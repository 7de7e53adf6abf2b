"""The order of groups: that of ordered categories, of bands of numbers, of text."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pellucid.fairness import AuditSpec, audit
from pellucid.fairness.bands import in_order
from pellucid.fairness.cut import cut_column
from pellucid.fairness.groups import group_column


@pytest.mark.parametrize(
    "bands",
    [
        ["18–30", "31–99", "100+"],
        ["below 30", "30 to below 65", "65 to below 100", "100 and above"],
        ["Less than 25", "25 - 45", "Greater than 45"],
        ["<5", "5-9", "10-14", "≥15"],
        ["under 1.5", "1.5 to 12", "over 12"],
        ["0", "1 to 9", "10 or more"],
        ["−10 to 0", "0 to 1,000", "1,000 to 20,000", "20,000+"],
        ["up to 9 years", "10 to 17 years", "18 and older"],
        ["2", "10", "100"],
    ],
)
def test_bands_stand_as_their_numbers_rise(bands: list[str]) -> None:
    rng = np.random.default_rng(0)
    for _ in range(5):
        mixed = [str(name) for name in rng.permutation(bands)]
        assert list(in_order(mixed)) == bands
    rows = pd.Series([*reversed(bands), None, *bands])
    found = group_column("band", rows)
    assert found.names == (*bands, "(missing)")
    assert [found.names[code] for code in found.codes] == [
        "(missing)" if pd.isna(name) else name for name in rows
    ]


@pytest.mark.parametrize(
    "names", [["18–30", "adult"], ["north", "south"], ["a 1", "b 2"], ["2020-01-31", "x"], []]
)
def test_other_names_stay_as_they_are(names: list[str]) -> None:
    assert list(in_order(names)) == names


def test_ordered_categories_keep_their_order() -> None:
    sizes = ["small", "medium", "large", "unused"]
    rows = pd.Series(pd.Categorical(["large", None, "small", "medium"], sizes, ordered=True))
    found = group_column("size", rows)
    assert found.names == ("small", "medium", "large", "(missing)")
    assert found.codes.tolist() == [2, 3, 0, 1]
    plain = group_column("size", rows.astype(pd.CategoricalDtype(sizes, ordered=False)))
    assert plain.names == ("large", "medium", "small", "(missing)")


def test_bands_that_were_cut_and_written_as_text_are_read_in_order() -> None:
    numbers = pd.Series([3.0, 20.0, 100.0, 7.0, np.nan, 1000.0])
    cut = cut_column("n", numbers, [5.0, 30.0, 250.0])
    again = group_column("n", pd.Series([cut.names[code] for code in cut.codes]))
    assert again.names == cut.names
    assert again.codes.tolist() == cut.codes.tolist()


def test_an_audit_lists_bands_in_order() -> None:
    rng = np.random.default_rng(1)
    bands = rng.choice(["5-9", "10-99", "100+"], 300)
    frame = pd.DataFrame({"label": rng.choice(["a", "b"], 300), "group:age": bands})
    frame["prediction"] = frame["label"].sample(frac=1, random_state=0).to_numpy()
    found = audit(frame, spec=AuditSpec(permutations=99)).groupings["age"]
    assert found.names == ("5-9", "10-99", "100+")
    for name, count in zip(found.names, found.n, strict=True):
        assert count == (bands == name).sum()
