"""Tiny random models of many families, and which methods that look inside can serve each of them.

`FAMILIES` is plain data: a table of methods by families can be printed from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
import transformers
from PIL import Image
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from pellucid.explain.pieces import cut
from pellucid.explain.spec import ExplainSpec
from pellucid.explain.subject import Subject
from pellucid.multimodal.encode import encode
from pellucid.multimodal.fusion.modeling import FusedConfig, FusedModel
from pellucid.multimodal.processors import Processors
from pellucid.multimodal.spec import ModelSpec

SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
VISION = {**SMALL, "intermediate_size": 32, "image_size": 32, "patch_size": 8}
TEXT = {**SMALL, "intermediate_size": 32, "max_position_embeddings": 64}
SPEECH = {
    **SMALL,
    "intermediate_size": 32,
    "conv_dim": (8, 8),
    "conv_stride": (5, 4),
    "conv_kernel": (10, 8),
    "num_feat_extract_layers": 2,
    "num_conv_pos_embeddings": 8,
    "num_conv_pos_embedding_groups": 2,
    "classifier_proj_size": 8,
    "mask_time_prob": 0.0,
    "feat_extract_norm": "layer",
}
SWIN = {
    "image_size": 32,
    "patch_size": 4,
    "embed_dim": 8,
    "depths": [1, 1],
    "num_heads": [2, 2],
    "window_size": 4,
}
RESNET = {
    "embedding_size": 8,
    "hidden_sizes": [8, 16],
    "depths": [1, 1],
    "layer_type": "basic",
}
BART = {
    "d_model": 16,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 2,
    "eos_token_id": 3,
    "decoder_start_token_id": 3,
}
WHISPER = {
    **{name: BART[name] for name in BART if name != "max_position_embeddings"},
    "num_mel_bins": 16,
    "max_source_positions": 50,
    "max_target_positions": 16,
    "vocab_size": 64,
    "classifier_proj_size": 8,
}
DEBERTA = {
    **TEXT,
    "relative_attention": True,
    "pos_att_type": ["p2c", "c2p"],
    "position_buckets": 8,
    "type_vocab_size": 0,
}
DISTIL = {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32, "max_position_embeddings": 64}
JAMBA = {
    **SMALL,
    "intermediate_size": 32,
    "num_key_value_heads": 2,
    "attn_layer_period": 2,
    "attn_layer_offset": 1,
    "num_experts": 1,
    "num_experts_per_tok": 1,
    "use_mamba_kernels": False,
    "mamba_d_state": 4,
    "mamba_dt_rank": 4,
    "pad_token_id": 0,
}
SEES_PADDING = ("fnet",)
"""Families whose answers change with the padding of a batch."""

MASKED = {"return_attention_mask": True}
EVERY = ("attention_rollout", "chefer_relevance", "grad_cam", "layer_cam")
CAMS = ("grad_cam", "layer_cam")


@dataclass(frozen=True)
class Family:
    """A family of models.

    Attributes
    ----------
    modalities
        Modality of each part.
    config, settings
        transformers' configuration.
    methods
        Those that can serve it; the others refuse.
    processor, of_processor
        Of pictures or sounds.
    architecture
        Its class, where a configuration has several with a head.
    """

    modalities: tuple[str, ...]
    config: str
    settings: dict[str, Any]
    methods: tuple[str, ...] = EVERY
    processor: str = ""
    of_processor: dict[str, Any] = field(default_factory=dict)
    architecture: str = ""


def _text(config: str, settings: dict[str, Any], methods: tuple[str, ...] = EVERY) -> Family:
    return Family(("text",), config, settings, methods)


def _image(config: str, settings: dict[str, Any], methods: tuple[str, ...] = EVERY) -> Family:
    return Family(("image",), config, settings, methods, "ViTImageProcessor")


FAMILIES: dict[str, Family] = {
    "bert": _text("BertConfig", TEXT),
    "roberta": _text("RobertaConfig", {**TEXT, "pad_token_id": 0}),
    "distilbert": _text("DistilBertConfig", DISTIL),
    "deberta-v2": _text("DebertaV2Config", DEBERTA),
    "albert": _text("AlbertConfig", {**TEXT, "embedding_size": 8}),
    "bart": _text("BartConfig", BART),
    "gpt2": _text("GPT2Config", {"n_embd": 16, "n_layer": 2, "n_head": 2, "pad_token_id": 0}),
    "qwen2": _text("Qwen2Config", {**TEXT, "num_key_value_heads": 2, "pad_token_id": 0}),
    "fnet": _text("FNetConfig", TEXT, CAMS),
    "jamba": _text("JambaConfig", JAMBA, CAMS),
    "vit": _image("ViTConfig", VISION),
    "deit": Family(
        ("image",), "DeiTConfig", VISION, EVERY, "ViTImageProcessor",
        architecture="DeiTForImageClassificationWithTeacher",
    ),
    "swin": _image("SwinConfig", SWIN, CAMS),
    "convnext": _image(
        "ConvNextConfig", {"hidden_sizes": [8, 16], "depths": [1, 1], "num_stages": 2}, CAMS
    ),
    "resnet": _image("ResNetConfig", RESNET, CAMS),
    "dinov2": _image("Dinov2Config", {**SMALL, "image_size": 32, "patch_size": 8, "mlp_ratio": 2}),
    "siglip": _image("SiglipConfig", {"vision_config": VISION, "text_config": TEXT}),
    "clip": _image("CLIPConfig", {"vision_config": VISION, "text_config": TEXT}),
    "ast": Family(
        ("audio",), "ASTConfig",
        {**SMALL, "intermediate_size": 32, "max_length": 64, "num_mel_bins": 32}, EVERY,
        "ASTFeatureExtractor", {"max_length": 64, "num_mel_bins": 32},
    ),
    "wav2vec2": Family(
        ("audio",), "Wav2Vec2Config", SPEECH, EVERY, "Wav2Vec2FeatureExtractor", MASKED
    ),
    "hubert": Family(("audio",), "HubertConfig", SPEECH, EVERY, "Wav2Vec2FeatureExtractor", MASKED),
    "wavlm": Family(
        ("audio",), "WavLMConfig", SPEECH, ("attention_rollout", *CAMS),
        "Wav2Vec2FeatureExtractor", MASKED,
    ),
    "wav2vec2-bert": Family(
        ("audio",), "Wav2Vec2BertConfig",
        {
            **SMALL, "intermediate_size": 32, "feature_projection_input_dim": 32,
            "conv_depthwise_kernel_size": 3, "classifier_proj_size": 8,
            "apply_spec_augment": False,
        },
        EVERY, "SeamlessM4TFeatureExtractor",
        {"feature_size": 16, "num_mel_bins": 16, "stride": 2},
    ),
    "whisper": Family(
        ("audio",), "WhisperConfig", WHISPER, EVERY, "WhisperFeatureExtractor",
        {"feature_size": 16, "chunk_length": 1},
    ),
    "vilt": Family(
        ("image", "text"), "ViltConfig", {**VISION, "max_position_embeddings": 32}, EVERY,
        "ViltImageProcessor", {"size": {"shortest_edge": 32}, "size_divisor": 8},
    ),
    "vit with bert": Family(
        ("image", "text"), "ViTConfig", VISION, EVERY, "ViTImageProcessor"
    ),
    "siglip with its texts": Family(
        ("image", "text"), "SiglipVisionConfig", VISION, EVERY, "ViTImageProcessor"
    ),
    "resnet with bert": Family(
        ("image", "text"), "ResNetConfig", RESNET, EVERY, "ViTImageProcessor"
    ),
}  # fmt: skip

AUTO = {
    ("text",): "AutoModelForSequenceClassification",
    ("image",): "AutoModelForImageClassification",
    ("audio",): "AutoModelForAudioClassification",
}
TEXTS = ("the room was good", "a very dirty desk and rude staff there", "kind", "we stayed it")


def subject(
    family: str | Family, words: Any, folder: Path, *, rows: int = 3, left: bool = False
) -> Subject:
    """Make a subject of a tiny model of a family, with random weights.

    Parameters
    ----------
    family
        Its name, or the family.
    words
        A tokenizer.
    folder
        Where pictures and sounds are written.
    rows
        How many samples.
    left
        Whether texts are padded at the left.
    """
    one = FAMILIES[family] if isinstance(family, str) else family
    torch.manual_seed(3)
    model = _model(one, words).eval()
    for weight in model.parameters():  # small weights make answers that hardly depend on anything
        if weight.ndim > 1:
            torch.nn.init.normal_(weight, std=0.3)
    words.padding_side = "left" if left else "right"
    samples = [sample(one, row, folder) for row in range(rows)]
    return about(model, processor(one, words), one.modalities, samples)


def letters() -> Any:
    """Make a tokenizer of single letters, with the special tokens where `BART` has them."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    known = "abcdefghijklmnopqrstuvwxyz0123456789.,!?"
    pieces = [*special, *known, *(f"##{one}" for one in known)]
    made = Tokenizer(
        models.WordPiece({piece: code for code, piece in enumerate(pieces)}, unk_token="[UNK]")
    )
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=64,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )


