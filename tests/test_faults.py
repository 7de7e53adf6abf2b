"""What must survive: a killed process, a full disk, a request to stop."""

from __future__ import annotations

import copy
import json
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from pellucid import Recipe, execute
from pellucid.core import CancelToken, Run, events


def write(folder: Path, raw: dict[str, Any], **train: Any) -> Path:
    path = folder / "recipe.yaml"
    sections = {**raw, "train": {**raw["train"], **train}}
    path.write_text(yaml.safe_dump(sections), encoding="utf-8")
    return path


def begin(recipe: Path, runs: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pellucid", "run", str(recipe), "--runs", str(runs), *more]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


def finish(recipe: Path, runs: Path, *more: str) -> str:
    process = begin(recipe, runs, *more)
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    return out


def steps_done(run: Path) -> int:
    told = [one.at for one in events.read(run / "events.jsonl") if isinstance(one, events.Metric)]
    return max(told, default=0)


def kill_and_resume(
    recipe: Path, tmp_path: Path, kills: int, seed: int, *, steps: int
) -> tuple[bytes, bytes, list[int]]:
    """Kill a training at random moments; return its weights, undisturbed ones, and the moments."""
    finish(recipe, tmp_path / "whole", "--only", "train")
    (whole,) = (tmp_path / "whole").iterdir()
    generator, moments, runs = random.Random(seed), [], tmp_path / "killed"
    for number in range(kills):
        process = begin(recipe, runs, "--only", "train", "--resume")
        wanted = steps * (number + generator.random()) / kills
        while process.poll() is None:
            found = list(runs.glob("*/events.jsonl"))
            if found and steps_done(found[0].parent) >= wanted:
                time.sleep(generator.random() * 0.2)
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.01)
        process.communicate()
        (run,) = runs.iterdir()
        moments.append(steps_done(run))
        if Run.open(run).status == "finished":
            break
    if Run.open(run).status != "finished":
        finish(recipe, runs, "--only", "train", "--resume")
    (run,) = runs.iterdir()
    assert Run.open(run).status == "finished"
    assert not list(run.rglob(".partial-*"))
    weights = [(one / "model" / "model.safetensors").read_bytes() for one in (run, whole)]
    return weights[0], weights[1], moments


def test_five_kills_change_no_bit(raw_recipe: dict[str, Any], tmp_path: Path) -> None:
    recipe = write(tmp_path, raw_recipe, epochs=6, checkpoint_steps=3)
    killed, whole, moments = kill_and_resume(recipe, tmp_path, kills=5, seed=1, steps=110)
    assert len(moments) >= 3, moments  # the kills fell into the training, not behind it
    assert killed == whole


