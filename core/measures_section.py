"""The evaluation of every task but classification, as parts of the report and in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .evaluation import SplitEvaluation
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
from .metric_names import headlines, mentioned
from .metrics import higher_is_better
from .number_figures import number_figures
from .recall_curves import recall_figures
from .report.numbers import number
from .report.tree import Block, Section, Text

if TYPE_CHECKING:
    import pandas as pd

NOTES = {
    "mean_absolute_error": "Errors are in the label's own unit. R² is 1 where every answer is "
    "right and 0 where answers are as far off as these rows' mean.",
    "f1_micro": "Micro: every pair of a row and a label counts alike. Macro: every label counts "
    "alike. Hamming loss is the share of such pairs that were answered wrongly.",
    "f1_entity": "An entity counts as found where its kind and both of its ends are right.",
    "exact_match": "Answers are compared without case, punctuation and articles, as SQuAD does; F1 "
    "is over their words.",
    "perplexity": "Perplexity is e to the power of the loss: among how many equally likely tokens "
    "the model would have to choose. It can only be compared between models with one tokenizer.",
    "text_to_image_recall_at_1": "Each distinct picture looks once for a text among all of these "
    "rows, and each distinct text for a picture. Recall@k is the share that find one of their own "
    "among the first k; candidates that are exactly as similar count as being before it. Intervals "
    "are over pictures, each with all that is said of it.",
    "zero_shot_accuracy": "Zero-shot accuracy: each picture is given the label whose prompts "
    "(`evaluate.prompts`) are most similar to it, which was not learnt.",
    "rougeL": "ROUGE and BLEU count words that generated answers share with the wanted ones; they "
    "don't tell whether an answer is right.",
}
"""What a reader should know of a metric."""


def blocks(
    name: str, split: SplitEvaluation, predictions: pd.DataFrame | None
) -> list[Block | Section]:
    """Return tables and figures of one split."""
    note = " ".join(text for metric, text in NOTES.items() if metric in split.metrics)
    out: list[Block | Section] = [
        metrics_table(split, "What was measured, next to the baselines", note),
        *difference_table(split),
    ]
    support = _support(split)
    if support:
        heading, noun, nouns = _nouns(split)
        out.append(class_table(split, support, heading, noun, nouns))
    figures = [curve_figure(kind, split, support) for kind in ("pr", "roc")]
    out += [figure for figure in figures if figure is not None]
    out += recall_figures(split.curves)
    if predictions is not None and "r2" in split.metrics:
        out += number_figures(predictions[predictions["split"] == name])
    return out


def findings(name: str, split: SplitEvaluation) -> list[Text]:
    """Say what the model reached, whether that beats the baselines, and where it does worst."""
    metric = next(iter(headlines(split.metrics)), None)
    if metric is None:
        return [Text(f"Nothing could be measured on the {name} rows.", "warning")]
    return [_reached(name, split, metric), *_gain(split, metric), *_worst(split)]


def _reached(name: str, split: SplitEvaluation, metric: str) -> Text:
    rows = f"{split.n:,} {name} {'row' if split.n == 1 else 'rows'}"
    figure = _said(split.metrics[metric], split)
    if metric == "mean_absolute_error":
        text = f"On the {rows} the answers are {figure} off on average"
    else:
        text = f"On the {rows} the {mentioned(metric)} is {figure}"
    others = [
        f"{number(figures[metric].value)} with {baseline(one)}"
        for one, figures in split.baselines.items()
        if metric in figures
    ]
    return Text("; ".join([text, *others]) + ".", "finding")


def _gain(split: SplitEvaluation, metric: str) -> list[Text]:
    """Say whether the model beats the best baseline."""
    rivals = [
        name
        for name, figures in split.versus_baseline.items()
        if metric in figures and split.baselines[name][metric].defined
    ]
    if not rivals:
        return []
    sign = 1 if higher_is_better(metric) else -1
    best = max(rivals, key=lambda name: sign * split.baselines[name][metric].value)
    gain = split.versus_baseline[best][metric]
    if gain.low is None or gain.high is None:
        return []
    what, rival = mentioned(metric), baseline(best)
    ends = f"{level(split)} interval {number(gain.low, signed=True)} to "
    ends += number(gain.high, signed=True)
    apart = f"{number(abs(gain.value))} {'above' if gain.value > 0 else 'below'} that of {rival}"
    if not gain.excludes_zero:
        text = f"These rows don’t show its {what} to be better than that of {rival} "
        return [Text(f"{text}({number(gain.value, signed=True)}; {ends}).", "warning")]
    text = f"Its {what} is {apart}"
    if sign * gain.value > 0:
        text += f", {'the best baseline' if len(rivals) > 1 else 'which is better'} ({ends})."
        return [Text(text, "finding")]
    return [
        Text(f"{text} ({ends}): the simpler answer is the better one on these rows.", "warning")
    ]


def _worst(split: SplitEvaluation) -> list[Text]:
    """Name the label or kind that is answered worst."""
    support = _support(split)
    there = {
        label: split.per_class[label]["f1"]
        for label, rows in support.items()
        if rows and "f1" in split.per_class[label]
    }
    if len(there) < 2:
        return []
    worst = min(there, key=lambda label: there[label].value)
    _, noun, _ = _nouns(split)
    what = "entities" if noun == "Kind" else "rows"
    text = f"It does worst with “{worst}”: F1 {_said(there[worst], split)}"
    text += f", with {support[worst]:,} such {what if support[worst] != 1 else 'row'}."
    if support[worst] < SMALL:
        text += " So few make this figure rough."
    return [Text(text, "finding")]


def _support(split: SplitEvaluation) -> dict[str, int]:
    """Return how many rows or entities each class has."""
    return {
        label: int(figures["support"].value) if "support" in figures else 0
        for label, figures in split.per_class.items()
    }


def _nouns(split: SplitEvaluation) -> tuple[str, str, str]:
    """Return what classes are called: the table's title, and one and several of them."""
    if "f1_entity" in split.metrics:
        return "Each kind of entity", "Kind", "Kinds"
    if "subset_accuracy" in split.metrics:
        return "Each label", "Label", "Labels"
    return "Each class", "Class", "Classes"


def _said(figure: Measured, split: SplitEvaluation) -> str:
    text = number(figure.value)
    if figure.low is None or figure.high is None:
        return text
    return f"{text} ({level(split)} interval {number(figure.low)} to {number(figure.high)})"
