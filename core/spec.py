"""What a recipe says about data, training, evaluation and the report."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from ..multimodal.augment_spec import AugmentStep
from ..multimodal.spec import Modality, Spec, one_key

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Split = Literal["train", "validation", "test"]
Format = Literal["html", "pdf", "markdown", "json", "csv", "model_card", "data_sheet"]


def _rows(raw: Any) -> Any:
    """Refuse what can't choose rows; ids can only be known once the data is read."""
    match raw:
        case bool():
            fine = False
        case int():
            fine = raw > 0
        case str():
            fine = raw.strip() not in ("", "0")
        case list():
            fine = bool(raw) and all(isinstance(one, str | int) for one in raw)
        case _:
            fine = False
    if not fine:
        raise ValueError(
            "expected a number above 0, a range such as 0:200, “all”, or a list of ids"
        )
    return raw


Rows = Annotated[int | str | list[str], BeforeValidator(_rows)]


class SourceSpec(Spec):
    """One table, with its weight where several are brought together."""

    path: Annotated[str, Field(min_length=1)] = Field(
        description="CSV, TSV, JSON, JSONL or Parquet file, or a folder of pictures or sounds, "
        "relative to the recipe."
    )
    weight: Annotated[float, Field(gt=0)] = Field(
        1.0, description="How much each row of this table counts in the loss."
    )
    encoding: str = Field(
        "utf-8", description="Character encoding of a CSV, TSV, JSON or JSONL file."
    )


class SplitSpec(Spec):
    """Which rows are trained on, which choose the checkpoint, which are tested."""

    column: str | None = Field(
        None, description="Column that names the split of each row: train, validation or test."
    )
    train: Fraction = Field(0.8, description="Share of the rows to train on.")
    validation: Fraction = Field(0.1, description="Share of the rows that choose the checkpoint.")
    test: Fraction = Field(0.1, description="Share of the rows to evaluate, explain and audit.")
    stratify: bool = Field(True, description="Keep the share of every label in every split.")
    seed: Seed = Field(13, description="Seed of the random split.")

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> SplitSpec:
        if self.column is None:
            total = self.train + self.validation + self.test
            if abs(total - 1) > 1e-6:
                raise ValueError(f"train, validation and test sum to {total:g}, expected 1")
            if self.train == 0:
                raise ValueError("train is 0, expected a share above 0")
        return self


class DropDuplicatesSpec(Spec):
    """Rows whose inputs stand in the table more than once: the first is kept."""

    near: bool = Field(
        False, description="Also drop texts equal but for case, punctuation and spaces."
    )


