"""Which keys of a recipe matter for what it says, and what is said of those that don't.

A recipe is one mapping for every task and every way to adapt a model. Most of its keys concern a
few of them, so the form shows what matters, leaves out what doesn't, and says so where a recipe
names such a key all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from ....explain.methods import methods
from ....explain.targets import explains
from ....multimodal.augment_spec import MODALITY
from ....multimodal.spec import Task
from ...frame.texts import tr
from ...widgets.task_words import DEFAULT, parts_words, task_name
from .schema import at

TASKS: tuple[str, ...] = get_args(Task)
WRITTEN = frozenset({"chat", "preference"})
LANGUAGE = frozenset({"masked_lm", "causal_lm"})
CLASSES = frozenset({"classification"})
GENERATED = frozenset({"chat", "causal_lm"})
UNLABELLED = frozenset({"masked_lm", "preference"})
PAIRED = frozenset({"contrastive"})
LOW_RANK = frozenset({"lora", "dora", "qlora"})
FILES = frozenset({"image", "audio"})
JOINED = frozenset({"classification", "multilabel", "regression"})
CHANGED = JOINED | PAIRED
COMPARED = (
    "groups", "depth", "cut", "reference", "control", "terms", "term_file", "derived", "small",
    "gap", "permutations", "replicates",
)  # fmt: skip
"""Keys of the comparison of groups; the tests beside it are made for other tasks too."""
EXPLAINED = frozenset(task for task in TASKS if explains(task))
SEEING = frozenset({"chat"})
"""Tasks whose tables may have pictures that a recipe need not name."""

ONLY: dict[str, frozenset[str]] = {
    "data.label": frozenset(TASKS) - UNLABELLED,
    "data.labels": frozenset({"multilabel"}),
    "data.separator": frozenset({"multilabel"}),
    "data.split.stratify": CLASSES,
    "model.stride": frozenset({"extractive_qa", "token_classification"}),
    "model.chat_template": WRITTEN,
    "model.adapt.parts": WRITTEN,
    "train.packing": GENERATED,
    "train.label_smoothing": frozenset({"classification", "token_classification"}),
    "train.focal_gamma": frozenset({"classification", "multilabel", "token_classification"}),
    "train.class_weight": frozenset({"classification", "multilabel", "token_classification"}),
    "train.mask_share": frozenset({"masked_lm"}),
    "train.beta": frozenset({"preference"}),
    "train.sample_generations": GENERATED,
    "evaluate.generations": GENERATED,
    "evaluate.new_tokens": GENERATED,
    "evaluate.prompts": PAIRED,
    "train.micro_batch_size": frozenset(TASKS) - PAIRED,
    "train.augment": CHANGED,
    "model.text_encoder": JOINED,
    "explain": EXPLAINED,
    **{f"audit.{key}": JOINED for key in COMPARED},
    "audit.positive": CLASSES,
    "audit.remedy": CLASSES,
    "report.maps": EXPLAINED,
}
"""Keys and sections that only some tasks use; all others matter for every task."""

PARTS: dict[str, frozenset[str]] = {
    "data.folder": FILES,
    "data.on_bad_sample": FILES,
    "model.text_encoder": frozenset({"image"}),
    "model.max_length": frozenset({"text"}),
    "model.max_seconds": frozenset({"audio"}),
    "model.cache_gigabytes": FILES,
    "train.augment": frozenset(MODALITY.values()),
    "explain.segments": FILES,
    "explain.segments.image": frozenset({"image"}),
    "explain.segments.audio": frozenset({"audio"}),
    "explain.baseline.text": frozenset({"text"}),
    "explain.baseline.image": frozenset({"image"}),
}
"""Keys that concern parts of some modalities; they matter where samples have one of them."""

KINDS: dict[str, frozenset[str]] = {
    "model.adapt.frozen_layers": frozenset({"full"}),
    "model.adapt.frozen_embeddings": frozenset({"full"}),
    "model.adapt.rank": LOW_RANK,
    "model.adapt.alpha": LOW_RANK,
    "model.adapt.dropout": LOW_RANK,
    "model.adapt.targets": LOW_RANK,
    "model.adapt.merge": LOW_RANK,
    "train.layer_decay": frozenset({"full"}),
}
"""Keys that only some ways to adapt a model use."""

FOREMOST: dict[str, frozenset[str]] = {
    "evaluate.generations": GENERATED,
    "train.mask_share": frozenset({"masked_lm"}),
    "train.beta": frozenset({"preference"}),
    "evaluate.prompts": PAIRED,
    "train.class_weight": frozenset({"token_classification", "multilabel"}),
}
"""Keys that are folded for most tasks and in sight for these."""

METRICS: dict[str, tuple[str, ...]] = {
    "classification": ("f1_macro", "accuracy", "balanced_accuracy", "log_loss"),
    "multilabel": ("f1_micro", "f1_macro", "f1_samples", "hamming_loss", "subset_accuracy", "loss"),
    "regression": (
        "loss",
        "mean_absolute_error",
        "root_mean_squared_error",
        "r2",
        "pearson_r",
        "spearman_r",
    ),
    "token_classification": ("f1_entity", "precision_entity", "recall_entity", "loss"),
    "extractive_qa": ("f1", "exact_match", "loss"),
    "masked_lm": ("perplexity", "loss"),
    "causal_lm": ("perplexity", "loss"),
    "chat": ("perplexity", "loss"),
    "preference": ("accuracy", "margin", "preference_loss"),
    "contrastive": (
        "mean_reciprocal_rank",
        "image_to_text_recall_at_1",
        "image_to_text_recall_at_5",
        "image_to_text_recall_at_10",
        "text_to_image_recall_at_1",
        "text_to_image_recall_at_5",
        "text_to_image_recall_at_10",
    ),
}
"""Validation metrics by which training may choose its checkpoint, the usual one first."""

NAMES_COLUMNS = frozenset({"extractive_qa", "chat", "preference"})
"""Tasks that know their columns, so that `data.inputs` may be left out."""


@dataclass(frozen=True)
class Fitting:
    """What a recipe is about, as far as its form depends on it.

    Attributes
    ----------
    task
        What is learnt; where the recipe leaves it open, what its keys point to.
    adapt
        The way to adapt the model.
    stated
        Whether the recipe names its task.
    modalities
        What the inputs hold, or may hold where the recipe names none and the task knows them;
        else texts.
    """

    task: str = DEFAULT
    adapt: str = "full"
    stated: bool = False
    modalities: tuple[str, ...] = ("text",)

    def unused(self, name: str) -> str:
        """Say why a key, or the section that it stands in, doesn't matter; empty where it does."""
        keys = name.split(".")
        for depth in range(1, len(keys) + 1):
            place = ".".join(keys[:depth])
            tasks = ONLY.get(place)
            if tasks is not None and self.task not in tasks:
                task = task_name(self.task, self.modalities)
                return tr("Not used for “{task}”.").format(task=task)
            parts = PARTS.get(place)
            if parts is not None and parts.isdisjoint(self.modalities):
                return tr("Not used for {parts}.").format(parts=parts_words(self.modalities))
        kinds = KINDS.get(name)
        if kinds is not None and self.adapt not in kinds:
            said = choice_words("model.adapt.kind").get(self.adapt, self.adapt)
            return tr("Not used with “{kind}”.").format(kind=said)
        return ""

    def steps(self, name: str, steps: Sequence[str]) -> list[str]:
        """Return which steps of a list of steps matter for what the inputs hold."""
        if name != "train.augment":
            return list(steps)
        return [step for step in steps if MODALITY[step] in self.modalities]

    def foremost(self, name: str) -> bool:
        """Whether a key that is folded else is in sight here."""
        if name in ("train.augment", "data.folder"):
            return self.task in CHANGED and not FILES.isdisjoint(self.modalities)
        if name in ("model.adapt.rank", "model.adapt.alpha"):
            return self.adapt in LOW_RANK
        return self.task in FOREMOST.get(name, frozenset())

    def help(self, name: str) -> str:
        """Say what a key means for this task, where there is more to say than for all; else ""."""
        if name == "model.adapt.kind":
            return _kinds().get(self.adapt, "")
        if name == "train.learning_rate" and self.adapt == "head":
            return tr("Peak learning rate of AdamW. A head alone needs far more: 1e-2 to 5e-2.")
        said = _helps().get(name, {}).get(self.task, "")
        if name == "train.learning_rate" and self.adapt in LOW_RANK and not said:
            return tr("Peak learning rate of AdamW. With low-rank weights 1e-4 to 5e-4 are usual.")
        return said

    def suggestions(self, name: str) -> tuple[str, ...]:
        """Return values that may be meant."""
        return METRICS.get(self.task, ()) if name == "train.early_stopping.metric" else ()


