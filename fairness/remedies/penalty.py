"""A penalty on differences between groups, added to the loss of each step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .spec import Constraint

if TYPE_CHECKING:
    import torch


def penalty(
    logits: torch.Tensor,
    groups: torch.Tensor,
    labels: torch.Tensor,
    constraint: Constraint,
    positive: int | None = None,
) -> torch.Tensor:
    """Return how far the groups of a batch lie apart in their mean predicted probability.

    For a class c and a set of rows, D(c) is the mean over the groups that are there of
    ``|mean of p(c) in the group - mean of p(c) in all other groups|``. Demographic parity takes
    D over all rows. Equalized odds takes it within each label and averages over the labels that
    rows of at least two groups have; equal opportunity looks within the positive label alone, and
    ``false_positive_rate`` within each of the others. Without a positive class the sum over all
    classes is halved, which of two classes is the same; the label then stands for the positive
    one in equal opportunity.

    Parameters
    ----------
    logits
        Shape (rows, classes).
    groups, labels
        Codes of shape (rows,).
    constraint
        Which differences.
    positive
        Class whose probability counts; None: every class.

    Returns
    -------
    torch.Tensor
        A number from 0 to 1, float32; 0 where no two groups can be compared.
    """
    import torch

    p = torch.softmax(logits.float(), dim=-1)
    shown = p if positive is None else p[:, [positive]]
    half = 2 if positive is None else 1
    if constraint == "demographic_parity":
        return _apart(shown, groups).sum() / half
    found = []
    for label in torch.unique(labels).tolist():
        inside = labels == label
        if len(torch.unique(groups[inside])) < 2:
            continue
        if positive is None:
            own = _apart(p[inside], groups[inside])
            if constraint == "equal_opportunity":
                found.append(own[label])
            elif constraint == "false_positive_rate":
                found.append((own.sum() - own[label]) / max(len(own) - 1, 1))
            else:
                found.append(own.sum() / 2)
        elif _looks_at(constraint, label, positive):
            found.append(_apart(shown[inside], groups[inside]).sum())
    return torch.stack(found).mean() if found else p.sum() * 0


def _looks_at(constraint: Constraint, label: int, positive: int) -> bool:
    """Say whether a constraint looks at the rows of a label."""
    if constraint == "equal_opportunity":
        return label == positive
    return constraint != "false_positive_rate" or label != positive


def _apart(p: torch.Tensor, groups: torch.Tensor) -> torch.Tensor:
    """Return each class's mean difference of a group to all others; shape (classes,)."""
    import torch

    there, codes = torch.unique(groups, return_inverse=True)
    if len(there) < 2:
        return p.sum(0) * 0
    inside = torch.nn.functional.one_hot(codes).to(p)
    own, rows = inside.T @ p, inside.sum(0)[:, None]
    others = (p.sum(0) - own) / (len(p) - rows)
    return (own / rows - others).abs().mean(0)
