"""Train only MiniLM's head on rt_polarity: Pellucid against transformers.Trainer, tuned.

Pellucid computes the encoder's features once; Trainer runs the frozen encoder in every epoch, with
bf16 and batches grouped by length.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from . import polarity, record, sides
from .polarity import Work

OURS, PEER = "pellucid", "trainer tuned, frozen"


def options(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("--data", type=Path, default=record.data("rt_polarity"))
    command.add_argument("--epochs", type=int, default=3)
    command.add_argument("--rows", type=int, default=0, help="use only so many rows; 0: all")
    sides.options(command)


def main(chosen: argparse.Namespace) -> None:
    """Run both sides in turn and print the ratio of their times."""
    if chosen.quick:
        chosen.rows, chosen.seeds = chosen.rows or 1000, 1
    if chosen.side:
        work = Work(chosen.data, chosen.rows, chosen.epochs, chosen.seed, 1e-3, head=True)
        sides.answer(
            {
                OURS: lambda: polarity.pellucid(work),
                PEER: lambda: polarity.trainer(work, "tuned"),
            },
            chosen.side,
        )
        return
    passed = ["--epochs", str(chosen.epochs), "--rows", str(chosen.rows)]
    found = sides.run("head", [OURS, PEER], chosen.seeds, [*passed, "--data", str(chosen.data)])
    lines = [*sides.ratios(found, PEER, OURS), *sides.means(found, "accuracy", "test accuracy")]
    print("\n".join(lines))
    if chosen.record:
        record.append(f"head --seeds {chosen.seeds} {' '.join(passed)}", lines)