def fitting(raw: Any) -> Fitting:
    """Read from a recipe's plain data what its form depends on."""
    _, task = at(raw, ("model", "task"))
    _, kind = at(raw, ("model", "adapt", "kind"))
    adapt = kind if isinstance(kind, str) else "full"
    _, inputs = at(raw, ("data", "inputs"))
    held = inputs.values() if isinstance(inputs, Mapping) else ()
    modalities = tuple(dict.fromkeys(str(one) for one in held)) or ("text",)
    if isinstance(task, str) and task in TASKS:
        if task in SEEING and not held:
            modalities = ("text", "image")
        return Fitting(task, adapt, stated=True, modalities=modalities)
    data = raw.get("data") if isinstance(raw, Mapping) else None
    task = _pointed_to(data if isinstance(data, Mapping) else {})
    return Fitting(task, adapt, modalities=modalities)


def _pointed_to(data: Mapping[str, Any]) -> str:
    """Return the task that a data section without one points to."""
    return "multilabel" if data.get("labels") else DEFAULT


def choice_words(name: str) -> dict[str, str]:
    """Return words for the values of a choice; none where they speak for themselves."""
    words = {
        "model.task": {task: task_name(task, ()) for task in TASKS},
        "data.on_bad_sample": {
            "error": tr("stop and name them"),
            "skip": tr("leave their rows out"),
        },
        "model.adapt.kind": {
            "full": tr("All weights"),
            "head": tr("The head only"),
            "lora": tr("Low-rank weights (LoRA)"),
            "dora": tr("Low-rank weights (DoRA)"),
            "qlora": tr("LoRA over 4 bits (QLoRA)"),
        },
        "train.schedule": {
            "linear": tr("linear, to 0"),
            "cosine": tr("cosine, to 0"),
            "constant": tr("constant"),
            "inverse_sqrt": tr("inverse square root"),
        },
        "train.class_weight": {"balanced": tr("balanced")},
        "explain.methods": {one.name: one.title for one in methods().values()},
        "report.formats": {
            "html": tr("HTML page"),
            "pdf": tr("PDF"),
            "markdown": tr("Markdown"),
            "json": tr("JSON"),
            "csv": tr("CSV tables"),
            "model_card": tr("Model card"),
            "data_sheet": tr("Data sheet"),
        },
    }
    return words.get(name, {})


