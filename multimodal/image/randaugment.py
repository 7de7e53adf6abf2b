"""RandAugment: for each picture a few changes that are drawn from a list.

Cubuk, Zoph, Shlens & Le 2020, *RandAugment: Practical Automated Data Augmentation with a Reduced
Search Space*. The list is the paper's; how strong each change is at the highest magnitude follows
AutoAugment (Cubuk et al. 2019), as torchvision has it.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from . import changes

HIGHEST = 30
"""The magnitude at which changes are as strong as they can be."""

MOST_DEGREES = 30.0
MOST_SHEAR = 0.3
MOST_TRANSLATION = 150 / 331
MOST_FACTOR = 0.9
MOST_BITS = 4

Change = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""``change(pixels, strength) -> pixels``: strengths lie between -1 and 1; shape (pictures,)."""


def _posterized(pixels: torch.Tensor, strength: torch.Tensor) -> torch.Tensor:
    return changes.posterized(pixels, 8 - (MOST_BITS * strength.abs()).round())


def _solarized(pixels: torch.Tensor, strength: torch.Tensor) -> torch.Tensor:
    # White itself is left where there is no strength.
    threshold = torch.where(strength == 0, torch.inf, changes.MOST * (1 - strength.abs()))
    return changes.solarized(pixels, threshold)


def _sheared_across(pixels: torch.Tensor, strength: torch.Tensor) -> torch.Tensor:
    return changes.sheared(pixels, MOST_SHEAR * strength, torch.zeros_like(strength))


def _sheared_down(pixels: torch.Tensor, strength: torch.Tensor) -> torch.Tensor:
    return changes.sheared(pixels, torch.zeros_like(strength), MOST_SHEAR * strength)


def _translated_across(pixels: torch.Tensor, strength: torch.Tensor) -> torch.Tensor:
    return changes.translated(pixels, torch.zeros_like(strength), MOST_TRANSLATION * strength)


def _translated_down(pixels: torch.Tensor, strength: torch.Tensor) -> torch.Tensor:
    return changes.translated(pixels, MOST_TRANSLATION * strength, torch.zeros_like(strength))


CHANGES: dict[str, Change] = {
    "identity": lambda pixels, strength: pixels,
    "autocontrast": lambda pixels, strength: changes.autocontrasted(pixels),
    "equalize": lambda pixels, strength: changes.equalized(pixels),
    "rotate": lambda pixels, strength: changes.rotated(pixels, MOST_DEGREES * strength),
    "posterize": _posterized,
    "solarize": _solarized,
    "colour": lambda pixels, strength: changes.saturated(pixels, 1 + MOST_FACTOR * strength),
    "contrast": lambda pixels, strength: changes.contrasted(pixels, 1 + MOST_FACTOR * strength),
    "brightness": lambda pixels, strength: changes.brightened(pixels, 1 + MOST_FACTOR * strength),
    "sharpness": lambda pixels, strength: changes.sharpened(pixels, 1 + MOST_FACTOR * strength),
    "shear_x": _sheared_across,
    "shear_y": _sheared_down,
    "translate_x": _translated_across,
    "translate_y": _translated_down,
}


def randaugment(pixels: torch.Tensor, number: int, magnitude: float) -> torch.Tensor:
    """Change each picture a few times, by changes and directions that are drawn for it.

    Parameters
    ----------
    pixels
        Shape (pictures, channels, height, width), numbers between 0 and 255.
    number
        Changes of each picture, one behind the other; the same may be drawn again.
    magnitude
        How strong they are, of `HIGHEST`.
    """
    out = pixels.float().clone()
    for _ in range(number):
        drawn = torch.randint(len(CHANGES), (len(pixels),))
        sign = 1.0 - 2 * torch.randint(2, (len(pixels),))
        for place, change in enumerate(CHANGES.values()):
            rows = torch.nonzero(drawn == place)[:, 0]
            if len(rows):
                out[rows] = change(out[rows], sign[rows] * (magnitude / HIGHEST))
    return out
