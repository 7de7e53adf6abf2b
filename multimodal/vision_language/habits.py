"""What the processor of a model that writes about pictures does with text and picture.

That is found by trying it on a picture, never by its name: which text stands for a picture, which
tokens it becomes, and what a processor adds by itself.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...errors import ModelError, paragraph

SIDE = 64
"""Pixels of a side of the picture that processors are tried on."""

MARKS = ("image_token", "boi_token")
"""Attributes under which processors keep the text that stands for a picture."""

_KNOWN = "_pellucid_habits"


@dataclass(frozen=True)
class Span:
    """The tokens that stand for one picture.

    Attributes
    ----------
    tokens
        Their numbers; shape (tokens,).
    beside
        What the model is told of each of them, by the input's name; each of shape (tokens,).
    """

    tokens: NDArray[np.int32]
    beside: Mapping[str, NDArray[np.int64]]


@dataclass(frozen=True)
class Habits:
    """How a processor writes pictures into token sequences.

    Attributes
    ----------
    mark
        The text that stands for a picture; a token of its own.
    begins
        Tokens in front of every text.
    tail
        What it puts behind a prompt by itself, such as a line break; mostly nothing.
    behind
        What it puts between a picture and a word that follows at once, such as a space (Idefics2);
        mostly nothing.
    beside
        Inputs that tell something of every token, such as its modality, with what they tell of a
        text's.
    answers
        The same of an answer's tokens.
    """

    mark: str
    begins: tuple[int, ...]
    tail: str
    behind: str
    beside: Mapping[str, int]
    answers: Mapping[str, int]


def habits_of(processor: Any) -> Habits:
    """Try a processor once.

    Raises
    ------
    ModelError
        If no text is found that stands for a picture.
    """
    known: Habits | None = getattr(processor, _KNOWN, None)
    if known is None:
        known = _habits(processor)
        setattr(processor, _KNOWN, known)
    return known


def span_of(processor: Any, mark: str, picture: Image.Image) -> Span:
    """Return the tokens that a picture becomes."""
    return _tried(processor, mark, picture)[0]


def vision(processor: Any, mark: str, pictures: list[list[Image.Image]]) -> dict[str, Any]:
    """Return what a model is given of the pictures of some conversations, as tensors."""
    found = processor(
        text=[mark * len(one) for one in pictures],
        images=pictures,
        padding=True,
        return_tensors="pt",
    )
    of_text = _by_token(found)
    return {name: value for name, value in found.items() if name not in of_text}


def _habits(processor: Any) -> Habits:
    picture = Image.new("RGB", (SIDE, SIDE), (128, 128, 128))
    for mark in _marks(processor):
        try:
            span, tail, text = _tried(processor, mark, picture)
        except (ValueError, TypeError, IndexError, KeyError, RuntimeError):
            continue
        if not len(span.tokens):
            continue
        # An answer is told apart where a processor takes one to be learnt (PaliGemma's suffix).
        answers = {name: 1 for name in text if "suffix" in _taken(processor)}
        begins, _ = _around(processor.tokenizer)
        behind = _behind(processor, mark, picture, span)
        return Habits(mark, tuple(begins), tail, behind, text, {**text, **answers})
    raise ModelError(
        paragraph(
            f"model.name: {getattr(processor.tokenizer, 'name_or_path', '')}",
            f"its processor ({type(processor).__name__}) names no text that stands for a picture",
            "Name another model for pictures with texts, such as bundled/vlm",
        )
    )


def _marks(processor: Any) -> list[str]:
    """Return what may stand for a picture; first what the model's own template writes."""
    named = [getattr(one, name, None) for one in (processor, processor.tokenizer) for name in MARKS]
    found = list(dict.fromkeys(one for one in named if isinstance(one, str)))
    if not isinstance(getattr(processor, "chat_template", None), str):
        return found
    content = [{"type": "image"}, {"type": "text", "text": "a"}]
    try:
        text = processor.apply_chat_template([{"role": "user", "content": content}], tokenize=False)
    except Exception:  # a template is a program, and may raise anything
        return found
    return sorted(found, key=lambda one: one not in text)


def _tried(processor: Any, mark: str, picture: Image.Image) -> tuple[Span, str, dict[str, int]]:
    """Have a picture processed between two tokens that can be found again.

    Returns
    -------
    span, tail, text
        The picture's tokens, what was put behind the text, and what is told of a text's token.
    """
    tokenizer = processor.tokenizer
    fence = str(tokenizer.eos_token or tokenizer.all_special_tokens[0])
    number = int(tokenizer.convert_tokens_to_ids(fence))
    found = processor(
        text=[f"{fence}{mark}{fence}"], images=[[picture]], padding=True, return_tensors="np"
    )
    beside = {name: np.asarray(found[name])[0] for name in _by_token(found)}
    ids = beside.pop("input_ids")
    for name in ("attention_mask", "labels", "special_tokens_mask"):
        beside.pop(name, None)
    begins, ends = _around(tokenizer)
    inner = ids[len(begins) : len(ids) - len(ends)]
    fences = np.flatnonzero(inner == number)
    first, last = int(fences[0]) + len(begins), int(fences[-1]) + len(begins)
    span = Span(
        ids[first + 1 : last].astype(np.int32),
        {name: values[first + 1 : last].astype(np.int64) for name, values in beside.items()},
    )
    tail = str(tokenizer.decode(ids[last + 1 : len(ids) - len(ends)]))
    return span, tail, {name: int(values[first]) for name, values in beside.items()}


def _behind(processor: Any, mark: str, picture: Image.Image, span: Span) -> str:
    """Return what is put between a picture and a word that follows at once."""
    tokenizer, asked = processor.tokenizer, [f"{mark}word"]
    begins, _ = _around(tokenizer)
    whole = processor(text=asked, images=[[picture]], padding=True, return_tensors="np")
    alone = tokenizer(asked)["input_ids"][0]
    words = [
        str(tokenizer.decode(ids[len(begins) + skipped :]))
        for ids, skipped in ((np.asarray(whole["input_ids"])[0], len(span.tokens)), (alone, 1))
    ]
    spaces = [one[: len(one) - len(one.lstrip())] for one in words]
    return spaces[0] if spaces[0] != spaces[1] else ""


def _around(tokenizer: Any) -> tuple[list[int], list[int]]:
    """Return the tokens that a tokenizer puts in front of a text and behind it."""
    bare = tokenizer("a", add_special_tokens=False)["input_ids"]
    whole = tokenizer("a")["input_ids"]
    for first in range(len(whole) - len(bare) + 1):
        if whole[first : first + len(bare)] == bare:
            return list(whole[:first]), list(whole[first + len(bare) :])
    return [], []


def _by_token(found: Mapping[str, Any]) -> list[str]:
    """Return the names of what a processor says of every token."""
    shape = tuple(np.shape(found["input_ids"]))
    return [name for name, value in found.items() if tuple(np.shape(value)) == shape]


def _taken(processor: Any) -> Mapping[str, Any]:
    return inspect.signature(type(processor).__call__).parameters
