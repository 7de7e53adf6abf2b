"""Conversations as samples to learn from, and as they are shown to people before anything is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..encode import longest
from ..packing import Sequences
from .messages import Conversation
from .template import Rendered, Template, shortened


def sequences(
    template: Template,
    conversations: Sequence[Conversation],
    max_length: int,
    *,
    packed: bool = True,
    names: Sequence[str] | None = None,
) -> Sequences:
    """Turn conversations into token sequences whose targets are the assistant's tokens.

    A conversation of which no target is left, all of the assistant's tokens having been cut off,
    is left out; `Sequences.owner` tells which ones are there.

    Parameters
    ----------
    template
        The chat template with its tokenizer.
    conversations
        The conversations.
    max_length
        Tokens that are read of each, from its beginning; also those of a packed row.
    packed
        Whether batches are packed.
    names
        What people call each conversation, for errors.

    Raises
    ------
    DataError
        If the template refuses a conversation, or answers can't be found in it.
    """
    found, owner, cut = [], [], []
    for number, whole in enumerate(template.encode(conversations, names)):
        one, short = shortened(whole, template.tokenizer, max_length)
        if one.learnt[1:].any():
            found.append((one.tokens, one.learnt))
            owner.append(number)
            cut.append(short)
    return Sequences.of(
        found,
        pad=int(template.tokenizer.pad_token_id),
        capacity=longest(template.tokenizer, max_length),
        packed=packed,
        owner=owner,
        cut=cut,
    )


def shown(whole: Rendered, tokenizer: Any, max_length: int) -> dict[str, Any]:
    """Say of a rendered conversation what is learnt of it, in plain data.

    Returns
    -------
    dict
        ``text``; ``tokens``, ``learnt`` and ``cut``, the numbers of tokens that are read, that are
        targets, and that are cut off; and ``pieces``, the text in parts, each with ``text`` and
        ``kind``: ``context``, ``learnt`` or ``cut``.
    """
    one, _ = shortened(whole, tokenizer, max_length)
    learnt = one.learnt.copy()
    learnt[:1] = False
    kinds = ["learnt" if each else "context" for each in learnt]
    kinds += ["cut"] * (len(whole.tokens) - len(kinds))
    pieces: list[dict[str, str]] = []
    done = 0
    for kind, end in zip(kinds, np.maximum.accumulate(whole.offsets[:, 1]), strict=True):
        # Space that a token leaves out in front of itself is shown with it.
        text = whole.text[done:end]
        if pieces and pieces[-1]["kind"] == kind:
            pieces[-1]["text"] += text
        elif text:
            pieces.append({"kind": kind, "text": text})
        done = int(end)
    if done < len(whole.text):
        pieces.append({"kind": "context", "text": whole.text[done:]})
    return {
        "text": whole.text,
        "tokens": len(one.tokens),
        "learnt": int(learnt.sum()),
        "cut": len(whole.tokens) - len(one.tokens),
        "pieces": pieces,
    }


def ending(template: Template, sample: Rendered) -> bool:
    """Say whether the token that ends the last answer is learnt, without which none would end."""
    (last,) = np.flatnonzero(sample.learnt)[-1:] if sample.learnt.any() else (None,)
    end = template.end
    if last is None or end not in template.special:
        return True
    return bool(sample.tokens[last] == template.tokenizer.convert_tokens_to_ids(end))
