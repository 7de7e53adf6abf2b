"""The rows that have terms, and the same rows about other groups."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.conversations import MESSAGES
from ...core.dataset import Dataset
from ...multimodal.text.chat.messages import Conversation
from ..terms.lists import TermList
from ..terms.matching import matcher
from ..terms.swap import Swapped, swaps_of

BETWEEN = "\n\0\n"
"""What texts of one row are joined by, so that a swap is the same in all of them."""


@dataclass(frozen=True, eq=False)
class Pair:
    """A row, and the same row about another group.

    Attributes
    ----------
    row
        Number of the row in its dataset.
    swapped
        The row's texts before and after, joined by `BETWEEN`.
    cells
        The columns of the swapped row that differ.
    """

    row: int
    swapped: Swapped
    cells: dict[str, str]


def pairs(
    dataset: Dataset,
    lists: Sequence[TermList],
    *,
    most: int | None = None,
    seed: int = 13,
    check: Callable[[], None] = lambda: None,
) -> list[Pair]:
    """Swap the terms of all rows that have some.

    Parameters
    ----------
    dataset
        The rows.
    lists
        Which terms; those of different lists are swapped apart.
    most
        Most swaps of a row, drawn at random; all if left out.
    seed
        Of the draw, which depends on a row's place alone.
    check
        Raises where the job was cancelled.

    Returns
    -------
    list of Pair
        In the order of the rows.
    """
    texts = [BETWEEN.join(_texts(dataset, row)) for row in range(len(dataset))]
    found: dict[int, list[Swapped]] = {}
    for one in lists:
        known = matcher(one)
        for row, terms in known.find_all(texts):
            found.setdefault(row, []).extend(swaps_of(known, texts[row], terms))
        check()
    out = []
    for row in sorted(found):
        each = found[row]
        if most is not None and len(each) > most:
            drawn = np.random.default_rng([seed % 2**63, row]).permutation(len(each))[:most]
            each = [each[at] for at in sorted(drawn)]
        out += [Pair(row, one, _cells(dataset, row, one.text.split(BETWEEN))) for one in each]
    return out


def swapped_rows(dataset: Dataset, chosen: Sequence[Pair]) -> Dataset:
    """Return the swapped rows as a dataset, in the order of the pairs."""
    taken = dataset.take(np.array([one.row for one in chosen], np.int64))
    inputs = {name: cells.copy() for name, cells in taken.inputs.items()}
    for place, one in enumerate(chosen):
        for name, cell in one.cells.items():
            inputs[name][place] = cell
    return replace(taken, inputs=inputs)


def _columns(dataset: Dataset) -> list[str]:
    return [name for name, kind in dataset.modalities.items() if kind == "text"]


def _texts(dataset: Dataset, row: int) -> list[str]:
    """Return the texts of a row: its text columns, or what its messages say up to the answer."""
    if dataset.task != "chat":
        return [str(dataset.inputs[name][row]) for name in _columns(dataset)]
    return [text for text, _ in _said(dataset.inputs[MESSAGES][row])[1]]


def _cells(dataset: Dataset, row: int, texts: Sequence[str]) -> dict[str, str]:
    """Return the columns that hold other texts now."""
    if dataset.task != "chat":
        columns = _columns(dataset)
        old = _texts(dataset, row)
        named = zip(columns, old, texts, strict=True)
        return {name: new for name, before, new in named if new != before}
    talk, said = _said(dataset.inputs[MESSAGES][row])
    for (_, put), text in zip(said, texts, strict=True):
        put(text)
    return {MESSAGES: talk.as_json()}


Put = Callable[[str], None]


def _said(cell: Any) -> tuple[Conversation, list[tuple[str, Put]]]:
    """Return a conversation's copy, its texts, and what puts others in their place.

    The last answer is left out, because it is what the model is asked for.
    """
    raw = json.loads(str(cell)) if cell else []
    messages = [dict(one) for one in (raw["messages"] if isinstance(raw, dict) else raw)]
    tools = tuple(raw["tools"]) if isinstance(raw, dict) else ()
    asked = messages[:-1] if messages and messages[-1].get("role") == "assistant" else messages
    said: list[tuple[str, Put]] = []
    for message in asked:
        content = message.get("content")
        if isinstance(content, str):
            said.append((content, _putting(message, "content")))
            continue
        parts = [dict(part) for part in content or ()]
        message["content"] = parts
        said += [
            (str(part["text"]), _putting(part, "text"))
            for part in parts
            if part.get("type") == "text"
        ]
    return Conversation(tuple(messages), tools), said


def _putting(place: dict[str, Any], key: str) -> Put:
    def put(text: str) -> None:
        place[key] = text

    return put


def rows_of(found: Sequence[Pair]) -> NDArray[np.int64]:
    """Return the numbers of the rows that have pairs, each once, in order."""
    return np.unique(np.array([one.row for one in found], np.int64))
