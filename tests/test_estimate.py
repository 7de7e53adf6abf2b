"""An estimate against what a run of the same recipe then tells of itself."""

from __future__ import annotations

import copy
import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest
import yaml

from pellucid import Recipe, execute
from pellucid.core import events
from pellucid.core.checkpoints import Checkpoints
from pellucid.core.trial import Bystanders, _costs, _pace, _spread
from pellucid.errors import DataError, ModelError, RecipeError
from pellucid.estimate import Estimate, _saves_between, estimate


def changed(raw: dict[str, Any], **train: Any) -> Recipe:
    raw = copy.deepcopy(raw)
    raw["train"].update(train)
    return Recipe.of(raw)


@pytest.fixture(scope="module")
def found(raw_recipe: dict[str, Any]) -> Estimate:
    return estimate(Recipe.of(raw_recipe))


def test_steps_are_those_of_the_run(found: Estimate, finished: Path) -> None:
    told = events.read(finished / "events.jsonl")
    trained = [one for one in told if isinstance(one, events.Progress) and one.step == "train"]
    assert found.steps == trained[-1].done == trained[-1].total == 60
    rows = json.loads((finished / "environment.json").read_text())["data"]["rows"]
    assert found.rows == rows
    explained = pd.read_parquet(finished / "explanations" / "integrated_gradients.parquet")
    assert found.explained == len(explained)


