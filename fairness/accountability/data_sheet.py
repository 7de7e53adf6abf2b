"""What a run knows of its data, as a data sheet."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core.checks import Checks
from ...core.chronicle import lineage_step
from ...core.report.sheet import Answer, DataSheet, SheetPart
from ...core.report.tree import Cell, Table
from ...core.runs import Run
from ...core.spec import DataSpec, ReportSpec, StatementsSpec
from ...core.splits import SPLITS
from ..privacy.findings import holds
from ..privacy.record import read_privacy

if TYPE_CHECKING:
    from ...core.dataset import Dataset

MOST_CLASSES = 50
MOST_GROUPS = 30
"""Classes and groups that a table lists; the others are summed up."""


def data_sheet(run: Run, dataset: Dataset | None = None) -> DataSheet:
    """Fill in a data sheet from a run.

    Parameters
    ----------
    run
        Any run, trained or not.
    dataset
        Its rows, where they are read already.
    """
    rows = run.dataset() if dataset is None else dataset
    data = run.section("data", DataSpec)
    said = run.section("report", ReportSpec).statements
    environment = run.environment["data"]
    return DataSheet(
        run.name,
        tuple(Path(source.path).name for source in data.source),
        (
            SheetPart(
                "Motivation",
                (
                    Answer.stated("Why and by whom was the data brought about?", said.motivation),
                    Answer.stated("Who paid for it?", said.funding),
                ),
            ),
            _composition(rows, data, said),
            _collection(data, said),
            _cleaning(environment),
            _splits(rows, data, environment),
            _personal(run),
            SheetPart(
                "Uses",
                (
                    Answer(
                        "What is it used for here?",
                        (f"To train and to measure a model: {run.task.replace('_', ' ')}.",),
                    ),
                    Answer.stated("What else was it used for, or may be?", said.uses),
                    Answer.stated("What must it not be used for?", said.not_for),
                ),
            ),
            SheetPart(
                "Distribution",
                (
                    Answer.stated("Who gets it, and how?", said.distribution),
                    Answer.stated("Under which licence or terms?", said.data_licence),
                    Answer(
                        "How can it be told that it is the same data?",
                        (
                            "By its fingerprint (SHA-256 over all cells that the run depends on): "
                            f"{environment['fingerprint']}",
                        ),
                    ),
                ),
            ),
            SheetPart(
                "Maintenance",
                (
                    Answer.stated("Who answers for this run?", said.author),
                    Answer.stated("Where do questions and complaints go?", said.contact),
                    Answer.stated("Who keeps, corrects and deletes it?", said.maintenance),
                ),
            ),
        ),
    )


def _composition(rows: Dataset, data: DataSpec, said: StatementsSpec) -> SheetPart:
    answers = [
        Answer.stated("What does a row stand for?", said.instances),
        Answer("How many rows are there?", (f"{len(rows):,} rows, after cleaning.",)),
        Answer("Which columns have which role?", tables=(_columns(rows, data),)),
    ]
    if rows.labels:
        answers.append(Answer("How many rows has each class?", tables=(_classes(rows),)))
    if rows.groups:
        tables = tuple(_group(name, rows) for name in rows.groups)
        answers.append(Answer("Which groups of people does it tell apart?", tables=tables))
    else:
        answers.append(
            Answer(
                "Which groups of people does it tell apart?",
                (
                    "None: the recipe names no sensitive columns (data.groups). That says nothing "
                    "of whether the rows are about people.",
                ),
            )
        )
    return SheetPart("Composition", tuple(answers))


def _columns(rows: Dataset, data: DataSpec) -> Table:
    def line(name: str, role: str, cells: Any) -> tuple[str, str, int, int]:
        missing = sum(cell is None or str(cell) == "" for cell in cells)
        return (name, role, len({cell for cell in cells if cell not in (None, "")}), missing)

    listed = [
        line(name, f"input ({rows.modalities[name]})", cells) for name, cells in rows.inputs.items()
    ]
    if data.answers:
        listed.append(line(", ".join(data.answers), "label", rows.label))
    listed += [line(name, "sensitive column", cells) for name, cells in rows.groups.items()]
    listed += [
        (name, role, len(set(cells.tolist())), 0)
        for name, role, cells in (
            (data.id, "name of the row", rows.ids),
            (data.split.column, "split", rows.split),
            (data.weight, "weight in the loss", rows.weight),
        )
        if name is not None
    ]
    return Table(
        "Columns",
        ("Column", "Role", "Different values", "Missing"),
        tuple(listed),
        "Columns without a role are not read for training; they may be in the files all the same.",
    )


def _classes(rows: Dataset) -> Table:
    counts = {split: _counted(rows, split) for split in SPLITS}
    shown: list[tuple[Cell, ...]] = [
        (
            label,
            sum(counts[split][label] for split in SPLITS),
            *(counts[split][label] for split in SPLITS),
        )
        for label in rows.labels[:MOST_CLASSES]
    ]
    left = len(rows.labels) - len(shown)
    return Table(
        "Classes",
        ("Class", "Rows", *SPLITS),
        tuple(shown),
        f"{left:,} more classes are not listed." if left > 0 else "",
    )


def _counted(rows: Dataset, split: str) -> Counter[str]:
    chosen = rows.take(rows.rows(split))
    if rows.task == "multilabel":
        from ...core.tasks.label_sets import membership

        sums = membership(chosen.label, rows.labels).sum(axis=0)
        return Counter({label: int(count) for label, count in zip(rows.labels, sums, strict=True)})
    return Counter(str(one) for one in chosen.label if one is not None)


def _group(name: str, rows: Dataset) -> Table:
    import pandas as pd

    from ..groups import group_column

    grouped = group_column(name, pd.Series(rows.groups[name], dtype=object))
    counts = {
        split: np.bincount(grouped.codes[rows.rows(split)], minlength=len(grouped.names))
        for split in SPLITS
    }
    total = np.sum(list(counts.values()), axis=0)
    order = np.argsort(-total, kind="stable")[:MOST_GROUPS]
    left = len(grouped.names) - len(order)
    return Table(
        name,
        (name, "Rows", *SPLITS),
        tuple(
            (grouped.names[at], int(total[at]), *(int(counts[split][at]) for split in SPLITS))
            for at in order
        ),
        f"{left:,} more groups, of fewer rows, are not listed." if left > 0 else "",
    )


def _collection(data: DataSpec, said: StatementsSpec) -> SheetPart:
    return SheetPart(
        "Collection",
        (
            Answer(
                "Which files does it come from?",
                tables=(
                    Table(
                        "Files",
                        ("File", "Weight in the loss"),
                        tuple((Path(one.path).name, one.weight) for one in data.source),
                    ),
                ),
            ),
            Answer.stated("How, when and by whom were the rows collected?", said.collection),
            Answer.stated("Who gave the labels, and by which rules?", said.labelling),
            Answer.stated("Do the people in it know, and can they take it back?", said.consent),
            Answer.stated("Which ethical or legal review was there?", said.review),
        ),
    )


def _cleaning(environment: dict[str, Any]) -> SheetPart:
    lines = tuple(
        (step["name"].replace("_", " "), step["before"], step["after"], lineage_step(step))
        for step in environment["lineage"]
    )
    answers = [
        Answer(
            "What was done to the rows between the files and the model?",
            tables=(Table("Steps", ("Step", "Rows before", "Rows after", "Detail"), lines),),
        )
    ]
    bad = environment.get("bad_samples", ())
    if bad:
        answers.append(
            Answer(
                "What was left out because it could not be read?",
                (f"{len(bad):,} rows whose picture or sound can’t be used.",),
            )
        )
    return SheetPart("Cleaning", tuple(answers))


def _splits(rows: Dataset, data: DataSpec, environment: dict[str, Any]) -> SheetPart:
    spec = data.split
    how = (
        f"By the column “{spec.column}”."
        if spec.column is not None
        else f"By chance, with the seed {spec.seed}"
        + (", each class in the same shares." if spec.stratify and rows.labels else ".")
    )
    counts = tuple((split, len(rows.rows(split))) for split in SPLITS)
    looked = Checks.from_json(environment["checks"])
    answers = [
        Answer("How were the rows split?", (how,), (Table("Splits", ("Split", "Rows"), counts),)),
        Answer(
            "Do rows stand in several splits?",
            (
                f"{len(looked.shared):,} validation or test rows hold the same as a training row "
                "(texts but for case, punctuation and spaces; files by their content).",
            ),
        ),
    ]
    if looked.looked:
        answers.append(
            Answer(
                "Are labels in doubt?",
                (
                    f"Of {looked.looked:,} training rows {len(looked.suspected):,} have labels "
                    f"that look wrong to a linear model on simple features ({looked.told_by}); "
                    "nobody has looked at them for this sheet.",
                ),
            )
        )
    return SheetPart("Splits", tuple(answers))


def _personal(run: Run) -> SheetPart:
    found = read_privacy(run.path)
    question = "Does it hold personal data?"
    if found is None or not found.personal:
        line = (
            "Nobody has looked for it (`pellucid privacy RUN --check personal`), so this sheet "
            "doesn’t say."
        )
        return SheetPart("Personal data", (Answer(question, (line,)),))
    lines = tuple(holds(one, name) for name, one in found.personal.items())
    tables = tuple(
        Table(
            name,
            ("Kind", "Column", "Rows", "Places"),
            tuple((each.title, each.column, each.rows, each.count) for each in one.found),
        )
        for name, one in found.personal.items()
        if one.found
    )
    suggested = [
        f"{each.column} ({each.title})" for one in found.personal.values() for each in one.suggested
    ]
    answers = [Answer(question, lines, tables)]
    if suggested:
        answers.append(
            Answer("Which columns’ names suggest personal data?", (f"{', '.join(suggested)}.",))
        )
    return SheetPart("Personal data", tuple(answers))
