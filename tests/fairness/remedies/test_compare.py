"""Remedies beside each other: what is chosen, recorded and said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Recipe, execute
from pellucid.core import Run
from pellucid.core.files import read_json
from pellucid.core.measured import Measured
from pellucid.core.report.tree import LineFigure, Table
from pellucid.errors import DataError, RecipeError
from pellucid.fairness.remedies.compare import behind, compare_remedies
from pellucid.fairness.remedies.measures import Answered, Asked
from pellucid.fairness.remedies.points import Candidate, choose, frontier, points
from pellucid.fairness.remedies.record import Point, Remedies, read_remedies, write_remedies
from pellucid.fairness.remedies.section import findings, sections, sentences
from pellucid.fairness.remedies.spec import RemedySpec
from pellucid.fairness.uncertainty import wilson


def point(name: str, accuracy: float, gap: float) -> Point:
    kind = None if name == "unmitigated" else name
    figures = Measured(accuracy), Measured(gap)
    return Point(name, kind, None, None, *figures, None, None, {}, ())


def test_the_most_accurate_of_those_with_less_disparity_is_chosen() -> None:
    found = [
        point("unmitigated", 0.90, 0.20),
        point("a", 0.95, 0.25),
        point("b", 0.88, 0.15),
        point("c", 0.88, 0.10),
        point("d", 0.70, 0.01),
        point("e", 0.60, 0.05),
    ]
    assert choose(found) == "c"
    assert choose(found, 0.05) == "d"
    assert choose(found, 0.001) == "unmitigated"
    assert choose(found[:2]) == "unmitigated"
    assert frontier(found) == ("d", "c", "unmitigated", "a")


def test_what_is_worse_is_told_with_a_paired_interval() -> None:
    rng = np.random.default_rng(0)
    groups, labels = np.repeat([0, 1], 400), rng.integers(2, size=800)
    right = np.where(rng.random(800) < 0.9, labels, 1 - labels)
    # The second way forgets half of the positive rows of the first group.
    lost = (groups == 0) & (labels == 1) & (rng.random(800) < 0.5)
    worse = np.where(lost, 0, right)
    asked = Asked(labels, groups, ("a", "b"), ("no", "yes"), positive=1, replicates=300)
    flat = np.zeros((800, 2))
    plain = Candidate("unmitigated", None, None, {"test": Answered(right, flat)})
    other = Candidate("x 1", "penalty", 1.0, {"test": Answered(worse, flat)})
    same = Candidate("y 1", "penalty", 1.0, {"test": Answered(right, flat)})
    first, second, third = points(asked, "test", [plain, other, same])
    assert {one.what for one in second.worse} == {"accuracy", "disparity", "recall of a"}
    assert third.worse == ()
    assert third.accuracy_change.value == 0
    hits = int((worse == labels).sum())
    low, high = wilson(np.array([hits]), np.array([800]))
    assert second.accuracy.value == hits / 800
    assert (second.accuracy.low, second.accuracy.high) == (low[0], high[0])
    inside = (groups == 0) & (labels == 1)
    assert second.recalls["a"].value == pytest.approx((worse[inside] == 1).mean())
    assert first.accuracy_change is None
    change = second.accuracy_change
    assert change.low < change.value < change.high < 0


@pytest.fixture(scope="module")
def compared(trained: Path) -> Remedies:
    return compare_remedies(
        Run.open(trained),
        remedies=(
            "reweigh",
            "penalty",
            "group_dro",
            "threshold_optimizer",
            "reject_option",
            "exponentiated_gradient",
        ),
        strengths=(1.0, 4.0),
        measure="demographic_parity",
        replicates=200,
    )


def test_the_planted_difference_is_found_and_remedies_make_it_smaller(compared: Remedies) -> None:
    gaps = {one.name: one.disparity.value for one in compared.validation}
    plain = gaps["unmitigated"]
    assert plain > 0.5
    for name in ("reweigh 1", "penalty 4", "threshold_optimizer 1", "exponentiated_gradient 1"):
        assert gaps[name] < plain - 0.3, name
    assert compared.impossible == {}
    assert compared.on_features
    assert compared.chosen != "unmitigated"
    assert [one.name for one in compared.test] == ["unmitigated", compared.chosen]
    # “(missing)” has 12 rows, so that none of the splits has 30 of them.
    assert compared.left_out["test"] == ("(missing)",)
    # Strengths above 1 are tried of remedies that know them.
    assert "penalty 4" in gaps
    assert "reweigh 4" not in gaps


def test_the_record_is_read_back(compared: Remedies, tmp_path: Path) -> None:
    path = write_remedies(tmp_path, compared)
    assert path == tmp_path / "audit" / "remedies.json"
    again = read_remedies(tmp_path)
    assert again.as_json() == compared.as_json()
    assert read_remedies(tmp_path / "other") is None


def test_the_section_holds_figure_tables_and_what_is_worse(compared: Remedies) -> None:
    [section] = sections(compared)
    [figure] = [one for one in section.blocks if isinstance(one, LineFigure)]
    tables = [one for one in section.blocks if isinstance(one, Table)]
    assert {line.name.split(" ")[0] for line in figure.lines} >= {"unmitigated", "penalty"}
    assert len(tables[0].rows) == len(compared.validation)
    assert len(tables[1].rows) == 2
    text = " ".join([*sentences(compared), *(one.text for one in findings(compared))])
    assert compared.chosen in text
    for word in ("debiased", "unbiased", "solves", "significant"):
        assert word not in text


def test_a_column_has_to_be_among_the_groups(trained: Path) -> None:
    with pytest.raises(RecipeError, match="shade"):
        compare_remedies(Run.open(trained), column="gender")


def test_a_recipes_remedy_behind_the_training_is_recorded(trained: Path) -> None:
    spec = RemedySpec(kind="threshold_optimizer", column="shade", constraint="demographic_parity")
    found = behind(Run.open(trained), spec)
    assert [one.kind for one in found.validation] == [None, "threshold_optimizer"]
    assert behind(Run.open(trained), spec.model_copy(update={"kind": "reweigh"})) is None


@pytest.mark.parametrize("kind", ["threshold_optimizer", "reject_option", "exponentiated_gradient"])
def test_a_recipe_applies_remedies_behind_its_training(
    kind: str, recipe: Any, tmp_path: Path
) -> None:
    raw = recipe({"kind": kind, "column": "shade", "constraint": "demographic_parity"}, epochs=1)
    run = execute(Recipe.of(raw), tmp_path, only=["train", "evaluate", "audit", "report"])
    found = read_remedies(run.path)
    assert found is not None
    assert [one.kind for one in found.validation] == [None, kind]
    assert found.measure == "demographic_parity"
    report = (run.path / "report.html").read_text(encoding="utf-8")
    assert sections(found)[0].title in report
    assert kind in report
    # What was found is that of the run's own model.
    accuracy = read_json(run.path / "evaluation.json")["test"]["accuracy"]["value"]
    assert found.test[0].accuracy.value == pytest.approx(accuracy, abs=0.03)


def test_a_remedy_in_the_training_leaves_no_comparison(recipe: Any, tmp_path: Path) -> None:
    raw = recipe({"kind": "reweigh", "column": "shade"}, epochs=1)
    run = execute(Recipe.of(raw), tmp_path, only=["train", "evaluate", "audit"])
    assert read_remedies(run.path) is None


def test_a_remedy_behind_the_training_needs_validation_rows(recipe: Any, tmp_path: Path) -> None:
    raw = recipe({"kind": "reject_option", "column": "shade"})
    raw["data"]["split"] = {"train": 0.7, "validation": 0.0, "test": 0.3}
    with pytest.raises(DataError, match="“validation”: it has no rows"):
        execute(Recipe.of(raw), tmp_path, only=["train"])
    assert not list(tmp_path.rglob("model.safetensors"))


def command(*given: str) -> Any:
    from typer.testing import CliRunner

    from pellucid.__main__ import app

    return CliRunner().invoke(app, ["audit", *given, "-q"], catch_exceptions=True)


def test_the_command_trains_runs_beside_the_run_and_skips_those_that_are_there(
    trained: Path, tmp_path: Path
) -> None:
    run = tmp_path / "runs" / trained.name
    shutil.copytree(trained, run)
    asked = (str(run), "--mitigate", "compare", "--retrain", "--strengths", "1")
    more = ("--remedies", "reweigh,threshold_optimizer,exponentiated_gradient", "--json")
    first = command(*asked, *more)
    assert first.exit_code == 0, first.output
    found = json.loads(first.output.strip().splitlines()[-1])["remedies"]
    beside = tmp_path / "runs" / "planted-reweigh-1"
    assert Run.open(beside).recipe["audit"]["remedy"]["kind"] == "reweigh"
    named = {one["name"]: one["run"] for one in found["validation"]}
    assert named == {
        "unmitigated": None,
        "reweigh 1": "planted-reweigh-1",
        "threshold_optimizer 1": None,
    }
    assert "exponentiated_gradient 1" in found["impossible"]
    before = (beside / "model" / "model.safetensors").stat().st_mtime_ns
    again = command(*asked, *more)
    assert again.exit_code == 0, again.output
    assert (beside / "model" / "model.safetensors").stat().st_mtime_ns == before
    assert sorted(path.name for path in run.parent.iterdir()) == ["planted", "planted-reweigh-1"]


def test_the_command_refuses_what_it_does_not_know(trained: Path) -> None:
    for given in (
        ("--mitigate", "fix"),
        ("--mitigate", "compare", "--remedies", "magic"),
        ("--mitigate", "compare", "--measure", "luck"),
        ("--mitigate", "compare", "--strengths", "much"),
    ):
        assert command(str(trained), *given).exit_code != 0, given
