"""What it costs that pictures and texts are not found by each other within a batch.

A picture and a text belong together where they stand in one pair, and also where their pairs share
the picture or the text: the same picture with several captions, or a caption that fits several
pictures, must not count as negatives of each other.
"""

from __future__ import annotations

import torch


def belonging(codes: torch.Tensor) -> torch.Tensor:
    """Say which pictures and texts of a batch belong together.

    Parameters
    ----------
    codes
        Numbers of each pair's picture and text; shape (pairs, 2).

    Returns
    -------
    torch.Tensor
        Shape (pairs, pairs), bool: picture of one pair by text of the other; symmetric.
    """
    same: torch.Tensor = (codes[:, None] == codes[None]).any(dim=2)
    return same


def softmax_loss(logits: torch.Tensor, positive: torch.Tensor) -> torch.Tensor:
    """Return CLIP's symmetric cross-entropy of each pair (Radford et al. 2021).

    The mean of two cross-entropies, of the pair's picture over all texts and of its text over all
    pictures. Where several belong to it, the target is spread evenly over them (Yang et al. 2022,
    "Unified contrastive learning in image-text-label space"); where none does but its own, this is
    CLIP's loss.

    Parameters
    ----------
    logits
        Shape (pictures, texts).
    positive
        What belongs together, as `belonging` returned it.

    Returns
    -------
    torch.Tensor
        Shape (pairs,), in nats.
    """
    shares = positive.float() / positive.sum(dim=1, keepdim=True)
    by_picture = -(shares * logits.log_softmax(dim=1)).sum(dim=1)
    by_text = -(shares * logits.t().log_softmax(dim=1)).sum(dim=1)
    return (by_picture + by_text) / 2


def sigmoid_loss(logits: torch.Tensor, positive: torch.Tensor) -> torch.Tensor:
    """Return SigLIP's loss of each pair's text (Zhai et al. 2023).

    The sum over all pictures of the batch of the binary cross-entropy whether they belong to it.

    Parameters
    ----------
    logits
        Shape (pictures, texts), with the model's own bias.
    positive
        What belongs together, as `belonging` returned it.

    Returns
    -------
    torch.Tensor
        Shape (pairs,), in nats.
    """
    sign = positive.float() * 2 - 1
    return -torch.nn.functional.logsigmoid(sign * logits.t()).sum(dim=1)
