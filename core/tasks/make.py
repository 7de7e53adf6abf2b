"""Making the task that a recipe names."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ...multimodal.spec import ModelSpec
from ..spec import DataSpec, EvaluateSpec, TrainSpec

if TYPE_CHECKING:
    from .task import Task

MODULES = {
    "classification": "classification",
    "multilabel": "multilabel",
    "regression": "regression",
    "token_classification": "token_classification",
    "extractive_qa": "extractive_qa",
    "masked_lm": "language_modelling",
    "causal_lm": "language_modelling",
    "chat": "chat",
    "preference": "preference",
}
"""The file of each task; it offers ``make(name, data, model, train, evaluate) -> Task``."""


def make(
    name: str, data: DataSpec, model: ModelSpec, train: TrainSpec, evaluate: EvaluateSpec
) -> Task:
    """Make a task from its name and the sections of a recipe."""
    module = import_module(f"{__package__}.{MODULES[name]}")
    task: Task = module.make(name, data, model, train, evaluate)
    return task
