"""The parts of samples, by their modality."""

from __future__ import annotations

from collections.abc import Sequence

Samples = Sequence[tuple[str, ...]]
"""Each sample's parts: texts, and files (`multimodal.media.File` or their paths)."""


def places(modalities: Sequence[str]) -> dict[str, list[int]]:
    """Return which parts of a sample are of each modality."""
    found: dict[str, list[int]] = {}
    for place, kind in enumerate(modalities):
        found.setdefault(kind, []).append(place)
    return found


def parts(samples: Samples, own: Sequence[int]) -> Samples:
    """Return some parts of each sample."""
    return [tuple(sample[place] for place in own) for sample in samples]
