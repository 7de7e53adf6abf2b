"""Dropout's random masks on the CPU, sixteen bits at a time.

PyTorch draws one double for each element of a dropout mask, which takes a sixth of a small
encoder's training time on a CPU with native bf16. A mask needs far less: an element is kept where
a random 16-bit number lies under a threshold. Masks follow from torch's own generator, so seeds and
checkpoints mean what they always meant.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np
import torch

from .kernels import replaced

LEVELS = 1 << 16
"""Probabilities are rounded to multiples of 1 / LEVELS: 0.9 becomes 0.900002."""

INTEGERS = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
"""Integers of so many bytes, as which numpy, that knows no bf16, fills a mask."""


@contextlib.contextmanager
def quick_masks() -> Iterator[None]:
    """Let ``Tensor.bernoulli_(p)``, which every dropout calls, draw 16-bit numbers on the CPU.

    It replaces PyTorch's kernel while the context is open, in the whole process; other devices
    keep theirs. Attention's dropout calls it too, which a module put in place of ``nn.Dropout``
    would not reach.
    """
    with replaced("bernoulli_.float", "CPU", bernoulli_):
        yield


def bernoulli_(
    out: torch.Tensor, p: float = 0.5, *, generator: torch.Generator | None = None
) -> torch.Tensor:
    """Fill a tensor with 1 with probability `p`, else 0, in place.

    Parameters
    ----------
    out
        Tensor of any shape and number format.
    p
        Probability of 1, from 0 to 1; rounded to a multiple of 1 / `LEVELS`.
    generator
        Where one 64-bit seed is drawn from; torch's default generator if left out. The numbers
        themselves are SFC64's (numpy).

    Raises
    ------
    RuntimeError
        If `p` is no probability.
    """
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p}")
    threshold = round(p * LEVELS) - LEVELS // 2  # signed numbers reach from -LEVELS / 2
    if threshold == LEVELS // 2:  # no 16-bit number, and above them all
        return out.fill_(1)
    seed = int(torch.empty((), dtype=torch.int64).random_(generator=generator))
    words = np.random.SFC64(seed).random_raw(-(-out.numel() // 4))
    kept = words.view(np.int16)[: out.numel()] < threshold
    # In numpy, on this thread: a mask is too small to be worth waking the others, and on a machine
    # with other work waiting for them takes longer than all of it.
    cells = INTEGERS.get(out.element_size())
    if cells is None or not out.is_contiguous():
        return out.copy_(torch.from_numpy(kept).view(out.shape))
    one = torch.ones((), dtype=out.dtype).view(cells).item()
    places = out.view(cells).view(-1).numpy()
    # Two passes without a change of type in between take an eighth of one with.
    np.copyto(places, kept)
    np.multiply(places, one, out=places)
    return out
