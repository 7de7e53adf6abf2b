"""What a recipe says about the model and the modalities of its inputs."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_origin

from pydantic import BaseModel, ConfigDict, Field, model_validator

Modality = Literal["text"]
Task = Literal["classification"]


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


class ModelSpec(Spec):
    """Which model is fine-tuned, and how it is loaded."""

    name: Annotated[str, Field(min_length=1)] = Field(
        "bundled/minilm",
        description="A local folder, a bundled model (bundled/minilm) or a Hugging Face hub id, "
        "looked for in that order.",
    )
    task: Task | None = Field(
        None, description="What the model learns to do; guessed from the data if left out."
    )
    adapt: Literal["full"] = Field("full", description="Which weights are trained: all of them.")
    max_length: Annotated[int, Field(ge=8, le=131_072)] = Field(
        256, description="Tokens of a sample that the model reads; longer samples are cut off."
    )
    trust_remote_code: bool = Field(
        False, description="Run Python code that comes with the model. Only for models you trust."
    )
