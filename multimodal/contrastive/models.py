"""Dual encoders: models that give pictures and texts vectors which can be compared.

CLIP (Radford et al. 2021), SigLIP (Zhai et al. 2023) and their kin. They are known by what they
have, never by a list of names: a configuration of both encoders, features of pictures and of texts,
and logits of all pictures of a batch for all its texts.
"""

from __future__ import annotations

import math
from typing import Any

import torch

from ...errors import ModelError, paragraph
from ..fusion.load import PAIRS
from ..models import load as load_model
from ..sources import Source
from ..spec import ModelSpec

AUTO = "AutoModel"

FEATURES = {"image": "get_image_features", "text": "get_text_features"}
"""By modality the method that turns a model's inputs into vectors."""

LARGEST_SCALE = math.log(100)
"""Most that CLIP's logarithm of the inverse temperature may reach (Radford et al. 2021, 2.5)."""

PAD = "target_pad"
"""Name in a batch of the padding token's number, and whether it stands at the left; shape (2,)."""

PROBE = 2
"""Padding tokens by which it is tried whether a model reads them."""

READS_PADDING = "_reads_padding"


def load(source: Source, spec: ModelSpec, seed: int) -> Any:
    """Load a dual encoder, in float32.

    Parameters
    ----------
    source, spec
        Where it comes from and how it is loaded.
    seed
        Seeds weights that the source has not.

    Raises
    ------
    ModelError
        If it can't be loaded, or is no dual encoder.
    """
    model = load_model(AUTO, source, spec, seed)
    both = all(hasattr(model.config, name) for name in PAIRS)
    if not both or not all(hasattr(model, name) for name in FEATURES.values()):
        raise ModelError(
            paragraph(
                f"model.name: {source.name}",
                "it gives pictures and texts no vectors that could be compared",
                "Name a model with both encoders, such as bundled/clip, CLIP or SigLIP",
            )
        )
    reads_padding(model)  # is tried before anything wraps the model, and remembered
    return model


def logits(model: torch.nn.Module, batch: dict[str, Any]) -> torch.Tensor:
    """Return a model's logits of every picture of a batch for every text of it.

    Parameters
    ----------
    model
        As `load` returned it, or wrapped.
    batch
        The inputs of both, and `PAD`.

    Returns
    -------
    torch.Tensor
        Shape (pictures, texts), float32: similarities with the model's own scale and bias.

    Raises
    ------
    ModelError
        If the model gives none.
    """
    found = model(**full_length(model, batch))
    scores: torch.Tensor | None = getattr(found, "logits_per_image", None)
    if scores is None:
        raise ModelError(
            paragraph(
                "recipe, key “model.name”",
                "the model gives no logits of pictures for texts (logits_per_image)",
                "Name another model with both encoders, such as bundled/clip, CLIP or SigLIP",
            )
        )
    return scores.float()


def vectors(model: torch.nn.Module, kind: str, batch: dict[str, Any]) -> torch.Tensor:
    """Return vectors of length 1 of some pictures or texts; shape (samples, width), float32.

    Parameters
    ----------
    model
        As `load` returned it, not wrapped for several processes.
    kind
        ``image`` or ``text``.
    batch
        The model's inputs of that modality; of texts `PAD` too.
    """
    found = getattr(model, FEATURES[kind])(**full_length(model, batch))
    one = getattr(found, "pooler_output", found).float()
    return torch.nn.functional.normalize(one, dim=-1)


def scale(model: torch.nn.Module) -> tuple[float, float]:
    """Return by what cosine similarities are multiplied, and what is added to that.

    A model says it by `logit_scale`, the logarithm of the factor, or by a `temperature` to divide
    by, and by `logit_bias` where it has one.
    """
    own: Any = _plain(model)
    if (log := getattr(own, "logit_scale", None)) is not None:
        factor = math.exp(log.item())
    elif (temperature := getattr(own, "temperature", None)) is not None:
        factor = 1 / temperature.item()
    else:
        factor = 1.0
    bias = getattr(own, "logit_bias", None)
    return factor, 0.0 if bias is None else bias.item()


def is_sigmoid(model: torch.nn.Module) -> bool:
    """Say whether a model was made for the sigmoid loss: its logits have a bias of their own."""
    return getattr(_plain(model), "logit_bias", None) is not None


@torch.no_grad()
def clamp_scale(model: torch.nn.Module) -> None:
    """Keep the scale of a model of the softmax loss at 100 or below, as CLIP's training does.

    SigLIP's scale is not bounded: its published models lie above.
    """
    log = getattr(_plain(model), "logit_scale", None)
    if isinstance(log, torch.Tensor) and log.requires_grad and not is_sigmoid(model):
        log.clamp_(max=LARGEST_SCALE)


def full_length(model: torch.nn.Module, batch: dict[str, Any]) -> dict[str, Any]:
    """Return a batch's inputs, texts padded to the model's full length where it reads padding.

    Parameters
    ----------
    model
        As `load` returned it, or wrapped.
    batch
        Inputs, and the padding token as `PAD` where there are texts.
    """
    own = {name: one for name, one in batch.items() if not name.startswith("target")}
    if "input_ids" not in own or not reads_padding(model):
        return own
    width = int(_plain(model).config.text_config.max_position_embeddings)
    length = own["input_ids"].shape[1]
    if (more := width - length) > 0:
        token, left = batch[PAD].tolist()
        sides = (more, 0) if left else (0, more)
        for name, value in (("input_ids", token), ("attention_mask", 0)):
            if name in own:
                own[name] = torch.nn.functional.pad(own[name], sides, value=value)
    return own


@torch.no_grad()
def reads_padding(model: torch.nn.Module) -> bool:
    """Say whether the vector of a text changes with the padding behind it.

    SigLIP's does: it learnt from texts padded to one length, whose last token it takes. So such
    texts have to be padded so everywhere, or a text's vector would depend on its batch. It is tried
    once for each model.
    """
    own: Any = _plain(model)
    if (known := vars(own).get(READS_PADDING)) is not None:
        return bool(known)
    place = next(own.parameters()).device
    training = own.training
    own.eval()
    text = torch.arange(3, 6, device=place)[None]
    found = []
    for more in (0, PROBE):
        ids = torch.nn.functional.pad(text, (0, more), value=int(text[0, -1]))
        mask = torch.nn.functional.pad(torch.ones_like(text), (0, more))
        given = own.get_text_features(input_ids=ids, attention_mask=mask)
        found.append(getattr(given, "pooler_output", given).float())
    own.train(training)
    alone, padded = found
    differs = not torch.allclose(alone, padded, rtol=1e-2, atol=1e-3 * float(alone.abs().max()))
    setattr(own, READS_PADDING, differs)
    return differs


def _plain(model: torch.nn.Module) -> Any:
    """Return a model out of what trains it in several processes, compiles or adapts it."""
    from accelerate.utils import extract_model_from_parallel

    own: Any = extract_model_from_parallel(model)
    inner = getattr(own, "get_base_model", None)
    return inner() if inner is not None else own
