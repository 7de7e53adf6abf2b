"""Batches that are read while the device still computes the steps before them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import torch
from torch.utils._pytree import tree_map

from ..multimodal.encode import fetch, finish
from .batches import Batch, Learned, Rows

DEVICES = ("cuda", "mps")
"""Devices that compute beside the CPU. Where the CPU computes itself nothing is gained."""

STEPS = 2
"""Steps that are read ahead."""

Asked = tuple[Rows, dict[bytes, Future[Any]]]
"""The samples of a step, and what its parts are read by."""


class Ahead:
    """Reads what the steps to come consist of in a thread of its own.

    What is drawn at random is drawn when a step takes its batch (`multimodal.encode.finish`), so
    reading ahead changes no training, and none that goes on from a checkpoint.

    Parameters
    ----------
    samples
        What is learnt from.
    parts
        Splits the samples of a step into what goes through the model at once.
    device
        What computes.
    """

    def __init__(
        self, samples: Learned, parts: Callable[[Rows], list[Rows]], device: torch.device
    ) -> None:
        self._samples = samples
        self._parts = parts
        self._device = device
        self._read: dict[bytes, Future[Any]] = {}

    def over(self, batches: Iterable[Rows]) -> Iterator[Rows]:
        """Give the samples of each step in turn, those of the next ones being read."""
        if self._device.type not in DEVICES:
            yield from batches
            return
        pool = ThreadPoolExecutor(1, "ahead")
        try:
            coming: deque[Asked] = deque()
            for rows in batches:
                parts = [part for part in self._parts(rows) if len(part)]
                asked = {one.tobytes(): pool.submit(self._fetched, one) for one in parts}
                coming.append((rows, asked))
                if len(coming) > STEPS:
                    yield self._next(coming)
            while coming:
                yield self._next(coming)
        finally:
            self._read = {}
            pool.shutdown(cancel_futures=True)

    def batch(self, rows: Rows) -> Batch:
        """Return the batch of samples that go through the model at once.

        It is read now where it was not read ahead, as when memory ran out and the samples of a step
        were split otherwise.

        Raises
        ------
        Exception
            What reading it raised, in whichever thread.
        """
        asked = self._read.pop(rows.tobytes(), None)
        fetched = fetch(self._samples, rows) if asked is None else asked.result()
        return finish(self._samples, fetched)

    def _next(self, coming: deque[Asked]) -> Rows:
        rows, self._read = coming.popleft()
        return rows

    def _fetched(self, rows: Rows) -> Any:
        found = fetch(self._samples, rows)
        # From pinned memory a GPU copies by itself.
        return tree_map(_pinned, found) if self._device.type == "cuda" else found


def _pinned(value: Any) -> Any:
    return value.pin_memory() if isinstance(value, torch.Tensor) else value
