"""Pictures and texts that several samples share, encoded once while a model answers.

Ten questions about a picture need its features once, and a question that is asked of a thousand
pictures is read once. That holds for a model that answers, not for one that learns: there dropout
and the statistics of batches make each sample's features its own.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..encode import Repeated, Together

MOST = 1 << 28
"""Bytes of features that are kept; beyond, they are forgotten and what is needed is made again."""

FEATURES = {"image": "seen", "text": "read"}
"""By modality, under which name a `FusedModel` is given the features of a part."""

Rows = NDArray[np.int64]
Features = dict[Hashable, torch.Tensor]


def once(model: torch.nn.Module, samples: Any) -> Any:
    """Return samples whose batches hold features in place of pictures and texts.

    Parameters
    ----------
    model
        In evaluation mode. It is called with the parts that it has not seen yet.
    samples
        Encoded, with targets beside them or without.

    Returns
    -------
    Samples as they were where the model is no `FusedModel`, or they aren't pictures with texts.
    """
    own = samples if isinstance(samples, Together) else getattr(samples, "samples", None)
    if not isinstance(own, Together) or set(own.parts) != {"image", "text"}:
        return samples
    return Once(model, own) if is_fused(model) else samples


def is_fused(model: torch.nn.Module) -> bool:
    """Whether a model is, or wraps, a `FusedModel`."""
    from .modeling import FusedModel

    return any(isinstance(part, FusedModel) for part in model.modules())


def batch_of(features: Mapping[str, Sequence[torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Return a model's inputs for samples whose parts are encoded.

    Parameters
    ----------
    features
        By modality (`FEATURES`) those of each sample, without padding; shape (places, width).
    """
    texts = features["text"]
    sizes = torch.tensor([len(one) for one in texts])
    mask = torch.arange(int(sizes.max())) < sizes[:, None]
    padded = {
        name: torch.nn.utils.rnn.pad_sequence(list(features[kind]), batch_first=True)
        for kind, name in FEATURES.items()
    }
    return {**padded, "attention_mask": mask.long()}


@dataclass(eq=False)
class Once:
    """Samples of which a model encodes each picture and each text once (`core.batches.Samples`).

    Attributes
    ----------
    model
        What encodes them.
    samples
        Pictures with texts.
    seen, read
        Features of the pictures and texts of earlier batches; shape (places, width) each.
    held
        Bytes of them all.
    """

    model: torch.nn.Module
    samples: Together
    seen: Features = field(default_factory=dict)
    read: Features = field(default_factory=dict)
    held: int = 0

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Cost of each sample; shape (samples,)."""
        return self.samples.lengths

    def batch(self, rows: Rows) -> dict[str, torch.Tensor]:
        """Return ``seen``, ``read`` and the ``attention_mask`` of some samples."""
        if self.held > MOST:
            self.seen, self.read, self.held = {}, {}, 0
        pictures, texts = self._pictures(rows), self._texts(rows)
        self._encode("image", self.seen, pictures, rows)
        self._encode("text", self.read, texts, rows)
        return batch_of(
            {
                "image": [self.seen[name] for name in pictures],
                "text": [self.read[name] for name in texts],
            }
        )

    def _pictures(self, rows: Rows) -> list[Hashable]:
        """Name the picture of each row."""
        part = self.samples.parts["image"]
        found: list[Hashable] = (part.places[rows] if isinstance(part, Repeated) else rows).tolist()
        return found

    def _texts(self, rows: Rows) -> list[Hashable]:
        """Name the text of each row by its tokens."""
        part = self.samples.parts["text"]
        spans = [slice(part.starts[row], part.starts[row + 1]) for row in rows]
        kinds = [b"" if part.types is None else part.types[span].tobytes() for span in spans]
        return [
            (part.tokens[span].tobytes(), kind) for span, kind in zip(spans, kinds, strict=True)
        ]

    def _encode(self, kind: str, known: Features, names: list[Hashable], rows: Rows) -> None:
        """Have the model encode the parts of some rows that it has not seen."""
        pairs = zip(names, rows.tolist(), strict=True)
        new = {name: row for name, row in pairs if name not in known}
        if not new:
            return
        place = next(self.model.parameters()).device
        batch = self.samples.parts[kind].batch(np.array(list(new.values())))
        batch = {name: tensor.to(place) for name, tensor in batch.items()}
        (found,) = self.model(**batch).hidden_states
        masks = batch["attention_mask"].bool() if "attention_mask" in batch else [...] * len(new)
        for name, features, mask in zip(new, found, masks, strict=True):
            # Copied, or each of them would hold the memory of its whole batch.
            known[name] = features[mask].clone()
            self.held += known[name].nbytes
