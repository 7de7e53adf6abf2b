"""Samples with noise that is hardly seen, and how much a method's scores change under it.

Yeh et al., *On the (In)fidelity and Sensitivity of Explanations* (NeurIPS 2019), as
`captum.metrics.sensitivity_max` has it: noise is drawn evenly from within a radius, and the largest
relative change of the scores over some draws is kept. Pictures and sounds get noise on the numbers
that the model takes, words on what the embedding layer returns for them: the same word the same
noise wherever it stands. What stands for segments that are left out gets none, nor do numbers of a
sample that are the baseline's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...multimodal.padding import padding_of
from ..leaves import WORDS
from ..pieces import Pieces
from ..subject import Rows, Subject

RADIUS = 0.02
"""Largest noise as a share of the standard deviation of a sample's numbers."""


def largest_change(scores: NDArray[np.float64], others: list[NDArray[np.float64]]) -> float:
    """Return the largest relative change of a row's scores over some draws of noise.

    Parameters
    ----------
    scores
        On the sample; shape (segments,).
    others
        On the sample with noise, one for each draw.

    Returns
    -------
    float
        Norm of the change over the norm of the scores, which counts as 1 where it is 0.
    """
    size = float(np.linalg.norm(scores)) or 1.0
    return max(float(np.linalg.norm(scores - one)) / size for one in others)


def chosen(subject: Subject, rows: Rows) -> Subject:
    """Return a subject of some of its rows, numbered from 0 again."""
    numbers = torch.from_numpy(rows)

    def read(outputs: Any, rows: torch.Tensor) -> torch.Tensor:
        return subject.read(outputs, numbers.to(rows.device)[rows])

    return replace(
        subject,
        samples=_Some(subject, rows),
        cut=lambda row: subject.cut(int(rows[row])),
        targets=subject.targets[rows],
        read=read,
        padding=padding_of(subject.samples) if subject.padding is None else subject.padding,
    )


@contextmanager
def shaken(subject: Subject, seed: int, radius: float = RADIUS) -> Iterator[Subject]:
    """Give a subject whose samples have noise; its model returns to what it was at the end.

    Parameters
    ----------
    subject
        What is explained.
    seed
        Draws the noise; a row gets the same in each call.
    radius
        Largest noise as a share of the standard deviation of the sample's numbers, or of those of
        all words' embeddings.
    """

    def cut(row: int) -> Pieces:
        pieces = subject.cut(row).pieces
        return Pieces(tuple(_with_noise(one, (seed, row, at)) for at, one in enumerate(pieces)))

    def _with_noise(piece: Any, drawn: tuple[int, ...]) -> Any:
        if not len(piece):
            return piece
        whole = piece.segmented.inputs(np.ones((1, len(piece)), bool))
        leaf = next(iter(whole))
        if leaf == WORDS:
            return piece
        nothing = piece.segmented.inputs(np.zeros((1, len(piece)), bool))[leaf]
        # Where sample and baseline are alike it can't be seen whether a copy kept a number.
        noise = _noise(whole[leaf], drawn, radius) * (whole[leaf] != nothing)
        return replace(piece, segmented=_Shaken(piece.segmented, leaf, whole[leaf], noise))

    padding = padding_of(subject.samples) if subject.padding is None else subject.padding
    changed = replace(subject, cut=cut, padding=padding)
    changed = replace(changed, samples=_Recut(changed, subject.samples))
    with ExitStack() as stack:
        words = _words(subject)
        if len(words):
            layer: Any = subject.model.get_input_embeddings()  # type: ignore[operator]
            handle = layer.register_forward_hook(_hook(layer, words, seed, radius))
            stack.callback(handle.remove)
        yield changed


def _noise(whole: torch.Tensor, drawn: tuple[int, ...], radius: float) -> torch.Tensor:
    reach = radius * float(whole.float().std(unbiased=False))
    noise = np.random.default_rng(drawn).uniform(-reach, reach, tuple(whole.shape))
    return torch.from_numpy(noise).to(whole.dtype)


def _words(subject: Subject) -> torch.Tensor:
    """Return the numbers of the tokens that rows hold and baselines don't; sorted."""
    rows = np.arange(len(subject))
    read = subject.samples.batch(rows).get(WORDS) if len(rows) else None
    if read is None:
        return torch.zeros(0, dtype=torch.int64)
    left = subject.baselines(rows)[WORDS].cpu()
    return torch.from_numpy(np.setdiff1d(read.cpu().numpy(), left.numpy()))


def _hook(layer: Any, words: torch.Tensor, seed: int, radius: float) -> Callable[..., Any]:
    """Return a hook that adds noise to what an embedding layer returns for some tokens."""
    table = layer.weight.detach()
    noise = _noise(table[words.to(table.device)].cpu(), (seed,), radius)
    noise = torch.cat([torch.zeros(1, noise.shape[1], dtype=noise.dtype), noise]).to(table)
    place = torch.zeros(len(table), dtype=torch.int64)
    place[words] = torch.arange(1, len(words) + 1)
    place = place.to(table.device)

    def add(module: object, given: tuple[Any, ...], output: torch.Tensor) -> torch.Tensor:
        return output + noise[place[given[0]]].to(output.dtype)

    return add


@dataclass(frozen=True, eq=False)
class _Shaken:
    """Segments of a sample with noise (`multimodal.modality.Segmented`)."""

    whole: Any
    leaf: str
    numbers: torch.Tensor
    noise: torch.Tensor

    def __len__(self) -> int:
        return len(self.whole)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)

    def inputs(self, keep: NDArray[np.bool_]) -> dict[str, torch.Tensor]:
        """Return the model's inputs for copies of the sample, with noise where it was kept."""
        out: dict[str, torch.Tensor] = self.whole.inputs(keep)
        there = out[self.leaf]
        out[self.leaf] = there + self.noise * (there == self.numbers)
        return out


@dataclass(frozen=True, eq=False)
class _Some:
    """Some of a subject's samples."""

    subject: Subject
    rows: Rows

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Cost of each."""
        return self.subject.lengths[self.rows]

    def batch(self, rows: Rows) -> dict[str, torch.Tensor]:
        """Return the model's inputs."""
        return self.subject.samples.batch(self.rows[rows])


@dataclass(frozen=True, eq=False)
class _Recut:
    """Samples made of their segments, all of which are kept."""

    subject: Subject
    samples: Any

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Cost of each."""
        found: NDArray[np.int64] = self.samples.lengths
        return found

    def batch(self, rows: Rows) -> dict[str, torch.Tensor]:
        """Return the model's inputs."""
        whole = [self.subject.cut(int(row)) for row in rows]
        return self.subject.joined([one.inputs(np.ones((1, len(one)), bool)) for one in whole])
