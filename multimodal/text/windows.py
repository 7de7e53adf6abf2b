"""Long texts in windows: question and context for a model that reads a limited number of tokens.

A context that doesn't fit is read in several windows, which share `stride` tokens, each behind the
whole question, as the readers of SQuAD do it since BERT (Devlin et al. 2019). An answer is a first
and a last token; a window in which it doesn't stand whole points at its first token, which means
“not here”. From the scores of a question's windows `best_spans` finds the best answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .encode import EncodedText, longest

CHUNK = 512
"""Samples that are tokenised at a time."""

MOST_TOKENS = 30
"""Most tokens of an answer."""

BEST = 20
"""Answers among which a probability is shared out, as in SQuAD's scripts."""


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of questions with their contexts, one behind the other.

    Attributes
    ----------
    text
        The windows' tokens.
    owner
        The sample that each window belongs to; shape (windows,).
    spans
        First character of the context that each token covers, and the one behind its last; (-1, -1)
        for tokens of the question and special ones. Shape (tokens, 2).
    targets
        First and last token of the answer in each window, 0 where it has none; shape (windows, 2).
    """

    text: EncodedText
    owner: NDArray[np.int64]
    spans: NDArray[np.int32]
    targets: NDArray[np.int64]

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
        """One for each window; shape (windows,)."""
        return np.ones(len(self), np.int64)

    def shift(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many padding tokens stand in front of each of some windows in a batch."""
        lengths = self.lengths[rows]
        before: NDArray[np.int64] = (lengths.max() - lengths) * int(self.text.left)
        return before

    def batch(self, rows: NDArray[np.int64]) -> dict[str, torch.Tensor]:
        """Pad some windows; ``target`` of shape (rows, 2) counts padding at the left, too."""
        targets = self.targets[rows] + self.shift(rows)[:, None]
        return {**self.text.batch(rows), "target": torch.from_numpy(targets)}

    def of(self, window: int) -> NDArray[np.int32]:
        """Return the characters that a window's tokens cover; shape (tokens, 2)."""
        return self.spans[self.text.starts[window] : self.text.starts[window + 1]]


@dataclass(frozen=True)
class Span:
    """A piece of a context as an answer.

    Attributes
    ----------
    start, end
        Its first character and the one behind its last.
    score
        Sum of the scores (logits) of its first and last token.
    """

    start: int
    end: int
    score: float


def windows(
    tokenizer: Any,
    questions: Sequence[str],
    contexts: Sequence[str],
    answers: Sequence[tuple[int, int] | None],
    max_length: int,
    stride: int,
) -> Windows:
    """Tokenise questions with their contexts.

    Parameters
    ----------
    tokenizer
        A fast tokenizer.
    questions, contexts
        Texts, as many of each.
    answers
        For each sample the first character of its answer in the context and the one behind the
        last; None where there is none, or it isn't known.
    max_length
        Most tokens of a window, special ones counted. A question that would take more than half
        of the room is cut off there.
    stride
        Tokens of the context that neighbouring windows share; half a window at most.

    Returns
    -------
    Windows
        The same as the tokenizer gives with ``truncation="only_second"`` and
        ``return_overflowing_tokens``; it isn't asked to, because it keeps every pair of pieces of
        two long texts in memory.
    """
    limit = longest(tokenizer, max_length)
    tokens, types, spans, lengths, owner, targets = [], [], [], [], [], []
    for row, one, answer in _encodings(tokenizer, questions, contexts, answers):
        ids = np.array(one.ids, dtype=np.int32)
        kinds = np.array(one.type_ids, dtype=np.int8)
        part = np.array([-1 if each is None else each for each in one.sequence_ids])
        covers = np.array(one.offsets, dtype=np.int32).reshape(-1, 2)
        covers[part != 1] = -1
        inside = np.flatnonzero(part == 1)
        first, last = _tokens(covers[inside], answer)
        before, behind = surroundings(part, inside, limit)
        room = max(limit - len(before) - len(behind), 1)
        for begin, end in cuts(len(inside), room, stride):
            kept = np.concatenate([before, inside[begin:end], behind])
            tokens.append(ids[kept])
            types.append(kinds[kept])
            spans.append(covers[kept])
            lengths.append(len(kept))
            owner.append(row)
            whole = begin <= first <= last < end
            moved = len(before) - begin
            targets.append((first + moved, last + moved) if whole else (0, 0))
    typed = "token_type_ids" in tokenizer.model_input_names
    return Windows(
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
        spans=np.concatenate(spans) if spans else np.empty((0, 2), np.int32),
        targets=np.array(targets, dtype=np.int64).reshape(-1, 2),
    )


