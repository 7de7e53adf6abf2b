"""The page of results for runs of every task: what is shown is what the files hold."""

from __future__ import annotations

import importlib.util
import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PySide6.QtWidgets import QApplication, QLabel, QScrollArea

from pellucid.core.runs import Run
from pellucid.fairness.audit import audit
from pellucid.fairness.spec import AUDITED, AuditSpec
from pellucid.gui.pages.results.answer_detail import passages, tagged
from pellucid.gui.pages.results.answers import Passage
from pellucid.gui.pages.results.page import ResultsPage
from pellucid.gui.widgets.marked_text import BOTH, GIVEN, TRUE
from pellucid.gui.window import MainWindow

Wait = Callable[..., None]
_SPEC = importlib.util.spec_from_file_location(
    "made_runs", Path(__file__).with_name("made_runs.py")
)
assert _SPEC is not None and _SPEC.loader is not None
made_runs = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(made_runs)
TASKS = sorted(made_runs.MAKERS)


@pytest.fixture
def open_task(window: MainWindow, wait_until: Wait) -> Callable[..., ResultsPage]:
    def open_(task: str, pane: str = "overview") -> ResultsPage:
        run = made_runs.bring(window.workspace.path, task)
        window.watch.look()
        window.go("results", run=run, pane=pane)
        page = window.page("results")
        wait_until(lambda: page.reading is not None and page.reading.path == run)
        assert page.reading.troubles == ()
        return page

    return open_


def frame(page: ResultsPage) -> pd.DataFrame:
    return pd.read_parquet(page.reading.path / "predictions.parquet").query("split == 'test'")


def rows_of(page: ResultsPage, wait_until: Wait) -> Any:
    page.show_pane("rows")
    pane: Any = page._pane("rows")
    wait_until(lambda: not pane.view.columns.working and pane.detail.title.text() != "")
    return pane


def shown(pane: Any) -> list[str]:
    model = pane.view.columns
    return [model.index(row, 0).data() for row in range(model.rowCount())]


@pytest.mark.parametrize("task", TASKS)
def test_cards_hold_the_measured_figures(task: str, open_task: Callable[..., ResultsPage]) -> None:
    page = open_task(task)
    overview: Any = page._pane("overview")
    measured = json.loads((page.reading.path / "evaluation.json").read_text())["test"]
    cards = [card for card in overview.cards.cards if not card.isHidden()]
    assert cards
    values = {one["value"] for one in measured.values() if isinstance(one, dict) and "value" in one}
    for card in cards:
        told = float(card.value.text().replace(",", ""))
        assert any(math.isclose(told, value, rel_tol=1e-2, abs_tol=6e-4) for value in values)
    assert overview.confusion.isHidden()
    assert overview.findings.texts
    rows = made_runs.ROWS // 2
    assert page.header.lead.text().startswith(f"{rows} test rows · ")


@pytest.mark.parametrize("task", TASKS)
def test_parts_that_do_not_apply_say_why(task: str, open_task: Callable[..., ResultsPage]) -> None:
    page = open_task(task)
    for part in ("curves", "words", "groups"):
        page.show_pane(part)
        pane: Any = page._pane(part)
        said = [one.text() for one in pane.findChildren(QLabel) if not one.isHidden()]
        sentences = [text for text in said if text.endswith(".")]
        assert sentences and all(len(text) > 30 for text in sentences)
        assert page.stack.currentWidget() is pane
    compared = task in AUDITED
    assert page.context.actions["results.audit"].isEnabled() == compared
    for action in ("explain", "decide"):
        assert not page.context.actions[f"results.{action}"].isEnabled()


