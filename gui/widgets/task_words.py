"""What each task is called, and what it comes to, in words for people."""

from __future__ import annotations

from dataclasses import dataclass

from ..frame.texts import tr

DEFAULT = "classification"
"""The task of runs that name none."""


@dataclass(frozen=True)
class TaskWords:
    """How a task is shown: its name, and one sentence of what is learnt."""

    name: str
    meaning: str


def task_words() -> dict[str, TaskWords]:
    """Return every task's words, in the order in which a choice offers them."""
    return {
        "classification": TaskWords(
            tr("One class per text"), tr("Each text gets one of several classes.")
        ),
        "multilabel": TaskWords(
            tr("Several labels per text"), tr("Each text may have none, one or several labels.")
        ),
        "regression": TaskWords(tr("A number per text"), tr("Each text gets a number.")),
        "token_classification": TaskWords(
            tr("Tags of words"), tr("Each word gets a tag, such as the names in a sentence.")
        ),
        "extractive_qa": TaskWords(
            tr("Answers found in a text"),
            tr("The answer to a question is a passage of the text that comes with it."),
        ),
        "masked_lm": TaskWords(
            tr("Language, hidden words"),
            tr("The model reads on in plain texts: it guesses words that are hidden from it."),
        ),
        "causal_lm": TaskWords(
            tr("Language, next word"),
            tr("The model reads on in plain texts: it guesses each next word."),
        ),
        "chat": TaskWords(
            tr("Chat and instructions"),
            tr("The model learns to answer as the assistant of these conversations does."),
        ),
        "preference": TaskWords(
            tr("Preferred answers"),
            tr("The model learns which of two answers to a conversation is preferred."),
        ),
    }


def task_name(task: str) -> str:
    """Return what a task is called; one that is not known here as itself."""
    known = task_words().get(task)
    return known.name if known is not None else task.replace("_", " ")
