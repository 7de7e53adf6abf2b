"""Mixing pictures of one batch with one another, so that their targets have to be mixed too.

What comes back beside the pictures is each one's partner in the batch, of shape (pictures,), and
the share of its own that is left of it, between 0 and 1, of the same shape.
"""

from __future__ import annotations

import torch

Mixed = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def mixup(pixels: torch.Tensor, alpha: float) -> Mixed:
    """Blend each picture with another one, by a share of its own.

    Zhang, Cissé, Dauphin & Lopez-Paz 2018, *mixup: Beyond Empirical Risk Minimization*.

    Parameters
    ----------
    pixels
        Shape (pictures, channels, height, width).
    alpha
        Both parameters of the beta distribution that shares are drawn from.
    """
    partner, share = torch.randperm(len(pixels)), _shares(len(pixels), alpha)
    own = pixels.float()
    return own[partner].lerp(own, share[:, None, None, None]), partner, share


def cutmix(pixels: torch.Tensor, alpha: float) -> Mixed:
    """Put a rectangle of another picture into each one, at the same place.

    Yun, Han, Oh, Chun, Choe & Yoo 2019, *CutMix: Regularization Strategy to Train Strong
    Classifiers with Localizable Features*. A rectangle that reaches beyond an edge is cut off
    there; the share is that of the pixels that are left.

    Parameters
    ----------
    pixels, alpha
        As in `mixup`; the rectangle's area is 1 less a share.
    """
    count, _, height, width = pixels.shape
    partner, side = torch.randperm(count), (1 - _shares(count, alpha)).sqrt()
    inside_rows = _span(side, height)
    inside_columns = _span(side, width)
    inside = inside_rows[:, :, None] & inside_columns[:, None, :]
    taken = inside_rows.sum(1) * inside_columns.sum(1)
    mixed = torch.where(inside[:, None], pixels[partner], pixels)
    return mixed, partner, 1 - taken / (height * width)


def _shares(count: int, alpha: float) -> torch.Tensor:
    """Draw shares; in float64, because a small `alpha` draws numbers that float32 can't tell."""
    parameter = torch.full((), alpha, dtype=torch.float64)
    drawn: torch.Tensor = torch.distributions.Beta(parameter, parameter).sample((count,))
    return drawn.float()


def _span(share: torch.Tensor, side: int) -> torch.Tensor:
    """Say which places along a side lie in a part of it that is centred anywhere, cut at the ends.

    Returns
    -------
    bool, of shape (pictures, side).
    """
    size = (share * side).round().long()
    first = torch.randint(side, (len(share),)) - size // 2
    places = torch.arange(side)
    return (places >= first[:, None]) & (places < (first + size)[:, None])
