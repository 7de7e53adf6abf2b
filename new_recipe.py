"""Writing a commented recipe for a table that was looked at."""

from __future__ import annotations

import json
import math
import os
import shlex
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import BaseModel

from .core.files import write_text
from .core.spec import DataSpec, EvaluateSpec, ReportSpec, SourceSpec, TrainSpec
from .errors import RecipeError, paragraph
from .explain.spec import ExplainSpec
from .explain.targets import EXPLAINED
from .fairness.spec import AuditSpec
from .multimodal.classifiers import USUAL
from .multimodal.escape import visible
from .multimodal.spec import AdaptSpec, ModelSpec
from .recipe import Recipe

if TYPE_CHECKING:
    from .core.guess import Guess

SHOWN: dict[str, tuple[type[BaseModel], tuple[str, ...]]] = {
    "model": (ModelSpec, ("name", "task", "adapt", "max_length")),
    "train": (TrainSpec, ("epochs", "learning_rate", "batch_size", "seed", "precision")),
    "evaluate": (EvaluateSpec, ("confidence", "baselines")),
    "explain": (ExplainSpec, ("methods", "rows", "tolerance")),
    "audit": (AuditSpec, ("positive", "depth", "small")),
    "report": (ReportSpec, ("formats", "maps")),
}
"""The keys that people change most, which a new recipe spells out."""

ONLY: dict[str, Collection[str]] = {"explain": EXPLAINED, "audit": ("classification",)}
"""Sections that some tasks alone know."""

FURTHER: dict[str, tuple[tuple[str, str], ...]] = {
    "masked_lm": (("train", "mask_share"),),
    "causal_lm": (("train", "packing"),),
    "chat": (("train", "packing"), ("evaluate", "generations"), ("evaluate", "new_tokens")),
    "preference": (("train", "beta"),),
    "extractive_qa": (("model", "stride"),),
    "contrastive": (("evaluate", "prompts"),),
}
"""Keys that a new recipe spells out for some tasks besides."""

WRITES = "HuggingFaceTB/SmolLM2-135M-Instruct"
"""A small model of the hub that writes, under the Apache licence."""

SEES = "HuggingFaceTB/SmolVLM-256M-Instruct"
"""A small one that writes about pictures."""

SHOWN_OF: dict[str, tuple[tuple[str, str], ...]] = {
    "image": (("train", "augment"),),
    "audio": (("model", "max_seconds"), ("train", "augment")),
}
"""Keys that a new recipe spells out where samples have a part of such a modality."""

NOT_SHOWN = {"text": (("model", "max_length"),)}
"""Keys that it leaves out where they have none."""

NOT_OF = {"chat": (("train", "augment"),)}
"""Keys that it leaves out for a task, whatever its samples consist of."""

FITTING: dict[str, dict[tuple[str, str], Any]] = {
    "extractive_qa": {("model", "max_length"): 384},
    "masked_lm": {("train", "learning_rate"): 1e-4},
    "causal_lm": {("model", "name"): WRITES, ("model", "max_length"): 1024},
    "chat": {
        ("model", "name"): WRITES,
        ("model", "adapt"): "lora",
        ("model", "max_length"): 1024,
        ("train", "epochs"): 3,
        ("train", "learning_rate"): 2e-4,
        ("train", "batch_size"): 16,
    },
    "preference": {
        ("model", "name"): WRITES,
        ("model", "adapt"): "lora",
        ("model", "max_length"): 1024,
        ("train", "epochs"): 1,
        ("train", "learning_rate"): 5e-6,
        ("train", "batch_size"): 16,
    },
    "contrastive": {
        ("model", "name"): "bundled/clip",
        ("model", "max_length"): 64,
        ("train", "epochs"): 5,
        ("train", "learning_rate"): 3e-4,
        ("train", "batch_size"): 64,
    },
}
"""Values that suit a task better than the defaults."""

FITTING_OF: dict[str, dict[tuple[str, str], Any]] = {
    "image": {("train", "epochs"): 10, ("train", "learning_rate"): 5e-4},
    "audio": {("train", "epochs"): 10, ("train", "learning_rate"): 5e-4},
}
"""Values that suit the small models that come with Pellucid for a modality."""


