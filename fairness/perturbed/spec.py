"""What a recipe says about answers to changed samples."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, field_validator

from ...core.spec import Rows
from ...multimodal.spec import Spec


class PerturbSpec(Spec):
    """Which changes are made to samples, how strongly, and on which rows."""

    changes: dict[str, list[float]] = Field(
        {},
        description="Kinds of change (blur, noise, typos …), each with its strengths; the usual "
        "ones where a list is empty, all kinds of the samples' modalities where none is named.",
    )
    rows: Rows = Field(
        400, description="Test rows: a number (spread evenly), a range, “all”, or ids."
    )
    groups: list[str] | None = Field(
        None, description="Columns whose groups are compared; all of the data's if left out."
    )
    derived: list[str] = Field(
        [],
        description="Groups made of what is known of the samples: brightness, duration, length …",
    )
    small: Annotated[int, Field(ge=1)] = Field(
        30, description="Groups with fewer rows are marked as small (never hidden)."
    )
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        0.95, description="Level of the intervals."
    )
    permutations: Annotated[int, Field(ge=99, le=1_000_000)] = Field(
        2000, description="Permutations behind each p-value."
    )
    seed: int = Field(13, description="Seed of what is drawn by chance.")

    @field_validator("changes", mode="before")
    @classmethod
    def _from_names(cls, raw: Any) -> Any:
        """Accept a list of names, and names with nothing behind them."""
        if isinstance(raw, str):
            raw = [raw]
        if isinstance(raw, list | tuple):
            raw = dict.fromkeys(raw)
        if isinstance(raw, dict):
            return {
                name: [] if one is None else one if isinstance(one, list | tuple) else [one]
                for name, one in raw.items()
            }
        return raw
