"""Gradients of the loss on a model's last layer, in closed form.

The last layer is linear, logits ``z = W h + b``, and the loss of a row is the cross-entropy of its
answer. So its gradient on W is the outer product of the *error*, the probabilities less the answer
as 0 and 1, and the *features* h, and on b the error itself. Gradients of many rows are kept as
these two vectors, and the dot products of all pairs of rows are two matrix products:
``(e e') (h h' + 1)``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...core.batches import Samples, by_length, inputs
from ...core.memory import in_halves
from ...core.predict import softmax, tokens_at_once
from ...errors import ModelError, paragraph
from ...multimodal.fusion.once import once
from ..subject import Rows

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Features:
    """What a last layer reads of rows, and what it makes of it.

    Attributes
    ----------
    features
        Shape (rows, width).
    logits
        Shape (rows, classes).
    """

    features: Floats
    logits: Floats


@dataclass(frozen=True, eq=False)
class Gradients:
    """Gradients of rows' losses on the last layer.

    Attributes
    ----------
    errors
        Probabilities less the answer as 0 and 1, times the row's weight; shape (rows, classes).
    features
        Shape (rows, width).
    """

    errors: Floats
    features: Floats

    def __len__(self) -> int:
        return len(self.errors)

    @property
    def squares(self) -> Floats:
        """Squared length of each row's gradient; shape (rows,)."""
        found: Floats = (self.errors**2).sum(1) * ((self.features**2).sum(1) + 1)
        return found

    def dot(self, other: Gradients) -> Floats:
        """Return the dot products with other rows' gradients; shape (rows, other rows)."""
        errors = self.errors @ other.errors.T
        found: Floats = errors * (self.features @ other.features.T + 1)
        return found

    def cosine(self, other: Gradients) -> Floats:
        """Return the cosines of the angles to other rows' gradients; 0 where there is none."""
        lengths = np.sqrt(np.outer(self.squares, other.squares))
        dots = self.dot(other)
        return np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths > 0)


def gradients(found: Features, answers: NDArray[np.int64], weight: Any = 1.0) -> Gradients:
    """Return gradients of the cross-entropy of answers.

    Parameters
    ----------
    found
        Of rows.
    answers
        Class of each; shape (rows,).
    weight
        How much each row's loss counts; a number, or of shape (rows,).
    """
    errors = softmax(found.logits)
    errors[np.arange(len(errors)), answers] -= 1
    weights = np.broadcast_to(np.asarray(weight, np.float64), len(errors))
    return Gradients(errors * weights[:, None], found.features)


@torch.inference_mode()
def features(
    model: torch.nn.Module,
    samples: Samples,
    *,
    tell: Callable[[int], None] = lambda rows: None,
) -> Features:
    """Run samples through a model, and keep what its last layer reads.

    Parameters
    ----------
    model
        In evaluation mode, on its device.
    samples
        What it reads.
    tell
        Told of the rows of each batch that is done.

    Raises
    ------
    ModelError
        If no linear layer returns the model's logits.
    """
    samples = once(model, samples)
    kept: list[tuple[Floats, Floats]] = []
    batches = by_length(samples.lengths, tokens_at_once(model))
    for rows in batches:
        kept += [one for _, one in in_halves(partial(_batch, model, samples), rows)]
        tell(len(rows))
    order = np.concatenate(batches)
    found = [np.concatenate(column) for column in zip(*kept, strict=True)]
    out = [np.empty_like(one) for one in found]
    for one, other in zip(out, found, strict=True):
        one[order] = other
    return Features(out[0], out[1])


def _batch(model: torch.nn.Module, samples: Samples, rows: Rows) -> tuple[Floats, Floats]:
    """Run a batch through a model."""
    place = next(model.parameters()).device
    batch = {name: one.to(place) for name, one in inputs(samples.batch(rows)).items()}
    return _watched(model, batch)


def _watched(model: torch.nn.Module, batch: dict[str, Any]) -> tuple[Floats, Floats]:
    """Return features and logits of a batch."""
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []

    def note(layer: object, given: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        seen.append((given[0], output))

    linear = [one for one in model.modules() if isinstance(one, torch.nn.Linear)]
    hooks = [layer.register_forward_hook(note) for layer in linear[-LAST:]]
    try:
        logits = model(**batch).logits
    finally:
        for hook in hooks:
            hook.remove()
    for given, output in reversed(seen):
        read = _read(given, output, logits)
        if read is not None:
            return read.double().cpu().numpy(), logits.double().cpu().numpy()
    raise ModelError(
        paragraph(
            f"model {type(model).__name__}",
            "none of its linear layers returns its scores, so gradients of the last layer can't be "
            "told in closed form",
            "Influence is known for models that end in a linear layer",
        )
    )


LAST = 8
"""Linear layers of a model, from its end, among which the last one is looked for."""


def _read(given: torch.Tensor, output: torch.Tensor, logits: torch.Tensor) -> torch.Tensor | None:
    """Return what a layer was given where it returned the logits, or one token's are the logits."""
    if output.shape == logits.shape and torch.equal(output, logits):
        return given
    if output.ndim == 3 and output.shape[::2] == logits.shape:
        same = (output == logits[:, None]).all(-1)
        if bool(same.any(1).all()):
            places = same.to(torch.int64).argmax(1)
            return given[torch.arange(len(given), device=given.device), places]
    return None
