"""Rows to look at: mistakes and right answers, each with what the model saw and heard.

For runs whose inputs are pictures, sounds or conversations, which no table of numbers shows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from ..multimodal.draw import has_pictures, html_of
from ..multimodal.escape import visible
from ..multimodal.text.chat.draw import asked_html
from ..multimodal.text.chat.messages import Conversation
from .generation_metrics import normalised
from .multilabel_metrics import member
from .perplexity import NATS, TOKENS
from .predict import GROUP, SCORE
from .report.numbers import number
from .report.tree import Block, Drawing, Gallery, Section, Table, Text

if TYPE_CHECKING:
    import pandas as pd

    from .dataset import Dataset
    from .spec import DataSpec

MISTAKES, RIGHT = 12, 6
"""Rows of each kind that are shown, so that a page stays small enough to send."""

LISTED = 200
"""Rows that were left out which are listed at most."""


@dataclass(frozen=True, eq=False)
class _Ranked:
    """Rows in the order in which they are shown, and what is said of them.

    Attributes
    ----------
    worst, best
        Positions in the predictions, those to look at first.
    titles
        What the two are called, with a sentence each on what was chosen.
    said
        What stands below each row.
    lead
        ``lead(row, cell)`` draws the first input, which goes last; as any other if left out.
    """

    worst: NDArray[np.int64]
    best: NDArray[np.int64]
    titles: tuple[tuple[str, str], tuple[str, str]]
    said: Sequence[str]
    lead: Callable[[int, str], Markup] | None = None


def section(
    task: str, predictions: pd.DataFrame, dataset: Dataset, spec: DataSpec
) -> tuple[Section, ...]:
    """Return the report's part with rows to look at; none where all inputs are plain texts.

    Parameters
    ----------
    task
        What was learnt.
    predictions
        What predictions.parquet holds.
    dataset
        The run's rows.
    spec
        The recipe's section on them.
    """
    if task == "contrastive":
        from . import retrieval_rows

        return retrieval_rows.section(predictions, dataset)
    if task not in RANK or not (task == "chat" or has_pictures(dataset.modalities.values())):
        return ()
    splits = [
        split for split in ("test", "validation", "train") if (predictions.split == split).any()
    ]
    frame = predictions[predictions.split == splits[0]] if splits else predictions
    answered = frame["label"].notna() & frame["prediction"].notna()
    frame = frame[answered].reset_index(drop=True)
    if frame.empty:
        return ()
    ranked = RANK[task](frame, dataset.labels, spec)
    place = {name: at for at, name in enumerate(dataset.ids.tolist())}
    blocks: list[Block | Section] = []
    parts = zip(("mistakes", "right"), ranked.titles, (ranked.worst, ranked.best), strict=True)
    for anchor, (title, lead), rows in parts:
        drawn = [
            _drawing(dataset, place[name], row, ranked)
            for row, name in zip(rows.tolist(), frame["id"].iloc[rows].tolist(), strict=True)
            if name in place
        ]
        inner: tuple[Block, ...] = (Gallery(tuple(drawn)),)
        if not drawn:
            inner = (Text("There are none among these rows.", tone="note"),)
        blocks.append(Section(title, f"rows-{anchor}", inner, lead))
    lead = f"A few of the {len(frame):,} {splits[0]} rows, as the model got them."
    return (Section("Rows to look at", "rows", tuple(blocks), lead),)


def left_out(bad: Sequence[dict[str, Any]]) -> list[Block]:
    """Return a table of the rows whose picture or sound couldn't be used, as environment.json has.

    Parameters
    ----------
    bad
        Mappings with source, row, column, cell and reason.
    """
    if not bad:
        return []
    more = len(bad) - LISTED
    return [
        Table(
            "Rows left out, because their file can’t be used",
            ("Table", "Row", "Column", "File", "Why"),
            tuple(
                (Path(one["source"]).name, one["row"], one["column"], one["cell"], one["reason"])
                for one in bad[:LISTED]
            ),
            note="Nothing was learnt or measured of these rows (`on_bad_sample: skip`)."
            + (f" {more:,} more are in environment.json." if more > 0 else ""),
        )
    ]


def _drawing(dataset: Dataset, at: int, row: int, ranked: _Ranked) -> Drawing:
    """Draw a row that stands at one place of the dataset and at another of the predictions."""
    inputs = list(dataset.inputs)
    parts = inputs if ranked.lead is None else inputs[1:]
    cells = [(dataset.modalities[one], dataset.inputs[one][at]) for one in parts]
    drawn = [html_of(kind, cell) for kind, cell in cells if cell != ""]
    if ranked.lead is not None:
        drawn.append(ranked.lead(row, dataset.inputs[inputs[0]][at]))
    name = visible(str(dataset.ids[at]), 60)
    alt = f"Row {name}: {visible(', '.join(inputs), 200)}" if len(inputs) > 1 else f"Row {name}"
    return Drawing(Markup("").join(drawn), alt, f"Row {name}: {ranked.said[row]}")


def _classes(frame: pd.DataFrame, labels: Sequence[str], spec: DataSpec) -> _Ranked:
    """Rank rows with one of several classes: the surest mistakes; right answers evenly spread."""
    code = {label: at for at, label in enumerate(labels)}
    scores = frame[[f"{SCORE}{label}" for label in labels]].to_numpy(np.float64)
    answered = np.array([code[label] for label in frame["prediction"]])
    sure = scores[np.arange(len(frame)), answered]
    wrong = (frame["prediction"] != frame["label"]).to_numpy()
    said = [
        f"answered “{answer}” ({number(score)})"
        + ("." if answer == label else f", labelled “{label}”.")
        for answer, label, score in zip(frame["prediction"], frame["label"], sure, strict=True)
    ]
    return _Ranked(
        _first(np.flatnonzero(wrong), -sure, MISTAKES),
        _evenly(np.flatnonzero(~wrong), -sure, RIGHT),
        (
            ("Surest mistakes", "Wrong answers with the highest score; scores are in brackets."),
            ("Right answers", "From the surest to the least sure, evenly spread."),
        ),
        said,
    )


def _sets(frame: pd.DataFrame, labels: Sequence[str], spec: DataSpec) -> _Ranked:
    """Rank rows with several labels by how many of them differ."""
    true, found = (member(frame, name, labels, spec.separator) for name in ("label", "prediction"))
    differ = (true != found).sum(axis=1)

    def names(one: NDArray[np.bool_]) -> str:
        chosen = [label for label, there in zip(labels, one, strict=True) if there]
        return ", ".join(f"“{label}”" for label in chosen) or "no label"

    said = [
        f"answered {names(answer)}" + ("." if (answer == label).all() else f"; has {names(label)}.")
        for answer, label in zip(found, true, strict=True)
    ]
    return _Ranked(
        _first(np.flatnonzero(differ > 0), -differ, MISTAKES),
        _evenly(np.flatnonzero(differ == 0), np.arange(len(frame)), RIGHT),
        (
            ("Most labels wrong", "Rows of which most labels are missing or too many."),
            ("Right answers", "Rows with every label right, evenly spread."),
        ),
        said,
    )


def _numbers(frame: pd.DataFrame, labels: Sequence[str], spec: DataSpec) -> _Ranked:
    """Rank rows with a number by how far the answer lies from it."""
    true, found = (frame[name].astype(float).to_numpy() for name in ("label", "prediction"))
    far = np.abs(found - true)
    said = [
        f"answered {number(answer)}, labelled {number(label)}."
        for answer, label in zip(found.tolist(), true.tolist(), strict=True)
    ]
    every = np.arange(len(frame))
    return _Ranked(
        _first(every, -far, MISTAKES),
        _first(every, far, RIGHT),
        (
            ("Largest errors", "Rows whose answer lies farthest from the label."),
            ("Smallest errors", "Rows whose answer lies closest to the label."),
        ),
        said,
    )


def _talks(frame: pd.DataFrame, labels: Sequence[str], spec: DataSpec) -> _Ranked:
    """Rank conversations by how unlikely the model found the assistant's answers in them."""
    told, written = (frame[name].astype(str).tolist() for name in ("label", "prediction"))
    same = [normalised(one) == normalised(other) for one, other in zip(written, told, strict=True)]
    matches = np.array(same, dtype=bool)
    loss = (frame[NATS] / frame[TOKENS].clip(lower=1)).to_numpy(np.float64)

    def lead(row: int, cell: str) -> Markup:
        answers = [(written[row], "generated")]
        if not matches[row]:
            answers.append((told[row], "reference"))
        return asked_html(Conversation.from_json(str(cell)), answers)

    groups = [str(name) for name in frame.columns if str(name).startswith(GROUP)]
    said = [
        f"perplexity {number(math.exp(min(one, 50.0)))}"
        + "".join(
            f"; {visible(name.removeprefix(GROUP), 40)} “{visible(str(value), 40)}”"
            for name, value in zip(groups, values, strict=True)
        )
        + "."
        for one, values in zip(loss, frame[groups].itertuples(index=False), strict=True)
    ]
    return _Ranked(
        _first(np.flatnonzero(~matches), -loss, MISTAKES),
        _evenly(np.flatnonzero(matches), loss, RIGHT),
        (
            (
                "Other answers than the reference",
                "Generated answers that don’t match, first where the model found what stands in "
                "the table least likely. Another answer need not be a worse one.",
            ),
            (
                "Answers that match",
                "From the likeliest conversation to the least likely, evenly spread; case, "
                "punctuation and articles aside.",
            ),
        ),
        said,
        lead,
    )


RANK = {
    "classification": _classes,
    "multilabel": _sets,
    "regression": _numbers,
    "chat": _talks,
}
"""How the rows of each task are put into order."""


def _first(rows: NDArray[np.int64], by: NDArray[Any], count: int) -> NDArray[np.int64]:
    """Return the rows with the smallest values, in their order."""
    found: NDArray[np.int64] = rows[np.argsort(by[rows], kind="stable")][:count]
    return found


def _evenly(rows: NDArray[np.int64], by: NDArray[Any], count: int) -> NDArray[np.int64]:
    """Return rows evenly spread over their order by a value."""
    ordered = _first(rows, by, len(rows))
    if len(ordered) <= count:
        return ordered
    places = np.linspace(0, len(ordered) - 1, count).round().astype(np.int64)
    return np.take(ordered, places)
