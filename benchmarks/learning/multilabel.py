"""Multilabel: whatever at least one of a tweet's annotators called it."""

from __future__ import annotations

from pathlib import Path

from pellucid.benchmarks.learning import tweets


def prepare(data: Path, folder: Path) -> Path:
    """Write the table and the recipe; return the recipe's path."""
    table = tweets.read(data)
    for name in tweets.CALLED:
        table[f"any_{name}"] = (table[name] > 0).astype(int)
    labels = [f"any_{name}" for name in tweets.CALLED]
    return tweets.write(table, folder, "multilabel", {"labels": labels})
