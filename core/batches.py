"""Which samples go into a step together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


class Samples(Protocol):
    """Encoded samples of any modality: they know their length and how to form a batch."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Cost of each sample in tokens or the like; shape (samples,)."""

    def batch(self, rows: Rows) -> dict[str, Any]:
        """Return the model's inputs for some samples, as tensors padded to the longest."""

    def __len__(self) -> int: ...


Batch = dict[str, Any]
"""What goes through a step: the model's inputs, and targets, whose names begin with `TARGET`."""

TARGET = "target"

WORTH = 1.25
"""How much longer batches have to be for their padding before samples are sorted by length."""


class Learned(Samples, Protocol):
    """Encoded samples that can be learnt from: their batches hold targets too."""

    @property
    def units(self) -> NDArray[np.int64]:
        """What each sample's loss is a sum over: 1, or its target tokens; shape (samples,).

        The loss of a step is the mean over all units of its samples, however they are split into
        micro-batches and processes.
        """

    @property
    def weight(self) -> NDArray[np.float32]:
        """How much each unit of a sample counts in that mean; shape (samples,)."""

    def ids(self, rows: Rows) -> list[str]:
        """Name the dataset's rows that stand behind some samples, for people."""


def goes_whole(samples: Learned) -> bool:
    """Say whether a step's samples have to go through the model together.

    Samples say so by an attribute `together` where the loss of each depends on the others, as in
    contrastive learning; all others may be split into micro-batches.
    """
    return bool(getattr(samples, "together", False))


class Subset:
    """Some of encoded samples, numbered from 0 again."""

    def __init__(self, samples: Learned, rows: Rows) -> None:
        self._samples = samples
        self._rows = rows
        self.lengths = samples.lengths[rows]
        self.units = samples.units[rows]
        self.weight = samples.weight[rows]
        self.together = goes_whole(samples)

    def __len__(self) -> int:
        return len(self._rows)

    def batch(self, rows: Rows) -> Batch:
        """Return inputs and targets of some samples."""
        return self._samples.batch(self._rows[rows])

    def ids(self, rows: Rows) -> list[str]:
        """Name the rows behind some samples."""
        return self._samples.ids(self._rows[rows])


def inputs(batch: Batch) -> Batch:
    """Return what the model is called with: a batch without its targets."""
    return {name: value for name, value in batch.items() if not name.startswith(TARGET)}


Sampler = Callable[[NDArray[np.int64], int, Sequence[int]], list[Rows]]
"""``sampler(lengths, batch_size, seed) -> batches``: the order of one epoch."""


def length_buckets(
    lengths: NDArray[np.int64], batch_size: int, seed: Sequence[int], pool: int = 50
) -> list[Rows]:
    """Shuffle samples into batches of similar length, so that little is padded.

    The samples are shuffled, cut into pools of `pool` batches, sorted by length within each pool,
    cut into batches, and the batches are shuffled. Where plain batches would hold little padding
    (`WORTH`) they are taken: samples of one length may be alike in other ways too, as questions of
    one wording are, and a batch of them teaches less.

    Parameters
    ----------
    lengths
        Length of each sample; shape (samples,).
    batch_size
        Samples in a batch; the last batch of the epoch may be smaller.
    seed
        Numbers that decide the order, such as the run's seed and the epoch.
    pool
        Batches whose samples are sorted together.

    Returns
    -------
    list of numpy.ndarray
        Rows of each batch; every sample stands in exactly one.
    """
    generator = np.random.default_rng(list(seed))
    order = generator.permutation(len(lengths))
    size = batch_size * (pool if _padded(lengths[order], batch_size) > WORTH else 1)
    pools = [order[first : first + size] for first in range(0, len(order), size)]
    # Ties are broken by the shuffled order, so that equal lengths still mix.
    ordered = [rows[np.argsort(lengths[rows], kind="stable")] for rows in pools]
    batches = [
        rows[first : first + batch_size]
        for rows in ordered
        for first in range(0, len(rows), batch_size)
    ]
    return [batches[place] for place in generator.permutation(len(batches))]


def _padded(lengths: NDArray[np.int64], batch_size: int) -> float:
    """Return how long batches are in this order with their padding, as a multiple of without."""
    firsts = np.arange(0, len(lengths), batch_size)
    if not len(firsts):
        return 1.0
    counts = np.diff([*firsts, len(lengths)])
    whole = np.maximum.reduceat(lengths, firsts) * counts
    return float(whole.sum() / max(lengths.sum(), 1))


def by_length(lengths: NDArray[np.int64], budget: int, most: int = 512) -> list[Rows]:
    """Form batches for prediction: longest first, each within a budget of padded tokens.

    Parameters
    ----------
    lengths
        Length of each sample; shape (samples,).
    budget
        Most tokens of a batch, padding counted.
    most
        Most samples of a batch.
    """
    order = np.argsort(-lengths, kind="stable")
    batches, first = [], 0
    while first < len(order):
        width = max(int(lengths[order[first]]), 1)
        size = max(1, min(most, budget // width))
        batches.append(order[first : first + size])
        first += size
    return batches


def micro_batches(
    rows: Rows,
    lengths: NDArray[np.int64],
    most_rows: int | None = None,
    most_tokens: int | None = None,
) -> list[Rows]:
    """Split the samples of one step into what goes through the model at once.

    Samples of like length go together, longest first, so memory that runs out does so at once. A
    step that fits whole is left as it is.

    Parameters
    ----------
    rows
        The step's samples.
    lengths
        Length of every sample, not of these alone; shape (samples,).
    most_rows
        Most samples of a micro-batch; None: any number.
    most_tokens
        Most tokens of a micro-batch, padding counted; None: any number. A sample that is longer
        goes alone.

    Returns
    -------
    list of numpy.ndarray
        Every sample of the step stands in exactly one.
    """
    own = lengths[rows]
    most = len(rows) if most_rows is None else most_rows
    tokens = len(rows) * int(own.max(initial=1))
    if len(rows) <= most and (most_tokens is None or tokens <= most_tokens):
        return [rows]
    budget = tokens if most_tokens is None else most_tokens
    return [rows[places] for places in by_length(own, budget, most)]
