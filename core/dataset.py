"""A dataset: rows of a table whose columns have roles (inputs, label, groups, id, split …)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import DataError, paragraph
from ..multimodal.media import content
from ..multimodal.spec import ModelSpec
from . import media, roles
from .clean import clean
from .events import Emit, silent
from .lineage import Step
from .spec import DataSpec, EvaluateSpec, TrainSpec
from .tables import check_flat

FLAT = ("classification", "multilabel", "regression", "masked_lm", "causal_lm")
"""Tasks whose inputs are plain texts, never lists or mappings."""

TOGETHER = {"extractive_qa": "text", "contrastive": "image"}
"""Tasks that several rows share a part in, and its modality; of several such inputs it is the last.
Such rows stay in one split, or the model would be tested on what it learnt other things of."""

LED = ("chat",)
"""Tasks whose first input is all that every row needs: some conversations show fewer pictures."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Rows with roles.

    Attributes
    ----------
    inputs
        Column by column, the cells of each part; each of shape (rows,).
    modalities
        Modality of each part.
    label, ids, split
        Answer, name and split of each row; shape (rows,). Answers stand as the tables have them,
        nested ones as JSON; None where the task has none.
    labels
        The classes, in the order of the model's outputs; empty for tasks without classes.
    groups
        Sensitive columns; each of shape (rows,), None where missing.
    weight
        Weight of each row in the loss; shape (rows,).
    fingerprint
        SHA-256 over everything a run depends on: inputs, labels, groups, ids, split, weights.
    lineage
        What was done between the file and these rows.
    task
        What is to be learnt of them, as `multimodal.spec.Task` names it.
    bad
        Rows that were left out because their picture or sound can't be used.
    """

    inputs: Mapping[str, NDArray[np.object_]]
    modalities: Mapping[str, str]
    label: NDArray[np.object_]
    ids: NDArray[np.object_]
    split: NDArray[np.object_]
    labels: tuple[str, ...]
    groups: Mapping[str, NDArray[np.object_]]
    weight: NDArray[np.float32]
    fingerprint: str
    lineage: tuple[Step, ...]
    task: str = "classification"
    bad: tuple[media.Bad, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def codes(self) -> NDArray[np.int64]:
        """Number of each row's class in `labels`; shape (rows,)."""
        number = {label: code for code, label in enumerate(self.labels)}
        return np.fromiter((number[label] for label in self.label), np.int64, len(self))

    def rows(self, split: str) -> NDArray[np.int64]:
        """Numbers of a split's rows."""
        return np.flatnonzero(self.split == split)

    def take(self, rows: NDArray[np.int64]) -> Dataset:
        """Return some of the rows, in the order given."""
        return replace(
            self,
            inputs={name: cells[rows] for name, cells in self.inputs.items()},
            label=self.label[rows],
            ids=self.ids[rows],
            split=self.split[rows],
            groups={name: cells[rows] for name, cells in self.groups.items()},
            weight=self.weight[rows],
        )

    def first(self, most: int) -> Dataset:
        """Return the first rows, at most so many."""
        return self.take(np.arange(min(most, len(self))))

    def samples(self) -> list[tuple[str, ...]]:
        """Return each row's parts, in the order of the inputs."""
        return list(zip(*self.inputs.values(), strict=True))


def load(spec: DataSpec, task: str | None = None, emit: Emit = silent) -> Dataset:
    """Read a recipe's tables into one dataset: read, arrange, clean, check, split.

    Parameters
    ----------
    spec
        Sources and roles, paths already absolute.
    task
        What is to be learnt, as `multimodal.spec.Task` names it; guessed from the first table if
        left out.
    emit
        Listener, who is told how far the look into pictures and sounds is.

    Raises
    ------
    DataError
        If a table, a column, a row or the split can't be used; the message names it.
    """
    from .tasks import make, task_of

    tables = [roles.read(one, spec.columns, whole=not spec.inputs) for one in spec.source]
    names = [name for name in tables[0].columns if not name.startswith("\0")]
    kind = task or task_of(tables[0][names], spec)[0]
    learns = make(kind, spec, ModelSpec(), TrainSpec(), EvaluateSpec())
    arranged = [learns.arrange(table, spec) for table in tables]
    spec = max((one for _, one in arranged), key=lambda one: len(one.inputs))
    table = pd.concat([one for one, _ in arranged], ignore_index=True)
    for name in spec.inputs:  # a table may have fewer pictures than another
        table[name] = table[name].astype(object).where(table[name].notna(), None)
    table[roles.NUMBER] = np.arange(1, len(table) + 1)
    before = len(table)
    lineage = [Step("read", ", ".join(source.path for source in spec.source), before, before)]
    inputs = list(spec.inputs)
    table, skipped, bad = media.found(table, spec, emit)
    needed = [*spec.answers, *(inputs[:1] if kind in LED else inputs)]
    table, steps = clean(table, spec.clean, inputs, needed)
    roles.check_rows(table, needed)
    if kind in FLAT:
        # A cell with several labels may hold them as a list.
        for name in inputs if kind == "multilabel" else spec.columns:
            check_flat(table[name], partial(roles.place, table, column=name))
    labels = learns.labels(table, spec)
    label = (
        np.full(len(table), None, dtype=object)
        if spec.label is None
        else roles.by_value(table[spec.label], str.strip)
    )
    ids = roles.row_ids(table, spec)
    # Classes can be spread evenly over the splits; measures, tags and texts can't.
    classes = bool(labels) and kind not in TOGETHER and set(label.tolist()) <= set(labels)
    shared = [name for name in inputs if spec.inputs[name] == TOGETHER.get(kind)]
    together = shared[-1] if shared else None
    split = roles.row_splits(table, label if classes else None, spec, together)
    if together is not None and spec.split.column is None:
        said = f"by chance, rows with the same {together} in the same split"
        steps.append(Step("split", said, len(table), len(table)))
    weight = roles.row_weights(table, spec)
    roles.check_split(split, weight, spec)
    if classes:
        roles.check_trained(label, split, spec)
    groups = {
        name: roles.by_value(table[name], lambda cell: cell.strip() or None) for name in spec.groups
    }
    columns = {name: table[name].fillna("").to_numpy(object) for name in inputs}
    return Dataset(
        inputs=columns,
        modalities=dict(spec.inputs),
        label=label,
        ids=ids,
        split=split,
        labels=labels,
        groups=groups,
        weight=weight,
        fingerprint=_fingerprint(
            {f"input:{name}": _contents(cells) for name, cells in columns.items()}
            | {"label": label, "id": ids, "split": split, "weight": weight}
            | {f"group:{name}": cells for name, cells in groups.items()}
        ),
        lineage=(*lineage, *skipped, *steps),
        task=kind,
        bad=bad,
    )


