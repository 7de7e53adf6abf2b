"""Samples of any modalities as a model's inputs: each part by its own modality, then all as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .parts import Samples, parts, places
from .processors import processor_of
from .spec import ModelSpec

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Together:
    """Encoded parts of the same samples, whose inputs a model takes side by side.

    Attributes
    ----------
    parts
        By modality, what was encoded (`core.batches.Samples`).
    """

    parts: Mapping[str, Any]

    def __len__(self) -> int:
        return len(next(iter(self.parts.values())))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Cost of each sample, all its parts together; shape (samples,)."""
        found: NDArray[np.int64] = np.sum([one.lengths for one in self.parts.values()], axis=0)
        return found

    @property
    def cut(self) -> NDArray[np.bool_]:
        """Whether a part was longer than the model reads; shape (samples,)."""
        return np.asarray(np.any([cut_off(one) for one in self.parts.values()], axis=0))

    def batch(self, rows: Rows) -> dict[str, Any]:
        """Return the inputs of all parts of some samples."""
        return self.finish(self.fetch(rows))

    def fetch(self, rows: Rows) -> dict[str, Any]:
        """Do all of a batch that draws nothing at random, for `finish`."""
        return {kind: fetch(part, rows) for kind, part in self.parts.items()}

    def finish(self, fetched: dict[str, Any]) -> dict[str, Any]:
        """Do the rest, part by part in their order."""
        found = (finish(part, fetched[kind]) for kind, part in self.parts.items())
        return {name: one for inputs in found for name, one in inputs.items()}


@dataclass(frozen=True, eq=False)
class Repeated:
    """Encoded parts of which samples share some, such as a picture with several questions.

    Attributes
    ----------
    parts
        Each of them once, encoded.
    places
        Which of them each sample has; shape (samples,).
    """

    parts: Any
    places: Rows

    def __len__(self) -> int:
        return len(self.places)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Cost of each sample's part; shape (samples,)."""
        return np.asarray(self.parts.lengths)[self.places]

    @property
    def cut(self) -> NDArray[np.bool_]:
        """Whether each sample's part was longer than the model reads; shape (samples,)."""
        return cut_off(self.parts)[self.places]

    def batch(self, rows: Rows) -> dict[str, Any]:
        """Return the inputs of the parts of some samples."""
        return self.finish(self.fetch(rows))

    def fetch(self, rows: Rows) -> Any:
        """Do all of a batch that draws nothing at random, for `finish`."""
        return fetch(self.parts, self.places[rows])

    def finish(self, fetched: Any) -> dict[str, Any]:
        """Do the rest."""
        return finish(self.parts, fetched)


def fetch(samples: Any, rows: Rows) -> Any:
    """Do all of a batch that takes long and draws nothing at random, for `finish`.

    It may be done beforehand and in another thread: a training that goes on from a checkpoint draws
    what it would have drawn. Samples that know of no such part (``fetch``, ``finish``) leave the
    whole batch to `finish`.
    """
    return samples.fetch(rows) if hasattr(type(samples), "fetch") else rows


def finish(samples: Any, fetched: Any) -> dict[str, Any]:
    """Do the rest, such as changing samples at random, and return the batch."""
    found: dict[str, Any] = (
        samples.finish(fetched) if hasattr(type(samples), "fetch") else samples.batch(fetched)
    )
    return found


def cut_off(samples: Any) -> NDArray[np.bool_]:
    """Say which samples are longer than the model reads, as far as is known; shape (samples,)."""
    return np.asarray(getattr(samples, "cut", np.zeros(len(samples), bool)))


def limits(modalities: Sequence[str], spec: ModelSpec) -> str:
    """Say how much of a sample is read, and which key of a recipe changes that."""
    found = []
    if "text" in modalities:
        found.append(f"{spec.max_length} tokens (model.max_length)")
    if "audio" in modalities:
        found.append(f"{spec.max_seconds:g} seconds (model.max_seconds)")
    return " or ".join(found)


def encode(
    processor: Any,
    samples: Samples,
    modalities: Sequence[str],
    spec: ModelSpec,
    *,
    cache: Path | None = None,
    check: Callable[[], None] = lambda: None,
) -> Any:
    """Encode samples.

    Parameters
    ----------
    processor
        As `multimodal.processors.load_processor` returned it for these modalities.
    samples
        Each sample's parts: texts, and files (`multimodal.media.File` or their paths).
    modalities
        Modality of each part. Texts are read as one, as ``text.encode`` joins them; of pictures and
        sounds a sample has one each.
    spec
        How much of a sample the model reads, and how much disk its pictures and sounds may take.
    cache
        Folder that keeps what was encoded as files; all is held in memory if left out.
    check
        Raises where the job was cancelled.

    Returns
    -------
    Samples as `core.batches.Samples` says.
    """
    found: dict[str, Any] = {}
    for kind, own in places(modalities).items():
        given = parts(samples, own)
        one = processor_of(processor, kind)
        if kind == "text":
            from .text.encode import encode as encode_texts

            found[kind] = encode_texts(one, given, spec.max_length, cache=cache)
            continue
        keeping: dict[str, Any] = {
            "cache": cache,
            "budget": int(spec.cache_gigabytes * 1e9),
            "check": check,
        }
        cells = list(dict.fromkeys(part[0] for part in given))
        number = {cell: place for place, cell in enumerate(cells)}
        if kind == "image":
            from .image.encode import encode as encode_images

            found[kind] = encode_images(one, cells, **keeping)
        else:
            from .audio.encode import encode as encode_audio

            found[kind] = encode_audio(one, cells, spec.max_seconds, **keeping)
        if len(cells) < len(given):
            found[kind] = Repeated(found[kind], np.array([number[part[0]] for part in given]))
    return next(iter(found.values())) if len(found) == 1 else Together(found)
