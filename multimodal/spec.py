"""What a recipe says about the model and the modalities of its inputs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Modality = Literal["text"]
Task = Literal["classification"]


class Spec(BaseModel):
    """A section of a recipe: unknown keys are errors, values don't change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class ModelSpec(Spec):
    """Which model is fine-tuned, and how it is loaded."""

    name: str = Field(
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
