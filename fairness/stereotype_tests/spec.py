"""What a recipe says about one stereotype test."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ...multimodal.spec import Spec

Test = Literal[
    "crows_pairs", "stereoset", "winobias", "winogender", "bbq", "eec", "jigsaw_templates"
]


class StereotypeSpec(Spec):
    """Which test is made, and where its sentences lie."""

    test: Test = Field(description="Name of the test.")
    path: str = Field(
        description="File of the test, or the folder that holds its files, as its authors give "
        "them out. Mind its licence: docs/stereotypes.md names it."
    )
    rows: Annotated[int, Field(ge=1)] | None = Field(
        None, description="Most rows, drawn by the seed; all of them if left out."
    )
    positive: list[str] | None = Field(
        None,
        description="Classes whose probability, summed, is the score that is compared (eec, "
        "jigsaw_templates): those that count as toxic, say. With two classes the second if left "
        "out.",
    )
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        0.95, description="Level of the intervals."
    )
    replicates: Annotated[int, Field(ge=100, le=100_000)] = Field(
        1000, description="Bootstrap replicates behind an interval that has no closed form."
    )
    seed: int = Field(13, description="Seed of the bootstrap, and of the rows that are drawn.")
