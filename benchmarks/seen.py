"""Real pictures, sounds and questions about pictures: their tables, and the recipes for them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import record

Row = dict[str, str]


@dataclass(frozen=True)
class Kind:
    """One kind of data.

    Attributes
    ----------
    folder
        Name of the dataset beside the project.
    rows
        ``rows(folder)`` gives its rows, with a column `split`.
    inputs
        As a recipe's ``data.inputs``.
    model
        The recipe's section `model`.
    train
        What the recipe's section `train` says beside the defaults.
    evaluate
        The same of the section `evaluate`.
    metric
        What its runs are measured by.
    """

    folder: str
    rows: Callable[[Path], Iterator[Row]]
    inputs: dict[str, str]
    model: dict[str, Any]
    train: dict[str, Any]
    evaluate: dict[str, Any] = field(default_factory=dict)
    metric: str = "accuracy"

    @property
    def data(self) -> Path:
        """The dataset's folder."""
        return record.data(self.folder)

    def write(self, file: Path, most: int = 0) -> None:
        """Write the rows as a table, of the training rows at most so many, evenly spread."""
        rows = list(self.rows(self.data))
        learnt = [row for row in rows if row["split"] == "train"]
        if most and most < len(learnt):
            kept = {int(place * len(learnt) / most) for place in range(most)}
            left = {id(row) for place, row in enumerate(learnt) if place not in kept}
            rows = [row for row in rows if id(row) not in left]
        with file.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    def recipe(self, table: Path, name: str, seed: int, **train: Any) -> dict[str, Any]:
        """Return a recipe for a table that `write` wrote."""
        return {
            "name": name,
            "data": {
                "source": str(table),
                "folder": str(self.data),
                "inputs": self.inputs,
                "label": "label",
                "split": {"column": "split"},
            },
            "model": dict(self.model),
            "train": {**self.train, "seed": seed, "checkpoint_steps": None, **train},
            "evaluate": {"splits": ["test"], **self.evaluate},
        }


def _pictures(folder: Path) -> Iterator[Row]:
    """Give CIFAR-10's pictures; every tenth training picture of a class validates."""
    for split in ("train", "test"):
        for place in sorted((folder / split).iterdir()):
            for number, file in enumerate(sorted(place.iterdir())):
                held = split == "train" and number % 10 == 9
                yield {
                    "image": str(file.relative_to(folder)),
                    "label": place.name,
                    "split": "validation" if held else split,
                }


def _digits(folder: Path) -> Iterator[Row]:
    """Give spoken digits; the recordings 0 to 4 of each speaker and digit are the test rows."""
    with (folder / "metadata.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            number = int(Path(row["file"]).stem.split("_")[-1])
            held = row["split"] != "test" and number % 8 == 0
            yield {
                "audio": row["file"],
                "label": row["label"],
                "split": "validation" if held else row["split"],
            }


def _questions(folder: Path) -> Iterator[Row]:
    """Give questions about drawn shapes; those of every twelfth picture validate."""
    for split in ("train", "test"):
        asked = json.loads((folder / split / "questions.json").read_text(encoding="utf-8"))
        for question, answer, picture in asked:
            held = split == "train" and picture % 12 == 0
            yield {
                "image": f"{split}/images/{picture}.png",
                "question": question,
                "label": answer,
                "split": "validation" if held else split,
            }


KINDS = {
    "image": Kind(
        folder="cifar10_images",
        rows=_pictures,
        inputs={"image": "image"},
        model={"name": "bundled/image", "task": "classification"},
        train={
            "epochs": 30,
            "learning_rate": 2e-3,
            "schedule": "cosine",
            "batch_size": 64,
            "weight_decay": 0.05,
            "augment": ["flip", "crop"],
            "early_stopping": {"patience": 0},
        },
    ),
    "audio": Kind(
        folder="fsdd",
        rows=_digits,
        inputs={"audio": "audio"},
        model={"name": "bundled/audio", "task": "classification"},
        train={
            "epochs": 20,
            "learning_rate": 1e-3,
            "batch_size": 16,
            "augment": ["gain", "speed"],
            "early_stopping": {"patience": 0},
        },
    ),
    "vqa": Kind(
        folder="easy_vqa",
        rows=_questions,
        inputs={"image": "image", "question": "text"},
        model={
            "name": "bundled/image",
            "text_encoder": "bundled/minilm",
            "task": "classification",
            "max_length": 32,
        },
        train={
            "epochs": 6,
            "learning_rate": 3e-4,
            "batch_size": 64,
            "early_stopping": {"patience": 0},
        },
    ),
    "answers": Kind(
        folder="easy_vqa",
        rows=_questions,
        inputs={"image": "image", "question": "text"},
        model={
            "name": "bundled/vlm",
            "task": "chat",
            "adapt": {"parts": ["vision", "connector", "language"]},
        },
        train={
            "epochs": 5,
            "learning_rate": 1e-3,
            "schedule": "cosine",
            "batch_size": 32,
        },
        evaluate={"generations": 100_000, "new_tokens": 8, "baselines": False},
        metric="exact_match",
    ),
}
"""What is measured, by the name that the command line knows."""
