"""Conversations as a model reads them, whether it sees pictures or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .spec import ModelSpec
from .text.chat.messages import Conversation

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from .text.chat.template import Template

Beside = Callable[["NDArray[np.int64]", int], Mapping[str, "torch.Tensor"]]
"""``beside(rows, width) -> inputs`` of prompts that are padded at the left to a width."""


@dataclass(frozen=True, eq=False)
class Prompts:
    """What a model is to answer.

    Attributes
    ----------
    tokens
        Token numbers of each prompt.
    beside
        What the model is given of some prompts beside their tokens.
    """

    tokens: Sequence[Sequence[int]]
    beside: Beside


class Reader(Protocol):
    """Turns conversations into tokens by a chat template."""

    @property
    def template(self) -> Template:
        """The chat template."""

    def sequences(
        self,
        conversations: Sequence[Conversation],
        files: Sequence[Sequence[str]],
        *,
        packed: bool,
        names: Sequence[str],
    ) -> Any:
        """Turn conversations into sequences whose targets are the assistant's tokens.

        Returns
        -------
        Sequences as `core.tasks.sequences.Owned` says.
        """

    def prompts(
        self, asked: Sequence[str], files: Sequence[Sequence[str]], new_tokens: int
    ) -> Prompts:
        """Tokenise rendered prompts, their beginnings cut off where they are too long."""


@dataclass(frozen=True, eq=False)
class Words:
    """Reads conversations of texts alone.

    Attributes
    ----------
    template
        The chat template.
    spec
        How much is read of each.
    """

    template: Template
    spec: ModelSpec

    def sequences(
        self,
        conversations: Sequence[Conversation],
        files: Sequence[Sequence[str]],
        *,
        packed: bool,
        names: Sequence[str],
    ) -> Any:
        """Turn conversations into sequences, packed where that is wanted."""
        from .text.chat.samples import sequences

        return sequences(
            self.template, conversations, self.spec.max_length, packed=packed, names=names
        )

    def prompts(
        self, asked: Sequence[str], files: Sequence[Sequence[str]], new_tokens: int
    ) -> Prompts:
        """Tokenise prompts; of a long one the end is kept: what is asked stands there."""
        from .text.encode import longest

        tokenizer = self.template.tokenizer
        whole = longest(tokenizer, tokenizer.model_max_length)
        most = max(min(self.spec.max_length, whole - new_tokens), 1)
        tokens = [ids[-most:].tolist() for ids, _ in self.template.tokens(list(asked))]
        return Prompts([one or [int(tokenizer.pad_token_id)] for one in tokens], _nothing)


def reader_of(
    processor: Any,
    spec: ModelSpec,
    files: Sequence[Sequence[str]],
    *,
    template: str | Path | None = None,
    cache: Path | None = None,
    check: Callable[[], None] = lambda: None,
) -> Reader:
    """Return what reads conversations for a model.

    Parameters
    ----------
    processor
        A tokenizer, or the processor of a model that writes about pictures.
    spec
        How much is read of each.
    files
        The pictures' files of each conversation.
    template
        A chat template's file; the model's own if left out.
    cache
        Folder that keeps pictures that were read; they are held in memory if left out.
    check
        Raises where the job was cancelled.
    """
    from .text.chat.choosing import choose

    chosen = choose(processor, template)
    if chosen.picture is None:
        return Words(chosen, spec)
    from .vision_language.reader import Pictured

    return Pictured.of(processor, chosen, files, spec, cache=cache, check=check)


def _nothing(rows: NDArray[np.int64], width: int) -> dict[str, torch.Tensor]:
    return {}
