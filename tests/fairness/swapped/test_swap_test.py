"""Counterfactual swaps of runs whose answers are known from the outside."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy.stats import binomtest

from pellucid import Recipe, execute
from pellucid.errors import DataError, RunError
from pellucid.fairness import largest_shifts, swap_test
from pellucid.fairness.swapped.record import TABLE, read_swaps, write_swaps
from pellucid.fairness.swapped.section import findings, limits, sections, sentences
from pellucid.fairness.swapped.spec import SwapSpec
from pellucid.tests.command_line import called

PAIRS = {"good": "bad", "kind": "rude", "quick": "slow", "warm": "cold"}
"""Words by which the labels of the sentences are told, each with one of the other side."""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lists") / "tone.yaml"
    path.write_text(yaml.safe_dump({"tone": {"fair": list(PAIRS), "foul": list(PAIRS.values())}}))
    return path


@pytest.fixture(scope="module")
def run(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("runs") / "run"
    shutil.copytree(finished, copy, ignore=shutil.ignore_patterns("checkpoints"))
    return copy


def turned(text: str) -> str:
    """Swap the words of a sentence of the fixture, by a plain look into a dictionary."""
    both = PAIRS | {new: old for old, new in PAIRS.items()}
    return " ".join(
        both.get(word.rstrip("."), word.rstrip(".")) + "." * word.endswith(".")
        for word in text.split(" ")
    )


def scored(folder: Path, texts: list[str]) -> np.ndarray:
    """Answer texts by transformers alone; shape (texts, classes)."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    model = AutoModelForSequenceClassification.from_pretrained(folder / "model").eval()
    with torch.inference_mode():
        logits = [
            model(**tokenizer(text, return_tensors="pt", truncation=True, max_length=32)).logits[0]
            for text in texts
        ]
    return torch.stack(logits).softmax(-1).numpy()


def test_flips_and_shifts_are_those_of_the_swapped_sentences(
    run: Path, own: Path, table: Path
) -> None:
    found = swap_test(run, own_list=own)
    predicted = pd.read_parquet(run / "predictions.parquet")
    predicted = predicted[predicted["split"] == "test"]
    texts = pd.read_csv(table).set_index("id")["text"]
    ids = [one for one in predicted["id"] if turned(texts[one]) != texts[one]]
    assert len(ids) > 20 and found.looked == len(predicted)
    assert found.whole is not None and (found.whole.rows, found.whole.pairs) == (len(ids),) * 2
    before = scored(run, [texts[one] for one in ids])
    after = scored(run, [turned(texts[one]) for one in ids])
    flips = int((before.argmax(1) != after.argmax(1)).sum())
    assert flips > 0
    rate = found.whole.figures["flip_rate"]
    assert rate.value == pytest.approx(flips / len(ids), abs=1e-12)
    ends = binomtest(flips, len(ids)).proportion_ci(method="wilson")
    assert (rate.low, rate.high) == pytest.approx((ends.low, ends.high), abs=1e-9)
    for code, label in enumerate(found.labels):
        moved = after[:, code] - before[:, code]
        signed = found.whole.figures[f"shift:{label}"]
        size = found.whole.figures[f"absolute_shift:{label}"]
        assert signed.value == pytest.approx(moved.mean(), abs=1e-5)
        assert size.value == pytest.approx(np.abs(moved).mean(), abs=1e-5)
        assert size.low < size.value < size.high
        # About as wide as the normal approximation says.
        wide = 2 * 1.96 * np.abs(moved).std() / np.sqrt(len(ids))
        assert 0.6 < (size.high - size.low) / wide < 1.4
    stored = pd.read_parquet(run / TABLE)
    assert stored["id"].tolist() == ids
    assert stored["swapped"].tolist() == [turned(texts[one]) for one in ids]
    assert stored["flipped"].sum() == flips