def write_recipe(
    table: Path,
    out: Path | None = None,
    *,
    label: str | None = None,
    inputs: Sequence[str] = (),
    encoding: str = "utf-8",
    force: bool = False,
) -> Path:
    """Look at a table and write a recipe for it.

    Parameters
    ----------
    table
        CSV, TSV, JSON, JSONL or Parquet file, or a folder of pictures or sounds.
    out
        Where to write; beside the table, as ``TABLE.recipe.yaml``, if left out.
    label, inputs
        Columns whose role is known.
    encoding
        Character encoding of the table.
    force
        Overwrite a recipe that is there.

    Raises
    ------
    DataError
        If the table can't be read or no role can be guessed.
    RecipeError
        If a recipe stands there already.
    """
    import numpy as np

    from .core.folders import home
    from .core.guess import as_spec, check_named, guess
    from .core.shapes import shape_of
    from .core.tables import as_text, blank, read_table
    from .core.tasks import task_of

    named = Path(os.path.abspath(table))
    path = out or named.with_name(f"{named.stem}.recipe.yaml")
    if path.exists() and not force:
        raise RecipeError(
            paragraph(
                str(path),
                "there is a recipe already" if path.is_file() else "there is a folder here",
                "Write elsewhere with --out"
                + (", or overwrite it with --force" if path.is_file() else ""),
            )
        )
    read = read_table(SourceSpec(path=str(table), encoding=encoding))
    check_named(read.columns, str(table), label, inputs)
    shape = None if label is not None or inputs else shape_of(read)
    guesses = guess(read, str(table), label=label, inputs=inputs, shape=shape, folder=home(table))
    spec = as_spec(read, str(table), guesses)
    task, why = task_of(read, spec)
    empty = 0
    if shape is None:
        needed = [one.column for one in guesses if one.role in ("input", "label", "labels")]
        blanks = [blank(as_text(read[name], str(table))) for name in needed]
        empty = int(np.logical_or.reduce(blanks).sum())
    text = compose(
        table,
        path,
        guesses,
        encoding,
        empty,
        task=task,
        why=why,
        separator=spec.separator if task == "multilabel" else "",
        own_columns=shape is not None and shape.named,
        pictures=shape is not None and bool(shape.pictures),
    )
    Recipe.parse(text, where=str(path), folder=path.resolve().parent)  # must be readable again
    try:
        write_text(path, text)
    except OSError as error:
        raise RecipeError(
            paragraph(
                str(path),
                f"the recipe can't be written here ({error.strerror or error})",
                "Write elsewhere with --out",
            )
        ) from None
    return path


def compose(
    table: Path,
    path: Path,
    guesses: Sequence[Guess],
    encoding: str = "utf-8",
    empty: int = 0,
    *,
    task: str = "classification",
    why: str = "",
    separator: str = "",
    own_columns: bool = False,
    pictures: bool = False,
) -> str:
    """Write the text of a commented recipe.

    Parameters
    ----------
    table, encoding
        The table, and its character encoding.
    path
        Where the recipe will stand; the table is named as seen from there.
    guesses
        The role of each column, with the reason.
    empty
        Rows whose label or an input is empty.
    task, why
        What is to be learnt, and why that is believed.
    separator
        What stands between several labels in a cell; empty for what is usual.
    own_columns
        Whether the task finds its columns by itself, so that none is named.
    pictures
        Whether pictures are among what it finds.
    """
    whole = Path(os.path.abspath(table))
    named = [
        f"# Recipe for {_comment(whole.name)}. Every value can be changed; what is left out has a "
        "default.",
        f"# Run it with: pellucid run {_comment(shlex.quote(path.name))}",
        f"name: {_yaml(whole.stem[:80])}",
    ]
    source: Any = _from(path.resolve().parent, table.resolve())
    if encoding != "utf-8":
        source = {"path": source, "encoding": encoding}
    data = ["", "data:", f"  source: {_yaml(source)}"]
    data += _columns(guesses, separator, own_columns)
    data += _split_and_cleaning(guesses, empty, task)
    unused = [_comment(one.column) or "a column without a name" for one in _of("none", guesses)]
    if unused:
        data += ["  # Not used: " + ", ".join(unused)]
    modalities = {one.modality for one in _of("input", guesses)} or {"text"}
    modalities |= {"image"} if pictures else set()
    return "\n".join([*named, *data, *_sections(task, why, modalities)]) + "\n"


def _of(role: str, guesses: Sequence[Guess]) -> list[Guess]:
    return [one for one in guesses if one.role == role]