def test_largest_errors_come_first(open_task: Callable[..., ResultsPage], wait_until: Wait) -> None:
    page = open_task("regression")
    pane = rows_of(page, wait_until)
    table = frame(page)
    far = (table["prediction"] - table["label"]).abs()
    expected = table["id"][far.sort_values(ascending=False).index].tolist()
    assert shown(pane) == expected
    assert pane.detail.title.text() == f"Row {expected[0]}"
    assert "too high" in pane.detail.verdict.text()
    pane.worst.click()
    wait_until(lambda: shown(pane) == table["id"].tolist())


def test_points_are_the_predictions(
    open_task: Callable[..., ResultsPage], wait_until: Wait
) -> None:
    page = open_task("regression")
    figures: Any = page._pane("overview").numbers
    table = frame(page)
    known = np.isfinite(figures.scatter.xs)
    assert np.array_equal(figures.scatter.xs[known], table["label"].to_numpy())
    assert np.array_equal(figures.scatter.ys[known], table["prediction"].to_numpy())
    assert figures.histogram.counts.sum() == len(table)
    row = int(np.flatnonzero(known)[3])
    figures.scatter.chosen.emit(row)
    pane: Any = page._pane("rows")
    wait_until(lambda: pane.detail.title.text() == f"Row {table['id'].iloc[3]}")
    assert page.stack.currentWidget() is pane


def test_wrong_rows_of_several_labels(
    open_task: Callable[..., ResultsPage], wait_until: Wait
) -> None:
    page = open_task("multilabel")
    pane = rows_of(page, wait_until)
    table = frame(page)
    sets = [
        (set(str(label).split("|")), set(str(answer).split("|")))
        for label, answer in zip(table["label"], table["prediction"], strict=True)
    ]
    wrong = [name for name, (true, given) in zip(table["id"], sets, strict=True) if true != given]
    pane.chips["wrong"].click()
    wait_until(lambda: sorted(shown(pane)) == sorted(wrong))
    pane.chips["right"].click()
    wait_until(lambda: len(shown(pane)) == len(table) - len(wrong))
    bars = pane.detail.scores.bars
    assert {bar.name.removeprefix("● ") for bar in bars} == set(made_runs.LABELS)


def test_tags_true_and_answered(open_task: Callable[..., ResultsPage], wait_until: Wait) -> None:
    page = open_task("token_classification")
    pane = rows_of(page, wait_until)
    assert pane.detail.verdict.text() == "✗ 2 tags differ."
    true = [one for one in pane.detail.true.pieces if one.text.strip()]
    given = [one for one in pane.detail.given.pieces if one.text.strip()]
    assert [one.text for one in true] == made_runs.WORDS
    assert [one.tag for one in true if one.tag] == [tag for tag in made_runs.TAGS if tag != "O"]
    assert [one.tag for one in given if "✗" in one.tag] == ["O ✗", "B-ORG ✗"]
    wrong = frame(page).query("label != prediction")["id"].tolist()
    pane.chips["wrong"].click()
    wait_until(lambda: sorted(shown(pane)) == sorted(wrong))


def test_one_colour_for_each_kind() -> None:
    pieces = tagged(["a", "b", "c"], ["B-X", "I-X", "B-Y"], ["X", "Y"], ["B-X", "I-X", "B-Y"])
    looks = [one.look for one in pieces if one.tag]
    assert looks[0] == looks[1] != looks[2]
    assert not any("✗" in one.tag for one in pieces)


def test_passages_of_a_context() -> None:
    text = "0123456789"
    pieces = passages(text, Passage("2345", 2), [Passage("4567", 4)])
    assert "".join(one.text for one in pieces) == text
    assert [(one.text, one.look) for one in pieces if one.look] == [
        ("23", GIVEN),
        ("45", BOTH),
        ("67", TRUE),
    ]
    elsewhere = passages("no answer here", Passage(""), [])
    assert [one.look for one in elsewhere] == [""]
    moved = passages("a bb bb", Passage("bb", 5), [Passage("bb", 99)])
    assert [(one.text, one.look) for one in moved if one.look] == [("bb", TRUE), ("bb", GIVEN)]


