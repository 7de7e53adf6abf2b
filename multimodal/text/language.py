"""Documents as a language model reads them: blocks of tokens, some of which it has to guess.

Causal: a document begins with the tokenizer's beginning-of-text token and ends with its
end-of-text token, where it has them, and is cut into blocks. Each block behind the first begins
with the token that the one before it ended with, so that every token is a target exactly once, but
for the first of a document that begins with no special token: nothing stands in front of it.

Masked: a document is cut into blocks with the tokenizer's special tokens around each. Of a block's
other tokens a fixed share, at least one, is guessed: 80% of them are hidden behind the mask token,
10% replaced by a random word, 10% left as they are (Devlin et al. 2019, BERT, section 3.1).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...errors import ModelError, paragraph
from .encode import EncodedText, longest
from .packing import Sequences

CHUNK = 512
"""Documents that are tokenised at a time."""

FIXED = 2**32
"""Stands in place of seed and epoch where a block's own tokens decide which of them are hidden."""


def causal_blocks(
    tokenizer: Any,
    documents: Sequence[str],
    max_length: int,
    *,
    packed: bool = True,
) -> Sequences:
    """Cut documents into blocks of at most `max_length` tokens for a causal language model.

    Parameters
    ----------
    tokenizer
        A fast tokenizer.
    documents
        One text each.
    max_length
        Tokens of a block, the one shared with the block before counted; also those of a packed row.
    packed
        Whether batches are packed.
    """
    limit = longest(tokenizer, max_length)
    before, behind = ends(tokenizer)
    blocks, owner = [], []
    for number, tokens in enumerate(_tokens(tokenizer, documents)):
        whole = [*before, *tokens, *behind] or [int(tokenizer.pad_token_id)]
        for first in range(0, max(len(whole) - 1, 1), limit - 1):
            block = whole[first : first + limit]
            blocks.append((block, [False, *[True] * (len(block) - 1)]))
            owner.append(number)
    return Sequences.of(
        blocks, pad=int(tokenizer.pad_token_id), capacity=limit, packed=packed, owner=owner
    )


def continuations(
    tokenizer: Any,
    prompts: Sequence[str],
    answers: Sequence[str],
    max_length: int,
    *,
    packed: bool = True,
) -> Sequences:
    """Put answers behind their prompts; only the answers and the end-of-text tokens are targets.

    Where both together are too long, the prompt loses its beginning, then the answer its end.

    Parameters
    ----------
    tokenizer
        A fast tokenizer.
    prompts, answers
        Texts, row by row. Prompt and answer are tokenised apart, as they are where the answer is
        generated; an answer that begins without a space gets one.
    max_length
        Tokens of prompt and answer together; also those of a packed row.
    packed
        Whether batches are packed.
    """
    limit = longest(tokenizer, max_length)
    before, behind = ends(tokenizer)
    asked = _tokens(tokenizer, prompts)
    told = _tokens(tokenizer, [spaced(*both) for both in zip(prompts, answers, strict=True)])
    out, cut = [], []
    for prompt, answer in zip(asked, told, strict=True):
        ending = [*answer, *behind]
        room = max(limit - len(before) - len(ending), 0)
        kept = prompt[max(len(prompt) - room, 0) :]
        # Without anything in front of it the answer's first token could not be a target.
        begin = [*before, *kept] or prompt[-1:] or ending[:1]
        whole = [*begin, *ending]
        learnt = [False] * len(begin) + [True] * len(ending)
        out.append((whole[:limit], learnt[:limit]))
        cut.append(len(kept) < len(prompt) or len(whole) > limit)
    return Sequences.of(
        out, pad=int(tokenizer.pad_token_id), capacity=limit, packed=packed, cut=cut
    )


def prompt_tokens(tokenizer: Any, prompt: str, room: int) -> list[int]:
    """Return the last tokens of a prompt as `continuations` begins with it."""
    before, _ = ends(tokenizer)
    (tokens,) = _tokens(tokenizer, [prompt])
    kept = max(room - len(before), 1)
    return [*before, *tokens[-kept:]] or [int(tokenizer.pad_token_id)]


