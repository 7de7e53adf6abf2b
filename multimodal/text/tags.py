"""Tags of words: words to tokens for a model that tags every word of a text.

The tag of a word is learnt and read at its first token, as BERT does it (Devlin et al. 2019). Texts
that are longer than the model reads are cut into windows which share `stride` tokens; each word is
read in the window in which most stands around it, and in no other, so that all count alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .encode import EncodedText, longest
from .windows import cuts

CHUNK = 512
"""Texts that are tokenised at a time."""

IGNORED = -100
"""Target of tokens that carry no word's tag, as torch's cross-entropy has it."""


@dataclass(frozen=True, eq=False)
class TaggedWords:
    """Windows of texts that were cut into words.

    Attributes
    ----------
    text
        The windows' tokens.
    owner
        The text that each window belongs to; shape (windows,).
    words
        For a token at which a word of its text is read, the word's number, counted from 0 in its
        text; -1 for all others. Shape (tokens,).
    codes
        Tag of each such word, `IGNORED` for all others, or where tags are not known; same shape.
    """

    text: EncodedText
    owner: NDArray[np.int64]
    words: NDArray[np.int32]
    codes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.owner)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each window; shape (windows,)."""
        return self.text.lengths

    @property
    def cut(self) -> NDArray[np.bool_]:
        """Nothing is cut off: what one window can't hold stands in another; shape (windows,)."""
        return self.text.cut

    @property
    def units(self) -> NDArray[np.int64]:
        """Words whose tags are learnt in each window; shape (windows,)."""
        return np.add.reduceat(self.codes != IGNORED, self.text.starts[:-1]).astype(np.int64)

    def batch(self, rows: NDArray[np.int64]) -> dict[str, torch.Tensor]:
        """Pad some windows; ``target`` of shape (rows, longest) is `IGNORED` between the words."""
        given = self.text.batch(rows)
        target = np.full(tuple(given["input_ids"].shape), IGNORED, dtype=np.int64)
        for place, (row, shift) in enumerate(zip(rows, self.shift(rows), strict=True)):
            codes = self.codes[self.text.starts[row] : self.text.starts[row + 1]]
            target[place, shift : shift + len(codes)] = codes
        return {**given, "target": torch.from_numpy(target)}

    def shift(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many padding tokens stand in front of each of some windows in a batch."""
        lengths = self.lengths[rows]
        before: NDArray[np.int64] = (lengths.max() - lengths) * int(self.text.left)
        return before

    def read_at(self, row: int) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """Return the tokens of a window at which words are read, and the words' numbers."""
        words = self.words[self.text.starts[row] : self.text.starts[row + 1]]
        places = np.flatnonzero(words >= 0)
        return places, words[places]


def read_words(cell: str) -> list[str]:
    """Return the words of a cell: a JSON list of texts, or a text cut at white space."""
    found = _listed(cell)
    return cell.split() if found is None else found


def read_tags(cell: str) -> list[str]:
    """Return the tags of a cell: a JSON list, or tags with white space between them."""
    found = _listed(cell)
    return cell.split() if found is None else [tag.strip() for tag in found]


def tagged_words(
    tokenizer: Any,
    texts: Sequence[Sequence[str]],
    codes: Sequence[Sequence[int]] | None,
    max_length: int,
    stride: int,
) -> TaggedWords:
    """Tokenise texts of words.

    Parameters
    ----------
    tokenizer
        A fast tokenizer.
    texts
        The words of each text.
    codes
        The tag of each word; None where tags are not known.
    max_length
        Most tokens of a window, special ones counted.
    stride
        Tokens that neighbouring windows share; half a window at most.

    Returns
    -------
    TaggedWords
        A word of which the tokenizer leaves nothing is read nowhere.
    """
    limit = longest(tokenizer, max_length)
    tokens, types, words, targets, lengths, owner = [], [], [], [], [], []
    for row, (one, starts) in enumerate(_encodings(tokenizer, texts)):
        ids = np.array(one.ids, dtype=np.int32)
        kinds = np.array(one.type_ids, dtype=np.int8)
        special = np.array([each is None for each in one.sequence_ids], dtype=bool)
        first = _first_tokens(one, special, starts, len(texts[row]))
        known = np.full(len(texts[row]), IGNORED) if codes is None else np.array(codes[row])
        inside = np.flatnonzero(~special)
        border = int(inside[0]) if len(inside) else len(special)
        around = np.flatnonzero(special)
        before, behind = around[around < border], around[around >= border]
        pieces = cuts(len(inside), max(limit - len(around), 1), stride)
        home = _homes(len(inside), pieces)
        for number, (begin, end) in enumerate(pieces):
            kept = inside[begin:end]
            word = np.where(home[begin:end] == number, first[kept], -1)
            code = np.full(len(word), IGNORED)
            code[word >= 0] = known[word[word >= 0]]
            sizes = (len(before), len(behind))
            places = np.concatenate([before, kept, behind])
            if not len(places):  # a tokenizer without special tokens, and a text without any
                tokens.append(np.array([tokenizer.pad_token_id], dtype=np.int32))
                types.append(np.zeros(1, np.int8))
                sizes = (1, 0)
            else:
                tokens.append(ids[places])
                types.append(kinds[places])
            words.append(np.pad(word, sizes, constant_values=-1).astype(np.int32))
            targets.append(np.pad(code, sizes, constant_values=IGNORED).astype(np.int64))
            lengths.append(len(words[-1]))
            owner.append(row)
    typed = "token_type_ids" in tokenizer.model_input_names
    return TaggedWords(
        text=EncodedText(
            tokens=_joined(tokens, np.int32),
            types=_joined(types, np.int8) if typed else None,
            starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            cut=np.zeros(len(owner), dtype=bool),
            pad=int(tokenizer.pad_token_id),
            left=tokenizer.padding_side == "left",
            pad_type=int(tokenizer.pad_token_type_id),
        ),
        owner=np.array(owner, dtype=np.int64),
        words=_joined(words, np.int32),
        codes=_joined(targets, np.int64),
    )


def _listed(cell: str) -> list[str] | None:
    """Return the texts or numbers of a JSON list; None where the cell is none."""
    if not cell.lstrip().startswith("["):
        return None
    try:
        found = json.loads(cell)
    except ValueError:
        return None
    if not isinstance(found, list) or any(isinstance(one, list | dict) for one in found):
        return None
    return ["" if one is None else str(one) for one in found]


def _encodings(
    tokenizer: Any, texts: Sequence[Sequence[str]]
) -> Iterator[tuple[Any, NDArray[np.int64]]]:
    """Tokenise texts; say at which character of the joined text each word begins.

    Tokenizers that write the space in front of a word into its token want it there for every word
    but the first, and some refuse words by themselves; so texts are joined, and the characters tell
    which token belongs to which word.
    """
    for first in range(0, len(texts), CHUNK):
        chunk = texts[first : first + CHUNK]
        encoded = tokenizer(
            [" ".join(words) for words in chunk], truncation=False, verbose=False
        ).encodings
        for words, one in zip(chunk, encoded, strict=True):
            sizes = np.array([len(word) + 1 for word in words], dtype=np.int64)
            yield one, np.cumsum(sizes) - sizes


def _first_tokens(
    one: Any, special: NDArray[np.bool_], starts: NDArray[np.int64], words: int
) -> NDArray[np.int64]:
    """Say for each token which word it is the first one of, -1 for all others; shape (tokens,)."""
    out = np.full(len(special), -1, dtype=np.int64)
    if not words:
        return out
    covers = np.array(one.offsets, dtype=np.int64).reshape(-1, 2)
    # A token's last character tells its word: some begin with the space in front of it. A token
    # of that space alone is the first one of the word behind it.
    held = ~special & (covers[:, 1] > covers[:, 0])
    last = covers[:, 1] - 1
    word = np.searchsorted(starts, last, side="right") - 1
    alone = held & (covers[:, 1] == covers[:, 0] + 1) & (word + 1 < words)
    alone &= last + 1 == starts[np.minimum(word + 1, words - 1)]
    word = np.where(alone & (word + 1 < words), word + 1, word)
    seen = -1
    for token in np.flatnonzero(held):
        if word[token] > seen:
            seen = int(word[token])
            out[token] = seen
    return out


def _homes(length: int, pieces: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """Return the window in which most stands around each token; shape (length,)."""
    places = np.arange(length)
    best = np.full(length, -1)
    home = np.zeros(length, dtype=np.int64)
    for number, (begin, end) in enumerate(pieces):
        around = np.minimum(places - begin, end - 1 - places)
        better = (places >= begin) & (places < end) & (around > best)
        best[better], home[better] = around[better], number
    return home


def _joined(pieces: list[NDArray[Any]], kind: Any) -> NDArray[Any]:
    return np.concatenate(pieces) if pieces else np.empty(0, kind)
