"""Sounds to the numbers that a model hears: read, resampled and analysed once, and kept.

What a feature extractor makes of a sound, the wave itself or its spectrogram, is computed once and
kept. Reading, resampling and torchaudio's filter banks give up Python's lock, so threads do them
side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from .. import arrays
from ..arrays import Kind
from ..media import once_more
from ..padding import Padding
from .read import Sound, read

if TYPE_CHECKING:
    from .augment import Augment

FORMAT = 1
"""Counted up where the same sounds would come to other numbers."""

TOGETHER = 16
"""Sounds that a thread reads at a time."""

TOKEN = 320
"""Samples of a wave that count as one token where batches are formed, as wav2vec 2.0 steps."""

Rows = NDArray[np.int64]
Values = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class EncodedAudio:
    """What a feature extractor makes of sounds, one behind the other.

    Attributes
    ----------
    extractor
        The feature extractor of transformers, which pads.
    values
        Numbers of the first sounds, as many as there is room for; shape (sum of sizes, …). May be
        mapped from a file.
    sizes
        How many of them each sound has; shape (kept,).
    cut
        Whether a sound is longer than the model hears; shape (samples,).
    hear
        Reads the sounds of other rows.
    fixed
        Whether the extractor brings all sounds to one size itself.
    augment
        Changes sounds at random where they are trained on, None where they are not.
    """

    extractor: Any
    values: Values
    sizes: NDArray[np.int64]
    cut: NDArray[np.bool_]
    hear: Callable[[Rows], list[Sound]]
    fixed: bool
    augment: Augment | None = None
    starts: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts", np.concatenate([[0], np.cumsum(self.sizes)]))

    def __len__(self) -> int:
        return len(self.cut)

    @property
    def padding(self) -> Padding:
        """How batches of these are padded."""
        if self.fixed:
            return Padding()
        name = self.extractor.model_input_names[0]
        fill = {name: float(self.extractor.padding_value), "attention_mask": 0}
        return Padding(fill, frozenset(fill if self.extractor.padding_side == "left" else ()))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Cost of each sound in tokens of `TOKEN` samples or one frame; shape (samples,)."""
        known = self.sizes // (TOKEN if self.values.ndim == 1 else 1)
        # What is not kept was not measured either: batches take it for the longest.
        rest = np.full(len(self) - len(known), known.max(initial=1))
        found: NDArray[np.int64] = np.maximum(np.concatenate([known, rest]), 1)
        return found

    def features(self, rows: Rows) -> list[Values]:
        """Return what the extractor makes of some sounds, neither changed nor padded."""
        found = []
        for row in np.asarray(rows).tolist():
            if row < len(self.sizes):
                found.append(np.asarray(self.values[self.starts[row] : self.starts[row + 1]]))
            else:
                found.append(analysed(self.extractor, self.hear(np.array([row]))[0]))
        return found

    def batch(self, rows: Rows) -> dict[str, torch.Tensor]:
        """Return the model's inputs for some sounds.

        Returns
        -------
        dict
            ``input_values`` or ``input_features``, float32, padded to the longest of them, and
            ``attention_mask`` where the model asks for one.
        """
        return self.finish(self.fetch(rows))

    def fetch(self, rows: Rows) -> Any:
        """Do all of a batch that draws nothing at random, for `finish`."""
        if self.augment is None:
            return self._padded(self.features(rows))
        return self.hear(rows) if self.augment.changes_waves else self.features(rows)

    def finish(self, fetched: Any) -> dict[str, torch.Tensor]:
        """Change sounds at random, and return the batch."""
        if self.augment is None:
            batch: dict[str, torch.Tensor] = fetched
            return batch
        if self.augment.changes_waves:
            changed = [self.augment.wave(one) for one in fetched]
            found = [self.augment.features(analysed(self.extractor, one)) for one in changed]
        else:
            found = [self.augment.features(one) for one in fetched]
        return self._padded(found)

    def _padded(self, found: list[Values]) -> dict[str, torch.Tensor]:
        name = self.extractor.model_input_names[0]
        if self.fixed:
            return {name: torch.from_numpy(np.stack(found))}
        padded = self.extractor.pad(
            {name: found},
            padding=True,
            return_tensors="pt",
            return_attention_mask=self.extractor.return_attention_mask,
        )
        return dict(padded)


