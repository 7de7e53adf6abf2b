"""The jobs page for every task: curves of any metric, answers while it learns, tokens a second."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from pellucid.gui.pages.jobs.curves import foremost, panel_of
from pellucid.gui.window import MainWindow

Wait = Callable[..., None]


def metric(name: str, value: float, at: int, split: str = "validation") -> dict[str, Any]:
    return {"event": "Metric", "name": name, "value": value, "at": at, "split": split}


def sample(
    at: int, text: str, reference: str | None = "Thin.", asks: str = "How do I fry it?"
) -> dict[str, Any]:
    prompt = json.dumps([{"role": "user", "content": asks}])
    return {"event": "Sample", "prompt": prompt, "text": text, "at": at, "reference": reference}


def tell(run: Path, *told: dict[str, Any]) -> None:
    lines = [json.dumps({"job": run.name, "sequence": 1, "time": 1.7e9, **one}) for one in told]
    with (run / "events.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


@pytest.fixture
def show(window: MainWindow, wait_until: Wait) -> Callable[..., Any]:
    def show_(*told: dict[str, Any]) -> Any:
        run = window.workspace.runs / "chat"
        run.mkdir(parents=True)
        (run / "recipe.yaml").write_text("name: chat\n")
        job = {"pid": 1, "started": 1.7e9, "command": ["pellucid"], "host": "here"}
        (run / "job.json").write_text(json.dumps(job))
        tell(run, {"event": "Started", "step": "run", "steps": ["train"]}, *told)
        window.watch.look()
        window.go("jobs", run=run)
        detail = window.page("jobs").detail
        wait_until(lambda: detail.job is not None and detail.job.path == run)
        detail.catch_up()
        return detail

    return show_


def titles(detail: Any) -> list[str]:
    cards = detail.curves._cards
    return [name for name in detail.curves._shown if not cards[name].isHidden()]


def test_metrics_of_one_scale_are_drawn_together(show: Callable[..., Any]) -> None:
    detail = show(
        metric("loss", 2.0, 1, "train"),
        metric("loss", 1.9, 5),
        metric("perplexity", 6.7, 5),
        metric("f1_entity", 0.4, 5),
        metric("mean_absolute_error", 31.0, 5),
        metric("samples_per_second", 20.0, 5, "train"),
        metric("tokens_per_second", 2400.0, 5, "train"),
    )
    assert {"loss", "validation", "perplexity", "error", "tokens_per_second"} <= set(titles(detail))
    plots = detail.curves.plots
    drawn = {name: [line.name for line in plots[name].figure.lines] for name in titles(detail)}
    assert drawn["loss"] == ["training loss", "validation loss"]
    assert drawn["validation"] == ["F1 of entities"]
    assert drawn["perplexity"] == ["Perplexity"] and drawn["error"] == ["Mean absolute error"]
    assert detail.curves.numbers["speed"].text() == "20 (2,400 tokens)"
    assert detail.curves.numbers["best"].text() == "F1 of entities 0.400, step 5"


def test_no_empty_figure_where_other_metrics_are_validated(show: Callable[..., Any]) -> None:
    detail = show(metric("loss", 1.9, 5), metric("perplexity", 6.7, 5))
    assert "validation" not in titles(detail) and "perplexity" in titles(detail)
    assert "tokens_per_second" not in titles(detail)


def test_every_loss_belongs_to_the_losses() -> None:
    assert {panel_of(name) for name in ("log_loss", "loss", "preference_loss")} == {"loss"}
    assert panel_of("hamming_loss") == "validation"
    assert foremost(["loss", "perplexity"]) == "perplexity"
    assert foremost(["something", "else"]) == "something"
    assert foremost([]) is None


def test_the_newest_answers_stand_there(show: Callable[..., Any], window: MainWindow) -> None:
    detail = show(
        sample(10, "fry"), sample(20, "fry thin"), sample(20, "thin fry", None, "And then?")
    )
    samples = detail.samples
    assert not samples.isHidden() and samples.step.currentData() == 20
    shown = [talk for talk in samples.shown if not talk.isHidden()]
    said = [[(one.role, one.text) for one in talk.messages] for talk in shown]
    asked = ("user", "How do I fry it?")
    assert said == [
        [asked, ("assistant", "fry thin"), ("assistant", "Thin.")],
        [("user", "And then?"), ("assistant", "thin fry")],
    ]
    samples.step.setCurrentIndex(1)
    assert samples.shown[0].messages[1].text == "fry" and samples.shown[1].isHidden()
    run = window.workspace.runs / "chat"
    tell(run, sample(30, "very thin"))
    detail.catch_up()
    assert samples.step.currentData() == 10  # what is read stays
    samples.step.setCurrentIndex(0)
    assert samples.shown[0].messages[1].text == "very thin"
    tell(run, sample(20, "told anew"))  # resumed: later steps are lost
    detail.catch_up()
    steps = [samples.step.itemData(at) for at in range(samples.step.count())]
    assert steps == [20, 10]
    assert samples.shown[0].messages[1].text == "told anew"


def test_without_answers_nothing_stands_there(show: Callable[..., Any]) -> None:
    assert show(metric("loss", 2.0, 1, "train")).samples.isHidden()


def test_the_best_validation_has_no_more_digits_than_tell_anything(
    show: Callable[..., Any],
) -> None:
    told = [metric("perplexity", 3200.5123, 1000), metric("perplexity", 2904.7718, 2000)]
    detail = show(*told)
    assert detail.curves.numbers["best"].text() == "Perplexity 2,904.8, step 2,000"


def test_every_figure_has_room_below_its_legend(
    show: Callable[..., Any], window: MainWindow
) -> None:
    window.resize(1280, 800)
    names = ("f1_micro", "f1_macro", "f1_samples", "subset_accuracy", "hamming_loss", "loss")
    detail = show(*(metric(name, 0.5, at) for name in names for at in (10, 20)))
    QApplication.processEvents()
    shown = [detail.curves.plots[name] for name in titles(detail)]
    assert len(shown) > 2
    for plot in shown:
        assert plot.plot.height() >= 160
        assert plot.plot.geometry().bottom() <= plot.height()
