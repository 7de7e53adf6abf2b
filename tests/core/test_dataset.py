"""Datasets: roles, order of the classes, fingerprints, and choosing rows."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pellucid.core.dataset import Dataset, load, pick, sample_fingerprints
from pellucid.core.spec import DataSpec
from pellucid.errors import DataError

IDS = np.array([f"r{row}" for row in range(10)] + ["1,5", "a"], dtype=object)


def made(folder: Path, rows: dict[str, list[Any]], name: str = "t.csv", **roles: Any) -> Dataset:
    pd.DataFrame(rows).to_csv(folder / name, index=False)
    return load(spec(folder, name, **roles))


def spec(folder: Path, name: str = "t.csv", **roles: Any) -> DataSpec:
    given = {"source": str(folder / name), "inputs": {"text": "text"}, "label": "y"} | roles
    return DataSpec.model_validate(given)


def rows(count: int = 20, **columns: list[Any]) -> dict[str, list[Any]]:
    """Rows of two classes, those with an odd number first, all but the last two trained on."""
    return {
        "text": [f"text {row}" for row in range(count)],
        "y": ["yes" if row % 2 else "no" for row in range(count)],
        "part": ["train"] * (count - 2) + ["test"] * 2,
    } | columns


def test_roles_are_read(tmp_path: Path) -> None:
    table = rows(
        4,
        y=[" yes", "no ", "yes", "no"],
        sex=["f ", "", " ", "m"],
        key=["d", "c", "b", "a"],
        w=["1", "0.5", "2", "0"],
        part=["Train", "dev", "test", "training"],
        other=["x"] * 4,
    )
    data = made(tmp_path, table, groups=["sex"], id="key", weight="w", split={"column": "part"})
    assert len(data) == 4 and data.samples() == [(f"text {row}",) for row in range(4)]
    assert data.label.tolist() == ["yes", "no", "yes", "no"] and data.labels == ("no", "yes")
    assert data.codes.tolist() == [1, 0, 1, 0]
    assert data.groups["sex"].tolist() == ["f", None, None, "m"]
    assert data.ids.tolist() == ["d", "c", "b", "a"]
    assert data.split.tolist() == ["train", "validation", "test", "train"]
    assert data.weight.tolist() == [1, 0.5, 2, 0] and data.weight.dtype == np.float32
    assert data.rows("train").tolist() == [0, 3]
    half = data.take(np.array([2, 0]))
    assert half.ids.tolist() == ["b", "d"] and half.groups["sex"].tolist() == [None, "f"]


def test_parts_come_in_the_order_of_the_recipe(tmp_path: Path) -> None:
    table = rows(6, second=[f"second {row}" for row in range(6)])
    data = made(
        tmp_path, table, inputs={"second": "text", "text": "text"}, split={"column": "part"}
    )
    assert data.samples()[0] == ("second 0", "text 0")


def test_ids_are_row_numbers_in_the_file_whatever_was_dropped(tmp_path: Path) -> None:
    table = rows(8)
    table["text"][1] = ""
    data = made(tmp_path, table, clean=["drop_missing"], split={"column": "part"})
    assert data.ids.tolist() == ["1", "3", "4", "5", "6", "7", "8"]
    assert [(step.name, step.before, step.after) for step in data.lineage] == [
        ("read", 8, 8),
        ("drop_missing", 8, 7),
    ]


def test_several_tables_are_brought_together(tmp_path: Path) -> None:
    pd.DataFrame(rows(6)).to_csv(tmp_path / "a.csv", index=False)
    pd.DataFrame(rows(4)).to_json(tmp_path / "b.jsonl", orient="records", lines=True)
    sources = [
        {"path": str(tmp_path / "a.csv"), "weight": 2},
        {"path": str(tmp_path / "b.jsonl"), "weight": 0.5},
    ]
    data = load(spec(tmp_path, source=sources, split={"column": "part"}))
    assert data.weight.tolist() == [2] * 6 + [0.5] * 4
    assert data.ids.tolist() == [str(row) for row in range(1, 11)]


@pytest.mark.parametrize(
    ("labels", "order"),
    [
        (["10", "9", "2"], ("2", "9", "10")),
        (["0.5", "-1", "3"], ("-1", "0.5", "3")),
        (["b", "a", "10"], ("10", "a", "b")),
        (["nan", "2", "1"], ("1", "2", "nan")),  # a word: no number is larger or smaller
        (["1", "1.0", "0"], ("0", "1", "1.0")),
    ],
)
def test_classes_are_ordered_as_people_do(
    labels: list[str], order: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text(
        "text,y\n" + "".join(f"text {n},{label}\n" for n in range(10) for label in labels)
    )
    assert load(spec(tmp_path)).labels == order


def test_the_fingerprint_changes_with_everything_a_run_depends_on(tmp_path: Path) -> None:
    base = rows(
        20, sex=["f", "m"] * 10, key=[f"k{row}" for row in range(20)], w=[1] * 20, other=["x"] * 20
    )
    roles: dict[str, Any] = {
        "groups": ["sex"],
        "id": "key",
        "weight": "w",
        "split": {"column": "part"},
    }

    def fingerprint(**changes: Any) -> str:
        table = {name: list(cells) for name, cells in base.items()}
        for name, cell in changes.items():
            table[name][0] = cell
        return made(tmp_path, table, **roles).fingerprint

    first = fingerprint()
    assert len(first) == 64 and first == fingerprint()
    changed = {
        name: fingerprint(**{name: cell})
        for name, cell in {
            "text": "text 00",
            "y": "yes",
            "sex": "",
            "key": "k-",
            "w": 2,
            "part": "validation",
        }.items()
    }
    assert len({first, *changed.values()}) == 7
    assert fingerprint(other="y") == first  # no role, no matter


def test_cells_can_not_run_into_one_another(tmp_path: Path) -> None:
    prints = set()
    for first, second in (
        ("ab", "c"),
        ("a", "bc"),
        ("a\x00b", "c"),
        ("a", "\x00bc"),
        ("None", "abc"),
        ("abc", "None"),
    ):
        table = rows(6)
        table["text"][:2] = [first, second]
        prints.add(made(tmp_path, table, split={"column": "part"}).fingerprint)
    named = rows(6, sex=["None"] + ["f"] * 5)
    missing = rows(6, sex=[None] + ["f"] * 5)
    for table in (named, missing):
        prints.add(made(tmp_path, table, groups=["sex"], split={"column": "part"}).fingerprint)
    swapped = rows(6, sex=list("ffffff"), age=list("mmmmmm"))
    for groups in (["sex", "age"], ["age", "sex"]):
        prints.add(made(tmp_path, swapped, groups=groups, split={"column": "part"}).fingerprint)
    assert len(prints) == 10


def test_the_fingerprint_is_the_same_in_every_process(tmp_path: Path) -> None:
    here = made(tmp_path, rows(40), groups=["part"])
    code = """
