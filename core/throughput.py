"""How fast a training goes and how much memory it holds, told beside its loss."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import psutil
from numpy.typing import NDArray

from .events import Emit, Metric

if TYPE_CHECKING:
    import torch


class Throughput:
    """Count samples and tokens against a stopwatch that runs only while the model is trained.

    Parameters
    ----------
    device
        Device whose memory is told: of a GPU what PyTorch's allocator holds there, else the
        resident memory of this process.
    lengths
        Cost of each sample in tokens or the like, padding not counted; shape (samples,).
    """

    def __init__(self, device: torch.device, lengths: NDArray[np.int64]) -> None:
        self._device = device
        self._lengths = lengths
        self._process = psutil.Process()
        self.begin()

    def begin(self) -> None:
        """Start to count anew, after validation or the writing of a checkpoint."""
        self._samples, self._tokens, self._since = 0, 0, time.perf_counter()

    def over(self, batches: Iterable[NDArray[np.int64]]) -> Iterator[NDArray[np.int64]]:
        """Begin, and count the samples of the batches as they are taken."""
        self.begin()
        for rows in batches:
            self._samples += len(rows)
            self._tokens += int(self._lengths[rows].sum())
            yield rows

    def tell(self, at: int, emit: Emit) -> None:
        """Tell samples and tokens per second and memory in bytes, and begin anew.

        To be called when the device has done its steps, as it has where the loss was just read.
        """
        took = max(time.perf_counter() - self._since, 1e-9)
        emit(Metric(name="samples_per_second", value=self._samples / took, at=at))
        emit(Metric(name="tokens_per_second", value=self._tokens / took, at=at))
        emit(Metric(name="memory_bytes", value=float(self._memory()), at=at))
        self.begin()

    def _memory(self) -> int:
        import torch

        if self._device.type == "cuda":
            return int(torch.cuda.memory_reserved(self._device))
        if self._device.type == "mps":
            return int(torch.mps.driver_allocated_memory())
        return int(self._process.memory_info().rss)
