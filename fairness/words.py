"""What metrics and gaps are called in text for people, and how rows and chances are written."""

from __future__ import annotations

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
    "roc_auc": "ROC AUC",
    "average_precision": "Average precision",
}

GAPS = {
    "demographic_parity": "Demographic parity (selection rate)",
    "equal_opportunity": "Equal opportunity (recall)",
    "equalized_odds": "Equalized odds (wider of recall and false positive rate)",
    "false_positive_rate": "False positive rate",
    "precision": "Precision",
    "accuracy": "Accuracy",
    "base_rate": "Base rate (of the labels, not of the model)",
}


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
