"""Every family of dual encoders is tuned for a step, saved, loaded and asked by Auto classes alone.

The models are small and random. What predictions.parquet says of each pair has to be what anyone
finds with the saved model and transformers' own processors.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import transformers
from PIL import Image

from pellucid import Recipe, execute
from pellucid.core.predict_table import predict_table
from pellucid.core.runs import Run
from pellucid.errors import PellucidError
from pellucid.multimodal.contrastive.models import full_length, reads_padding

ROWS = 18
SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
VISION = {**SMALL, "intermediate_size": 32, "image_size": 32, "patch_size": 8}
ENDS = {"bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 0}
TEXT = {**SMALL, "intermediate_size": 32, "max_position_embeddings": 24}
LONGEST = 24


def clip(words: int) -> Any:
    text = {**TEXT, **ENDS, "vocab_size": words}
    return transformers.CLIPModel(
        transformers.CLIPConfig(text_config=text, vision_config=VISION, projection_dim=12)
    )


def siglip(words: int) -> Any:
    text = {**TEXT, **ENDS, "vocab_size": words, "projection_size": 16}
    return transformers.SiglipModel(
        transformers.SiglipConfig(text_config=text, vision_config=VISION)
    )


def chinese_clip(words: int) -> Any:
    text = {**TEXT, "vocab_size": words, "pad_token_id": 0}
    config = transformers.ChineseCLIPConfig(
        text_config=text, vision_config=VISION, projection_dim=12
    )
    return transformers.ChineseCLIPModel(config)


def joined(words: int) -> Any:
    text = transformers.BertConfig(**{**TEXT, "vocab_size": words})
    vision = transformers.ViTConfig(**VISION)
    config = transformers.VisionTextDualEncoderConfig.from_vision_text_configs(
        vision, text, projection_dim=12
    )
    return transformers.VisionTextDualEncoderModel(config)


def align(words: int) -> Any:
    text = {**TEXT, "vocab_size": words}
    vision = {
        "image_size": 32,
        "width_coefficient": 0.1,
        "depth_coefficient": 0.1,
        "kernel_sizes": [3, 3],
        "in_channels": [8, 8],
        "out_channels": [8, 16],
        "depthwise_padding": [],
        "strides": [1, 2],
        "num_block_repeats": [1, 1],
        "expand_ratios": [1, 2],
        "hidden_dim": 16,
        "hidden_size": 16,
    }
    return transformers.AlignModel(
        transformers.AlignConfig(text_config=text, vision_config=vision, projection_dim=8)
    )


FAMILIES = {
    "clip": clip,
    "siglip": siglip,
    "chinese_clip": chinese_clip,
    "vision_text_dual_encoder": joined,
    "align": align,
}


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write pictures with two captions each, some of which several pictures share."""
    folder = tmp_path_factory.mktemp("captions")
    rng = np.random.default_rng(3)
    rows = []
    for row in range(ROWS):
        pixels = rng.integers(0, 255, (40, 36, 3))
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{row}.png")
        split = ("train", "train", "validation", "test")[row % 4]
        for caption in (f"the room was {row % 7} very", "it stayed there" + " warm" * (row % 5)):
            rows.append(
                {
                    "image": f"{row}.png",
                    "caption": caption,
                    "kind": "warm" if row % 2 else "cold",
                    "split": split,
                }
            )
    pd.DataFrame(rows).to_csv(folder / "table.csv", index=False)
    return folder / "table.csv"


