"""What a recipe says about explanations."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from ..core.spec import Rows
from ..multimodal.spec import Spec
from .methods import names, unknown

Colour = Annotated[list[Annotated[int, Field(ge=0, le=255)]], Field(min_length=1, max_length=4)]


class SegmentsSpec(Spec):
    """What samples are cut into; texts are always cut into words."""

    image: Literal["superpixels", "patches", "pixels"] = Field(
        "superpixels", description="Superpixels that follow edges, patches of a grid, or pixels."
    )
    audio: Literal["cells", "bands", "spans", "quiet"] = Field(
        "cells",
        description="Cells of time and frequency, bands of frequency over the whole time (which "
        "find what lasts, as a hum does), spans of one length, or spans that are cut where it is "
        "quiet.",
    )
    count: Annotated[int, Field(ge=2, le=4096)] = Field(
        64, description="Segments of a picture or a sound, about."
    )


class BaselineSpec(Spec):
    """What stands for segments that are left out."""

    text: Literal["pad", "mask"] = Field(
        "pad",
        description="The model's padding token, or its token for hidden words; those that frame a "
        "text stay.",
    )
    image: Literal["mean", "blur", "black", "white"] | Colour = Field(
        "mean",
        description="A picture's mean colour, the picture blurred, black, white, or a colour as a "
        "list of numbers from 0 to 255. Sounds fall silent.",
    )


class ExplainSpec(Spec):
    """Which answers are explained, how, and how exactly."""

    methods: tuple[str, ...] = Field(
        ("integrated_gradients",),
        description="Attribution methods (`pellucid methods` lists them); an empty list explains "
        "nothing.",
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
    scale: Literal["logit", "log_odds"] = Field(
        "logit",
        description="Which number of a class is explained: its logit, or the logarithm of its "
        "probability over that of all other classes together, so that what speaks against these "
        "counts too.",
    )
    segments: SegmentsSpec = Field(
        default_factory=SegmentsSpec, description="What pictures and sounds are cut into."
    )
    baseline: BaselineSpec = Field(
        default_factory=BaselineSpec, description="What stands for segments that are left out."
    )
    tolerance: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.05,
        description="Largest completeness error, as a share of the difference between the score "
        "of the sample and of its baseline.",
    )
    steps: Annotated[int, Field(ge=3, le=4096)] = Field(
        9,
        description="Points between baseline and sample at which gradients are integrated, to "
        "begin with; more are added where the error arises.",
    )
    max_steps: Annotated[int, Field(ge=3, le=4096)] = Field(
        512, description="Most such points for one sample."
    )
    samples: Annotated[int, Field(ge=1, le=10_000)] = Field(
        25, description="Noisy copies or baselines of one sample (smoothgrad, gradient_shap)."
    )
    noise: Annotated[float, Field(gt=0, le=10)] = Field(
        0.1,
        description="Standard deviation of that noise, as a share of the distance from the "
        "sample's least number to its largest.",
    )
    evaluations: Annotated[int, Field(ge=4, le=1_000_000)] = Field(
        500,
        description="Copies without some segments that a model answers for one sample (lime, "
        "kernel_shap, partition_shap).",
    )
    window: Annotated[int, Field(ge=1, le=4096)] = Field(
        1, description="Neighbouring segments that are left out together (occlusion)."
    )
    ridge: Annotated[float, Field(ge=0)] = Field(
        1.0,
        description="How much small coefficients count beside small errors, as in the package "
        "lime; 0 for least squares (lime).",
    )
    seed: Annotated[int, Field(ge=0, lt=2**32)] = Field(0, description="Of all that is drawn.")

    @field_validator("methods")
    @classmethod
    def _known(cls, methods: tuple[str, ...]) -> tuple[str, ...]:
        for name in methods:
            if name not in names():
                raise ValueError(unknown(name))
        return methods

    @model_validator(mode="after")
    def _steps_in_order(self) -> ExplainSpec:
        if self.max_steps < self.steps:
            raise ValueError(
                f"max_steps is {self.max_steps}, expected at least steps ({self.steps})"
            )
        return self

    def cutting(self, modality: str) -> dict[str, Any]:
        """Return how parts of a modality are cut, as `multimodal`'s ``segmented`` takes it."""
        if modality == "text":
            return {"instead": self.baseline.text}
        if modality == "audio":
            return {"by": self.segments.audio, "wanted": self.segments.count}
        colours: dict[Any, Any] = {"black": (0, 0, 0), "white": (255, 255, 255)}
        fill = self.baseline.image
        return {
            "by": self.segments.image,
            "wanted": self.segments.count,
            "fill": tuple(fill) if isinstance(fill, list) else colours.get(fill, fill),
        }
