"""Tasks in words, for documents that people read, and as the Hugging Face hub names them."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple


class Words(NamedTuple):
    """How documents speak of a task.

    Attributes
    ----------
    name
        As in “a text classification model”.
    purpose
        As in “fine-tuned for text classification”.
    tag
        The hub's pipeline_tag.
    answers
        What the model gives; ``{n}`` stands for the number of labels and ``{label}`` for the column
        that was learnt.
    loss
        What its training loss is, with its unit.
    """

    name: str
    purpose: str
    tag: str
    answers: str
    loss: str


TASKS = {
    "classification": Words(
        "text classification",
        "text classification",
        "text-classification",
        "It gives one of these {n} answers:",
        "cross-entropy (nats)",
    ),
    "multilabel": Words(
        "multilabel text classification",
        "multilabel text classification",
        "text-classification",
        "It gives none, one or several of these {n} labels:",
        "binary cross-entropy (nats)",
    ),
    "regression": Words(
        "text regression",
        "text regression",
        "text-classification",
        "It gives a number, in the unit of the column {label} of its training data.",
        "squared error (in variances)",
    ),
    "token_classification": Words(
        "token classification",
        "token classification",
        "token-classification",
        "It gives each token one of these {n} tags:",
        "cross-entropy (nats)",
    ),
    "extractive_qa": Words(
        "question answering",
        "question answering",
        "question-answering",
        "It gives the passage of a text that answers a question, or says that there is none.",
        "cross-entropy (nats)",
    ),
    "masked_lm": Words(
        "masked language",
        "masked language modelling",
        "fill-mask",
        "It gives the words that may stand where one is hidden.",
        "cross-entropy (nats per hidden token)",
    ),
    "causal_lm": Words(
        "language",
        "language modelling",
        "text-generation",
        "It goes on with a text.",
        "cross-entropy (nats per token)",
    ),
    "chat": Words(
        "chat",
        "answering in conversations",
        "text-generation",
        "It answers as the assistant of a conversation.",
        "cross-entropy (nats per token of the assistant)",
    ),
    "preference": Words(
        "chat",
        "answers that people prefer",
        "text-generation",
        "It answers as the assistant of a conversation, after answers that people preferred.",
        "preference loss (nats)",
    ),
    "contrastive": Words(
        "picture and text retrieval",
        "finding pictures by texts and texts by pictures",
        "zero-shot-image-classification",
        "It gives pictures and texts vectors that are alike where they belong together.",
        "contrastive loss (nats)",
    ),
}
"""The words of every task of `multimodal.spec.Task`."""


INPUTS = {
    frozenset({"image"}): ("image", "image-classification"),
    frozenset({"audio"}): ("audio", "audio-classification"),
    frozenset({"image", "text"}): ("image and text", "visual-question-answering"),
}
"""What stands in place of “text” where inputs are of other modalities, and the hub's tag then."""


NAMED = frozenset({"contrastive"})
"""Tasks whose words name their inputs already."""


PICTURED = {
    "chat": Words(
        "picture chat",
        "answering in conversations about pictures",
        "image-text-to-text",
        "It answers as the assistant of a conversation about pictures.",
        TASKS["chat"].loss,
    ),
}
"""The words of tasks that write about pictures, where they do."""


def words(task: str, modalities: Collection[str] = ("text",)) -> Words:
    """Return a task's words.

    Parameters
    ----------
    task
        As `multimodal.spec.Task` names it.
    modalities
        What its inputs are.
    """
    if task in PICTURED and "image" in modalities:
        return PICTURED[task]
    found = TASKS.get(task, TASKS["classification"])
    inputs, tag = INPUTS.get(frozenset(modalities), ("", ""))
    if not inputs or task in NAMED:
        return found
    name, purpose = (said.replace("text", inputs) for said in (found.name, found.purpose))
    return found._replace(name=name, purpose=purpose, tag=tag)


def described(
    task: str, labels: int, label: str | None, modalities: Collection[str] = ("text",)
) -> str:
    """Return what the model gives, as a sentence."""
    said = words(task, modalities).answers.format(n=labels, label=f"“{label}”")
    if task in NAMED and labels:
        said += f" By prompts it can tell these {labels} classes, which it did not learn:"
    return said
