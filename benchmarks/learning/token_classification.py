"""Occupations in sentences: WinoBias, tagged by its lists of occupations.

Some occupations are kept for validation and testing, and every sentence that names one of them
stands there. What a training sentence names tells nothing of them: they have to be recognised by
the sentence, and by what the model knew of them before.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import yaml

TEST, VALIDATION = 6, 4
"""Occupations that stand in test sentences, and in validation sentences, alone."""

WORD = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")


def prepare(data: Path, folder: Path) -> Path:
    """Write sentences with tags and splits, and the recipe; return the recipe's path."""
    source = data / "winobias"
    jobs = sorted(
        {
            line.strip().lower()
            for name in ("male", "female")
            for line in (source / f"{name}_occupations.txt").read_text().splitlines()
            if line.strip()
        }
    )
    shuffled = [jobs[place] for place in np.random.default_rng(13).permutation(len(jobs))]
    kept = {"test": set(shuffled[:TEST]), "validation": set(shuffled[TEST : TEST + VALIDATION])}
    rows = []
    for sentence in _sentences(source):
        words = WORD.findall(sentence)
        tags, named = _tagged(words, jobs)
        # A sentence names two occupations as a rule: one that is kept for testing decides.
        split = next((name for name, some in kept.items() if named & some), "train")
        if named:
            rows.append({"words": words, "tags": tags, "split": split})
    table = folder / "sentences.jsonl"
    table.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    recipe = {
        "name": "learns-token-classification",
        "data": {
            "source": table.name,
            "inputs": {"words": "text"},
            "label": "tags",
            "split": {"column": "split"},
        },
        "model": {"name": "bundled/minilm", "task": "token_classification", "max_length": 64},
        "train": {"epochs": 3, "learning_rate": 1.0e-4, "batch_size": 32},
        "evaluate": {"splits": ["validation", "test"]},
    }
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe, sort_keys=False), encoding="utf-8")
    return path


def _sentences(source: Path) -> list[str]:
    """Read the sentences once each, without their numbers and the brackets of coreference."""
    found = {}
    for path in sorted(source.glob("*_stereotyped_type*.txt.*")):
        for line in path.read_text(encoding="utf-8").splitlines():
            text = re.sub(r"^\d+\s+|[\[\]]", "", line.strip())
            if text:
                found[text] = None
    return list(found)


def _tagged(words: list[str], jobs: list[str]) -> tuple[list[str], set[str]]:
    """Tag occupations, of one word or several; say which ones were found."""
    tags, named = ["O"] * len(words), set()
    lower = [word.lower() for word in words]
    for job in jobs:
        parts = job.split()
        for place in range(len(words) - len(parts) + 1):
            if lower[place : place + len(parts)] == parts:
                tags[place : place + len(parts)] = [
                    "B-OCCUPATION",
                    *["I-OCCUPATION"] * (len(parts) - 1),
                ]
                named.add(job)
    return tags, named