class CleanStep(Spec):
    """One cleaning step: a name, or a mapping from the name to its settings."""

    drop_missing: bool | None = Field(
        None, description="Drop rows without label or with an empty input, instead of stopping."
    )
    drop_duplicates: DropDuplicatesSpec | None = Field(
        None, description="Drop rows whose inputs stand in the table already."
    )

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, raw: Any) -> Any:
        """Accept a bare name, and a name with nothing or ``true`` behind it."""
        return one_key(
            raw, "drop_missing or {drop_duplicates: {near: true}}", {"drop_missing": True}
        )

    @model_serializer(mode="wrap")
    def _one_key(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Write what can be read again: the one key that is set."""
        return {name: value for name, value in dump(self).items() if value is not None}


class DataSpec(Spec):
    """The tables and the role of their columns."""

    source: list[SourceSpec] = Field(
        description="A table, or a list of tables, each with an optional weight."
    )
    inputs: dict[str, Modality] = Field(
        default_factory=dict,
        description="Input columns and their modality; several columns are several parts. May be "
        "left out where the task knows its columns (extractive_qa, chat, preference).",
    )
    label: str | None = Field(
        None,
        description="Column that holds the answer to learn; none for language modelling, chat and "
        "contrastive tuning, which tells pictures' classes by it without learning them.",
    )
    labels: list[str] = Field(
        default_factory=list,
        description="Columns of 0 and 1, one for each label (multilabel), in place of label.",
    )
    separator: Annotated[str, Field(min_length=1)] = Field(
        "|", description="What stands between several labels in one cell (multilabel)."
    )
    groups: list[str] = Field(
        default_factory=list, description="Sensitive columns whose groups the audit compares."
    )
    id: str | None = Field(None, description="Column that names each row; row numbers if left out.")
    weight: str | None = Field(None, description="Column with the weight of each row in the loss.")
    split: SplitSpec = Field(default_factory=SplitSpec, description="How rows are split.")
    folder: str | None = Field(
        None,
        description="Folder in which the pictures and sounds that a table names have to lie, "
        "relative to the recipe; the table's own if left out.",
    )
    on_bad_sample: Literal["error", "skip"] = Field(
        "error",
        description="What is done where a picture or sound can't be read: stop before training and "
        "name all of them, or leave their rows out.",
    )
    clean: list[CleanStep] = Field(
        default_factory=list, description="Cleaning steps, carried out in this order."
    )

    @field_validator("source", mode="before")
    @classmethod
    def _one_or_many(cls, raw: Any) -> Any:
        items = raw if isinstance(raw, list) else [raw]
        if not items:
            raise ValueError("no table is named, expected at least one")
        return [{"path": item} if isinstance(item, str) else item for item in items]

    @model_validator(mode="after")
    def _label_has_one_role(self) -> DataSpec:
        others: dict[str, list[str | None]] = {
            "input": [*self.inputs],
            "id": [self.id],
            "split": [self.split.column],
        }
        for role, columns in others.items():
            for name in self.answers:
                if name in columns:
                    raise ValueError(
                        f"the column “{name}” is both label and {role}, expected two columns"
                    )
        if self.label is not None and self.labels:
            raise ValueError("both label and labels are given, expected one of them")
        return self

    @property
    def modalities(self) -> tuple[str, ...]:
        """Modality of each input; text where the task knows its columns itself."""
        return tuple(self.inputs.values()) or ("text",)

    @property
    def answers(self) -> tuple[str, ...]:
        """The columns that hold what is to be learnt."""
        return (self.label,) if self.label is not None else tuple(self.labels)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that has a role, once each."""
        roles = (*self.groups, self.id, self.weight, self.split.column)
        named = [*self.inputs, *self.answers, *roles]
        return tuple(dict.fromkeys(name for name in named if name is not None))


class EarlyStoppingSpec(Spec):
    """When training ends before its last epoch."""

    patience: Annotated[int, Field(ge=0)] = Field(
        2, description="Epochs without a better validation metric before training ends; 0: never."
    )
    metric: str | None = Field(
        None,
        description="Validation metric that chooses the checkpoint to keep, such as f1_macro or "
        "loss; what suits the task if left out.",
    )


class TrainSpec(Spec):
    """How the model is trained."""

    epochs: Annotated[int, Field(ge=1, le=1000)] = Field(3, description="Passes over the data.")
    max_steps: Annotated[int, Field(ge=1)] | None = Field(
        None, description="Most optimiser steps; training ends there if the epochs take more."
    )
    max_minutes: Annotated[float, Field(gt=0)] | None = Field(
        None,
        description="Most minutes of training, of all its jobs together; it ends well there, its "
        "schedule unfinished.",
    )
    learning_rate: Annotated[float, Field(gt=0, le=1)] = Field(
        5e-5, description="Peak learning rate of AdamW."
    )
    schedule: Literal["linear", "cosine", "constant", "inverse_sqrt"] = Field(
        "linear", description="How the learning rate falls behind the warm-up."
    )
    warmup: Fraction = Field(
        0.06, description="Share of the steps over which the learning rate rises from 0."
    )
    layer_decay: Annotated[float, Field(gt=0, le=1)] = Field(
        1.0,
        description="Learning rate of a layer as a share of the layer's above it; 1: all alike.",
    )
    augment: list[AugmentStep] = Field(
        default_factory=list,
        description="Changes of training samples, drawn anew in each epoch: of pictures flip, "
        "crop, rotate, colour, blur, randaugment, mixup, cutmix; of sounds gain, noise, shift, "
        "speed, spec_augment.",
    )
    batch_size: Annotated[int, Field(ge=1)] = Field(32, description="Samples in one step.")
    micro_batch_size: Annotated[int, Field(ge=1)] | None = Field(
        None,
        description="Samples that go through the model at once; a step adds up as many such "
        "micro-batches as it needs. All of a step at once if left out; halved where memory runs "
        "out.",
    )
    packing: bool = Field(
        True,
        description="Put short samples of a causal language model or chat one behind the other "
        "into full sequences, each seeing only itself.",
    )
    weight_decay: Annotated[float, Field(ge=0)] = Field(
        0.0, description="Decoupled weight decay of matrices (not of biases and norms)."
    )
    clip_norm: Annotated[float, Field(gt=0)] = Field(
        1.0, description="Largest norm of the gradient; longer ones are scaled down."
    )
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="Share of the target that is spread evenly over all classes."
    )
    focal_gamma: Annotated[float, Field(ge=0)] = Field(
        0.0,
        description="How much easy samples are turned down (focal loss); 0: plain cross-entropy.",
    )
    class_weight: Literal["balanced"] | dict[str, Annotated[float, Field(ge=0)]] | None = Field(
        None,
        description="Weight of each class in the loss; balanced: the rarer, the heavier.",
    )
    mask_share: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.15, description="Share of the tokens that are hidden and guessed (masked_lm)."
    )
    beta: Annotated[float, Field(gt=0)] = Field(
        0.1, description="How close preference tuning stays to the model it began with (DPO)."
    )
    average: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        None,
        description="Decay of an exponential moving average of the weights, which is what is "
        "validated and saved; none if left out.",
    )
    seed: Seed = Field(13, description="Seed of initialisation, order of the rows and dropout.")
    deterministic: bool = Field(
        False,
        description="Only operations that give the same numbers every time; slower on a GPU. On a "
        "CPU training is so anyway.",
    )
    precision: Literal["auto", "bf16", "fp32"] = Field(
        "auto", description="Number format of matrix products; auto: bf16 where the machine has it."
    )
    compile: bool = Field(
        False,
        description="Compile the model with torch.compile; pays for itself in long trainings.",
    )
    gradient_checkpointing: bool = Field(
        False, description="Compute activations twice instead of keeping them: less memory, slower."
    )
    checkpoint_steps: Annotated[int, Field(ge=1)] | None = Field(
        200, description="Steps between checkpoints; empty: only at the end of an epoch."
    )
    keep_checkpoints: Annotated[int, Field(ge=1)] = Field(
        2, description="Checkpoints kept on disk, newest first."
    )
    keep_gigabytes: Annotated[float, Field(gt=0)] | None = Field(
        None,
        description="Most disk space that checkpoints may take; the newest one is always kept.",
    )
    validate_steps: Annotated[int, Field(ge=1)] | None = Field(
        None,
        description="Steps between validations; empty: at the end of each epoch.",
    )
    sample_generations: Annotated[int, Field(ge=0, le=100)] = Field(
        2,
        description="Validation rows whose answers are written out at each validation (causal_lm, "
        "chat).",
    )
    tensorboard: bool = Field(
        False, description="Write the metrics for TensorBoard too (needs pellucid[tensorboard])."
    )
    early_stopping: EarlyStoppingSpec = Field(
        default_factory=EarlyStoppingSpec, description="When training ends early."
    )


