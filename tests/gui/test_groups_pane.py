"""The pane of groups: what an audit and its tests came to, and what is said where there is none."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from PySide6.QtWidgets import QLabel

from pellucid.core.measured import Measured
from pellucid.core.runs import Run
from pellucid.fairness.audit import audit
from pellucid.fairness.reading import FILE
from pellucid.fairness.spec import AuditSpec
from pellucid.fairness.swapped import record
from pellucid.fairness.swapped.record import Example, Figures, Swaps, write_swaps
from pellucid.gui.pages.results.page import ResultsPage
from pellucid.gui.widgets.marked_text import MarkedText
from pellucid.gui.window import MainWindow

Wait = Callable[..., None]


@pytest.fixture
def run(window: MainWindow, finished_run: Callable[..., Path]) -> Path:
    return finished_run(window)


@pytest.fixture
def open_groups(window: MainWindow, wait_until: Wait) -> Callable[[Path], Any]:
    def open_(run: Path) -> Any:
        window.go("results", run=run, pane="groups")
        page: ResultsPage = window.page("results")
        wait_until(lambda: page.reading is not None and page.reading.path == run)
        return page._pane("groups")

    return open_


def audited(run: Path, **changes: Any) -> dict[str, Any]:
    """Audit a run anew and return what its file holds."""
    found = audit(Run.open(run), spec=AuditSpec(permutations=99, replicates=100, **changes))
    (run / FILE).write_text(json.dumps(found.as_json()))
    recipe = yaml.safe_load((run / "recipe.yaml").read_text())
    recipe["audit"] = {"permutations": 99, "replicates": 100, **changes}
    (run / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    return json.loads((run / FILE).read_text())


def texts(widget: Any) -> str:
    return " ".join(one.text() for one in widget.findChildren(QLabel) if not one.isHidden())


def column(table: Any, name: str) -> list[Any]:
    return [row[table.columns.index(name)] for row in table.rows]


def test_differences_stand_beside_what_is_chosen(
    run: Path, open_groups: Callable[[Path], Any]
) -> None:
    kept = audited(run, groups=["gender"])["gender"]
    groups = open_groups(run)
    groups.show_view("figures")
    for against, raw, last in (
        ("rest", kept["to_rest"], "Minus all other rows"),
        ("overall", kept["to_overall"], "Minus all rows"),
        ("reference", kept["to_reference"], f"Minus {kept['reference']}"),
    ):
        choice = groups.choice.against
        choice.setCurrentIndex(choice.findData(against))
        table = groups.figures.compared.inside._model.table
        for name, value in zip(column(table, "gender"), column(table, last), strict=True):
            if against == "reference" and name == kept["reference"]:
                assert value is None
                continue
            assert value.value == raw[name]["true_positive_rate"]["value"]
        assert ("Stands the adjustment" in table.columns) == (against == "rest")
        assert ("Ratio" in table.columns) == (against == "reference")


def test_words_say_whether_a_difference_stands(
    run: Path, open_groups: Callable[[Path], Any]
) -> None:
    kept = audited(run, groups=["gender"], small=5)["gender"]
    groups = open_groups(run)
    groups.show_view("figures")
    rate = groups.choice.rate
    for metric in ("true_positive_rate", "selection_rate", "accuracy"):
        rate.setCurrentIndex(rate.findData(metric))
        table = groups.figures.compared.inside._model.table
        for name, said in zip(
            column(table, "gender"), column(table, "Stands the adjustment"), strict=True
        ):
            p_value = kept["to_rest"][name][metric]["adjusted_p_value"]
            if p_value is None:
                assert said == "not tested"
            elif p_value > 0.05:
                assert said == "no"
            else:
                small = kept["groups"][name]["count"].get("small", False)
                assert said == ("few rows" if small else "yes")
        visible = (
            column(table, "Smallest visible gap")
            if "Smallest visible gap" in (table.columns)
            else []
        )
        for name, gap in zip(column(table, "gender"), visible, strict=False):
            wanted = kept["smallest_visible_gap"][name][metric]
            assert (gap is None) == (wanted is None)
            assert gap is None or math.isclose(gap, wanted, abs_tol=6e-4)


def test_cells_of_few_rows_are_marked_where_groups_meet(
    run: Path, open_groups: Callable[[Path], Any]
) -> None:
    kept = audited(run, groups=["gender", "region"], small=12)["gender×region"]
    groups = open_groups(run)
    groups.show_view("crossed")
    shown = groups.crossed.blocks.exhibits
    grid = next(one.inside for one in shown if "meeting" in one.heading.text())
    figure = grid.figure
    for i, one in enumerate(figure.rows):
        for j, other in enumerate(figure.columns):
            cell = kept["groups"].get(f"{one}×{other}")
            small = bool(cell and cell["count"].get("small"))
            assert ((i, j) in figure.marked) == small
            assert grid.model().index(i, j).data().startswith("◇") == small
            if cell is not None:
                found = kept["to_rest"][f"{one}×{other}"]["selection_rate"]["value"]
                assert figure.values[i, j] == found


def test_control_columns_have_a_part_of_their_own(
    run: Path, open_groups: Callable[[Path], Any]
) -> None:
    kept = audited(run, groups=["gender"], control=["region"])["gender"]
    groups = open_groups(run)
    groups.show_view("strata")
    strata = groups.strata
    assert strata.nothing.isHidden()
    assert strata.choice.count() == len(kept["conditional"])
    label = strata.choice.currentData().label
    raw = next(one for one in kept["conditional"] if one["label"] == label)
    table = strata.blocks.exhibits[0].inside._model.table
    within = [row[2].value for row in table.rows]
    wanted = [one["value"] for one in raw["pooled_to_rest"]["selection_rate"]]
    assert within == pytest.approx([math.nan if v is None else v for v in wanted], nan_ok=True)


def test_what_is_missing_says_how_it_is_made(run: Path, open_groups: Callable[[Path], Any]) -> None:
    audited(run, groups=["gender"])
    groups = open_groups(run)
    groups.show_view("crossed")
    assert not groups.crossed.nothing.isHidden()
    groups.show_view("strata")
    assert "audit.control" in texts(groups.strata.nothing)
    groups.show_view("tests")
    made = {"swapped": "audit.swaps", "stereotypes": "audit.stereotypes", "privacy": "privacy"}
    for name, key in made.items():
        groups.tests.test.setCurrentIndex(groups.tests.test.findData(name))
        assert not groups.tests.how.isHidden()
        assert key in texts(groups.tests.how) and str(run) in texts(groups.tests.how)
    groups.show_view("remedies")
    assert groups.remedies.blocks.isHidden()
    words = groups.remedies.action().words()
    assert words[:4] == ["audit", str(run), "--mitigate", "compare"]


def swaps() -> Swaps:
    figure = Measured(0.25, 0.1, 0.5, n=8)
    known = {record.FLIPS: figure, record.ROWS_FLIPPED: figure}
    for label in ("negative", "positive"):
        known |= {record.SHIFT + label: figure, record.SIZE + label: figure}
    one = Figures("male → female", "gender", 8, 8, known)
    example = Example(
        id="r1",
        label="positive",
        category="gender",
        pair="male → female",
        original="He <b>likes</b> it",
        swapped="She <b>likes</b> it",
        changes=((0, 2, "She"),),
        before="positive",
        after="negative",
        scores={"negative": (0.2, 0.7), "positive": (0.8, 0.3)},
        shift=0.5,
    )
    return Swaps(
        kind="classes",
        labels=("negative", "positive"),
        terms=("gender",),
        looked=30,
        most=None,
        whole=one,
        categories=(one,),
        groups=(one,),
        by_label=(),
        examples=(example,),
        level=0.95,
    )


def test_a_test_is_shown_with_its_pairs(run: Path, open_groups: Callable[[Path], Any]) -> None:
    (run / "audit").mkdir(exist_ok=True)
    write_swaps(run / record.FILE, swaps())
    groups = open_groups(run)
    groups.show_view("tests")
    tests = groups.tests
    assert tests.test.currentData() == "swapped" and tests.how.isHidden()
    (pair,) = tests.findChildren(MarkedText)
    assert [(one.text.strip(), one.look) for one in pair.pieces if one.text.strip()] == [
        ("He", "cut"),
        ("She", "true"),
        ("<b>likes</b> it", ""),
    ]
    assert "25.0% (10.0% to 50.0%) of 8 swapped texts" in texts(tests.blocks)
    named = [one.named.name for one in tests.blocks.exhibits]
    assert "swapped.by-pair-of-groups" in named  # the name by which it is exported


def test_tests_stand_alone_where_no_groups_were_compared(
    run: Path, open_groups: Callable[[Path], Any]
) -> None:
    (run / FILE).unlink()
    (run / "audit").mkdir(exist_ok=True)
    write_swaps(run / record.FILE, swaps())
    groups = open_groups(run)
    assert groups.stack.currentWidget() is groups.unmeasured
    groups.views["tests"].click()
    assert groups.inside.isVisibleTo(groups)
    assert groups.tests.test.currentData() == "swapped"
    groups.views["curves"].click()
    assert groups.stack.currentWidget() is groups.unmeasured


def test_a_damaged_record_does_not_hide_the_figures(
    run: Path, open_groups: Callable[[Path], Any], window: MainWindow
) -> None:
    (run / "audit").mkdir(exist_ok=True)
    (run / record.FILE).write_text("{")
    groups = open_groups(run)
    page = window.page("results")
    assert page.banner.text()
    groups.show_view("curves")
    assert groups.curves.plots["ROC curves"].named is not None


def test_what_was_chosen_stays_in_another_run(
    window: MainWindow,
    run: Path,
    finished_run: Callable[..., Path],
    open_groups: Callable[[Path], Any],
) -> None:
    other = finished_run(window, "other")
    groups = open_groups(run)
    groups.show_view("figures")
    choice = groups.choice
    choice.column.setCurrentIndex(choice.column.findData("region"))
    choice.rate.setCurrentIndex(choice.rate.findData("accuracy"))
    choice.against.setCurrentIndex(choice.against.findData("overall"))
    groups = open_groups(other)
    assert groups.views["figures"].isChecked()
    assert (choice.column.currentData(), choice.figure, choice.beside) == (
        "region",
        "accuracy",
        "overall",
    )
