"""What a recipe says about the audit."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError

from ..errors import RecipeError, nearest, paragraph
from ..multimodal.spec import Spec
from .attributed.spec import AttributedSpec
from .perturbed.spec import PerturbSpec
from .privacy.spec import PrivacySpec
from .remedies.spec import RemedySpec
from .stereotype_tests.spec import StereotypeSpec
from .swapped.spec import SwapSpec

AUDITED = (
    "classification",
    "multilabel",
    "regression",
    "extractive_qa",
    "chat",
    "causal_lm",
    "masked_lm",
)
"""Tasks whose answers are compared over groups: classes, sets of labels, numbers, texts."""


def _rising(edges: list[float]) -> list[float]:
    if any(high <= low for low, high in pairwise(edges)):
        raise ValueError("edges have to rise")
    return edges


Edges = Annotated[list[float], Field(min_length=1), AfterValidator(_rising)]


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
    cut: dict[str, Annotated[int, Field(ge=2, le=100)] | Edges] = Field(
        {},
        description="Columns of numbers that are cut into bands: the number of bands of about "
        "equal size ({age: 4}), or the edges between them ({age: [25, 45, 65]}).",
    )
    reference: dict[str, str] = Field(
        {},
        description="The group of each column that others are compared with ({gender: male}); the "
        "largest one if left out.",
    )
    control: list[str] = Field(
        [],
        description="Control columns: groups are also compared among rows that are alike in them "
        "(conditional parity).",
    )
    terms: list[str] = Field(
        [],
        description="Lists of identity terms; what the texts mention of each becomes a column of "
        "groups: gender, race, religion, nationality, age, disability, sexual_orientation, or a "
        "list of audit.term_file.",
    )
    term_file: str | None = Field(
        None, description="File with own lists of terms (YAML, JSON or CSV)."
    )
    derived: list[str] = Field(
        [],
        description="What is known of the samples themselves, cut into bands: brightness, contrast "
        "and width of pictures, duration and loudness of sounds, length of texts.",
    )
    small: Annotated[int, Field(ge=1)] = Field(
        30, description="Groups with fewer rows are marked as small (never hidden)."
    )
    gap: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.1, description="A gap that matters; the audit says how many rows it would take to see it."
    )
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        0.95, description="Level of the intervals."
    )
    permutations: Annotated[int, Field(ge=99, le=1_000_000)] = Field(
        2000, description="Permutations behind the p-value of each largest gap."
    )
    replicates: Annotated[int, Field(ge=100, le=100_000)] = Field(
        2000, description="Draws behind each interval that has no closed form."
    )
    seed: int = Field(13, description="Seed of permutations and draws.")
    swaps: SwapSpec | None = Field(
        None,
        description="Identity terms swapped in the texts, such as {terms: [gender]}: does the "
        "answer stay? Not made if left out.",
    )
    stereotypes: list[StereotypeSpec] = Field(
        [], description="Stereotype tests from local files, each with its name and path."
    )
    perturbed: PerturbSpec | None = Field(
        None,
        description="Samples changed in known ways (blur, noise, …): whom does it cost more? Not "
        "made if left out.",
    )
    attributed: AttributedSpec | None = Field(
        None,
        description="Attributions compared between groups; needs explanations. Not made if left "
        "out.",
    )
    privacy: PrivacySpec | None = Field(
        None, description="Can training rows be got out of the model? Not asked if left out."
    )
    remedy: RemedySpec | None = Field(
        None,
        description="What is done about differences between groups, such as {kind: reweigh, "
        "column: gender, strength: 1.0}; nothing if left out.",
    )

    @property
    def makes(self) -> bool:
        """Whether columns of groups are made of the samples themselves."""
        return bool(self.terms or self.term_file or self.derived)

    def rooted(self, folder: Path) -> AuditSpec:
        """Return the section with its paths made absolute, seen from a folder."""

        def placed(path: str | None) -> str | None:
            return None if path is None else str((folder / Path(path).expanduser()).resolve())

        def changed(part: Any, key: str) -> Any:
            if part is None:
                return None
            return part.model_copy(update={key: placed(getattr(part, key))})

        return self.model_copy(
            update={
                "term_file": placed(self.term_file),
                "swaps": changed(self.swaps, "own_list"),
                "privacy": changed(self.privacy, "canaries"),
                "stereotypes": [changed(one, "path") for one in self.stereotypes],
            }
        )


def changed(spec: AuditSpec, changes: Mapping[str, Any]) -> AuditSpec:
    """Return settings of which some have other values; None changes nothing.

    Raises
    ------
    RecipeError
        If there is no such setting, or its value is out of range.
    """
    named = {key: value for key, value in changes.items() if value is not None}
    for key in named:
        if key not in AuditSpec.model_fields:
            raise RecipeError(
                paragraph(
                    f"audit.{key}",
                    f"there is no such setting ({nearest(key, list(AuditSpec.model_fields))})",
                    "Correct its name",
                )
            )
    try:
        return AuditSpec(**{**spec.model_dump(), **named})
    except ValidationError as error:
        every = error.errors()
        # Of what may be a number or a list, it is no news that it isn't the other one.
        first = next((one for one in every if not one["type"].endswith("_type")), every[0])
        said = first["msg"].removeprefix("Value error, ")
        raise RecipeError(
            paragraph(
                f"audit.{first['loc'][0]}",
                f"found “{first['input']}”: {said[:1].lower()}{said[1:]}",
                "Correct the value",
            )
        ) from None


def asked(spec: AuditSpec) -> bool:
    """Whether a recipe asks for any test beside the comparison of groups."""
    parts = (spec.swaps, spec.stereotypes, spec.perturbed, spec.attributed, spec.privacy)
    return any(bool(part) for part in parts)
