"""The evaluation as sections of the report, and what stands out in it in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import measures_section
from .baselines import MAJORITY
from .evaluation import Evaluation, SplitEvaluation
from .measured import Measured
from .measured_tables import (
    SMALL,
    baseline,
    class_table,
    curve_figure,
    difference_table,
    level,
    metrics_table,
)
from .report.numbers import true_minus
from .report.tree import Block, MatrixFigure, Section, Table, Text

if TYPE_CHECKING:
    import pandas as pd

MATRIX_CLASSES = 30


def sections(
    evaluation: Evaluation, predictions: pd.DataFrame | None = None
) -> tuple[Section, ...]:
    """Return one section per evaluated split, the test rows first.

    Parameters
    ----------
    evaluation
        What was measured, of any task.
    predictions
        What predictions.parquet holds; without it predicted numbers are not drawn.
    """
    return tuple(
        _section(name, split, predictions)
        for name, split in reversed(list(evaluation.splits.items()))
    )


def findings(evaluation: Evaluation) -> tuple[Text, ...]:
    """Say in plain words what stands out on the test rows, or on what there is instead."""
    if not evaluation.splits:
        return (Text("No rows with a label were evaluated.", "warning"),)
    name, split = list(evaluation.splits.items())[-1]
    if split.labels:
        found = [_accuracy(name, split), *_gain(split), *_worst_class(split), *_confused(split)]
    else:
        found = measures_section.findings(name, split)
    if name != "test":
        found.append(
            Text(
                f"There are no test rows: these figures are of the {name} rows, which had a part "
                "in training, and new rows may be answered less well.",
                "warning",
            )
        )
    return (*found, *(Text(note, "note") for note in split.notes))


def _section(name: str, split: SplitEvaluation, predictions: pd.DataFrame | None) -> Section:
    blocks: list[Block | Section] = []
    if name == "validation":
        blocks.append(
            Text(
                "These rows chose the checkpoint that was kept, so their figures flatter the "
                "model a little; the test rows had no part in it.",
                "note",
            )
        )
    elif name == "train":
        blocks.append(
            Text("The model has seen these rows in training; new rows are answered worse.", "note")
        )
    blocks += [Text(note, "note") for note in split.notes]
    blocks += _classes(split) if split.labels else measures_section.blocks(name, split, predictions)
    rows_of = f"{split.n:,} {name} {'row' if split.n == 1 else 'rows'}"
    lead = f"Measured on {rows_of}, with {level(split)} intervals"
    lead += f" from {split.replicates:,} bootstrap resamples." if split.replicates else "."
    return Section(f"Evaluation on the {name} rows", f"evaluation-{name}", tuple(blocks), lead)


def _classes(split: SplitEvaluation) -> list[Block | Section]:
    """Return tables and figures of a classification."""
    support = {
        label: int(rows)
        for label, rows in zip(split.labels, split.confusion.sum(axis=1), strict=True)
    }
    note = (
        "Macro: every class counts alike. Weighted: every class counts by its rows. Micro: "
        "every pair of a row and a class counts alike. ROC AUC and average precision ask, for each "
        "class, how well its score tells its rows from all others."
    )
    blocks: list[Block | Section] = [
        metrics_table(split, "Over all classes, next to the baselines", note),
        *difference_table(split),
        class_table(split, support, "Each class", "Class", "Classes"),
    ]
    if len(split.labels) <= MATRIX_CLASSES:
        blocks.append(_matrix(split))
    if len(split.labels) > 2 and (pairs := _pairs(split)):
        rows = tuple((true, other, count, f"{count / of:.1%}") for true, other, count, of in pairs)
        columns = ("True class", "Answered", "Rows", "Share of the true class")
        blocks.append(Table("Most frequent confusions", columns, rows))
    figures = (curve_figure(kind, split, support) for kind in ("roc", "pr"))
    return [*blocks, *(figure for figure in figures if figure is not None)]


def _matrix(split: SplitEvaluation) -> MatrixFigure:
    right = int(np.trace(split.confusion))
    return MatrixFigure(
        "Confusion matrix",
        "True class",
        "Predicted class",
        split.labels,
        split.confusion,
        alt=f"Confusion matrix of {len(split.labels)} classes: {right:,} of {split.n:,} rows are "
        "on the diagonal, where the prediction is right.",
    )


def _accuracy(name: str, split: SplitEvaluation) -> Text:
    rows = "row" if split.n == 1 else "rows"
    text = f"On the {split.n:,} {name} {rows} the model is right in "
    text += _percent(split.metrics["accuracy"], split)
    others = []
    for rival, figures in split.baselines.items():
        share = f"{figures['accuracy'].value:.1%}"
        if rival == MAJORITY and split.majority_class is not None:
            others.append(f"always answering “{split.majority_class}” would be right in {share}")
        else:
            others.append(f"{baseline(rival)} in {share}")
    return Text("; ".join([text, *others]) + ".", "finding")


def _gain(split: SplitEvaluation) -> list[Text]:
    """Say whether the model beats the best baseline."""
    if not split.versus_baseline:
        return []
    best = max(split.baselines, key=lambda name: split.baselines[name]["accuracy"].value)
    gain = split.versus_baseline[best]["accuracy"]
    if gain.low is None or gain.high is None:
        return []
    points = f"{abs(100 * gain.value):.1f} percentage points"
    low, high = (true_minus(f"{100 * end:+.1f}") for end in (gain.low, gain.high))
    ends = f"{level(split)} interval {low} to {high}"
    rival = baseline(best)
    if gain.low > 0:
        text = f"It is right {points} more often than {rival}, the best baseline ({ends})."
        return [Text(text, "finding")]
    if gain.high < 0:
        text = f"It is right {points} less often than {rival} ({ends}): the simpler answer is the "
        return [Text(text + "better one on these rows.", "warning")]
    text = f"These rows don’t show the model to be right more often than {rival} ({ends})."
    return [Text(text, "warning")]


def _worst_class(split: SplitEvaluation) -> list[Text]:
    support = split.confusion.sum(axis=1)
    present = [code for code in range(len(split.labels)) if support[code] > 0]
    if len(present) < 2:
        return []
    worst = min(present, key=lambda code: split.per_class[split.labels[code]]["recall"].value)
    label = split.labels[worst]
    recall = split.per_class[label]["recall"]
    if recall.value == 1:
        return []
    of = (
        f"the {support[worst]:,} “{label}” rows" if support[worst] > 1 else f"the one “{label}” row"
    )
    text = f"It recognises “{label}” least often: of {of} it finds {_percent(recall, split)}."
    if support[worst] < SMALL:
        text += " So few rows make this figure rough."
    return [Text(text, "finding")]


def _confused(split: SplitEvaluation) -> list[Text]:
    pairs = _pairs(split)
    if not pairs:
        return [Text("No row was answered wrongly.", "finding")] if split.n else []
    true, other, count, of = pairs[0]
    text = f"Its most frequent confusion: {count:,} of the {of:,} “{true}” rows were answered "
    return [Text(f"{text}“{other}”.", "finding")]


def _pairs(split: SplitEvaluation) -> list[tuple[str, str, int, int]]:
    """Return the most frequent confusions: true label, answer, rows, rows of the true label."""
    wrong = split.confusion.copy()
    np.fill_diagonal(wrong, 0)
    support = split.confusion.sum(axis=1)
    k = len(split.labels)
    out = []
    for cell in np.argsort(-wrong, axis=None, kind="stable")[:5]:
        true, other = divmod(int(cell), k)
        if wrong[true, other]:
            count, of = int(wrong[true, other]), int(support[true])
            out.append((split.labels[true], split.labels[other], count, of))
    return out


def _percent(figure: Measured, split: SplitEvaluation) -> str:
    text = f"{figure.value:.1%}"
    if figure.low is None or figure.high is None:
        return text
    return f"{text} ({level(split)} interval {100 * figure.low:.1f} to {100 * figure.high:.1f})"
