"""Metrics for TensorBoard, written by a listener beside all that a job tells anyway."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from ..errors import RecipeError, paragraph
from .events import Event, Metric, Sample


class TensorBoard:
    """A listener that writes metrics and generated answers as TensorBoard reads them.

    A metric becomes a curve named ``split/name`` over the training steps. Close it at the end.

    Parameters
    ----------
    folder
        Where the event files go, made if it isn't there; ``tensorboard --logdir`` is given it or
        a folder above it. A resumed training adds a file.

    Raises
    ------
    RecipeError
        If TensorBoard is not installed.
    """

    def __init__(self, folder: Path) -> None:
        if importlib.util.find_spec("tensorboard") is None:
            raise RecipeError(
                paragraph(
                    "recipe, key “train.tensorboard”",
                    "the package tensorboard that writes its files is not installed",
                    "Install it with pip install 'pellucid[tensorboard]', or set the key to false",
                )
            )
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(folder))

    def __call__(self, event: Event) -> None:
        """Write a metric or a sample; pass over everything else."""
        match event:
            case Metric(name=name, value=value, at=at, split=split):
                self._writer.add_scalar(f"{split}/{name}", value, at)  # type: ignore[no-untyped-call]
            case Sample(prompt=prompt, text=text, at=at):
                self._writer.add_text("samples", f"{prompt}\n\n---\n\n{text}", at)  # type: ignore[no-untyped-call]
            case _:
                pass

    def close(self) -> None:
        """Write what is still held back, and close the files."""
        self._writer.close()  # type: ignore[no-untyped-call]
