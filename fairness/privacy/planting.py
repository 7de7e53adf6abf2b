"""Planting canaries into a copy of a training table, in the form in which it holds its rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core.files import write_json
from ...errors import DataError, nearest, paragraph
from .canaries import Canaries, Canary, Form

if TYPE_CHECKING:
    import pandas as pd

    from ...multimodal.text.chat.formats import Format

ASK = "What is it?"
"""What is asked in a conversation whose answer is a canary, where nobody says another."""


def plant(
    table: pd.DataFrame,
    form: Form,
    *,
    column: str | None = None,
    repeats: Sequence[int] = (0, 1, 4, 16),
    each: int = 2,
    ask: str | None = None,
    split: str = "split",
    seed: int = 13,
    where: str = "table",
) -> tuple[pd.DataFrame, Canaries]:
    """Plant canaries into a copy of a table.

    A planted row copies the other cells of a training row that is drawn by chance, so that labels
    and groups stay what they may be.

    Parameters
    ----------
    table
        Texts, prompts with answers, or conversations in any of the forms that chats are read in.
    form
        What the canaries look like.
    column
        Column that takes them; the one that holds the answers of conversations if left out, else
        the column of the longest texts.
    repeats
        How often canaries are planted: some once, some more often, and some never.
    each
        Canaries of each of these.
    ask
        What is asked in front of the canary, where rows have prompts or messages.
    split
        Column that names splits: planted rows are training rows. It is made by chance, 80, 10 and
        10 of a hundred rows, where it is not there.
    seed
        Seed of secrets, rows and splits.
    where
        The file's name, for errors.

    Returns
    -------
    planted, canaries
        The table, its rows mixed; and what was planted.

    Raises
    ------
    DataError
        If there is no such column, or there are fewer secrets than canaries.
    """
    import pandas as pd

    from ...core.spec import SplitSpec
    from ...core.splits import by_chance, from_column

    wanted = each * len(repeats)
    if wanted > form.size:
        raise DataError(
            paragraph(
                f"form “{form.text}”",
                f"it has {form.size:,} secrets, and {wanted:,} canaries are asked for",
                "Write a form with more places, or plant fewer",
            )
        )
    generator = np.random.default_rng(seed)
    secrets = form.draw(wanted, generator)
    if wanted == form.size:
        secrets = [secrets[at] for at in generator.permutation(wanted)]
    canaries = tuple(
        Canary(secret, repeats[number // each]) for number, secret in enumerate(secrets)
    )
    chat, target = _target(table, column, where)
    out = table.copy()
    if split in out.columns:
        named = from_column(out[split].to_numpy(object), split, where)
    else:
        alike = np.full(len(out), "", dtype=object)
        named = by_chance(alike, SplitSpec(seed=seed))
        out[split] = named
    trained = np.flatnonzero(named == "train")
    copied = generator.choice(trained, size=sum(one.repeats for one in canaries))
    rows = out.iloc[copied].copy()
    texts = [form.fill(one.secret) for one in canaries for _ in range(one.repeats)]
    asked = ASK if ask is None else ask
    for name, cells in _cells(chat, target, texts, asked).items():
        rows[name] = pd.Series(cells, index=rows.index, dtype=object)
    for name in _own(out, rows):
        rows[name] = [f"canary-{number + 1}" for number in range(len(rows))]
    whole = pd.concat([out, rows], ignore_index=True)
    mixed = whole.iloc[generator.permutation(len(whole))].reset_index(drop=True)
    return mixed, Canaries(form, canaries, target, asked if chat is not None else None, seed)


def write_planted(
    path: Path, out: Path, form: Form, *, encoding: str = "utf-8", **settings: Any
) -> tuple[Path, Canaries]:
    """Read a table, plant canaries, and write the copy and the file of secrets beside it.

    Parameters
    ----------
    path, encoding
        The table.
    out
        Where the copy shall stand; its ending decides the form. The secrets are written beside it,
        under the same name with ``.canaries.json``.
    form
        What the canaries look like.
    settings
        What else `plant` takes.

    Returns
    -------
    secrets, canaries
        The file of secrets, and what was planted.
    """
    import pandas as pd

    from ...core.parts import check_form, parts
    from ...core.spec import SourceSpec
    from ...core.tables import as_text, read_table

    check_form(out)
    read = read_table(SourceSpec(path=str(path), encoding=encoding))
    table = pd.DataFrame({name: as_text(read[name], str(path)) for name in read.columns})
    planted, canaries = plant(table, form, where=str(path), **settings)
    secrets = out.with_name(f"{out.name}.canaries.json")
    # Secrets first: a planted table of which nobody knows what was planted is of no use.
    write_json(secrets, canaries.as_json())
    with parts(out, {"canaries": canaries.as_json()}) as made:
        made.add(planted)
        made.join()
    return secrets, canaries


def _target(table: pd.DataFrame, column: str | None, where: str) -> tuple[Format | None, str]:
    """Return how the table holds conversations, if it does, and the column that takes canaries."""
    from ...multimodal.text.chat.formats import recognise

    columns = [str(name) for name in table.columns]
    if column is not None and column not in columns:
        raise DataError(
            paragraph(
                f"{where}, column “{column}”",
                f"there is no such column ({nearest(column, columns)})",
                "Name a column that the table has",
            )
        )
    first = {name: _first(table[name]) for name in columns}
    found = recognise(columns, first)
    if found is not None:
        own = found.answers or found.asks[0]
        if column in (None, own):
            return found, own
    if column is not None:
        return None, column
    lengths = {name: _length(table[name]) for name in columns}
    return None, max(lengths, key=lengths.__getitem__)


def _cells(form: Format | None, target: str, texts: list[str], ask: str) -> dict[str, list[Any]]:
    """Return the cells of the planted rows that aren't copied, by column."""
    if form is None:
        return {target: texts}
    if form.answers is not None:
        asks = {name: [ask if at == 0 else ""] * len(texts) for at, name in enumerate(form.asks)}
        return {**asks, target: texts}
    role, content = ("from", "value") if form.kind == "sharegpt" else ("role", "content")
    said = ("human", "gpt") if form.kind == "sharegpt" else ("user", "assistant")
    return {
        target: [
            json.dumps(
                [{role: said[0], content: ask}, {role: said[1], content: text}], ensure_ascii=False
            )
            for text in texts
        ]
    }


def _own(table: pd.DataFrame, rows: pd.DataFrame) -> list[str]:
    """Return the columns that name rows: a copied row needs a name of its own there."""
    found = []
    for name in table.columns:
        cells = table[name]
        named = str(name).lower() in ("id", "row_id", "uid", "uuid", "index")
        if len(rows) and named and cells.is_unique:
            found.append(name)
    return found


def _first(column: pd.Series) -> Any:
    there = column.dropna()
    return there.iloc[0] if len(there) else None


def _length(column: pd.Series) -> float:
    return float(column.dropna().astype(str).str.len().mean() or 0) if column.notna().any() else 0.0
