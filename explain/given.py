"""Rows that are not a run's own, and models that were not trained here."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ..core import media, roles
from ..core.dataset import Dataset
from ..core.runs import Run
from ..core.spec import DataSpec, EvaluateSpec, SourceSpec, TrainSpec
from ..core.tasks import make
from ..device import choose, prepare
from ..errors import DataError, ModelError, nearest, paragraph
from ..multimodal.classifiers import IMAGE_TEXT, auto_of
from ..multimodal.spec import Modality, ModelSpec
from .digest import digest_of
from .opened import Opened, open_run

if TYPE_CHECKING:
    import pandas as pd

TOKENS = 512
"""Most tokens of a text that a model reads which was not trained here, where it reads so many."""

FRAME = "the given rows"
"""What rows are called in errors where they come from no file."""

KINDS = ("text", "image", "audio")

HEADS = {
    "ForTokenClassification": "token_classification",
    "ForSequenceClassification": "classification",
    "ForImageClassification": "classification",
    "ForAudioClassification": "classification",
    "ForVisualQuestionAnswering": "classification",
    "ForImagesAndTextClassification": "classification",
    "FusedModel": "classification",
    "ForQuestionAnswering": "extractive_qa",
}
"""How the names of models that give answers which can be explained end, and what they learnt."""

AUTO = {
    "token_classification": "AutoModelForTokenClassification",
    "extractive_qa": "AutoModelForQuestionAnswering",
}


@dataclass(frozen=True, eq=False)
class Given:
    """A model, and the rows that it is asked about."""

    opened: Opened
    dataset: Dataset


def given(
    model: Run | str,
    rows: Any,
    inputs: Mapping[str, str] | None = None,
    label: str | None = None,
) -> Given:
    """Bring rows of any origin to a run's model, or to one that was not trained here.

    Parameters
    ----------
    model
        A run, or what `multimodal.sources.locate` finds.
    rows, inputs, label
        As `explain.attribute.attribute` takes them.

    Raises
    ------
    DataError
        If there are no rows, a column is missing, or a picture or sound can't be used.
    ModelError
        If there is no such model, or nothing that it answers can be explained.
    """
    if inputs is None and isinstance(model, Run):
        inputs = model.section("data", DataSpec).inputs
    table, where = _table(rows)
    columns = _inputs(table, inputs)
    opened = open_run(model) if isinstance(model, Run) else open_model(model, columns)
    if label is not None and label not in table:
        raise _no_column(where, label, table)
    return Given(opened, _dataset(table, where, columns, label, opened))


def open_model(name: str, inputs: Mapping[str, str]) -> Opened:
    """Load a model that was not trained here.

    Parameters
    ----------
    name
        A folder, ``bundled/…``, or a hub id.
    inputs
        Columns that it reads, to their modality.

    Raises
    ------
    ModelError
        If there is no such model, or it gives no answers that can be explained.
    """
    prepare()
    import torch
    from transformers import AutoConfig

    from ..multimodal.models import load, loading, newly_made
    from ..multimodal.processors import load_processor
    from ..multimodal.sources import locate

    source = locate(name)
    modalities = tuple(inputs.values())
    with loading(source):
        config = AutoConfig.from_pretrained(source.reference)
    task = _task(name, config, modalities)
    auto = AUTO.get(task) or auto_of(modalities)
    if auto == IMAGE_TEXT:
        from ..multimodal.fusion.load import auto_for

        auto = auto_for(source) or auto
    spec = ModelSpec(name=name, max_length=TOKENS)
    device = choose("fp32")
    torch.set_num_threads(device.threads)
    model = load(auto, source, spec, 0)
    made = [one for one in newly_made(model) if "pooler" not in one]
    if made or auto == IMAGE_TEXT:
        raise ModelError(
            paragraph(
                f"model {name}",
                "it has no head for answers, so there is none to explain"
                + (f" (the weights {', '.join(made[:3])} are missing)" if made else ""),
                "Fine-tune it first (`pellucid recipe new yourtable.csv`), or name another model",
            )
        )
    return Opened(
        model.to(device.kind).eval(),
        load_processor(source, spec, modalities),
        spec,
        _labels(config, task),
        task,
        digest_of(source),
    )


def _task(name: str, config: Any, modalities: Sequence[str]) -> str:
    """Return what a model has learnt, as its configuration tells."""
    kinds = [str(one) for one in config.architectures or ()]
    found = next((HEADS[end] for one in kinds for end in HEADS if one.endswith(end)), None)
    if found == "extractive_qa" and set(modalities) != {"text"}:
        found = "classification"  # of ViLT's kind: answers to questions about pictures are classes
    if found is None:
        what = f"it is a {kinds[0]}" if kinds else "its config.json names no architecture"
        raise ModelError(
            paragraph(
                f"model {name}",
                f"{what}, and answers can be explained of models for classes, labels, numbers, "
                "tags of words and questions about texts",
                "Fine-tune it first (`pellucid recipe new yourtable.csv`), or name another model",
            )
        )
    if found == "classification" and config.problem_type == "multi_label_classification":
        return "multilabel"
    number = config.problem_type == "regression" or config.num_labels == 1
    return "regression" if found == "classification" and number else found


def _labels(config: Any, task: str) -> tuple[str, ...]:
    if task == "extractive_qa":
        return ()
    return tuple(str(config.id2label[code]) for code in range(config.num_labels))


def _table(rows: Any) -> tuple[pd.DataFrame, str]:
    """Return rows as a table of texts with their places, and what they are called in errors."""
    import pandas as pd

    from ..core.tables import as_text

    if rows is None:
        raise DataError(
            paragraph("rows", "there are none", "Give a table, a data frame, or a list of samples")
        )
    if isinstance(rows, str | Path):
        path = str(rows)
        if not Path(path).exists():
            raise DataError(paragraph(path, "there is no such table", "Correct its path"))
        return roles.read(SourceSpec(path=path), (), whole=True), path
    frame = rows if isinstance(rows, pd.DataFrame) else _frame(list(rows))
    if not len(frame):
        raise DataError(paragraph(FRAME, "there are none", "Give at least one"))
    table = pd.DataFrame({str(name): as_text(frame[name], FRAME) for name in frame.columns})
    # Files are looked for beside the rows: in the working directory, where there is no table.
    table[roles.WHERE] = os.path.join(os.getcwd(), FRAME)
    table[roles.ROW] = np.arange(1, len(table) + 1)
    return table, FRAME


def _frame(samples: list[Any]) -> pd.DataFrame:
    """Return samples as a data frame; those that are plain texts have one column, “text”."""
    import pandas as pd

    if samples and all(isinstance(one, Mapping) for one in samples):
        return pd.DataFrame(samples)
    parts = [(one,) if isinstance(one, str) else tuple(one) for one in samples]
    widths = {len(one) for one in parts}
    if len(widths) > 1:
        raise DataError(
            paragraph(
                FRAME,
                f"some have {min(widths)} parts and some {max(widths)}",
                "Give every sample the same parts",
            )
        )
    width = widths.pop() if widths else 1
    names = ["text"] if width == 1 else [f"text{number + 1}" for number in range(width)]
    return pd.DataFrame(parts, columns=names)


def _inputs(table: pd.DataFrame, inputs: Mapping[str, str] | None) -> dict[str, Modality]:
    """Check which columns are read; those that are called by a modality are if none is named."""
    names = [str(name) for name in table.columns if not str(name).startswith("\0")]
    if not inputs:
        plain = {name: name.rstrip("0123456789") for name in names}
        inputs = {name: kind for name, kind in plain.items() if kind in KINDS}
    if not inputs:
        raise DataError(
            paragraph(
                "inputs",
                f"no column is named that a model could read; there are {', '.join(names)}",
                "Name columns with their modality, such as text=text",
            )
        )
    for name, kind in inputs.items():
        if name not in names:
            raise _no_column("inputs", name, table)
        if kind not in KINDS:
            raise DataError(
                paragraph(
                    f"inputs, column “{name}”",
                    f"found “{kind}”, which is no modality ({nearest(kind, KINDS)})",
                    f"Write {', '.join(KINDS[:-1])} or {KINDS[-1]}",
                )
            )
    return {name: cast(Modality, kind) for name, kind in inputs.items()}


def _no_column(where: str, name: str, table: pd.DataFrame) -> DataError:
    names = [str(one) for one in table.columns if not str(one).startswith("\0")]
    return DataError(
        paragraph(
            f"{where}, column “{name}”",
            f"there is no such column ({nearest(name, names)})",
            "Correct the column’s name",
        )
    )


def _dataset(
    table: pd.DataFrame,
    where: str,
    inputs: dict[str, Modality],
    label: str | None,
    opened: Opened,
) -> Dataset:
    """Bring rows into the form that models are asked about."""
    source = SourceSpec(path=str(table[roles.WHERE].iloc[0]) if len(table) else where)
    spec = DataSpec(source=[source], inputs=inputs, label=label)
    if label is not None:
        task = make(opened.task, spec, opened.spec, TrainSpec(), EvaluateSpec())
        table, spec = task.arrange(table, spec)
    with media.Finder(spec) as find:
        bad = find(table, spec, blank=True)
    if bad:
        raise DataError(
            media.refusal(bad, "Correct the files or their paths, or take such rows out")
        )
    count = len(table)
    nothing = np.full(count, None, dtype=object)
    ids = table["id"].to_numpy(object) if "id" in table else table[roles.ROW].astype(str)
    return Dataset(
        inputs={name: table[name].fillna("").to_numpy(object) for name in inputs},
        modalities=dict(inputs),
        label=nothing if label is None else table[label].to_numpy(object),
        ids=np.asarray(ids, dtype=object),
        split=nothing,
        labels=opened.labels if opened.task != "regression" else (),
        groups={},
        weight=np.ones(count, np.float32),
        fingerprint="",
        lineage=(),
        task=opened.task,
    )
