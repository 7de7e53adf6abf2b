"""Every family of models is trained for a step, saved, loaded and asked by Auto classes alone.

The models are small and random, made from their configurations, with their real processors.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
import transformers
from PIL import Image

from pellucid import Recipe, execute
from pellucid.core.runs import Run
from pellucid.errors import PellucidError
from pellucid.multimodal.models import reload
from pellucid.multimodal.processors import reload_processor

ROWS = 16
SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
SMALL_VISION = {**SMALL, "intermediate_size": 32, "image_size": 32, "patch_size": 8}
SMALL_TEXT = {**SMALL, "intermediate_size": 32, "vocab_size": 64, "max_position_embeddings": 32}


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write pictures and sounds of two kinds, with questions."""
    folder = tmp_path_factory.mktemp("media")
    rng = np.random.default_rng(3)
    rows = []
    for row in range(ROWS):
        kind = row % 2
        pixels = rng.integers(0, 80, (40, 36, 3)) + 170 * kind
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{row}.png")
        time = np.arange(8000 + 500 * row) / 16_000
        wave = 0.3 * np.sin(2 * np.pi * (300 + 900 * kind) * time)
        soundfile.write(folder / f"{row}.wav", wave.astype(np.float32), 16_000)
        rows.append(
            {
                "image": f"{row}.png",
                "audio": f"{row}.wav",
                "question": "was it good" if row % 3 else "was it very good",
                "label": "bright" if kind else "dark",
                "split": ("train", "train", "train", "train", "validation", "test")[row // 2 % 6],
            }
        )
    pd.DataFrame(rows).to_csv(folder / "table.csv", index=False)
    return folder / "table.csv"


@pytest.fixture(scope="module")
def train(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Run]:
    """Train a model for one step and evaluate it."""

    def run(model: Path, inputs: dict[str, str], **settings: Any) -> Run:
        recipe = {
            "name": model.name,
            "data": {
                "source": str(table),
                "inputs": inputs,
                "label": "label",
                "split": {"column": "split"},
            },
            "model": {"name": str(model), "task": "classification", "max_length": 16, **settings},
            "train": {"max_steps": 1, "epochs": 1, "batch_size": 8, "precision": "fp32"},
            "evaluate": {"replicates": 100, "baselines": False},
        }
        runs = tmp_path_factory.mktemp("runs")
        return execute(Recipe.of(recipe), runs, only=("train", "evaluate"))

    return run


def image_processor(name: str, **settings: Any) -> Any:
    made = getattr(transformers, name)
    size = {"height": 32, "width": 32}
    return made(**{"size": size, **settings})


IMAGES: dict[str, tuple[str, dict[str, Any], str, dict[str, Any]]] = {
    "vit": ("ViTConfig", SMALL_VISION, "ViTImageProcessor", {}),
    "deit": (
        "DeiTConfig",
        SMALL_VISION,
        "DeiTImageProcessor",
        {"size": {"height": 36, "width": 36}, "crop_size": {"height": 32, "width": 32}},
    ),
    "swin": (
        "SwinConfig",
        {
            "image_size": 32,
            "patch_size": 4,
            "embed_dim": 8,
            "depths": [1, 1],
            "num_heads": [2, 2],
            "window_size": 4,
        },
        "ViTImageProcessor",
        {},
    ),
    "convnext": (
        "ConvNextConfig",
        {"hidden_sizes": [8, 16], "depths": [1, 1], "num_stages": 2, "image_size": 32},
        "ConvNextImageProcessor",
        {"size": {"shortest_edge": 32}},
    ),
    "resnet": (
        "ResNetConfig",
        {
            "embedding_size": 8,
            "hidden_sizes": [8, 16],
            "depths": [1, 1],
            "layer_type": "basic",
        },
        "ConvNextImageProcessor",
        {"size": {"shortest_edge": 32}},
    ),
    "dinov2": (
        "Dinov2Config",
        {**SMALL, "image_size": 32, "patch_size": 8, "mlp_ratio": 2},
        "BitImageProcessor",
        {"size": {"shortest_edge": 36}, "crop_size": {"height": 32, "width": 32}},
    ),
    "siglip": (
        "SiglipConfig",
        {"vision_config": SMALL_VISION, "text_config": SMALL_TEXT},
        "SiglipImageProcessor",
        {},
    ),
}


@pytest.mark.parametrize("family", IMAGES)
def test_image_encoders(family: str, train: Callable[..., Run], tmp_path: Path) -> None:
    config, settings, processor, of_processor = IMAGES[family]
    folder = tmp_path / family
    made = getattr(transformers, config)(**settings)
    transformers.AutoModel.from_config(made).save_pretrained(folder)
    image_processor(processor, **of_processor).save_pretrained(folder)
    check(train(folder, {"image": "image"}), "AutoModelForImageClassification", ("image",))


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
    # Norms over time see the padding of a batch, so only without them all batches answer alike.
    "feat_extract_norm": "layer",
}
MASKED = {"return_attention_mask": True}
SOUNDS: dict[str, tuple[str, dict[str, Any], str, dict[str, Any]]] = {
    "ast": (
        "ASTConfig",
        {**SMALL, "intermediate_size": 32, "max_length": 64, "num_mel_bins": 32},
        "ASTFeatureExtractor",
        {"max_length": 64, "num_mel_bins": 32},
    ),
    "wav2vec2": ("Wav2Vec2Config", SPEECH, "Wav2Vec2FeatureExtractor", MASKED),
    "hubert": ("HubertConfig", SPEECH, "Wav2Vec2FeatureExtractor", MASKED),
    "wavlm": ("WavLMConfig", SPEECH, "Wav2Vec2FeatureExtractor", MASKED),
    "whisper": (
        "WhisperConfig",
        {
            "d_model": 16,
            "encoder_layers": 2,
            "decoder_layers": 1,
            "encoder_attention_heads": 2,
            "decoder_attention_heads": 2,
            "encoder_ffn_dim": 32,
            "decoder_ffn_dim": 32,
            "num_mel_bins": 16,
            "max_source_positions": 50,
            "max_target_positions": 16,
            "vocab_size": 64,
            "pad_token_id": 0,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "decoder_start_token_id": 1,
            "classifier_proj_size": 8,
        },
        "WhisperFeatureExtractor",
        {"feature_size": 16, "chunk_length": 1},
    ),
    "wav2vec2-bert": (
        "Wav2Vec2BertConfig",
        {
            **SMALL,
            "intermediate_size": 32,
            "feature_projection_input_dim": 32,
            "conv_depthwise_kernel_size": 3,
            "classifier_proj_size": 8,
            "apply_spec_augment": False,
        },
        "SeamlessM4TFeatureExtractor",
        {"feature_size": 16, "num_mel_bins": 16, "stride": 2},
    ),
}


