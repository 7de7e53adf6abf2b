"""Metrics for TensorBoard, written by a listener beside all that a job tells anyway."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path

from ..errors import RecipeError, paragraph
from .events import Emit, Event, Metric, Sample


class TensorBoard:
    """A listener that writes metrics and generated answers as TensorBoard reads them.

    A metric becomes a curve named ``split/name`` over the training steps. Close it at the end.

    Parameters
    ----------
    folder
        Where the event files go, made if it isn't there; ``tensorboard --logdir`` is given it or
        a folder above it. A resumed training adds a file.
    """

    def __init__(self, folder: Path) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(folder))

    def __call__(self, event: Event) -> None:
        """Write a metric or a sample; pass over everything else."""
        match event:
            case Metric(name=name, value=value, at=at, split=split):
                self._writer.add_scalar(f"{split}/{name}", value, at)
            case Sample(prompt=prompt, text=text, at=at):
                self._writer.add_text("samples", f"{prompt}\n\n---\n\n{text}", at)
            case _:
                pass

    def close(self) -> None:
        """Write what is still held back, and close the files."""
        self._writer.close()


@contextlib.contextmanager
def listening(emit: Emit, folder: Path | None) -> Iterator[Emit]:
    """Let TensorBoard hear what `emit` hears, where a folder for it is named."""
    if folder is None:
        yield emit
        return
    board = TensorBoard(folder)

    def both(event: Event) -> None:
        emit(event)
        board(event)

    try:
        yield both
    finally:
        board.close()


def require() -> None:
    """Refuse a recipe that asks for TensorBoard where it is not installed.

    Raises
    ------
    RecipeError
        If it is not.
    """
    if importlib.util.find_spec("tensorboard") is None:
        raise RecipeError(
            paragraph(
                "recipe, key “train.tensorboard”",
                "the package tensorboard that writes its files is not installed",
                "Install it with pip install 'pellucid[tensorboard]', or set the key to false",
            )
        )
