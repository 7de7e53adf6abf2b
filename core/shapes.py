"""Tables whose columns tell by themselves what can be learnt of them: chats, questions, tags.

Tables for fine-tuning come in a few forms that everyone writes alike: a list of messages, an
instruction with its output, a question with a context, words with their tags. They are known by the
names of their columns and by what the first cells hold.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..multimodal.media import modality_of
from ..multimodal.spec import Modality
from ..multimodal.text.chat.formats import LISTS, recognise

if TYPE_CHECKING:
    import pandas as pd

SEEN = 50
"""Rows whose cells are looked into."""

ANSWER = "answer"

WORDS, TAGS = ("tokens", "words"), ("tags", "ner_tags", "labels", "pos_tags", "label")


@dataclass(frozen=True)
class Shape:
    """What a table is.

    Attributes
    ----------
    task
        What can be learnt of it, as `multimodal.spec.Task` names it.
    reason
        Why that is believed.
    inputs, label
        Columns that are read, and the one with the answers, where there is one.
    named
        Whether the task finds these columns by itself, so that a recipe needn't name them.
    pictures
        Columns that name pictures, as far as the task finds them by itself.
    """

    task: str
    reason: str
    inputs: tuple[str, ...]
    label: str | None = None
    named: bool = True
    pictures: tuple[str, ...] = ()

    def role(self, column: str) -> str | None:
        """Return ``input``, ``label`` or None for a column."""
        return "input" if column in self.inputs else "label" if column == self.label else None

    def holds(self, column: str) -> Modality | None:
        """Return the modality of a column's cells, None where the cells themselves tell."""
        return "image" if column in self.pictures else None


def shape_of(table: pd.DataFrame) -> Shape | None:
    """Recognise a table; None where its columns are no such form."""
    columns = {str(name).strip().lower(): str(name) for name in table.columns}
    return (
        _pairs(table, columns) or _chat(table, columns) or _asked(columns) or _tags(table, columns)
    )


def _pairs(table: pd.DataFrame, columns: Mapping[str, str]) -> Shape | None:
    if not {"chosen", "rejected"} <= set(columns):
        return None
    asks = ("prompt", "question", "instruction", *LISTS)
    found = [columns[name] for name in asks if name in columns]
    both = (columns["chosen"], columns["rejected"])
    reason = "an answer that was chosen and one that was rejected"
    return Shape("preference", reason, (*found[:1], *both))


def _chat(table: pd.DataFrame, columns: Mapping[str, str]) -> Shape | None:
    first = {name: _first(table, name) for name in columns.values()}
    form = recognise(list(columns.values()), first)
    if form is None:
        return None
    if form.kind in ("messages", "sharegpt"):
        if not is_conversation(first[form.asks[0]]):
            return None
        reason = "conversations as lists of messages"
        return Shape("chat", reason, form.columns, pictures=form.pictures)
    if form.answers is None or _names_files(first, form.columns):
        return None
    asks, answers = form.asks[0], form.answers
    # What is asked about pictures under this name is answered by one of a few words.
    if form.pictures and answers.strip().lower() == ANSWER:
        return None
    reason = f"“{asks}” is answered in “{answers}”"
    return Shape("chat", reason, form.columns, pictures=form.pictures)


def _names_files(first: Mapping[str, Any], known: Sequence[str]) -> bool:
    """Whether another column names pictures or sounds, which the question is then about."""
    others = [cell for name, cell in first.items() if name not in known]
    return any(isinstance(cell, str) and modality_of(cell.strip()) for cell in others)


def _asked(columns: Mapping[str, str]) -> Shape | None:
    answer = next((name for name in ("answers", "answer") if name in columns), None)
    if answer is None or not {"question", "context"} <= set(columns):
        return None
    inputs = (columns["question"], columns["context"])
    return Shape(
        "extractive_qa", "questions with the text that answers them", inputs, columns[answer]
    )


def _tags(table: pd.DataFrame, columns: Mapping[str, str]) -> Shape | None:
    for words in WORDS:
        for tags in TAGS:
            if words not in columns or tags not in columns:
                continue
            pairs = list(
                zip(_cells(table, columns[words]), _cells(table, columns[tags]), strict=False)
            )
            listed = [(as_list(one), as_list(other)) for one, other in pairs]
            if listed and all(one and other and len(one) == len(other) for one, other in listed):
                reason = "lists of words with one tag for each"
                inputs = (columns[words],)
                return Shape("token_classification", reason, inputs, columns[tags], named=False)
    return None


def is_conversation(cell: Any) -> bool:
    """Whether a cell holds a list of messages, as a list or as JSON."""
    found = as_list(cell)
    return bool(found) and all(
        isinstance(one, Mapping) and {"role", "from"} & set(one) for one in found or ()
    )


def as_list(cell: Any) -> Sequence[Any] | None:
    """Return the list that a cell holds, as such or as JSON; None where it holds none."""
    if isinstance(cell, str):
        if not cell.lstrip().startswith("["):
            return None
        try:
            cell = json.loads(cell)
        except ValueError:
            return None
    if hasattr(cell, "tolist"):  # Parquet's lists come as arrays
        cell = cell.tolist()
    return cell if isinstance(cell, list | tuple) else None


def _first(table: pd.DataFrame, column: str) -> Any:
    """Return the first cell that isn't empty, of those that are looked into."""
    cells = _cells(table, column)
    return next((one for one in cells if isinstance(one, list | dict) or str(one).strip()), None)


def _cells(table: pd.DataFrame, column: str) -> list[Any]:
    cells: list[Any] = table[column].head(SEEN).tolist()
    return cells