class EvaluateSpec(Spec):
    """How predictions are measured."""

    splits: tuple[Split, ...] = Field(
        ("validation", "test"),
        description="Splits that are predicted and evaluated, where they have rows.",
    )
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        0.95, description="Level of the bootstrap intervals."
    )
    replicates: Annotated[int, Field(ge=100, le=100_000)] = Field(
        1000, description="Bootstrap replicates behind each interval."
    )
    baselines: bool = Field(
        True,
        description="Measure the majority class beside it, and logistic regression on simple "
        "features: TF-IDF of texts, small pictures, mean spectra of sounds.",
    )
    seed: int = Field(13, description="Seed of the bootstrap.")
    generations: Annotated[int, Field(ge=0)] = Field(
        64,
        description="Rows of each split whose answers are generated and scored with exact match, "
        "ROUGE and BLEU (chat, causal_lm with a label column).",
    )
    new_tokens: Annotated[int, Field(ge=1, le=8192)] = Field(
        64, description="Most tokens of a generated answer."
    )

    prompts: Annotated[list[str], Field(min_length=1)] = Field(
        ["a photo of {label}"],
        description="Sentences by which pictures are classified where contrastive tuning names a "
        "label column, each with {label} in it; of several the mean counts.",
    )

    @field_validator("prompts")
    @classmethod
    def _prompts_name_the_label(cls, prompts: list[str]) -> list[str]:
        """Refuse a prompt that is the same for every label."""
        for prompt in prompts:
            if "{label}" not in prompt:
                raise ValueError(f"expected “{{label}}” in each prompt, found “{prompt}”")
        return prompts

    @field_validator("splits")
    @classmethod
    def _the_test_rows_are_measured(cls, splits: tuple[Split, ...]) -> tuple[Split, ...]:
        """Refuse to leave out the test rows, on which report, explanations and audit stand."""
        if "test" not in splits:
            raise ValueError("expected a list with “test” in it")
        return splits


