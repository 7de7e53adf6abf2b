"""Texts to token numbers, once, and token numbers to padded batches."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..padding import Padding
from . import token_cache
from .token_cache import Tokens

CHUNK = 4096
CHARACTERS = 4_000_000
"""Samples, and characters of them, that are tokenised at a time, so that memory stays bounded."""


@dataclass(frozen=True, eq=False)
class EncodedText:
    """Token numbers of many samples, one behind the other.

    Attributes
    ----------
    tokens
        Token numbers of all samples; shape (sum of lengths,). May be mapped from a file.
    types
        Part that each token belongs to, for models that ask for it; same shape, or None.
    starts
        Where each sample begins; shape (samples + 1,).
    cut
        Whether a sample was longer than the model reads; shape (samples,).
    pad, left
        Number of the padding token, and whether padding stands at the left.
    pad_type
        Part that padding is said to belong to, where `types` is given.
    """

    tokens: NDArray[np.int32]
    types: NDArray[np.int8] | None
    starts: NDArray[np.int64]
    cut: NDArray[np.bool_]
    pad: int
    left: bool
    pad_type: int = 0
    lengths: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lengths", np.diff(self.starts))

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def padding(self) -> Padding:
        """How batches of these are padded."""
        fill = {"input_ids": self.pad, "attention_mask": 0, "token_type_ids": self.pad_type}
        return Padding(fill, frozenset(fill if self.left else ()))

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
            types = np.full(mask.shape, self.pad_type, dtype=np.int64)
            types[mask] = self.types[spans]
            out["token_type_ids"] = torch.from_numpy(types)
        return out


def encode(
    tokenizer: Any,
    samples: Sequence[tuple[str, ...]],
    max_length: int,
    *,
    cache: Path | None = None,
) -> EncodedText:
    """Tokenise samples of one or several text parts.

    Parameters
    ----------
    tokenizer
        A fast tokenizer.
    samples
        Each sample's parts. Two parts are given as a pair; further ones join the second, with the
        separator token between them.
    max_length
        Longest sample in tokens, special ones counted. Longer ones are cut as transformers cuts
        them (``truncation=True``): at the end, the longer part first.
    cache
        Folder that keeps tokens as files. They are mapped into memory, and found again for the
        same samples, tokenizer and limit. Tokens are held in memory if left out.

    Returns
    -------
    EncodedText
        The same tokens as ``tokenizer(…, truncation=True)`` gives. A sample of which no token is
        left (an empty text and a tokenizer without special tokens) is one padding token.
    """
    if cache is None:
        found = token_cache.gather(_tokens(tokenizer, samples, max_length))
    else:
        folder = cache / token_cache.key(tokenizer, samples, longest(tokenizer, max_length))
        kept = token_cache.read(folder)
        found = kept or token_cache.write(folder, _tokens(tokenizer, samples, max_length))
    return EncodedText(
        tokens=found.tokens,
        types=found.types if _wants_types(tokenizer) else None,
        starts=np.concatenate([[0], np.cumsum(found.lengths)]).astype(np.int64),
        cut=found.cut,
        pad=int(tokenizer.pad_token_id),
        left=tokenizer.padding_side == "left",
        pad_type=int(tokenizer.pad_token_type_id),
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
    out = []
    chunks = _encodings(tokenizer, samples, max_length)
    for sample, one, kept in (sample for chunk in chunks for sample in chunk):
        starts = _part_starts(tokenizer, sample)
        spans = [
            (-1, 0, 0) if owner is None else _place(starts, owner, *span)
            for owner, span in zip(one.sequence_ids, one.offsets, strict=True)
        ] or [(-1, 0, 0)]
        out.append(spans if kept is None else [spans[place] for place in kept])
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


def _encodings(
    tokenizer: Any, samples: Sequence[tuple[str, ...]], max_length: int
) -> Iterator[list[tuple[tuple[str, ...], Any, NDArray[np.intp] | None]]]:
    """Tokenise whole samples, a chunk at a time; say which tokens are kept, None for all.

    The tokenizer isn't asked to cut, because it keeps what it cuts off, and of two long texts
    every pair of such pieces: 20,000 copies of 256 tokens for two texts of 100,000 characters.
    """
    limit = longest(tokenizer, max_length)
    left = tokenizer.truncation_side == "left"
    for first, last in _chunks(samples):
        chunk = samples[first:last]
        texts, pairs = parts(tokenizer, chunk)
        encoded = tokenizer(texts, pairs, truncation=False, verbose=False)
        yield [
            (sample, one, _kept(one, limit, left) if len(one) > limit else None)
            for sample, one in zip(chunk, encoded.encodings, strict=True)
        ]


def _tokens(
    tokenizer: Any, samples: Sequence[tuple[str, ...]], max_length: int
) -> Iterator[Tokens]:
    """Tokenise samples, a chunk at a time."""
    types_wanted = _wants_types(tokenizer)
    for chunk in _encodings(tokenizer, samples, max_length):
        tokens, types = array("i"), array("b")
        lengths, cut = [], []
        for _, one, kept in chunk:
            ids = _picked(one.ids, kept) or [tokenizer.pad_token_id]
            tokens.extend(ids)
            if types_wanted:
                types.extend(_picked(one.type_ids, kept) or [0])
            lengths.append(len(ids))
            cut.append(kept is not None)
        yield Tokens(
            tokens=np.array(tokens, dtype=np.int32),
            types=np.array(types, dtype=np.int8),
            lengths=np.array(lengths, dtype=np.int64),
            cut=np.array(cut, dtype=bool),
        )


def _picked(numbers: list[int], kept: NDArray[np.intp] | None) -> list[int]:
    return numbers if kept is None else [numbers[place] for place in kept]


def _wants_types(tokenizer: Any) -> bool:
    return "token_type_ids" in tokenizer.model_input_names


def _chunks(samples: Sequence[tuple[str, ...]]) -> Iterator[tuple[int, int]]:
    first, characters = 0, 0
    for row, sample in enumerate(samples):
        size = sum(map(len, sample))
        if row > first and (row - first == CHUNK or characters + size > CHARACTERS):
            yield first, row
            first, characters = row, 0
        characters += size
    if samples:
        yield first, len(samples)


def _kept(one: Any, limit: int, left: bool) -> NDArray[np.intp]:
    """Say which tokens of a sample are kept: all special ones, and what the limit leaves."""
    owner = np.array([-1 if part is None else part for part in one.sequence_ids])
    counts = [int((owner == part).sum()) for part in (0, 1)]
    keep = owner < 0
    for part, room in enumerate(_rooms(counts, max(limit - int(keep.sum()), 0))):
        places = np.flatnonzero(owner == part)
        keep[places[len(places) - room :] if left else places[:room]] = True
    return np.flatnonzero(keep)


def _rooms(counts: Sequence[int], limit: int) -> tuple[int, int]:
    """Share a limit between two texts as transformers' ``longest_first`` does."""
    short, long = sorted(counts)
    long = max(short, limit - short)
    if short + long > limit:
        short, long = limit // 2, limit - limit // 2
    return (short, long) if counts[0] <= counts[1] else (long, short)


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
    # Some tokens hold the space in front of them, so the end tells the part, not the start.
    reached = [number for number in range(2, len(starts)) if starts[number] < end]
    part = reached[-1] if reached else 1
    return (part, max(start - starts[part], 0), end - starts[part])
