"""What a recipe says about checks of privacy."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ...multimodal.spec import Spec

Check = Literal["membership", "canaries", "overlap", "personal"]

CHECKS: tuple[Check, ...] = ("membership", "canaries", "overlap", "personal")
"""Every check, in the order in which they are carried out and reported."""


class PrivacySpec(Spec):
    """Which ways to get at training rows are tried, and how hard."""

    checks: tuple[Check, ...] = Field(
        CHECKS,
        description="Checks to carry out; those that the task doesn't allow are left out.",
    )
    rows: Annotated[int, Field(ge=10)] = Field(
        2000, description="Training rows, and as many test rows, that are drawn for membership."
    )
    small: Annotated[int, Field(ge=2)] = Field(
        30, description="Classes and groups with fewer rows on either side are marked as small."
    )
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        0.95, description="Level of the intervals."
    )
    canaries: str | None = Field(
        None,
        description="File that `pellucid canaries plant` wrote beside the table; without it "
        "nothing is known to have been planted.",
    )
    candidates: Annotated[int, Field(ge=100)] = Field(
        10_000,
        description="Secrets of a canary's form that it is ranked among; all of them where there "
        "are no more.",
    )
    prompts: Annotated[int, Field(ge=1)] = Field(
        100, description="Training rows, and as many test rows, whose beginnings are written on."
    )
    new_tokens: Annotated[int, Field(ge=1, le=8192)] = Field(
        64, description="Most tokens that are written for each of them."
    )
    verbatim: Annotated[int, Field(ge=2)] = Field(
        10, description="Words in a row from which on a text counts as copied."
    )
    names: tuple[str, ...] = Field(
        (), description="Names to look for in the training table; none are known by themselves."
    )
    seed: int = Field(13, description="Seed of the rows and candidates that are drawn.")
