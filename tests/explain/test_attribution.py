"""The record of one attribution, and the file that others read without Pellucid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pellucid.explain import read_attributions, write_attributions
from pellucid.explain.attribution import Stored


def test_a_file_gives_back_what_was_written(tmp_path: Path, said: Any) -> None:
    written = [
        said("a", [("good", 1.5), ("…", -0.25), ("日", 1e-17)], about="x y", task="multilabel"),
        said("b", [], id="r2", evaluations=512, special=-0.125, fingerprint="f", complete=False),
    ]
    path = tmp_path / "deep" / "x.parquet"
    write_attributions(path, written)
    for one, other in zip(written, read_attributions(path), strict=True):
        assert other.scores.dtype == np.float64
        np.testing.assert_array_equal(one.scores, other.scores)
        fields = {key: value for key, value in vars(one).items() if key != "scores"}
        assert fields == {key: value for key, value in vars(other).items() if key != "scores"}
    write_attributions(path, [])
    assert read_attributions(path) == []


def test_a_file_need_not_fit_into_memory(tmp_path: Path, said: Any) -> None:
    made: list[int] = []

    def rows() -> Any:
        for number in range(200):
            made.append(number)
            yield said("a", [("x", number / 7)] * (number % 3), id=f"r{number}")

    path = tmp_path / "many.parquet"
    write_attributions(path, rows(), about={"rows": "[1]"})
    stored = Stored(path)
    assert made == list(range(200)) and len(stored) == 200
    assert pq.ParquetFile(path).num_row_groups > 1
    assert pq.read_schema(path).metadata[b"rows"] == b"[1]"
    assert [one.id for one in stored] == [f"r{number}" for number in range(200)]
    assert stored[-1].id == "r199" and [one.id for one in stored[5:3:-1]] == ["r5", "r4"]
    with pytest.raises(IndexError):
        stored[200]


def test_a_file_of_before_there_were_pictures_is_read(tmp_path: Path) -> None:
    texts = ("id", "method", "settings", "target", "label", "prediction", "split")
    fields = {name: pa.string() for name in texts}
    fields |= {name: pa.list_(pa.string()) for name in ("segments", "separators")}
    fields |= {"scores": pa.list_(pa.float64()), "steps": pa.int64()}
    fields |= {
        name: pa.float64()
        for name in ("special", "output", "baseline_output", "completeness_error")
    }
    row = dict.fromkeys(texts, "a") | {
        "settings": json.dumps({"tolerance": 0.05, "baseline": "[PAD]", "max_steps": 64}),
        "segments": ["so", "good"],
        "separators": ["\n", ""],
        "scores": [0.5, 1.0],
        "special": 0.25,
        "output": 2.0,
        "baseline_output": 0.25,
        "completeness_error": 0.0,
        "steps": 24,
    }
    path = tmp_path / "old.parquet"
    pq.write_table(pa.Table.from_pylist([row], pa.schema(list(fields.items()))), path)
    (one,) = read_attributions(path)
    assert (one.segments, one.separators) == (("so", "good"), ("\n", ""))
    assert one.evaluations == 24 and one.converged and one.complete and one.right
    assert one.completeness_error == 0
    ((outline, scores),) = one.outlines({})
    assert "so" in outline.html(scores) and scores.tolist() == [0.5, 1.0]


def test_anyone_can_read_the_file(finished: Path) -> None:
    table = pq.read_table(finished / "explanations" / "integrated_gradients.parquet").to_pylist()
    assert len(table) == 20
    for row in table:
        assert len(row["segments"]) == len(row["columns"]) == len(row["scores"])
        assert json.loads(row["settings"])["baseline"] == {"text": "pad", "image": "mean"}
        difference = row["output"] - row["baseline_output"]
        error = sum(row["scores"]) + row["special"] - difference
        assert row["completeness_error"] == pytest.approx(error, abs=1e-9)
        assert abs(error) <= 0.05 * abs(difference) or row["evaluations"] == 512
        assert len(row["fingerprint"]) == 64


def test_the_error_is_a_share_of_the_difference(said: Any) -> None:
    one = said("a", [("x", 2.0), ("y", -0.5)], output=3.0, baseline_output=1.0, special=0.25)
    assert one.difference == 2.0
    assert one.completeness_error == pytest.approx(-0.25)
    assert one.relative_error == pytest.approx(0.125)
    assert not one.converged
    assert said("a", [("x", 2.09)], output=3.0).converged
    # A negative difference is a difference as well.
    assert said("a", [("x", -1.0)], output=0.0, baseline_output=0.8).relative_error == (
        pytest.approx(0.25)
    )


def test_rounding_of_equal_outputs_is_no_error(said: Any) -> None:
    assert said("a", [], output=1.0 + 1e-6, baseline_output=1.0).converged
    assert not said("a", [("x", 0.1)], output=1.0, baseline_output=1.0).converged
    assert not said("a", [("x", float("nan"))], output=2.0).converged


def test_what_need_not_add_up_is_not_rough(said: Any) -> None:
    assert not said("a", [("x", 9.0)], output=0.0).converged
    assert said("a", [("x", 9.0)], output=0.0, complete=False).converged


def test_numbers_and_rows_without_a_label_are_neither_right_nor_wrong(said: Any) -> None:
    assert said("a", []).right is True
    assert said("a", [], label="b").right is False
    assert said("a", [], label="").right is None
    assert said("a", [], label="2", prediction="2.1", task="regression").right is None