def test_pairs_labels_and_examples(run: Path, own: Path) -> None:
    found = swap_test(run, own_list=own, spec=SwapSpec(examples=4))
    stored = pd.read_parquet(run / TABLE)
    counted = stored.groupby("pair").size().to_dict()
    assert {one.name: one.pairs for one in found.groups} == counted
    assert set(counted) <= {"fair → foul", "foul → fair", "fair ↔ foul", "foul ↔ fair"}
    for one in found.groups:
        flipped = stored.loc[stored["pair"] == one.name, "flipped"]
        assert one.figures["flip_rate"].value == pytest.approx(flipped.mean())
    assert {one.name: one.pairs for one in found.by_label} == stored[
        "label"
    ].value_counts().to_dict()
    columns = [f"swapped:{label}" for label in found.labels]
    before = stored[[f"score:{label}" for label in found.labels]].to_numpy()
    shift = np.abs(stored[columns].to_numpy() - before).max(axis=1)
    assert stored["shift"].to_numpy() == pytest.approx(shift)
    assert len(found.examples) == 4
    best = stored[stored["flipped"]].sort_values("shift", ascending=False)
    assert found.examples[0].id == best["id"].iloc[0]
    for one in found.examples:
        text = one.original
        for start, end, new in reversed(one.changes):
            text = text[:start] + new + text[end:]
        assert text == one.swapped == turned(one.original)
    # A cell of the swapped row is what explain is asked about.
    top = largest_shifts(run, 3)
    assert top["shift"].tolist() == sorted(stored["shift"], reverse=True)[:3]
    assert json.loads(top["cells"].iloc[0]) == {"text": top["swapped"].iloc[0]}


def test_a_decision_is_applied_to_both(run: Path, own: Path, tmp_path: Path) -> None:
    """From a threshold that no score reaches on, both texts are answered alike."""
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    (copy / "decision.json").write_text(
        json.dumps({"format": 1, "positive": "positive", "threshold": 1.0})
    )
    found = swap_test(copy, own_list=own)
    assert found.whole is not None and found.whole.figures["flip_rate"].value == 0
    assert found.whole.figures["absolute_shift:positive"].value > 0


def test_most_swaps_of_a_row_are_drawn(run: Path, tmp_path: Path) -> None:
    lists = {"tone": {"a": ["good"], "b": ["bad"], "c": ["kind"], "d": ["rude"]}}
    path = tmp_path / "own.json"
    path.write_text(json.dumps(lists))
    every = swap_test(run, own_list=path)
    table = pd.read_parquet(run / TABLE)
    one = swap_test(run, own_list=path, most=1)
    drawn = pd.read_parquet(run / TABLE)
    assert every.whole is not None and one.whole is not None
    assert one.whole.pairs == one.whole.rows == every.whole.rows < every.whole.pairs
    assert set(zip(drawn["id"], drawn["pair"], strict=True)) <= set(
        zip(table["id"], table["pair"], strict=True)
    )
    assert drawn["pair"].nunique() > 3  # not always the first
    assert swap_test(run, own_list=path, most=1) == one
    # Rows with several swaps: a row flips where any of them does.
    flips = table.groupby("id")["flipped"].any().mean()
    assert every.whole.figures["rows_flipped"].value == pytest.approx(flips)
    figure = every.whole.figures["flip_rate"]
    assert figure.value == pytest.approx(table["flipped"].mean())
    assert figure.method == "bootstrap"


def test_rows_are_chosen_and_a_list_may_find_none(run: Path, own: Path) -> None:
    some = swap_test(run, own_list=own, rows="0:10")
    assert some.looked == 10
    none = swap_test(run, ["religion"])
    assert none.whole is None and none.groups == () and not (run / TABLE).exists()
    assert sentences(none) == [
        f"None of {none.looked} test rows has a term of the lists religion that could be swapped."
    ]
    assert sections(none)[0].blocks and findings(none) == () and limits(none) == []
    with pytest.raises(RunError):
        largest_shifts(run)


def test_written_and_read_back(run: Path, own: Path, tmp_path: Path) -> None:
    found = swap_test(run, own_list=own)
    write_swaps(tmp_path / "swapped.json", found)
    assert read_swaps(tmp_path / "swapped.json") == found


def test_the_report_says_what_was_measured(run: Path, own: Path) -> None:
    from pellucid.core.report.html import render
    from pellucid.core.report.tree import Report

    found = swap_test(run, own_list=own)
    assert found.whole is not None
    said = findings(found)[0].text
    rate = found.whole.figures["flip_rate"]
    assert f"{rate.value:.1%} ({rate.low:.1%} to {rate.high:.1%})" in said
    html = render(Report("t", "s", findings(found), sections(found)))
    first = found.examples[0]
    assert f"Row {first.id}" in html and "<del>" in html
    assert "could be swapped" in html and "bias" not in " ".join(sentences(found))