def section_help(name: str, usual: str) -> str:
    """Return what a section means; `usual` where the schema's own words will do."""
    return tr("Which weights are trained.") if name == "model.adapt" else usual


def _kinds() -> dict[str, str]:
    return {
        "full": tr("Every weight is trained: the most exact, and the most memory."),
        "head": tr("Only the new head, on features that are computed once: the fastest."),
        "lora": tr("Small weights beside the linear layers: little memory, small files."),
        "dora": tr("As LoRA, with the length of each row of weights trained apart."),
        "qlora": tr("As LoRA, over weights held in 4 bits (needs bitsandbytes)."),
    }


def left_empty(name: str, usual: str = "") -> str:
    """Say what a key that is left empty comes to; `usual` where nothing more is known."""
    said = {
        "model.task": tr("guessed from the data"),
        "train.class_weight": tr("all alike"),
        "train.early_stopping.metric": tr("what suits the task"),
        "model.adapt.alpha": tr("twice the rank"),
        "model.adapt.targets": tr("all linear layers"),
        "model.dropout": tr("the model’s own"),
        "model.text_encoder": tr("none"),
        "data.folder": tr("the table’s own"),
        "train.micro_batch_size": tr("all at once"),
        "train.validate_steps": tr("each epoch"),
        "train.checkpoint_steps": tr("each epoch"),
        "train.max_steps": tr("no limit"),
        "train.max_minutes": tr("no limit"),
        "train.keep_gigabytes": tr("no limit"),
        "train.average": tr("none"),
    }
    return said.get(name) or usual or tr("left empty")


