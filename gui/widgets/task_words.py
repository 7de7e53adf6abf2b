"""What each task is called, and what it comes to, in words for people."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ..frame.texts import tr

DEFAULT = "classification"
"""The task of runs that name none."""


@dataclass(frozen=True)
class TaskWords:
    """How a task is shown: its name, and one sentence of what is learnt."""

    name: str
    meaning: str


def part_words() -> dict[str, tuple[str, str]]:
    """Return what one part of each modality is called, and several of them."""
    return {
        "text": (tr("text"), tr("texts")),
        "image": (tr("picture"), tr("pictures")),
        "audio": (tr("sound"), tr("sounds")),
    }


def parts_words(modalities: Collection[str]) -> str:
    """Return what samples with such parts are called: “pictures”, “pictures and texts”."""
    return _joined(modalities, 1)


def _joined(modalities: Collection[str], number: int) -> str:
    words = part_words()
    named = [words[kind][number] for kind in dict.fromkeys(modalities) if kind in words]
    usual = (tr("sample"), tr("samples"))[number]
    return (
        tr("{one} and {other}").format(one=named[0], other=named[1])
        if len(named) > 1
        else (named[0] if named else usual)
    )


def task_words(modalities: Collection[str] = ("text",)) -> dict[str, TaskWords]:
    """Return every task's words, in the order in which a choice offers them.

    Parameters
    ----------
    modalities
        What the parts of a sample are; none where that is left open.
    """
    one = _joined(modalities, 0)
    return {
        "classification": TaskWords(
            tr("One class per {part}").format(part=one),
            tr("Each {part} gets one of several classes.").format(part=one),
        ),
        "multilabel": TaskWords(
            tr("Several labels per {part}").format(part=one),
            tr("Each {part} may have none, one or several labels.").format(part=one),
        ),
        "regression": TaskWords(
            tr("A number per {part}").format(part=one),
            tr("Each {part} gets a number.").format(part=one),
        ),
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
        "contrastive": TaskWords(
            tr("Pictures and texts that belong together"),
            tr("Pictures are found by texts, and texts by pictures."),
        ),
    }


def task_name(task: str, modalities: Collection[str] = ("text",)) -> str:
    """Return what a task is called; one that is not known here as itself."""
    known = task_words(modalities).get(task)
    return known.name if known is not None else task.replace("_", " ")
