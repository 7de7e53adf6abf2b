"""The answers of a run that gives no classes, row by row: what is right, and what is worst.

What a row's answer is differs by task: a number, labels, tags of words, a passage of a text, a text
that was written. `read_answers` brings them into one form: a table for people, whether each row is
right, and a number by which the worst rows come first.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...frame.texts import tr
from ...widgets.conversation import Said, messages_of
from .facts import GROUP, INPUT, SCORE, coded, has_texts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RIGHT, WRONG, UNKNOWN = 1, 0, -1
SHORT = 200
"""Characters of a text in the table."""


@dataclass(frozen=True, eq=False)
class Answers:
    """Rows with what was answered.

    Attributes
    ----------
    task
        What was learnt.
    raw
        The predictions as they were read, a `pyarrow.Table`.
    table
        As they are shown; its columns are named for people.
    numbers
        Columns of `table` that hold numbers.
    right
        `RIGHT`, `WRONG` or `UNKNOWN` for each row.
    worst
        The larger, the worse; NaN where nothing can be said.
    worst_name, worst_column, worst_up
        What the worst rows have, in words; the column of `table` that puts them first, and whether
        they come first when it rises.
    splits, split
        Names of the splits, and the number of each row's one.
    written
        Whether an answer was generated for each row; None where answers aren't generated.
    labels
        Labels of a multilabel task.
    inputs
        Input columns; empty where the texts are not here.
    groups
        Sensitive columns.
    pictured
        Inputs that are shown as pictures: they stand behind the row's name in `table`.
    """

    task: str
    raw: Any
    table: Any
    numbers: tuple[str, ...]
    right: NDArray[np.int8]
    worst: NDArray[np.float64]
    worst_name: str
    worst_column: str
    worst_up: bool
    splits: tuple[str, ...]
    split: NDArray[np.integer]
    written: NDArray[np.bool_] | None = None
    labels: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    pictured: tuple[str, ...] = ()

    def in_split(self, name: str) -> NDArray[np.bool_]:
        """Say of each row whether it is of a split."""
        import numpy as np

        if name not in self.splits:
            return np.zeros(len(self.split), bool)
        found: NDArray[np.bool_] = self.split == self.splits.index(name)
        return found

    def cell(self, name: str, row: int) -> Any:
        """Return a cell of the predictions; None where there is no such column."""
        return self.raw[name][row].as_py() if name in self.raw.column_names else None

    def text(self, name: str, row: int) -> str:
        """Return an input's text; empty where it isn't here."""
        found = self.cell(f"{INPUT}{name}", row)
        return "" if found is None else str(found)

    def first_text(self, row: int) -> str:
        """Return the text of the first input."""
        return self.text(self.inputs[0], row) if self.inputs else ""

    @property
    def judged(self) -> bool:
        """Whether rows are right or wrong here."""
        return bool((self.right != UNKNOWN).any())


@dataclass
class _Made:
    """What a task makes of its rows."""

    right: list[int] = field(default_factory=list)
    worst: list[float] = field(default_factory=list)
    worst_name: str = ""
    worst_column: str = ""
    worst_up: bool = False
    columns: list[tuple[str, list[Any]]] = field(default_factory=list)


def read_answers(
    run: Path, task: str, labels: Sequence[str], texts: Path, pictured: Sequence[str] = ()
) -> Answers | None:
    """Read the predictions of a run; None where there are none.

    Parameters
    ----------
    run
        The run's folder.
    task
        What it learnt.
    labels
        The labels of a multilabel task.
    texts
        Table of the rows with their texts, if it was made (`facts.texts_file`).
    pictured
        Input columns that are shown as pictures.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = run / "predictions.parquet"
    if not file.is_file():
        return None
    raw = pq.read_table(texts if has_texts(run, texts) else file)
    inputs = tuple(name.removeprefix(INPUT) for name in raw.column_names if name.startswith(INPUT))
    made = MAKE.get(task, _number)(raw, inputs, labels)
    split, splits = coded(raw["split"])
    rows = len(raw)
    right = np.array(made.right or [UNKNOWN] * rows, np.int8)
    words = {RIGHT: tr("✓ right"), WRONG: tr("✗ wrong"), UNKNOWN: ""}
    judged = [(tr("Right?"), [words[int(one)] for one in right])] if made.right else []
    drawn = tuple(name for name in inputs if name in pictured)
    seen = [(name, raw[f"{INPUT}{name}"].to_pylist()) for name in drawn]
    others = [(name, cells) for name, cells in made.columns if name not in drawn]
    columns = [(tr("Row"), raw["id"].to_pylist()), *seen, *judged, *others]
    groups = [name for name in raw.column_names if name.startswith(GROUP)]
    shown = [(name, pa.array(cells)) for name, cells in columns]
    shown += [(name.removeprefix(GROUP), raw[name]) for name in groups]
    unique = dict(shown)
    numbers = [
        name
        for name, cells in columns
        if any(isinstance(one, int | float) for one in cells)
        and all(one is None or isinstance(one, int | float) for one in cells)
    ]
    return Answers(
        task=task,
        raw=raw,
        table=pa.table(unique),
        numbers=tuple(numbers),
        right=right,
        worst=np.array(made.worst or [math.nan] * rows, float),
        worst_name=made.worst_name,
        worst_column=made.worst_column if made.worst_column in unique else "",
        worst_up=made.worst_up,
        splits=splits,
        split=split,
        written=_written_rows(raw, task),
        labels=tuple(labels),
        inputs=inputs,
        groups=tuple(name.removeprefix(GROUP) for name in groups),
        pictured=drawn,
    )


