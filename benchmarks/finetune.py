"""Fine-tune MiniLM on rt_polarity: Pellucid against transformers.Trainer with dynamic padding.

Both sides start from the same weights and train on the same rows at batch size 32, with the same
epochs, schedule (6% warm-up, linear decay), learning rate, dropout, clipping and maximum length,
and evaluate the validation rows after each epoch and the test rows at the end. Each side runs in a
process of its own, in turn, seed by seed; what is timed is the whole work from reading the table
to test predictions, without importing libraries. Trainer's other settings are its defaults.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from . import record


def options(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("--data", type=Path, default=record.data("rt_polarity"))
    command.add_argument("--epochs", type=int, default=2)
    command.add_argument("--seeds", type=int, default=3)
    command.add_argument("--rows", type=int, default=0, help="use only so many rows; 0: all")
    command.add_argument("--side", choices=["pellucid", "trainer"], help=argparse.SUPPRESS)
    command.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)


def main(chosen: argparse.Namespace) -> None:
    """Run both sides in turn and print the ratio of their times."""
    if chosen.side:
        print(json.dumps({"pellucid": _pellucid, "trainer": _trainer}[chosen.side](chosen)))
        return
    found: dict[str, list[dict[str, float]]] = {"pellucid": [], "trainer": []}
    for seed in range(chosen.seeds):
        for side in sorted(found, reverse=bool(seed % 2)):
            found[side].append(_child(chosen, side, seed))
            last = found[side][-1]
            print(
                f"seed {seed} {side:9} {last['seconds']:7.1f} s wall, {last['cpu']:7.1f} s CPU, "
                f"accuracy {last['accuracy']:.4f}",
                flush=True,
            )
    lines = []
    for figure in ("seconds", "cpu"):
        pairs = zip(found["trainer"], found["pellucid"], strict=True)
        ratios = sorted(theirs[figure] / ours[figure] for theirs, ours in pairs)
        middle = ratios[len(ratios) // 2]
        name = "wall" if figure == "seconds" else "CPU"
        lines.append(
            f"{name} time, Trainer / Pellucid: median {middle:.2f} ({min(ratios):.2f} to "
            f"{max(ratios):.2f} over {len(ratios)} seeds)"
        )
    for side, runs in found.items():
        mean = sum(one["accuracy"] for one in runs) / len(runs)
        lines.append(f"test accuracy, {side}: {mean:.4f} on average")
    print("\n".join(lines))
    if chosen.record:
        options = f"--epochs {chosen.epochs} --seeds {chosen.seeds} --rows {chosen.rows}"
        record.append(f"finetune {options}", lines)


def _child(chosen: argparse.Namespace, side: str, seed: int) -> dict[str, float]:
    command = [sys.executable, "-m", "pellucid.benchmarks", "finetune", "--side", side]
    command += ["--seed", str(seed), "--epochs", str(chosen.epochs), "--data", str(chosen.data)]
    command += ["--rows", str(chosen.rows)]
    done = subprocess.run(
        command,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _table(chosen: argparse.Namespace, folder: Path) -> Path:
    """Write the rows with a split column, so that both sides read the same ones."""
    import numpy as np
    import pandas as pd

    table = pd.read_csv(chosen.data / "rt_polarity.csv")
    table = table.sample(frac=1, random_state=0)
    if chosen.rows:
        table = table.head(chosen.rows)
    names = np.array(["train"] * 8 + ["validation", "test"])
    table["split"] = names[np.arange(len(table)) % 10]
    path = folder / "rows.csv"
    table.to_csv(path, index=False)
    return path


def _pellucid(chosen: argparse.Namespace) -> dict[str, float]:
    import torch  # noqa: F401 - imports are not what is measured
    from transformers import AutoModelForSequenceClassification  # noqa: F401

    from pellucid import Recipe, execute
    from pellucid.core import training  # noqa: F401
    from pellucid.core.predict import predictor
    from pellucid.device import Device

    with tempfile.TemporaryDirectory() as folder:
        path = _table(chosen, Path(folder))
        raw: dict[str, Any] = {
            "name": "benchmark",
            "data": {
                "source": str(path),
                "inputs": {"text": "text"},
                "label": "label",
                "split": {"column": "split"},
            },
            "model": {"name": "bundled/minilm"},
            "train": {
                "epochs": chosen.epochs,
                "seed": chosen.seed,
                "checkpoint_steps": None,
                "early_stopping": {"patience": 0, "metric": "accuracy"},
            },
        }
        began, cpu = time.perf_counter(), time.process_time()
        run = execute(Recipe.of(raw), Path(folder) / "runs", only=["train"])
        dataset = run.dataset()
        test = dataset.take(dataset.rows("test"))
        scores = predictor(run, Device.from_json(run.environment["device"]))(test.samples())
        seconds, spent = time.perf_counter() - began, time.process_time() - cpu
    right = scores.argmax(axis=1) == test.codes
    return {"seconds": seconds, "cpu": spent, "accuracy": float(right.mean())}


def _trainer(chosen: argparse.Namespace) -> dict[str, float]:
    from pellucid import device

    device.prepare()
    import numpy as np
    import pandas as pd
    import torch
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        Trainer,
        TrainingArguments,
    )

    from pellucid.multimodal.models import locate

    class Rows(torch.utils.data.Dataset):  # type: ignore[type-arg]
        def __init__(self, table: pd.DataFrame) -> None:
            self.encoded = tokenizer(table["text"].tolist(), truncation=True, max_length=256)
            self.labels = table["label"].tolist()

        def __len__(self) -> int:
            return len(self.labels)

        def __getitem__(self, row: int) -> dict[str, Any]:
            return {name: cells[row] for name, cells in self.encoded.items()} | {
                "labels": self.labels[row]
            }

    with tempfile.TemporaryDirectory() as folder:
        path = _table(chosen, Path(folder))
        began, cpu = time.perf_counter(), time.process_time()
        table = pd.read_csv(path)
        torch.manual_seed(chosen.seed)
        place = locate("bundled/minilm").reference
        tokenizer = AutoTokenizer.from_pretrained(place)
        model = AutoModelForSequenceClassification.from_pretrained(
            place, num_labels=2, dtype=torch.float32
        )
        parts = {name: Rows(table[table["split"] == name]) for name in set(table["split"])}
        steps = -(-len(parts["train"]) // 32) * chosen.epochs
        trainer = Trainer(
            model=model,
            args=TrainingArguments(
                output_dir=str(Path(folder) / "out"),
                num_train_epochs=chosen.epochs,
                per_device_train_batch_size=32,
                per_device_eval_batch_size=32,
                learning_rate=5e-5,
                warmup_steps=-(-steps * 6 // 100),
                lr_scheduler_type="linear",
                max_grad_norm=1.0,
                seed=chosen.seed,
                eval_strategy="epoch",
                save_strategy="epoch",
                save_total_limit=2,
                load_best_model_at_end=True,
                metric_for_best_model="accuracy",
                report_to="none",
                disable_tqdm=True,
            ),
            train_dataset=parts["train"],
            eval_dataset=parts["validation"],
            processing_class=tokenizer,
            data_collator=DataCollatorWithPadding(tokenizer),
            compute_metrics=lambda found: {
                "accuracy": float((found.predictions.argmax(-1) == found.label_ids).mean())
            },
        )
        trainer.train()
        predicted = trainer.predict(parts["test"]).predictions
        seconds, spent = time.perf_counter() - began, time.process_time() - cpu
    right = predicted.argmax(-1) == np.array(parts["test"].labels)
    return {"seconds": seconds, "cpu": spent, "accuracy": float(right.mean())}
