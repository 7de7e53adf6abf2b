"""The parts of a network, found by how it is built: body, embeddings, layers, head.

No list of architectures stands behind it: a model of transformers says which module is its body
(``base_model_prefix``) and which its input embeddings are, and holds its layers in a ModuleList.
"""

from __future__ import annotations

from typing import Any

import torch

SIDE = 0.25
"""A list of modules with fewer weights than this share of the largest list's holds no layers."""


def plain(model: torch.nn.Module) -> torch.nn.Module:
    """Return the model itself, out of peft's wrapper."""
    inner: Any = getattr(model, "get_base_model", None)
    return inner() if inner is not None else model


def body(model: torch.nn.Module) -> torch.nn.Module:
    """Return what turns inputs to features; the whole model where nothing stands above it."""
    model = plain(model)
    found = getattr(model, str(getattr(model, "base_model_prefix", "")), None)
    return found if isinstance(found, torch.nn.Module) else model


def layers(model: torch.nn.Module) -> list[torch.nn.Module]:
    """Return the layers of the body, lowest first; an encoder's stand before its decoder's.

    Models that use one layer again and again (ALBERT) have one. A network without any list of
    modules has none.
    """
    lists = _outermost(body(model))
    most = max((_size(one) for one in lists), default=0)
    return [layer for one in lists if _size(one) > SIDE * most for layer in one]


def embeddings(model: torch.nn.Module) -> list[torch.nn.Module]:
    """Return what stands below the layers: token embeddings, places, and their normalisation."""
    inner = body(model)
    tokens = _tokens(inner)
    above = {part for layer in layers(model) for part in layer.modules()}
    if tokens is None:
        return []
    found: list[torch.nn.Module] = []
    for part in inner.modules():
        inside = set(part.modules())
        known = any(part in set(one.modules()) for one in found)
        below = tokens in inside and not inside & above
        if not known and part not in above and (below or isinstance(part, torch.nn.Embedding)):
            found.append(part)
    return found


def head(model: torch.nn.Module) -> dict[str, torch.nn.Module]:
    """Return the modules with weights that stand beside the body, by name; {} without any."""
    model, inner = plain(model), body(model)
    if inner is model:
        return {}
    return {
        name: part
        for name, part in model.named_children()
        if inner not in set(part.modules()) and any(True for _ in part.parameters())
    }


def parts(model: torch.nn.Module) -> dict[str, list[torch.nn.Module]]:
    """Return what a model that writes about pictures is made of; {} of any other model.

    Returns
    -------
    dict
        ``vision``, ``connector`` and ``language``; modules that stand in none of each other.
    """
    model = plain(model)
    find: Any = getattr(model, "get_encoder", None)
    if find is None or not writes(model):
        return {}
    try:
        vision = find(modality="image")
    except (TypeError, AttributeError):
        return {}
    if vision in (model, body(model)) or not isinstance(vision, torch.nn.Module):
        return {}
    found: Any = model
    language = [found.get_decoder(), found.get_output_embeddings()]
    own = {part for one in (vision, *language) for part in one.modules()}
    return {"vision": [vision], "connector": _beside(model, own), "language": language}


def _beside(module: torch.nn.Module, own: set[torch.nn.Module]) -> list[torch.nn.Module]:
    """Return the outermost modules with weights that neither are among others nor hold some."""
    found: list[torch.nn.Module] = []
    for child in module.children():
        if child in own or not _size(child):
            continue
        found += _beside(child, own) if own & set(child.modules()) else [child]
    return found


def writes(model: torch.nn.Module) -> bool:
    """Say whether the model's head gives scores to words, as a language model's does."""
    ask: Any = getattr(plain(model), "get_output_embeddings", None)
    try:
        return ask is not None and ask() is not None
    except (AttributeError, NotImplementedError):
        return False


def _tokens(inner: torch.nn.Module) -> torch.nn.Module | None:
    ask: Any = getattr(inner, "get_input_embeddings", None)
    try:
        found = ask() if ask is not None else None
    except (AttributeError, NotImplementedError):
        return None
    return found if isinstance(found, torch.nn.Module) else None


def _outermost(module: torch.nn.Module) -> list[torch.nn.ModuleList]:
    """Return the lists of modules that stand in no other list, in the model's order."""
    found: list[torch.nn.ModuleList] = []
    for child in module.children():
        if isinstance(child, torch.nn.ModuleList):
            found.append(child)
        else:
            found += _outermost(child)
    return [one for one in found if _size(one)]


def _size(module: torch.nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters())