# What the tasks make of their rows


def _number(raw: Any, inputs: Sequence[str], _: Sequence[str]) -> _Made:
    true, given = (_numbers(raw, name) for name in ("label", "prediction"))
    error = [None if t is None or g is None else g - t for t, g in zip(true, given, strict=True)]
    far = [math.nan if one is None else abs(one) for one in error]
    columns: list[tuple[str, list[Any]]] = [
        (tr("Label"), true),
        (tr("Answer"), given),
        (tr("Answer − label"), error),
        (tr("Distance"), [None if math.isnan(one) else one for one in far]),
    ]
    columns += _texts(raw, inputs)
    return _Made([], far, tr("largest errors"), tr("Distance"), columns=columns)


def _labels(raw: Any, inputs: Sequence[str], labels: Sequence[str]) -> _Made:
    right, worst, said, given = [], [], [], []
    for label, answer in _pairs(raw):
        true, found = set(as_labels(label)), set(as_labels(answer))
        right.append(UNKNOWN if label is None else int(true == found))
        worst.append(math.nan if label is None else float(len(true ^ found)))
        said.append(", ".join(as_labels(label)))
        given.append(", ".join(as_labels(answer)))
    columns: list[tuple[str, list[Any]]] = [(tr("Labels"), said), (tr("Answer"), given)]
    columns.append((tr("Differing"), [None if math.isnan(one) else int(one) for one in worst]))
    scores = [name for name in labels if f"{SCORE}{name}" in raw.column_names]
    columns += _texts(raw, inputs)
    columns += [
        (tr("Score of {label}").format(label=name), raw[f"{SCORE}{name}"].to_pylist())
        for name in scores
    ]
    return _Made(right, worst, tr("most labels that differ"), tr("Differing"), columns=columns)


def _tags(raw: Any, inputs: Sequence[str], _: Sequence[str]) -> _Made:
    right, worst = [], []
    for label, answer in _pairs(raw):
        true, found = as_tags(label), as_tags(answer)
        known = label is not None and bool(true)
        wrong = sum(one != other for one, other in zip(true, found, strict=False))
        wrong += abs(len(true) - len(found))
        right.append(int(wrong == 0) if known else UNKNOWN)
        worst.append(float(wrong) if known else math.nan)
    wrong_words = [None if math.isnan(one) else int(one) for one in worst]
    columns: list[tuple[str, list[Any]]] = [(tr("Wrong tags"), wrong_words)]
    found_texts = [
        (name, [" ".join(as_words(cell)) if cell else cell for cell in cells])
        for name, cells in _texts(raw, inputs, short=False)
    ]
    columns += found_texts
    return _Made(right, worst, tr("most wrong tags"), tr("Wrong tags"), columns=columns)


def _passages(raw: Any, inputs: Sequence[str], _: Sequence[str]) -> _Made:
    from ....core.answer_metrics import exact_match, f1

    right, worst, accepted, f1s = [], [], [], []
    for label, answer in _pairs(raw):
        answers = [one.text for one in as_answers(label)]
        given, none = str(answer or ""), label is None
        shared = f1(given, answers)
        right.append(UNKNOWN if none else int(exact_match(given, answers) >= 1))
        worst.append(math.nan if none else 1 - shared)
        f1s.append(None if none else shared)
        accepted.append(" / ".join(dict.fromkeys(answers)) or ("" if none else tr("(no answer)")))
    said = [str(one or "") or tr("(no answer)") for _, one in _pairs(raw)]
    columns: list[tuple[str, list[Any]]] = [
        (tr("F1"), f1s),
        (tr("Answer"), said),
        (tr("Accepted answers"), accepted),
    ]
    score = _optional(raw, "score")
    if score is not None:
        columns.append((tr("Score"), score))
    columns += _texts(raw, inputs)
    return _Made(right, worst, tr("lowest F1"), tr("F1"), True, columns)


