"""`bundled/vlm`: what it learnt from is true, any program loads it, and it answers what it sees."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.assets.models.making import vlm, vlm_scenes
from pellucid.assets.samples.scenes_drawing import cover, draw
from pellucid.assets.samples.scenes_things import SHAPES, Scene
from pellucid.assets.samples.scenes_words import caption
from pellucid.device import prepare
from pellucid.multimodal.sources import locate

SCENES = 400


def of(number: int, seed: int = 5) -> tuple[Scene, list[Any]]:
    rng = np.random.default_rng([seed, number])
    one = vlm_scenes.varied(rng)
    return one, vlm_scenes.talk(one, rng)


def test_scenes_vary_and_items_stay_whole_and_apart() -> None:
    colours, single = set(), []
    for number in range(SCENES):
        one, _ = of(number)
        kinds = [(item.shape, item.colour) for item in one.items]
        assert len(set(kinds)) == len(kinds)
        colours |= {item.colour for item in one.items}
        covered = sum(cover(item, 64) for item in one.items)
        assert covered.max() <= 1  # none lies upon another
        # An item that were cut off would cover less than a circle of its radius does.
        areas = sum(np.pi * (item.radius * 64) ** 2 for item in one.items)
        assert covered.sum() == pytest.approx(areas, rel=0.1)
        if len(one.items) == 1:
            single.append(one.items[0].radius)
    assert colours == set(vlm_scenes.PALETTE)
    assert min(single) < 0.07 and max(single) > 0.2


def test_answers_are_true_of_the_scene() -> None:
    answers: Counter[str] = Counter()
    asked_for: Counter[str] = Counter()
    for number in range(SCENES):
        one, asked = of(number)
        for question in asked:
            asked_for[question.asks] += 1
            if question.asks == "presence":
                answers[question.answer] += 1
                assert question.answer == _presence(one, question.text)
            elif question.asks == "place":
                (item,) = _named(one, question.text)
                assert question.answer == _place(item.x, item.y)
            elif question.asks == "caption":
                assert question.answer in vlm_scenes.descriptions(one)
            elif question.text == "what shape is in the picture?":
                assert [item.shape for item in one.items] == [question.answer]
            elif question.text == "which colour does the shape have?":
                assert [item.colour for item in one.items] == [question.answer]
    assert asked_for.keys() == vlm.TITLES.keys()
    assert abs(answers["yes"] - answers["no"]) < 0.12 * answers.total()


def _presence(one: Scene, text: str) -> str:
    denied = re.search(r"\bno\b", text) is not None
    words = set(re.findall(r"[a-z]+", text))
    colours, shapes = words & set(vlm_scenes.PALETTE), words & set(SHAPES)
    found = [
        item
        for item in one.items
        if (not colours or item.colour in colours) and (not shapes or item.shape in shapes)
    ]
    assert colours or shapes
    return "yes" if bool(found) != denied else "no"


def _named(one: Scene, text: str) -> list[Any]:
    words = set(re.findall(r"[a-z]+", text))
    colours = words & set(vlm_scenes.PALETTE)
    return [
        item
        for item in one.items
        if item.shape in words and (not colours or item.colour in colours)
    ]


def _place(x: float, y: float) -> str:
    across, down = min(int(x * 3), 2), min(int(y * 3), 2)
    return (
        ("at the top left", "at the top", "at the top right"),
        ("on the left", "in the middle", "on the right"),
        ("at the bottom left", "at the bottom", "at the bottom right"),
    )[down][across]


def test_descriptions_are_all_that_can_be_drawn_of_a_scene() -> None:
    for number in range(12):
        one, _ = of(number)
        rng = np.random.default_rng(number)
        # Of 48 at most the rarest comes once in a hundred times.
        assert vlm_scenes.descriptions(one) == {caption(one, rng) for _ in range(3_000)}
        assert not vlm_scenes.descriptions(one) & vlm_scenes.descriptions(of(number + 1)[0])


def test_conversations_are_made_anew_alike_and_single_where_they_are_measured(
    tmp_path: Path,
) -> None:
    made = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        made.append(list(vlm.conversations(folder, 60, 13)))
    assert made[0] == made[1]
    files = sorted(file.name for file in (tmp_path / "one").iterdir())
    assert all(
        (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
        for name in files
    )
    rows = made[0]
    assert {name for row in rows for name in row["images"]} == set(files)
    assert len({row["id"] for row in rows}) == len(rows)
    splits: dict[str, set[str]] = {}
    for row in rows:
        splits.setdefault(row["split"], set()).update(row["images"])
        turns = [message["role"] for message in row["messages"]]
        asked = len(turns) // 2
        assert turns == ["user", "assistant"] * asked
        assert asked <= vlm.TURNS if row["split"] == "train" else asked == 1
        marks = [message["content"].count(vlm.IMAGE) for message in row["messages"]]
        assert marks == [1] + [0] * (len(marks) - 1)
    assert [len(splits[name]) for name in ("train", "validation", "test")] == [54, 3, 3]
    assert not splits["train"] & splits["test"]


def test_it_begins_by_seeing_what_the_image_model_sees() -> None:
    prepare()
    import torch
    from transformers import AutoModel

    processor = vlm.processor_of(["what is there?", "a star"])
    network = vlm.network(processor.tokenizer).eval()
    pixels = torch.rand(2, 3, 64, 64)
    known = AutoModel.from_pretrained(locate("bundled/image").reference, dtype=torch.float32).eval()
    with torch.no_grad():
        own = network.model.vision_tower.embeddings.backbone(pixels).feature_maps[-1]
        other = known(pixels, output_hidden_states=True).hidden_states[3]
        seen = network.get_image_features(pixels).pooler_output
    torch.testing.assert_close(own, other)
    assert [tuple(one.shape) for one in seen] == [(16, 128)] * 2


def test_making_it_ends_in_a_folder_that_loads(tmp_path: Path) -> None:
    out = tmp_path / "made"
    vlm.make("vlm", out, tmp_path / "work", count=40, epochs=1, seed=13)
    assert locate(str(out)).licence == "apache-2.0"
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "make vlm --count 40 --epochs 1 --seed 13" in card
    assert "On 4 questions about scenes" in card and vlm.LIMITS in card
    model, processor = _loaded(out)
    assert f"{model.num_parameters():,} weights" in card
    assert processor.chat_template == vlm.TEMPLATE


def _loaded(folder: Path) -> tuple[Any, Any]:
    prepare()
    import torch
    from transformers import AutoModelForImageTextToText, AutoProcessor

    model = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32).eval()
    return model, AutoProcessor.from_pretrained(folder)


@pytest.fixture(scope="module")
def bundled() -> tuple[Any, Any]:
    return _loaded(Path(locate("bundled/vlm").reference))


def test_it_is_an_ordinary_model_of_less_than_two_million_weights(bundled: Any) -> None:
    model, processor = bundled
    assert type(model).__name__ == "LlavaForConditionalGeneration"
    assert type(processor).__name__ == "LlavaProcessor"
    assert model.num_parameters() < 2_000_000
    folder = Path(locate("bundled/vlm").reference)
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 4_000_000
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert vlm.LIMITS in card and all(title in card for title in vlm.TITLES.values())


def test_its_template_marks_what_the_assistant_says(bundled: Any) -> None:
    _, processor = bundled
    messages = [
        {"role": "system", "content": "be brief."},
        {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "what is it?"}]},
        {"role": "assistant", "content": "a star"},
        {"role": "user", "content": "red?"},
        {"role": "assistant", "content": [{"type": "text", "text": "yes"}]},
    ]
    text = processor.apply_chat_template(messages)
    assert text == (
        "<|system|> be brief.<|user|><image> what is it?<|assistant|> a star<|end|>"
        "<|user|> red?<|assistant|> yes<|end|>"
    )
    assert text.startswith(processor.apply_chat_template(messages[:2], add_generation_prompt=True))
    tokenizer = processor.tokenizer
    found = tokenizer.apply_chat_template(
        messages,
        chat_template=processor.chat_template,
        return_assistant_tokens_mask=True,
        return_dict=True,
    )
    learnt = [
        token
        for token, own in zip(found["input_ids"], found["assistant_masks"], strict=True)
        if own
    ]
    assert tokenizer.decode(learnt) == " a star<|end|> yes<|end|>"
    assert tokenizer.eos_token == "<|end|>" and tokenizer.pad_token == "<|pad|>"
    odd = "Grüße, 漢字 \x00 🙂"
    assert tokenizer.decode(tokenizer(odd)["input_ids"]) == odd


def test_it_answers_most_questions_about_scenes_that_it_never_saw(bundled: Any) -> None:
    import torch

    model, processor = bundled
    processor.tokenizer.padding_side = "left"
    shown, asked, expected = [], [], []
    for number in range(100):
        one, talk = of(number, seed=99)
        question = next(each for each in talk if each.asks != "caption")
        content = [{"type": "image"}, {"type": "text", "text": question.text}]
        messages = [{"role": "user", "content": content}]
        asked.append(processor.apply_chat_template(messages, add_generation_prompt=True))
        shown.append(draw(one, 64))
        expected.append(question.answer)
    given = processor(text=asked, images=shown, padding=True, return_tensors="pt")
    assert (given["input_ids"] == model.config.image_token_id).sum(1).tolist() == [16] * 100
    right = []
    for pixels in (given["pixel_values"], given["pixel_values"].roll(1, 0)):
        with torch.no_grad():
            out = model.generate(
                **{**given, "pixel_values": pixels}, max_new_tokens=8, do_sample=False
            )
        written = processor.batch_decode(
            out[:, given["input_ids"].shape[1] :], skip_special_tokens=True
        )
        pairs = zip(written, expected, strict=True)
        right.append(sum(answer.strip() == one for answer, one in pairs))
    assert right[0] >= 55
    assert right[1] <= right[0] - 12  # it looks: of another picture it says something else
