from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from pellucid.errors import DataError
from pellucid.fairness import audit, read_predictions
from pellucid.fairness.frame import from_predictions
from pellucid.fairness.groups import MISSING, group_column, intersections


def names_of_rows(grouping) -> list[str]:
    return [grouping.names[code] for code in grouping.codes]


def test_missing_values_are_a_group_of_their_own():
    grouping = group_column("g", pd.Series(["b", None, "a", np.nan, " ", "b"]))
    assert grouping.names == ("a", "b", MISSING)
    assert names_of_rows(grouping) == ["b", MISSING, "a", MISSING, MISSING, "b"]


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (pd.Series([10, 9, 10]), ("9", "10")),
        (pd.Series([1.0, 0.0, np.nan]), ("0", "1", MISSING)),
        (pd.Series([True, False]), ("False", "True")),
        (pd.Series(["65+", "18-24", "25-64"]), ("18-24", "25-64", "65+")),
        (pd.Series(["b", "a"], dtype="category"), ("a", "b")),
        (pd.Series(["a", MISSING, None]), ("a", MISSING)),
        (pd.Series([1, "1", 1.0], dtype=object), ("1",)),
    ],
)
def test_names_of_groups(values, names):
    assert group_column("g", values).names == names


@pytest.mark.parametrize("dense", [True, False])
def test_intersections_equal_a_join_of_texts(monkeypatch, dense):
    if not dense:
        monkeypatch.setattr("pellucid.fairness.groups._DENSE", 1)
    rng = np.random.default_rng(0)
    table = pd.DataFrame({c: rng.choice(["x", "y", "z", None], 200) for c in "abc"})
    singles = [group_column(c, table[c]) for c in "abc"]
    crossed = intersections(singles, 3)
    assert [one.column for one in crossed] == ["a×b", "a×c", "b×c", "a×b×c"]
    filled = table.fillna(MISSING)
    for one in crossed:
        expected = filled[list(one.columns)].agg("×".join, axis=1)
        assert names_of_rows(one) == list(expected)
        assert set(one.names) == set(expected)


def test_a_value_with_a_cross_in_it_keeps_groups_apart():
    a = group_column("a", pd.Series(["x×y", "x"]))
    b = group_column("b", pd.Series(["z", "y×z"]))
    (crossed,) = intersections([a, b], 2)
    assert len(set(names_of_rows(crossed))) == 2


def test_anyones_table(tmp_path):
    table = pd.DataFrame(
        {"y": [0, 1, 1, 0], "p": [0, 1, 0, 1], "s": [0.1, 0.9, 0.4, 0.6], "sex": list("fmfm")}
    )
    frame = read_predictions(table, "y", "p", "s", ["sex"])
    assert list(frame.columns) == ["label", "prediction", "score:1", "group:sex"]
    outcomes = from_predictions(frame)
    assert outcomes.labels == ("0", "1")
    assert outcomes.true.tolist() == [0, 1, 1, 0]
    assert outcomes.scores["1"].tolist() == [0.1, 0.9, 0.4, 0.6]
    named = audit(table, label="y", prediction="p", score="s", groups=["sex"], positive="0")
    assert named.positive == "0"
    assert {curve.label for curve in named.curves} == {"0"}


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_file(tmp_path, suffix):
    pytest.importorskip("pellucid.core.tables")
    table = pd.DataFrame(
        {"y": [0, 1, 1, 0], "p": [0, 1, 0, 1], "s": [0.1, 0.9, 0.4, 0.6], "sex": list("fmfm")}
    )
    path = tmp_path / f"p.{suffix}"
    table.to_csv(path, index=False) if suffix == "csv" else table.to_parquet(path)
    result = audit(path, label="y", prediction="p", score="s", groups=["sex"])
    memory = audit(table, label="y", prediction="p", score="s", groups=["sex"])
    assert result.as_json() == memory.as_json()


def test_one_and_one_point_zero_are_the_same_class():
    table = pd.DataFrame({"y": ["0", "1", "1"], "p": ["0.0", "1.0", "0.0"], "g": list("aab")})
    outcomes = from_predictions(read_predictions(table, "y", "p", groups=["g"]))
    assert outcomes.labels == ("0", "1")
    assert outcomes.predicted.tolist() == [0, 1, 0]
    # pandas makes floats of integers where one is missing.
    table = pd.DataFrame({"y": [0, 1, None], "p": [0, 1, 1], "g": list("aab")})
    outcomes = from_predictions(read_predictions(table, "y", "p", groups=["g"]))
    assert outcomes.labels == ("0", "1")
    assert outcomes.dropped == 1


def test_errors_of_a_table():
    table = pd.DataFrame(
        {
            "y": list("abab"),
            "p": list("abba"),
            "s": ["0.1", "high", "0.3", "1"],
            "sex": list("fmfm"),
        }
    )
    with pytest.raises(DataError, match=r"no column “Sex” \(did you mean “sex”"):
        read_predictions(table, "y", "p", groups=["Sex"])
    with pytest.raises(DataError, match=r"row 2, column “s”: “high” is not a number"):
        read_predictions(table, "y", "p", "s", ["sex"])
    three = table.assign(y=list("abca"), s=0.5)
    with pytest.raises(DataError, match="3 classes"):
        read_predictions(three, "y", "p", "s", ["sex"])
    assert "score:c" in read_predictions(three, "y", "p", "s", ["sex"], positive="c").columns


def test_importing_the_room_loads_no_heavy_library():
    code = (
        "import sys, pellucid.fairness, pellucid.fairness.spec;"
        "heavy = ('pandas', 'sklearn', 'scipy', 'torch', 'fairlearn');"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_audit_function_is_not_hidden_by_its_module():
    code = (
        "import pellucid.fairness as f, pellucid.fairness.audit;"
        "f.Audit; print(callable(f.audit), sorted(f.__all__) == sorted(dir(f)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]
