"""Conversations about pictures as token sequences: each picture's tokens stand where it does.

A conversation is rendered and tokenised with one token for each picture. In its place come the
tokens that the model's processor makes of the picture, which follow from the picture alone, so a
picture that many conversations are about is processed once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..conversations import Prompts
from ..spec import ModelSpec
from ..text.chat.messages import Conversation
from ..text.chat.template import Template
from ..text.encode import longest
from ..text.packing import Sequences
from .habits import Habits, habits_of
from .pictures import Pictures, encode
from .sequences import Seen, Unfolded, padded


@dataclass(frozen=True, eq=False)
class Pictured:
    """Reads conversations about pictures (`multimodal.conversations.Reader`).

    Attributes
    ----------
    template
        The chat template.
    spec
        How many tokens of a conversation's texts are read; its pictures' own come on top.
    habits
        What the processor does with pictures.
    pictures
        All pictures.
    number
        The place of each file among them.
    """

    template: Template
    spec: ModelSpec
    habits: Habits
    pictures: Pictures
    number: Mapping[str, int]

    @classmethod
    def of(
        cls,
        processor: Any,
        template: Template,
        files: Sequence[Sequence[str]],
        spec: ModelSpec,
        *,
        cache: Path | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> Pictured:
        """Read all pictures of some conversations, given the files of each."""
        cells = list(dict.fromkeys(file for one in files for file in one))
        pictures = encode(
            processor, cells, cache=cache, budget=int(spec.cache_gigabytes * 1e9), check=check
        )
        number = {cell: place for place, cell in enumerate(cells)}
        return cls(template, spec, habits_of(processor), pictures, number)

    def sequences(
        self,
        conversations: Sequence[Conversation],
        files: Sequence[Sequence[str]],
        *,
        packed: bool,
        names: Sequence[str],
    ) -> Seen:
        """Turn conversations into sequences whose targets are the assistant's tokens.

        They are not packed. One of which no target is left is left out, as
        `text.chat.samples.sequences` does.

        Raises
        ------
        DataError
            If the template refuses a conversation, or answers can't be found in it.
        """
        most, room = self.spec.max_length, self._room
        found: list[Unfolded] = []
        owner, cut = [], []
        rendered = self.template.encode(conversations, names)
        for row, (whole, own) in enumerate(zip(rendered, files, strict=True)):
            one, short = self.unfold(whole.tokens, whole.learnt, own).cut(most, room)
            if one.learnt[1:].any():
                found.append(one)
                owner.append(row)
                cut.append(short)
        return Seen(
            sequences=Sequences.of(
                [(one.tokens, one.learnt) for one in found],
                pad=int(self.template.tokenizer.pad_token_id),
                capacity=most,
                packed=False,
                owner=owner,
                cut=cut,
            ),
            beside={
                name: np.concatenate([*(one.beside[name] for one in found), np.empty(0, np.int64)])
                for name in self.habits.beside
            },
            pictures=self.pictures,
            shown=[one.pictures for one in found],
        )

    def prompts(
        self, asked: Sequence[str], files: Sequence[Sequence[str]], new_tokens: int
    ) -> Prompts:
        """Tokenise prompts; of a long one the first texts are left out, and no picture."""
        whole = []
        for (tokens, _), own in zip(self.template.tokens(list(asked)), files, strict=True):
            one = self.unfold(tokens, np.zeros(len(tokens), bool), own)
            seen = int((one.shown >= 0).sum())
            whole.append(one.ending(min(self.spec.max_length, self._room - new_tokens - seen)))

        def beside(rows: NDArray[np.int64], width: int) -> dict[str, torch.Tensor]:
            chosen = [whole[row] for row in rows]
            told = {
                name: padded([one.beside[name] for one in chosen], width, left=True)
                for name in self.habits.beside
            }
            return {**told, **self.pictures.batch([one.pictures for one in chosen])}

        return Prompts([one.tokens.tolist() for one in whole], beside)

    @property
    def _room(self) -> int:
        """Tokens that the model reads at most."""
        return longest(self.template.tokenizer, self.template.tokenizer.model_max_length)

    def unfold(
        self, tokens: NDArray[np.int32], learnt: NDArray[np.bool_], files: Sequence[str]
    ) -> Unfolded:
        """Put the tokens of pictures in the place of the one that stands for each.

        Parameters
        ----------
        tokens, learnt
            As `Template` gives them; the mark of a picture is one token.
        files
            The pictures' files, in the marks' order.
        """
        tokenizer = self.template.tokenizer
        mark = int(tokenizer.convert_tokens_to_ids(self.habits.mark))
        places = np.flatnonzero(tokens == mark)
        shown = [self.number[file] for file in files]
        counts = np.ones(len(tokens), np.int64)
        counts[places] = [len(self.pictures.spans[number].tokens) for number in shown]
        starts = np.concatenate([[0], np.cumsum(counts)])
        out, flags = np.repeat(tokens, counts), np.repeat(learnt, counts)
        which = np.full(len(out), -1, np.int64)
        beside = {
            name: np.where(flags, self.habits.answers[name], value)
            for name, value in self.habits.beside.items()
        }
        for nth, (place, number) in enumerate(zip(places, shown, strict=True)):
            span = self.pictures.spans[number]
            own = slice(starts[place], starts[place + 1])
            out[own], flags[own], which[own] = span.tokens, False, nth
            for name, values in span.beside.items():
                beside[name][own] = values
        return Unfolded(out, flags, beside, which, shown)
