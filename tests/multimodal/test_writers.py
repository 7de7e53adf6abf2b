"""Every family of models that write about pictures: read as its processor does, trained, asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from pellucid import Recipe, execute
from pellucid.benchmarks.learning.random_writers import FAMILIES, write
from pellucid.core.dataset import load
from pellucid.core.spec import DataSpec, EvaluateSpec, TrainSpec
from pellucid.core.tasks.chat import make
from pellucid.errors import ModelError
from pellucid.multimodal.models import reload
from pellucid.multimodal.processors import reload_processor
from pellucid.multimodal.spec import ModelSpec
from pellucid.multimodal.text.token_losses import abilities

ANSWERS = ("a dark one", "a bright one, with more to say")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write chats about one picture, about two, and about none."""
    folder = tmp_path_factory.mktemp("chats")
    rng = np.random.default_rng(3)
    for place in range(12):
        pixels = rng.integers(0, 80, (40 + 10 * (place % 3), 36, 3)) + 170 * (place % 2)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{place}.png")
    rows = []
    for row in range(24):
        shown = [row % 12] if row % 3 else [row % 12, (row + 1) % 12]
        asked = "which? <image>" if len(shown) == 1 else "<image> and <image>, which?"
        if row == 5:
            shown, asked = [], "and what do you say of nothing?"
        said = {"role": "assistant", "content": ANSWERS[row % 2]}
        rows.append(
            {
                "messages": [
                    {"role": "user", "content": asked},
                    said,
                    {"role": "user", "content": "sure?"},
                    {"role": "assistant", "content": "yes"},
                ],
                "images": [f"{one}.png" for one in shown],
                "split": ("train", "train", "validation", "test")[row // 6],
            }
        )
    (folder / "chats.json").write_text(json.dumps(rows))
    return folder


@pytest.fixture(scope="module", params=list(FAMILIES))
def model(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write one family's model."""
    folder: Path = tmp_path_factory.mktemp("models") / request.param
    write(request.param, folder)
    return folder


def data(folder: Path) -> DataSpec:
    return DataSpec.model_validate(
        {"source": str(folder / "chats.json"), "split": {"column": "split"}}
    )


def task(model: Path, folder: Path, **settings: Any) -> Any:
    own = ModelSpec(name=str(model), task="chat", **settings)
    return make("chat", data(folder), own, TrainSpec(), EvaluateSpec(new_tokens=4))


def test_a_batch_is_what_the_processor_makes_of_it(model: Path, folder: Path) -> None:
    """Tokens, what is told of them and pictures, against the processor's own chat template."""
    dataset = load(data(folder), "chat")
    if "paligemma" in model.name:  # its processor is made for one picture, in front
        pytest.skip("has no chat template to compare with")
    processor = reload_processor(model, ["text", "image"])
    samples = task(model, folder).encode(processor, dataset)
    assert len(samples) == len(dataset)
    for row in range(0, len(dataset), 3):
        rows = np.array([row])
        found = samples.batch(rows)
        messages = json.loads(dataset.inputs["messages"][row])
        files = [dataset.inputs[name][row] for name in ("images 1", "images 2")]
        pictures = [Image.open(one).convert("RGB") for one in files if one]
        template = processor.chat_template
        text = processor.tokenizer.apply_chat_template(
            messages, chat_template=template, tokenize=False
        )
        given = {"images": [pictures]} if pictures else {}
        expected = processor(text=[text], return_tensors="pt", add_special_tokens=False, **given)
        for name, value in expected.items():
            assert torch.allclose(found[name].double(), value.double(), atol=2e-2), name
        beside = {name for name in found if not name.startswith("target")}
        assert beside == set(expected) | ({"token_type_ids"} & beside)


def test_only_what_the_assistant_says_is_learnt(model: Path, folder: Path) -> None:
    dataset = load(data(folder), "chat")
    processor = reload_processor(model, ["text", "image"])
    samples = task(model, folder).encode(processor, dataset)
    for row in range(len(dataset)):
        batch = samples.batch(np.array([row]))
        said = processor.tokenizer.decode(batch["target"], skip_special_tokens=False)
        messages = json.loads(dataset.inputs["messages"][row])
        assert said == "".join(one["content"] + "</s>" for one in messages[1::2])


def test_no_keys_and_values_are_kept_while_it_learns(model: Path, folder: Path) -> None:
    """Only generating asks for them; with them none could be told apart that are packed."""
    processor = reload_processor(model, ["text", "image"])
    samples = task(model, folder).encode(processor, load(data(folder), "chat"))
    loaded = reload("a model that writes", model)
    assert abilities(loaded).caches
    kept: list[Any] = []
    body: Any = loaded.base_model
    body.register_forward_hook(
        lambda _module, _given, found: kept.append(found.get("past_key_values"))
    )
    batch = samples.batch(np.array([1]))
    loaded(**{name: value for name, value in batch.items() if not name.startswith("target")})
    assert kept.pop() is not None
    task(model, folder).loss(loaded, batch)
    assert kept == [None]


def test_it_trains_saves_loads_and_answers(model: Path, folder: Path, tmp_path: Path) -> None:
    recipe = {
        "name": model.name,
        "data": {"source": str(folder / "chats.json"), "split": {"column": "split"}},
        "model": {"name": str(model), "task": "chat"},
        "train": {"max_steps": 2, "epochs": 2, "batch_size": 8, "precision": "fp32", "warmup": 0},
        "evaluate": {"replicates": 100, "baselines": False, "new_tokens": 4, "generations": 4},
    }
    run = execute(Recipe.of(recipe), tmp_path, only=("train", "evaluate"))
    assert run.status == "finished"
    found = run.predictions()
    assert found.loc[found["split"] == "test", "prediction"].notna().sum() == 4
    loaded = reload("a model that writes", run.model)
    before = dict(reload("a model that writes", model).named_parameters())
    assert any(not torch.equal(value, before[name]) for name, value in loaded.named_parameters())


def test_answers_are_those_that_the_model_generates_alone(model: Path, folder: Path) -> None:
    """Against ``generate`` on what the processor makes of each prompt, one by one."""
    dataset = load(data(folder), "chat")
    rows = [row for row in range(12) if bool(dataset.inputs["images 1"][row])]
    if model.name == "paligemma":  # its processor is made for one picture, in front
        rows = [row for row in rows if not dataset.inputs["images 2"][row]]
    dataset = dataset.take(np.array(rows[:4]))
    processor = reload_processor(model, ["text", "image"])
    loaded = reload("a model that writes", model)
    written = [one.text for one in task(model, folder).write(loaded, processor, dataset)]
    by_itself = model.name == "paligemma"  # its processor ends a prompt
    for row, text in enumerate(written):
        asked = json.loads(dataset.inputs["messages"][row])[:-1]
        files = [dataset.inputs[name][row] for name in ("images 1", "images 2")]
        pictures = [Image.open(one).convert("RGB") for one in files if one]
        prompt = processor.tokenizer.apply_chat_template(
            [plain(one) if by_itself else one for one in asked],
            chat_template=processor.chat_template,
            tokenize=False,
            add_generation_prompt=True,
        )
        prompt = prompt.removesuffix("\n") if by_itself else prompt
        given = processor(
            text=[prompt], images=[pictures], return_tensors="pt", add_special_tokens=False
        )
        given.pop("labels", None)
        with torch.no_grad():
            found = loaded.generate(**given, max_new_tokens=4, do_sample=False)
        new = found[0, given["input_ids"].shape[1] :]
        assert processor.tokenizer.decode(new, skip_special_tokens=True).strip() == text


def plain(message: dict[str, Any]) -> dict[str, Any]:
    """Write a message's pictures into its text, as a template without parts takes it."""
    if isinstance(message["content"], str):
        return message
    parts = [one.get("text", "<image>") for one in message["content"]]
    return {**message, "content": "".join(parts)}


def test_a_package_that_a_processor_lacks_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import transformers

    write("llava", tmp_path)

    def lacking(*_: Any, **__: Any) -> None:
        raise ImportError("Package `num2words` is required. Install it with `pip install`.")

    monkeypatch.setattr(transformers.LlavaProcessor, "__init__", lacking)
    with pytest.raises(ModelError, match="Package `num2words` is required"):
        reload_processor(tmp_path, ["text", "image"])
