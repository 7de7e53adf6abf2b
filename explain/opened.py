"""A trained model with all that is needed to explain its answers to rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.dataset import Dataset
from ..core.runs import Run
from ..device import Device, prepare
from ..errors import DataError, paragraph
from ..multimodal.spec import ModelSpec
from .spec import ExplainSpec
from .subject import Rows, Subject
from .targets import LABEL, PREDICTED, named, unknown

WINDOWED = {"token_classification": "tagged", "extractive_qa": "answered"}
"""Tasks whose texts are read in windows, and the module that asks for their answers."""

CLASSES = ("classification", "multilabel")
"""Tasks whose answers have odds; a label's logit is the logarithm of its odds already."""

LOG_ODDS = "log_odds"

NONE = "none"
"""What stands for no label of a row that may have several."""


@dataclass(frozen=True, eq=False)
class Opened:
    """A model, and what turns rows into its inputs.

    Attributes
    ----------
    model
        In evaluation mode, on its device.
    processor
        As `multimodal.processors.load_processor` returned it.
    spec
        How much of a sample it reads.
    labels
        Names of the numbers that it returns.
    task
        What it has learnt, as `multimodal.spec.Task` names it.
    digest
        SHA-256 of its files; empty where they are not known.
    separator
        What stands between several labels of a row.
    """

    model: Any
    processor: Any
    spec: ModelSpec
    labels: tuple[str, ...]
    task: str = "classification"
    digest: str = ""
    separator: str = "|"


@dataclass(frozen=True, eq=False)
class Asked:
    """What is explained of rows, and what is known of them.

    A row may be asked about several times (each of its entities), or never.

    Attributes
    ----------
    subject
        What methods take.
    targets
        Name of what is explained: a class, a label, a type of entity.
    predictions
        What the model answers.
    labels
        What is true; empty where it is not known.
    rows
        Which of the dataset's rows each is about; shape (asked,).
    about
        The piece of a text that is meant: an entity, an answer; empty for the whole sample.
    """

    subject: Subject
    targets: tuple[str, ...]
    predictions: tuple[str, ...]
    labels: tuple[str, ...]
    rows: Rows
    about: tuple[str, ...] = field(default=())


def open_run(run: Run) -> Opened:
    """Load a run's model."""
    prepare()
    import torch

    from ..core.predict import present
    from ..core.spec import DataSpec, EvaluateSpec, TrainSpec
    from ..core.tasks import make
    from ..multimodal.models import reload
    from ..multimodal.processors import reload_processor
    from .digest import digest

    device = present(Device.from_json(run.environment["device"]))
    torch.set_num_threads(device.threads)
    section = run.section
    data, spec = section("data", DataSpec), section("model", ModelSpec)
    task = make(
        run.task, data, spec, section("train", TrainSpec), section("evaluate", EvaluateSpec)
    )
    folder = run.model
    model = reload(task.auto, folder).to(device.kind).eval()
    labels = tuple(run.labels) or ((data.label or "number",) if run.task == "regression" else ())
    return Opened(
        model,
        reload_processor(folder, run.modalities),
        spec,
        labels,
        run.task,
        digest(folder),
        data.separator,
    )


def ask(
    opened: Opened,
    dataset: Dataset,
    spec: ExplainSpec,
    *,
    check: Callable[[], None] = lambda: None,
) -> Asked:
    """Have a model answer rows, and choose what is explained of each.

    Raises
    ------
    DataError
        If the target is no class, or the rows have no labels to be explained.
    """
    if problem := unknown(spec.target, opened.task, opened.labels):
        raise DataError(
            paragraph(
                f"explain.target: {spec.target}",
                problem,
                f"Name a class, or write {PREDICTED} or {LABEL}",
            )
        )
    if spec.target == LABEL and any(cell is None for cell in dataset.label):
        raise DataError(
            paragraph(
                f"explain.target: {LABEL}",
                "the rows have no labels",
                f"Name the column that holds them, or a class, or write {PREDICTED}",
            )
        )
    if spec.scale == LOG_ODDS and opened.task not in CLASSES:
        raise DataError(
            paragraph(
                f"explain.scale: {LOG_ODDS}",
                f"it is for classes, and the model has learnt {opened.task.replace('_', ' ')}",
                "Leave it out",
            )
        )
    if opened.task in WINDOWED:
        from importlib import import_module

        found: Asked = import_module(f".{WINDOWED[opened.task]}", __package__).ask(
            opened, dataset, spec, check=check
        )
        return found
    return _ask(opened, dataset, spec, check)


