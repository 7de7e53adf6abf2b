"""Writing a commented recipe for a table that was looked at."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from .core.files import write_text
from .core.guess import Guess, guess
from .core.spec import EvaluateSpec, ReportSpec, SourceSpec, TrainSpec
from .errors import DataError, RecipeError, nearest, paragraph
from .explain.spec import ExplainSpec
from .fairness.spec import AuditSpec
from .multimodal.spec import ModelSpec
from .recipe import Recipe

SHOWN: dict[str, tuple[type[BaseModel], tuple[str, ...]]] = {
    "model": (ModelSpec, ("name", "max_length")),
    "train": (TrainSpec, ("epochs", "learning_rate", "batch_size", "seed", "precision")),
    "evaluate": (EvaluateSpec, ("confidence", "baselines")),
    "explain": (ExplainSpec, ("methods", "rows", "tolerance")),
    "audit": (AuditSpec, ("positive", "depth", "small")),
    "report": (ReportSpec, ("formats", "maps")),
}
"""The keys that people change most, which a new recipe spells out."""


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
        CSV, TSV, JSONL or Parquet file.
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
    from .core.tables import read_table

    path = out or table.with_name(f"{table.stem}.recipe.yaml")
    if path.exists() and not force:
        raise RecipeError(
            paragraph(
                str(path),
                "there is a recipe already",
                "Write elsewhere with --out, or overwrite it with --force",
            )
        )
    read = read_table(SourceSpec(path=str(table), encoding=encoding))
    columns = [str(name) for name in read.columns]
    for name in [*inputs, *([label] if label else [])]:
        if name not in columns:
            raise DataError(
                paragraph(
                    f"{table}, column “{name}”",
                    f"there is no such column ({nearest(name, columns)})",
                    "Correct the name",
                )
            )
    guesses = guess(read, str(table), label=label, inputs=inputs)
    text = _compose(table, path, guesses, encoding)
    Recipe.parse(text, where=str(path), folder=path.resolve().parent)  # must be readable again
    write_text(path, text)
    return path


def _compose(table: Path, path: Path, guesses: list[Guess], encoding: str) -> str:
    def of(role: str) -> list[Guess]:
        return [one for one in guesses if one.role == role]

    source: Any = os.path.relpath(table.resolve(), path.resolve().parent)
    if encoding != "utf-8":
        source = {"path": source, "encoding": encoding}
    lines = [
        f"# Recipe for {table.name}. Every value can be changed; what is left out has a default.",
        f"# Run it with: pellucid run {path.name}",
        f"name: {_yaml(table.stem)}",
        "",
        "data:",
        f"  source: {_yaml(source)}",
    ]
    named = {one.column: "text" for one in of("input")}
    why = "; ".join(f"{one.column}: {one.reason}" for one in of("input"))
    lines += [f"  # {why}", f"  inputs: {_yaml(named)}"]
    (label,) = of("label")
    lines += [f"  # {label.reason}", f"  label: {_yaml(label.column)}"]
    groups = of("group")
    if groups:
        why = "; ".join(f"{one.column}: {one.reason}" for one in groups)
        lines += [f"  # {why}", f"  groups: {_yaml([one.column for one in groups])}"]
    else:
        lines += ["  # No column looks like people's groups; name some to have them audited."]
        lines += ["  groups: []"]
    for one in of("id"):
        lines += [f"  # {one.reason}", f"  id: {_yaml(one.column)}"]
    for one in of("weight"):
        lines += [f"  # {one.reason}", f"  weight: {_yaml(one.column)}"]
    split = of("split")
    if split:
        lines += [f"  # {split[0].reason}", f"  split: {{column: {_yaml(split[0].column)}}}"]
    else:
        lines += ["  # No column names the split, so rows are split by chance."]
        lines += ["  split: {train: 0.8, validation: 0.1, test: 0.1, stratify: true, seed: 13}"]
    lines += ["  # Cleaning steps: drop_missing, {drop_duplicates: {near: true}}", "  clean: []"]
    unused = of("none")
    if unused:
        lines += ["  # Not used: " + ", ".join(one.column for one in unused)]
    for section, (spec, keys) in SHOWN.items():
        lines += ["", f"{section}:"]
        for key in keys:
            field = spec.model_fields[key]
            default = field.get_default(call_default_factory=True)
            lines += [f"  # {field.description}", f"  {key}: {_yaml(default)}"]
    return "\n".join(lines) + "\n"


def _yaml(value: Any) -> str:
    """Write a value in YAML's flow style, which JSON is a part of."""
    if isinstance(value, str) and value.replace("_", "").replace("-", "").isalpha():
        return value if value not in ("true", "false", "null", "yes", "no") else json.dumps(value)
    return "" if value is None else json.dumps(value, ensure_ascii=False)