class StatementsSpec(Spec):
    """What only people know of a model and its data; the documents mark what is left out.

    The questions are those of model cards (Mitchell et al. 2019) and of data sheets (Gebru et al.
    2021).
    """

    author: str | None = Field(None, description="Who answers for this run, by name or office.")
    contact: str | None = Field(None, description="Where questions and complaints go.")
    intended_use: str | None = Field(None, description="What the model is meant for, and by whom.")
    out_of_scope: str | None = Field(None, description="What the model must not be used for.")
    ethical_considerations: str | None = Field(
        None, description="Whom its answers may harm, and what was considered about it."
    )
    caveats: str | None = Field(None, description="What else a user should know of it.")
    motivation: str | None = Field(None, description="Why and by whom the data was brought about.")
    funding: str | None = Field(None, description="Who paid for the data.")
    instances: str | None = Field(None, description="What a row stands for: a person, a review …")
    collection: str | None = Field(
        None, description="How, when and by whom the rows were collected, and how they were chosen."
    )
    labelling: str | None = Field(None, description="Who gave the labels, and by which rules.")
    consent: str | None = Field(
        None, description="Whether the people in the data know of it, and can take it back."
    )
    review: str | None = Field(None, description="Which ethical or legal review there was.")
    data_licence: str | None = Field(None, description="Licence or terms of the data.")
    uses: str | None = Field(None, description="What the data was used for, and may be used for.")
    not_for: str | None = Field(None, description="What the data must not be used for.")
    distribution: str | None = Field(None, description="Who gets the data, and how.")
    maintenance: str | None = Field(
        None, description="Who keeps the data, corrects it, and deletes it when."
    )


class ReportSpec(Spec):
    """What is written at the end."""

    formats: tuple[Format, ...] = Field(
        ("html", "model_card"),
        description="Documents to write: the report as one HTML page, as a PDF to sign, "
        "in Markdown, its numbers as JSON and as CSV tables; a model card and a data sheet.",
    )
    maps: Annotated[int, Field(ge=0, le=500)] = Field(
        24, description="Attribution maps drawn in the report."
    )
    title: str | None = Field(None, description="Title of the report; the recipe's name if empty.")
    statements: StatementsSpec = Field(
        default_factory=StatementsSpec,
        description="What only people know: intended use, origin of the data, who answers for it.",
    )
