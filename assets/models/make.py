"""Making the small models that come with the package, from data that the project makes itself.

``python -m pellucid.assets.models.make image`` draws scenes (`assets.samples.scenes_things`), has a
small network learn which colours and shapes stand in them, and keeps the network without its head.
``… audio`` does the same with synthesised syllables and sounds. Both train through the engine that
everyone else uses; what a model learnt from, how well, and by which command stands in its card.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ... import device

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
    from ..samples.scenes_drawing import draw
    from ..samples.scenes_things import scene

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

    from ..samples.sounds_events import KINDS, event
    from ..samples.sounds_syllables import CONSONANTS, VOWELS, syllable

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


def make(
    name: str, plan: Plan, out: Path, work: Path, *, count: int, epochs: int, seed: int
) -> None:
    """Make a model and write it to a folder."""
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
    body.half().save_pretrained(out)
    (out / "model.safetensors").chmod(0o644)  # safetensors lets none but its writer read
    plan.processor().save_pretrained(out)
    _forget_places(out / "config.json")
    card = _card(name, plan, measured, count, epochs, seed, body.num_parameters())
    (out / "README.md").write_text(card, encoding="utf-8")


def _write_table(plan: Plan, folder: Path, count: int, seed: int) -> None:
    with (folder / "samples.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([plan.modality, "labels", "split"])
        for number, row in enumerate(plan.samples(folder, count, seed)):
            place = number / count
            held = "validation" if place < HELD else "test" if place < 2 * HELD else "train"
            writer.writerow([*row, held])


def _forget_places(file: Path) -> None:
    """Leave out of a configuration where on this machine the model lay, and its labels."""
    settings = json.loads(file.read_text(encoding="utf-8"))
    for key in ("_name_or_path", "id2label", "label2id", "problem_type"):
        settings.pop(key, None)
    file.write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _card(
    name: str, plan: Plan, measured: dict[str, Any], count: int, epochs: int, seed: int, size: int
) -> str:
    figures = "\n".join(
        f"- {metric}: {measured[key]['value']:.3f} "
        f"({measured[key]['low']:.3f} to {measured[key]['high']:.3f})"
        for metric, key in (("F1, macro", "f1_macro"), ("F1, micro", "f1_micro"))
    )
    return f"""---
license: apache-2.0
library_name: transformers
---

# bundled/{name}

An encoder of {size:,} weights for {plan.modality} inputs, stored as float16. It learnt from
{plan.learnt}.
{count:,} samples were made for it, all by this project.

On {int(count * HELD):,} such samples that it was not trained on:

{figures}

## What it is for

A beginning for fine-tuning that fits into the package, so that everything works without a network
and in minutes. For real work name a larger model.

## What it can't do

{plan.limits}

## Made by

`python -m pellucid.assets.models.make {name} --count {count} --epochs {epochs} --seed {seed}`
"""


def main() -> None:
    """Make the model that is asked for."""
    parser = argparse.ArgumentParser(description="Make a model that comes with the package.")
    parser.add_argument("name", choices=list(PLANS))
    parser.add_argument("--out", type=Path, help="folder of the model; beside this file")
    parser.add_argument("--count", type=int, help="samples that are made for it")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int, default=13)
    asked = parser.parse_args()
    plan = PLANS[asked.name]
    out = asked.out or Path(__file__).parent / asked.name
    with tempfile.TemporaryDirectory() as work:
        make(
            asked.name,
            plan,
            out,
            Path(work),
            count=asked.count or plan.count,
            epochs=asked.epochs or plan.epochs,
            seed=asked.seed,
        )


if __name__ == "__main__":
    main()
