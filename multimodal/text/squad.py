"""Questions in SQuAD's form: files that nest them under their texts, and cells of answers.

The form is that of SQuAD 1.1 and 2.0 (Rajpurkar et al. 2016, 2018), in which XQuAD, GermanQuAD and
many others come too: ``{"data": [{"title", "paragraphs": [{"context", "qas": [{"id", "question",
"answers": [{"text", "answer_start"}]}]}]}]}``. A question without an answer has an empty list, or
``is_impossible``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import DataError, paragraph

COLUMNS = ("id", "title", "context", "question", "answers")
"""The columns of a flattened file."""


@dataclass(frozen=True)
class Answer:
    """A text that answers a question.

    Attributes
    ----------
    text
        As it stands in the context.
    start
        Its first character in the context.
    """

    text: str
    start: int

    @property
    def end(self) -> int:
        """The character behind its last one."""
        return self.start + len(self.text)


def is_squad(found: Any) -> bool:
    """Say whether a JSON file's content is in SQuAD's form, as far as its outside tells."""
    data = found.get("data") if isinstance(found, dict) else None
    return isinstance(data, list) and all(
        isinstance(one, dict) and "paragraphs" in one for one in data
    )


def flatten(found: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
    """Return a row for each question, in the file's order.

    Parameters
    ----------
    found
        The file's content.
    where
        The file's name, for errors.

    Returns
    -------
    list of dict
        The keys of `COLUMNS`; ``answers`` is a list of ``{"text", "answer_start"}``, empty where
        the question has none. Questions of one context share its text in memory.

    Raises
    ------
    DataError
        If a part is missing or of another kind; the message names the document, the paragraph and
        the question, each counted from 1.
    """
    rows = []
    for document, one in enumerate(_part(found, "data", list, where), start=1):
        place = f"{where}, document {document}"
        title = one.get("title") if isinstance(one, dict) else None
        paragraphs = _part(one, "paragraphs", list, place)
        for number, text in enumerate(paragraphs, start=1):
            inside = f"{place}, paragraph {number}"
            context = _part(text, "context", str, inside)
            for asked, question in enumerate(_part(text, "qas", list, inside), start=1):
                at = f"{inside}, question {asked}"
                words = _part(question, "question", str, at)
                impossible = question.get("is_impossible") is True
                rows.append(
                    {
                        "id": question.get("id"),
                        "title": title,
                        "context": context,
                        "question": words,
                        "answers": [] if impossible else question.get("answers") or [],
                    }
                )
    return rows


def read_answers(cell: str | None, context: str) -> tuple[Answer, ...]:
    """Read a cell of accepted answers and find each of them in its context.

    Parameters
    ----------
    cell
        JSON: a list of ``{"text", "answer_start"}`` (or ``"start"``), of texts, or a mapping of the
        lists ``text`` and ``answer_start``; or the plain text of one answer. Nothing, an empty list
        or an empty text: the question has no answer.
    context
        The text in which they stand.

    Returns
    -------
    tuple of Answer
        Each once, with white space around it left away. Where the start is not told, or the text
        doesn't stand there (some files count characters otherwise), it is the nearest place of the
        text, the first one where nothing is told.

    Raises
    ------
    ValueError
        If the cell has another form, or an answer doesn't stand in the context; the message is a
        clause for people.
    """
    found = []
    for written, start in _listed(cell):
        text, told = _stripped(written, start)
        if text:
            found.append(Answer(text, _place(text, told, context)))
    return tuple(dict.fromkeys(found))


def write_answers(answers: tuple[Answer, ...]) -> str:
    """Write accepted answers as a JSON list of ``{"text", "start"}``."""
    listed = [{"text": one.text, "start": one.start} for one in answers]
    return json.dumps(listed, ensure_ascii=False, separators=(",", ":"))


def _part(found: Any, key: str, kind: type, where: str) -> Any:
    value = found.get(key) if isinstance(found, dict) else None
    if isinstance(value, kind):
        return value
    wanted = "a text" if kind is str else "a list"
    told = "is missing" if value is None else f"is {type(value).__name__}"
    raise DataError(
        paragraph(where, f"“{key}” {told}, expected {wanted}", "Write the file in SQuAD's form")
    )


def _listed(cell: str | None) -> list[tuple[str, int | None]]:
    """Return the texts and starts that a cell names."""
    if cell is None or not cell.strip():
        return []
    found: Any = cell
    if cell.lstrip()[0] in "[{":
        try:
            found = json.loads(cell)
        except ValueError:
            found = cell  # an answer such as “[sic]”
    if isinstance(found, dict) and isinstance(found.get("text"), list):
        starts = found.get("answer_start", found.get("start")) or [None] * len(found["text"])
        if len(starts) != len(found["text"]):
            raise ValueError(f"{len(found['text'])} texts stand beside {len(starts)} starts")
        found = [
            {"text": text, "start": start}
            for text, start in zip(found["text"], starts, strict=True)
        ]
    out = []
    for one in found if isinstance(found, list) else [found]:
        text = one.get("text") if isinstance(one, dict) else one
        start = one.get("answer_start", one.get("start")) if isinstance(one, dict) else None
        if not isinstance(text, str):
            raise ValueError(
                "this is no answer; expected its text, or a list of {“text”, “answer_start”}"
            )
        if start is not None and (not isinstance(start, int) or isinstance(start, bool)):
            raise ValueError(f"the start of “{text}” is “{start}”, expected a whole number")
        out.append((text, start))
    return out


def _stripped(text: str, start: int | None) -> tuple[str, int | None]:
    before = len(text) - len(text.lstrip())
    return text.strip(), None if start is None else start + before


def _place(text: str, told: int | None, context: str) -> int:
    """Find a text in its context: where it is told to be, or nearest to that."""
    if told is not None and told >= 0 and context.startswith(text, told):
        return told
    aim = told or 0
    before = context.rfind(text, 0, max(aim, 0) + len(text))
    behind = context.find(text, max(aim, 0))
    places = [place for place in (before, behind) if place >= 0]
    if not places:
        shown = text if len(text) <= 60 else text[:59] + "…"
        raise ValueError(f"the answer “{shown}” doesn't stand in the context")
    return min(places, key=lambda place: (abs(place - aim), place))
