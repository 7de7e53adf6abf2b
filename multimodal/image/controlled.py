"""Pictures changed by a known amount: their light, their colours, and how sharp they are.

Lengths are pixels of the picture as it stands in its file; one whose shorter side has more than
`SIDE` pixels is made smaller first, the unchanged copy as well, for models see no more of it and a
blur of one pixel would be none.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..controlled import Kind
from .read import read

if TYPE_CHECKING:
    import torch

SIDE = 512
"""Most pixels of the shorter side."""

MOST = 255.0
"""White."""

_COLOUR = "questions and labels about colours"

KINDS = {
    one.name: one
    for one in (
        Kind(
            "image", "brightness", "brightness", "×", "factor of all numbers",
            (0.25, 0.5, 0.75, 1.5, 2.0), 0.0, 10.0, 1.0,
        ),
        Kind(
            "image", "contrast", "contrast", "×", "factor of the distance to the mean grey",
            (0.25, 0.5, 0.75, 1.5, 2.0), 0.0, 10.0, 1.0,
        ),
        Kind(
            "image", "saturation", "saturation", "×", "factor of the distance to grey",
            (0.0, 0.5, 1.5, 2.0), 0.0, 10.0, 1.0, _COLOUR,
        ),
        Kind(
            "image", "hue", "hue", "°", "rotation of all hues in degrees",
            (-90.0, -30.0, 30.0, 90.0, 180.0), -360.0, 360.0, 0.0, _COLOUR,
        ),
        Kind(
            "image", "blur", "blur", "px", "sigma in pixels",
            (0.5, 1.0, 2.0, 4.0), 0.0, 50.0, 0.0,
        ),
        Kind(
            "image", "noise", "noise", "levels", "standard deviation in levels of 255",
            (5.0, 10.0, 20.0, 40.0), 0.0, 255.0, 0.0,
        ),
        Kind(
            "image", "downscale", "lower resolution", "×", "how many times fewer pixels a side",
            (2.0, 4.0, 8.0), 1.0, 64.0, 1.0,
        ),
        Kind(
            "image", "jpeg", "JPEG compression", "", "quality",
            (5.0, 15.0, 30.0, 60.0), 1.0, 95.0, None,
        ),
    )
}  # fmt: skip
"""What can be changed, by its name."""


def load(part: str) -> Image.Image:
    """Read a picture, at most `SIDE` pixels on its shorter side.

    Raises
    ------
    Unreadable
        If it can't be read.
    """
    picture = read(part)
    shorter = min(picture.size)
    if shorter <= SIDE:
        return picture
    width, height = (max(round(side * SIDE / shorter), 1) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)


def store(picture: Image.Image, path: Path) -> Path:
    """Write a picture without loss; return the file."""
    file = path.with_name(f"{path.name}.bmp")
    picture.save(file, "BMP")
    return file


def change(picture: Image.Image, name: str, strength: float, seed: int) -> Image.Image:
    """Change an RGB picture.

    Parameters
    ----------
    picture
        8-bit RGB.
    name, strength
        One of `KINDS`.
    seed
        Of what is drawn by chance.
    """
    if name == "jpeg":
        return _jpeg(picture, round(strength))
    if name == "downscale":
        return _downscaled(picture, strength)
    pixels = np.asarray(picture, np.float64)
    if name == "hue":
        return _picture(rotated_hue(pixels, strength))
    if name == "noise":
        drawn = np.random.default_rng(seed).standard_normal(pixels.shape)
        return _picture(pixels + strength * drawn)
    return _picture(_by_tensor(pixels, name, strength))


def rotated_hue(pixels: NDArray[np.float64], degrees: float) -> NDArray[np.float64]:
    """Rotate the hue of every pixel in HSV (Smith 1978); grey stays as it is.

    Parameters
    ----------
    pixels
        Shape (height, width, 3), 0 to 255.
    degrees
        120 turns red into green.
    """
    top, low = pixels.max(axis=2), pixels.min(axis=2)
    spread = top - low
    safe = np.where(spread > 0, spread, 1.0)
    red, green, blue = (pixels[..., channel] for channel in range(3))
    hue = np.select(
        [top == red, top == green],
        [(green - blue) / safe, 2 + (blue - red) / safe],
        4 + (red - green) / safe,
    )
    turned = hue + degrees / 60
    out = np.empty_like(pixels)
    for channel, shift in enumerate((5.0, 3.0, 1.0)):
        k = (shift + turned) % 6
        out[..., channel] = top - spread * np.clip(np.minimum(k, 4 - k), 0, 1)
    return out


def _by_tensor(pixels: NDArray[np.float64], name: str, strength: float) -> NDArray[np.float64]:
    import torch

    from . import changes

    batch: torch.Tensor = torch.from_numpy(pixels.astype(np.float32)).permute(2, 0, 1)[None]
    done = {
        "brightness": changes.brightened,
        "contrast": changes.contrasted,
        "saturation": changes.saturated,
        "blur": changes.blurred,
    }[name](batch, torch.tensor([strength]))
    out: NDArray[np.float64] = done[0].permute(1, 2, 0).numpy().astype(np.float64)
    return out


def _downscaled(picture: Image.Image, factor: float) -> Image.Image:
    """Make a picture smaller by averaging, and as large as it was by interpolation."""
    width, height = (max(round(side / factor), 1) for side in picture.size)
    small = picture.resize((width, height), Image.Resampling.BOX)
    return small.resize(picture.size, Image.Resampling.BILINEAR)


def _jpeg(picture: Image.Image, quality: int) -> Image.Image:
    raw = io.BytesIO()
    picture.save(raw, "JPEG", quality=quality)
    with Image.open(raw, formats=("JPEG",)) as again:
        return again.convert("RGB")


def _picture(pixels: NDArray[np.float64]) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(pixels), 0, MOST).astype(np.uint8))