def on_disk(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def test_disk_and_weights_are_those_of_the_run(found: Estimate, finished: Path) -> None:
    from safetensors.torch import load_file

    tensors = load_file(finished / "model" / "model.safetensors")
    weights = sum(tensor.numel() for tensor in tensors.values())
    assert found.parameters == found.trained == weights
    checkpoints = sorted((finished / "checkpoints").glob("step-*"))
    assert found.checkpoint == pytest.approx(on_disk(checkpoints[-1]), rel=0.03)


ADAPTED: dict[str, Any] = {
    "full": "full",
    "frozen layer": {"kind": "full", "frozen_layers": 1},
    "head": "head",
    "lora": {"kind": "lora", "rank": 4},
    "lora alone": {"kind": "lora", "rank": 4, "merge": False},
    "dora": {"kind": "dora", "rank": 4},
}


@pytest.fixture(scope="module")
def wide_model(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a model large enough that the names of its weights weigh little beside them."""
    import torch
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    folder = tmp_path_factory.mktemp("models") / "wide"
    AutoTokenizer.from_pretrained(tiny_model).save_pretrained(folder)
    config = AutoConfig.from_pretrained(tiny_model)
    config.update({"hidden_size": 96, "intermediate_size": 192, "num_hidden_layers": 3})
    torch.manual_seed(0)
    AutoModel.from_config(config).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("kind", [*ADAPTED, "average", "few bytes"])
def test_disk_is_what_a_run_takes(
    kind: str,
    raw_recipe: dict[str, Any],
    wide_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One checkpoint, and the most that lay there at a time, beside what a run had written."""
    raw = copy.deepcopy(raw_recipe)
    raw["model"] |= {"name": str(wide_model), "adapt": ADAPTED.get(kind, "full")}
    raw["train"] |= {"epochs": 2, "checkpoint_steps": 7, "keep_checkpoints": 2}
    if kind == "average":
        raw["train"]["average"] = 0.9
    if kind == "few bytes":
        raw["train"] |= {"keep_checkpoints": 5, "keep_gigabytes": 0.008}
    said = estimate(Recipe.of(raw))
    most = 0
    save = Checkpoints.save

    def watched(self: Checkpoints, *args: Any) -> Path:
        nonlocal most
        before = on_disk(self.folder)
        path = save(self, *args)
        most = max(most, before + on_disk(path))  # the old ones are dropped when it is whole
        return path

    monkeypatch.setattr(Checkpoints, "save", watched)
    run = execute(Recipe.of(raw), tmp_path, only=["train"])
    most = max(most, on_disk(run.path / "checkpoints") + on_disk(run.path / "model"))
    newest = sorted((run.path / "checkpoints").glob("step-*"))[-1]
    assert said.checkpoint == pytest.approx(on_disk(newest), rel=0.03)
    assert said.disk == pytest.approx(most, rel=0.03)


def test_features_of_a_head_count_where_they_go_to_the_disk(
    raw_recipe: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = copy.deepcopy(raw_recipe)
    raw["model"]["adapt"] = "head"
    within = estimate(Recipe.of(raw))
    monkeypatch.setattr("pellucid.core.head_features.IN_MEMORY", 0)
    beside = estimate(Recipe.of(raw))
    # The first token's 32 numbers, or the pooled ones, of the rows that are learnt or chosen by.
    rows = beside.rows["train"] + beside.rows["validation"]
    assert beside.disk - within.disk == rows * 32 * 4
    assert 0 < within.trained < within.parameters / 10 and within.train > 0


def test_times_are_positive_and_grow_with_the_epochs(
    raw_recipe: dict[str, Any], found: Estimate
) -> None:
    twice = estimate(changed(raw_recipe, epochs=6))
    assert twice.steps == 2 * found.steps and twice.epochs == 6
    for one in (found, twice):
        for seconds in (one.prepare, one.train, one.evaluate, one.explain):
            assert 0 < seconds < math.inf
        assert one.total == pytest.approx(one.prepare + one.train + one.evaluate + one.explain)
        assert one.memory > 4 * one.parameters * 4 and one.available > 0
    assert "may end sooner" in " ".join(found.sentences)
    never = copy.deepcopy(raw_recipe)
    never["train"]["early_stopping"] = {"patience": 0}
    never["explain"]["methods"] = []
    quiet = estimate(Recipe.of(never))
    assert "may end sooner" not in " ".join(quiet.sentences)
    assert (quiet.explain, quiet.explained) == (0.0, 0)


def test_long_samples_are_counted(
    raw_recipe: dict[str, Any], tiny_model: Path, make_sentences: Callable[..., Any], tmp_path: Path
) -> None:
    from transformers import AutoTokenizer

    table = make_sentences(200)
    for row in range(0, 200, 4):
        table.loc[row, "text"] = " ".join(["good room"] * (20 + row))
    table.to_csv(tmp_path / "long.csv", index=False)
    raw = copy.deepcopy(raw_recipe)
    raw["data"]["source"] = str(tmp_path / "long.csv")
    one = estimate(Recipe.of(raw))
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    lengths = np.array([len(tokenizer(text)["input_ids"]) for text in table["text"]])
    assert one.limit == 32 and one.longest == lengths.max()
    assert one.cut == pytest.approx((lengths > 32).mean())
    assert f"{one.longest:,} tokens" in " ".join(one.sentences)


def test_few_rows_stand_for_many(
    raw_recipe: dict[str, Any], found: Estimate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pellucid.estimate.ENCODED", 30)
    one = estimate(Recipe.of(raw_recipe))
    assert (one.rows, one.steps, one.disk) == (found.rows, found.steps, found.disk)
    assert one.train > 0 and "of 90 of the 400 rows" in " ".join(one.basis)


def test_it_says_where_others_kept_the_processors_busy(
    raw_recipe: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Bystanders()
    spin = "import time; end = time.process_time() + 0.5\nwhile time.process_time() < end: pass"
    subprocess.run([sys.executable, "-c", spin], check=True)
    # One of the processors was busy almost all the time; that others may be too only adds to it.
    assert 0.4 / psutil.cpu_count() < watch.share() <= 1
    for limit, told in ((-0.1, True), (1.1, False)):
        monkeypatch.setattr("pellucid.estimate.BUSY", limit)
        assert ("Other programs took" in " ".join(estimate(Recipe.of(raw_recipe)).basis)) == told


def test_nothing_is_written(
    raw_recipe: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source = Path(raw_recipe["data"]["source"]).parent
    model = Path(raw_recipe["model"]["name"])
    before = {place: sorted(place.rglob("*")) for place in (tmp_path, source, model)}
    estimate(Recipe.of(raw_recipe))
    assert {place: sorted(place.rglob("*")) for place in before} == before


@pytest.mark.parametrize(
    ("section", "change", "kind"),
    [
        ("data", {"label": "nothing"}, DataError),
        ("data", {"source": "nowhere.csv"}, DataError),
        ("model", {"name": "./nowhere"}, ModelError),
        ("audit", {"positive": "good"}, RecipeError),
        ("explain", {"rows": ["nobody"]}, DataError),
    ],
)
def test_what_a_run_refuses_is_refused(
    section: str, change: dict[str, Any], kind: type[Exception], raw_recipe: Any, tmp_path: Path
) -> None:
    raw = copy.deepcopy(raw_recipe)
    raw[section].update(change)
    with pytest.raises(kind) as by_estimate:
        estimate(Recipe.of(raw))
    with pytest.raises(kind) as by_run:
        execute(Recipe.of(raw), tmp_path / "runs")
    assert str(by_estimate.value) == str(by_run.value)


def test_the_command(raw_recipe: dict[str, Any], found: Estimate, tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(raw_recipe))

    def pellucid(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pellucid", "estimate", "recipe.yaml", *words]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=300, cwd=tmp_path
        )

    done = pellucid("--set", "train.epochs=1", "--json")
    raw = json.loads(done.stdout)
    assert raw["steps"] == 20 and raw["rows"] == found.rows
    assert raw["seconds"]["total"] == pytest.approx(
        sum(value for name, value in raw["seconds"].items() if name != "total")
    )
    assert raw["sentences"][0].startswith(("About ", "A few seconds"))
    assert [path.name for path in tmp_path.iterdir()] == ["recipe.yaml"]
    refused = pellucid("--set", "train.epochs=none")
    assert refused.returncode == 2 and "train.epochs" in refused.stderr


def test_batches_are_chosen_evenly_over_their_costs() -> None:
    lengths = np.array([5, 1, 9, 3])
    batches = [np.array([0, 1]), np.array([2]), np.array([3, 1, 1])]
    assert _costs(lengths, batches).tolist() == [10, 9, 9]
    costs = np.random.default_rng(0).permutation(1000)
    chosen = costs[_spread(costs)]
    assert chosen[0] == 999 and 0 in chosen and len(set(chosen)) == len(chosen) == 17
    assert np.diff(np.sort(chosen)).max() <= 64
    assert _spread(np.array([7])) == [0]


def test_a_disturbed_timing_does_not_count() -> None:
    costs = np.array([40, 10, 20, 30, 25])
    order = [0, 2, 0, 2, 1, 3]
    # The first two warm up; of the others the one of cost 20 was held up.
    pace = _pace(costs, order, [9.0, 9.0, 4.0, 8.0, 1.0, 3.0])
    assert pace.timed == 4 and pace.costs.tolist() == [10, 20, 30, 40]
    assert pace.seconds.tolist() == [1.0, 3.0, 3.0, 4.0]
    assert pace.total == pytest.approx(1 + 3 + 3 + 3 + 4)
    assert _pace(costs, order, [9.0]).total == 9.0 * 5
    assert _pace(costs, order, [9.0, 2.0]).total == 2.0 * 5


@pytest.mark.parametrize(
    ("per_epoch", "epochs", "every"), [(20, 3, 5), (20, 3, 7), (7, 4, 7), (5, 2, 200), (6, 5, 4)]
)
def test_checkpoints_between_the_ends_of_epochs(per_epoch: int, epochs: int, every: int) -> None:
    steps = range(1, per_epoch * epochs + 1)
    counted = sum(step % every == 0 and step % per_epoch != 0 for step in steps)
    assert _saves_between(per_epoch, per_epoch * epochs, every) == counted
    assert _saves_between(per_epoch, per_epoch * epochs, None) == 0
