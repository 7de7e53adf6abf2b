"""Fixtures that every room's tests share: real data, a tiny model, and a run trained with it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from pellucid import device

# The models here are so small that a second thread costs more than it brings.
os.environ.setdefault("OMP_NUM_THREADS", "1")
device.prepare()

ROOT = Path(__file__).resolve().parents[1]
GOOD = ["good", "lovely", "kind", "quick", "warm", "bright", "clean", "helpful", "calm", "neat"]
BAD = ["bad", "awful", "rude", "slow", "cold", "dark", "dirty", "useless", "loud", "messy"]
PLAIN = [
    "the",
    "room",
    "was",
    "very",
    "and",
    "staff",
    "were",
    "a",
    "desk",
    "we",
    "it",
    "stayed",
    "there",
    "with",
    "our",
    "visit",
]


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what tests look into out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """Give the folder of a real dataset, or skip the test where there is none."""

    def find(name: str) -> Path:
        folder = Path(os.environ.get("PELLUCID_DATA", ROOT.parent / "shared" / "data")) / name
        if not folder.is_dir():
            pytest.skip("skipped: no real data")
        return folder

    return find


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a BERT of 30,000 weights, at random, with a tokenizer for the words above."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("models") / "tiny"
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = [*"abcdefghijklmnopqrstuvwxyz0123456789.,!?'<>/;:"]
    pieces = [*special, *GOOD, *BAD, *PLAIN, *letters, *(f"##{one}" for one in letters)]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=64,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    ).save_pretrained(folder)
    torch.manual_seed(0)
    BertModel(
        BertConfig(
            vocab_size=len(vocabulary),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=64,
        )
    ).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_vision(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a ResNet of a few hundred weights, at random, that reads pictures of 8 by 8."""
    import torch
    from transformers import ResNetConfig, ResNetModel, ViTImageProcessor

    folder = tmp_path_factory.mktemp("models") / "vision"
    torch.manual_seed(0)
    ResNetModel(
        ResNetConfig(
            embedding_size=4, hidden_sizes=[4, 8], depths=[1, 1], layer_type="basic",
            downsample_in_first_stage=False,
        )
    ).save_pretrained(folder)  # fmt: skip
    ViTImageProcessor(size={"height": 8, "width": 8}).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_decoder(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a GPT-2 of 40,000 weights, at random, with the tokenizer of the tiny model."""
    import torch
    from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

    folder = tmp_path_factory.mktemp("models") / "decoder"
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    tokenizer.add_special_tokens({"eos_token": "[SEP]", "bos_token": "[CLS]"})
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    GPT2LMHeadModel(
        GPT2Config(
            vocab_size=len(tokenizer),
            n_embd=32,
            n_layer=2,
            n_head=2,
            n_positions=64,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    ).save_pretrained(folder)
    return folder


def sentences(rows: int, seed: int = 0) -> pd.DataFrame:
    """Write sentences whose label follows from their words, with groups and ids."""
    import numpy as np

    generator = np.random.default_rng(seed)
    out = []
    for row in range(rows):
        good = bool(generator.random() < 0.6)
        words = [str(word) for word in generator.choice(PLAIN, generator.integers(3, 12))]
        for _ in range(2):
            place = int(generator.integers(0, len(words) + 1))
            words.insert(place, str(generator.choice(GOOD if good else BAD)))
        out.append(
            {
                "id": f"s{row:04d}",
                "text": " ".join(words) + ".",
                "label": "positive" if good else "negative",
                "gender": str(generator.choice(["female", "male"])),
                "region": str(generator.choice(["north", "south", "east"], p=[0.5, 0.4, 0.1])),
            }
        )
    return pd.DataFrame(out)


@pytest.fixture(scope="session")
def make_sentences() -> Callable[..., pd.DataFrame]:
    """Give the function above to tests, which can't import this file."""
    return sentences


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write 400 such sentences to a CSV file."""
    path = tmp_path_factory.mktemp("data") / "sentences.csv"
    sentences(400).to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def raw_recipe(table: Path, tiny_model: Path) -> dict[str, object]:
    """Give the plain data of a recipe that trains the tiny model on the sentences in seconds."""
    return {
        "name": "tiny",
        "data": {
            "source": str(table),
            "inputs": {"text": "text"},
            "label": "label",
            "groups": ["gender", "region"],
            "id": "id",
        },
        "model": {"name": str(tiny_model), "max_length": 32},
        "train": {
            "epochs": 3,
            "learning_rate": 3e-3,
            "batch_size": 16,
            "checkpoint_steps": 5,
        },
        "evaluate": {"replicates": 200},
        "explain": {"rows": 20, "tolerance": 0.05},
        "audit": {"positive": "positive", "permutations": 199},
        "report": {"maps": 6},
    }


@pytest.fixture(scope="session")
def finished(raw_recipe: dict[str, object], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Carry the recipe out once; tests read the run's folder and must not change it."""
    from pellucid import Recipe, execute

    return execute(Recipe.of(raw_recipe), tmp_path_factory.mktemp("work") / "runs").path


@pytest.fixture(scope="session")
def picture_chats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Draw 40 scenes with chats about them: a folder with two tables, and a model of LLaVA's kind.

    In ``chats.json`` the first row of seven has no picture and the second one has two; in
    ``asked.csv`` every row has a picture, a question and an answer. ``model`` has random weights.
    """
    import json

    import numpy as np

    from pellucid.assets.samples.scenes_drawing import draw
    from pellucid.assets.samples.scenes_things import scene
    from pellucid.assets.samples.scenes_words import questions
    from pellucid.benchmarks.learning.random_writers import write

    folder = tmp_path_factory.mktemp("picture_chats")
    write("llava", folder / "model")
    chats, asked = [], []
    for number in range(40):
        rng = np.random.default_rng([5, number])
        one = scene(rng)
        draw(one, 48).save(folder / f"{number}.png")
        first, second = questions(one, rng)[:2]
        own = f"{number}.png"
        shown = {0: [], 1: [own, "0.png"]}.get(number % 7, [own])
        said = ("<image>" * len(shown) + first.text, first.answer, second.text, second.answer)
        roles = ("user", "assistant") * 2
        messages = [{"role": role, "content": text} for role, text in zip(roles, said, strict=True)]
        chats.append({"messages": messages, "images": shown})
        asked.append({"picture": f"{number}.png", "question": first.text, "answer": first.answer})
    (folder / "chats.json").write_text(json.dumps(chats))
    pd.DataFrame(asked).to_csv(folder / "asked.csv", index=False)
    return folder


def _picture_recipe(folder: Path, name: str) -> dict[str, object]:
    asked = {"inputs": {"picture": "image", "question": "text"}, "label": "answer"}
    ending = "asked.csv" if name == "asked" else "chats.json"
    return {
        "name": name,
        "data": {"source": str(folder / ending)} | (asked if name == "asked" else {}),
        "model": {"name": str(folder / "model"), "task": "chat"},
        "train": {"max_steps": 2, "batch_size": 16, "precision": "fp32"},
        "evaluate": {"replicates": 100, "baselines": False, "new_tokens": 4},
    }


@pytest.fixture(scope="session")
def picture_recipe(picture_chats: Path) -> Callable[[str], dict[str, object]]:
    """Give what returns the plain data of a recipe: of ``chats``, or of what is ``asked``."""
    return lambda name: _picture_recipe(picture_chats, name)


@pytest.fixture(scope="session")
def picture_chat_run(picture_chats: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Carry the recipe of the chats out once; tests must not change the run's folder."""
    from pellucid import Recipe, execute

    runs = tmp_path_factory.mktemp("picture_chats") / "runs"
    return execute(Recipe.of(_picture_recipe(picture_chats, "chats")), runs).path


@pytest.fixture(scope="session")
def vocabulary() -> tuple[set[str], set[str]]:
    """Give the words that speak for and against in the sentences."""
    return set(GOOD), set(BAD)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of two megabytes, or skip where that is not allowed."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("skipped: mounting a small disk needs rights that are not there")
    yield place
    subprocess.run(["umount", str(place)], check=False)
