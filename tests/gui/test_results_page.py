"""The page of results, in a real window over a real run: its numbers are those of the files."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QTabBar,
    QWidget,
)
from scipy.stats import binomtest
from sklearn import metrics

from pellucid.gui.pages.results.maps import Wanted
from pellucid.gui.pages.results.page import ResultsPage
from pellucid.gui.pages.results.panes import PANES
from pellucid.gui.pages.results.rows_filter import Asked
from pellucid.gui.widgets.basics import EmptyState
from pellucid.gui.window import MainWindow

Wait = Callable[..., None]


@pytest.fixture
def run(window: MainWindow, finished_run: Callable[..., Path]) -> Path:
    return finished_run(window)


@pytest.fixture
def open_page(window: MainWindow, wait_until: Wait) -> Callable[..., ResultsPage]:
    def open_(run: Path, pane: str = "overview") -> ResultsPage:
        window.go("results", run=run, pane=pane)
        page = window.page("results")
        wait_until(lambda: page.reading is not None and page.reading.path == run)
        return page

    return open_


def predictions(run: Path) -> pd.DataFrame:
    return pd.read_parquet(run / "predictions.parquet").query("split == 'test'")


def evaluation(run: Path) -> dict[str, Any]:
    return json.loads((run / "evaluation.json").read_text())["test"]


def explained(run: Path) -> list[dict[str, Any]]:
    return pq.read_table(run / "explanations/integrated_gradients.parquet").to_pylist()


def shown_rows(pane: Any) -> list[str]:
    model = pane.view.columns
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def pane(page: ResultsPage, name: str) -> Any:
    page.show_pane(name)
    return page._panes[name]


def without(run: Path, *names: str) -> Path:
    """Take files out of a copy of a run."""
    for name in names:
        path = run / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return run


def test_cards_say_what_was_measured(run: Path, open_page: Callable[..., ResultsPage]) -> None:
    overview = pane(open_page(run), "overview")
    measured = evaluation(run)
    titles = {card.name.text(): card for card in overview.cards.cards}
    for title, name in (
        ("Accuracy", "accuracy"),
        ("Balanced accuracy", "balanced_accuracy"),
        ("F1, macro", "f1_macro"),
        ("ROC AUC, macro", "roc_auc_macro"),
        ("Log loss (lower is better)", "log_loss"),
    ):
        card, figure = titles[title], measured[name]
        assert card.value.text() == f"{figure['value']:.3f}"
        assert card.interval.text() == f"{figure['low']:.3f} to {figure['high']:.3f}"
        baseline = measured["baselines"]["majority_class"][name]["value"]
        assert f"Majority class {baseline:.3f}" in card.beside.text()
    accuracy = f"the model is right in {measured['accuracy']['value']:.1%}"
    assert any(accuracy in text.text for text in overview.findings.texts)
    assert np.array_equal(overview.matrix.figure.counts, measured["confusion"]["counts"])


def test_a_cell_opens_its_rows(
    run: Path, open_page: Callable[..., ResultsPage], wait_until: Wait
) -> None:
    page = open_page(run)
    confusion = evaluation(run)["confusion"]
    frame = predictions(run)
    for true, label in enumerate(confusion["labels"]):
        for answered, other in enumerate(confusion["labels"]):
            matrix = pane(page, "overview").matrix
            matrix.setFocus()
            for key in (Qt.Key.Key_Up, Qt.Key.Key_Left):
                QTest.keyClick(matrix, key)
                QTest.keyClick(matrix, key)
            for _ in range(true):
                QTest.keyClick(matrix, Qt.Key.Key_Down)
            for _ in range(answered):
                QTest.keyClick(matrix, Qt.Key.Key_Right)
            QTest.keyClick(matrix, Qt.Key.Key_Return)
            rows = page._panes["rows"]
            assert page.tabs.currentIndex() == PANES.index("rows")
            wait_until(lambda rows=rows: not rows.view.columns.working)
            expected = frame.query("label == @label and prediction == @other")["id"].tolist()
            assert len(expected) == confusion["counts"][true][answered]
            assert sorted(shown_rows(rows)) == sorted(expected)
            assert rows.count.text() == f"{len(expected)} of {len(frame)} test rows"
            assert rows.label.currentData() == label and rows.prediction.currentData() == other


def test_a_click_on_a_cell(
    run: Path, open_page: Callable[..., ResultsPage], wait_until: Wait
) -> None:
    page = open_page(run)
    matrix = pane(page, "overview").matrix
    wrong = matrix._cell(0, 1).center().toPoint()
    QTest.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=wrong)
    rows = page._panes["rows"]
    wait_until(lambda: not rows.view.columns.working)
    assert len(shown_rows(rows)) == evaluation(run)["confusion"]["counts"][0][1]


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.83])
def test_a_threshold_moves_every_pane(
    run: Path, open_page: Callable[..., ResultsPage], wait_until: Wait, threshold: float
) -> None:
    curves = pane(open_page(run), "curves")
    curves.label.setCurrentIndex(curves.label.findData("positive"))
    wait_until(lambda: curves._sorted is not None and curves._sorted.label == "positive")
    frame = predictions(run)
    true = (frame["label"] == "positive").to_numpy()
    answered = (frame["score:positive"] >= threshold).to_numpy()
    QTest.qWait(1)
    curves.spin.setValue(threshold)
    wait_until(lambda: not curves._soon.isActive())
    (tn, fp), (fn, tp) = metrics.confusion_matrix(true, answered, labels=[False, True])
    assert curves.matrix.figure.counts.tolist() == [[tp, fn], [fp, tn]]
    assert curves.slider.value() == round(1000 * threshold)
    assert curves.histogram.threshold == threshold
    shown = {bar.name: bar.figure for bar in curves.rates.bars}
    assert shown["Recall"].value == metrics.recall_score(true, answered)
    assert shown["Precision"].value == pytest.approx(
        metrics.precision_score(true, answered, zero_division=np.nan), nan_ok=True
    )
    assert shown["Accuracy"].value == metrics.accuracy_score(true, answered)
    interval = binomtest(int(tp), int(true.sum())).proportion_ci(0.95, "wilson")
    assert (shown["Recall"].low, shown["Recall"].high) == pytest.approx(tuple(interval))
    assert f"F1 {metrics.f1_score(true, answered):.3f}" in curves.f1.text()
    assert curves.roc.inside._points["threshold"][:2] == (fp / (fp + tn), tp / (tp + fn))
    precision = tp / (tp + fp) if tp + fp else 1.0
    assert curves.pr.inside._points["threshold"][:2] == (tp / (tp + fn), precision)
    curves.column.setCurrentIndex(curves.column.findData("region"))
    for bar in curves.group_bars.bars:
        here = (frame["group:region"] == bar.name).to_numpy()
        assert bar.figure.value == pytest.approx(
            metrics.recall_score(true[here], answered[here], zero_division=np.nan), nan_ok=True
        )
        assert bar.marked == (here.sum() < 30)
    assert {bar.name for bar in curves.group_bars.bars} == set(frame["group:region"])


def test_a_threshold_is_dragged_and_chosen(
    run: Path, open_page: Callable[..., ResultsPage], wait_until: Wait
) -> None:
    curves = pane(open_page(run), "curves")
    wait_until(lambda: curves._sorted is not None)
    assert curves.label.currentData() == "positive"  # the favourable class of the audit
    line = curves.histogram
    middle = line._area().center().toPoint()
    QTest.mousePress(line, Qt.MouseButton.LeftButton, pos=middle)
    QTest.mouseMove(line, middle + QPoint(60, 0))
    QTest.mouseRelease(line, Qt.MouseButton.LeftButton, pos=middle + QPoint(60, 0))
    wait_until(lambda: not curves._soon.isActive())
    dragged = 0.5 + 60 / line._area().width()
    assert curves.threshold == pytest.approx(dragged, abs=0.003)
    assert curves.spin.value() == pytest.approx(dragged, abs=0.003)
    before = curves.threshold
    QTest.keyClick(line, Qt.Key.Key_Left)
    assert curves.threshold == pytest.approx(before - 0.001)
    frame = predictions(run)
    true = (frame["label"] == "positive").to_numpy()
    best = max(
        metrics.f1_score(true, frame["score:positive"] >= one)
        for one in frame["score:positive"].unique()
    )
    curves.goals["f1"].click()
    wait_until(lambda: not curves._soon.isActive())
    assert metrics.f1_score(true, frame["score:positive"] >= curves.threshold) == best
    curves.goals["youden_j"].click()
    wait_until(lambda: not curves._soon.isActive())
    false_rate, true_rate, _ = metrics.roc_curve(true, frame["score:positive"])
    x, y, _ = curves.roc.inside._points["threshold"]
    assert y - x == pytest.approx((true_rate - false_rate).max())
    curves.goals["half"].click()
    assert curves.threshold == 0.5


def test_a_decision_is_written_and_taken_back(
    window: MainWindow, run: Path, open_page: Callable[..., ResultsPage], wait_until: Wait
) -> None:
    page = open_page(run)
    curves = pane(page, "curves")
    wait_until(lambda: curves._sorted is not None)
    curves.move_to(0.625)
    curves.decision.use.click()
    decided = json.loads((run / "decision.json").read_text())
    assert (decided["positive"], decided["threshold"]) == ("positive", 0.625)
    assert "from 0.625 on" in curves.decision.said.text()
    assert page.reading.decision.threshold == 0.625
    window.undo.stack.undo()
    assert not (run / "decision.json").exists()
    assert page.reading.decision is None
    window.undo.stack.redo()
    assert json.loads((run / "decision.json").read_text())["threshold"] == 0.625
    curves.decision.back.click()
    assert not (run / "decision.json").exists()
    window.undo.stack.undo()
    assert json.loads((run / "decision.json").read_text())["threshold"] == 0.625


def test_rows_are_filtered(
    run: Path, open_page: Callable[..., ResultsPage], wait_until: Wait
) -> None:
    page = open_page(run)
    rows = pane(page, "rows")
    wait_until(lambda: rows._reading.facts.inputs)  # the texts come by a command
    frame = predictions(run)
    texts = pd.read_csv(json_source(run)).set_index("id")["text"]
    scores = np.sort(frame[["score:negative", "score:positive"]].to_numpy(), axis=1)
    margin = scores[:, 1] - scores[:, 0]
    word = texts[frame["id"].iloc[0]].split()[0]
    for asked, expected in (
        (Asked(), frame["id"] == frame["id"]),
        (Asked(answer="wrong"), frame["label"] != frame["prediction"]),
        (Asked(answer="right"), frame["label"] == frame["prediction"]),
        (Asked(answer="unsure", margin=0.35), margin <= 0.35),
        (Asked(group={"gender": "female"}), frame["group:gender"] == "female"),
        (
            Asked(label="negative", group={"region": "north"}),
            (frame["label"] == "negative") & (frame["group:region"] == "north"),
        ),
        (Asked(text=word.upper()), frame["id"].map(texts).str.contains(word, regex=False)),
    ):
        rows.show_asked(asked)
        wait_until(lambda: not rows.view.columns.working)
        assert sorted(shown_rows(rows)) == sorted(frame["id"][expected]), asked
        assert rows.asked == asked
    rows.chips["wrong"].click()
    wait_until(lambda: not rows.view.columns.working)
    assert rows.asked.answer == "wrong" and rows.asked.text == word.upper()
    rows.clear.click()
    wait_until(lambda: not rows.view.columns.working)
    assert len(shown_rows(rows)) == len(frame) and rows.search.text() == ""
    one = frame.iloc[7]
    source = rows._reading.facts.raw["id"].to_pylist().index(one["id"])
    rows.view.go_to(source)
    detail = rows.detail
    assert detail.title.text() == f"Row {one['id']}"
    assert {bar.name: bar.figure.value for bar in detail.scores.bars} == {
        "negative": one["score:negative"],
        "positive": one["score:positive"],
    }
    known = {each["id"]: each for each in explained(run)}
    if one["id"] in known:
        assert detail.map.words.words == tuple(known[one["id"]]["segments"])
    else:
        assert detail.text.toPlainText() == texts[one["id"]]
    assert rows.view.columns.names[5] == "text"
    assert rows.view.columns.text(source, 5) == texts[one["id"]]


def json_source(run: Path) -> Path:
    import yaml

    return Path(yaml.safe_load((run / "recipe.yaml").read_text())["data"]["source"][0]["path"])


def test_rows_of_another_split(
    run: Path, open_page: Callable[..., ResultsPage], wait_until: Wait
) -> None:
    page = open_page(run)
    rows = pane(page, "rows")
    page.split.setCurrentIndex(page.split.findData("validation"))
    wait_until(lambda: not rows.view.columns.working and "validation" in rows.count.text())
    frame = pd.read_parquet(run / "predictions.parquet").query("split == 'validation'")
    assert sorted(shown_rows(rows)) == sorted(frame["id"])
    measured = json.loads((run / "evaluation.json").read_text())["validation"]
    card = pane(page, "overview").cards.cards[0]
    assert card.value.text() == f"{measured['accuracy']['value']:.3f}"


def test_word_maps_are_filtered_and_read_by_keys(
    run: Path, open_page: Callable[..., ResultsPage]
) -> None:
    words = pane(open_page(run), "words")
    known = explained(run)
    groups = predictions(run).set_index("id")

    def ids() -> list[str]:
        return [one.id for one in words.list.entries]

    assert ids() == [one["id"] for one in known]
    for wished, expected in (
        (Wanted(answer="wrong"), [o for o in known if o["label"] != o["prediction"]]),
        (Wanted(answer="right"), [o for o in known if o["label"] == o["prediction"]]),
        (Wanted(target="negative"), [o for o in known if o["target"] == "negative"]),
        (
            Wanted(group=("gender", "male")),
            [o for o in known if groups.loc[o["id"], "group:gender"] == "male"],
        ),
        (
            Wanted(text="STAFF"),
            [o for o in known if any("staff" in word.lower() for word in o["segments"])],
        ),
    ):
        words.show_filter(wished)
        assert ids() == [one["id"] for one in expected], wished
    words.show_filter(Wanted())
    first = known[0]
    QTest.keyClick(words.list, Qt.Key.Key_Right)
    QTest.keyClick(words.list, Qt.Key.Key_Right)
    score = first["scores"][1]
    spoke = "for" if score >= 0 else "against"
    assert words.told.text() == (
        f"“{first['segments'][1]}” {score:+.2f}: spoke {spoke} “{first['target']}”".replace(
            "-", "−"
        )
    )
    entry = words.list.entries[0]
    assert f"completeness error {abs(_error(first)):.1%}" in entry.note
    strongest = [max(map(abs, one["scores"])) for one in known]
    assert entry.words.scale == pytest.approx(np.quantile(strongest, 0.75))
    ranked = json.loads((run / "explanations/importance.json").read_text())
    target = words.classes.target.currentData()
    top = ranked["integrated_gradients"][target]
    assert words.classes.figure.inside.figure.names == tuple(one["word"] for one in top[:12])
    assert words.classes.figure.inside.figure.values[0].value == top[0]["mean"]["value"]


def _error(one: dict[str, Any]) -> float:
    difference = one["output"] - one["baseline_output"]
    return (sum(one["scores"]) + one["special"] - difference) / max(abs(difference), 1e-3)


def test_groups_are_those_of_the_audit(run: Path, open_page: Callable[..., ResultsPage]) -> None:
    groups = pane(open_page(run), "groups")
    kept = json.loads((run / "audit.json").read_text())
    report = (run / "report.html").read_text()
    groups.show_view("figures")
    choice, shown_groups = groups.choice, groups.figures
    for column in ("gender", "region", "gender×region"):
        choice.column.setCurrentIndex(choice.column.findData(column))
        for metric in ("true_positive_rate", "selection_rate", "accuracy", "roc_auc"):
            choice.rate.setCurrentIndex(choice.rate.findData(metric))
            figure = shown_groups.rates.inside.figure
            expected = kept[column]["groups"]
            names = [name.rpartition(" (")[0] for name in figure.names]
            assert names == list(expected)
            for at, name in enumerate(names):
                wished = expected[name][metric]["value"]
                assert figure.values[at].value == (
                    pytest.approx(np.nan, nan_ok=True) if wished is None else wished
                )
                small = expected[name]["count"].get("small", False)
                assert (at in figure.marked) == small
            if metric in kept[column]["to_rest"][names[0]]:
                shown = shown_groups.differences.inside.figure
                for name, value in zip(shown.names, shown.values, strict=True):
                    raw = kept[column]["to_rest"][name][metric]
                    assert value.as_json() == {key: raw[key] for key in value.as_json()}
        gaps = {row[0]: row for row in shown_groups.gaps.named.block.rows}
        raw = kept[column]["gaps"]["accuracy_difference"]
        assert gaps["Accuracy"][1].value == raw["value"]
        assert gaps["Accuracy"][3] == f"{raw['p_value']:.2g}"
    choice.column.setCurrentIndex(choice.column.findData("gender"))
    groups.show_view("curves")
    roc = groups.curves.plots["ROC curves"]
    assert roc.named.name == "audit-1-gender.roc-curves-by-gender-positive"
    assert len(groups.found.findings.texts) >= 3
    import html

    for text in groups.found.findings.texts:
        assert text.text in html.unescape(report)


@pytest.mark.parametrize("ending", [".png", ".svg", ".csv"])
def test_saving_writes_what_the_command_writes(
    run: Path,
    open_page: Callable[..., ResultsPage],
    wait_until: Wait,
    tmp_path: Path,
    ending: str,
) -> None:
    page = open_page(run)
    exhibit = pane(page, "overview").confusion
    told: list[str] = []
    page.desk.saved.connect(told.append)
    page.desk.failed.connect(told.append)
    out = tmp_path / f"matrix{ending}"
    page.desk.save(exhibit.named.name, out)
    wait_until(lambda: told, 60)
    assert told == [str(out)]
    other = tmp_path / f"other{ending}"
    subprocess.run(
        [sys.executable, "-m", "pellucid", "export", run, exhibit.named.name, "--out", other],
        check=True,
        capture_output=True,
    )
    assert out.read_bytes() == other.read_bytes() != b""


def test_a_save_that_fails_says_why(
    run: Path, open_page: Callable[..., ResultsPage], wait_until: Wait, tmp_path: Path
) -> None:
    page = open_page(run)
    told: list[str] = []
    page.desk.failed.connect(told.append)
    page.desk.save("evaluation-test.confusion-matrix", tmp_path / "a.docx")
    wait_until(lambda: told, 60)
    assert ".svg, .png or .csv" in told[0]
    assert page.context.notices.history[-1].text == told[0]


def test_copies(run: Path, open_page: Callable[..., ResultsPage], tmp_path: Path) -> None:
    page = open_page(run)
    overview = pane(page, "overview")
    does = dict(overview.confusion.items())
    clipboard = QGuiApplication.clipboard()
    does["Copy picture"]()
    image = clipboard.image()
    assert image.width() >= overview.matrix.width()
    assert len({image.pixel(x, image.height() // 2) for x in range(0, image.width(), 3)}) > 3
    does["Copy as command"]()
    words = clipboard.text().split()
    assert words[:3] == ["pellucid", "export", str(run)]
    assert words[3:5] == ["evaluation-test.confusion-matrix", "--out"]
    does["Copy as Python"]()
    assert "export(run, 'evaluation-test.confusion-matrix'" in clipboard.text()
    table = next(one for one in overview.tables if one.named.name.endswith("each-class"))
    dict(table.items())["Copy as text"]()
    first, *rows = clipboard.text().splitlines()
    assert first.split("\t")[:2] == ["Class", "Rows"]
    measured = evaluation(run)["per_class"]
    assert float(rows[0].split("\t")[2]) == measured["negative"]["precision"]["value"]
    groups = pane(page, "groups")
    groups.show_view("figures")
    rates = groups.figures.rates
    rates.save_picture(tmp_path / "seen.png")
    assert (tmp_path / "seen.png").read_bytes()[:4] == b"\x89PNG"


def shown_state(page: ResultsPage) -> EmptyState:
    found = page.empty.currentWidget()
    assert isinstance(found, EmptyState)
    return found


def said(widget: QWidget) -> str:
    from PySide6.QtWidgets import QLabel

    return " ".join(one.text() for one in widget.findChildren(QLabel))


def test_without_runs_it_says_where_to_begin(window: MainWindow) -> None:
    window.go("results")
    page = window.page("results")
    assert page.places.currentIndex() == 0
    assert "no run yet" in said(shown_state(page))
    button = shown_state(page).findChildren(QAbstractButton)[1]
    button.click()
    assert window.current == "home"


def test_without_parts_it_says_how_to_make_them(
    window: MainWindow,
    run: Path,
    open_page: Callable[..., ResultsPage],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(window.workspace, "start", started.append)
    page = open_page(without(run, "audit.json", "explanations", "report.html", "model_card.md"))
    for name, step in (("words", "explain"), ("groups", "audit"), ("report", "report")):
        part = pane(page, name)
        assert part.stack.currentWidget() is (part.unmeasured if name == "groups" else part.nothing)
        for button in part.stack.currentWidget().findChildren(QAbstractButton):
            if button.text():
                button.click()
        assert started[-1][:2] == [step, str(run)]
    assert started[0][2:] == ["--rows", "200"]


def test_a_run_that_was_not_evaluated(
    window: MainWindow,
    run: Path,
    open_page: Callable[..., ResultsPage],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(window.workspace, "start", started.append)
    page = open_page(without(run, "evaluation.json", "predictions.parquet", "curves.parquet"))
    assert page.places.currentIndex() == 0
    assert "was not evaluated yet" in said(shown_state(page))
    shown_state(page).findChildren(QAbstractButton)[1].click()
    assert started == [["evaluate", str(run)]]


def test_a_run_whose_training_failed(
    window: MainWindow, run: Path, open_page: Callable[..., ResultsPage]
) -> None:
    without(run, "evaluation.json", "model")
    with (run / "events.jsonl").open("a") as events:
        last = json.loads((run / "events.jsonl").read_text().splitlines()[-1])
        failed = {**last, "event": "Failed", "kind": "DiskFullError", "text": "The disk is full."}
        failed.pop("seconds", None)
        events.write(json.dumps(failed) + "\n")
    window.watch.look()
    page = open_page(run)
    assert "has no results: it is failed" in said(shown_state(page))
    assert "The disk is full." in page.banner.text()


def test_a_damaged_part_does_not_hide_the_others(
    run: Path, open_page: Callable[..., ResultsPage]
) -> None:
    (run / "audit.json").write_text("{")
    page = open_page(run)
    assert page.places.currentIndex() == 1
    assert page.banner.text()
    assert pane(page, "overview").cards.cards[0].value.text() != ""


def test_another_run_comes_without_a_blank(
    window: MainWindow,
    run: Path,
    finished_run: Callable[..., Path],
    open_page: Callable[..., ResultsPage],
    wait_until: Wait,
) -> None:
    other = finished_run(window, "other")
    raw = json.loads((other / "evaluation.json").read_text())
    raw["test"]["accuracy"]["value"] = 0.125
    (other / "evaluation.json").write_text(json.dumps(raw))
    page = open_page(run)
    card = pane(page, "overview").cards.cards[0]
    before = card.value.text()
    assert {page.runs.itemText(at) for at in range(page.runs.count())} == {"other", "tiny"}
    page.runs.setCurrentIndex(page.runs.findText("other"))
    assert card.value.text() == before  # the old run stands until the new one was read
    wait_until(lambda: page.reading.path == other)
    assert card.value.text() == "0.125"
    window.go("runs") if "runs" in window._pages else window.go("home")
    window.go("results")
    assert page.reading.path == other  # one comes back to where one was


def test_an_audit_is_made_from_the_page(
    window: MainWindow, run: Path, open_page: Callable[..., ResultsPage], wait_until: Wait
) -> None:
    page = open_page(run)
    groups = pane(page, "groups")
    assert groups.found.chosen == ("gender", "region")
    groups.found.chips["region"].setChecked(False)
    groups.found.again.click()
    wait_until(
        lambda: page.reading.audit is not None and list(page.reading.audit.groupings) == ["gender"],
        60,
    )
    column = groups.choice.column
    assert [column.itemData(at) for at in range(column.count())] == ["gender"]
    assert list(json.loads((run / "audit.json").read_text())) == ["positive", "gender"]
    wait_until(lambda: not window.workspace._children or window.workspace.reap() == [], 20)


def test_every_control_has_a_name(
    run: Path, open_page: Callable[..., ResultsPage], wait_until: Wait
) -> None:
    page = open_page(run)
    kinds = (
        QAbstractButton,
        QAbstractItemView,
        QAbstractSlider,
        QAbstractSpinBox,
        QComboBox,
        QLineEdit,
        QPlainTextEdit,
        QTabBar,
    )
    for name in PANES:
        pane(page, name)
    groups = pane(page, "groups")
    for name in groups.views:
        groups.show_view(name)
    nameless = []
    for kind in kinds:
        for one in page.findChildren(kind):
            if isinstance(one, QScrollBar) or one.metaObject().className() == "QTableCornerButton":
                continue
            if any(isinstance(above, QAbstractSpinBox | QComboBox) for above in _parents(one)):
                continue
            if not (one.accessibleName() or getattr(one, "text", lambda: "")()):
                nameless.append(f"{type(one).__name__} in {type(one.parent()).__name__}")
    assert nameless == []


def _parents(widget: QWidget) -> list[QWidget]:
    out = []
    while widget.parentWidget() is not None:
        widget = widget.parentWidget()
        out.append(widget)
    return out


def test_colours_follow_the_theme(
    window: MainWindow, run: Path, open_page: Callable[..., ResultsPage]
) -> None:
    page = open_page(run)
    for name in PANES:
        pane(page, name)
    surface = page.grab().toImage()
    window.use_theme("dark")
    dark = page.grab().toImage()
    at = QPoint(surface.width() // 2, 4)
    assert surface.pixelColor(at).lightness() > 200
    assert dark.pixelColor(at).lightness() < 60


def test_documents_are_listed_written_and_copied(
    window: MainWindow,
    run: Path,
    open_page: Callable[..., ResultsPage],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(window.workspace, "start", started.append)
    (run / "report_tables").mkdir()
    (run / "report_tables" / "one.csv").write_text("a,b\n1,2\n")
    report = pane(open_page(run, "report"), "report")
    there = {name for name, line in report.lines.items() if line.open.isEnabled()}
    assert there == {"html", "csv", "model_card"}
    assert report.lines["pdf"].when.text() == "not written"
    report.lines["pdf"].write.click()
    assert started[-1] == ["report", str(run), "--formats", "pdf"]
    report.all.click()
    assert started[-1][-1] == "html,pdf,markdown,json,csv,model_card,data_sheet"
    report.save_copy("html", tmp_path / "passed on.html")
    assert (tmp_path / "passed on.html").read_bytes() == (run / "report.html").read_bytes()
    report.save_copy("csv", tmp_path / "tables.zip")
    with zipfile.ZipFile(tmp_path / "tables.zip") as archive:
        assert archive.read("report_tables/one.csv") == b"a,b\n1,2\n"
