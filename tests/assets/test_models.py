"""The small models that come with the package: whole, small, and what any program can load."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from pellucid.assets.models.making import MAKERS, chat_texts, encoders, maker
from pellucid.device import prepare
from pellucid.multimodal.sources import BUNDLED, locate

OWN = sorted(name for name, one in BUNDLED.items() if one.package == "pellucid.assets.models")
MOST = 4 << 20
AUTO = {
    "image": "AutoImageProcessor",
    "audio": "AutoFeatureExtractor",
    "clip": "AutoProcessor",
    "vlm": "AutoProcessor",
    "chat": "AutoTokenizer",
}

LOADED = """
import sys, torch
import importlib.util
from pathlib import Path
utils = importlib.util.find_spec("torchaudio")
if utils is not None and torch.version.cuda is None:
    from pellucid.device import repair_torchaudio
    repair_torchaudio()
import transformers
model = transformers.AutoModel.from_pretrained(sys.argv[1])
assert all(weight.dtype == torch.float16 for weight in model.parameters())
assert all(weight.isfinite().all() for weight in model.parameters())
getattr(transformers, sys.argv[2]).from_pretrained(sys.argv[1])
print(sum(weight.numel() for weight in model.parameters()))
"""


@pytest.mark.parametrize("name", OWN)
def test_a_model_is_whole_small_and_said_to_be_made_here(name: str) -> None:
    source = locate(name)  # checks the weights byte for byte
    folder = Path(source.reference)
    assert sum(file.stat().st_size for file in folder.iterdir()) <= MOST
    assert source.licence == "apache-2.0"
    card = (folder / "README.md").read_text(encoding="utf-8")
    kind = name.removeprefix("bundled/")
    usual = maker(kind).DEFAULTS[kind]
    assert f"make {kind} --count {usual.count} --epochs {usual.epochs} --seed 13" in card
    assert "## What it can't do" in card
    for file in folder.glob("*.json"):
        assert "/tmp" not in file.read_text(encoding="utf-8")
        assert "_name_or_path" not in json.loads(file.read_text(encoding="utf-8"))


def test_the_makers_of_encoders_say_their_limits_in_the_card() -> None:
    for kind, plan in encoders.PLANS.items():
        card = Path(locate(f"bundled/{kind}").reference) / "README.md"
        assert plan.limits in card.read_text(encoding="utf-8")


def test_every_bundled_model_has_a_maker() -> None:
    assert {name.removeprefix("bundled/") for name in OWN} <= set(MAKERS)


@pytest.mark.parametrize("name", OWN)
def test_any_program_loads_it(name: str) -> None:
    kind = name.removeprefix("bundled/")
    done = subprocess.run(
        [sys.executable, "-c", LOADED, locate(name).reference, AUTO[kind]],
        check=True,
        capture_output=True,
        text=True,
    )
    card = (Path(locate(name).reference) / "README.md").read_text(encoding="utf-8")
    assert f"{int(done.stdout):,} weights" in card


def test_all_of_them_together_stay_small() -> None:
    folders = [Path(locate(name).reference) for name in OWN]
    assert folders
    assert sum(file.stat().st_size for one in folders for file in one.iterdir()) <= 20 << 20


@pytest.mark.parametrize("kind", list(encoders.PLANS))
def test_samples_are_made_anew_alike(kind: str, tmp_path: Path) -> None:
    made = []
    for place in ("one", "two"):
        folder = tmp_path / place
        folder.mkdir()
        rows = list(encoders.PLANS[kind].samples(folder, 4, 13))
        assert all(labels for _, labels in rows)
        made.append([(name, labels, (folder / name).read_bytes()) for name, labels in rows])
    assert made[0] == made[1]
    assert len({content for *_, content in made[0]}) == 4


def test_making_one_ends_in_a_folder_that_loads(tmp_path: Path) -> None:
    out = tmp_path / "made"
    encoders.make("image", out, tmp_path / "work", count=200, epochs=1, seed=13)
    assert {file.name for file in out.iterdir()} == {
        "README.md",
        "config.json",
        "model.safetensors",
        "preprocessor_config.json",
    }
    assert "--count 200 --epochs 1" in (out / "README.md").read_text(encoding="utf-8")
    assert locate(str(out)).licence == "apache-2.0"


def test_the_conversations_that_are_measured_ask_for_facts_that_are_learnt_nowhere() -> None:
    rows = list(chat_texts.conversations(2_000, 13))
    assert rows == list(chat_texts.conversations(2_000, 13))
    assert Counter(row["split"] for row in rows) == {"train": 1900, "validation": 50, "test": 50}
    learnt = "\n".join(
        message["content"]
        for row in rows
        if row["kind"] in ("facts", "notes") and row["split"] != "test"
        for message in row["messages"]
    )
    lines = set(re.split(r"\n|: ", learnt))
    asked = [
        row["fact"] for row in rows if row["kind"] in ("facts", "notes") and row["split"] == "test"
    ]
    assert len(asked) > 20 and not lines & set(asked)
    assert all(
        row["fact"] in row["messages"][-1]["content"] for row in rows if row["kind"] != "greetings"
    )
    seen = {row["messages"][0]["content"] for row in rows if row["split"] != "test"}
    reviews = [row for row in rows if row["kind"] == "opinions" and row["split"] == "test"]
    assert not seen & {row["messages"][0]["content"] for row in reviews}


def test_the_chat_models_template_marks_what_the_assistant_says() -> None:
    prepare()
    from transformers import AutoTokenizer

    from pellucid.multimodal.text.chat import choose
    from pellucid.multimodal.text.chat.messages import Conversation

    tokenizer = AutoTokenizer.from_pretrained(locate("bundled/chat").reference)
    template = choose(tokenizer)
    assert template.origin == "tokenizer" and template.marks and not template.parts
    assert template.end == tokenizer.eos_token == "<|end|>"
    call = {"type": "function", "function": {"name": "fee", "arguments": {"of": "a card"}}}
    one = Conversation(
        (
            {"role": "system", "content": "fee: 5 €"},
            {"role": "user", "content": "Fee?"},
            {"role": "assistant", "content": "It is 5 €."},
            {"role": "user", "content": "Sure?"},
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "content": "5"},
            {"role": "assistant", "content": "Yes."},
        )
    )
    text, spans = template.spans(one)
    first, second, third = (text[start:end] for start, end in spans)
    assert (first, third) == ("It is 5 €.<|end|>", "Yes.<|end|>")
    assert '"name": "fee"' in second and second.endswith("<|end|>")
    assert text.startswith("<|system|>fee: 5 €<|end|><|user|>Fee?<|end|><|assistant|>It is")
    asked, told = template.ask(one)
    assert told == "Yes." and text == f"{asked}Yes.<|end|>"
    # Every byte can be read and written, and digits stand alone.
    odd = "Grüße, 漢字 \x00 🙂"
    assert tokenizer.decode(tokenizer(odd)["input_ids"]) == odd
    assert [tokenizer.decode([one]) for one in tokenizer("4711")["input_ids"]] == list("4711")


def test_the_chat_model_says_facts_that_it_never_saw() -> None:
    prepare()
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = locate("bundled/chat").reference
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    rng = random.Random(99)
    right = 0
    for _ in range(20):
        messages, fact = chat_texts.facts(rng, asked_held=True)
        given = tokenizer.apply_chat_template(
            messages[:-1], add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        out = model.generate(**given, max_new_tokens=40, do_sample=False)
        right += fact in tokenizer.decode(out[0, given["input_ids"].shape[1] :])
    assert right >= 12


def test_the_chat_models_network_copies_before_it_learns_anything() -> None:
    prepare()
    import torch
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(locate("bundled/chat").reference)
    torch.manual_seed(5)
    network = maker("chat").network(tokenizer).eval()
    network.set_attn_implementation("eager")
    # No token twice in a row of thirty, and the row twice.
    rows = torch.stack([torch.randperm(1_500)[:30] + 6 for _ in range(16)])
    ids = torch.cat([rows, rows], dim=1)
    with torch.no_grad():
        out = network(input_ids=ids, output_attentions=True)
    losses = torch.nn.functional.cross_entropy(
        out.logits[:, :-1].transpose(1, 2), ids[:, 1:], reduction="none"
    )
    assert losses[:, 31:].mean() < losses[:, :29].mean() - 0.5
    for head in range(3):
        seen = out.attentions[0][:, head, 40].argmax(dim=1)
        assert (seen == 39 - head).float().mean() > 0.8


def test_making_the_chat_model_ends_in_a_folder_that_answers(tmp_path: Path) -> None:
    out = tmp_path / "made"
    maker("chat").make("chat", out, tmp_path / "work", count=80, epochs=1, seed=13)
    assert {file.name for file in out.iterdir()} == {
        "README.md",
        "chat_template.jinja",
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "--count 80 --epochs 1" in card and "perplexity of answers" in card
    assert locate(str(out)).licence == "apache-2.0"
