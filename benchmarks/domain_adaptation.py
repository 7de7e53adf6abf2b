"""Domain adaptation: masked language modelling on unlabelled reviews, then 500 labelled rows.

For each seed the reviews of rt_polarity are shuffled anew into labelled, validation and test rows
and the rest, of which the texts alone are used. MiniLM is trained on the labelled rows as it is,
and once more after masked language modelling on those texts; everything else is the same. What is
printed is the test accuracy of both and their difference, with Student's t interval over the seeds.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from . import record

HELD = 500
"""Validation rows; test rows are four times as many."""


def options(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("--data", type=Path, default=record.data("rt_polarity"))
    command.add_argument("--seeds", type=int, default=5)
    command.add_argument("--rows", type=int, default=500, help="labelled rows")
    command.add_argument("--texts", type=int, default=0, help="unlabelled texts; 0: all the rest")
    command.add_argument(
        "--epochs", type=int, default=3, help="epochs of masked language modelling"
    )
    command.add_argument("--runs", type=Path, help="keep the runs in this folder")


def main(chosen: argparse.Namespace) -> None:
    """Measure each seed, then print the table and the difference."""
    lines = ["| seed | as it is | adapted | difference |", "| --- | --- | --- | --- |"]
    print("\n".join(lines), flush=True)
    found = []
    for seed in range(chosen.seeds):
        with tempfile.TemporaryDirectory() as scratch:
            plain, adapted = _measure(chosen, seed, Path(scratch))
        found.append((plain, adapted))
        lines.append(f"| {seed} | {plain:.4f} | {adapted:.4f} | {adapted - plain:+.4f} |")
        print(lines[-1], flush=True)
    plain, adapted = np.array(found).T
    mean, low, high = interval(adapted - plain)
    lines.append(
        f"| mean | {plain.mean():.4f} | {adapted.mean():.4f} | {mean:+.4f} ({low:+.4f} to "
        f"{high:+.4f}) |"
    )
    print(lines[-1])
    if chosen.record:
        given = f"--seeds {chosen.seeds} --rows {chosen.rows} --epochs {chosen.epochs}"
        told = [line.strip("| ") for line in (lines[0], *lines[2:])]
        record.append(f"domain-adaptation {given}", told)


def interval(differences: Any, confidence: float = 0.95) -> tuple[float, float, float]:
    """Return a mean with Student's t interval; without one where there is a single value."""
    from scipy.stats import t

    count, mean = len(differences), float(np.mean(differences))
    if count < 2:
        return mean, -math.inf, math.inf
    reach = t.ppf((1 + confidence) / 2, count - 1) * np.std(differences, ddof=1) / math.sqrt(count)
    return mean, mean - float(reach), mean + float(reach)


def _measure(chosen: argparse.Namespace, seed: int, folder: Path) -> tuple[float, float]:
    """Return the test accuracy without and with adaptation."""
    from pellucid import Recipe, execute

    runs = chosen.runs / f"seed-{seed}" if chosen.runs else folder / "runs"
    _write_tables(chosen, seed, folder)
    texts: dict[str, Any] = {
        "name": "adapt",
        "data": {
            "source": str(folder / "texts.csv"),
            "inputs": {"text": "text"},
            "split": {"column": "split"},
        },
        "model": {"name": "bundled/minilm", "task": "masked_lm", "max_length": 64},
        "train": {
            "epochs": chosen.epochs,
            "learning_rate": 2e-4,
            "seed": seed,
            "checkpoint_steps": None,
        },
    }
    adapted = execute(Recipe.of(texts), runs, only=("train",))
    out = []
    for name, model in (("plain", "bundled/minilm"), ("adapted", str(adapted.model.resolve()))):
        labelled: dict[str, Any] = {
            "name": name,
            "data": {
                "source": str(folder / "labelled.csv"),
                "inputs": {"text": "text"},
                "label": "label",
                "split": {"column": "split"},
            },
            "model": {"name": model, "task": "classification", "max_length": 64},
            "train": {
                "epochs": 10,
                "learning_rate": 1e-4,
                "seed": seed,
                "checkpoint_steps": None,
                "early_stopping": {"patience": 0, "metric": "accuracy"},
            },
            "evaluate": {"baselines": False, "replicates": 100},
        }
        run = execute(Recipe.of(labelled), runs, only=("train", "evaluate"))
        measured = json.loads((run.path / "evaluation.json").read_text(encoding="utf-8"))
        out.append(float(measured["test"]["accuracy"]["value"]))
    return out[0], out[1]


def _write_tables(chosen: argparse.Namespace, seed: int, folder: Path) -> None:
    """Write the labelled rows with validation and test rows, and the texts of the rest."""
    import pandas as pd

    table = pd.read_csv(chosen.data / "rt_polarity.csv").drop_duplicates("text")
    table = table.sample(frac=1, random_state=seed).reset_index(drop=True)
    ends = np.cumsum([chosen.rows, HELD, 4 * HELD])
    labelled = table[: ends[-1]].copy()
    names = np.array(["train", "validation", "test"], dtype=object)
    labelled["split"] = names[np.searchsorted(ends, np.arange(len(labelled)), side="right")]
    labelled.to_csv(folder / "labelled.csv", index=False)
    rest = table[ends[-1] :][["text"]]
    rest = rest.head(chosen.texts or len(rest)).copy()
    # A twentieth chooses the checkpoint; a recipe needs a few test rows, which nothing looks at.
    place = np.arange(len(rest)) % 20
    rest["split"] = np.select([place == 0, place == 1], ["validation", "test"], "train")
    rest.to_csv(folder / "texts.csv", index=False)
