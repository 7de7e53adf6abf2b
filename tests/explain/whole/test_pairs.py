"""Explaining both texts of counterfactual pairs, read from a table."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from pellucid.core.report.html import render
from pellucid.core.report.tree import Report
from pellucid.core.runs import Run
from pellucid.errors import DataError, RunError
from pellucid.explain.reported import reported
from pellucid.explain.whole.pairs import TABLE, explain_pairs, read_pairs, write_pairs
from pellucid.explain.whole.pairs_section import sections


@pytest.fixture(scope="module")
def run(finished: Path, tmp_path_factory: pytest.TempPathFactory, table: Path) -> Path:
    """Copy a run, with a table of its first test rows that end otherwise."""
    copy = tmp_path_factory.mktemp("runs") / "run"
    shutil.copytree(finished, copy, ignore=shutil.ignore_patterns("checkpoints", "explanations"))
    predictions = pd.read_parquet(copy / "predictions.parquet")
    rows = predictions[predictions["split"] == "test"].head(5)
    texts = pd.read_csv(table).set_index("id")["text"]
    swapped = [f"{texts[one].rstrip('.')} awful." for one in rows["id"]]
    pairs = pd.DataFrame(
        {
            "id": rows["id"],
            "category": "tone",
            "pair": "fair → foul",
            "cells": [json.dumps({"text": one}) for one in swapped],
            "swapped": swapped,
            "score:negative": 0.4,
            "score:positive": 0.6,
            "swapped:negative": 0.5,
            "swapped:positive": [0.1, 0.2, 0.3, 0.45, 0.5],
            "shift": [0.5, 0.4, 0.3, 0.15, 0.1],
        }
    )
    (copy / "audit").mkdir(exist_ok=True)
    pairs.to_parquet(copy / TABLE)
    return copy


def logits(folder: Path, text: str) -> list[float]:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    model = AutoModelForSequenceClassification.from_pretrained(folder / "model").eval()
    with torch.inference_mode():
        return model(**tokenizer(text, return_tensors="pt")).logits[0].tolist()


def test_both_texts_are_explained_for_what_moved(run: Path) -> None:
    found = explain_pairs(run, 3)
    table = pd.read_parquet(run / TABLE)
    assert [one.maps[0].id for one in found] == table["id"].tolist()[:3]
    for one, line in zip(found, table.itertuples(), strict=False):
        first, second = one.maps
        assert first.target == second.target == "positive"
        assert second.segments[-2:] == ("awful", ".")
        assert [*first.segments[:-1]] == [*second.segments[: len(first.segments) - 1]]
        labels = Run.open(run).labels
        expected = logits(run, line.swapped)[labels.index("positive")]
        assert second.output == pytest.approx(expected, abs=1e-4)
        assert second.output - second.baseline_output == pytest.approx(
            second.scores.sum() + second.special, abs=0.05
        )
    assert (found[0].before, found[0].after) == (0.6, 0.1)
    write_pairs(run / "explanations", found)
    again = read_pairs(run / "explanations")
    assert [one.pair for one in again] == [one.pair for one in found]
    assert [x.output for one in again for x in one.maps] == pytest.approx(
        [x.output for one in found for x in one.maps]
    )


def test_the_report_draws_both_maps(run: Path) -> None:
    found = explain_pairs(run, 2)
    write_pairs(run / "explanations", found)
    told, _ = reported(run / "explanations", Run.open(run).dataset(), maps=2)
    assert [one.title for one in told] == [one.title for one in sections(found)]
    html = render(Report("t", "s", (), tuple(told)))
    assert html.count("As it is: answered") == html.count("Swapped: answered") == 2
    assert "went from 0.6 to 0.1" in html
    assert sections([]) == ()


def test_what_is_not_there(run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    table = pd.read_parquet(copy / TABLE)
    table.assign(id="nobody").to_parquet(copy / TABLE)
    with pytest.raises(RunError, match="nobody"):
        explain_pairs(copy)
    (copy / TABLE).unlink()
    with pytest.raises(RunError):
        explain_pairs(copy)
    with pytest.raises(DataError, match="saliensy"):
        explain_pairs(run, method="saliensy")
