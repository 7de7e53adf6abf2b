"""How copies of samples go through a model: whole, or each part by itself where it allows that.

A model that encodes a picture and a text apart, and only then joins them, needs the features of
each masked picture and of each masked text once, however they are combined. Of the copies that a
hierarchy asks for, half have the same picture, or the same text.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from ..multimodal.fusion.once import FEATURES, MOST, batch_of, is_fused
from .subject import Subject

Rows = NDArray[np.int64]
Masks = Sequence[NDArray[np.bool_]]

Answers = Callable[[Rows, Masks], torch.Tensor]
"""``answers(rows, masks)``: the numbers of copies of rows, of which those of one row follow on one
another; shape (copies, numbers)."""


def answers(subject: Subject) -> Answers:
    """Return what answers copies of a subject's rows."""
    if is_fused(subject.model):
        return Apart(subject)

    def whole(rows: Rows, masks: Masks) -> torch.Tensor:
        batches = [
            subject.cut(row).inputs(np.stack(masks[span.start : span.stop]))
            for row, span in _runs(rows)
        ]
        return subject.numbers(subject.sent(subject.joined(batches)), rows)

    return whole


class Apart:
    """Answers of a `FusedModel`, from features of masked pictures and masked texts.

    Parameters
    ----------
    subject
        Model and rows.
    """

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._known: OrderedDict[tuple[str, int, bytes], torch.Tensor] = OrderedDict()
        self._held = 0

    def __call__(self, rows: Rows, masks: Masks) -> torch.Tensor:
        """Return the numbers of copies of rows; shape (copies, numbers)."""
        features = {kind: self._features(kind, rows, masks) for kind in FEATURES}
        while self._held > MOST and self._known:
            _, oldest = self._known.popitem(last=False)
            self._held -= oldest.nbytes
        return self._subject.numbers(self._subject.sent(batch_of(features)), rows)

    def _features(self, kind: str, rows: Rows, masks: Masks) -> list[torch.Tensor]:
        """Return the features of one part of each copy; those it has not are made."""
        names: list[tuple[str, int, bytes]] = []
        new: list[tuple[str, int, bytes]] = []
        batches = []
        for row, span in _runs(rows):
            spans = self._subject.cut(row).spans
            piece, own = next(one for one in spans if one[0].modality == kind)
            keep = np.stack(masks[span.start : span.stop])[:, own]
            called = [(kind, row, one.tobytes()) for one in np.packbits(keep, axis=1)]
            wanted = {name: at for at, name in enumerate(called) if name not in self._known}
            if wanted:
                batches.append(piece.segmented.inputs(keep[list(wanted.values())]))
                new += wanted
            names += called
        if new:
            batch = self._subject.sent(self._subject.joined(batches))
            (found,) = self._subject.model(**batch).hidden_states
            there = batch.get("attention_mask")
            for place, name in enumerate(new):
                own_features = found[place] if there is None else found[place][there[place].bool()]
                # Copied, or each of them would hold the memory of its whole batch.
                self._known[name] = own_features.clone()
                self._held += self._known[name].nbytes
        for name in names:
            self._known.move_to_end(name)
        return [self._known[name] for name in names]


def _runs(rows: Rows) -> Iterator[tuple[int, slice]]:
    """Return each row with the places at which it stands, one behind the other."""
    starts = [0, *(np.flatnonzero(np.diff(rows)) + 1).tolist(), len(rows)]
    for first, last in pairwise(starts):
        yield int(rows[first]), slice(first, last)
