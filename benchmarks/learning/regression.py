"""Regression: the share of a tweet's annotators who called it offensive."""

from __future__ import annotations

from pathlib import Path

from pellucid.benchmarks.learning import tweets


def prepare(data: Path, folder: Path) -> Path:
    """Write the table and the recipe; return the recipe's path."""
    table = tweets.read(data)
    table["offensive_share"] = table["offensive_language"] / table["count"]
    return tweets.write(table, folder, "regression", {"label": "offensive_share"})
