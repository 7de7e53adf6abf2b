"""An image encoder and a text encoder, joined: the question looks at the picture.

This file is copied beside the models that a run saves, so that ``AutoModel.from_pretrained`` loads
them without Pellucid (``trust_remote_code=True``); hence it needs torch and transformers alone.
"""

from __future__ import annotations

from typing import Any

import torch
import transformers
from torch import nn
from transformers import (
    MODEL_MAPPING,
    AutoConfig,
    AutoModel,
    PretrainedConfig,
    PreTrainedModel,
)
from transformers.modeling_outputs import SequenceClassifierOutput


class FusedConfig(PretrainedConfig):  # type: ignore[no-untyped-call]
    """Configurations of both encoders, and of what joins them.

    Parameters
    ----------
    vision_config, text_config
        Of the encoders, as transformers' ``AutoConfig`` knows them.
    fusion_size
        Width of what joins them.
    fusion_heads
        Attention heads by which a text looks at a picture.
    fusion_dropout
        Dropout of what joins them.
    """

    model_type = "pellucid_fused"
    has_no_defaults_at_init = True

    def __init__(
        self,
        vision_config: Any = None,
        text_config: Any = None,
        fusion_size: int = 256,
        fusion_heads: int = 4,
        fusion_dropout: float = 0.1,
        **others: Any,
    ) -> None:
        self.vision_config = _config(vision_config)
        self.text_config = _config(text_config)
        self.fusion_size = fusion_size
        self.fusion_heads = fusion_heads
        self.fusion_dropout = fusion_dropout
        super().__init__(**others)

    def get_text_config(self, *args: Any, **kwargs: Any) -> Any:
        """Return the text encoder's configuration."""
        return self.text_config


class Encoders(nn.Module):
    """Both encoders side by side.

    Parameters
    ----------
    config
        Whose encoders are made, with random weights.
    """

    def __init__(self, config: FusedConfig) -> None:
        super().__init__()
        self.vision = encoder(config.vision_config)
        self.text = encoder(config.text_config)

    def forward(
        self,
        pixel_values: torch.Tensor | None = None,
        input_ids: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        token_type_ids: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """Return features of places of the picture, and of the text.

        Returns
        -------
        seen, read
            Shapes (samples, places, width) and (samples, tokens, width); None of what is not given.
        """
        seen = read = None
        if pixel_values is not None:
            seen = self.vision(pixel_values=pixel_values).last_hidden_state
            if seen.ndim == 4:  # a convolutional network's map
                seen = seen.flatten(2).transpose(1, 2)
        if input_ids is not None:
            types = {} if token_type_ids is None else {"token_type_ids": token_type_ids}
            read = self.text(
                input_ids=input_ids, attention_mask=attention_mask, **types
            ).last_hidden_state
        return seen, read


class Fusion(nn.Module):
    """A text looks at a picture: its tokens attend to the picture's places, and both are joined.

    The text's mean, what it saw, and their product are brought together by one hidden layer. The
    product lets the text choose what of the picture counts (Kim et al. 2017, "Hadamard product for
    low-rank bilinear pooling").

    Parameters
    ----------
    config
        Widths, heads and dropout.
    """

    def __init__(self, config: FusedConfig) -> None:
        super().__init__()
        size = config.fusion_size
        self.seen = nn.Sequential(nn.Linear(_width(config.vision_config), size), nn.LayerNorm(size))
        self.read = nn.Sequential(nn.Linear(_width(config.text_config), size), nn.LayerNorm(size))
        self.look = nn.MultiheadAttention(size, config.fusion_heads, batch_first=True)
        self.joined = nn.Sequential(
            nn.Linear(3 * size, size), nn.GELU(), nn.Dropout(config.fusion_dropout)
        )

    def forward(
        self, seen: torch.Tensor, read: torch.Tensor, mask: torch.Tensor | None
    ) -> torch.Tensor:
        """Return one vector for each sample; shape (samples, fusion_size)."""
        seen, read = self.seen(seen), self.read(read)
        found, _ = self.look(read, seen, seen, need_weights=False)
        there = torch.ones(read.shape[:2], device=read.device) if mask is None else mask
        share = (there / there.sum(dim=1, keepdim=True).clamp_min(1)).unsqueeze(-1).to(read.dtype)
        asked, answered = (read * share).sum(dim=1), (found * share).sum(dim=1)
        joined: torch.Tensor = self.joined(torch.cat([asked, answered, asked * answered], dim=-1))
        return joined


class FusedModel(PreTrainedModel):  # type: ignore[no-untyped-call]
    """Classes, labels or a number for a picture with a text.

    Parameters
    ----------
    config
        A `FusedConfig`.
    """

    config_class = FusedConfig
    base_model_prefix = "encoders"
    main_input_name = "pixel_values"
    _supports_sdpa = True
    supports_gradient_checkpointing = False

    def __init__(self, config: FusedConfig) -> None:
        super().__init__(config)
        self.encoders = Encoders(config)
        self.fusion = Fusion(config)
        self.classifier = nn.Linear(config.fusion_size, int(config.num_labels or 1))
        self.post_init()  # type: ignore[no-untyped-call]

    def _init_weights(self, module: nn.Module) -> None:
        """Leave weights as torch draws them; the encoders draw their own."""

    def get_input_embeddings(self) -> nn.Module:
        """Return the text encoder's token embeddings."""
        found: nn.Module = self.encoders.text.get_input_embeddings()
        return found

    def forward(
        self,
        pixel_values: torch.Tensor | None = None,
        input_ids: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        token_type_ids: torch.Tensor | None = None,
        seen: torch.Tensor | None = None,
        read: torch.Tensor | None = None,
        **others: Any,
    ) -> SequenceClassifierOutput:
        """Return logits of shape (samples, labels).

        Called with pictures alone, or with texts alone, it returns what their encoder makes of them
        as ``hidden_states``. That can be given back as `seen` or `read` in their place, so that a
        picture with several texts is encoded once.
        """
        own, words = self.encoders(pixel_values, input_ids, attention_mask, token_type_ids)
        seen, read = (own if seen is None else seen), (words if read is None else read)
        if seen is None or read is None:
            return SequenceClassifierOutput(hidden_states=(seen if read is None else read,))
        return SequenceClassifierOutput(
            logits=self.classifier(self.fusion(seen, read, attention_mask))
        )


def encoder(config: Any) -> Any:
    """Make an encoder with random weights.

    Encoders that are always a part of something, such as SigLIP's of texts, stand in no Auto class.
    """
    if type(config) in MODEL_MAPPING:
        return AutoModel.from_config(config)  # type: ignore[no-untyped-call]
    return getattr(transformers, type(config).__name__.replace("Config", "Model"))(config)


def _config(raw: Any) -> Any:
    """Read an encoder's configuration from plain data."""
    if not isinstance(raw, dict):
        return raw
    settings = dict(raw)
    return AutoConfig.for_model(settings.pop("model_type"), **settings)


def _width(config: Any) -> int:
    """Return the width of an encoder's features."""
    sizes = getattr(config, "hidden_sizes", None)
    found = sizes[-1] if sizes else config.hidden_size
    return int(found)


AutoConfig.register(FusedConfig.model_type, FusedConfig, exist_ok=True)
AutoModel.register(FusedConfig, FusedModel, exist_ok=True)
FusedConfig.register_for_auto_class()  # type: ignore[no-untyped-call]
FusedModel.register_for_auto_class("AutoModel")  # type: ignore[no-untyped-call]
