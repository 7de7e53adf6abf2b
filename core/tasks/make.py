"""Making the task that a recipe names."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ...errors import RecipeError, paragraph
from ...multimodal.media import WORDS
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
    "contrastive": "contrastive",
}
"""The file of each task; it offers ``make(name, data, model, train, evaluate) -> Task``."""

OF_TEXTS = ("token_classification", "extractive_qa", "masked_lm", "causal_lm", "preference")
"""Tasks that read texts alone."""


def make(
    name: str, data: DataSpec, model: ModelSpec, train: TrainSpec, evaluate: EvaluateSpec
) -> Task:
    """Make a task from its name and the sections of a recipe.

    Raises
    ------
    RecipeError
        If an input is of a modality that the task does not read.
    """
    for column, modality in data.inputs.items() if name in OF_TEXTS else ():
        if modality != "text":
            raise RecipeError(
                paragraph(
                    f"recipe, key “data.inputs.{column}”",
                    f"{name} reads texts alone, and this is a column of {WORDS[modality]}",
                    "Leave the column out, or set model.task to chat, which writes about pictures",
                )
            )
    module = import_module(f"{__package__}.{MODULES[name]}")
    task: Task = module.make(name, data, model, train, evaluate)
    return task
