"""The evaluation as sections of the report, and what stands out in it in plain words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .baselines import MAJORITY, NAMES
from .curves import MACRO, MICRO, Curve, thin
from .evaluation import Evaluation, SplitEvaluation
from .measured import Measured
from .report.tree import Block, Line, LineFigure, MatrixFigure, Section, Table, Text

DRAWN_CLASSES = 8
DRAWN_POINTS = 400
MATRIX_CLASSES = 30
SMALL = 30
"""Classes with fewer rows are marked."""

_METRICS = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "f1_macro": "F1, macro",
    "f1_weighted": "F1, weighted",
    "precision_macro": "Precision, macro",
    "precision_weighted": "Precision, weighted",
    "recall_macro": "Recall, macro",
    "recall_weighted": "Recall, weighted",
    "roc_auc_macro": "ROC AUC, macro",
    "roc_auc_micro": "ROC AUC, micro",
    "average_precision_macro": "Average precision, macro",
    "average_precision_micro": "Average precision, micro",
    "log_loss": "Log loss (lower is better)",
}
_PER_CLASS = {
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "roc_auc": "ROC AUC",
    "average_precision": "Average precision",
}


def sections(evaluation: Evaluation) -> tuple[Section, ...]:
    """Return one section per evaluated split, the test rows first."""
    return tuple(_section(name, split) for name, split in reversed(list(evaluation.splits.items())))


def findings(evaluation: Evaluation) -> tuple[Text, ...]:
    """Say in plain words what stands out on the test rows, or on what there is instead."""
    if not evaluation.splits:
        return (Text("No rows with a label were evaluated.", "warning"),)
    name, split = list(evaluation.splits.items())[-1]
    found = [_accuracy(name, split), *_gain(split), *_worst_class(split), *_confused(split)]
    if name != "test":
        found.append(
            Text(
                f"There are no test rows: these figures are of the {name} rows, which had a part "
                "in training, and new rows may be answered less well.",
                "warning",
            )
        )
    return (*found, *(Text(note, "note") for note in split.notes))


def _section(name: str, split: SplitEvaluation) -> Section:
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
    blocks += [_metrics_table(split), *_difference_table(split), _class_table(split)]
    if len(split.labels) <= MATRIX_CLASSES:
        blocks.append(_matrix(split))
    if len(split.labels) > 2 and (pairs := _pairs(split)):
        rows = tuple((true, other, count, f"{count / of:.1%}") for true, other, count, of in pairs)
        columns = ("True class", "Answered", "Rows", "Share of the true class")
        blocks.append(Table("Most frequent confusions", columns, rows))
    blocks += [figure for kind in ("roc", "pr") if (figure := _figure(kind, split)) is not None]
    rows_of = f"{split.n:,} {name} {'row' if split.n == 1 else 'rows'}"
    lead = f"Measured on {rows_of}, with {_level(split)} intervals"
    lead += f" from {split.replicates:,} bootstrap resamples." if split.replicates else "."
    return Section(f"Evaluation on the {name} rows", f"evaluation-{name}", tuple(blocks), lead)


def _metrics_table(split: SplitEvaluation) -> Table:
    names = [metric for metric in _METRICS if metric in split.metrics]
    return Table(
        "Over all classes, next to the baselines",
        ("Metric", "Model", *(_capital(_baseline(name)) for name in split.baselines)),
        tuple(
            (
                _METRICS[metric],
                split.metrics[metric],
                *(each.get(metric) for each in split.baselines.values()),
            )
            for metric in names
        ),
        note="Macro: every class counts alike. Weighted: every class counts by its rows. Micro: "
        "every pair of a row and a class counts alike. ROC AUC and average precision ask, for each "
        "class, how well its score tells its rows from all others.",
    )


def _difference_table(split: SplitEvaluation) -> list[Table]:
    if not split.versus_baseline:
        return []
    rows = tuple(
        (_METRICS[metric], _baseline(name), figure)
        for name, figures in split.versus_baseline.items()
        for metric, figure in figures.items()
    )
    return [
        Table(
            "Difference of the model to each baseline",
            ("Metric", "Baseline", "Model minus baseline"),
            rows,
            note="Both are measured on the same resampled rows, so the interval is of the "
            "difference itself. Above zero the model is better.",
            signed=frozenset({2}),
        )
    ]


def _class_table(split: SplitEvaluation) -> Table:
    support = split.confusion.sum(axis=1)
    rows, marked = [], set()
    for code, label in enumerate(split.labels):
        figures = split.per_class[label]
        rows.append((label, int(support[code]), *(_shown(figures.get(key)) for key in _PER_CLASS)))
        if support[code] < SMALL:
            marked.add(code)
    note = f"Classes with fewer than {SMALL} rows are marked: their figures are rough."
    return Table(
        "Each class",
        ("Class", "Rows", *_PER_CLASS.values()),
        tuple(rows),
        note=note if marked else "",
        marked=frozenset(marked),
    )


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


def _figure(kind: str, split: SplitEvaluation) -> LineFigure | None:
    support = dict(zip(split.labels, split.confusion.sum(axis=1), strict=True))
    curves = [curve for curve in split.curves if curve.kind == kind]
    classes = sorted(
        (curve for curve in curves if not curve.average),
        key=lambda curve: -int(support[curve.name]),
    )[:DRAWN_CLASSES]
    if not classes:
        return None
    averages = [curve for curve in curves if curve.average]
    if len(split.labels) == 2:
        # With two scores that sum to 1 one ROC curve mirrors the other: the second class says all.
        averages = []
        if kind == "roc":
            classes = [curve for curve in classes if curve.name == split.labels[1]] or classes
    # More than a few bands on top of each other hide the curves.
    banded = averages if len(classes) > 2 else classes
    lines = tuple(_line(curve, curve in banded) for curve in (*averages, *classes))
    measure = "ROC AUC" if kind == "roc" else "average precision"
    alt = "; ".join(
        f"{_title(curve)}: {measure} {curve.area:.3f}" for curve in (*averages, *classes)
    )
    title = "ROC curves" if kind == "roc" else "Precision-recall curves"
    if len(classes) < sum(not curve.average for curve in curves) and len(split.labels) > 2:
        title += f" (classes: the {len(classes)} with the most rows)"
    x, y = (
        ("False positive rate", "True positive rate") if kind == "roc" else ("Recall", "Precision")
    )
    return LineFigure(
        title, x, y, lines, f"{title}. {alt}.", unit_square=True, diagonal=kind == "roc"
    )


def _line(curve: Curve, band: bool) -> Line:
    short = thin(curve, DRAWN_POINTS)
    return Line(
        f"{_title(curve)} ({curve.area:.3f})",
        short.x,
        short.y,
        short.low if band else None,
        short.high if band else None,
        dashed=curve.average,
    )


def _accuracy(name: str, split: SplitEvaluation) -> Text:
    rows = "row" if split.n == 1 else "rows"
    text = f"On the {split.n:,} {name} {rows} the model is right in "
    text += _percent(split.metrics["accuracy"], split)
    others = []
    for baseline, figures in split.baselines.items():
        share = f"{figures['accuracy'].value:.1%}"
        if baseline == MAJORITY and split.majority_class is not None:
            others.append(f"always answering “{split.majority_class}” would be right in {share}")
        else:
            others.append(f"{_baseline(baseline)} in {share}")
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
    ends = f"{_level(split)} interval {100 * gain.low:+.1f} to "
    ends += f"{100 * gain.high:+.1f}"
    rival = _baseline(best)
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


def _shown(figure: Measured | None) -> Measured | None:
    """Show a ratio over no rows as not defined; its value is 0 by convention only."""
    return replace(figure, value=np.nan) if figure is not None and figure.n == 0 else figure


def _percent(figure: Measured, split: SplitEvaluation) -> str:
    text = f"{figure.value:.1%}"
    if figure.low is None or figure.high is None:
        return text
    return f"{text} ({_level(split)} interval {100 * figure.low:.1f} to {100 * figure.high:.1f})"


def _level(split: SplitEvaluation) -> str:
    return f"{100 * split.confidence:g}%"


def _title(curve: Curve) -> str:
    return (
        {MACRO: "macro average", MICRO: "micro average"}[curve.name]
        if curve.average
        else curve.name
    )


def _baseline(name: str) -> str:
    return NAMES.get(name, name.replace("_", " "))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
