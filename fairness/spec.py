"""What a recipe says about the audit."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..multimodal.spec import Spec


class AuditSpec(Spec):
    """Which groups are compared, on which answer, and with which uncertainty."""

    positive: str | None = Field(
        None,
        description="The favourable class. Left out: with two classes the second one; with more, "
        "every class in turn.",
    )
    groups: list[str] | None = Field(
        None, description="Columns whose groups are compared; the data's groups if left out."
    )
    depth: Annotated[int, Field(ge=1, le=4)] = Field(
        2, description="Most columns that are crossed to form intersections (2: gender×age_band)."
    )
    small: Annotated[int, Field(ge=1)] = Field(
        30, description="Groups with fewer rows are marked as small (never hidden)."
    )
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        0.95, description="Level of the intervals."
    )
    permutations: Annotated[int, Field(ge=99, le=1_000_000)] = Field(
        2000, description="Permutations behind the p-value of each largest gap."
    )
    seed: int = Field(13, description="Seed of the permutations.")
