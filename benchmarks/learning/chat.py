"""Chat tuning: a random-weight Llama with a tokenizer of its own, on three tables of conversations.

The tables come in forms that people have: instructions with their outputs (Alpaca), and
conversations of several turns with calls of tools (ShareGPT). With random weights and 1,400
conversations no model learns to be of use; what is shown is that the answers become far less
surprising than they were, on conversations that it has not seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pellucid import device
from pellucid.benchmarks.learning.random_model import write_causal

TABLES = ("alpaca_en_demo", "identity", "glaive_toolcall_en_demo")


def prepare(data: Path, folder: Path) -> Path:
    """Write the model and the recipe; return the recipe's path."""
    device.prepare()
    texts: list[str] = []
    files = [(data / "chat_demos" / f"{name}.json").resolve() for name in TABLES]
    for file in files:
        texts += _texts(json.loads(file.read_text(encoding="utf-8")))
    model = write_causal(folder / "model", texts, words=4000, width=256, layers=4, places=512)
    recipe = {
        "name": "chat",
        "data": {
            "source": [str(file) for file in files],
            # Some instructions stand in a table twice, and would be learnt and tested.
            "clean": [{"drop_duplicates": {"near": True}}],
        },
        "model": {"name": str(model.resolve()), "task": "chat", "max_length": 192},
        "train": {"epochs": 3, "learning_rate": 1e-3, "batch_size": 8},
        "evaluate": {"generations": 32, "new_tokens": 32},
    }
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(recipe, indent=2), encoding="utf-8")
    return path


def _texts(cell: Any) -> Iterator[str]:
    """Yield every text within a table, however deep it stands."""
    if isinstance(cell, str):
        yield cell
    elif isinstance(cell, dict):
        for each in cell.values():
            yield from _texts(each)
    elif isinstance(cell, list):
        for each in cell:
            yield from _texts(each)
