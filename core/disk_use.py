"""What a run will take on the disk: its checkpoints, and the model that is saved at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..multimodal.spec import AdaptSpec
from .spec import TrainSpec

if TYPE_CHECKING:
    import torch

FLOAT = 4
"""Bytes of a weight that is saved."""


def whole_bytes(model: torch.nn.Module, spec: AdaptSpec) -> int:
    """Return the bytes of a model's own weights as they are saved.

    Parameters
    ----------
    model
        As its task loaded it, before `core.adapt.adapt`.
    spec
        The recipe's ``model.adapt``.
    """
    from .checkpoints import file_bytes

    if spec.kind == "qlora":  # weights in 4 bits are saved in float32 again
        loaded: Any = model
        return FLOAT * int(loaded.num_parameters())
    return file_bytes(model.state_dict())


def model_bytes(whole: int, learnt: int, spec: AdaptSpec, tokenizer: Any) -> int:
    """Return the bytes of the folder that a trained model is saved in (`core.adapt.save`).

    Parameters
    ----------
    whole, learnt
        Bytes of the model's own weights, and of those that are trained.
    spec
        The recipe's ``model.adapt``.
    tokenizer
        What is saved beside it.
    """
    from .adapt import LOW_RANK

    backend = getattr(tokenizer, "backend_tokenizer", None)
    words = 0 if backend is None else len(backend.to_str(pretty=True).encode())
    if spec.kind not in LOW_RANK:
        return words + whole
    return words + learnt + (whole if spec.merge else 0)


def features_bytes(size: float) -> tuple[int, int]:
    """Return the bytes of memory, and of the disk, that features of so many bytes take."""
    from .head_features import IN_MEMORY

    return (int(size), 0) if size <= IN_MEMORY else (0, int(size))


def most_bytes(spec: TrainSpec, saves: int, checkpoint: int, best: int, model: int) -> int:
    """Return the most bytes that checkpoints and model take together at any time.

    Parameters
    ----------
    spec
        How many checkpoints are kept, and how many bytes of them.
    saves
        Checkpoints that are written in all.
    checkpoint, best, model
        Bytes of one checkpoint, of the best weights (0 where none are kept), and of the model.
    """
    kept = spec.keep_checkpoints
    if spec.keep_gigabytes is not None:
        room = int(spec.keep_gigabytes * 1e9) - best
        kept = min(kept, max(room // max(checkpoint, 1), 1))
    # One more lies there while it is written; the model comes when all are.
    writing = min(kept + 1, saves) * checkpoint
    return best + max(writing, min(kept, saves) * checkpoint + model)
