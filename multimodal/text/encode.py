"""Texts to token numbers, once, and token numbers to padded batches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

CHUNK = 4096
"""Samples that are tokenised at a time, so that memory stays bounded."""


@dataclass(frozen=True, eq=False)
class EncodedText:
    """Token numbers of many samples, one behind the other.

    Attributes
    ----------
    tokens
        Token numbers of all samples; shape (sum of lengths,).
    types
        Part that each token belongs to, for models that ask for it; same shape, or None.
    starts
        Where each sample begins; shape (samples + 1,).
    cut
        Whether a sample was longer than the model reads; shape (samples,).
    pad, left
        Number of the padding token, and whether padding stands at the left.
    """

    tokens: NDArray[np.int32]
    types: NDArray[np.int8] | None
    starts: NDArray[np.int64]
    cut: NDArray[np.bool_]
    pad: int
    left: bool
    lengths: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lengths", np.diff(self.starts))

    def __len__(self) -> int:
        return len(self.lengths)

    def batch(self, rows: Sequence[int] | NDArray[np.int64]) -> dict[str, torch.Tensor]:
        """Pad some samples to the longest of them.

        Returns
        -------
        dict
            ``input_ids``, ``attention_mask`` and where asked for ``token_type_ids``, each of
            shape (rows, longest), int64.
        """
        rows = np.asarray(rows)
        lengths = self.lengths[rows]
        width = int(lengths.max())
        mask = np.arange(width) < lengths[:, None]
        if self.left:
            mask = mask[:, ::-1]
        # Rows of the mask are filled in order, so one gather of all spans fills the batch.
        spans = np.concatenate([np.arange(self.starts[row], self.starts[row + 1]) for row in rows])
        ids = np.full(mask.shape, self.pad, dtype=np.int64)
        ids[mask] = self.tokens[spans]
        out = {
            "input_ids": torch.from_numpy(ids),
            "attention_mask": torch.from_numpy(mask.astype(np.int64)),
        }
        if self.types is not None:
            types = np.zeros(mask.shape, dtype=np.int64)
            types[mask] = self.types[spans]
            out["token_type_ids"] = torch.from_numpy(types)
        return out


def encode(tokenizer: Any, samples: Sequence[tuple[str, ...]], max_length: int) -> EncodedText:
    """Tokenise samples of one or several text parts.

    Parameters
    ----------
    tokenizer
        A fast tokenizer.
    samples
        Each sample's parts. Two parts are given as a pair; further ones join the second, with the
        separator token between them.
    max_length
        Longest sample in tokens, special ones counted; longer ones are cut off at the end.
    """
    limit = longest(tokenizer, max_length)
    tokens, types, lengths, cut = [], [], [], []
    for first in range(0, len(samples), CHUNK):
        texts, pairs = parts(tokenizer, samples[first : first + CHUNK])
        encoded = tokenizer(texts, pairs, truncation=True, max_length=limit)
        lengths += [len(ids) for ids in encoded["input_ids"]]
        tokens.append(_flat(encoded["input_ids"], np.int32))
        if "token_type_ids" in encoded:
            types.append(_flat(encoded["token_type_ids"], np.int8))
        # The fast tokenizer keeps what it cut off as overflowing pieces.
        cut += [bool(one.overflowing) for one in encoded.encodings]
    return EncodedText(
        tokens=np.concatenate(tokens),
        types=np.concatenate(types) if types else None,
        starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        cut=np.array(cut, dtype=bool),
        pad=int(tokenizer.pad_token_id),
        left=tokenizer.padding_side == "left",
    )


def token_spans(
    tokenizer: Any, samples: Sequence[tuple[str, ...]], max_length: int
) -> list[list[tuple[int, int, int]]]:
    """Say which characters each token of each sample covers.

    Returns
    -------
    list
        For each sample one triple per token: the part, and the first and last+1 character in it;
        special tokens have part -1.
    """
    limit = longest(tokenizer, max_length)
    out = []
    for first in range(0, len(samples), CHUNK):
        chunk = samples[first : first + CHUNK]
        texts, pairs = parts(tokenizer, chunk)
        encoded = tokenizer(texts, pairs, truncation=True, max_length=limit)
        for sample, one in zip(chunk, encoded.encodings, strict=True):
            starts = _part_starts(tokenizer, sample)
            special = one.special_tokens_mask
            out.append(
                [
                    (-1, 0, 0) if hidden or owner is None else _place(starts, owner, *span)
                    for owner, span, hidden in zip(
                        one.sequence_ids, one.offsets, special, strict=True
                    )
                ]
            )
    return out


def parts(tokenizer: Any, samples: Sequence[tuple[str, ...]]) -> tuple[list[str], list[str] | None]:
    """Return the first text of each sample, and the second where samples have several parts."""
    texts = [sample[0] for sample in samples]
    if not samples or len(samples[0]) == 1:
        return texts, None
    return texts, [_between(tokenizer).join(sample[1:]) for sample in samples]


def longest(tokenizer: Any, max_length: int) -> int:
    """Return the smaller of the recipe's and the model's own limit, in tokens."""
    return min(max_length, int(min(tokenizer.model_max_length, 1 << 20)))


def _between(tokenizer: Any) -> str:
    return f" {tokenizer.sep_token or ''} "


def _part_starts(tokenizer: Any, sample: tuple[str, ...]) -> list[int]:
    """Return where each part behind the first begins in the joined second text."""
    starts, place = [0], 0
    for text in sample[1:]:
        starts.append(place)
        place += len(text) + len(_between(tokenizer))
    return starts


def _place(starts: list[int], owner: int, start: int, end: int) -> tuple[int, int, int]:
    if owner == 0:
        return (0, start, end)
    part = max(number for number in range(1, len(starts)) if starts[number] <= start)
    return (part, start - starts[part], end - starts[part])


def _flat(rows: Iterable[Sequence[int]], dtype: type) -> NDArray[Any]:
    return np.concatenate([np.asarray(row, dtype=dtype) for row in rows])
