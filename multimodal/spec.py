"""What a recipe says about the model and the modalities of its inputs."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_origin

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Modality = Literal["text", "image", "audio"]
"""What kind of thing an input column holds; cells of image and audio columns name files."""

Task = Literal[
    "classification",
    "multilabel",
    "regression",
    "token_classification",
    "extractive_qa",
    "masked_lm",
    "causal_lm",
    "chat",
    "preference",
    "contrastive",
]
"""What a model can learn to do; `core.tasks` holds one file for each family of them."""

Adapt = Literal["full", "head", "lora", "dora", "qlora"]

Part = Literal["vision", "connector", "language"]
"""What a model that writes about pictures is made of: what sees, what writes, what joins them."""


class Spec(BaseModel):
    """A section of a recipe: unknown keys are errors, values don't change after reading.

    A number stands for itself where text is expected (``positive: 1``, ``groups: [2019]``).
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        validate_default=True,
        coerce_numbers_to_str=True,
        allow_inf_nan=False,
    )

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_left_out(cls, raw: Any) -> Any:
        """Read a section or list without content (``clean:``) as one that is left out."""
        if not isinstance(raw, dict):
            return raw
        return {
            key: value for key, value in raw.items() if value is not None or not cls._holds(key)
        }

    @classmethod
    def _holds(cls, key: str) -> bool:
        """Whether a key stands for a section, a list or a mapping."""
        field = cls.model_fields.get(key)
        kind = field.annotation if field is not None else None
        return get_origin(kind) in (list, tuple, dict) or (
            isinstance(kind, type) and issubclass(kind, BaseModel)
        )


def one_key(raw: Any, example: str, usual: dict[str, Any]) -> Any:
    """Read a step that a recipe may write as a bare name, or with nothing or ``true`` behind it.

    Parameters
    ----------
    raw
        What the recipe says.
    example
        Two ways to write a step, for the error.
    usual
        What a name alone means, where it is not a section that is left as it is.
    """
    if isinstance(raw, str):
        raw = {raw: None}
    if not isinstance(raw, dict):
        return raw
    if len(raw) != 1:
        raise ValueError(
            f"expected one step here, a name or a mapping with one key, such as {example}"
        )
    (name, value), *_ = raw.items()
    return {name: usual.get(name, {}) if value is None or value is True else value}


class AdaptSpec(Spec):
    """Which weights are trained: all, the head, or small ones beside them."""

    kind: Adapt = Field(
        "full",
        description="full: all weights; head: only the new head, on features that are computed "
        "once; lora, dora: low-rank weights beside the linear layers; qlora: lora over weights in "
        "4 bits (needs bitsandbytes).",
    )
    frozen_layers: Annotated[int, Field(ge=0)] = Field(
        0, description="Lowest layers that stay as they are; the embeddings stay with them."
    )
    frozen_embeddings: bool = Field(False, description="Leave the embeddings as they are.")
    parts: Annotated[list[Part], Field(min_length=1)] = Field(
        ["connector", "language"],
        description="Parts that are trained of a model that writes about pictures, or get low-rank "
        "weights: vision, connector, language. What sees stays as it is if left out.",
    )
    rank: Annotated[int, Field(ge=1, le=4096)] = Field(
        8, description="Rank of the low-rank weights (lora, dora, qlora)."
    )
    alpha: Annotated[float, Field(gt=0)] | None = Field(
        None, description="Scale of the low-rank weights; twice the rank if left out."
    )
    dropout: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="Dropout in front of the low-rank weights."
    )
    targets: list[str] = Field(
        default_factory=list,
        description="Names of the layers that get low-rank weights; all linear layers of the body "
        "if left out.",
    )
    merge: bool = Field(
        True,
        description="Merge low-rank weights into the model that is saved, so that it loads without "
        "peft; the adapter alone is saved beside it.",
    )


class ModelSpec(Spec):
    """Which model is fine-tuned, and how it is loaded."""

    name: Annotated[str, Field(min_length=1)] = Field(
        "bundled/minilm",
        description="A local folder, a bundled model (bundled/minilm, bundled/image, "
        "bundled/audio, bundled/clip, bundled/chat) or a Hugging Face hub id, looked for in that "
        "order.",
    )
    text_encoder: str | None = Field(
        None,
        description="A model that reads the texts where model.name sees pictures only, such as "
        "bundled/minilm (pictures with texts).",
    )
    task: Task | None = Field(
        None, description="What the model learns to do; guessed from the data if left out."
    )
    adapt: AdaptSpec = Field(
        default_factory=AdaptSpec,
        description="Which weights are trained: full, head, lora, dora or qlora, or a mapping with "
        "`kind` and its settings.",
    )
    dropout: Annotated[float, Field(ge=0, lt=1)] | None = Field(
        None, description="Every dropout of the model; as the model has it if left out."
    )
    max_length: Annotated[int, Field(ge=8, le=131_072)] = Field(
        256, description="Tokens of a sample that the model reads; longer samples are cut off."
    )
    max_seconds: Annotated[float, Field(gt=0, le=3600)] = Field(
        30.0, description="Seconds of a sound that the model hears; longer ones are cut off."
    )
    cache_gigabytes: Annotated[float, Field(ge=0)] = Field(
        20.0,
        description="Most disk space for pictures and sounds that were decoded already; those "
        "beyond are decoded anew in each epoch.",
    )
    stride: Annotated[int, Field(ge=0)] = Field(
        64,
        description="Tokens that neighbouring windows share where a long context is read in "
        "windows (extractive_qa, and token_classification of long texts).",
    )
    chat_template: str | None = Field(
        None,
        description="Jinja file with the chat template; the tokenizer's own, else ChatML, if left "
        "out (chat, preference).",
    )
    trust_remote_code: bool = Field(
        False, description="Run Python code that comes with the model. Only for models you trust."
    )

    @field_validator("adapt", mode="before")
    @classmethod
    def _kind_alone(cls, raw: Any) -> Any:
        """Accept the kind alone: ``adapt: lora``."""
        return {"kind": raw} if isinstance(raw, str) else raw
