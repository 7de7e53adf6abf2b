"""What a language model needs before it can be tuned: a head, the right direction, its pooler."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...errors import ModelError, paragraph
from .. import hub
from ..models import Source

INDEX = "model.safetensors.index.json"


def new_head(model: Any, source: Source) -> bool:
    """Say whether a model's head holds weights that its checkpoint does not.

    Weights that are tied to the embeddings don't count.
    """
    known = {_modern(name) for name in _stored(source)}
    if not known:
        return False
    prefix = f"{model.base_model_prefix}."
    tied = set(getattr(model, "all_tied_weights_keys", None) or {})
    return any(
        name not in known
        for name, _ in model.named_parameters()
        if not name.startswith(prefix) and name not in tied
    )


def keep_pooler(model: Any, source: Source, *, trust_remote_code: bool = False) -> None:
    """Give a masked model the pooler of its checkpoint, which guessing words does not use.

    It is saved with the model, so that a classifier that starts from it finds the pooler it would
    have found before.
    """
    import torch
    from transformers import AutoModel

    body = getattr(model, model.base_model_prefix, None)
    if getattr(body, "pooler", False) is not None:
        return  # the body has one already, or never has any
    if not any("pooler." in name for name in _stored(source)):
        return
    whole = AutoModel.from_pretrained(
        source.reference,
        dtype=torch.float32,
        use_safetensors=True,
        trust_remote_code=trust_remote_code,
    )
    pooler = getattr(whole, "pooler", None)
    if isinstance(pooler, torch.nn.Module):
        body.pooler = pooler.requires_grad_(False)  # type: ignore[union-attr]


def check_causal(model: Any, source: Source) -> None:
    """Refuse a model that sees the words it is to guess.

    Raises
    ------
    ModelError
        If the scores of a token change with the tokens behind it.
    """
    import torch

    one = torch.tensor([[3, 1, 2, 4, 1], [3, 1, 2, 2, 3]], device=next(model.parameters()).device)
    training = model.training
    model.eval()
    with torch.no_grad():
        first, second = model(input_ids=one).logits[:, :3]
    model.train(training)
    if not torch.allclose(first, second, rtol=1e-4, atol=1e-5):
        raise ModelError(
            paragraph(
                f"model.name: {source.name}",
                "this model reads in both directions, so it would see the words that it is to "
                "guess; expected a causal language model",
                "Set model.task to masked_lm, or choose a causal model such as GPT-2 or Llama",
            )
        )


def _stored(source: Source) -> set[str]:
    """Return the names of the weights of a checkpoint on this machine; none where it is not."""
    import json

    from safetensors import safe_open

    folder = Path(source.reference) if source.local else hub.downloaded(source.reference)
    if folder is None:
        return set()
    index = folder / INDEX
    if index.is_file():
        return set(json.loads(index.read_text(encoding="utf-8"))["weight_map"])
    file = folder / "model.safetensors"
    if not file.is_file():
        return set()
    with safe_open(file, framework="numpy") as opened:
        return set(opened.keys())


def _modern(name: str) -> str:
    """Return a weight's name as it is written today: scale and shift were gamma and beta once."""
    stem, _, last = name.rpartition(".")
    last = {"gamma": "weight", "beta": "bias"}.get(last, last)
    return f"{stem}.{last}" if stem else last
