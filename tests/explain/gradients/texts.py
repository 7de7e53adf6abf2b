"""Subjects of texts, and captum's own scores of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from captum.attr import LayerIntegratedGradients

from pellucid.explain.pieces import Piece, Pieces
from pellucid.explain.subject import Subject
from pellucid.multimodal.text.encode import EncodedText, encode
from pellucid.multimodal.text.segmented import SegmentedText, segmented
from pellucid.multimodal.text.segments import Segment

SINGLE = [
    ("the room was lovely and warm.",),
    ("awful",),
    ("we stayed there with rude staff, a dirty desk and it was very loud!",),
    ("it was good",),
]
PAIRS = [
    ("was the room good?", "it was very clean and calm."),
    ("staff?", "rude and slow, we were there with our cold desk"),
    ("our visit was a very warm visit", "bad"),
]


def worded(
    model: Any, tokenizer: Any, samples: Sequence[tuple[str, ...]], targets: Sequence[int]
) -> Subject:
    """Return texts as a subject, cut into words; padding tokens stand for those left out."""
    encoded = encode(tokenizer, samples, 64)
    columns = tuple(f"text{number}" for number in range(len(samples[0])))

    def cut(row: int) -> Pieces:
        found = segmented(tokenizer, encoded, row, samples[row], instead="pad", max_length=64)
        return Pieces((Piece("text", columns, found),))

    return Subject(model, encoded, cut, np.asarray(targets, np.int64))


def numbered(
    model: Any, encoded: EncodedText, targets: Sequence[int], frame: Sequence[int] = ()
) -> Subject:
    """Return token numbers as a subject: each is a word, except those that frame a text."""

    def cut(row: int) -> Pieces:
        batch = encoded.batch([row])
        ids = batch["input_ids"][0].numpy()
        inside = ~np.isin(ids, frame)
        owners = np.where(inside, inside.cumsum() - 1, -1)
        words = tuple(Segment(0, f"w{one}", 0, 1) for one in ids[inside])
        return Pieces(
            (Piece("text", ("text",), SegmentedText(words, (" ",) * len(words), batch, owners, 0)),)
        )

    return Subject(model, encoded, cut, np.asarray(targets, np.int64))


def captum_scores(
    subject: Subject, tokenizer: Any, samples: Sequence[tuple[str, ...]], steps: int
) -> list[tuple[np.ndarray, float]]:
    """Ask captum, one text at a time; return scores of its words, and logit minus baseline's."""
    out = []
    model = subject.model
    for row, sample in enumerate(samples):
        inputs = dict(tokenizer(*([part] for part in sample), return_tensors="pt"))
        ids = inputs.pop("input_ids")
        frame = torch.tensor([tokenizer.cls_token_id, tokenizer.sep_token_id])
        base = torch.where(torch.isin(ids, frame), ids, tokenizer.pad_token_id)
        names, others = list(inputs), tuple(inputs.values())

        def forward(ids: torch.Tensor, *others: torch.Tensor, names: Any = names) -> torch.Tensor:
            return model(input_ids=ids, **dict(zip(names, others, strict=True))).logits

        target = int(subject.targets[row])
        found = LayerIntegratedGradients(forward, model.get_input_embeddings()).attribute(
            ids, baselines=base, target=target, additional_forward_args=others, n_steps=steps
        )
        with torch.no_grad():
            ends = [float(forward(one, *others)[0, target]) for one in (ids, base)]
        tokens = found[0].sum(-1).detach().numpy()
        pieces = subject.cut(row)
        owners = pieces.pieces[0].segmented.owners
        assert len(owners) == len(tokens)
        words = np.zeros(len(pieces))
        np.add.at(words, owners[owners >= 0], tokens[owners >= 0])
        out.append((words, ends[0] - ends[1]))
    return out
