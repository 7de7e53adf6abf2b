"""What a recipe says about a remedy."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ...multimodal.spec import Spec

Kind = Literal[
    "reweigh",
    "balanced",
    "penalty",
    "adversary",
    "group_dro",
    "threshold_optimizer",
    "reject_option",
    "exponentiated_gradient",
]

Constraint = Literal[
    "demographic_parity", "equalized_odds", "equal_opportunity", "false_positive_rate"
]
"""What should be alike between groups: selection rates; the rates of errors within each label, or
within the positive or the negative one alone."""

IN_TRAINING: tuple[Kind, ...] = ("reweigh", "balanced", "penalty", "adversary", "group_dro")
"""Remedies that change how a model is trained."""

ON_SCORES: tuple[Kind, ...] = ("threshold_optimizer", "reject_option")
"""Remedies that change what is made of a trained model's scores."""

ON_FEATURES: tuple[Kind, ...] = ("exponentiated_gradient",)
"""Remedies that learn anew from what a trained model's last layer reads."""

SHARES: tuple[Kind, ...] = (
    "reweigh",
    "balanced",
    "threshold_optimizer",
    "reject_option",
    "exponentiated_gradient",
)
"""Remedies whose strength is a share of the whole remedy, from 0 to 1."""

DRO_STEP = 0.01
"""Step size of group DRO's weights at a strength of 1 (Sagawa et al. 2020)."""


class RemedySpec(Spec):
    """One remedy, for one sensitive column."""

    kind: Kind = Field(
        description="While training: reweigh, balanced, penalty, adversary, group_dro. Behind it: "
        "threshold_optimizer, reject_option, exponentiated_gradient."
    )
    column: Annotated[str, Field(min_length=1)] = Field(
        description="Sensitive column, one of data.groups."
    )
    strength: Annotated[float, Field(ge=0)] = Field(
        1.0,
        description="How much of it, 0 for nothing. A share up to 1 of reweigh, balanced, "
        "threshold_optimizer, reject_option and exponentiated_gradient; the factor of the second "
        "loss of penalty and adversary; of group_dro hundredths of its step size.",
    )
    constraint: Constraint = Field(
        "equalized_odds",
        description="What should be alike: demographic_parity (positive answers), equalized_odds "
        "(errors within each label), equal_opportunity (within the positive one), "
        "false_positive_rate (within the others).",
    )

    @model_validator(mode="after")
    def _a_share_is_at_most_one(self) -> RemedySpec:
        if self.kind in SHARES and self.strength > 1:
            raise ValueError(
                f"the strength of {self.kind} is {self.strength:g}, expected a share from 0 to 1"
            )
        return self
