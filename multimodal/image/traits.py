"""What is known of pictures: their size, their light and colours, and what the file says."""

from __future__ import annotations

import contextlib

import numpy as np
from PIL import Image

from ..traits import Trait, Value
from .read import read

SIDE = 256
"""Pixels of the shorter side at which light and colours are measured, at most."""

TRAITS = {
    one.name: one
    for one in (
        Trait("pixels", "px", "width times height, as the picture stands upright"),
        Trait("aspect", "", "width as a share of the height"),
        Trait("brightness", "", "mean luma (ITU-R BT.601), 0 to 255"),
        Trait("contrast", "", "standard deviation of the luma, 0 to 127.5"),
        Trait("colourfulness", "", "of Hasler and Süsstrunk (2003); 0 without any colour"),
        Trait("sharpness", "", "variance of the Laplacian of the luma; low where it is blurred"),
        Trait("exif", "", "whether the file has EXIF data, as cameras write them", numeric=False),
        Trait("format", "", "what the file is: JPEG, PNG …", numeric=False),
    )
}
"""What is measured, by its name."""


def measure(part: str) -> dict[str, Value]:
    """Read a picture and return every trait of it.

    Raises
    ------
    Unreadable
        If it can't be read.
    """
    picture = read(part)
    width, height = picture.size
    exif, form = False, ""
    with contextlib.suppress(Exception), Image.open(part) as file:
        form = str(file.format or "")
        exif = len(file.getexif()) > 0
    shorter = min(picture.size)
    if shorter > SIDE:
        across, down = (max(round(side * SIDE / shorter), 1) for side in picture.size)
        picture = picture.resize((across, down), Image.Resampling.BOX, reducing_gap=2.0)
    pixels = np.asarray(picture, np.float64)
    luma = pixels @ np.array([0.299, 0.587, 0.114])
    return {
        "pixels": float(width * height),
        "aspect": width / height,
        "brightness": float(luma.mean()),
        "contrast": float(luma.std()),
        "colourfulness": colourfulness(pixels),
        "sharpness": _sharpness(luma),
        "exif": "yes" if exif else "no",
        "format": form,
    }


def colourfulness(pixels: np.ndarray) -> float:
    """Return how colourful a picture is (Hasler and Süsstrunk 2003, equation M3).

    Parameters
    ----------
    pixels
        Shape (height, width, 3), 0 to 255.
    """
    red, green, blue = (pixels[..., channel] for channel in range(3))
    first, second = red - green, (red + green) / 2 - blue
    spread = float(np.hypot(first.std(), second.std()))
    return spread + 0.3 * float(np.hypot(first.mean(), second.mean()))


def _sharpness(luma: np.ndarray) -> float:
    """Return the variance of the Laplacian (Pech-Pacheco et al. 2000); 0 of a single line."""
    if min(luma.shape) < 3:
        return 0.0
    middle = luma[1:-1, 1:-1]
    around = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:]
    return float((around - 4 * middle).var())
