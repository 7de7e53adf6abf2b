"""What a language model needs before it can be tuned: a head, the right direction, its pooler."""

from __future__ import annotations

import inspect
from typing import Any

from ...errors import ModelError, paragraph
from ..models import Source, load, newly_made
from ..spec import ModelSpec


def new_head(model: Any) -> bool:
    """Say whether a loaded model's head, above its body, holds weights that its source has not."""
    prefix = f"{model.base_model_prefix}."
    return any(not name.startswith(prefix) for name in newly_made(model))


def keep_pooler(model: Any, source: Source, spec: ModelSpec, seed: int) -> None:
    """Give a masked model the pooler of its source, which guessing words does not use.

    It is saved with the model, so that a classifier that starts from it finds the pooler it would
    have found before.

    Parameters
    ----------
    model
        As `multimodal.models.load` returned it.
    source, spec, seed
        What it was loaded by.
    """
    import torch

    body = getattr(model, model.base_model_prefix, None)
    if getattr(body, "pooler", False) is not None:
        return  # the body has one already, or never has any
    whole = load("AutoModel", source, spec, seed)
    pooler = getattr(whole, "pooler", None)
    new = any(name.startswith("pooler.") for name in newly_made(whole))
    if isinstance(pooler, torch.nn.Module) and not new:
        body.pooler = pooler.requires_grad_(False)  # type: ignore[union-attr]


def check_causal(model: Any, source: Source) -> None:
    """Refuse a model that sees the words it is to guess.

    Raises
    ------
    ModelError
        If the scores of a token change with the tokens behind it.
    """
    if not _sees_behind(model):
        return
    # Some read what is asked in both directions, and an answer forwards (PaliGemma).
    takes = inspect.signature(model.forward).parameters
    if "token_type_ids" not in takes or _sees_behind(model, answer=True):
        raise ModelError(
            paragraph(
                f"model.name: {source.name}",
                "this model reads in both directions, so it would see the words that it is to "
                "guess; expected a causal language model",
                "Set model.task to masked_lm, or choose a causal model such as GPT-2 or Llama",
            )
        )


def _sees_behind(model: Any, *, answer: bool = False) -> bool:
    """Say whether the scores of a token, maybe of an answer's, change with those behind it."""
    import torch

    one = torch.tensor([[3, 1, 2, 4, 1], [3, 1, 2, 2, 3]], device=next(model.parameters()).device)
    told = {"token_type_ids": torch.ones_like(one)} if answer else {}
    training = model.training
    model.eval()
    with torch.no_grad():
        first, second = model(input_ids=one, **told).logits[:, :3]
    model.train(training)
    return not torch.allclose(first, second, rtol=1e-4, atol=1e-5)
