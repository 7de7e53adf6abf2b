"""Chats about pictures: the forms of their tables, what is learnt, and what is asked afterwards."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pellucid import Recipe, execute
from pellucid.assets.samples.scenes_drawing import draw
from pellucid.assets.samples.scenes_things import scene
from pellucid.assets.samples.scenes_words import caption, questions
from pellucid.benchmarks.learning.random_writers import write
from pellucid.core.dataset import load
from pellucid.core.predict_table import predict_table
from pellucid.core.spec import DataSpec, EvaluateSpec, TrainSpec
from pellucid.core.tasks import make as make_task
from pellucid.core.tasks.chat import make
from pellucid.errors import DataError, RecipeError
from pellucid.multimodal.processors import reload_processor
from pellucid.multimodal.spec import ModelSpec

DATA = Path(os.environ.get("PELLUCID_DATA", Path(__file__).parents[3] / "shared" / "data"))
CHATS = DATA / "chat_demos" / "mllm_demo.json"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a tiny model as LLaVA is built."""
    folder = tmp_path_factory.mktemp("model")
    write("llava", folder)
    return folder


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Draw a thousand scenes, with a chat about each."""
    folder = tmp_path_factory.mktemp("scenes")
    rows = []
    for number in range(1000):
        rng = np.random.default_rng([5, number])
        one = scene(rng)
        draw(one, 32).save(folder / f"{number}.png")
        turns = [
            (f"<image>{one.text}" if not n else one.text, one.answer)
            for n, one in enumerate(questions(one, rng)[:3])
        ]
        turns.append(("what do you see?", caption(one, rng)))
        rows.append(
            {
                "conversations": [
                    {"from": speaker, "value": text}
                    for turn in turns
                    for speaker, text in zip(("human", "gpt"), turn, strict=True)
                ],
                "image": f"{number}.png",
            }
        )
    (folder / "chats.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    return folder


def chat(model: Path, data: DataSpec, **settings: Any) -> Any:
    own = ModelSpec(name=str(model), task="chat", **settings)
    return make("chat", data, own, TrainSpec(), EvaluateSpec(new_tokens=4))


def learnt(model: Path, data: DataSpec) -> tuple[list[str], list[Any]]:
    """Return what is decoded of every conversation's targets, and its messages."""
    dataset = load(data, "chat")
    processor = reload_processor(model, ["text", "image"])
    samples = chat(model, data, max_length=1024).encode(processor, dataset)
    assert samples.samples.owner.tolist() == list(range(len(dataset)))
    said = []
    for row in range(len(dataset)):
        batch = samples.batch(np.array([row]))
        shown = [cells[row] for name, cells in dataset.inputs.items() if name != "messages"]
        assert len(batch.get("pixel_values", ())) == sum(bool(one) for one in shown)
        said.append(processor.tokenizer.decode(batch["target"]))
    return said, [json.loads(cell) for cell in dataset.inputs["messages"]]


def test_a_thousand_chats_about_scenes_learn_answers_alone(model: Path, scenes: Path) -> None:
    data = DataSpec.model_validate({"source": str(scenes / "chats.jsonl")})
    said, messages = learnt(model, data)
    assert len(said) == 1000
    for text, one in zip(said, messages, strict=True):
        answers = [turn["content"] for turn in one if turn["role"] == "assistant"]
        assert text == "".join(f"{answer}</s>" for answer in answers)
        assert [part["type"] for part in one[0]["content"]] == ["image", "text"]


def test_a_thousand_chats_train_and_are_answered(model: Path, scenes: Path, tmp_path: Path) -> None:
    recipe = {
        "name": "scenes",
        "data": {"source": str(scenes / "chats.jsonl")},
        "model": {"name": str(model), "adapt": {"parts": ["vision", "connector", "language"]}},
        "train": {"epochs": 1, "batch_size": 32, "learning_rate": 3e-3, "precision": "fp32"},
        "evaluate": {"replicates": 100, "generations": 4, "new_tokens": 4},
    }
    run = execute(Recipe.of(recipe), tmp_path, only=("train", "evaluate"))
    assert run.task == "chat"
    found = json.loads((run.path / "evaluation.json").read_text())["test"]
    assert found["perplexity"]["value"] < found["baselines"]["untrained"]["perplexity"]["value"]
    table = scenes / "asked.jsonl"
    lines = (scenes / "chats.jsonl").read_text().splitlines()[:3]
    table.write_text("\n".join(lines) + "\n")
    answered = predict_table(run, table, tmp_path / "out.parquet").frame()
    assert answered["prediction"].notna().all()


@pytest.mark.skipif(not CHATS.is_file(), reason="skipped: no real data")
def test_the_image_chats_learn_answers_alone(model: Path) -> None:
    data = DataSpec.model_validate({"source": str(CHATS)})
    said, messages = learnt(model, data)
    assert len(said) == 6
    for text, one in zip(said, messages, strict=True):
        answers = [turn["content"] for turn in one if turn["role"] == "assistant"]
        assert text == "".join(f"{answer}</s>" for answer in answers)


