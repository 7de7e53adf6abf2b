"""Changing samples at random while they are trained on, so that more is learnt from few of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from ..errors import RecipeError, paragraph
from .audio.augment import Augment as AudioAugment
from .audio.augment import bins_of
from .audio.encode import EncodedAudio
from .augment_spec import MIXING, AugmentStep
from .encode import Repeated, Together
from .image.augment import Augment as ImageAugment
from .image.encode import EncodedImages, Processed

SIDES = re.compile(r"\b(left|right)(-?hand|-?most|wards?)?\b", re.IGNORECASE)
"""Words that a mirrored picture makes wrong."""

PLACES = re.compile(
    r"\b(left|right|top|bottom|upper|lower|above|below|beneath|under)(-?hand|-?most|wards?)?\b",
    re.IGNORECASE,
)
"""Words that a picture turned by a right angle or more makes wrong."""

AROUND = 24
"""Characters that are shown on each side of such a word."""


def augmented(samples: Any, steps: Sequence[AugmentStep]) -> Any:
    """Return encoded samples whose batches are changed at random, anew each time.

    What is drawn comes from torch's generator, which checkpoints keep, so a resumed training sees
    the same changes.

    Parameters
    ----------
    samples
        As `multimodal.encode.encode` returned them.
    steps
        The recipe's ``train.augment``.

    Raises
    ------
    RecipeError
        If a step is for a modality that no part has, or the samples can't be changed so.
    """
    for step in steps:
        if (reason := _against(samples, step)) is not None:
            raise RecipeError(paragraph(_where(step), *reason))
    return _augmented(samples, steps)


def check_preserving(steps: Sequence[AugmentStep], texts: Iterable[str]) -> None:
    """Refuse steps after which texts or classes would no longer be true of their pictures.

    Parameters
    ----------
    steps
        The recipe's ``train.augment``.
    texts
        Everything that is said of the pictures: the samples' own texts, and the classes.

    Raises
    ------
    RecipeError
        If pictures are mirrored and a text speaks of left or right, or they are turned by 90
        degrees or more and one speaks of such places. An example stands in it.
    """
    for step in steps:
        if step.flip is not None and step.flip.chance > 0:
            words, done, remedy = SIDES, "it mirrors pictures", "Leave the step out"
        elif step.rotate is not None and step.rotate.degrees >= 90:
            words, done = PLACES, "it turns pictures by 90 degrees or more"
            remedy = "Leave the step out, or lower its degrees"
        else:
            continue
        for text in texts:
            if (found := words.search(text)) is not None:
                raise RecipeError(
                    paragraph(
                        _where(step),
                        f"{done}, and what is said of them would become wrong, such as “"
                        f"{_around(text, found)}”",
                        remedy,
                    )
                )


def _against(samples: Any, step: AugmentStep) -> tuple[str, str] | None:
    """Say why a step can't be done to samples and what to do, None where it can."""
    part = _parts(samples).get(step.modality)
    if part is None:
        return (
            f"it changes parts of the modality {step.modality}, and no input has it",
            "Leave the step out, or correct the modality in data.inputs",
        )
    if step.name in MIXING and isinstance(samples, Together):
        return (
            "it mixes pictures of different samples, and their other parts can't be mixed",
            "Leave the step out",
        )
    if step.name in MIXING and isinstance(part, Processed):
        return (
            "it mixes pictures of one size, and this model's image processor makes others",
            "Leave the step out, or name a model whose processor resizes all pictures alike",
        )
    if step.spec_augment is not None and part.values.ndim == 1:
        return (
            "it hides bands of spectrograms, and this model hears the wave itself",
            "Leave the step out, or take gain, noise, shift or speed",
        )
    return None


def _parts(samples: Any) -> dict[str, Any]:
    """Return what was encoded by its modality, each thing once."""
    if isinstance(samples, Together):
        return {kind: one for part in samples.parts.values() for kind, one in _parts(part).items()}
    if isinstance(samples, Repeated):
        return _parts(samples.parts)
    if isinstance(samples, EncodedImages | Processed):
        return {"image": samples}
    return {"audio" if isinstance(samples, EncodedAudio) else "text": samples}


def _augmented(samples: Any, steps: Sequence[AugmentStep]) -> Any:
    if isinstance(samples, Together):
        parts = {kind: _augmented(part, steps) for kind, part in samples.parts.items()}
        return replace(samples, parts=parts)
    if isinstance(samples, Repeated):
        return replace(samples, parts=_augmented(samples.parts, steps))
    ((kind, part),) = _parts(samples).items()
    own = [step for step in steps if step.modality == kind]
    if not own:
        return samples
    if kind == "image":
        return replace(part, augment=ImageAugment(own))
    return replace(part, augment=AudioAugment(own, bins_of(part)))


def _where(step: AugmentStep) -> str:
    return f"recipe, key “train.augment”, step “{step.name}”"


def _around(text: str, found: re.Match[str]) -> str:
    """Return a word with a little of what stands around it."""
    first, last = max(0, found.start() - AROUND), found.end() + AROUND
    shown = " ".join(text[first:last].split())
    return ("…" if first else "") + shown + ("…" if last < len(text) else "")
