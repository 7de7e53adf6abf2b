"""Changing pictures at random while a model is trained on them, a whole batch at a time.

What is drawn comes from torch's generator alone, which checkpoints keep.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image

from ..augment_spec import (
    MIXING,
    PARTNER,
    SHARE,
    AugmentStep,
    BlurSpec,
    ColourSpec,
    CropSpec,
    FlipSpec,
    RandAugmentSpec,
    RotateSpec,
)
from . import changes
from .mixing import Mixed, cutmix, mixup
from .randaugment import randaugment


@dataclass(frozen=True)
class Augment:
    """Steps of a recipe that change pictures, carried out in their order, mixing last.

    Where several steps mix pictures, one of them is drawn for each batch.
    """

    steps: Sequence[AugmentStep]

    def __call__(self, pixels: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Change a batch of pictures.

        Parameters
        ----------
        pixels
            Shape (pictures, channels, height, width), 8 bits.

        Returns
        -------
        pixels, mixed
            Changed pictures, of 8 bits or float32 between 0 and 255, and where they were mixed what
            their targets have to be mixed with (`augment_spec.PARTNER`, `augment_spec.SHARE`).
        """
        for step in self.steps:
            if step.name not in MIXING:
                pixels = CHANGE[step.name](pixels, step.settings)
        mixing = [step for step in self.steps if step.name in MIXING]
        if not mixing:
            return pixels, {}
        drawn = mixing[int(torch.randint(len(mixing), ()))]
        settings: Any = drawn.settings
        pixels, partner, share = MIX[drawn.name](pixels, settings.alpha)
        return pixels, {PARTNER: partner, SHARE: share}

    def picture(self, picture: Image.Image) -> Image.Image:
        """Change one RGB picture, which is mixed with no other."""
        pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None]
        changed, _ = self(pixels)
        eight = changed[0].round().to(torch.uint8).permute(1, 2, 0)
        return Image.fromarray(eight.contiguous().numpy())


def flip(pixels: torch.Tensor, settings: FlipSpec) -> torch.Tensor:
    """Mirror some pictures left to right."""
    return changes.flipped(pixels, torch.rand(len(pixels)) < settings.chance)


def crop(pixels: torch.Tensor, settings: CropSpec) -> torch.Tensor:
    """Shift each picture by whole pixels, up or down and to a side."""
    drawn = []
    for side in pixels.shape[2:]:
        # Reflection reaches no further than the opposite edge.
        most = min(round(settings.padding * side), side - 1)
        drawn.append(torch.randint(-most, most + 1, (len(pixels),)))
    return changes.shifted(pixels, *drawn)


def rotate(pixels: torch.Tensor, settings: RotateSpec) -> torch.Tensor:
    """Turn each picture one way or the other."""
    return changes.rotated(pixels, _uniform(len(pixels), -settings.degrees, settings.degrees))


def colour(pixels: torch.Tensor, settings: ColourSpec) -> torch.Tensor:
    """Change brightness, contrast and saturation of each picture, each by its own factor."""
    for change in (changes.brightened, changes.contrasted, changes.saturated):
        factor = _uniform(len(pixels), 1 - settings.strength, 1 + settings.strength)
        pixels = change(pixels, factor)
    return pixels


def blur(pixels: torch.Tensor, settings: BlurSpec) -> torch.Tensor:
    """Blur some pictures, each by its own sigma."""
    rows = torch.nonzero(torch.rand(len(pixels)) < settings.chance)[:, 0]
    sigma = _uniform(len(pixels), 0, settings.sigma)
    if not len(rows):
        return pixels
    out = pixels.float().clone()
    out[rows] = changes.blurred(pixels[rows], sigma[rows])
    return out


def _randaugment(pixels: torch.Tensor, settings: RandAugmentSpec) -> torch.Tensor:
    return randaugment(pixels, settings.number, settings.magnitude)


CHANGE: dict[str, Callable[[torch.Tensor, Any], torch.Tensor]] = {
    "flip": flip,
    "crop": crop,
    "rotate": rotate,
    "colour": colour,
    "blur": blur,
    "randaugment": _randaugment,
}
"""What each step does with a batch."""

MIX: dict[str, Callable[[torch.Tensor, float], Mixed]] = {"mixup": mixup, "cutmix": cutmix}
"""What each step does that mixes the pictures of a batch."""


def _uniform(count: int, least: float, most: float) -> torch.Tensor:
    """Draw numbers between two others; shape (count,)."""
    return torch.empty(count).uniform_(least, most)