@pytest.fixture(scope="module")
def make(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Make a small model of a family, with a tokenizer and an image processor."""

    def made(family: str) -> Path:
        torch.manual_seed(0)
        folder = tmp_path_factory.mktemp("models") / family
        words = transformers.AutoTokenizer.from_pretrained(tiny_model)
        FAMILIES[family](len(words)).save_pretrained(folder)
        if family in ("clip", "siglip"):  # these encoders know no parts of texts
            words.model_input_names = ["input_ids", "attention_mask"]
        words.save_pretrained(folder)
        size = {"height": 32, "width": 32}
        transformers.ViTImageProcessor(size=size).save_pretrained(folder)
        return folder

    return made


def recipe(folder: Path, table: Path, **changed: Any) -> Recipe:
    return Recipe.of(
        {
            "name": folder.name,
            "data": {
                "source": str(table),
                "inputs": {"caption": "text", "image": "image"},
                "split": {"column": "split"},
                **changed.get("data", {}),
            },
            "model": {
                "name": str(folder),
                "task": "contrastive",
                "max_length": LONGEST,
                **changed.get("model", {}),
            },
            "train": {
                "max_steps": 1,
                "epochs": 1,
                "batch_size": 8,
                "precision": "fp32",
                **changed.get("train", {}),
            },
            "evaluate": {"replicates": 100},
        }
    )


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("adapt", ["full", "lora"])
def test_a_family_is_tuned_saved_and_asked(
    family: str, adapt: str, table: Path, make: Callable[[str], Path], tmp_path: Path
) -> None:
    changed = {"model": {"adapt": adapt}, "data": {"label": "kind"}}
    run = execute(recipe(make(family), table, **changed), tmp_path, only=("train", "evaluate"))
    assert run.status == "finished"
    found = run.predictions()
    test = found[found["split"] == "test"].reset_index(drop=True)
    rows = pd.read_csv(table)
    rows = rows[rows["split"] == "test"].reset_index(drop=True)
    expected = similarities(run, table.parent, rows)
    np.testing.assert_allclose(test["similarity"], np.diagonal(expected), atol=2e-5)
    # Among the split's distinct captions, by a plain loop over every row.
    captions = rows["caption"].drop_duplicates().index
    for row in range(len(rows)):
        own = set(rows.loc[rows["image"] == rows["image"][row], "caption"])
        scores = {rows["caption"][one]: expected[row, one] for one in captions}
        best = max(scores[one] for one in own)
        others = [one for name, one in scores.items() if name not in own]
        assert test["text_rank"][row] == 1 + sum(one > best for one in others)
    # A new table is answered with the label whose prompt is nearest, captions or none.
    alone = rows[["image"]].drop_duplicates()
    alone.to_csv(table.parent / "alone.csv", index=False)
    answered = predict_table(run, table.parent / "alone.csv", tmp_path / "out.parquet").frame()
    prompts = [f"a photo of {label}" for label in ("cold", "warm")]
    logits = asked(run, table.parent, alone["image"].tolist(), prompts)[0]
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    scores = answered[["score:cold", "score:warm"]].to_numpy()
    np.testing.assert_allclose(scores, expected, atol=2e-5)
    assert answered["prediction"].tolist() == np.array(["cold", "warm"])[scores.argmax(1)].tolist()
    assert "similarity" not in answered


def similarities(run: Run, folder: Path, rows: pd.DataFrame) -> Any:
    """Return the cosine of every row's picture and every row's caption by the saved model."""
    _, found = asked(run, folder, rows["image"].tolist(), rows["caption"].tolist())
    vectors = [getattr(found, f"{kind}_embeds") for kind in ("image", "text")]
    images, texts = (one / one.norm(dim=1, keepdim=True) for one in vectors)
    return (images @ texts.T).numpy()


def asked(run: Run, folder: Path, pictures: list[str], texts: list[str]) -> tuple[Any, Any]:
    """Ask the saved model through transformers alone: logits of pictures for texts, and all."""
    model = transformers.AutoModel.from_pretrained(run.model).eval()
    words = transformers.AutoTokenizer.from_pretrained(run.model)
    images = transformers.AutoImageProcessor.from_pretrained(run.model)
    # SigLIP is used with texts of one length, as its documentation says.
    fixed = isinstance(model, transformers.SiglipModel)
    length = {"padding": "max_length", "max_length": LONGEST} if fixed else {"padding": True}
    given = dict(words(texts, return_tensors="pt", **length))
    opened = [Image.open(folder / one).convert("RGB") for one in pictures]
    given |= images(images=opened, return_tensors="pt")
    with torch.inference_mode():
        found = model(**given)
    return found.logits_per_image.numpy(), found


@pytest.mark.parametrize("family", FAMILIES)
def test_only_siglip_reads_padding(family: str, make: Callable[[str], Path]) -> None:
    model = transformers.AutoModel.from_pretrained(make(family))
    assert reads_padding(model) == (family == "siglip")
    assert not model.training


def test_texts_are_padded_at_the_tokenizers_side(make: Callable[[str], Path]) -> None:
    model = transformers.AutoModel.from_pretrained(make("siglip"))
    ids = torch.tensor([[5, 6, 7]])
    for left, expected in ((0, [5, 6, 7, *[9] * 21]), (1, [*[9] * 21, 5, 6, 7])):
        batch = {"input_ids": ids, "target_pad": torch.tensor([9, left])}
        assert full_length(model, batch)["input_ids"].tolist() == [expected]


def test_a_model_with_one_encoder_is_refused(
    tiny_model: Path, table: Path, make: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = tmp_path / "bert"
    words = transformers.AutoTokenizer.from_pretrained(tiny_model)
    transformers.BertModel(
        transformers.BertConfig(**{**TEXT, "vocab_size": len(words)})
    ).save_pretrained(folder)
    words.save_pretrained(folder)
    transformers.ViTImageProcessor().save_pretrained(folder)
    with pytest.raises(PellucidError, match="no vectors that could be compared"):
        execute(recipe(folder, table), tmp_path / "runs", only=("train",))


def test_a_step_that_would_be_split_is_refused(
    table: Path, make: Callable[[str], Path], tmp_path: Path
) -> None:
    split = recipe(make("clip"), table, train={"micro_batch_size": 4})
    with pytest.raises(PellucidError, match=r"train\.micro_batch_size"):
        execute(split, tmp_path, only=("train",))