def _documents(raw: Any, inputs: Sequence[str], _: Sequence[str]) -> _Made:
    loss, columns = _losses(raw)
    columns += _texts(raw, inputs)
    return _Made([], loss, tr("highest perplexity"), tr("Perplexity"), columns=columns)


def _written(raw: Any, inputs: Sequence[str], _: Sequence[str]) -> _Made:
    loss, columns = _losses(raw)
    for name, title in (("rougeL", "ROUGE-L"), ("rouge1", "ROUGE-1"), ("bleu", "BLEU")):
        found = _optional(raw, name)
        if found is not None:
            columns.append((title, found))
    if "prediction" in raw.column_names:
        answer = [_short(str(one or "")) for one in raw["prediction"].to_pylist()]
        columns.append((tr("Generated answer"), answer))
    if "label" in raw.column_names:
        answer = [_short(str(one or "")) for one in raw["label"].to_pylist()]
        columns.append((tr("Reference"), answer))
    columns += [
        (name, [asked(cell) for cell in cells]) for name, cells in _texts(raw, inputs, short=False)
    ]
    return _Made([], loss, tr("highest perplexity"), tr("Perplexity"), columns=columns)


def _written_rows(raw: Any, task: str) -> NDArray[np.bool_] | None:
    """Say for which rows an answer was generated; None where that parts no rows."""
    if task not in ("chat", "causal_lm") or "prediction" not in raw.column_names:
        return None
    found: NDArray[np.bool_] = raw["prediction"].is_valid().to_numpy()
    return found if found.any() and not found.all() else None


def _preferred(raw: Any, inputs: Sequence[str], _: Sequence[str]) -> _Made:
    rewards = [_numbers(raw, name) for name in ("reward_chosen", "reward_rejected")]
    found = [
        math.nan if one is None or other is None else one - other
        for one, other in zip(*rewards, strict=True)
    ]
    right = [UNKNOWN if math.isnan(one) else int(one > 0) for one in found]
    columns: list[tuple[str, list[Any]]] = [
        (tr("Margin"), [None if math.isnan(one) else one for one in found])
    ]
    columns += [
        (name, [asked(cell) for cell in cells]) for name, cells in _texts(raw, inputs, short=False)
    ]
    worst = [-one for one in found]
    return _Made(right, worst, tr("lowest margins"), tr("Margin"), True, columns)


def _found(raw: Any, inputs: Sequence[str], _: Sequence[str]) -> _Made:
    """Read what pairs of a picture and a text find: right where each finds the other first."""
    ranks = [_numbers(raw, name) for name in ("text_rank", "image_rank")]
    both = [
        None if one is None or other is None else int(max(one, other))
        for one, other in zip(*ranks, strict=True)
    ]
    right = [UNKNOWN if one is None else int(one == 1) for one in both]
    columns: list[tuple[str, list[Any]]] = [(tr("Worse rank"), both)]
    for title, found in zip((tr("Its text’s"), tr("Its picture’s")), ranks, strict=True):
        columns.append((title, [None if one is None else int(one) for one in found]))
    nearest = _optional(raw, "nearest_text")
    if nearest is not None:
        columns.append((tr("Nearest text"), [_short(str(one or "")) for one in nearest]))
    if "label" in raw.column_names:
        columns.append((tr("Label"), raw["label"].to_pylist()))
        columns.append((tr("Answer by prompts"), raw["prediction"].to_pylist()))
    columns.append((tr("Similarity"), _numbers(raw, "similarity")))
    columns += _texts(raw, inputs)
    worst = [math.nan if one is None else float(one) for one in both]
    return _Made(right, worst, tr("farthest behind"), tr("Worse rank"), columns=columns)


MAKE: Mapping[str, Callable[[Any, Sequence[str], Sequence[str]], _Made]] = {
    "regression": _number,
    "multilabel": _labels,
    "token_classification": _tags,
    "extractive_qa": _passages,
    "masked_lm": _documents,
    "causal_lm": _written,
    "chat": _written,
    "preference": _preferred,
    "contrastive": _found,
}


# Cells