def ends(tokenizer: Any) -> tuple[list[int], list[int]]:
    """Return the special tokens in front of a document and behind it, as far as there are any."""
    begin, end = tokenizer.bos_token_id, tokenizer.eos_token_id
    return [] if begin is None else [int(begin)], [] if end is None else [int(end)]


def spaced(prompt: str, answer: str) -> str:
    """Put a space in front of an answer, where neither it nor the prompt's end has one."""
    apart = not prompt or not answer or prompt[-1].isspace() or answer[0].isspace()
    return answer if apart else f" {answer}"


def _tokens(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    out: list[list[int]] = []
    for first in range(0, len(texts), CHUNK):
        chunk = list(texts[first : first + CHUNK])
        out += tokenizer(chunk, add_special_tokens=False, verbose=False)["input_ids"]
    return out


@dataclass(frozen=True, eq=False)
class MaskedBlocks:
    """Blocks of documents in which some tokens are hidden and guessed.

    Which ones follows from seed, epoch and block alone, so that a resumed training sees what it
    would have seen. Until `begin_epoch` is called they follow from the block's own tokens, which is
    how rows are measured: alike with every seed, and alone, in a part of a table or in all of it.

    Attributes
    ----------
    blocks
        The blocks with their special tokens.
    free
        Whether each token may be hidden; as long as the blocks' tokens.
    owner
        Document that each block comes from; shape (blocks,).
    share
        Share of the free tokens that is guessed, in each block.
    mask
        Number of the mask token.
    words
        Numbers of the tokens that may stand in place of a hidden one; shape (words,).
    seed
        Seed of the training.
    """

    blocks: EncodedText
    free: NDArray[np.bool_]
    owner: NDArray[np.int64]
    share: float
    mask: int
    words: NDArray[np.int64]
    seed: int
    units: NDArray[np.int64] = field(init=False)
    _stream: list[int] = field(init=False, default_factory=lambda: [FIXED])

    def __post_init__(self) -> None:
        sums = np.concatenate([[0], np.cumsum(self.free)])
        free = np.diff(sums[self.blocks.starts])
        guessed = np.maximum(np.floor(free * self.share + 0.5), 1)
        object.__setattr__(self, "units", np.minimum(guessed, free).astype(np.int64))

    def __len__(self) -> int:
        return len(self.blocks)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each block; shape (blocks,)."""
        return self.blocks.lengths

    @property
    def cut(self) -> NDArray[np.bool_]:
        """False for every block: what one leaves over stands in the next; shape (blocks,)."""
        return np.zeros(len(self), bool)

    def begin_epoch(self, epoch: int) -> None:
        """Hide other tokens from now on: those of an epoch of the training."""
        self._stream[:] = [self.seed, epoch]

    def batch(self, rows: Sequence[int] | NDArray[np.int64]) -> dict[str, torch.Tensor]:
        """Pad some blocks, hide tokens, and say which.

        Returns
        -------
        dict
            The model's inputs; and of every hidden token its number ``target``, its place in the
            flattened rows ``target_place`` and its block ``target_sample``, each of shape
            (targets,), and ``target_units``, the hidden tokens of each block; shape (blocks,).
        """
        chosen = np.asarray(rows, dtype=np.int64)
        out = self.blocks.batch(chosen)
        ids = out["input_ids"].numpy()
        target, place, sample = [], [], []
        for number, row in enumerate(chosen):
            places, shown = self._hidden(int(row))
            first = number * ids.shape[1]
            if self.blocks.left:
                first += ids.shape[1] - int(self.lengths[row])
            flat = first + places
            target.append(ids.reshape(-1)[flat])
            ids.reshape(-1)[flat] = shown
            place.append(flat)
            sample.append(np.full(len(flat), number))
        targets = {
            "target": np.concatenate(target),
            "target_place": np.concatenate(place),
            "target_sample": np.concatenate(sample),
            "target_units": self.units[chosen],
        }
        return {
            **out,
            **{name: torch.from_numpy(np.asarray(one, np.int64)) for name, one in targets.items()},
        }

    def _hidden(self, block: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Choose the places of a block that are guessed, and what is shown there."""
        span = slice(self.blocks.starts[block], self.blocks.starts[block + 1])
        fixed = self._stream == [FIXED]
        own = zlib.crc32(self.blocks.tokens[span].tobytes()) if fixed else block
        generator = np.random.default_rng([*self._stream, own])
        free = np.flatnonzero(self.free[span])
        places = np.sort(generator.permutation(free)[: self.units[block]])
        kind = generator.random(len(places))
        shown = np.where(
            kind < 0.8,
            self.mask,
            np.where(
                kind < 0.9,
                generator.choice(self.words, len(places)),
                self.blocks.tokens[span][places],
            ),
        )
        return places, shown.astype(np.int64)


def masked_blocks(
    tokenizer: Any,
    documents: Sequence[str],
    max_length: int,
    *,
    share: float = 0.15,
    seed: int = 0,
) -> MaskedBlocks:
    """Cut documents into blocks of at most `max_length` tokens for a masked language model.

    Raises
    ------
    ModelError
        If the tokenizer has no mask token.
    """
    if tokenizer.mask_token_id is None:
        raise ModelError(
            paragraph(
                "model.task: masked_lm",
                "the model's tokenizer has no mask token, so nothing can be hidden from it",
                "Use causal_lm for this model, or a model that was trained by masking",
            )
        )
    limit = longest(tokenizer, max_length)
    special = np.array(sorted(set(tokenizer.all_special_ids)), dtype=np.int64)
    tokens: list[NDArray[np.int32]] = []
    free: list[NDArray[np.bool_]] = []
    types: list[NDArray[np.int8]] = []
    owner: list[int] = []
    for first in range(0, len(documents), CHUNK):
        # The tokenizer isn't asked to cut: it would be saved beside the model with that setting.
        encoded = tokenizer(list(documents[first : first + CHUNK]), truncation=False, verbose=False)
        for number, one in enumerate(encoded.encodings):
            ids = np.array(one.ids or [tokenizer.pad_token_id], dtype=np.int32)
            around = np.array(one.special_tokens_mask or [1], dtype=bool)
            kinds = np.array(one.type_ids or [0], dtype=np.int8)
            for kept in _frames(around, limit):
                tokens.append(ids[kept])
                free.append(~around[kept] & ~np.isin(ids[kept], special))
                types.append(kinds[kept])
                owner.append(first + number)
    lengths = [len(ids) for ids in tokens]
    asked = "token_type_ids" in tokenizer.model_input_names
    return MaskedBlocks(
        blocks=EncodedText(
            tokens=np.concatenate([*tokens, np.empty(0, np.int32)]),
            types=np.concatenate([*types, np.empty(0, np.int8)]) if asked else None,
            starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            cut=np.zeros(len(tokens), bool),
            pad=int(tokenizer.pad_token_id),
            left=tokenizer.padding_side == "left",
            pad_type=int(tokenizer.pad_token_type_id),
        ),
        free=np.concatenate([*free, np.empty(0, bool)]),
        owner=np.array(owner, dtype=np.int64),
        share=share,
        mask=int(tokenizer.mask_token_id),
        words=np.setdiff1d(np.arange(len(tokenizer)), special),
        seed=seed,
    )


def _frames(around: NDArray[np.bool_], limit: int) -> Iterator[NDArray[np.intp]]:
    """Yield the tokens of each block: the document's special ones, and some of those between."""
    frame, inner = np.flatnonzero(around), np.flatnonzero(~around)
    room = max(limit - len(frame), 1)
    for first in range(0, max(len(inner), 1), room):
        yield np.sort(np.concatenate([frame, inner[first : first + room]]))