@pytest.fixture(scope="session")
def recipes(
    raw_recipe: dict[str, Any], tiny_decoder: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    """Give recipes of four tasks that train in seconds, with dropout and a moving average."""
    folder = tmp_path_factory.mktemp("tasks")
    generator = random.Random(0)
    questions, texts, tags = (folder / one for one in ("questions.jsonl", "texts.csv", "tags.csv"))
    with questions.open("w", encoding="utf-8") as file:
        for _ in range(240):
            words = generator.choices(PLAIN, k=generator.randint(8, 24))
            place = generator.randrange(len(words))
            words[place] = generator.choice(ANSWERS)
            start = len(" ".join([*words[:place], ""]))
            answers = [{"text": words[place], "start": start}]
            row = {"question": "was it good?", "context": " ".join(words), "answers": answers}
            file.write(json.dumps(row) + "\n")
    with texts.open("w", encoding="utf-8") as file:
        file.write("text\n")
        for _ in range(240):
            words = generator.choices(PLAIN, k=generator.randint(4, 24))
            file.write(" ".join(words) + "\n")
    with tags.open("w", encoding="utf-8") as file:
        file.write("text,tags\n")
        for _ in range(240):
            words = generator.choices(PLAIN + ANSWERS, k=generator.randint(4, 24))
            marks = ["B-WORD" if word in ANSWERS else "O" for word in words]
            file.write(f"{' '.join(words)},{' '.join(marks)}\n")
    train = {"epochs": 3, "learning_rate": 1e-3, "batch_size": 8, "checkpoint_steps": 3}
    return {
        "classification": {**raw_recipe, "train": {**train, "batch_size": 16, "average": 0.9}},
        "extractive_qa": {
            "name": "questions",
            "data": {"source": str(questions), "label": "answers"},
            "model": {**raw_recipe["model"], "task": "extractive_qa"},
            "train": train,
        },
        "token_classification": {
            "name": "tags",
            "data": {"source": str(tags), "inputs": {"text": "text"}, "label": "tags"},
            "model": {**raw_recipe["model"], "task": "token_classification"},
            "train": train,
        },
        "causal_lm": {
            "name": "texts",
            "data": {"source": str(texts), "inputs": {"text": "text"}},
            "model": {
                "name": str(tiny_decoder),
                "task": "causal_lm",
                "max_length": 32,
                "dropout": 0.1,
            },
            "train": {**train, "packing": False},
        },
    }


PLAIN = ["the", "room", "was", "very", "and", "staff", "were", "a", "desk", "we", "it", "stayed"]
ANSWERS = ["good", "lovely", "bad", "awful"]


@pytest.mark.prove
@pytest.mark.parametrize(
    ("task", "kills", "seed"),
    [("classification", 7, 2), ("extractive_qa", 7, 3), ("causal_lm", 6, 4)],
)
def test_twenty_kills_over_three_tasks_change_no_bit(
    recipes: dict[str, dict[str, Any]], tmp_path: Path, task: str, kills: int, seed: int
) -> None:
    raw = recipes[task]
    # Behind the last moment enough is left of the 160 steps and more that the kill hits them.
    recipe = write(tmp_path, raw, epochs=8, early_stopping={"patience": 0})
    killed, whole, moments = kill_and_resume(recipe, tmp_path, kills, seed, steps=110)
    assert len(moments) == kills, moments
    assert killed == whole


@pytest.mark.prove
def test_five_kills_change_no_bit_of_minilm(
    real_data: Callable[[str], Path], tmp_path: Path
) -> None:
    raw = {
        "name": "kills",
        "data": {
            "source": str(real_data("rt_polarity") / "rt_polarity.csv"),
            "inputs": {"text": "text"},
            "label": "label",
            "split": {"train": 0.2, "validation": 0.1, "test": 0.7},
        },
        "model": {"name": "bundled/minilm"},
        "train": {"epochs": 2, "checkpoint_steps": 10},
    }
    recipe = write(tmp_path, raw)
    killed, whole, moments = kill_and_resume(recipe, tmp_path, kills=5, seed=2, steps=134)
    assert len(moments) == 5, moments
    assert killed == whole


def test_sigterm_saves_and_ends_well(raw_recipe: dict[str, Any], tmp_path: Path) -> None:
    recipe = write(tmp_path, raw_recipe, epochs=1000, checkpoint_steps=None)
    process = begin(recipe, tmp_path / "runs")
    run = tmp_path / "runs" / "tiny"
    while steps_done(run) < 5:
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.terminate()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert out.splitlines()[-1] == str(run)
    assert Run.open(run).status == "stopped"
    assert list((run / "checkpoints").glob("step-*"))


def test_cancel_command_exits_with_130(raw_recipe: dict[str, Any], tmp_path: Path) -> None:
    recipe = write(tmp_path, raw_recipe, epochs=1000, checkpoint_steps=20)
    process = begin(recipe, tmp_path / "runs")
    run = tmp_path / "runs" / "tiny"
    while steps_done(run) < 25:
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    command = [sys.executable, "-m", "pellucid", "cancel", str(run)]
    subprocess.run(command, check=True, capture_output=True)
    process.communicate(timeout=120)
    assert process.returncode == 130
    assert Run.open(run).status == "cancelled"


def test_a_full_disk_fails_the_job_and_keeps_the_last_checkpoint(
    raw_recipe: dict[str, Any], tmp_path: Path, small_disk: Path
) -> None:
    from safetensors.numpy import load_file

    recipe = write(tmp_path, raw_recipe, epochs=40, checkpoint_steps=5, keep_checkpoints=50)
    process = begin(recipe, small_disk)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 1, (out, err)
    assert "no space left on the disk" in err and "Traceback" not in err
    run = small_disk / "tiny"
    kept = sorted((run / "checkpoints").glob("step-*"))
    assert kept
    assert load_file(kept[-1] / "model.safetensors")
    assert json.loads((kept[-1] / "state.json").read_text())["step"] > 0
    assert not list(run.rglob(".partial-*"))


def told(run: Path, kind: type[events.Event]) -> list[Any]:
    return [one for one in events.read(run / "events.jsonl") if isinstance(one, kind)]


def stop_behind(raw: dict[str, Any], runs: Path, step: int) -> Run:
    """Carry a training out until a checkpoint of that step stands there."""
    token = CancelToken()

    def listen(event: events.Event) -> None:
        if isinstance(event, events.Artifact) and event.path.endswith(f"step-{step:08d}"):
            token.stop()

    run = execute(Recipe.of(raw), runs, emit=listen, cancel=token, only=["train"])
    assert run.status == "stopped"
    return run


@pytest.mark.parametrize(
    ("task", "adapt"),
    [
        ("classification", "full"),
        ("classification", "head"),
        ("extractive_qa", "frozen"),
        ("extractive_qa", "head"),
        ("token_classification", "head"),
        ("causal_lm", "full"),
        ("causal_lm", "lora"),
    ],
)
def test_stopped_and_resumed_changes_no_bit(
    recipes: dict[str, dict[str, Any]], tmp_path: Path, task: str, adapt: str
) -> None:
    raw = copy.deepcopy(recipes[task])
    raw["model"]["adapt"] = (
        {"kind": "full", "frozen_embeddings": True} if adapt == "frozen" else adapt
    )
    whole = execute(Recipe.of(raw), tmp_path / "whole", only=["train"])
    run = stop_behind(raw, tmp_path / "parts", 6)
    resumed = execute(Recipe.of(raw), tmp_path / "parts", only=["train"], resume=True)
    assert resumed.path == run.path and resumed.status == "finished"
    for file in sorted(whole.model.glob("*.safetensors")):
        assert (resumed.model / file.name).read_bytes() == file.read_bytes()


def test_a_stop_behind_the_training_ends_before_the_next_step(
    raw_recipe: dict[str, Any], tmp_path: Path
) -> None:
    token, raw = CancelToken(), copy.deepcopy(raw_recipe)

    def listen(event: events.Event) -> None:
        if isinstance(event, events.Artifact) and event.path == "model":
            token.stop()

    run = execute(Recipe.of(raw), tmp_path, emit=listen, cancel=token, only=["train", "evaluate"])
    assert run.status == "stopped" and run.has("model") and not run.has("evaluation.json")
    before = (run.path / "model" / "model.safetensors").stat().st_mtime_ns
    execute(Recipe.of(raw), tmp_path, only=["train", "evaluate"], resume=True)
    assert run.status == "finished" and run.has("evaluation.json")
    assert (run.path / "model" / "model.safetensors").stat().st_mtime_ns == before


@pytest.mark.parametrize("harm", ["cut", "flip"])
def test_a_damaged_checkpoint_is_set_aside_and_changes_no_bit(
    raw_recipe: dict[str, Any], finished: Path, tmp_path: Path, harm: str
) -> None:
    run = stop_behind(raw_recipe, tmp_path, 15)
    before, newest = sorted((run.path / "checkpoints").glob("step-*"))
    file = newest / "optimizer.safetensors"
    content = bytearray(file.read_bytes())
    if harm == "cut":
        content = content[: len(content) // 2]
    else:
        content[-40] ^= 255
    file.write_bytes(bytes(content))
    execute(Recipe.of(raw_recipe), tmp_path, only=["train"], resume=True)
    (warning,) = [one.text for one in told(run.path, events.Warning) if "damaged" in one.text]
    assert str(newest) in warning and "optimizer.safetensors" in warning
    assert (run.path / "checkpoints" / f"damaged-{newest.name}").is_dir()
    assert before.name < newest.name and run.status == "finished"
    weights = [(one / "model" / "model.safetensors").read_bytes() for one in (run.path, finished)]
    assert weights[0] == weights[1]


def test_a_row_without_a_finite_loss_ends_the_training(
    raw_recipe: dict[str, Any], tiny_model: Path, tmp_path: Path
) -> None:
    """The model's weights of one letter are infinite, and one row of the table has it."""
    import shutil

    import pandas as pd
    from safetensors.numpy import load_file, save_file
    from transformers import AutoTokenizer

    broken = tmp_path / "broken"
    shutil.copytree(tiny_model, broken)
    weights = load_file(broken / "model.safetensors")
    number = AutoTokenizer.from_pretrained(broken).convert_tokens_to_ids("7")
    name = next(one for one in weights if one.endswith("word_embeddings.weight"))
    weights[name][number] = float("inf")
    save_file(weights, broken / "model.safetensors", metadata={"format": "pt"})
    table = pd.read_csv(raw_recipe["data"]["source"])
    table["split"] = ["train"] * 320 + ["validation"] * 40 + ["test"] * 40
    table.loc[5, "text"] += " 7"
    table.to_csv(tmp_path / "table.csv", index=False)
    data = {
        **raw_recipe["data"],
        "source": str(tmp_path / "table.csv"),
        "split": {"column": "split"},
    }
    raw = {**raw_recipe, "data": data, "model": {**raw_recipe["model"], "name": str(broken)}}
    recipe = write(tmp_path, raw, checkpoint_steps=1)
    process = begin(recipe, tmp_path / "runs")
    _, err = process.communicate(timeout=300)
    assert process.returncode == 1 and "Traceback" not in err
    found = re.search(r"training, step (\d+): the loss of row s0005 is no number", err)
    assert found is not None, err
    assert "Look at these rows" in err
    step = int(found[1])
    assert step > 2
    # The last good checkpoint is the one before that step, and it is sound.
    run = tmp_path / "runs" / "tiny"
    assert Run(run).status == "failed"
    kept = sorted((run / "checkpoints").glob("step-*"))
    assert kept[-1].name == f"step-{step - 1:08d}"
    saved = load_file(kept[-1] / "model.safetensors")
    for one, tensor in saved.items():
        assert np.isfinite(np.delete(tensor, number, 0) if one.endswith(name) else tensor).all(), (
            one
        )


SHORT_OF_MEMORY = """
import json, resource, sys
from pathlib import Path
from types import SimpleNamespace
import numpy as np, psutil, torch
from pellucid import device
from pellucid.core import events
from pellucid.core.checkpoints import Checkpoints
from pellucid.core.jobs import CancelToken
from pellucid.core.loop import fit
from pellucid.core.spec import TrainSpec

WIDTH, BATCH = 2**20, 64  # a hidden layer of 256 MB for a whole step

class Rows:
    lengths = units = np.ones(256, dtype=np.int64)
    weight = np.ones(256, dtype=np.float32)
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(256, 3)).astype(np.float32))
    def __len__(self):
        return 256
    def batch(self, rows):
        return {"x": self.x[rows], "target": (self.x[rows, 0] > 0).float()}
    def ids(self, rows):
        return [str(row) for row in rows]

class Wide(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.first = torch.nn.Linear(3, WIDTH)
        self.last = torch.nn.Linear(WIDTH, 1)
    def forward(self, x):
        return self.last(self.first(x).relu())[:, 0]

def loss(model, batch):
    scores = model(batch["x"])
    return torch.nn.functional.binary_cross_entropy_with_logits(
        scores, batch["target"], reduction="none"
    )

torch.set_num_threads(1)
model, heard = Wide(), []
model(torch.zeros(1, 3)).sum().backward()  # what torch takes for itself is taken before the limit
model.zero_grad()
if sys.argv[2] == "short":
    held = psutil.Process().memory_info().vms
    resource.setrlimit(resource.RLIMIT_AS, (held + 640 * 2**20,) * 2)
fitted = fit(
    model, Rows(), TrainSpec(epochs=2, batch_size=BATCH, checkpoint_steps=1, learning_rate=1e-4),
    loss=loss, metric="loss", device=device.choose("fp32"),
    checkpoints=Checkpoints(Path(sys.argv[1]), 1), validate=None, emit=heard.append,
    cancel=CancelToken(),
)
print(json.dumps({
    "micro": fitted.state.micro,
    "loss": [one.value for one in heard if isinstance(one, events.Metric) and one.name == "loss"],
    "warnings": [one.text for one in heard if isinstance(one, events.Warning)],
}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="skipped: needs a limit on memory")
def test_where_memory_runs_out_a_smaller_micro_batch_learns_the_same(tmp_path: Path) -> None:
    """The system itself refuses to give the memory that a whole step would take."""
    found = []
    for kind in ("short", "ample"):
        command = [sys.executable, "-c", SHORT_OF_MEMORY, str(tmp_path / kind), kind]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout))
    short, ample = found
    assert ample["warnings"] == [] and ample["micro"] is None
    assert 0 < short["micro"] < 64 and 64 % short["micro"] == 0
    assert "Memory ran out at step 1." in short["warnings"][0]
    assert len(short["loss"]) == 8
    assert short["loss"] == pytest.approx(ample["loss"], abs=1e-5)
