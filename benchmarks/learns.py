"""Train every task on real data, and put its metric beside the simplest answers'.

Each task's recipe is made from a dataset beside the project by a file of `benchmarks.learning`.
What is printed is the test rows' figure with its interval, the same for each baseline (the majority
class, the most frequent tag, the mean, TF-IDF, or the model before training), and the difference.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from .. import device
from . import record

TASKS = {
    "classification": "f1_macro",
    "multilabel": "f1_macro",
    "regression": "mean_absolute_error",
    "token_classification": "f1_entity",
    "extractive_qa": "f1",
    "masked_lm": "perplexity",
    "causal_lm": "perplexity",
    "chat": "perplexity",
    "preference": "accuracy",
}
"""The metric of each task that is printed."""


def options(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("--data", type=Path, default=record.data("rt_polarity").parent)
    command.add_argument("--task", action="append", choices=list(TASKS), help="only these tasks")
    command.add_argument("--runs", type=Path, help="keep the runs in this folder")


def main(chosen: argparse.Namespace) -> None:
    """Train the tasks in turn and print a line for each figure."""
    device.prepare()
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        for task in chosen.task or TASKS:
            begun = time.perf_counter()
            folder = Path(scratch) / task
            folder.mkdir()
            lines += _learn(task, chosen.data, folder, chosen.runs or Path(scratch) / "runs")
            lines.append(f"{task}: {time.perf_counter() - begun:.0f} s")
            print("\n".join(lines[-5:]), flush=True)
    if chosen.record:
        record.append("learns", lines)


def _learn(task: str, data: Path, folder: Path, runs: Path) -> list[str]:
    from pellucid import Recipe, execute

    module = import_module(f"pellucid.benchmarks.learning.{task}")
    recipe = Recipe.load(module.prepare(data, folder))
    run = execute(recipe, runs, only=("train", "evaluate"))
    if run.status != "finished":
        raise SystemExit(f"{run.path} is {run.status}")
    measured = json.loads((run.path / "evaluation.json").read_text())["test"]
    metric = TASKS[task]
    lines = [f"{task}: {metric} {_figure(measured[metric])}"]
    for name, figures in measured.get("baselines", {}).items():
        if metric in figures:
            against = measured.get("versus_baseline", {}).get(name, {}).get(metric)
            difference = f"; difference {_figure(against)}" if against else ""
            lines.append(f"{task}: {metric} of {name} {_figure(figures[metric])}{difference}")
    return lines


def _figure(raw: dict[str, Any]) -> str:
    if raw.get("low") is None:
        return f"{raw['value']:.3f} (n = {raw['n']:,})"
    return f"{raw['value']:.3f} [{raw['low']:.3f}, {raw['high']:.3f}] (n = {raw['n']:,})"