def test_questions_show_where_the_answers_stand(
    open_task: Callable[..., ResultsPage], wait_until: Wait
) -> None:
    page = open_task("extractive_qa")
    pane = rows_of(page, wait_until)
    pane.chips["right"].click()
    table = frame(page)
    # By hand: “308” is accepted, and no answer where none is; “308 points” is not.
    right = [
        name
        for name, label, answer in zip(
            table["id"], table["label"], table["prediction"], strict=True
        )
        if (answer == "308" and label != "[]") or (answer == "" and label == "[]")
    ]
    wait_until(lambda: sorted(shown(pane)) == sorted(right))
    at = table.index[(table["prediction"] == "308") & (table["label"] != "[]")][0]
    pane.show_row(int(at))
    wait_until(lambda: pane.detail.title.text() == f"Row {table['id'][at]}")
    both = [one.text for one in pane.detail.given.pieces if one.look == BOTH]
    assert both == ["308"]
    assert pane.detail.question.text().startswith("How many points")


@pytest.mark.parametrize("task", ["masked_lm", "causal_lm"])
def test_worst_documents_come_first(
    task: str, open_task: Callable[..., ResultsPage], wait_until: Wait
) -> None:
    page = open_task(task)
    pane = rows_of(page, wait_until)
    table = frame(page)
    loss = table["nats"] / table["tokens"]
    assert shown(pane) == table["id"][loss.sort_values(ascending=False).index].tolist()
    assert f"Perplexity {math.exp(loss.max()):.3f}" in pane.detail.numbers.text()
    assert all(chip.isHidden() for chip in pane.chips.values())


def test_a_conversation_with_both_answers(
    open_task: Callable[..., ResultsPage], wait_until: Wait
) -> None:
    page = open_task("chat")
    pane = rows_of(page, wait_until)
    table = frame(page)
    written = table[table["prediction"].notna()]["id"].tolist()
    assert sorted(shown(pane)) == sorted(written)
    said = pane.detail.conversation.messages
    assert [one.role for one in said] == ["system", "user", "assistant", "assistant"]
    assert [one.remark for one in said[2:]] == ["generated", "reference"]
    assert said[2].text == "Mix flour and eggs and fry."
    pane.written.click()
    wait_until(lambda: len(shown(pane)) == len(table))


def test_margins_of_preferences(open_task: Callable[..., ResultsPage], wait_until: Wait) -> None:
    page = open_task("preference")
    pane = rows_of(page, wait_until)
    table = frame(page)
    margin = table["reward_chosen"] - table["reward_rejected"]
    first = table["id"][margin.idxmin()]
    assert shown(pane)[0] == first
    assert f"{-margin.min():.3f}" in pane.detail.verdict.text()
    remarks = [one.remark for one in pane.detail.conversation.messages]
    assert remarks == ["", "chosen", "rejected"]
    pane.chips["wrong"].click()
    wait_until(lambda: sorted(shown(pane)) == sorted(table["id"][margin <= 0]))


def test_pairs_that_do_not_find_each_other_come_first(
    open_task: Callable[..., ResultsPage], wait_until: Wait
) -> None:
    page = open_task("contrastive")
    pane = rows_of(page, wait_until)
    table = frame(page)
    worse = table[["image_rank", "text_rank"]].max(axis=1)
    order = worse.sort_values(ascending=False, kind="stable").index
    assert shown(pane) == table["id"][order].tolist()
    first = table.set_index("id").loc[shown(pane)[0]]
    said = f"its text in place {first.text_rank}, the text its picture in {first.image_rank}"
    assert said in pane.detail.verdict.text()
    assert first.nearest_text in pane.detail.numbers.text()
    pane.chips["right"].click()
    wait_until(lambda: sorted(shown(pane)) == sorted(table["id"][worse == 1]))


def test_words_are_found_in_the_texts(
    open_task: Callable[..., ResultsPage], wait_until: Wait
) -> None:
    pane = rows_of(open_task("regression"), wait_until)
    pane.search.setText("of 31 days")
    wait_until(lambda: shown(pane) == ["r031"])