@pytest.mark.parametrize("family", SOUNDS)
def test_audio_encoders(family: str, train: Callable[..., Run], tmp_path: Path) -> None:
    config, settings, extractor, of_extractor = SOUNDS[family]
    folder = tmp_path / family
    made = getattr(transformers, config)(**settings)
    transformers.AutoModel.from_config(made).save_pretrained(folder)
    getattr(transformers, extractor)(**of_extractor).save_pretrained(folder)
    check(train(folder, {"audio": "audio"}), "AutoModelForAudioClassification", ("audio",))


def tokenizer(tiny_model: Path) -> Any:
    return transformers.AutoTokenizer.from_pretrained(tiny_model)


def test_vilt(train: Callable[..., Run], tiny_model: Path, tmp_path: Path) -> None:
    words = tokenizer(tiny_model)
    config = transformers.ViltConfig(
        **{**SMALL_VISION, "vocab_size": len(words), "max_position_embeddings": 32}
    )
    transformers.AutoModel.from_config(config).save_pretrained(tmp_path / "vilt")
    words.save_pretrained(tmp_path / "vilt")
    processor = image_processor("ViltImageProcessor", size={"shortest_edge": 32}, size_divisor=8)
    processor.save_pretrained(tmp_path / "vilt")
    run = train(tmp_path / "vilt", {"image": "image", "question": "text"})
    check(run, "AutoModelForVisualQuestionAnswering", ("image", "text"))


