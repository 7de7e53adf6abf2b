"""A made model's folder: weights as float16, and nothing of the machine that it was made on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

LEFT_OUT = ("_name_or_path", "id2label", "label2id", "problem_type")


def save(model: Any, processor: Any, folder: Path) -> None:
    """Write a model as float16, and what reads its inputs, to a folder.

    Parameters
    ----------
    model
        A model of transformers; its weights become float16.
    processor
        A processor, tokenizer or feature extractor of transformers.
    folder
        Where to.
    """
    model.half().save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)  # safetensors lets none but its writer read
    processor.save_pretrained(folder)
    for file in folder.glob("*.json"):
        _forget_places(file)


def _forget_places(file: Path) -> None:
    """Leave out of a configuration where on this machine the model lay, and its labels."""
    settings = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(settings, dict) or not settings.keys() & set(LEFT_OUT):
        return
    for key in LEFT_OUT:
        settings.pop(key, None)
    file.write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n", encoding="utf-8")