def pick(ids: NDArray[np.object_], rows: int | str | list[str]) -> NDArray[np.int64]:
    """Choose rows as recipes and commands write them.

    Parameters
    ----------
    ids
        Names of the rows to choose from; shape (rows,).
    rows
        A number (that many, spread evenly), ``"a:b"`` (by position), ``"all"``, or a list of ids.

    Returns
    -------
    numpy.ndarray
        Positions, in order.

    Raises
    ------
    DataError
        If an id is not there, or the text is none of these forms.
    """
    chosen = _picked(ids, rows)
    if not len(chosen):
        raise DataError(
            paragraph(
                f"rows: “{rows}”",
                f"no row is among them; there are {len(ids):,} test rows",
                "Choose other rows",
            )
        )
    return chosen


def sample_fingerprints(samples: list[tuple[str, ...]]) -> list[str]:
    """Return a short hash of each sample's parts, by which two runs' rows can be matched.

    A file counts by what it holds, wherever it lies.
    """
    return [
        hashlib.sha256("\0".join(map(content, parts)).encode("utf-8", "surrogatepass")).hexdigest()[
            :16
        ]
        for parts in samples
    ]


def _picked(ids: NDArray[np.object_], rows: int | str | list[str]) -> NDArray[np.int64]:
    count = len(ids)
    if isinstance(rows, list):
        return _named(ids, rows)
    text = str(rows).strip()
    if text == "all":
        return np.arange(count)
    if text.isdecimal():
        wanted = min(int(text), count)
        return np.unique(np.linspace(0, count - 1, wanted).round().astype(np.int64))
    first, colon, last = text.partition(":")
    parts = (first.strip(), last.strip())
    if colon and all(part == "" or part.isdecimal() for part in parts):
        return np.arange(count)[slice(*(int(part) if part else None for part in parts))]
    if text in ids.tolist():
        return _named(ids, [text])
    if "," in text:
        return _named(ids, [part.strip() for part in text.split(",")])
    raise DataError(
        paragraph(
            f"rows: “{rows}”",
            "expected a number, a range such as 0:200, “all”, or ids with commas between them",
            "Correct the rows",
        )
    )


def _named(ids: NDArray[np.object_], names: list[str]) -> NDArray[np.int64]:
    place = {str(name): row for row, name in enumerate(ids)}
    for name in names:
        if name not in place:
            raise DataError(
                paragraph(
                    f"rows: “{name}”",
                    "no test row has this id"
                    + (f"; the first one's is “{ids[0]}”" if len(ids) else ""),
                    "Give ids of the test split, a number, or a range such as 0:200",
                )
            )
    return np.array([place[name] for name in names], dtype=np.int64)


def _contents(cells: NDArray[np.object_]) -> NDArray[np.object_]:
    return np.array([*(cell and content(cell) for cell in cells), None], dtype=object)[:-1]


def _fingerprint(columns: Mapping[str, NDArray[Any]]) -> str:
    """Hash every cell of every column, so that no two different tables share a fingerprint.

    Each column goes in by its name, the length of each cell (-1 where missing) and all cells one
    behind the other, so cells can't run into one another; numbers go in by their bytes.
    """
    digest = hashlib.sha256()
    for name, cells in columns.items():
        digest.update(f"{len(name)}:{name}:{len(cells)}:".encode())
        if cells.dtype == object:
            lengths = [-1 if cell is None else len(cell) for cell in cells]
            digest.update(np.array(lengths, dtype="<i8").tobytes())
            text = "".join([cell for cell in cells if cell is not None])
            digest.update(text.encode("utf-8", errors="surrogatepass"))
        else:
            digest.update(cells.astype(cells.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()