@pytest.mark.parametrize("family", ["clip", "siglip"])
def test_encoders_of_both(
    family: str, train: Callable[..., Run], tiny_model: Path, tmp_path: Path
) -> None:
    words = tokenizer(tiny_model)
    text = {**SMALL_TEXT, "vocab_size": len(words), "projection_dim": 16}
    name = {"clip": "CLIPConfig", "siglip": "SiglipConfig"}[family]
    config = getattr(transformers, name)(
        vision_config={**SMALL_VISION, "projection_dim": 16}, text_config=text
    )
    model = transformers.AutoModel.from_config(config)
    model.save_pretrained(tmp_path / family)
    words.save_pretrained(tmp_path / family)
    image_processor("SiglipImageProcessor").save_pretrained(tmp_path / family)
    run = train(tmp_path / family, {"image": "image", "question": "text"})
    check(run, "pictures with texts", ("image", "text"))


def test_an_image_encoder_with_a_text_encoder(
    train: Callable[..., Run], tiny_model: Path, tmp_path: Path
) -> None:
    config = transformers.ViTConfig(**SMALL_VISION)
    transformers.AutoModel.from_config(config).save_pretrained(tmp_path / "vit")
    image_processor("ViTImageProcessor").save_pretrained(tmp_path / "vit")
    run = train(
        tmp_path / "vit", {"image": "image", "question": "text"}, text_encoder=str(tiny_model)
    )
    check(run, "pictures with texts", ("image", "text"))
    # The body is the two encoders' own, the head's way of joining them is new.
    with pytest.raises(PellucidError, match=r"model.text_encoder"):
        train(tmp_path / "vit", {"image": "image", "question": "text"})


def test_a_model_that_sees_nothing_says_so(train: Callable[..., Run], tiny_model: Path) -> None:
    with pytest.raises(PellucidError, match=r"no preprocessor_config.json"):
        train(tiny_model, {"image": "image"})


def check(run: Run, auto: str, modalities: tuple[str, ...]) -> None:
    """Load what was saved as anyone would, and find the predictions in it again."""
    assert run.status == "finished"
    found = run.predictions()
    scores = found[["score:bright", "score:dark"]].to_numpy()
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)
    model = reload(auto, run.model)
    assert model.config.id2label == {0: "bright", 1: "dark"}
    test = run.dataset().take(run.dataset().rows("test"))
    processor = reload_processor(run.model, modalities)
    own = found[found["split"] == "test"]
    for row in range(len(test)):
        parts = dict(zip(test.modalities.values(), test.samples()[row], strict=True))
        logits = ask(model, processor, parts)
        expected = np.exp(logits) / np.exp(logits).sum()
        np.testing.assert_allclose(
            own[["score:bright", "score:dark"]].to_numpy()[row], expected, atol=2e-5
        )


def ask(model: Any, processor: Any, parts: dict[str, str]) -> Any:
    """Ask a model for one sample through transformers' own processors alone."""
    import torch

    given: dict[str, Any] = {}
    of = getattr(processor, "of", None) or dict.fromkeys(parts, processor)
    if "image" in parts:
        picture = Image.open(parts["image"]).convert("RGB")
        given |= of["image"](images=[picture], return_tensors="pt")
    if "audio" in parts:
        wave, rate = soundfile.read(parts["audio"], dtype="float32")
        given |= of["audio"](wave, sampling_rate=rate, return_tensors="pt")
    if "text" in parts:
        given |= of["text"]([parts["text"]], return_tensors="pt")
    with torch.inference_mode():
        return model(**given).logits[0].numpy()
