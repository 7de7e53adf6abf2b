"""Entities that a model finds in a text: each of them is explained by itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..core.dataset import Dataset
from ..multimodal.encode import Repeated
from ..multimodal.text.tag_schemes import OUTSIDE, Entity, entities, scheme_of
from ..multimodal.text.tags import TaggedWords
from .opened import Asked, Opened
from .outputs import TokenLogits
from .pieces import Piece, Pieces
from .spec import ExplainSpec
from .subject import Subject
from .targets import LABEL, named


@dataclass(frozen=True)
class _Found:
    """An entity: its row and window, its tokens there, and the tags that are meant at them."""

    row: int
    window: int
    tokens: tuple[int, ...]
    codes: tuple[int, ...]
    entity: Entity
    prediction: str
    label: str


def ask(
    opened: Opened,
    dataset: Dataset,
    spec: ExplainSpec,
    *,
    check: Callable[[], None] = lambda: None,
) -> Asked:
    """Have a model tag words, and explain each entity that it finds.

    What is explained is the mean logit of the entity's tags at the first tokens of its words, in
    the window that holds most of them. Where tags mark no entities (parts of speech), each word
    whose tag isn't ``O`` is explained.

    Parameters
    ----------
    opened, dataset, spec, check
        As `explain.opened.ask` takes them. The target ``label`` stands for the entities that are
        there in truth, a type for those of this type that the model finds.
    """
    from ..core.tasks.token_classification import texts
    from ..core.tasks.word_tags import answer
    from ..multimodal.text.tags import tagged_words

    settings = opened.spec.max_length, opened.spec.stride
    given = texts(dataset)
    words = tagged_words(opened.processor, given, None, *settings)
    codes = answer(opened.model, words, dataset, check=check).codes
    wanted = named(spec.target, opened.task, opened.labels)
    found = [
        one
        for row, predicted in enumerate(codes)
        for one in _entities(opened.labels, dataset, words, row, predicted, spec.target == LABEL)
        if not wanted or one.entity.type in wanted
    ]
    windows = np.array([one.window for one in found], np.int64)
    rows = np.array([one.row for one in found], np.int64)
    first = np.searchsorted(words.owner, rows)

    def pieces(number: int) -> Pieces:
        from ..multimodal.text.window_segments import in_window

        one = found[number]
        segmented = in_window(
            opened.processor,
            words.text,
            one.window,
            one.window - int(first[number]),
            (" ".join(given[one.row]),),
            known=given[one.row],
            instead=spec.baseline.text,
            max_length=settings[0],
            stride=settings[1],
        )
        return Pieces((Piece("text", tuple(dataset.modalities), segmented),))

    read = TokenLogits(
        _padded([one.tokens for one in found]),
        _padded([one.codes for one in found]).clamp_min(0),
        torch.from_numpy(words.lengths[windows]),
        words.text.left,
    )
    subject = Subject(
        opened.model, Repeated(words.text, windows), pieces, np.zeros(len(found), np.int64), read
    )
    return Asked(
        subject,
        tuple(one.entity.type for one in found),
        tuple(one.prediction for one in found),
        tuple(one.label for one in found),
        rows,
        tuple(" ".join(given[one.row][one.entity.start : one.entity.end]) for one in found),
    )


def _entities(
    labels: Sequence[str],
    dataset: Dataset,
    words: TaggedWords,
    row: int,
    predicted: NDArray[np.int64],
    true: bool,
) -> list[_Found]:
    """Find the entities of a row, as the model tags them or as they are."""
    marked = scheme_of(labels) is not None
    given = [labels[code] for code in predicted]
    cell = dataset.label[row]
    known = None if cell is None else [str(tag) for tag in json.loads(cell)]
    tags = known if true and known is not None else given
    number = {tag: code for code, tag in enumerate(labels)}
    kinds = {_ends(one): one.type for one in _units(given, marked)}
    truth = {} if known is None else {_ends(one): one.type for one in _units(known, marked)}
    out = []
    for one in _units(tags, marked):
        window, tokens, at = _tokens(words, row, one)
        meant = tuple(number[tags[word]] for word in at if tags[word] in number)
        if not tokens or len(meant) < len(tokens):  # nothing is left of it, or a tag is new
            continue
        prediction = kinds.get(_ends(one), OUTSIDE)
        label = "" if known is None else truth.get(_ends(one), OUTSIDE)
        out.append(_Found(row, window, tokens, meant, one, prediction, label))
    return out


def _units(tags: Sequence[str], marked: bool) -> list[Entity]:
    if marked:
        return entities(tags)
    return [Entity(tag, at, at + 1) for at, tag in enumerate(tags) if tag != OUTSIDE]


def _ends(one: Entity) -> tuple[int, int]:
    return one.start, one.end


def _tokens(
    words: TaggedWords, row: int, one: Entity
) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    """Return the window that holds most of an entity, its tokens there, and their words."""
    first, behind = np.searchsorted(words.owner, [row, row + 1])
    best: tuple[int, tuple[int, ...], tuple[int, ...]] = int(first), (), ()
    for window in range(int(first), int(behind)):
        places, numbers = words.read_at(window)
        inside = (numbers >= one.start) & (numbers < one.end)
        if int(inside.sum()) > len(best[1]):
            own: Any = places[inside].tolist(), numbers[inside].tolist()
            best = window, tuple(own[0]), tuple(own[1])
    return best


def _padded(rows: Sequence[Sequence[int]]) -> torch.Tensor:
    width = max(map(len, rows), default=0)
    filled = [[*row, *[-1] * (width - len(row))] for row in rows]
    return torch.tensor(filled, dtype=torch.long).reshape(len(rows), width)