def _ask(opened: Opened, dataset: Dataset, spec: ExplainSpec, check: Callable[[], None]) -> Asked:
    """Ask a model that has one number for each class, label or value."""
    from ..core.predict import logits
    from ..multimodal.encode import Repeated, encode
    from .outputs import Logits, LogOdds
    from .pieces import cut

    samples = dataset.samples()
    modalities = dict(dataset.modalities)
    encoded = encode(opened.processor, samples, list(modalities.values()), opened.spec, check=check)
    scores = logits(opened.model, encoded, check=check)
    rows, targets = _targets(opened, dataset, spec.target, scores)

    @lru_cache(4)  # what several answers to one row share
    def row_pieces(row: int) -> Any:
        return cut(
            opened.processor, encoded, modalities, row, samples[row], spec, opened.spec.max_length
        )

    odds = spec.scale == LOG_ODDS and opened.task == "classification"
    once = np.array_equal(rows, np.arange(len(dataset)))
    predictions = _predictions(opened, scores)
    labels = [_label(opened, cell) for cell in dataset.label]
    return Asked(
        Subject(
            opened.model,
            encoded if once else Repeated(encoded, rows),
            lambda number: row_pieces(int(rows[number])),
            targets,
            LogOdds() if odds else Logits(),
        ),
        tuple(opened.labels[code] for code in targets),
        tuple(predictions[row] for row in rows),
        tuple(labels[row] for row in rows),
        rows,
    )


def _targets(
    opened: Opened, dataset: Dataset, target: str, scores: NDArray[np.float64]
) -> tuple[Rows, NDArray[np.int64]]:
    """Return the rows that are asked about, and the number of what is explained of each."""
    every = np.arange(len(dataset))
    if opened.task == "regression":
        return every, np.zeros(len(every), np.int64)
    number = {label: code for code, label in enumerate(opened.labels)}
    names = named(target, opened.task, opened.labels)
    if names:
        codes = [number[name] for name in names]
        return np.repeat(every, len(codes)), np.tile(codes, len(every)).astype(np.int64)
    best = scores.argmax(axis=1)
    if target == PREDICTED:
        return every, best
    true = [_named(opened, cell) for cell in dataset.label]
    for row, labels in enumerate(true):
        for label in labels:
            if label not in number:
                raise DataError(
                    paragraph(
                        f"row {dataset.ids[row]}",
                        f"its label “{label}” is none of the model’s classes",
                        f"Correct the label, or ask for the target {PREDICTED}",
                    )
                )
    # A row without any label is explained for the label that comes next.
    wanted = [[number[one] for one in labels] or [best[row]] for row, labels in enumerate(true)]
    return np.repeat(every, list(map(len, wanted))), np.concatenate(wanted).astype(np.int64)


def _named(opened: Opened, cell: Any) -> list[str]:
    """Return the true classes of a row."""
    if opened.task != "multilabel":
        return [str(cell)]
    return [str(one) for one in json.loads(cell)] if cell else []


def _label(opened: Opened, cell: Any) -> str:
    """Return what is true of a row as people read it."""
    if cell is None:
        return ""
    if opened.task == "regression":
        return _number(float(cell))
    return opened.separator.join(_named(opened, cell)) or NONE


def _predictions(opened: Opened, scores: NDArray[np.float64]) -> list[str]:
    """Return what the model answers to each row as people read it."""
    names: Sequence[str] = opened.labels
    if opened.task == "regression":
        return [_number(float(one)) for one in scores[:, 0]]
    if opened.task == "multilabel":  # a probability above one half is a logit above 0
        return [
            opened.separator.join(name for name, score in zip(names, row, strict=True) if score > 0)
            or NONE
            for row in scores
        ]
    return [names[code] for code in scores.argmax(axis=1)]


def _number(value: float) -> str:
    return f"{value:.4g}"