def test_questions_about_pictures_are_chats(model: Path, tmp_path: Path) -> None:
    """A table with a picture, a question and an answer trains a model that writes."""
    for number in range(12):
        Image.new("RGB", (20, 20), (20 * number, 0, 0)).save(tmp_path / f"{number}.png")
    table = pd.DataFrame(
        {
            "picture": [f"{number}.png" for number in range(12)],
            "asked": [f"how red is number {number}?" for number in range(12)],
            "told": [str(number) for number in range(12)],
            "split": ["train"] * 8 + ["validation"] * 2 + ["test"] * 2,
        }
    )
    table.to_csv(tmp_path / "table.csv", index=False)
    recipe = {
        "name": "asked",
        "data": {
            "source": str(tmp_path / "table.csv"),
            "inputs": {"picture": "image", "asked": "text"},
            "label": "told",
            "split": {"column": "split"},
        },
        "model": {"name": str(model), "task": "chat", "adapt": "lora"},
        "train": {"epochs": 1, "precision": "fp32"},
        "evaluate": {"replicates": 100, "baselines": False, "new_tokens": 4},
    }
    run = execute(Recipe.of(recipe), tmp_path / "runs", only=("train", "evaluate"))
    found = run.predictions()
    found = found[found["split"] == "test"]
    assert found["label"].tolist() == table["told"][-2:].tolist()
    table.drop(columns="told").to_csv(tmp_path / "new.csv", index=False)
    answered = predict_table(run, tmp_path / "new.csv", tmp_path / "out.parquet").frame()
    assert answered["prediction"].notna().all()


def test_captions_are_chats_too(model: Path, tmp_path: Path) -> None:
    for number in range(4):
        Image.new("RGB", (20, 20), (20 * number, 0, 0)).save(tmp_path / f"{number}.png")
    pd.DataFrame({"picture": [f"{n}.png" for n in range(4)], "caption": list("abcd")}).to_csv(
        tmp_path / "table.csv", index=False
    )
    data = DataSpec.model_validate(
        {
            "source": str(tmp_path / "table.csv"),
            "inputs": {"picture": "image"},
            "label": "caption",
            "split": {"train": 0.5, "validation": 0.25, "test": 0.25},
        }
    )
    said, messages = learnt(model, data)
    assert said == [f"{one}</s>" for one in "abcd"]
    assert messages[0][0]["content"] == [{"type": "image"}]


@pytest.mark.parametrize(
    ("content", "images", "message"),
    [
        ("<image> and <image>", ["0.png"], "speak of 2 pictures, and 1 files are named"),
        ("<image>", [], "speak of 0 pictures|written 1 times"),
        ("<image>", ["9.png"], r"row 1 \(“9.png”\): there is no such file"),
        ("<image>", ["../0.png"], "out of the dataset's folder"),
        ("<image>", [3], "a picture that is not named by its file"),
        ([{"type": "image", "url": "https://a.b/c.png"}], [], "is no file but an address"),
        ([{"type": "video", "video": "a.mp4"}], [], "“video”, expected text or image"),
    ],
)
def test_what_is_wrong_with_pictures_is_said(
    model: Path, tmp_path: Path, content: Any, images: list[Any], message: str
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    Image.new("RGB", (20, 20)).save(home / "0.png")
    Image.new("RGB", (20, 20)).save(tmp_path / "0.png")
    fine = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
    bad = {"messages": [{"role": "user", "content": content}, *fine["messages"][1:]]}
    (home / "t.json").write_text(
        json.dumps([bad | {"images": images}, *([fine | {"images": []}] * 9)])
    )
    data = DataSpec.model_validate({"source": str(home / "t.json")})
    with pytest.raises(DataError, match=message):
        learnt(model, data)


def test_a_picture_is_cut_off_whole_or_not_at_all(model: Path, scenes: Path) -> None:
    data = DataSpec.model_validate({"source": str(scenes / "chats.jsonl")})
    dataset = load(data, "chat").first(20)
    processor = reload_processor(model, ["text", "image"])
    whole = chat(model, data).encode(processor, dataset)
    short = chat(model, data, max_length=60).encode(processor, dataset)
    assert short.cut.all()
    assert set(short.lengths) == {60 + 16}  # the picture's own tokens come on top
    assert (whole.lengths > 76).all()


def test_a_model_that_sees_nothing_refuses_pictures(scenes: Path, tmp_path: Path) -> None:
    from pellucid.benchmarks.learning.random_model import write_causal
    from pellucid.errors import PellucidError

    write_causal(tmp_path / "model", ["some text"], words=300, width=16, layers=1, places=64)
    recipe = {
        "name": "blind",
        "data": {"source": str(scenes / "chats.jsonl")},
        "model": {"name": str(tmp_path / "model")},
    }
    with pytest.raises(PellucidError, match="reads no pictures"):
        execute(Recipe.of(recipe), tmp_path / "runs")
    assert not (tmp_path / "runs").exists() or not any((tmp_path / "runs").iterdir())


@pytest.mark.parametrize("name", ["causal_lm", "masked_lm", "preference", "extractive_qa"])
def test_tasks_of_texts_refuse_pictures(name: str) -> None:
    data = DataSpec.model_validate({"source": "t.csv", "inputs": {"a": "text", "b": "image"}})
    with pytest.raises(RecipeError, match=r"data.inputs.b.*reads texts alone.*pictures"):
        make_task(name, data, ModelSpec(), TrainSpec(), EvaluateSpec())
