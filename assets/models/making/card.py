"""The model card of a made model: what it learnt from, how well, its limits, and its command."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

PURPOSE = (
    "A beginning for fine-tuning that fits into the package, so that everything works without a "
    "network\nand in minutes. For real work name a larger model."
)


@dataclass(frozen=True)
class Card:
    """What a card says beside its standing parts.

    Attributes
    ----------
    name
        The model, without ``bundled/``.
    summary
        What it is and what it learnt from, in sentences; how many weights
        ``AutoModel`` loads stands in it with commas between thousands.
    measured
        On what its figures were measured, ending with a colon.
    figures
        What each figure is called, with ``{"value": …, "low": …, "high": …}``; the interval may be
        missing.
    limits
        What it can't do.
    count, epochs, seed
        With which it was made.
    """

    name: str
    summary: str
    measured: str
    figures: dict[str, dict[str, Any]]
    limits: str
    count: int
    epochs: int
    seed: int


def write(card: Card, folder: Path) -> None:
    """Write a card as a model's ``README.md``."""
    figures = "\n".join(f"- {name}: {_figure(one)}" for name, one in card.figures.items())
    asked = f"--count {card.count} --epochs {card.epochs} --seed {card.seed}"
    text = f"""---
license: apache-2.0
library_name: transformers
---

# bundled/{card.name}

{card.summary}

{card.measured}

{figures}

## What it is for

{PURPOSE}

## What it can't do

{card.limits}

## Made by

`python -m pellucid.assets.models.make {card.name} {asked}`
"""
    (folder / "README.md").write_text(text, encoding="utf-8")


def _figure(one: dict[str, Any]) -> str:
    if "low" not in one:
        return f"{one['value']:.3f}"
    return f"{one['value']:.3f} ({one['low']:.3f} to {one['high']:.3f})"
