"""Making `bundled/image` and `bundled/audio`: encoders of drawn scenes and of synthesised sounds.

A small network learns which colours and shapes stand in a picture, or which syllables and events
can be heard in a sound, and is kept without its head. It trains through the engine that everyone
else uses.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .... import device
from . import Defaults
from .card import Card
from .card import write as write_card
from .saved import save

SIDE = 64
RATE = 16_000
HELD = 0.1
"""Share of the samples that choose the checkpoint, and of those that are measured."""

Row = tuple[str, str]


@dataclass(frozen=True)
class Plan:
    """How one model is made.

    Attributes
    ----------
    modality
        What it reads.
    samples
        ``samples(folder, count, seed)`` writes files and gives the name and the labels of each.
    model
        Makes the network, without a head and with random weights.
    processor
        Makes what reads its files.
    count, epochs, rate, batch
        Samples, passes over them, peak learning rate, samples of a step.
    augment
        The recipe's ``train.augment``.
    learnt
        What it learnt from, in the card's words.
    limits
        What it can't do, likewise.
    """

    modality: str
    samples: Callable[[Path, int, int], Iterator[Row]]
    model: Callable[[], Any]
    processor: Callable[[], Any]
    count: int
    epochs: int
    rate: float
    batch: int
    augment: list[Any]
    learnt: str
    limits: str


def scenes(folder: Path, count: int, seed: int) -> Iterator[Row]:
    """Draw scenes; the labels of each are its items, their colours and their shapes."""
    from ...samples.scenes_drawing import draw
    from ...samples.scenes_things import scene

    for number in range(count):
        one = scene(np.random.default_rng([seed, number]))
        name = f"{number:06d}.png"
        draw(one, SIDE).save(folder / name)
        items = {f"{item.colour} {item.shape}" for item in one.items}
        parts = {item.colour for item in one.items} | {item.shape for item in one.items}
        yield name, "|".join(sorted(items | parts))


def sounds(folder: Path, count: int, seed: int) -> Iterator[Row]:
    """Synthesise syllables and events; the labels of each are what can be heard in it."""
    import soundfile

    from ...samples.sounds_events import KINDS, event
    from ...samples.sounds_syllables import CONSONANTS, VOWELS, syllable

    for number in range(count):
        rng = np.random.default_rng([seed, number])
        labels: set[str] = set()
        pieces: list[Any] = []
        if rng.random() < 0.25:
            kind = str(rng.choice(KINDS))
            labels.add(kind)
            pieces.append(event(kind, rng, RATE))
        else:
            pitch, tract = rng.uniform(80, 300), rng.uniform(0.95, 1.3)
            for _ in range(rng.integers(1, 4)):
                consonant, vowel = str(rng.choice(list(CONSONANTS))), str(rng.choice(list(VOWELS)))
                labels |= {f"consonant {consonant or 'none'}", f"vowel {vowel}"}
                pieces.append(syllable(rng, consonant, vowel, pitch, rate=RATE, tract=tract))
        wave = np.concatenate([*pieces, np.zeros(int(rng.integers(0, RATE // 5)), np.float32)])
        wave = wave * 10 ** rng.uniform(-1.2, -0.1)
        wave = wave + rng.normal(0, 10 ** rng.uniform(-4, -2), len(wave))
        name = f"{number:06d}.flac"
        soundfile.write(folder / name, wave.clip(-1, 1).astype(np.float32), RATE)
        yield name, "|".join(sorted(labels))


def image_model() -> Any:
    """Make a residual network of 1.9 million weights (ResNet, He et al. 2016)."""
    import transformers

    return transformers.ResNetModel(
        transformers.ResNetConfig(
            embedding_size=32,
            hidden_sizes=[48, 96, 160, 224],
            depths=[1, 1, 2, 1],
            layer_type="basic",
        )
    )


def image_processor() -> Any:
    """Make a processor that scales pictures to 64 × 64."""
    import transformers

    return transformers.ViTImageProcessor(
        size={"height": SIDE, "width": SIDE}, image_mean=[0.5] * 3, image_std=[0.25] * 3
    )


def audio_model() -> Any:
    """Make a conformer of 1.6 million weights over filter banks (Wav2Vec2-BERT's encoder)."""
    import transformers

    return transformers.Wav2Vec2BertModel(
        transformers.Wav2Vec2BertConfig(
            hidden_size=144,
            num_hidden_layers=4,
            num_attention_heads=4,
            intermediate_size=432,
            conv_depthwise_kernel_size=15,
            left_max_position_embeddings=32,
            right_max_position_embeddings=32,
            classifier_proj_size=144,
            hidden_dropout=0.1,
            attention_dropout=0.0,
            activation_dropout=0.0,
            feat_proj_dropout=0.0,
            layerdrop=0.0,
            apply_spec_augment=False,
        )
    )


def audio_processor() -> Any:
    """Make an extractor of 80 filter banks every 10 ms, two of them a frame."""
    import transformers

    made: Any = transformers.SeamlessM4TFeatureExtractor
    return made(sampling_rate=RATE)


PLANS = {
    "image": Plan(
        modality="image",
        samples=scenes,
        model=image_model,
        processor=image_processor,
        count=16_000,
        epochs=10,
        rate=2e-3,
        batch=64,
        augment=["crop", {"colour": {"strength": 0.2}}],
        learnt="drawn scenes of 64 × 64 pixels: which colours, shapes and coloured shapes stand in "
        "them",
        limits="It has never seen a photograph. On photographs it is a beginning that is a little "
        "better than none, and no more.",
    ),
    "audio": Plan(
        modality="audio",
        samples=sounds,
        model=audio_model,
        processor=audio_processor,
        count=12_000,
        epochs=14,
        rate=1e-3,
        batch=32,
        augment=["spec_augment"],
        learnt="synthesised syllables and sound events of up to two seconds: which consonants, "
        "vowels and events can be heard in them",
        limits="It has never heard a person. It tells sounds of speech apart well enough to learn "
        "single words from a few hundred recordings; it knows no language.",
    ),
}


DEFAULTS = {name: Defaults(plan.count, plan.epochs) for name, plan in PLANS.items()}


def make(name: str, out: Path, work: Path, *, count: int, epochs: int, seed: int) -> None:
    """Make a model and write it to a folder."""
    plan = PLANS[name]
    device.prepare()
    import torch
    from transformers import AutoModel

    from pellucid import Recipe, execute

    data, begun = work / "data", work / "begun"
    data.mkdir(parents=True)
    _write_table(plan, data, count, seed)
    torch.manual_seed(seed)
    plan.model().save_pretrained(begun)
    plan.processor().save_pretrained(begun)
    recipe: dict[str, Any] = {
        "name": name,
        "data": {
            "source": str(data / "samples.csv"),
            "inputs": {plan.modality: plan.modality},
            "label": "labels",
            "split": {"column": "split"},
        },
        "model": {"name": str(begun), "task": "multilabel"},
        "train": {
            "epochs": epochs,
            "learning_rate": plan.rate,
            "schedule": "cosine",
            "batch_size": plan.batch,
            "weight_decay": 0.02,
            "seed": seed,
            "checkpoint_steps": None,
            "augment": plan.augment,
        },
        "evaluate": {"baselines": False},
    }
    run = execute(Recipe.of(recipe), work / "runs", only=("train", "evaluate"))
    if run.status != "finished":
        raise SystemExit(f"{run.path} is {run.status}")
    measured = json.loads((run.path / "evaluation.json").read_text(encoding="utf-8"))["test"]
    body = AutoModel.from_pretrained(run.model, dtype=torch.float32)
    size = body.num_parameters()
    save(body, plan.processor(), out)
    card = Card(
        name=name,
        summary=f"An encoder of {size:,} weights for {plan.modality} inputs, stored as float16. "
        f"It learnt from\n{plan.learnt}.\n{count:,} samples were made for it, all by this project.",
        measured=f"On {int(count * HELD):,} such samples that it was not trained on:",
        figures={"F1, macro": measured["f1_macro"], "F1, micro": measured["f1_micro"]},
        limits=plan.limits,
        count=count,
        epochs=epochs,
        seed=seed,
    )
    write_card(card, out)


def _write_table(plan: Plan, folder: Path, count: int, seed: int) -> None:
    with (folder / "samples.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([plan.modality, "labels", "split"])
        for number, row in enumerate(plan.samples(folder, count, seed)):
            place = number / count
            held = "validation" if place < HELD else "test" if place < 2 * HELD else "train"
            writer.writerow([*row, held])