def _columns(guesses: Sequence[Guess], separator: str, own_columns: bool) -> list[str]:
    """Write which columns are read, learnt, compared, and so on."""
    inputs, labels, several = (_of(role, guesses) for role in ("input", "label", "labels"))
    lines = []
    if own_columns:
        read = ", ".join(_comment(one.column) for one in (*inputs, *labels))
        lines += [f"  # The task finds its columns by itself: {read}"]
    else:
        named = {one.column: one.modality for one in inputs}
        lines += [f"  # {_why(inputs)}", f"  inputs: {_yaml(named)}"]
        for one in labels:
            lines += [f"  # {_why([one])}", f"  label: {_yaml(one.column)}"]
    if several:
        listed = [one.column for one in several]
        lines += ["  # Columns of 0 and 1, one for each label", f"  labels: {_yaml(listed)}"]
    if separator not in ("", DataSpec.model_fields["separator"].default):
        lines += [f"  separator: {_yaml(separator)}"]
    groups = _of("group", guesses)
    if groups:
        lines += [f"  # {_why(groups)}", f"  groups: {_yaml([one.column for one in groups])}"]
    else:
        lines += ["  # No column looks like people's groups; name some to have them audited."]
        lines += ["  groups: []"]
    for role in ("id", "weight"):
        for one in _of(role, guesses):
            lines += [f"  # {one.reason}", f"  {role}: {_yaml(one.column)}"]
    return lines


def _split_and_cleaning(guesses: Sequence[Guess], empty: int, task: str) -> list[str]:
    split = _of("split", guesses)
    if split:
        lines = [f"  # {split[0].reason}", f"  split: {{column: {_yaml(split[0].column)}}}"]
    else:
        even = ", stratify: true" if task == "classification" else ""
        lines = ["  # No column names the split, so rows are split by chance."]
        lines += [f"  split: {{train: 0.8, validation: 0.1, test: 0.1{even}, seed: 13}}"]
    lines += ["  # Cleaning steps: drop_missing, {drop_duplicates: {near: true}}"]
    if empty:
        lines += [f"  # In {empty:,} rows the label or an input is empty, so they are dropped."]
    return [*lines, "  clean: [drop_missing]" if empty else "  clean: []"]


def _sections(task: str, why: str, modalities: Collection[str]) -> list[str]:
    """Write the other sections, as far as they are known for the task and such samples."""
    known = ("model", "name") in FITTING.get(task, {})
    usual = {} if known else USUAL.get(frozenset(modalities), {})
    fitting = {
        **{("model", key): value for key, value in usual.items()},
        **{key: value for one in modalities for key, value in FITTING_OF.get(one, {}).items()},
        **FITTING.get(task, {}),
    }
    if "image" in modalities and fitting.get(("model", "name")) == WRITES:
        fitting["model", "name"] = SEES
    further = [
        *(("model", key) for key in usual if key not in SHOWN["model"][1]),
        *FURTHER.get(task, ()),
        *(key for one in modalities for key in SHOWN_OF.get(one, ())),
    ]
    further = list(dict.fromkeys(further))
    left_out = [key for one, keys in NOT_SHOWN.items() if one not in modalities for key in keys]
    left_out += NOT_OF.get(task, ())
    lines = []
    for section, (spec, keys) in SHOWN.items():
        if task not in ONLY.get(section, (task,)):
            continue
        lines += ["", f"{section}:"]
        more = [key for place, key in further if place == section]
        for key in (*keys, *more):
            if (section, key) in left_out:
                continue
            field = spec.model_fields[key]
            said = field.description or ""
            value = fitting.get((section, key), field.get_default(call_default_factory=True))
            if key == "task":
                value, said = task, f"{said.partition(';')[0]}: {_comment(why)}" if why else said
            elif isinstance(value, AdaptSpec):
                value = value.kind
            lines += [f"  # {said}", f"  {key}: {_yaml(value)}".rstrip()]
    return lines


def _from(folder: Path, table: Path) -> str:
    try:
        return os.path.relpath(table, folder)
    except ValueError:  # on another drive of Windows
        return str(table)


def _why(guesses: list[Guess]) -> str:
    return "; ".join(f"{_comment(one.column)}: {one.reason}" for one in guesses)


def _comment(text: str) -> str:
    """Make text fit for a comment, whatever a file's or a column's name holds."""
    return visible(text, 80)


def _yaml(value: Any) -> str:
    """Write a value in YAML's flow style, on one line; nothing for None."""
    if value is None:
        return ""
    text: str = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=math.inf
    )
    text = text.removesuffix("...\n").strip()
    return json.dumps(value, ensure_ascii=False) if "\n" in text else text
