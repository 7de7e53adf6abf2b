"""Tiny models that write about pictures, one of each family, with their real processors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

SIDE = 32
SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
TEXT = {
    **SMALL,
    "intermediate_size": 32,
    "num_key_value_heads": 1,
    "head_dim": 8,
    "max_position_embeddings": 2048,
}
VISION = {**SMALL, "intermediate_size": 32, "image_size": SIDE, "patch_size": 8}
PARTS = """{%- for message in messages %}{{ '<s>' + message.role + ': ' }}
{%- if message.content is string %}{{ message.content }}{% else %}
{%- for part in message.content %}
{%- if part.type == 'image' %}{{ 'IMAGE' }}{% else %}{{ part.text }}{% endif %}
{%- endfor %}{% endif %}{{ '</s>' }}{% endfor %}
{%- if add_generation_prompt %}{{ '<s>assistant: ' }}{% endif %}"""


def tokenizer(*special: str, **settings: Any) -> Any:
    """Make a tokenizer of bytes."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE(vocab={one: code for code, one in enumerate(alphabet)}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    known = ["<pad>", "<s>", "</s>", "<unk>", *special]
    made.add_special_tokens([AddedToken(one, special=True, normalized=False) for one in known])
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        **settings,
    )


def _number(words: Any, token: str) -> int:
    return int(words.convert_tokens_to_ids(token))


def _shared(words: Any) -> dict[str, Any]:
    return {
        "pad_token_id": words.pad_token_id,
        "bos_token_id": words.bos_token_id,
        "eos_token_id": words.eos_token_id,
        "vocab_size": len(words),
    }


def llava() -> tuple[Any, Any]:
    """Make LLaVA: CLIP sees, Llama writes."""
    words = tokenizer("<image>")
    processor = transformers.LlavaProcessor(
        transformers.CLIPImageProcessor(
            size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE}
        ),
        words,
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
    )
    config = transformers.LlavaConfig(
        vision_config=transformers.CLIPVisionConfig(**VISION),
        text_config=transformers.LlamaConfig(**TEXT, **_shared(words)),
        image_token_index=_number(words, "<image>"),
    )
    return transformers.LlavaForConditionalGeneration(config), processor


def llava_next() -> tuple[Any, Any]:
    """Make LLaVA-NeXT: a picture is seen whole and in pieces."""
    words = tokenizer("<image>")
    grid = [[SIDE, 2 * SIDE], [2 * SIDE, SIDE]]
    processor = transformers.LlavaNextProcessor(
        transformers.LlavaNextImageProcessor(
            size={"shortest_edge": SIDE},
            crop_size={"height": SIDE, "width": SIDE},
            image_grid_pinpoints=grid,
        ),
        words,
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
    )
    config = transformers.LlavaNextConfig(
        vision_config=transformers.CLIPVisionConfig(**VISION),
        text_config=transformers.LlamaConfig(**TEXT, **_shared(words)),
        image_token_index=_number(words, "<image>"),
        image_grid_pinpoints=grid,
    )
    return transformers.LlavaNextForConditionalGeneration(config), processor


def paligemma() -> tuple[Any, Any]:
    """Make PaliGemma: what is asked is read in both directions."""
    words = tokenizer("<image>")
    pictures = transformers.SiglipImageProcessor(size={"height": SIDE, "width": SIDE})
    pictures.image_seq_length = 16
    processor = transformers.PaliGemmaProcessor(pictures, words)
    shared = _shared(processor.tokenizer)
    config = transformers.PaliGemmaConfig(
        vision_config=transformers.SiglipVisionConfig(**VISION, projection_dim=16),
        text_config=transformers.GemmaConfig(**TEXT, **shared),
        image_token_index=processor.image_token_id,
        projection_dim=16,
        hidden_size=16,
    )
    return transformers.PaliGemmaForConditionalGeneration(config), processor


