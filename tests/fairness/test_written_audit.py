"""Every kind of audit is read from JSON as it was measured; a damaged file is one paragraph."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pellucid.core import Run
from pellucid.core.measured import Measured
from pellucid.errors import RunError
from pellucid.fairness import AuditSpec, audit
from pellucid.fairness.gaps import Gap
from pellucid.fairness.reading import read_audit
from pellucid.fairness.table import GroupTable

SPEC = AuditSpec(permutations=99, replicates=100, control=["region"])
ROWS = 240


def classes(names: list[str]) -> pd.DataFrame:
    rng = np.random.default_rng(len(names))
    scores = rng.dirichlet(np.ones(len(names)), ROWS)
    labels = np.array(names, dtype=object)
    return pd.DataFrame(
        {
            "label": labels[rng.integers(len(names), size=ROWS)],
            "prediction": labels[scores.argmax(axis=1)],
            **{f"score:{name}": scores[:, at] for at, name in enumerate(names)},
            # A rare group without some labels: figures that are not defined.
            "group:g": [*"rr", *rng.choice(["a", "b", None], ROWS - 2)],
            "group:h é": rng.choice(["×", "<i>"], ROWS),
            "group:region": rng.choice(["north", "south"], ROWS),
        }
    )


def label_sets() -> pd.DataFrame:
    table = classes(["x", "y", "z"])
    return table.assign(label=np.where(table.index % 3, table["label"], "x|y"))


def numbers() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    groups = classes(["no", "yes"]).filter(like="group:")
    true = rng.normal(size=ROWS)
    return groups.assign(label=true, prediction=true + rng.normal(size=ROWS))


def same(one: Any, other: Any) -> bool:
    """Compare figures with their undefined values; JSON knows no difference of NaN and None."""
    if isinstance(one, GroupTable):
        return all(same(getattr(one, x.name), getattr(other, x.name)) for x in fields(one))
    if isinstance(one, Measured | Gap):
        return type(one) is type(other) and all(
            same(getattr(one, x.name), getattr(other, x.name)) for x in fields(one)
        )
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | np.ndarray):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and math.isnan(one):
        return other is None or math.isnan(other)
    return bool(one == other) and type(one) is type(other)


@pytest.mark.parametrize(
    ("table", "options"),
    [
        (classes(["no", "yes"]), {}),
        (classes(["no", "yes"]).drop(columns=["score:no", "score:yes"]), {"positive": "no"}),
        (classes(["a", "b", "c"]), {}),
        (classes(["a", "b", "c"]), {"positive": "b"}),
        (label_sets(), {"task": "multilabel"}),
        (numbers(), {"task": "regression"}),
    ],
    ids=["two classes", "without scores", "three classes", "one of three", "label sets", "numbers"],
)
def test_tables_are_read_as_they_were_written(table, options):
    found = audit(table, spec=SPEC, **options)
    raw = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert list(raw) == ["positive", *found.groupings]
    for column, own in found.groupings.items():
        again = GroupTable.from_json(column, own.columns, raw[column], found.positive)
        assert same(own, again)
        assert again.as_json() == own.as_json()
        assert ("conditional" in raw[column]) == (
            own.columns in {("g",), ("h é",)} and found.kind != "numbers"
        )
    # The comparison above tells figures apart.
    first = next(iter(found.groupings.values()))
    assert not same(first.metrics["count"][0], first.metrics["count"][1])


def test_conditional_figures_of_a_run_are_read_again(finished: Path, tmp_path: Path):
    run = copied(finished, tmp_path)
    spec = AuditSpec(permutations=99, replicates=100, control=["region"], groups=["gender"])
    measured = audit(run, spec=spec)
    assert measured.conditional
    (run.path / "audit.json").write_text(json.dumps(measured.as_json()))
    again = read_audit(run)
    assert again.as_json() == measured.as_json()
    for one, other in zip(again.conditional, measured.conditional, strict=True):
        assert one.names == other.names and one.pooled == other.pooled
        np.testing.assert_array_equal(one.n, other.n)


def copied(finished: Path, folder: Path) -> Run:
    path = folder / "run"
    shutil.copytree(finished, path, ignore=shutil.ignore_patterns("checkpoints", "model"))
    return Run.open(path)


def without(raw: dict[str, Any], *keys: str) -> str:
    inner = raw
    for key in keys[:-1]:
        inner = inner[key]
    del inner[keys[-1]]
    return json.dumps(raw)


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: "",
        lambda raw: "{",
        lambda raw: json.dumps(raw)[: len(json.dumps(raw)) // 2],
        lambda raw: "[]",
        lambda raw: "null",
        lambda raw: without(raw, "positive"),
        lambda raw: without(raw, "gender", "gaps"),
        lambda raw: without(raw, "gender", "groups", "male", "accuracy"),
        lambda raw: without(raw, "gender", "rest", "male"),
        lambda raw: json.dumps(raw | {"gender": raw["gender"] | {"columns": None}}),
        lambda raw: json.dumps(raw | {"gender": raw["gender"] | {"overall": [1, 2]}}),
        lambda raw: json.dumps(raw).encode("utf-16").decode("latin-1"),
    ],
)
def test_a_damaged_file_is_named_in_one_paragraph(finished: Path, tmp_path: Path, damage):
    run = copied(finished, tmp_path)
    file = run.path / "audit.json"
    file.write_text(damage(json.loads(file.read_text())), encoding="utf-8")
    with pytest.raises(RunError) as caught:
        read_audit(run)
    said = str(caught.value)
    assert said.startswith(str(file)) and "\n" not in said
    assert f"pellucid audit {run.path}" in said
