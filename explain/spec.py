"""What a recipe says about explanations."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ..core.spec import Rows
from ..multimodal.spec import Spec

Method = Literal["integrated_gradients"]


class ExplainSpec(Spec):
    """Which answers are explained, how, and how exactly."""

    methods: tuple[Method, ...] = Field(
        ("integrated_gradients",),
        description="Attribution methods; an empty list explains nothing.",
    )
    rows: Rows = Field(
        200,
        description="Test rows to explain: a number (spread over the split), “a:b”, or a list "
        "of ids; “all” for the whole test split.",
    )
    target: str = Field(
        "predicted",
        description="The class that is explained: predicted, label, or the name of a class.",
    )
    tolerance: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.05,
        description="Largest completeness error, as a share of the difference between the score "
        "of the sample and of its baseline.",
    )
    steps: Annotated[int, Field(ge=2, le=4096)] = Field(
        24, description="Steps of integration to begin with; raised where the error is too large."
    )
    max_steps: Annotated[int, Field(ge=2, le=4096)] = Field(
        512, description="Most steps of integration for one sample."
    )

    @model_validator(mode="after")
    def _steps_in_order(self) -> ExplainSpec:
        if self.max_steps < self.steps:
            raise ValueError(
                f"max_steps is {self.max_steps}, expected at least steps ({self.steps})"
            )
        return self
