"""`bundled/clip`: what it was made from, and what it finds."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import torch
from PIL import Image
from transformers import AutoTokenizer, CLIPModel, CLIPProcessor

from pellucid.assets import samples
from pellucid.assets.models.making import clip
from pellucid.multimodal.sources import locate


def test_pairs_for_clip_are_made_anew_alike(tmp_path: Path) -> None:
    made = []
    for place in ("one", "two"):
        folder = tmp_path / place
        folder.mkdir()
        table = clip.write_table(folder, 30, 13)
        pictures = [file.read_bytes() for file in sorted(folder.glob("*.png"))]
        made.append((table.read_bytes(), pictures))
    assert made[0] == made[1]
    rows = pd.read_csv(tmp_path / "one" / "samples.csv")
    assert rows["split"].value_counts().to_dict() == {"train": 18, "validation": 6, "test": 6}
    opened = rows["caption"].str.startswith(clip.OPENINGS)
    assert 0 < opened.sum() < len(rows) / 2
    assert len(set(made[0][1])) == len(rows)


def test_clips_tokenizer_reads_and_writes_every_text() -> None:
    words = AutoTokenizer.from_pretrained(locate("bundled/clip").reference)
    for text in ("a small red circle left of a heart", "zebras! naïve 漢字 42%"):
        numbers = words(text).input_ids
        assert words.decode(numbers, skip_special_tokens=True).strip() == text
        assert numbers[0] == words.bos_token_id and numbers[-1] == words.eos_token_id
    # Words of scenes are one token each, and case means nothing.
    assert len(words("A Red CIRCLE").input_ids) == 5
    assert words("A Red CIRCLE").input_ids == words("a red circle").input_ids


def test_clip_finds_what_it_was_told_of() -> None:
    """Two scenes with their captions, by transformers alone."""
    folder = locate("bundled/clip").reference
    model = CLIPModel.from_pretrained(folder, dtype=torch.float32).eval()
    processor = CLIPProcessor.from_pretrained(folder)
    scenes = Path(samples.__file__).parent / "scenes"
    rows = pd.read_csv(scenes / "metadata.csv").drop_duplicates("caption")
    rows = rows[(rows["camera"] == "new") & (rows["split"] == "test")][:40]
    pictures = [Image.open(scenes / name).convert("RGB") for name in rows["file_name"]]
    given = processor(
        text=rows["caption"].tolist(), images=pictures, padding=True, return_tensors="pt"
    )
    with torch.inference_mode():
        scores = model(**given).logits_per_image
    right = (scores.argmax(dim=1) == torch.arange(len(rows))).float().mean()
    assert float(right) > 10 / len(rows)


def test_making_clip_ends_in_a_folder_that_loads(tmp_path: Path) -> None:
    out = tmp_path / "made"
    clip.make("clip", out, tmp_path / "work", count=60, epochs=1, seed=13)
    assert {file.name for file in out.iterdir()} == {
        "README.md",
        "config.json",
        "model.safetensors",
        "processor_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "--count 60 --epochs 1" in card and "recall@1" in card
    assert locate(str(out)).licence == "apache-2.0"