def idefics2() -> tuple[Any, Any]:
    """Make Idefics2: pictures keep their shape."""
    words = tokenizer("<fake_token_around_image>", "<image>", "<end_of_utterance>")
    processor = transformers.Idefics2Processor(
        transformers.Idefics2ImageProcessor(
            size={"longest_edge": SIDE, "shortest_edge": SIDE // 2}, do_image_splitting=False
        ),
        words,
        image_seq_len=4,
    )
    shared = _shared(processor.tokenizer)
    config = transformers.Idefics2Config(
        vision_config=VISION,
        perceiver_config={
            "hidden_size": 16,
            "resampler_n_latents": 4,
            "resampler_depth": 1,
            "resampler_n_heads": 2,
            "resampler_head_dim": 8,
            "num_key_value_heads": 1,
        },
        text_config={"model_type": "mistral", **TEXT, **shared},
        image_token_id=processor.image_token_id,
    )
    return transformers.Idefics2ForConditionalGeneration(config), processor


def idefics3() -> tuple[Any, Any]:
    """Make Idefics3: a picture is cut into tiles."""
    words = tokenizer("<fake_token_around_image>", "<image>", "<end_of_utterance>", "<global-img>")
    processor = transformers.Idefics3Processor(
        transformers.Idefics3ImageProcessor(
            size={"longest_edge": 2 * SIDE}, max_image_size={"longest_edge": SIDE}
        ),
        words,
        image_seq_len=4,
    )
    config = transformers.Idefics3Config(
        vision_config=VISION,
        text_config={"model_type": "llama", **TEXT, **_shared(words)},
        image_token_id=_number(words, "<image>"),
        scale_factor=2,
        pad_token_id=words.pad_token_id,
    )
    return transformers.Idefics3ForConditionalGeneration(config), processor


def gemma3() -> tuple[Any, Any]:
    """Make Gemma 3: a picture is read in both directions."""
    words = tokenizer(
        "<start_of_image>",
        "<end_of_image>",
        "<image_soft_token>",
        extra_special_tokens={
            "boi_token": "<start_of_image>",
            "eoi_token": "<end_of_image>",
            "image_token": "<image_soft_token>",
        },
    )
    processor = transformers.Gemma3Processor(
        transformers.Gemma3ImageProcessor(size={"height": SIDE, "width": SIDE}),
        words,
        image_seq_length=4,
    )
    config = transformers.Gemma3Config(
        vision_config={**VISION, "model_type": "siglip_vision_model"},
        text_config={**TEXT, **_shared(words)},
        mm_tokens_per_image=4,
        boi_token_index=_number(words, "<start_of_image>"),
        eoi_token_index=_number(words, "<end_of_image>"),
        image_token_index=_number(words, "<image_soft_token>"),
    )
    return transformers.Gemma3ForConditionalGeneration(config), processor


QWEN = (
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
)


def qwen2_vl() -> tuple[Any, Any]:
    """Make Qwen2-VL: a picture has as many tokens as its size asks for."""
    return _qwen("Qwen2VL", {"embed_dim": 16, "depth": 2, "num_heads": 2, "hidden_size": 16})


def qwen2_5_vl() -> tuple[Any, Any]:
    """Make Qwen2.5-VL: the same with windows."""
    vision = {"hidden_size": 16, "out_hidden_size": 16, "depth": 2, "num_heads": 2}
    return _qwen("Qwen2_5_VL", {**vision, "intermediate_size": 32, "fullatt_block_indexes": [1]})


def _qwen(name: str, vision: dict[str, Any]) -> tuple[Any, Any]:
    from pellucid.multimodal.vision_language.processor import without_videos

    words = tokenizer(*QWEN)
    processor = without_videos(getattr(transformers, f"{name}Processor"))(
        transformers.Qwen2VLImageProcessor(patch_size=4, min_pixels=8 * 8, max_pixels=SIDE * SIDE),
        words,
        None,
    )
    config = getattr(transformers, f"{name}Config")(
        vision_config={**vision, "patch_size": 4, "spatial_merge_size": 2},
        text_config={
            **{name: value for name, value in TEXT.items() if name != "head_dim"},
            **_shared(words),
            "rope_parameters": {
                "rope_type": "default",
                "mrope_section": [1, 1, 2],
                "rope_theta": 1e4,
            },
        },
        image_token_id=_number(words, "<|image_pad|>"),
        video_token_id=_number(words, "<|video_pad|>"),
        vision_start_token_id=_number(words, "<|vision_start|>"),
        vision_end_token_id=_number(words, "<|vision_end|>"),
    )
    return getattr(transformers, f"{name}ForConditionalGeneration")(config), processor


def smolvlm() -> tuple[Any, Any]:
    """Make SmolVLM: Idefics3 for videos too."""
    from pellucid.multimodal.vision_language.processor import without_videos

    words = tokenizer("<fake_token_around_image>", "<image>", "<end_of_utterance>", "<global-img>")
    processor = without_videos(transformers.SmolVLMProcessor)(
        transformers.SmolVLMImageProcessor(
            size={"longest_edge": 2 * SIDE}, max_image_size={"longest_edge": SIDE}
        ),
        words,
        None,
        image_seq_len=4,
    )
    config = transformers.SmolVLMConfig(
        vision_config=VISION,
        text_config={"model_type": "llama", **TEXT, **_shared(words)},
        image_token_id=_number(words, "<image>"),
        scale_factor=2,
        pad_token_id=words.pad_token_id,
    )
    return transformers.SmolVLMForConditionalGeneration(config), processor


FAMILIES: dict[str, tuple[Callable[[], tuple[Any, Any]], str | None]] = {
    "llava": (llava, "<image>\n"),
    "llava_next": (llava_next, "<image>\n"),
    "paligemma": (paligemma, None),
    "idefics2": (idefics2, "<image>"),
    "idefics3": (idefics3, "<image>"),
    "smolvlm": (smolvlm, "<image>"),
    "gemma3": (gemma3, "<start_of_image>"),
    "qwen2_vl": (qwen2_vl, "<|vision_start|><|image_pad|><|vision_end|>"),
    "qwen2_5_vl": (qwen2_5_vl, "<|vision_start|><|image_pad|><|vision_end|>"),
}
"""How each is made, and what its chat template writes for a picture; None: it has no template."""


def write(family: str, folder: Path) -> Any:
    """Write a family's model with random weights and its processor; return the processor."""
    torch.manual_seed(3)
    made, picture = FAMILIES[family]
    model, processor = made()
    if picture is not None:
        processor.chat_template = PARTS.replace("IMAGE", picture)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return processor
