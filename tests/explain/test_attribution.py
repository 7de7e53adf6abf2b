"""The record of one attribution, and the file that others read without Pellucid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from pellucid.explain import read_attributions, write_attributions


def test_a_file_gives_back_what_was_written(tmp_path: Path, said: Any) -> None:
    written = [
        said("a", [("good", 1.5), ("…", -0.25), ("日", 1e-17)], separators=(" ", "\n", "")),
        said("b", [], id="r2", steps=512, special=-0.125),
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


def test_anyone_can_read_the_file(finished: Path) -> None:
    table = pq.read_table(finished / "explanations" / "integrated_gradients.parquet").to_pylist()
    assert len(table) == 20
    for row in table:
        assert len(row["segments"]) == len(row["separators"]) == len(row["scores"])
        assert json.loads(row["settings"])["points"] == "Gauss-Legendre"
        difference = row["output"] - row["baseline_output"]
        error = sum(row["scores"]) + row["special"] - difference
        assert row["completeness_error"] == pytest.approx(error, abs=1e-9)
        assert abs(error) <= 0.05 * abs(difference) or row["steps"] == 512


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