def about(
    model: Any, processing: Any, modalities: tuple[str, ...], samples: list[tuple[str, ...]]
) -> Subject:
    """Make a subject of a model and samples at hand; the second class is explained."""
    spec = ModelSpec(max_length=24)
    encoded = encode(processing, samples, list(modalities), spec)
    settings = ExplainSpec(segments={"image": "patches", "count": 16, "audio": "spans"})
    named = {f"column {number}": kind for number, kind in enumerate(modalities)}

    def pieces(row: int) -> Any:
        return cut(processing, encoded, named, row, samples[row], settings, 24)

    return Subject(model, encoded, pieces, np.ones(len(samples), np.int64))


def processor(family: Family, words: Any) -> Any:
    """Make what a family reads samples with."""
    if family.modalities == ("text",):
        return words
    settings = dict(family.of_processor)
    if "image" in family.modalities:
        settings = {"size": {"height": 32, "width": 32}, **settings}
    made = getattr(transformers, family.processor)(**settings)
    if len(family.modalities) == 1:
        return made
    return Processors({"image": made, "text": words})


def _model(family: Family, words: Any) -> Any:
    settings = dict(family.settings)
    if family.modalities == ("text",) or family.config == "ViltConfig":
        settings["vocab_size"] = len(words)
    config = getattr(transformers, family.config)(**settings, num_labels=2)
    config.architectures = [family.architecture] if family.architecture else None
    if family.config == "ViltConfig":
        return transformers.AutoModelForVisualQuestionAnswering.from_config(config)
    if len(family.modalities) == 2:
        text = transformers.BertConfig(**{**TEXT, "vocab_size": len(words)})
        if "Siglip" in family.config:
            text = transformers.SiglipTextConfig(**{**TEXT, "vocab_size": len(words)})
        return FusedModel(FusedConfig(config, text, fusion_size=16, num_labels=2))
    make: Callable[..., Any] = getattr(transformers, AUTO[family.modalities]).from_config
    return make(config)


def sample(family: Family, row: int, folder: Path) -> tuple[str, ...]:
    """Make a sample that fits a family; its pictures and sounds are written into a folder."""
    rng = np.random.default_rng(row)
    out = []
    for kind in family.modalities:
        if kind == "text":
            out.append(TEXTS[row % len(TEXTS)])
        elif kind == "image":
            pixels = rng.integers(0, 256, (40, 36 if row else 48, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{row}.png")
            out.append(str(folder / f"{row}.png"))
        else:
            time = np.arange(9600 + 1200 * (row // 2)) / 16_000
            wave = 0.3 * np.sin(2 * np.pi * (300 + 200 * row) * time**1.5)
            wave += rng.normal(scale=0.05, size=len(time))
            soundfile.write(folder / f"{row}.wav", wave.astype(np.float32), 16_000)
            out.append(str(folder / f"{row}.wav"))
    return tuple(out)
