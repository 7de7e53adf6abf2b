"""Questions with the piece of a text that answers them: XQuAD's English part.

Whole articles are trained on, chosen by or tested on, so no text of a test question was read in
training.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import yaml

from pellucid.multimodal.text.squad import flatten

TEST, VALIDATION = 10, 4
"""Articles to test on and to choose by; the others, of 48, are trained on."""


def prepare(data: Path, folder: Path) -> Path:
    """Write the table with a column for the split, and the recipe; return the recipe's path."""
    source = data / "xquad" / "xquad.en.json"
    rows = flatten(json.loads(source.read_text(encoding="utf-8")), str(source))
    titles = sorted({row["title"] for row in rows})
    shuffled = [titles[place] for place in np.random.default_rng(13).permutation(len(titles))]
    names = ["test"] * TEST + ["validation"] * VALIDATION
    names += ["train"] * (len(titles) - len(names))
    split = dict(zip(shuffled, names, strict=True))
    table = folder / "questions.json"
    content = [{**row, "split": split[row["title"]]} for row in rows]
    table.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    recipe = {
        "name": "learns-extractive-qa",
        "data": {
            "source": table.name,
            "inputs": {"question": "text", "context": "text"},
            "label": "answers",
            "id": "id",
            "split": {"column": "split"},
        },
        "model": {
            "name": "bundled/minilm",
            "task": "extractive_qa",
            "max_length": 256,
            "stride": 64,
            "dropout": 0.0,
        },
        "train": {
            "epochs": 5,
            "learning_rate": 2.0e-4,
            "warmup": 0.1,
            "batch_size": 16,
            "early_stopping": {"patience": 0, "metric": "f1"},
        },
        "evaluate": {"splits": ["test"]},
    }
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path