def test_command(
    run: Path, own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["swap", str(run), "--own-list", str(own)]
    code, out, _ = called([*asked, "--quiet"], monkeypatch, capsys)
    file = run / "audit" / "swapped.json"
    assert code == 0 and out.splitlines()[-1] == str(file)
    stored = read_swaps(file)
    assert all(sentence in out for sentence in sentences(stored))
    code, out, _ = called([*asked, "--json"], monkeypatch, capsys)
    assert code == 0
    assert json.loads(out)["swapped"] == json.loads(json.dumps(stored.as_json()))


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--terms", "gendr"], "terms “gendr”"),
        (["--most", "0"], "--most 0: "),
        (["--own-list", "nowhere.yaml"], "nowhere.yaml: "),
        (["--rows", "nobody"], "rows: “nobody”"),
    ],
)
def test_what_is_not_there(
    words: list[str],
    named: str,
    run: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, err = called(["swap", str(run), *words], monkeypatch, capsys)
    assert (code, out) == (DataError.exit_code, "")
    assert named in err and err.count("\n") == 1


def trained(raw: dict[str, object], table: pd.DataFrame, folder: Path, **changes: object) -> Path:
    source = folder / "table.csv"
    table.to_csv(source, index=False)
    data = {"source": str(source), "inputs": {"text": "text"}, "label": "label", "id": "id"}
    recipe = {**raw, "data": data, "audit": {}, **changes}
    recipe["train"] = {"max_steps": 30, "learning_rate": 3e-3, "batch_size": 16}
    recipe["evaluate"] = {"baselines": False, "replicates": 100, "new_tokens": 6}
    return execute(Recipe.of(recipe), folder / "runs", only=["train", "evaluate"]).path


def test_numbers_move(
    raw_recipe: dict[str, object],
    make_sentences: Callable[..., pd.DataFrame],
    own: Path,
    tmp_path: Path,
) -> None:
    rows = make_sentences(120)
    rows["label"] = np.where(rows["label"] == "positive", 4.5, 1.5)
    model = {**dict(raw_recipe["model"]), "task": "regression"}  # type: ignore[call-overload]
    run = trained(raw_recipe, rows, tmp_path, model=model)
    found = swap_test(run, own_list=own)
    table = pd.read_parquet(run / TABLE)
    assert found.kind == "number" and found.whole is not None and found.by_label == ()
    moved = table["swapped:prediction"] - table["score:prediction"]
    assert found.whole.figures["shift:prediction"].value == pytest.approx(moved.mean())
    assert found.whole.figures["absolute_shift:prediction"].value == pytest.approx(
        moved.abs().mean()
    )
    assert "predicted number moved by" in sentences(found)[1]
    assert sections(found)


def test_label_sets_flip(
    raw_recipe: dict[str, object],
    make_sentences: Callable[..., pd.DataFrame],
    own: Path,
    tmp_path: Path,
) -> None:
    rows = make_sentences(120)
    rows["label"] = np.where(rows["label"] == "positive", "fine|nice", "nice")
    model = {**dict(raw_recipe["model"]), "task": "multilabel"}  # type: ignore[call-overload]
    run = trained(raw_recipe, rows, tmp_path, model=model)
    found = swap_test(run, own_list=own)
    table = pd.read_parquet(run / TABLE)
    assert found.kind == "labels" and found.whole is not None
    other = (table["score:fine"] > 0.5) != (table["swapped:fine"] > 0.5)
    other |= (table["score:nice"] > 0.5) != (table["swapped:nice"] > 0.5)
    assert found.whole.figures["flip_rate"].value == pytest.approx(other.mean())
    assert set(table["label"]) == {"fine|nice", "nice"}


def test_written_answers_are_compared(
    raw_recipe: dict[str, object],
    make_sentences: Callable[..., pd.DataFrame],
    tiny_decoder: Path,
    own: Path,
    tmp_path: Path,
) -> None:
    rows = make_sentences(60)
    model = {"name": str(tiny_decoder), "max_length": 48, "task": "causal_lm"}
    run = trained(raw_recipe, rows, tmp_path, model=model)
    found = swap_test(run, own_list=own)
    table = pd.read_parquet(run / TABLE)
    assert found.kind == "text" and found.whole is not None and found.labels == ()
    figures = found.whole.figures
    assert figures["equal"].value == pytest.approx(table["equal"].mean())
    assert figures["similarity"].value == pytest.approx(table["similarity"].mean())
    same = table["prediction"] == table["swapped_prediction"]
    assert (table.loc[same, "similarity"] == 1).all()
    assert found.examples == tuple(sorted(found.examples, key=lambda one: -one.shift))
    assert "written answers were the same" in sentences(found)[1]
    assert sections(found)
