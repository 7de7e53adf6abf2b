"""Answers to changed samples by group: known answers counted by hand, and runs that are trained."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pellucid.core import Run
from pellucid.core.dataset import Dataset
from pellucid.core.events import Progress
from pellucid.core.report.tree import Gallery, LineFigure, Section, Table
from pellucid.errors import DataError, RecipeError
from pellucid.fairness.groups import group_column
from pellucid.fairness.paired import newcombe_paired
from pellucid.fairness.perturbed.answers import ROWS, Answered
from pellucid.fairness.perturbed.findings import findings, limits
from pellucid.fairness.perturbed.measure import compare, perturb
from pellucid.fairness.perturbed.record import (
    ALL,
    FILE,
    Perturbed,
    read_perturbed,
    write_perturbed,
)
from pellucid.fairness.perturbed.section import sections
from pellucid.fairness.perturbed.spec import PerturbSpec
from pellucid.multimodal.controlled import chosen
from pellucid.tests.command_line import called

BLUR = chosen(["blur"], ["image"], "test")[0]
SPEC = PerturbSpec(permutations=999)


def rows_of(label: np.ndarray) -> Dataset:
    count = len(label)
    return Dataset(
        {"image": np.array([f"{row}.png" for row in range(count)], object)},
        {"image": "image"},
        label,
        np.array([str(row) for row in range(count)], object),
        np.full(count, "test", object),
        (),
        {},
        np.ones(count, np.float32),
        "",
        (),
    )


def told(before: list[object], *after: list[object]) -> Answered:
    changed = {("blur", float(at + 1)): np.array(one, object) for at, one in enumerate(after)}
    return Answered({"image": np.array(before, object)}, changed)


def measured(label, answered: Answered, group: list[str] | None = None, task="classification"):
    grouped = [] if group is None else [group_column("camera", pd.Series(group))]
    strengths = tuple(strength for _, strength in answered.changed)
    return compare(
        task, rows_of(np.array(label, object)), {BLUR: strengths}, grouped, answered, SPEC
    )


def test_accuracy_flips_and_drops_are_counted() -> None:
    label = ["a"] * 10
    before = ["a"] * 8 + ["b"] * 2
    weak = ["a"] * 6 + ["b"] * 2 + ["a", "b"]  # two lost, one gained
    strong = ["b"] * 8 + ["c"] * 2  # all lost; two wrong answers become others
    hit = measured(label, told(before, weak, strong)).changes[0].hits[0]
    assert (hit.group, hit.rows, hit.small, hit.to_rest) == (ALL, 10, True, None)
    assert hit.unchanged.value == 0.8
    assert [one.score.value for one in hit.at] == [0.7, 0.0]
    assert [one.flips.value for one in hit.at] == [0.3, 1.0]
    assert [one.drop.value for one in hit.at] == pytest.approx([0.1, 0.8])
    assert hit.at[0].drop.low == pytest.approx(newcombe_paired(6, 2, 1, 1, 0.95)[1])
    assert hit.drop.value == pytest.approx(0.45)


def test_the_group_that_loses_more_is_told() -> None:
    group = ["old"] * 60 + ["new"] * 60
    label = ["a"] * 120
    after = ["b"] * 30 + ["a"] * 30 + ["b"] * 3 + ["a"] * 57
    found = measured(label, told(label, after), group)
    whole, new, old = found.changes[0].hits
    assert (whole.rows, new.group, old.group) == (120, "new", "old")
    assert old.to_rest.value == pytest.approx(0.5 - 0.05)
    assert old.to_rest.excludes_zero
    assert new.to_rest.value == pytest.approx(-old.to_rest.value)
    assert old.p_value == pytest.approx(1 / 1000) and old.adjusted <= 0.05
    said = findings(found)
    assert any("60 rows of camera old more than all other rows" in one.text for one in said)
    assert not any("debias" in one.text or "significant" in one.text for one in said)


def test_groups_that_lose_alike_are_not_told() -> None:
    group = ["old", "new"] * 60
    label = ["a"] * 120
    after = ["b"] * 40 + ["a"] * 80
    found = measured(label, told(label, after), group)
    assert all(one.adjusted > 0.5 for one in found.changes[0].hits[1:])
    assert any("in none of them" in one.text for one in findings(found))


def test_random_groups_raise_few_alarms() -> None:
    rng = np.random.default_rng(0)
    alarms = 0
    spec = SPEC.model_copy(update={"permutations": 199})
    for _ in range(60):
        group = rng.choice(["a", "b", "c"], 90)
        after = np.where(rng.random((3, 90)) < 0.3, "b", "a")
        grouped = [group_column("g", pd.Series(group))]
        answered = told(["a"] * 90, *after.tolist())
        label = rows_of(np.full(90, "a", object))
        found = compare("classification", label, {BLUR: (1.0, 2.0, 3.0)}, grouped, answered, spec)
        alarms += min(one.adjusted for one in found.changes[0].hits[1:]) <= 0.05
    assert alarms <= 8


def test_numbers_are_compared_by_their_error() -> None:
    label = ["1.0", "2.0", "3.0", "4.0"] * 10
    before = [1.0, 2.5, 3.0, 4.0] * 10
    after = [2.0, 2.5, 2.0, 4.0] * 10
    found = measured(label, told(before, after), ["x", "y"] * 20, task="regression")
    whole, x, y = found.changes[0].hits
    assert found.metric == "mean_absolute_error"
    assert (whole.unchanged.value, whole.at[0].score.value) == pytest.approx((0.125, 0.625))
    assert whole.at[0].drop.value == pytest.approx(0.5) and whole.at[0].flips is None
    assert (x.drop.value, y.drop.value) == pytest.approx((1.0, 0.0))
    assert x.to_rest.value == pytest.approx(1.0)
    text = json.dumps([vars(one) for one in findings(found)])
    assert "mean absolute error" in text and "accuracy" not in text


def test_a_column_of_one_group_has_nothing_to_compare() -> None:
    found = measured(["a"] * 6, told(["a"] * 6, ["b"] * 6), ["only"] * 6)
    only = found.changes[0].hits[1]
    assert (only.to_rest, only.p_value, only.adjusted) == (None, None, None)
    assert found.comparisons == 0
    assert any("no groups to compare" in one for one in limits(found))
    assert sections(found)


def test_records_are_read_back(tmp_path: Path) -> None:
    found = measured(["a"] * 40, told(["a"] * 40, ["b", "a"] * 20), ["x", "y"] * 20)
    write_perturbed(tmp_path / FILE, found)
    assert read_perturbed(tmp_path / FILE) == found
    assert json.loads((tmp_path / FILE).read_text())["format"] == 1


def test_pictures_near_the_border_lose_more(pictures: Run) -> None:
    events: list[object] = []
    found = perturb(
        pictures, {"brightness": [0.7, 1.3], "hue": [180]}, derived=["brightness"],
        emit=events.append,
    )  # fmt: skip
    bright = found.changes[0]
    hits = {one.named: one for one in bright.hits}
    assert found.rows == 80 and hits["camera near"].unchanged.value >= 0.95
    assert hits["camera near"].drop.value > hits["camera far"].drop.value + 0.15
    assert hits["camera near"].to_rest.excludes_zero
    assert hits["camera near"].adjusted <= 0.05
    # Grey pictures have no hue.
    hue = next(one for one in found.changes if one.kind == "hue")
    assert hue.hits[0].at[0].flips.value <= 0.1
    bands = [one.group for one in bright.hits if one.column == "brightness"]
    assert len(bands) == 4 and bands[0].startswith("below ") and bands[-1].endswith(" and above")
    progress = [one for one in events if isinstance(one, Progress) and one.step == "perturb"]
    assert progress[-1].done == progress[-1].total == 80 * 4
    assert Perturbed.from_json(json.loads(json.dumps(found.as_json()))) == found


def test_the_report_shows_a_sample_at_each_strength(pictures: Run) -> None:
    found = perturb(pictures, {"blur": [1, 3]}, rows=24)
    dataset = pictures.dataset()
    place = {name: row for row, name in enumerate(dataset.ids)}

    def cells(row: str) -> dict[str, str]:
        return {name: one[place[row]] for name, one in dataset.inputs.items()}

    (section,) = sections(found, cells=cells, modalities=dataset.modalities)
    blocks = list(flat(section))
    (gallery,) = [one for one in blocks if isinstance(one, Gallery)]
    assert [one.caption for one in gallery.drawings] == ["Unchanged", "1 px", "3 px"]
    assert len({str(one.html) for one in gallery.drawings}) == 3
    figures = [one for one in blocks if isinstance(one, LineFigure)]
    assert figures[0].lines[0].name.startswith("all rows (24")
    assert figures[0].lines[0].x.tolist() == [0, 1, 3]
    assert all(
        len(row) == len(one.columns) for one in blocks if isinstance(one, Table) for row in one.rows
    )
    assert not any(isinstance(one, Gallery) for one in flat(sections(found)[0]))


def flat(section: Section):
    for one in section.blocks:
        if isinstance(one, Section):
            yield from flat(one)
        else:
            yield one


def test_answers_to_unchanged_rows_are_the_runs_own(pictures: Run) -> None:
    from pellucid.fairness.perturbed.answers import answers

    dataset = pictures.dataset()
    test = dataset.take(dataset.rows("test"))
    found = answers(pictures, test, {BLUR: (2.0,)}, 0)
    stored = pictures.predictions().set_index("id").loc[test.ids, "prediction"]
    assert found.unchanged["image"].tolist() == stored.tolist()
    assert len(found.changed["blur", 2.0]) == len(test)


def test_rows_are_answered_in_parts(pictures: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import pellucid.fairness.perturbed.answers as module

    assert ROWS > 7
    whole = perturb(pictures, {"noise": [30]}, rows=20)
    monkeypatch.setattr(module, "ROWS", 7)
    assert perturb(pictures, {"noise": [30]}, rows=20) == whole


def test_a_text_run_by_the_command(
    finished: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished, run)
    words = ["perturb", str(run), "--change", "typos", "--strengths", "0.3,1", "--rows", "20"]
    code, out, _ = called([*words, "--groups", "gender", "--quiet"], monkeypatch, capsys)
    assert code == 0 and out.splitlines()[-1] == str(run / FILE)
    stored = read_perturbed(run / FILE)
    assert stored.rows == 20 and stored.changes[0].strengths == (0.3, 1.0)
    assert {one.column for one in stored.changes[0].hits} == {"", "gender"}
    assert "all rows (20 rows" in out and "swapped letters at" in out.lower()
    code, out, _ = called([*words, "--derived", "length", "--json"], monkeypatch, capsys)
    assert code == 0
    assert json.loads(out)["perturbed"]["rows"] == 20


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--change", "blurr"], "audit.perturbed.changes: “blurr”"),
        (["--change", "typos", "--strengths", "2"], "between 0% and 100%"),
        (["--change", "typos,case", "--strengths", "0.1"], "2 are named"),
        (["--change", "typos", "--strengths", "much"], "expected numbers"),
        (["--change", "typos", "--groups", "gendre"], "did you mean “gender”"),
        (["--change", "typos", "--derived", "brightness"], "“brightness”"),
        (["--change", "typos", "--rows", "nobody"], "rows: “nobody”"),
    ],
)
def test_what_is_not_there(
    words: list[str],
    named: str,
    finished: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, err = called(["perturb", str(finished), *words], monkeypatch, capsys)
    assert (code, out) == (2, "")
    assert err.startswith("Error: ") and named in err and err.count("\n") == 1
    assert not (finished / FILE).exists()


def test_a_task_without_right_answers_is_refused(finished: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished, run)
    told = json.loads((run / "environment.json").read_text())
    (run / "environment.json").write_text(json.dumps(told | {"task": "chat"}))
    with pytest.raises(DataError, match="task is chat"):
        perturb(run)


def test_recipes_may_write_names_or_strengths() -> None:
    assert PerturbSpec(changes=["blur", "noise"]).changes == {"blur": [], "noise": []}
    assert PerturbSpec(changes={"blur": 2, "noise": None}).changes == {"blur": [2.0], "noise": []}
    assert PerturbSpec(changes="blur").changes == {"blur": []}
    with pytest.raises(RecipeError):
        chosen(PerturbSpec(changes=["x"]).changes, ["image"], "audit.perturbed.changes")
