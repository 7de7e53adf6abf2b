"""Fine-tune MiniLM on rt_polarity: Pellucid against transformers.Trainer.

``--against default`` takes Trainer with dynamic padding and its other defaults, ``--against tuned``
also sets bf16 and batches grouped by length. ``--techniques`` compares Pellucid with itself without
one of the things that make it fast at a time.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import polarity, record, sides
from .polarity import Work
from .sides import Figures

OURS = "pellucid"
CONTEXTS = (
    ("dropout", "quick_masks"),
    ("quick_attention", "quick_attention"),
    ("kept_memory", "kept_memory"),
)
"""Modules of `pellucid.core`, and the contexts of theirs that the loop is wrapped in."""


def options(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("--data", type=Path, default=record.data("rt_polarity"))
    command.add_argument("--epochs", type=int, default=2)
    command.add_argument("--rows", type=int, default=0, help="use only so many rows; 0: all")
    command.add_argument("--against", choices=["default", "tuned"], default="default")
    command.add_argument(
        "--techniques", action="store_true", help="compare with ourselves, one thing left out"
    )
    command.add_argument("--compile", action="store_true", help="compare with train.compile")
    sides.options(command)


def main(chosen: argparse.Namespace) -> None:
    """Run the sides in turn and print the ratios of their times."""
    if chosen.quick:
        chosen.epochs, chosen.rows, chosen.seeds = 1, chosen.rows or 1000, 1
    if chosen.side:
        work = Work(chosen.data, chosen.rows, chosen.epochs, chosen.seed)
        sides.answer({name: lambda run=run: run(work) for name, run in SIDES.items()}, chosen.side)
        return
    passed = ["--epochs", str(chosen.epochs), "--rows", str(chosen.rows)]
    if chosen.techniques:
        others = [f"without {name}" for name in WITHOUT]
    elif chosen.compile:
        others = ["with compile"]
    else:
        others = [f"trainer {chosen.against}"]
    found = sides.run(
        "finetune", [OURS, *others], chosen.seeds, [*passed, "--data", str(chosen.data)]
    )
    lines = [line for other in others for line in sides.ratios(found, other, OURS)]
    lines += sides.means(found, "accuracy", "test accuracy")
    print("\n".join(lines))
    if chosen.record:
        kind = (
            "--techniques"
            if chosen.techniques
            else "--compile"
            if chosen.compile
            else f"--against {chosen.against}"
        )
        record.append(f"finetune {kind} --seeds {chosen.seeds} {' '.join(passed)}", lines)


def _random_batches() -> dict[str, Any]:
    """Let a pool hold one batch, so that lengths are as they come."""
    from pellucid.core import batches

    batches.length_buckets.__defaults__ = (1,)
    return {}


def _without_context(left_out: str) -> dict[str, Any]:
    """Train without one of the contexts that the loop is wrapped in."""
    import inspect
    from importlib import import_module

    from pellucid.core import loop, training

    fit = inspect.unwrap(loop.fit)
    for module, name in CONTEXTS:
        if name != left_out:
            fit = getattr(import_module(f"pellucid.core.{module}"), name)()(fit)
    training.fit = fit
    return {}


def _separate_clipping() -> dict[str, Any]:
    """Scale gradients down in a pass of their own."""
    import torch

    from pellucid.core import step

    def clip(_: Any, weights: Any, most: float) -> torch.Tensor:
        return torch.nn.utils.clip_grad_norm_(list(weights), most)

    step.clip_in_step = clip  # type: ignore[attr-defined]
    return {}


def _plain_optimiser() -> dict[str, Any]:
    """Step weight by weight, as AdamW does on a CPU unless it is told otherwise.

    It can't clip as it steps.
    """
    import torch

    _separate_clipping()
    fused = torch.optim.AdamW

    def plain(*given: Any, **named: Any) -> torch.optim.Optimizer:
        return fused(*given, **{**named, "fused": False})

    torch.optim.AdamW = plain  # type: ignore[misc, assignment]
    return {}


WITHOUT: dict[str, Callable[[], dict[str, Any]]] = {
    "buckets": _random_batches,
    "bf16": lambda: {"precision": "fp32"},
    "quick dropout masks": lambda: _without_context("quick_masks"),
    "quick attention": lambda: _without_context("quick_attention"),
    "kept memory": lambda: _without_context("kept_memory"),
    "clipping in the step": _separate_clipping,
    "fused optimiser": _plain_optimiser,
}
"""What can be left out; each returns the keys of the recipe's training that it changes."""


def _without(name: str) -> Callable[[Work], Figures]:
    def run(work: Work) -> Figures:
        from pellucid import device

        device.prepare()
        return polarity.pellucid(work, **WITHOUT[name]())

    return run


SIDES: dict[str, Callable[[Work], Figures]] = {
    OURS: polarity.pellucid,
    "with compile": lambda work: polarity.pellucid(work, compile=True),
    "trainer default": lambda work: polarity.trainer(work, "default"),
    "trainer tuned": lambda work: polarity.trainer(work, "tuned"),
    **{f"without {name}": _without(name) for name in WITHOUT},
}