def test_from_one_task_to_another_and_back(
    open_task: Callable[..., ResultsPage], wait_until: Wait, finished_run: Callable[..., Path]
) -> None:
    page = open_task("chat", "words")
    finished_run(page.window())
    run = page.context.workspace.runs / "tiny"
    page.open(run)
    wait_until(lambda: page.reading.path == run)
    words: Any = page._pane("words")
    assert page.stack.currentWidget() is words and hasattr(words, "explain")
    assert page.context.actions["results.explain"].isEnabled()
    again = page.context.workspace.runs / "chat"
    page.open(again)
    wait_until(lambda: page.reading.path == again)
    assert page.stack.currentWidget() is page._pane("words") is not words


def test_without_texts_the_answers_are_still_there(
    window: MainWindow, open_task: Callable[..., ResultsPage], wait_until: Wait
) -> None:
    made_runs.bring(window.workspace.path, "extractive_qa")
    (window.workspace.memory / "rows" / "extractive_qa.parquet").unlink()
    window.watch.look()
    window.go("results", run=window.workspace.runs / "extractive_qa", pane="rows")
    page = window.page("results")
    wait_until(lambda: page.reading is not None)
    pane = rows_of(page, wait_until)
    wait_until(lambda: pane.state.text() == "The inputs are not here", 60)
    assert len(shown(pane)) == made_runs.ROWS // 2
    assert "was not read yet" in pane.detail.text.toPlainText()


def test_words_agree_with_their_number(
    window: MainWindow, open_task: Callable[..., ResultsPage], wait_until: Wait
) -> None:
    run = made_runs.bring(window.workspace.path, "token_classification")
    table = pd.read_parquet(run / "predictions.parquet")
    right = json.loads(table["label"].iloc[0])
    table["prediction"] = json.dumps(["O", *right[1:]])
    table.to_parquet(run / "predictions.parquet", index=False)
    window.watch.look()
    window.go("results", run=run, pane="rows")
    page = window.page("results")
    wait_until(lambda: page.reading is not None and page.reading.path == run)
    assert rows_of(page, wait_until).detail.verdict.text() == "✗ 1 tag differs."


def test_an_answer_that_equals_its_label_is_neither_too_low_nor_too_high(
    window: MainWindow, wait_until: Wait
) -> None:
    run = made_runs.bring(window.workspace.path, "regression")
    table = pd.read_parquet(run / "predictions.parquet")
    table["prediction"] = table["label"]
    table.to_parquet(run / "predictions.parquet", index=False)
    window.watch.look()
    window.go("results", run=run, pane="rows")
    page = window.page("results")
    wait_until(lambda: page.reading is not None and page.reading.path == run)
    assert rows_of(page, wait_until).detail.verdict.text().endswith("as it is labelled.")


def test_numbers_are_short_in_the_table_and_whole_when_copied(
    open_task: Callable[..., ResultsPage], wait_until: Wait
) -> None:
    page = open_task("regression")
    pane = rows_of(page, wait_until)
    model = pane.view.columns
    at = model.names.index("Answer − label")
    table = frame(page).set_index("id")
    gaps = table["prediction"] - table["label"]
    assert (gaps < 0).any()
    for row, name in enumerate(shown(pane)):
        assert model.index(row, at).data() == f"{gaps[name]:.3f}".replace("-", "−")
        (copied,) = model.texts([model.source_row(row)], at)
        assert math.isclose(float(copied), gaps[name], rel_tol=1e-12)


def test_a_run_opened_from_elsewhere_is_seen_from_its_top(
    window: MainWindow, open_task: Callable[..., ResultsPage], wait_until: Wait
) -> None:
    page = open_task("regression")
    (area,) = page._pane("overview").findChildren(QScrollArea)
    bar = area.verticalScrollBar()
    wait_until(lambda: bar.maximum() > 0)
    bar.setValue(bar.maximum())
    open_task("multilabel")
    assert bar.value() == 0


