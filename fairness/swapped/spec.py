"""What a recipe says about counterfactual swaps."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ...core.spec import Rows
from ...multimodal.spec import Spec


class SwapSpec(Spec):
    """Which terms are swapped in which rows."""

    terms: list[str] = Field(
        default_factory=list,
        description="Categories of terms that come along: gender, race, religion, nationality, "
        "age, disability, sexual_orientation, gender_identity, names.",
    )
    own_list: str | None = Field(
        None,
        description="A file of terms of one's own: category to group to words in YAML or JSON, "
        "CSV, or word pairs with tabs. All its categories are swapped.",
    )
    rows: Rows | None = Field(
        None,
        description="Test rows that are looked through. Left out: all; of a model that writes, the "
        "first 32 that have a term.",
    )
    most: Annotated[int, Field(ge=1)] | None = Field(
        None, description="Most swaps of a row, drawn at random; all if left out."
    )
    examples: Annotated[int, Field(ge=0, le=1000)] = Field(
        12, description="Pairs with the largest shift that the report shows."
    )
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        0.95, description="Level of the intervals."
    )
    replicates: Annotated[int, Field(ge=100, le=100_000)] = Field(
        1000, description="Bootstrap replicates behind each interval of a shift."
    )
    seed: int = Field(13, description="Seed of the bootstrap, and of the swaps that are drawn.")