def as_labels(cell: Any) -> list[str]:
    """Read the labels of a multilabel cell: a JSON list, or names with bars between them."""
    if cell is None:
        return []
    listed = _listed(cell)
    if listed is not None:
        return [str(one) for one in listed]
    return [part.strip() for part in str(cell).split("|") if part.strip()]


def as_tags(cell: Any) -> list[str]:
    """Read the tags of a cell: a JSON list, or tags with spaces between them."""
    listed = _listed(cell)
    return [str(one) for one in listed] if listed is not None else str(cell or "").split()


def as_words(cell: Any) -> list[str]:
    """Read the words of a cell: a JSON list, or a text."""
    return as_tags(cell)


@dataclass(frozen=True)
class Passage:
    """An answer in a context; `start` is None where it isn't known."""

    text: str
    start: int | None = None


def as_answers(cell: Any) -> list[Passage]:
    """Read the accepted answers of a question; none where there is no answer."""
    found = _listed(cell)
    if found is None:
        return [Passage(str(cell))] if isinstance(cell, str) and cell.strip() else []
    out = []
    for one in found:
        if isinstance(one, Mapping):
            start = one.get("start", one.get("answer_start"))
            out.append(Passage(str(one.get("text", "")), start if isinstance(start, int) else None))
        else:
            out.append(Passage(str(one)))
    return [one for one in out if one.text]


def asked(cell: Any) -> str:
    """Return what a person said last in a conversation, else the cell's own text."""
    said = messages_of(cell)
    if said is None:
        return _short(str(cell or ""))
    last = [one.text for one in said if one.role == "user"]
    return _short(last[-1] if last else said[-1].text)


def conversation(answers: Answers, row: int) -> list[Said]:
    """Return the messages to which a row's answer was written."""
    for name in answers.inputs:
        found = messages_of(answers.text(name, row))
        if found is not None:
            return found
    text = answers.first_text(row)
    return [Said("user", text)] if text else []


def _losses(raw: Any) -> tuple[list[float], list[tuple[str, list[Any]]]]:
    """Return each row's loss per token, and the columns that show it."""
    rows = len(raw)
    nats, tokens = _optional(raw, "nats"), _optional(raw, "tokens")
    own = _optional(raw, "loss")
    if nats is not None and tokens is not None:
        loss = [
            math.nan if a is None or not b else a / b for a, b in zip(nats, tokens, strict=True)
        ]
    else:
        loss = [math.nan if one is None else one for one in own or [None] * rows]
    shown = [None if math.isnan(one) else math.exp(min(one, 50.0)) for one in loss]
    columns: list[tuple[str, list[Any]]] = []
    if any(one is not None for one in shown):
        columns.append((tr("Perplexity"), shown))
    if tokens is not None:
        columns.append((tr("Tokens"), [None if one is None else int(one) for one in tokens]))
    return loss, columns


def _listed(cell: Any) -> list[Any] | None:
    if isinstance(cell, list):
        return cell
    if isinstance(cell, str) and cell.lstrip().startswith("["):
        try:
            found = json.loads(cell)
        except ValueError:
            return None
        return found if isinstance(found, list) else None
    return None


def _pairs(raw: Any) -> list[tuple[Any, Any]]:
    rows = [None] * len(raw)
    names = raw.column_names
    both = [raw[name].to_pylist() if name in names else rows for name in ("label", "prediction")]
    return list(zip(*both, strict=True))


def numbers(raw: Any, name: str) -> NDArray[np.float64]:
    """Return a column of the predictions as numbers, NaN where it holds none; shape (rows,)."""
    import numpy as np

    return np.array([math.nan if one is None else one for one in _numbers(raw, name)], np.float64)


def _numbers(raw: Any, name: str) -> list[float | None]:
    if name not in raw.column_names:
        return [None] * len(raw)

    def number(cell: Any) -> float | None:
        try:
            found = float(cell)
        except (TypeError, ValueError):
            return None
        return found if math.isfinite(found) else None

    return [number(cell) for cell in raw[name].to_pylist()]


def _optional(raw: Any, name: str) -> list[Any] | None:
    if name not in raw.column_names:
        return None
    found = _numbers(raw, name)
    return found if any(one is not None for one in found) else None


def _texts(raw: Any, inputs: Sequence[str], *, short: bool = True) -> list[tuple[str, list[Any]]]:
    out = []
    for name in inputs:
        cells = raw[f"{INPUT}{name}"].to_pylist()
        out.append(
            (name, [_short(one) if short and isinstance(one, str) else one for one in cells])
        )
    return out


def _short(text: str) -> str:
    return text if len(text) <= SHORT else text[: SHORT - 1] + "…"
