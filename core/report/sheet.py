"""A data sheet in Markdown: questions about a dataset, and what is known to answer them.

After Gebru et al., *Datasheets for Datasets* (Communications of the ACM 64, 2021). What a run knows
is filled in; what only people know is theirs to say, and marked where they didn't. Text from data
is made inert as in the model card.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ..._version import __version__
from .card import NOT_STATED, markdown, table_row, table_rule
from .templates import environment
from .tree import Table


@dataclass(frozen=True)
class Answer:
    """One question, and what is known.

    Attributes
    ----------
    question
        As people read it.
    lines
        What answers it, one statement each; none where nobody said anything.
    tables
        What belongs to it.
    """

    question: str
    lines: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()

    @classmethod
    def stated(cls, question: str, statement: str | None) -> Answer:
        """Return what a person said, or that nobody did."""
        return cls(question, () if statement is None or not statement.strip() else (statement,))


@dataclass(frozen=True)
class SheetPart:
    """Questions of one kind, such as those of composition."""

    title: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class DataSheet:
    """What is known of a run's data.

    Attributes
    ----------
    name
        The run's name.
    data
        The tables' file names.
    parts
        The questions.
    """

    name: str
    data: tuple[str, ...]
    parts: tuple[SheetPart, ...]

    @property
    def open(self) -> tuple[str, ...]:
        """Questions that nobody answered."""
        return tuple(
            one.question
            for part in self.parts
            for one in part.answers
            if not one.lines and not one.tables
        )


def render_sheet(sheet: DataSheet) -> str:
    """Write a data sheet.

    Parameters
    ----------
    sheet
        What it says.

    Returns
    -------
    str
        Markdown.
    """
    templates = environment(
        autoescape=False, finalize=_finalize, filters={"row": table_row, "rule": table_rule}
    )
    return templates.get_template("data_sheet.md.jinja").render(
        sheet=sheet, version=__version__, not_stated=NOT_STATED
    )


def _finalize(value: Any) -> str:
    return str(value) if isinstance(value, Markup) else markdown(str(value))
