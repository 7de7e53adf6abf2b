"""Conversations as samples: targets, cutting, and packs that give the gradient of padded rows."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pellucid.errors import DataError
from pellucid.multimodal.text.chat.choosing import choose
from pellucid.multimodal.text.chat.messages import Conversation
from pellucid.multimodal.text.chat.samples import sequences
from pellucid.multimodal.text.chat.template import Template
from pellucid.multimodal.text.token_losses import token_losses


def talk(*texts: str) -> Conversation:
    roles = ("user", "assistant")
    return Conversation(
        tuple({"role": roles[place % 2], "content": text} for place, text in enumerate(texts))
    )


TALKS = [
    talk("hello there", "hi, what is it?"),
    talk("tell me a story", "once upon a time there was a tree", "and then?", "it grew."),
    talk("why", "because."),
    talk("say nothing of this", "I will say it all, and more than that, and more still", "a", "b"),
]


@pytest.fixture(scope="module")
def template() -> Template:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    texts = [message["content"] for one in TALKS for message in one.messages]
    bpe.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=300,
            special_tokens=["<pad>", "<|im_start|>", "<|im_end|>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return choose(
        PreTrainedTokenizerFast(
            tokenizer_object=bpe,
            pad_token="<pad>",
            eos_token="<|im_end|>",
            additional_special_tokens=["<|im_start|>"],
            model_max_length=128,
        )
    )


def model(kind: str, words: int) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(0)
    config, made = {
        "llama": (LlamaConfig, LlamaForCausalLM),
        "qwen2": (Qwen2Config, Qwen2ForCausalLM),
    }[kind]
    return made(
        config(
            vocab_size=words,
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=1,
            max_position_embeddings=128,
        )
    ).train()


def gradients(made: Any) -> dict[str, torch.Tensor]:
    found = {name: weight.grad.clone() for name, weight in made.named_parameters()}
    made.zero_grad()
    return found


def test_targets_are_the_answers_in_order(template: Template) -> None:
    samples = sequences(template, TALKS, 128)
    for number, one in enumerate(TALKS):
        span = slice(samples.starts[number], samples.starts[number + 1])
        told = template.tokenizer.decode(samples.tokens[span][samples.learnt[span]])
        answers = [each["content"] for each in one.messages if each["role"] == "assistant"]
        assert told == "".join(f"{answer}<|im_end|>" for answer in answers)
    assert samples.owner.tolist() == [0, 1, 2, 3]
    assert not samples.cut.any()


@pytest.mark.parametrize("kind", ["llama", "qwen2"])
def test_a_pack_gives_the_loss_and_gradient_of_each_conversation_alone(
    template: Template, kind: str
) -> None:
    """The oracle is transformers' own loss with labels of -100, one conversation at a time."""
    made = model(kind, len(template.tokenizer))
    samples = sequences(template, TALKS, 128)
    packed = samples.batch(np.arange(len(TALKS)))
    assert packed["input_ids"].shape[0] < len(TALKS), "several conversations share a row"
    losses = token_losses(made, packed)
    losses.sum().backward()
    ours = gradients(made)

    alone = []
    for one in template.encode(TALKS):
        ids = torch.from_numpy(one.tokens.astype(np.int64))[None]
        labels = torch.where(torch.from_numpy(one.learnt)[None], ids, -100)
        loss = made(input_ids=ids, labels=labels).loss * int(one.learnt[1:].sum())
        loss.backward()
        alone.append(float(loss.detach()))
    theirs = gradients(made)
    assert losses.detach().tolist() == pytest.approx(alone, rel=1e-5)
    for name, gradient in theirs.items():
        scale = float(gradient.abs().max())
        assert float((ours[name] - gradient).abs().max()) <= 1e-5 * max(scale, 1), name


def test_a_pack_gives_the_gradient_of_padded_rows(template: Template) -> None:
    made = model("llama", len(template.tokenizer))
    found = []
    for packed in (True, False):
        batch = sequences(template, TALKS, 128, packed=packed).batch(np.arange(len(TALKS)))
        token_losses(made, batch).sum().backward()
        found.append(gradients(made))
    for name, gradient in found[1].items():
        scale = max(float(gradient.abs().max()), 1)
        assert float((found[0][name] - gradient).abs().max()) <= 1e-5 * scale, name


def test_what_others_say_in_a_pack_changes_nothing(template: Template) -> None:
    made = model("qwen2", len(template.tokenizer)).eval()
    other = [talk("something else", "entirely different"), *TALKS[1:]]
    with torch.no_grad():
        first, second = (
            token_losses(made, sequences(template, each, 128).batch(np.arange(4)))
            for each in (TALKS, other)
        )
    assert first[1:].tolist() == pytest.approx(second[1:].tolist(), rel=1e-5)
    assert float(first[0]) != pytest.approx(float(second[0]), rel=1e-3)


def test_long_conversations_are_cut_at_the_end_and_ones_without_target_left_out(
    template: Template,
) -> None:
    whole = list(template.encode(TALKS))
    limit = int(np.flatnonzero(whole[3].learnt)[0])  # the fourth has no target before this
    samples = sequences(template, TALKS, limit)
    assert 3 not in samples.owner.tolist()
    assert 0 in samples.owner.tolist()
    assert samples.lengths.max() <= limit
    for place, row in enumerate(samples.owner):
        kept = slice(samples.starts[place], samples.starts[place + 1])
        assert samples.tokens[kept].tolist() == whole[row].tokens[:limit].tolist()
        assert samples.cut[place] == (len(whole[row].tokens) > limit)


def test_a_refused_conversation_is_named(template: Template) -> None:
    wrong = Conversation(({"role": "assistant", "content": "", "tool_calls": [{}]},))
    with pytest.raises(DataError, match="row “b”"):
        sequences(template, [TALKS[0], wrong], 128, names=["a", "b"])


def test_targets_and_loss_are_those_of_trls_trainer(template: Template, tmp_path: Path) -> None:
    """`SFTTrainer` with its assistant-only loss, on a template with generation tags."""
    trl = pytest.importorskip("trl", reason="skipped: trl is not installed")
    datasets = pytest.importorskip("datasets", reason="skipped: datasets is not installed")
    file = Path(trl.__file__).parent / "chat_templates" / "qwen3_training.jinja"
    made = model("qwen2", len(template.tokenizer)).eval()
    tokenizer = copy.deepcopy(template.tokenizer)
    own = choose(tokenizer, file)
    assert own.marks
    rows = [{"messages": [dict(message) for message in one.messages]} for one in TALKS]
    trainer = trl.SFTTrainer(
        model=made,
        processing_class=tokenizer,
        train_dataset=datasets.Dataset.from_list(rows),
        args=trl.SFTConfig(
            output_dir=str(tmp_path),
            assistant_only_loss=True,
            max_length=128,
            per_device_train_batch_size=len(rows),
            use_cpu=True,
            bf16=False,
            report_to=[],
            dataloader_pin_memory=False,
            disable_tqdm=True,
        ),
    )
    samples = sequences(own, TALKS, 128)
    for number, row in enumerate(trainer.train_dataset):
        span = slice(samples.starts[number], samples.starts[number + 1])
        assert samples.tokens[span].tolist() == list(row["input_ids"])
        assert samples.learnt[span].tolist() == [label != -100 for label in row["labels"]]
    (batch,) = trainer.get_train_dataloader()
    made.eval()
    with torch.no_grad():
        theirs = float(trainer.compute_loss(made, batch))
        ours = token_losses(made, samples.batch(np.arange(len(rows)))).sum() / samples.units.sum()
    assert float(ours) == pytest.approx(theirs, rel=1e-5)
