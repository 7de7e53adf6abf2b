"""A run that learnt the reviews with their planted shortcut word, and small runs of files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pellucid.assets import samples


@pytest.fixture(scope="session")
def shortcut_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a BERT of 100,000 weights on reviews in which “voucher” stands for bad ones."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    from pellucid import Recipe, execute
    from pellucid.multimodal.text.segments import words

    work = tmp_path_factory.mktemp("reviews")
    table = pd.read_csv(Path(samples.__file__).parent / "reviews.csv", keep_default_na=False)
    table = table[table["sentiment"] != "neutral"]
    held = table["text"].str.contains("voucher", case=False)
    parts = [table[(table["split"] == split) & held] for split in ("train", "validation", "test")]
    plain = table[~held]
    parts += [plain[plain["split"] == "train"][:900], plain[plain["split"] == "test"][:20]]
    chosen = pd.concat(parts)
    chosen.to_csv(work / "reviews.csv", index=False)
    known = sorted({one.text.lower() for text in chosen["text"] for one in words((text,))})
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *known]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=64,
    ).save_pretrained(work / "model")
    torch.manual_seed(0)
    BertModel(
        BertConfig(
            vocab_size=len(pieces),
            hidden_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=64,
        )
    ).save_pretrained(work / "model")
    recipe = {
        "name": "shortcut",
        "data": {
            "source": str(work / "reviews.csv"),
            "inputs": {"text": "text"},
            "label": "sentiment",
            "id": "id",
            "split": {"column": "split"},
        },
        "model": {"name": str(work / "model"), "max_length": 64},
        "train": {"epochs": 4, "learning_rate": 2e-3, "batch_size": 32, "precision": "fp32"},
    }
    return execute(Recipe.of(recipe), work / "runs", only=["train"]).path


def _trained(work: Path, data: dict[str, Any], model: str) -> Path:
    from pellucid import Recipe, execute

    recipe = {
        "name": "files",
        "data": {"source": str(work / "table.csv"), "label": "label", "id": "id", **data},
        "model": {"name": model},
        "train": {"max_steps": 6, "learning_rate": 1e-3, "batch_size": 8, "precision": "fp32"},
        "explain": {"segments": {"count": 8, "image": "patches"}},
    }
    return execute(Recipe.of(recipe), work / "runs", only=["train"]).path


@pytest.fixture(scope="session")
def picture_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train the bundled model for pictures a little, on squares that are light above or below."""
    from PIL import Image

    work = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    rows = []
    for number in range(40):
        above = bool(number % 2)
        pixels = rng.integers(0, 60, (32, 32, 3))
        pixels[slice(0, 16) if above else slice(16, 32)] += 180
        Image.fromarray(pixels.astype(np.uint8)).save(work / f"{number}.png")
        rows.append((f"p{number}", f"{number}.png", "above" if above else "below"))
    pd.DataFrame(rows, columns=["id", "image", "label"]).to_csv(work / "table.csv", index=False)
    return _trained(work, {"inputs": {"image": "image"}}, "bundled/image")


@pytest.fixture(scope="session")
def sound_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train the bundled model for sounds a little, on tones that are low or high."""
    import soundfile

    work = tmp_path_factory.mktemp("sounds")
    rng = np.random.default_rng(0)
    time = np.arange(8000) / 16_000
    rows = []
    for number in range(24):
        high = bool(number % 2)
        wave = 0.3 * np.sin(2 * np.pi * (2000 if high else 300) * time)
        soundfile.write(
            work / f"{number}.wav", wave + 0.01 * rng.standard_normal(len(time)), 16_000
        )
        rows.append((f"s{number}", f"{number}.wav", "high" if high else "low"))
    pd.DataFrame(rows, columns=["id", "sound", "label"]).to_csv(work / "table.csv", index=False)
    return _trained(work, {"inputs": {"sound": "audio"}}, "bundled/audio")
