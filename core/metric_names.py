"""What every metric is called: by people, and by the Hugging Face hub.

Keys are the names in evaluation.json, which are scikit-learn's or the field's. One that is not
listed here is shown by its key.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Name(NamedTuple):
    """A metric's title for people, and its name in the metadata of the hub."""

    title: str
    hub: str


METRICS = {
    name: Name(title, hub)
    for name, title, hub in (
        ("accuracy", "Accuracy", "accuracy"),
        ("balanced_accuracy", "Balanced accuracy", "balanced_accuracy"),
        ("f1_entity", "F1 of entities", "f1"),
        ("precision_entity", "Precision of entities", "precision"),
        ("recall_entity", "Recall of entities", "recall"),
        ("token_accuracy", "Accuracy of tags", "accuracy"),
        ("exact_match", "Exact match", "exact_match"),
        ("f1", "F1 of words", "f1"),
        ("subset_accuracy", "Rows with every label right", "accuracy"),
        ("hamming_loss", "Hamming loss (lower is better)", "hamming_loss"),
        ("f1_macro", "F1, macro", "f1"),
        ("f1_micro", "F1, micro", "f1"),
        ("f1_samples", "F1, mean over rows", "f1"),
        ("f1_weighted", "F1, weighted", "f1"),
        ("precision_macro", "Precision, macro", "precision"),
        ("precision_micro", "Precision, micro", "precision"),
        ("precision_weighted", "Precision, weighted", "precision"),
        ("recall_macro", "Recall, macro", "recall"),
        ("recall_micro", "Recall, micro", "recall"),
        ("recall_weighted", "Recall, weighted", "recall"),
        ("roc_auc_macro", "ROC AUC, macro", "roc_auc"),
        ("roc_auc_micro", "ROC AUC, micro", "roc_auc"),
        ("average_precision_macro", "Average precision, macro", "average_precision"),
        ("average_precision_micro", "Average precision, micro", "average_precision"),
        ("log_loss", "Log loss (lower is better)", "log_loss"),
        ("mean_absolute_error", "Mean absolute error (lower is better)", "mae"),
        ("root_mean_squared_error", "Root mean squared error (lower is better)", "rmse"),
        ("r2", "R²", "r_squared"),
        ("pearson_r", "Pearson correlation", "pearsonr"),
        ("spearman_r", "Spearman correlation", "spearmanr"),
        ("perplexity", "Perplexity (lower is better)", "perplexity"),
        ("loss", "Loss per token in nats (lower is better)", "loss"),
        ("rouge1", "ROUGE-1", "rouge"),
        ("rouge2", "ROUGE-2", "rouge"),
        ("rougeL", "ROUGE-L", "rouge"),
        ("bleu", "BLEU", "bleu"),
        ("preference_loss", "Loss per pair in nats (lower is better)", "loss"),
        ("margin", "Mean margin of the chosen answer", "margin"),
        ("preference_loss", "Preference loss (lower is better)", "loss"),
        ("zero_shot_accuracy", "Zero-shot accuracy", "accuracy"),
        ("mean_reciprocal_rank", "Mean reciprocal rank both ways", "mrr"),
        *(
            (f"{way}_{name}", title.format(said), hub)
            for way, said in (
                ("image_to_text", "texts by pictures"),
                ("text_to_image", "pictures by texts"),
            )
            for name, title, hub in (
                ("recall_at_1", "Recall@1 of {}", "recall_at_1"),
                ("recall_at_5", "Recall@5 of {}", "recall_at_5"),
                ("recall_at_10", "Recall@10 of {}", "recall_at_10"),
                ("median_rank", "Median rank of {} (lower is better)", "median_rank"),
                ("reciprocal_rank", "Mean reciprocal rank of {}", "mrr"),
            )
        ),
    )
}

PER_CLASS = {
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "roc_auc": "ROC AUC",
    "average_precision": "Average precision",
}
"""Titles of the figures of one class, label or kind of entity."""


HEADLINES = (
    "f1_entity",
    "f1",
    "f1_micro",
    "mean_absolute_error",
    "perplexity",
    "accuracy",
    "exact_match",
    "token_accuracy",
    "f1_macro",
    "r2",
    "rougeL",
    "text_to_image_recall_at_1",
    "image_to_text_recall_at_1",
)
"""Metrics by which a run is known at a glance, the most telling first."""


def headlines(measured: Iterable[str]) -> list[str]:
    """Return which of the measured metrics tell most, the first of them first.

    Where none of `HEADLINES` was measured, all stand in the order in which they were.
    """
    there = list(measured)
    return [name for name in HEADLINES if name in there] or there


def title(name: str) -> str:
    """Return what people call a metric: ``F1, macro`` for ``f1_macro``."""
    return METRICS[name].title if name in METRICS else name.replace("_", " ").capitalize()


def mentioned(name: str) -> str:
    """Return a metric as it stands within a sentence: ``mean absolute error``, ``macro F1``."""
    text, _, average = title(name).partition(" (")[0].partition(", ")
    first = text.partition(" ")[0]
    proper = first in ("Pearson", "Spearman") or first[1:] != first[1:].lower() or len(first) == 2
    plain = text if proper else text[:1].lower() + text[1:]
    if average in ("macro", "micro", "weighted"):
        return f"{average} {plain}"
    return f"{plain}, {average}" if average else plain
