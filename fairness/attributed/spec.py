"""What a recipe says about attributions by group."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ...multimodal.spec import Spec


class AttributedSpec(Spec):
    """Which attributions are compared between groups, and how surely."""

    method: str | None = Field(
        None, description="Method of the attributions; the first that the run has if left out."
    )
    target: str | None = Field(
        None, description="Rows explained for this answer alone; all if left out."
    )
    groups: list[str] | None = Field(
        None, description="Columns whose groups are compared; all of the run's if left out."
    )
    terms: list[str] = Field(
        [],
        description="Lists of words for people whose share of the attribution is measured: gender, "
        "race, religion …",
    )
    pattern: str | None = Field(
        None, description="More such words, as a regular expression in any case."
    )
    least_rows: Annotated[int, Field(ge=2)] = Field(
        5, description="Words in fewer rows are not compared."
    )
    most: Annotated[int, Field(ge=1, le=200)] = Field(
        12, description="Words or places that are kept of each comparison."
    )
    small: Annotated[int, Field(ge=2)] = Field(
        30, description="Groups with fewer explained rows are marked as small (never hidden)."
    )
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        0.95, description="Level of the intervals."
    )
    permutations: Annotated[int, Field(ge=99, le=1_000_000)] = Field(
        4999, description="Permutations behind each p-value."
    )
    replicates: Annotated[int, Field(ge=100, le=100_000)] = Field(
        1000, description="Bootstrap replicates behind each interval."
    )
    seed: int = Field(13, description="Seed of what is drawn by chance.")
