"""Putting short token sequences one behind the other, so that little of a batch is padding.

A packed row holds several sequences. Each has position numbers of its own, from 0 on, and sees only
itself: transformers 5 reads from position numbers that begin anew where one sequence ends and the
next begins (`transformers.masking_utils.find_packed_sequence_indices`), and makes a causal mask in
blocks of it, if there is no attention mask and no cache. With flash attention no mask is made, and
the sequences go through the kernel one behind the other.

Not every model can: some take no position numbers (Bloom), some carry a state from token to token
(Mamba). `keeps_apart` finds out by trying, and `unpacked` lays a batch out in padded rows instead.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

Rows = NDArray[np.int64]


def pack(
    lengths: Sequence[int] | NDArray[np.int64], capacity: int, seed: int | None = None
) -> list[Rows]:
    """Fill packs with samples: the longest first, each into the fullest pack that it fits.

    Best-fit decreasing needs at most 11/9 of the fewest possible packs, and four (Johnson 1973).

    Parameters
    ----------
    lengths
        Length of each sample in tokens; shape (samples,).
    capacity
        Most tokens of a pack.
    seed
        Mixes samples of equal length, and the packs. Without it the fullest come first.

    Returns
    -------
    list of numpy.ndarray
        The samples of each pack; every sample stands in exactly one.

    Raises
    ------
    ValueError
        If a sample is longer than a pack.
    """
    sizes = np.asarray(lengths, dtype=np.int64)
    if len(sizes) and sizes.max() > capacity:
        raise ValueError(f"a sample of {sizes.max()} tokens is longer than a pack of {capacity}")
    generator = np.random.default_rng(seed)
    order = np.arange(len(sizes)) if seed is None else generator.permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    packs: list[list[int]] = []
    rooms: list[int] = []  # how much is left in open packs, ascending, each number once
    open_with: dict[int, list[int]] = {}
    for sample in order.tolist():
        size = int(sizes[sample])
        place = bisect_left(rooms, size)
        if place < len(rooms):
            room = rooms[place]
            chosen = open_with[room].pop()
            if not open_with[room]:
                del open_with[room], rooms[place]
        else:
            room, chosen = capacity, len(packs)
            packs.append([])
        packs[chosen].append(sample)
        left = room - size
        if left > 0:
            if left not in open_with:
                insort(rooms, left)
                open_with[left] = []
            open_with[left].append(chosen)
    out = [np.array(one, dtype=np.int64) for one in packs]
    return out if seed is None else [out[place] for place in generator.permutation(len(out))]


@dataclass(frozen=True, eq=False)
class Sequences:
    """Token sequences of which some tokens are to be learnt from those before them.

    Attributes
    ----------
    tokens
        Token numbers of all sequences, one behind the other; shape (sum of lengths,).
    learnt
        Whether each token is a target. The first token of a sequence can't be one; same shape.
    starts
        Where each sequence begins; shape (sequences + 1,).
    owner
        Row of the dataset that each sequence comes from; shape (sequences,).
    cut
        Whether something was cut off a sequence; shape (sequences,).
    pad
        Number of the padding token.
    capacity
        Tokens of a packed row.
    packed
        Whether batches are packed; else one row for each sequence.
    """

    tokens: NDArray[np.int32]
    learnt: NDArray[np.bool_]
    starts: NDArray[np.int64]
    owner: NDArray[np.int64]
    cut: NDArray[np.bool_]
    pad: int
    capacity: int
    packed: bool = True
    lengths: NDArray[np.int64] = field(init=False)
    units: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        lengths = np.diff(self.starts)
        if len(lengths) and lengths.min() < 1:
            raise ValueError("a sequence has no token")
        learnt = np.array(self.learnt, dtype=bool)
        learnt[self.starts[:-1]] = False
        sums = np.concatenate([[0], np.cumsum(learnt)])
        object.__setattr__(self, "learnt", learnt)
        object.__setattr__(self, "lengths", lengths)
        object.__setattr__(self, "units", np.diff(sums[self.starts]))

    @classmethod
    def of(
        cls,
        sequences: Sequence[tuple[ArrayLike, ArrayLike]],
        *,
        pad: int,
        capacity: int,
        packed: bool = True,
        owner: Sequence[int] | None = None,
        cut: Sequence[bool] | None = None,
    ) -> Sequences:
        """Join sequences, each given as its tokens and whether each of them is a target."""
        count = len(sequences)
        tokens = [np.asarray(tokens, np.int32) for tokens, _ in sequences]
        learnt = [np.asarray(flags, bool) for _, flags in sequences]
        lengths = [len(one) for one in tokens]
        return cls(
            tokens=np.concatenate([*tokens, np.empty(0, np.int32)]),
            learnt=np.concatenate([*learnt, np.empty(0, bool)]),
            starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            owner=np.arange(count) if owner is None else np.asarray(owner, np.int64),
            cut=np.zeros(count, bool) if cut is None else np.asarray(cut, bool),
            pad=pad,
            capacity=capacity,
            packed=packed,
        )

    def __len__(self) -> int:
        return len(self.lengths)

    def batch(self, rows: Sequence[int] | NDArray[np.int64]) -> dict[str, torch.Tensor]:
        """Lay some sequences out in rows, as `lay_out` says."""
        chosen = np.asarray(rows, dtype=np.int64)
        tokens = [self.tokens[self.starts[row] : self.starts[row + 1]] for row in chosen]
        learnt = [self.learnt[self.starts[row] : self.starts[row + 1]] for row in chosen]
        return lay_out(tokens, learnt, pad=self.pad, capacity=self.capacity if self.packed else 0)


def lay_out(
    tokens: Sequence[NDArray[np.int32]],
    learnt: Sequence[NDArray[np.bool_]],
    *,
    pad: int,
    capacity: int,
) -> dict[str, torch.Tensor]:
    """Lay sequences out in packed rows of at most `capacity` tokens, or of the longest one's.

    Parameters
    ----------
    tokens, learnt
        Token numbers of each sequence, and whether each of them is a target.
    pad
        Number of the padding token.
    capacity
        Tokens of a packed row; 0: one padded row for each sequence, in their order.

    Returns
    -------
    dict
        ``input_ids`` (rows, width); ``position_ids`` (rows, width) where packed, in which padding
        is one more sequence at a row's end, else ``attention_mask``; and of every target its token
        ``target``, the place ``target_place`` of the token in front of it in the flattened rows,
        and its sequence ``target_sample``, each of shape (targets,), and ``target_units``, the
        targets of each sequence; shape (sequences,).
    """
    lengths = np.array([len(one) for one in tokens], dtype=np.int64)
    packs = (
        pack(lengths, max(capacity, int(lengths.max())))
        if capacity
        else list(np.arange(len(lengths))[:, None])
    )
    width = max(int(lengths[one].sum()) for one in packs)
    shape = (len(packs), width)
    ids, positions = np.full(shape, pad, np.int64), np.zeros(shape, np.int64)
    mask = np.zeros(shape, np.int64)
    target, place, sample = [], [], []
    for row, one in enumerate(packs):
        first = 0
        for number in one:
            size = lengths[number]
            ids[row, first : first + size] = tokens[number]
            positions[row, first : first + size] = np.arange(size)
            wanted = np.flatnonzero(learnt[number])
            target.append(tokens[number][wanted])
            place.append(row * width + first + wanted - 1)
            sample.append(np.full(len(wanted), number))
            first += size
        mask[row, :first] = 1
        positions[row, first:] = np.arange(width - first)
    targets = {
        "target": np.concatenate(target),
        "target_place": np.concatenate(place),
        "target_sample": np.concatenate(sample),
        "target_units": np.array([one.sum() for one in learnt]),
    }
    layout = {"position_ids": positions} if capacity else {"attention_mask": mask}
    return {
        name: torch.from_numpy(np.asarray(value, np.int64))
        for name, value in {"input_ids": ids, **layout, **targets}.items()
    }


def unpacked(batch: dict[str, Any]) -> dict[str, Any]:
    """Lay a packed batch out anew, one padded row for each sequence."""
    ids, positions = batch["input_ids"].flatten(), batch["position_ids"].flatten()
    owner = positions.eq(0).cumsum(0) - 1
    shape = (int(owner[-1]) + 1, int(positions.max()) + 1)
    padded, mask = ids.new_zeros(shape), ids.new_zeros(shape)
    padded[owner, positions] = ids
    mask[owner, positions] = 1
    out = {name: value for name, value in batch.items() if name != "position_ids"}
    place = batch["target_place"]
    place = owner[place] * shape[1] + positions[place]
    return {**out, "input_ids": padded, "attention_mask": mask, "target_place": place}


def in_one_row(batch: dict[str, Any]) -> dict[str, Any]:
    """Put all rows of a packed batch behind one another, as flash attention wants them."""
    rows = {name: batch[name].reshape(1, -1) for name in ("input_ids", "position_ids")}
    return {**batch, **rows}


@torch.no_grad()
def keeps_apart(model: torch.nn.Module) -> bool:
    """Say whether a causal language model keeps packed sequences apart, by trying it.

    A pack of two short sequences is run twice, the first of them altered in between: what the
    second comes to must not change by a bit, and must be what it comes to alone.
    """
    place = next(model.parameters()).device
    one, two = torch.tensor([[3, 1, 2, 4, 1]]), torch.tensor([[2, 4, 3, 1]])
    positions = torch.cat([torch.arange(5), torch.arange(4)])[None].to(place)
    training = model.training
    model.eval()
    try:
        first, second = (
            model(
                input_ids=torch.cat([begin, two], dim=1).to(place),
                position_ids=positions,
                use_cache=False,
            ).logits[0, 5:]
            for begin in (one, one.flip(1))
        )
        alone = model(input_ids=two.to(place), use_cache=False).logits[0]
    except (TypeError, ValueError, RuntimeError, IndexError, AttributeError):
        return False
    finally:
        model.train(training)
    near = bool((first - alone).abs().max() <= 1e-3 * alone.abs().max())
    return near and bool(torch.equal(first, second))