import sys
from pellucid.core.dataset import load
from pellucid.core.spec import DataSpec
spec = DataSpec(source=sys.argv[1], inputs={"text": "text"}, label="y", groups=["part"])
data = load(spec)
print(data.fingerprint, "".join(one[1] for one in data.split))
"""
    out = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "t.csv")],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "77", "OMP_NUM_THREADS": "1"},
    )
    assert out.stdout.split() == [here.fingerprint, "".join(one[1] for one in here.split)]


def test_the_form_of_the_file_does_not_change_the_fingerprint(tmp_path: Path) -> None:
    table = pd.DataFrame(rows(20, y=[row % 2 for row in range(20)]))
    table.to_csv(tmp_path / "t.csv", index=False)
    table.to_csv(tmp_path / "t.tsv", index=False, sep="\t")
    table.to_parquet(tmp_path / "t.parquet")
    table.to_json(tmp_path / "t.jsonl", orient="records", lines=True)
    names = ["t.csv", "t.tsv", "t.parquet", "t.jsonl"]
    assert len({load(spec(tmp_path, name)).fingerprint for name in names}) == 1


def refused(folder: Path, table: dict[str, list[Any]], **roles: Any) -> str:
    with pytest.raises(DataError) as error:
        made(folder, table, **roles)
    return str(error.value).removeprefix(f"{folder}/")


def test_what_can_not_be_trained_on_is_refused(tmp_path: Path) -> None:
    column = {"split": {"column": "part"}}
    assert "t.csv, split “test”: no row belongs to it" in refused(
        tmp_path, rows(8, part=["train"] * 8), **column
    )
    assert "t.csv, split “train”: no row" in refused(tmp_path, rows(8, part=["test"] * 8), **column)
    lacking = rows(8, part=["train", "test"] * 4)
    assert "column “y”: the class “yes” stands in no training row" in refused(
        tmp_path, lacking, **column
    )
    assert "column “w”: every training row has the weight 0" in refused(
        tmp_path, rows(8, w=[0] * 7 + [1]), weight="w", **column
    )
    for weight in ("-1", "inf", "nan", "heavy", ""):
        told = refused(tmp_path, rows(8, w=["1", "1", weight] + ["1"] * 5), weight="w", **column)
        assert told.startswith("t.csv, row 3, column “w”: ")
        assert "expected a number of 0 or more" in told


@pytest.mark.parametrize("column", ["text", "label"])
def test_lists_are_refused_where_texts_are_expected(tmp_path: Path, column: str) -> None:
    table = [{"text": f"text {row}", "label": "ab"[row % 2]} for row in range(20)]
    table[2][column] = ["one", "two"]
    (tmp_path / "t.jsonl").write_text("\n".join(json.dumps(row) for row in table))
    given = spec(tmp_path, "t.jsonl", label="label")
    with pytest.raises(DataError, match=rf"row 3, column “{column}”.*holds a list or a mapping"):
        load(given, "classification")


def test_labels_that_are_no_classes_are_refused(tmp_path: Path) -> None:
    told = refused(tmp_path, rows(200), label="text", inputs={"part": "text"})
    assert "there are 200 different answers in 200 rows" in told and "free text" in told
    table = rows(20)
    table["y"][:2] = ["maybe", "never"]
    told = refused(tmp_path, table)
    assert "has one row only, and so have 1 other classes" in told


def test_one_long_label_does_not_make_every_row_long(tmp_path: Path) -> None:
    # Rows of 400 kB each would take 400 MB.
    labels = ["x" * 100_000, "x" * 100_000, *["yes", "no"] * 499]
    pd.DataFrame(rows(1000, y=labels)).to_csv(tmp_path / "t.csv", index=False)
    tracemalloc.start()
    data = load(spec(tmp_path, split={"column": "part"}))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [len(label) for label in data.labels] == [2, 100_000, 3]
    assert peak < 40e6


@pytest.mark.parametrize(
    ("wanted", "positions"),
    [
        (3, [0, 6, 11]),
        ("1", [0]),
        (12, list(range(12))),
        (500, list(range(12))),
        ("all", list(range(12))),
        ("2:5", [2, 3, 4]),
        (":2", [0, 1]),
        ("10:", [10, 11]),
        (" 3 : 4 ", [3]),
        (["r3", "r1"], [3, 1]),
        ("r3, r1", [3, 1]),
        ("a", [11]),
        ("1,5", [10]),  # an id with a comma is an id first
        (["1,5", "a"], [10, 11]),
    ],
)
def test_rows_are_chosen_as_people_write_them(
    wanted: int | str | list[str], positions: list[int]
) -> None:
    assert pick(IDS, wanted).tolist() == positions


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("r3,r99", "“r99”: no test row has this id; the first one's is “r0”"),
        (["r99"], "no test row has this id"),
        ("r99", "expected a number, a range"),
        ("-4", "expected a number, a range"),
        ("2:x", "expected a number, a range"),
        ("²", "expected a number, a range"),
        ("20:30", "no row is among them; there are 12 test rows"),
        ("5:2", "no row is among them"),
        ("0", "no row is among them"),
        ([], "no row is among them"),
    ],
)
def test_rows_that_are_not_there(wanted: str | list[str], said: str) -> None:
    with pytest.raises(DataError) as error:
        pick(IDS, wanted)
    assert said in str(error.value) and str(error.value).startswith("rows: “")


def test_a_spread_is_even() -> None:
    ids = np.array([str(row) for row in range(1000)], dtype=object)
    for wanted in (2, 7, 333, 999):
        found = pick(ids, wanted)
        assert len(found) == wanted and found[0] == 0 and found[-1] == 999
        gaps = np.diff(found)
        assert gaps.max() - gaps.min() <= 1


def test_fingerprints_of_samples_tell_parts_apart() -> None:
    samples = [("a", "b"), ("ab", ""), ("", "ab"), ("a", "b"), ("a", "\ud83d")]
    found = sample_fingerprints(samples)
    assert found[0] == found[3] and len(set(found)) == 4
    # SHA-256 of “a”, NUL, “b”, as sha256sum prints it, cut to 16 digits.
    assert found[0] == "59b271ae1bbcb1d3"