def _helps() -> dict[str, dict[str, str]]:
    """Return what keys mean for tasks for which the schema's own words are not enough."""
    others = [task for task in TASKS if task not in CLASSES]
    untrained = tr("Measure the model as it was before training beside it.")
    columns = tr(
        "Columns that the model reads. May be left out here: the columns of such tables are known."
    )
    length = tr(
        "Tokens of a window. Longer contexts are read in several windows that overlap, so nothing "
        "is cut off."
    )
    return {
        "data.inputs": {
            "extractive_qa": columns,
            "chat": columns,
            "preference": columns,
            "token_classification": tr(
                "Column with the sentence: a text, or a JSON list of its words."
            ),
            "masked_lm": tr("Column with the texts to read."),
            "causal_lm": tr("Column with the texts to read."),
            "contrastive": tr("A column with pictures, and one with what is said of each."),
        },
        "data.label": {
            "contrastive": tr(
                "Column with the class of each picture; nothing is learnt of it. Test pictures are "
                "classified by the prompts below “Evaluate”."
            ),
            "regression": tr("Column with the number to learn."),
            "chat": tr(
                "Column with the answers to the inputs: questions, pictures, or both. Left out for "
                "tables of messages, and of prompts with their answers, which are known."
            ),
            "multilabel": tr(
                "Column whose cells name their labels, with the separator between them; or leave "
                "it empty and name columns of 0 and 1 under “Labels”."
            ),
            "token_classification": tr(
                "Column with one tag for each word (BIO or BILOU), a JSON list or with spaces "
                "between them."
            ),
            "extractive_qa": tr(
                "Column with the answers; may be left out for a file in the SQuAD format."
            ),
            "causal_lm": tr(
                "Column with the text that should follow, where one should; only it is learnt then."
            ),
        },
        "model.max_length": {
            "extractive_qa": length,
            "token_classification": length,
            "masked_lm": tr("Tokens of a piece. Long texts are cut into pieces, none is lost."),
            "causal_lm": tr("Tokens of a sequence. Long texts are cut into pieces, none is lost."),
            "chat": tr(
                "Tokens of a conversation that the model reads; those of its pictures come on top. "
                "“Look at what is trained on” shows whether answers are cut off."
            ),
        },
        "train.epochs": {
            "chat": tr("Passes over the conversations. Two or three are usual: more are recited."),
            "preference": tr("Passes over the pairs. One to three are usual."),
        },
        "train.learning_rate": {
            "chat": tr("Peak learning rate of AdamW. With LoRA 1e-4 to 2e-4 are usual."),
            "preference": tr("Peak learning rate of AdamW; far smaller than usual: 1e-6 to 5e-6."),
            "contrastive": tr("Peak learning rate of AdamW. 1e-5 to 5e-5 are usual."),
        },
        "train.batch_size": {
            "contrastive": tr(
                "Pairs in one step. Each is told from the others of its step, so more of them are "
                "a harder task; they need memory together."
            ),
        },
        "data.groups": dict.fromkeys(
            others, tr("Columns that stay beside the predictions, so that rows can be told apart.")
        ),
        "data.split.test": dict.fromkeys(others, tr("Share of the rows to evaluate.")),
        "evaluate.baselines": {
            **dict.fromkeys(others, untrained),
            "multilabel": tr(
                "Measure the most frequent labels beside it, and logistic regression on simple "
                "features: TF-IDF of texts, small pictures, mean spectra of sounds."
            ),
            "regression": tr(
                "Measure the mean of the training rows beside it, and ridge regression on simple "
                "features: TF-IDF of texts, small pictures, mean spectra of sounds."
            ),
            "token_classification": tr("Measure each word’s most frequent tag beside it."),
        },
    }