def encode(
    extractor: Any,
    cells: Sequence[str],
    max_seconds: float,
    *,
    cache: Path | None = None,
    budget: int | None = None,
    check: Callable[[], None] = lambda: None,
) -> EncodedAudio:
    """Read sounds and analyse them as a model's feature extractor does.

    Parameters
    ----------
    extractor
        A feature extractor of transformers.
    cells
        A sound's file each.
    max_seconds
        How much of each is heard; the extractor's own limit where that is less.
    cache
        Folder that keeps what was computed as files. They are mapped into memory, and found again
        for the same sounds, extractor and limit. All is held in memory if left out.
    budget
        Most bytes that are kept; sounds beyond are read for each batch. All are kept if left out.
    check
        Raises where the job was cancelled.

    Returns
    -------
    EncodedAudio
        ``batch`` gives what ``extractor(sounds, padding=True)`` gives.
    """
    rate = int(extractor.sampling_rate)
    own = limit(extractor)
    most = max_seconds if own is None else min(max_seconds, own)

    def hear(rows: Rows) -> list[Sound]:
        return list(
            arrays.in_threads(lambda row: once_more(read, cells[row], rate, most), rows.tolist())
        )

    fixed = bool(is_fixed(extractor))
    probe = analysed(extractor, Sound(np.zeros(rate, np.float32), rate))
    kinds = {
        "values": Kind(np.float32, probe.shape[1:], mapped=True),
        "sizes": Kind(np.int64),
        "cut": Kind(np.bool_),
    }

    def pieces() -> Iterator[dict[str, NDArray[Any]]]:
        spent = 0
        for group in _analysed(extractor, cells, rate, most):
            check()
            kept = []
            for values, _ in group:
                spent += values.nbytes
                if budget is not None and spent > budget:
                    break
                kept.append(values)
            yield {
                "values": np.concatenate([kinds["values"].empty(), *kept]),
                "sizes": np.array([len(one) for one in kept], np.int64),
                "cut": np.array([cut for _, cut in group], bool),
            }

    def whole(one: arrays.Arrays) -> bool:
        return len(one["cut"]) == len(cells) and one["sizes"].sum() == len(one["values"])

    said = (FORMAT, type(extractor).__name__, extractor.to_dict(), most, budget)
    found = arrays.kept(cache, said, cells, kinds, pieces, whole)
    return EncodedAudio(extractor, found["values"], found["sizes"], found["cut"], hear, fixed)


def analysed(extractor: Any, sound: Sound) -> Values:
    """Return what a feature extractor makes of one sound; shape (size, …)."""
    name = extractor.model_input_names[0]
    found = extractor(sound.samples, sampling_rate=sound.rate, return_tensors="np")
    values = np.asarray(found[name])[0]
    mask = found.get("attention_mask")
    if mask is not None and np.shape(mask)[-1] == len(values):
        # Frames that hold some padding already, where several are put together.
        values = values[: max(int(np.sum(mask)), 1)]
    return np.ascontiguousarray(values, np.float32)


def limit(extractor: Any) -> float | None:
    """Return the seconds that an extractor keeps of a sound, None where it keeps all."""
    samples = getattr(extractor, "n_samples", None)
    if samples is not None:
        return float(samples) / float(extractor.sampling_rate)
    frames = getattr(extractor, "max_length", None)
    # Frames of kaldi's filter banks are 10 ms apart.
    return frames / 100 if frames is not None and hasattr(extractor, "num_mel_bins") else None


def is_fixed(extractor: Any) -> bool:
    """Whether an extractor brings sounds of any length to one size, tried on two of them."""
    rate = int(extractor.sampling_rate)
    sizes = {
        analysed(extractor, Sound(np.zeros(rate // part, np.float32), rate)).shape
        for part in (1, 3)
    }
    return len(sizes) == 1


def _analysed(
    extractor: Any, cells: Sequence[str], rate: int, most: float
) -> Iterator[list[tuple[Values, bool]]]:
    """Read and analyse sounds in threads, a few at a time, in order."""
    groups = [cells[first : first + TOGETHER] for first in range(0, len(cells), TOGETHER)]

    def one(group: Sequence[str]) -> list[tuple[Values, bool]]:
        sounds = [once_more(read, cell, rate, most) for cell in group]
        return [(analysed(extractor, sound), sound.cut) for sound in sounds]

    yield from arrays.in_threads(one, groups)
