"""Tables of conversations: one column of messages for each form that people write them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError, RecipeError, paragraph
from ..multimodal.spec import Modality
from ..multimodal.text.chat.export import FEWEST, as_hosted, check_lines
from ..multimodal.text.chat.formats import Format, kind_of, read, recognise
from ..multimodal.text.chat.messages import Conversation, Unreadable
from . import roles
from .files import write_with
from .spec import DataSpec, SourceSpec
from .tables import blank

if TYPE_CHECKING:
    import pandas as pd

MESSAGES = "messages"
"""The input column of tasks that learn from conversations; their pictures stand beside it."""

PICTURE = "picture"
"""What the columns of pictures are called whose files the messages themselves name."""


def arrange(table: pd.DataFrame, spec: DataSpec) -> tuple[pd.DataFrame, DataSpec]:
    """Put a table's conversations into one column, each as a list of messages in JSON.

    It stands in place of the columns that were read for it, but for those that have another role.
    The cell of a row in which something is missing is missing too.

    Parameters
    ----------
    table
        As `roles.read` reads it.
    spec
        The data section; it may name the columns: the one that holds the messages, or the inputs
        that make the prompt and the label that is the answer to it.

    Raises
    ------
    DataError
        If the columns are not recognised, or a cell holds no conversation.
    """
    import pandas as pd

    form = form_of(table, spec)
    found = conversations(table, form)
    columns = {MESSAGES: [None if one is None else one.as_json() for one in found]}
    columns |= _pictures(found, form)
    inputs = {name: "text" if name == MESSAGES else "image" for name in columns}
    after = spec.model_copy(update={"inputs": inputs, "label": None})
    read_already = [name for name in form.columns if name not in after.columns]
    out = table.drop(columns=read_already)
    for name, cells in columns.items():
        out[name] = pd.Series(cells, index=table.index, dtype=object)
    return out, after


def _pictures(found: Sequence[Conversation | None], form: Format) -> dict[str, list[str | None]]:
    """Return a column for the first picture of every conversation, one for the second, and so on.

    A conversation that has fewer has an empty cell there.
    """
    shown = [() if one is None else one.pictures for one in found]
    most = max(map(len, shown), default=0)
    stem = form.pictures[0] if form.pictures else PICTURE
    names = [stem if most == 1 else f"{stem} {number + 1}" for number in range(most)]
    if len(form.pictures) == most:
        names = list(form.pictures)
    return {
        name: [one[place] if len(one) > place else None for one in shown]
        for place, name in enumerate(names)
    }


def form_of(table: pd.DataFrame, spec: DataSpec | None = None) -> Format:
    """Say how a table holds its conversations: as its columns are named, or as the recipe says."""
    named = [] if spec is None else list(spec.inputs)
    if spec is not None and spec.labels:
        raise RecipeError(
            paragraph(
                "recipe, key “data.labels”",
                "conversations have no columns of 0 and 1",
                "Leave it out; data.inputs and data.label may name a prompt and its answer",
            )
        )
    if spec is not None and spec.label is not None and named:
        seen = tuple(name for name in named if spec.inputs[name] == "image")
        asks = tuple(name for name in named if name not in seen)
        # A table that is to be answered may have no answers.
        answers = spec.label if spec.label in table else None
        return Format("alpaca", asks, answers, pictures=seen)
    columns = named or [str(name) for name in table.columns if not str(name).startswith("\0")]
    first = {name: _first(table[name]) for name in columns}
    found = recognise(columns, first)
    if found is not None:
        return found
    if len(named) == 1:
        return Format(kind_of(first[named[0]]), (named[0],))
    raise DataError(
        paragraph(
            str(table[roles.WHERE].iloc[0]),
            f"no conversations are recognised among its columns ({', '.join(columns)}); expected "
            "“messages” or “conversations”, “instruction” with “output”, or “prompt” with "
            "“completion”",
            "Name the columns so, or name them in the recipe: data.inputs for what is asked and "
            "data.label for the answer",
        )
    )


def conversations(table: pd.DataFrame, form: Format) -> list[Conversation | None]:
    """Read the conversation of every row; None where something is missing.

    Raises
    ------
    DataError
        Naming file, row and column of the first cell that holds no conversation.
    """
    columns = {name: table[name].tolist() for name in form.columns}
    out: list[Conversation | None] = []
    for row in range(len(table)):
        try:
            out.append(read(form, {name: cells[row] for name, cells in columns.items()}))
        except Unreadable as error:
            raise DataError(
                paragraph(
                    roles.place(table, row, error.column),
                    error.problem,
                    "Correct the cell, or remove the row",
                )
            ) from None
    return out


def check_answered(table: pd.DataFrame) -> None:
    """Refuse an arranged table with a conversation in which the assistant says nothing."""
    for row, cell in enumerate(table[MESSAGES].tolist()):
        if not Conversation.from_json(cell).answered:
            raise DataError(
                paragraph(
                    roles.place(table, row),
                    "the conversation has no message of the assistant, so nothing can be learnt "
                    "of it",
                    "Bring the answer, or remove the row",
                )
            )


def load(
    path: Path,
    encoding: str = "utf-8",
    inputs: Mapping[str, Modality] | None = None,
    label: str | None = None,
) -> tuple[list[Conversation], list[str], Format]:
    """Read a file's conversations: them, the place of each, and how the table holds them.

    Rows in which something is missing are left out. `inputs` and `label` name the columns where
    they are not known by their names, as a recipe's data section does.
    """
    source = SourceSpec(path=str(path), encoding=encoding)
    table = roles.read(source, (), whole=True)
    form = form_of(table, DataSpec(source=[source], inputs=dict(inputs or {}), label=label))
    found = conversations(table, form)
    places = [roles.place(table, row) for row, one in enumerate(found) if one is not None]
    return [one for one in found if one is not None], places, form


def export(path: Path, out: Path, encoding: str = "utf-8") -> dict[str, Any]:
    """Write a table's conversations as hosted services take them; read them back and check them.

    Parameters
    ----------
    path, encoding
        The table.
    out
        The JSONL file to write.

    Returns
    -------
    dict
        ``file``, ``lines``, ``left_out`` (rows in which something is missing), ``form``, and
        ``notes``, what a person should know.

    Raises
    ------
    DataError
        Naming the first row that a service would turn down. Nothing is written then.
    """
    import json

    table = roles.read(SourceSpec(path=str(path), encoding=encoding), (), whole=True)
    form = form_of(table)
    found = conversations(table, form)
    rows = [row for row, one in enumerate(found) if one is not None]
    lines = [json.dumps(as_hosted(one), ensure_ascii=False) for one in found if one is not None]
    _refuse(table, rows, check_lines(lines))
    text = "".join(f"{line}\n" for line in lines)
    write_with(out, lambda partial: partial.write_text(text, encoding="utf-8", newline="\n"))
    _refuse(table, rows, check_lines(out.read_text(encoding="utf-8").split("\n")[:-1]))
    left = len(found) - len(rows)
    notes = []
    if left:
        notes.append(f"{left:,} rows with an empty cell were left out.")
    if len(lines) < FEWEST:
        notes.append(f"Services ask for {FEWEST} conversations or more; these are {len(lines)}.")
    return {
        "file": str(out),
        "lines": len(lines),
        "left_out": left,
        "form": form.kind,
        "notes": notes,
    }


def _refuse(table: pd.DataFrame, rows: Sequence[int], faults: Sequence[tuple[int, str]]) -> None:
    if not rows:
        raise DataError(
            paragraph(
                str(table[roles.WHERE].iloc[0]),
                "every row has an empty cell, so there is no conversation to write",
                "Fill the cells",
            )
        )
    if faults:
        number, fault = faults[0]
        others = len({line for line, _ in faults}) - 1
        more = f", and {others:,} more rows have faults" if others else ""
        raise DataError(
            paragraph(
                roles.place(table, rows[number - 1]),
                f"a service would turn this conversation down: {fault}{more}",
                "Correct the row, or remove it",
            )
        )


def _first(column: pd.Series) -> Any:
    """Return the first cell that is not empty."""
    there = np.flatnonzero(~blank(column))
    return column.iloc[int(there[0])] if len(there) else None
