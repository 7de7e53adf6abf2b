"""Making `bundled/clip`: a dual encoder of drawn scenes and of what is said of them.

A small CLIP (Radford et al. 2021) of transformers' own classes learns from scenes with their
captions, through the engine that everyone else uses, which of many captions belongs to a picture.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .... import device
from . import Defaults
from .card import Card
from .card import write as write_card
from .saved import save

SIDE, PATCH = 64, 8
WORDS = 700
"""Most tokens of the vocabulary; 256 of them are single bytes, so every text can be written."""

LONGEST = 48
"""Most tokens of a text, both ends counted."""

READ = 4000
"""Scenes whose captions and questions the tokenizer learns its pieces from."""

HELD = 1000
"""Scenes that choose the checkpoint, and as many that are measured."""

OPENINGS = ("a photo of", "a picture of", "a drawing of")
OPENED = 0.2
"""Share of the captions that begin with such words, as prompts do."""

START, END = "<start>", "<end>"

DEFAULTS = {"clip": Defaults(count=18_000, epochs=8)}


def texts(count: int, seed: int) -> Iterator[str]:
    """Say what there is to say of scenes: captions, questions and answers."""
    from ...samples.scenes_things import scene
    from ...samples.scenes_words import caption, questions

    for number in range(count):
        rng = np.random.default_rng([seed, 1, number])
        one = scene(rng)
        yield caption(one, rng)
        for asked in questions(one, rng):
            yield f"{asked.text} {asked.answer}"
    yield from OPENINGS


def tokenizer(seed: int) -> Any:
    """Make a tokenizer of pieces of words (byte-level BPE) for what is said of scenes.

    Any other text is written in single bytes.
    """
    import transformers
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from tokenizers.trainers import BpeTrainer

    made = Tokenizer(models.BPE())
    made.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    made.decoder = decoders.ByteLevel()
    trainer = BpeTrainer(
        vocab_size=WORDS,
        special_tokens=[START, END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    made.train_from_iterator(texts(READ, seed), trainer)
    made.post_processor = processors.TemplateProcessing(
        single=f"{START} $A {END}", special_tokens=[(START, 0), (END, 1)]
    )
    kind: Any = transformers.PreTrainedTokenizerFast
    return kind(
        tokenizer_object=made,
        bos_token=START,
        eos_token=END,
        pad_token=END,
        model_max_length=LONGEST,
        clean_up_tokenization_spaces=False,
    )


def processor(seed: int) -> Any:
    """Make a processor that scales pictures to 64 × 64 and reads texts."""
    import transformers

    pictures = transformers.CLIPImageProcessor(
        size={"height": SIDE, "width": SIDE},
        do_center_crop=False,
        image_mean=[0.5] * 3,
        image_std=[0.25] * 3,
    )
    kind: Any = transformers.CLIPProcessor
    return kind(pictures, tokenizer(seed))


def model(words: int) -> Any:
    """Make a CLIP of 0.9 million weights, at random."""
    import transformers

    return transformers.CLIPModel(
        transformers.CLIPConfig(
            text_config={
                "vocab_size": words,
                "hidden_size": 96,
                "intermediate_size": 256,
                "num_hidden_layers": 2,
                "num_attention_heads": 4,
                "max_position_embeddings": LONGEST,
                "bos_token_id": 0,
                "eos_token_id": 1,
                "pad_token_id": 1,
            },
            vision_config={
                "hidden_size": 128,
                "intermediate_size": 384,
                "num_hidden_layers": 4,
                "num_attention_heads": 4,
                "image_size": SIDE,
                "patch_size": PATCH,
            },
            projection_dim=96,
        )
    )


def write_table(folder: Path, count: int, seed: int) -> Path:
    """Draw scenes, and write a table of them with what is said of each."""
    from ...samples.scenes_drawing import draw
    from ...samples.scenes_things import scene
    from ...samples.scenes_words import caption

    held = min(HELD, count // 5)
    table = folder / "samples.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "caption", "split"])
        for number in range(count):
            rng = np.random.default_rng([seed, 0, number])
            one = scene(rng)
            name = f"{number:06d}.png"
            draw(one, SIDE).save(folder / name)
            said = caption(one, rng)
            if rng.random() < OPENED:
                said = f"{rng.choice(OPENINGS)} {said}"
            split = "validation" if number < held else "test" if number < 2 * held else "train"
            writer.writerow([name, said, split])
    return table


def make(name: str, out: Path, work: Path, *, count: int, epochs: int, seed: int) -> None:
    """Make the model and write it to a folder."""
    device.prepare()
    import torch
    from transformers import AutoModel

    from pellucid import Recipe, execute

    data, begun = work / "data", work / "begun"
    data.mkdir(parents=True)
    table = write_table(data, count, seed)
    torch.manual_seed(seed)
    reads = processor(seed)
    model(len(reads.tokenizer)).save_pretrained(begun)
    reads.save_pretrained(begun)
    recipe: dict[str, Any] = {
        "name": name,
        "data": {
            "source": str(table),
            "inputs": {"image": "image", "caption": "text"},
            "split": {"column": "split"},
        },
        "model": {"name": str(begun), "task": "contrastive"},
        "train": {
            "epochs": epochs,
            "learning_rate": 1e-3,
            "schedule": "cosine",
            "batch_size": 64,
            "weight_decay": 0.05,
            "seed": seed,
            "precision": "fp32",
            "checkpoint_steps": None,
            "augment": [{"crop": {"padding": 0.06}}],
        },
        "evaluate": {"baselines": False},
    }
    run = execute(Recipe.of(recipe), work / "runs", only=("train", "evaluate"))
    if run.status != "finished":
        raise SystemExit(f"{run.path} is {run.status}")
    measured = json.loads((run.path / "evaluation.json").read_text(encoding="utf-8"))["test"]
    trained = AutoModel.from_pretrained(run.model, dtype=torch.float32)
    size = trained.num_parameters()
    save(trained, reads, out)
    card = Card(
        name=name,
        summary=f"A dual encoder (CLIP) of {size:,} weights for pictures and texts, stored as "
        f"float16. It learnt from\n{count:,} drawn scenes of {SIDE} × {SIDE} pixels with their "
        "captions, all made by this project, which\ncaption belongs to which picture.",
        measured=f"On {measured['rows']:,} such scenes that it was not trained on, each picture "
        "looking for its caption among all of\nthem, and each caption for its picture (chance "
        f"finds {1 / measured['rows']:.1%} at first):",
        figures={
            f"{said}, recall@{k}": measured[f"{way}_recall_at_{k}"]
            for way, said in (
                ("image_to_text", "picture to caption"),
                ("text_to_image", "caption to picture"),
            )
            for k in (1, 5, 10)
        },
        limits="It has never seen a photograph, and knows no words but those of eight colours, six "
        "shapes, three sizes,\nfour kinds of background and where shapes stand. It learnt shapes "
        "by captions that name their colours: “a red\ncircle” tells it more than “a circle”, "
        "which finds no better than chance. Other words it reads letter by\nletter, without a "
        "meaning, until it is tuned on them.",
        count=count,
        epochs=epochs,
        seed=seed,
    )
    write_card(card, out)