@pytest.mark.parametrize("task", TASKS)
def test_nothing_of_a_row_is_wider_than_its_pane(
    task: str, window: MainWindow, open_task: Callable[..., ResultsPage], wait_until: Wait
) -> None:
    window.resize(1280, 800)
    page = open_task(task)
    pane = rows_of(page, wait_until)
    (area,) = [one for one in pane.detail.findChildren(QScrollArea) if one.widgetResizable()]
    assert area.widget().width() <= area.viewport().width()


def test_cards_fill_the_width_however_many_there_were_before(
    window: MainWindow, open_task: Callable[..., ResultsPage]
) -> None:
    window.resize(2000, 800)
    for task in ("multilabel", "token_classification", "multilabel"):
        cards = open_task(task)._pane("overview").cards
        QApplication.processEvents()
        seen = [card for card in cards.cards if card.isVisible()]
        last = max(card.geometry().right() for card in seen)
        assert cards.width() - last <= 2
        shutil.rmtree(window.workspace.runs / task)


def test_rows_left_out_stand_on_the_overview(
    window: MainWindow, wait_until: Wait, open_task: Callable[..., ResultsPage]
) -> None:
    page = open_task("regression")
    assert page._pane("overview").left_out.isHidden()  # type: ignore[attr-defined]
    bad = [
        {
            "source": "/data/table.csv",
            "row": row,
            "column": "photo",
            "cell": f"photos/{row}.jpg",
            "reason": "it is damaged or cut off",
        }
        for row in (3, 8)
    ]
    run = made_runs.bring(window.workspace.path, "multilabel")
    environment = json.loads((run / "environment.json").read_text())
    environment["data"]["bad_samples"] = bad
    (run / "environment.json").write_text(json.dumps(environment))
    window.watch.look()
    window.go("results", run=run, pane="overview")
    wait_until(lambda: page.reading is not None and page.reading.path == run)
    left_out: Any = page._pane("overview").left_out  # type: ignore[attr-defined]
    assert not left_out.isHidden()
    cells = left_out.inside.model()
    rows = [[cells.index(row, at).data() for at in range(5)] for row in range(cells.rowCount())]
    assert [(row[1], row[3], row[4]) for row in rows] == [
        ("3", "photos/3.jpg", "it is damaged or cut off"),
        ("8", "photos/8.jpg", "it is damaged or cut off"),
    ]
    assert left_out.named.name.startswith("data.rows-left-out")  # as `pellucid export` knows it


@pytest.mark.parametrize("task", ["regression", "multilabel"])
def test_groups_of_numbers_and_label_sets_stand_beside_each_other(
    task: str, open_task: Callable[..., ResultsPage], wait_until: Wait
) -> None:
    page = open_task(task)
    run = page.reading.path
    found = audit(Run.open(run), groups=["region"], spec=AuditSpec(permutations=99, small=5))
    (run / "audit.json").write_text(json.dumps(found.as_json()))
    before = page.reading
    page.reload()
    wait_until(lambda: page.reading is not before)
    page.show_pane("groups")
    groups: Any = page._pane("groups")
    groups.show_view("figures")
    kept = json.loads((run / "audit.json").read_text())["region"]
    for at in range(groups.choice.rate.count()):
        groups.choice.rate.setCurrentIndex(at)
        name = groups.choice.figure
        figure = groups.figures.rates.inside.figure
        values = [one["value"] for one in (kept["groups"][g][name] for g in kept["groups"])]
        shown = [None if math.isnan(one.value) else one.value for one in figure.values]
        assert shown == values
    assert groups.choice.label.isVisibleTo(groups) == (task == "multilabel")
    groups.show_view("curves")
    if task == "regression":
        assert "numbers" in groups.curves._why_not.text()
