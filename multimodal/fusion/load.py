"""Which model answers questions about pictures: one made for it, or two encoders joined."""

from __future__ import annotations

from typing import Any

import torch
import transformers
from transformers import AutoConfig, AutoModel

from ...errors import ModelError, paragraph
from ..sources import Source
from .modeling import FusedConfig, FusedModel, encoder

PAIRS = ("vision_config", "text_config")
"""What the configuration of a model holds that has both encoders (CLIP, SigLIP and their kin)."""


def auto_for(source: Source, *, trust_remote_code: bool = False) -> str | None:
    """Return the Auto class that loads a model for pictures with texts, None where one is joined.

    Parameters
    ----------
    source
        Where the model comes from.
    trust_remote_code
        As the recipe says.
    """
    config = AutoConfig.from_pretrained(source.reference, trust_remote_code=trust_remote_code)
    if isinstance(config, FusedConfig):
        return "AutoModel"
    if type(config) in transformers.MODEL_FOR_VISUAL_QUESTION_ANSWERING_MAPPING:
        return "AutoModelForVisualQuestionAnswering"
    return None


def joined(source: Source, texts: Source | None, **head: Any) -> Any:
    """Join an image encoder and a text encoder, in float32; what joins them is new.

    Parameters
    ----------
    source
        A model with both encoders, or an image encoder.
    texts
        A text encoder; the one of `source` if left out.
    head
        What the configuration shall say of the head, such as ``num_labels``.

    Returns
    -------
    A `FusedModel`; its ``newly_made`` names what is new.

    Raises
    ------
    ModelError
        If there is no text encoder.
    """
    loaded = AutoModel.from_pretrained(source.reference, dtype=torch.float32)
    both = all(hasattr(loaded.config, name) for name in PAIRS)
    if both:
        vision, text = (_part(loaded, name) for name in ("vision", "text"))
    else:
        vision = loaded
    if texts is not None:
        text = AutoModel.from_pretrained(texts.reference, dtype=torch.float32)
    elif not both:
        raise reads_no_texts(source)
    config = FusedConfig(_plain(vision), _plain(text), **head)
    model: Any = FusedModel(config)
    model.encoders.vision, model.encoders.text = vision, text
    new = (name for name, _ in model.named_parameters() if not name.startswith("encoders."))
    model.newly_made = tuple(sorted(new))
    return model


def reads_no_texts(source: Source) -> ModelError:
    """Return the error of a model that only sees, where samples hold texts too."""
    return ModelError(
        paragraph(
            f"model.name: {source.name}",
            "it sees pictures and reads no texts, and the inputs hold both",
            "Name a text encoder as model.text_encoder, such as bundled/minilm, or a model with "
            "both encoders, such as CLIP",
        )
    )


def _part(both: Any, name: str) -> Any:
    """Return one encoder of two as a model of its own, which its configuration makes again."""
    made = encoder(getattr(both.config, f"{name}_config"))
    weights = getattr(both, f"{name}_model").state_dict()
    for place in (made, getattr(made, f"{name}_model", None)):
        if place is not None and set(place.state_dict()) == set(weights):
            place.load_state_dict(weights)
            return made
    raise ModelError(
        paragraph(
            f"model.name: {both.name_or_path}",
            f"its {name} encoder can't be taken out of it",
            "Name an image encoder as model.name and a text encoder as model.text_encoder",
        )
    )


def _plain(model: Any) -> dict[str, Any]:
    """Return a configuration without where it came from."""
    found: dict[str, Any] = model.config.to_dict()
    found.pop("_name_or_path", None)
    return found
