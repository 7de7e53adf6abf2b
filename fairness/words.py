"""What metrics and gaps are called in text for people, and how rows and chances are written."""

from __future__ import annotations

import re

from .audit import Audit
from .table import GroupTable

TITLES = {
    "count": "Rows",
    "base_rate": "Base rate",
    "selection_rate": "Selection rate",
    "accuracy": "Accuracy",
    "true_positive_rate": "Recall (true positive rate)",
    "false_positive_rate": "False positive rate",
    "true_negative_rate": "True negative rate",
    "false_negative_rate": "False negative rate",
    "precision": "Precision",
    "negative_predictive_value": "Negative predictive value",
    "false_discovery_rate": "False discovery rate",
    "false_omission_rate": "False omission rate",
    "f1": "F1",
    "treatment_equality": "False negatives per false positive",
    "generalized_entropy_index": "Generalised entropy index",
    "theil_index": "Theil index",
    "between_group_generalized_entropy_index": "Generalised entropy index between groups",
    "roc_auc": "ROC AUC",
    "bpsn_auc": "BPSN AUC",
    "bnsp_auc": "BNSP AUC",
    "average_precision": "Average precision",
    "mean_error": "Mean error",
    "brier_score": "Brier score",
    "calibration_error": "Calibration error",
    "mean_label": "Mean of the labels",
    "mean_prediction": "Mean prediction",
    "mean_absolute_error": "Mean absolute error",
    "root_mean_squared_error": "Root mean squared error",
    "exact_match": "Exact match",
    "rougeL": "ROUGE-L",
    "answer_words": "Words of the answer",
    "loss": "Loss per token",
    "generalised_mean_subgroup_auc": "Subgroup AUC, generalised mean",
    "generalised_mean_bpsn_auc": "BPSN AUC, generalised mean",
    "generalised_mean_bnsp_auc": "BNSP AUC, generalised mean",
}

GAPS = {
    "demographic_parity": "Demographic parity (selection rate)",
    "equal_opportunity": "Equal opportunity (recall)",
    "equalized_odds": "Equalized odds (wider of recall and false positive rate)",
    "false_positive_rate": "False positive rate",
    "predictive_parity": "Predictive parity (precision)",
    "accuracy": "Accuracy",
    "roc_auc": "ROC AUC",
    "mean_prediction": "Mean prediction",
    "mean_error": "Mean error",
    "mean_absolute_error": "Mean absolute error",
    "brier_score": "Brier score",
    "exact_match": "Exact match",
    "rougeL": "ROUGE-L",
    "f1": "F1",
    "answer_words": "Words of the answer",
    "loss": "Loss per token",
    "base_rate": "Base rate (of the labels, not of the model)",
    "mean_label": "Mean of the labels (not of the model)",
}

FOUR_FIFTHS = 0.8
"""Selection rates below this share of the highest one are looked at in US employment law.

Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4(D), 1978.
"""


def rows_of(audit: Audit, count: int) -> str:
    """Write a number of rows: ``142 test rows``."""
    noun = "row" if count == 1 else "rows"
    return f"{count:,} {audit.split} {noun}" if audit.split else f"{count:,} {noun}"


def level(audit: Audit) -> str:
    """Write the level of the intervals: ``95%``."""
    return f"{audit.spec.confidence * 100:g}%"


def chance(p_value: float) -> str:
    """Write a p-value with two significant digits."""
    return f"{p_value:.2g}"


def small_names(table: GroupTable) -> list[str]:
    """Name the small groups of a grouping with their number of rows."""
    return [f"{table.column} {table.names[i]} ({table.n[i]})" for i in sorted(table.small)]


def of_class(table: GroupTable) -> str:
    """Write the class that counts as positive behind a title: ``, “yes”``."""
    return "" if table.label is None else f", “{table.label}”"


def inner(metric: str) -> str:
    """Write what a metric is called within a sentence."""
    title = TITLES[metric].split(" (")[0]
    named = title[:2].isupper() or title.startswith(("F1", "Brier", "Theil"))
    return title if named else title[0].lower() + title[1:]


def slug(name: str) -> str:
    """Return a name as part of an anchor."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "column"
