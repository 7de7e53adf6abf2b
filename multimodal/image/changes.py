"""What can be done with pictures, each by its own amount, as one operation on a whole batch.

Pictures are tensors of shape (pictures, channels, height, width) whose numbers lie between 0 and
255; amounts have the shape (pictures,). What comes back are new tensors of the same shape.
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional

MOST = 255.0
"""White, in the numbers of a picture."""

GREY = (0.299, 0.587, 0.114)
"""How much red, green and blue count in grey (ITU-R BT.601), as in Pillow."""

Row = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""A row of a matrix for each picture: what counts of x, of y, and what is added."""


def flipped(pixels: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    """Mirror some pictures left to right; `chosen` is bool, of shape (pictures,)."""
    return torch.where(_each(chosen), pixels.flip(3), pixels)


def shifted(pixels: torch.Tensor, down: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Move pictures by whole pixels; what comes in at an edge is what lies behind it, reflected."""
    count, channels, height, width = pixels.shape
    rows = _reflected(torch.arange(height) - down[:, None], height)
    columns = _reflected(torch.arange(width) - right[:, None], width)
    places = (rows[:, :, None] * width + columns[:, None, :]).view(count, 1, -1)
    flat = pixels.reshape(count, channels, -1)
    return flat.gather(2, places.expand(count, channels, -1)).view(pixels.shape)


def rotated(pixels: torch.Tensor, degrees: torch.Tensor) -> torch.Tensor:
    """Turn pictures about their middle, against the clock."""
    turn = torch.deg2rad(degrees.double())
    cosine, sine, nothing = turn.cos(), turn.sin(), torch.zeros_like(turn)
    return _warped(pixels, (cosine, -sine, nothing), (sine, cosine, nothing))


def sheared(pixels: torch.Tensor, horizontal: torch.Tensor, vertical: torch.Tensor) -> torch.Tensor:
    """Lean pictures over, by so many pixels of their rows and columns for each pixel of the way."""
    one, nothing = torch.ones_like(horizontal), torch.zeros_like(horizontal)
    return _warped(pixels, (one, horizontal, nothing), (vertical, one, nothing))


def translated(pixels: torch.Tensor, down: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Move pictures by shares of their sides, between pixels too."""
    one, nothing = torch.ones_like(down), torch.zeros_like(down)
    *_, height, width = pixels.shape
    return _warped(pixels, (one, nothing, -right * width), (nothing, one, -down * height))


def brightened(pixels: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
    """Change the brightness; a factor of 1 leaves a picture as it is, 0 makes it black."""
    return _from(torch.zeros((), device=pixels.device), pixels, factor)


def contrasted(pixels: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
    """Change the contrast; a factor of 1 leaves a picture as it is, 0 makes it one grey."""
    return _from(grey(pixels).mean((1, 2, 3), keepdim=True), pixels, factor)


def saturated(pixels: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
    """Change the saturation; a factor of 1 leaves a picture as it is, 0 takes its colours."""
    return _from(grey(pixels), pixels, factor)


def sharpened(pixels: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
    """Change the sharpness; a factor of 1 leaves a picture as it is, 0 smooths it (as Pillow)."""
    own = pixels.float()
    three = own[..., :-2] + own[..., 1:-1] + own[..., 2:]
    nine = three[..., :-2, :] + three[..., 1:-1, :] + three[..., 2:, :]
    smooth = own.clone()
    # Pillow's filter counts the middle five times, and leaves the edges as they are.
    smooth[..., 1:-1, 1:-1] = (nine + 4 * own[..., 1:-1, 1:-1]) / 13
    return _from(smooth, pixels, factor)


def blurred(pixels: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """Blur pictures by a Gaussian, cut off behind three times the largest sigma, in pixels."""
    count, channels, height, width = pixels.shape
    # Pictures are reflected at their edges, which can be done once.
    radius = min(math.ceil(3 * float(sigma.max())), height - 1, width - 1)
    steps = torch.arange(-radius, radius + 1)
    kernel = torch.exp(-0.5 * (steps / sigma.clamp_min(1e-6)[:, None]) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(channels, 0)
    wide = functional.pad(pixels.float(), (radius,) * 4, mode="reflect")
    one = wide.view(1, count * channels, *wide.shape[2:])
    one = functional.conv2d(one, kernel[:, None, None, :], groups=count * channels)
    one = functional.conv2d(one, kernel[:, None, :, None], groups=count * channels)
    return one.view(pixels.shape).clamp_(0, MOST)


def posterized(pixels: torch.Tensor, bits: torch.Tensor) -> torch.Tensor:
    """Keep the highest bits of each number, 1 to 8."""
    step = _each(2.0 ** (8 - bits))
    return (pixels.round() / step).floor_().mul_(step)


def solarized(pixels: torch.Tensor, threshold: torch.Tensor) -> torch.Tensor:
    """Invert the numbers from a threshold on."""
    return torch.where(pixels >= _each(threshold), MOST - pixels, pixels)


def autocontrasted(pixels: torch.Tensor) -> torch.Tensor:
    """Stretch each channel to the whole range; one without any contrast stays as it is."""
    least, most = pixels.amin((2, 3), keepdim=True), pixels.amax((2, 3), keepdim=True)
    stretched = ((pixels - least) * (MOST / (most - least))).clamp_(0, MOST)
    return torch.where(most > least, stretched, pixels)


def equalized(pixels: torch.Tensor) -> torch.Tensor:
    """Change each channel so that all numbers stand in it about as often (as Pillow)."""
    count, channels, height, width = pixels.shape
    levels = pixels.round().long().view(count * channels, -1)
    offset = 256 * torch.arange(len(levels))[:, None]
    seen = torch.bincount((levels + offset).view(-1), minlength=256 * len(levels)).view(-1, 256)
    brightest = seen.gather(1, levels.amax(1, keepdim=True))
    step = (height * width - brightest) // 255
    below = seen.cumsum(1) - seen
    table = ((step // 2 + below) // step.clamp_min(1)).clamp_max(255)
    table = torch.where(step > 0, table, torch.arange(256))
    return table.gather(1, levels).view(pixels.shape).to(pixels.dtype)


def grey(pixels: torch.Tensor) -> torch.Tensor:
    """Return pictures without their colours; shape (pictures, 1, height, width), float32."""
    if pixels.shape[1] != len(GREY):
        return pixels.float().mean(1, keepdim=True)
    weight = torch.tensor(GREY, device=pixels.device)[:, None, None]
    return (pixels * weight).sum(1, keepdim=True)


def _each(amount: torch.Tensor) -> torch.Tensor:
    """Shape one amount for each picture so that it goes with whole pictures."""
    return amount[:, None, None, None]


def _from(base: torch.Tensor, pixels: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
    """Go from a base to the pictures, by a factor of the way, or beyond them."""
    return base.lerp(pixels.float(), _each(factor.float())).clamp_(0, MOST)


def _reflected(places: torch.Tensor, size: int) -> torch.Tensor:
    """Bring places up to one side beyond the edges back inside, the edge itself not doubled."""
    return (size - 1) - ((size - 1) - places.abs()).abs()


def _warped(pixels: torch.Tensor, across: Row, down: Row) -> torch.Tensor:
    """Take each pixel from another place.

    Its x and its y, in pixels from the middle, follow from the pixel's own by one row each. Between
    pixels numbers are interpolated; beyond the edges pictures are reflected.
    """
    height, width = pixels.shape[2:]
    x = torch.arange(width, dtype=torch.float32) - (width - 1) / 2
    y = torch.arange(height, dtype=torch.float32) - (height - 1) / 2
    grid = torch.empty(len(pixels), height, width, 2)
    for place, (row, side) in enumerate(((across, width), (down, height))):
        # grid_sample counts half a side as one.
        of_x, of_y, offset = (one.float()[:, None] * (2 / side) for one in row)
        torch.add((of_y * y + offset)[:, :, None], (of_x * x)[:, None, :], out=grid[..., place])
    found = functional.grid_sample(
        pixels.float(), grid, padding_mode="reflection", align_corners=False
    )
    return found.clamp_(0, MOST)  # what is interpolated may be rounded beyond
