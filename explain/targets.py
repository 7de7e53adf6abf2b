"""Which answer is explained, as recipes and commands name it."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import nearest

PREDICTED, LABEL = "predicted", "label"
"""What the model answers, and what is true."""

CLASSES = ("classification", "multilabel", "token_classification")
"""Tasks whose answers have names."""

EXPLAINED = (*CLASSES, "regression", "extractive_qa")
"""Tasks whose answers are explained, whatever their samples consist of."""


def explains(task: str) -> bool:
    """Whether answers of a task can be explained."""
    return task in EXPLAINED


def namable(task: str, labels: Sequence[str]) -> tuple[str, ...]:
    """Return the names by which answers of a task can be asked for.

    Parameters
    ----------
    task
        As `multimodal.spec.Task` names it.
    labels
        Names of the model's outputs. Tags of words go by the type of what they mark.
    """
    if task != "token_classification":
        return tuple(labels) if task in CLASSES else ()
    return tuple(dict.fromkeys(kind for one in labels if (kind := kind_of(one, labels))))


def kind_of(tag: str, tags: Sequence[str]) -> str:
    """Return what a tag of words marks: a type of entity, or itself; nothing for ``O``."""
    from ..multimodal.text.tag_schemes import OUTSIDE, scheme_of

    if tag == OUTSIDE:
        return ""
    return tag if scheme_of(tags) is None else tag[2:] or tag


def named(target: str, task: str, labels: Sequence[str]) -> tuple[str, ...]:
    """Return the names that a target asks for: one, or of labels several with commas between them.

    Empty for `PREDICTED` and `LABEL`.
    """
    if target in (PREDICTED, LABEL):
        return ()
    if task == "multilabel" and target not in labels:
        return tuple(one.strip() for one in target.split(",") if one.strip())
    return (target,)


def unknown(target: str, task: str, labels: Sequence[str]) -> str | None:
    """Say why a target can't be explained, None where it can."""
    known = namable(task, labels)
    for name in named(target, task, labels):
        if not known:
            return f"found “{name}”, and {task.replace('_', ' ')} has no classes to name"
        if name not in known:
            return f"found “{name}”, which is no class of the data ({nearest(name, known)})"
    return None
