"""The answer that curves are drawn of: the target's probability, or its logit."""

from __future__ import annotations

import numpy as np

from ..outputs import LogOdds
from ..subject import Subject
from .curves import Answers, Floats
from .measures import Scale


def answers(subject: Subject, scale: Scale) -> tuple[Answers, Scale]:
    """Return what makes answers of a model's numbers, and their scale.

    A model's labels may hold together (multi-label classification), or it may have one alone: each
    then has a probability of its own. A model that predicts numbers has none, so that its number is
    measured as it is.

    Parameters
    ----------
    subject
        Whose numbers these are.
    scale
        What is asked for.
    """
    config = getattr(subject.model, "config", None)
    kind = getattr(config, "problem_type", None)
    if scale == "logit" or kind == "regression":
        return _logit, "logit"
    if kind == "multi_label_classification" or isinstance(subject.read, LogOdds):
        return _sigmoid, "probability"
    return _softmax, "probability"


def _logit(numbers: Floats, target: int) -> Floats:
    return numbers[:, target]


def _sigmoid(numbers: Floats, target: int) -> Floats:
    out: Floats = np.exp(-np.logaddexp(0, -numbers[:, target]))
    return out


def _softmax(numbers: Floats, target: int) -> Floats:
    if numbers.shape[1] == 1:
        return _sigmoid(numbers, target)
    out: Floats = np.exp(numbers[:, target] - np.logaddexp.reduce(numbers, axis=1))
    return out