def cuts(length: int, room: int, stride: int) -> list[tuple[int, int]]:
    """Cut a sequence into windows.

    Parameters
    ----------
    length
        Tokens of the sequence.
    room
        Most tokens of a window.
    stride
        Tokens that neighbours share; half the room at most.

    Returns
    -------
    list of tuple
        First token and the one behind the last of each window; all but the last are full. One
        empty window for an empty sequence.
    """
    step = room - min(stride, room // 2)
    out = [(0, min(room, length))]
    while out[-1][1] < length:
        begin = out[-1][0] + step
        out.append((begin, min(begin + room, length)))
    return out


def surroundings(
    part: NDArray[np.int64], inside: NDArray[np.intp], limit: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the tokens in front of the context and behind it, the question cut off if too long.

    Parameters
    ----------
    part
        0 for tokens of the question, 1 for those of the context, -1 for others; shape (tokens,).
        Of a text alone 0 for its own.
    inside
        Places of the tokens that are read in windows.
    limit
        Most tokens of a window.
    """
    border = int(inside[0]) if len(inside) else len(part)
    kept = np.ones(len(part), dtype=bool)
    asked = np.flatnonzero(part == 0)
    room = limit - int((part < 0).sum())
    if len(asked) + len(inside) > room:
        kept[asked[max(room // 2, 0) :]] = False
    kept[inside] = False
    places = np.flatnonzero(kept)
    return places[places < border], places[places >= border]


def best_spans(
    starts: Sequence[NDArray[np.floating[Any]]],
    ends: Sequence[NDArray[np.floating[Any]]],
    spans: Sequence[NDArray[np.int32]],
    most_tokens: int = MOST_TOKENS,
    best: int = BEST,
) -> tuple[list[Span], float]:
    """Find the best answers to one question over all of its windows.

    Parameters
    ----------
    starts, ends
        For each window, the score of each token for being the first or the last one of the answer;
        each of shape (tokens,).
    spans
        For each window, the characters that its tokens cover, as `Windows.of` has them.
    most_tokens
        Most tokens of an answer.
    best
        How many answers to return.

    Returns
    -------
    list of Span
        The best ones, best first; one that stands in two windows is there once, with its higher
        score. Empty if the context has no token.
    float
        The score for having no answer: that of the windows' first tokens, in the window that is the
        surest to hold one.
    """
    found: dict[tuple[int, int], float] = {}
    nothing = np.inf
    for start, end, covers in zip(starts, ends, spans, strict=True):
        nothing = min(nothing, float(start[0]) + float(end[0]))
        inside = np.flatnonzero(covers[:, 0] >= 0)
        if not len(inside):
            continue
        first = start[inside].astype(np.float64)
        last = np.pad(end[inside].astype(np.float64), (0, most_tokens - 1), constant_values=-np.inf)
        # Cell (i, d) is the answer from token i to token i + d.
        score = first[:, None] + np.lib.stride_tricks.sliding_window_view(last, most_tokens)
        flat = score.ravel()
        many = min(best, len(flat))
        for cell in np.argpartition(-flat, many - 1)[:many]:
            if not np.isfinite(flat[cell]):
                continue
            token, more = divmod(int(cell), most_tokens)
            place = (int(covers[inside[token], 0]), int(covers[inside[token + more], 1]))
            found[place] = max(found.get(place, -np.inf), float(flat[cell]))
    ranked = sorted(found.items(), key=lambda one: (-one[1], one[0]))[:best]
    return [Span(*place, score) for place, score in ranked], float(nothing)


def probabilities(found: Sequence[Span], nothing: float) -> NDArray[np.float64]:
    """Share one among some answers and having none (the last one), by softmax of their scores."""
    scores = np.array([*(one.score for one in found), nothing])
    grown = np.exp(scores - scores.max())
    out: NDArray[np.float64] = grown / grown.sum()
    return out


def _encodings(
    tokenizer: Any,
    questions: Sequence[str],
    contexts: Sequence[str],
    answers: Sequence[tuple[int, int] | None],
) -> Iterator[tuple[int, Any, tuple[int, int] | None]]:
    for first in range(0, len(questions), CHUNK):
        chunk = slice(first, first + CHUNK)
        encoded = tokenizer(
            list(questions[chunk]), list(contexts[chunk]), truncation=False, verbose=False
        )
        for place, (one, answer) in enumerate(
            zip(encoded.encodings, answers[chunk], strict=True), start=first
        ):
            yield place, one, answer


def _tokens(covers: NDArray[np.int32], answer: tuple[int, int] | None) -> tuple[int, int]:
    """Return first and last token of an answer; (-1, -2), which no window holds, if it has none."""
    if answer is None:
        return -1, -2
    held = np.flatnonzero((covers[:, 1] > answer[0]) & (covers[:, 0] < answer[1]))
    return (int(held[0]), int(held[-1])) if len(held) else (-1, -2)


def _joined(pieces: list[NDArray[Any]], kind: Any) -> NDArray[Any]:
    return np.concatenate(pieces) if pieces else np.empty(0, kind)
