"""Documents to blocks: every token a target once; hidden words: shares, seeds, nothing special."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from pellucid.benchmarks.learning.random_model import write_causal
from pellucid.errors import ModelError
from pellucid.multimodal.models import Source, load
from pellucid.multimodal.spec import ModelSpec
from pellucid.multimodal.text.language import (
    causal_blocks,
    continuations,
    masked_blocks,
    prompt_tokens,
)
from pellucid.multimodal.text.language_models import check_causal, keep_pooler, new_head
from pellucid.multimodal.text.token_losses import token_losses

TEXTS = [
    "the room was good and the staff were kind and helpful, we stayed there with our dog",
    "bad",
    "it was very slow",
    "a desk. a room. a visit! and the very long story of how we came to stay there at all",
    "",
]


@pytest.fixture(scope="module")
def causal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "llama"
    return write_causal(folder, TEXTS * 3, words=320, width=32, layers=2, places=64)


@pytest.fixture(scope="module")
def tokenizer(causal: Path) -> Any:
    return transformers.AutoTokenizer.from_pretrained(causal)


@pytest.fixture
def bert(tiny_model: Path) -> Any:
    return transformers.AutoTokenizer.from_pretrained(tiny_model)


def pieces(samples: Any) -> list[list[int]]:
    tokens = getattr(samples, "tokens", None)
    source = samples if tokens is not None else samples.blocks
    return [
        source.tokens[a:b].tolist() for a, b in zip(source.starts, source.starts[1:], strict=False)
    ]


def test_every_token_of_a_document_is_a_target_exactly_once(tokenizer: Any) -> None:
    samples = causal_blocks(tokenizer, TEXTS, 9)
    assert samples.lengths.max() == 9
    for number, text in enumerate(TEXTS):
        whole = tokenizer(text, add_special_tokens=False)["input_ids"]
        learnt = []
        for row in np.flatnonzero(samples.owner == number):
            span = slice(samples.starts[row], samples.starts[row + 1])
            learnt += samples.tokens[span][samples.learnt[span]].tolist()
        assert learnt == [*whole, tokenizer.eos_token_id]
    # Each block begins with what the one before it ended with.
    blocks = pieces(samples)
    for row in range(1, len(samples)):
        if samples.owner[row] == samples.owner[row - 1]:
            assert blocks[row][0] == blocks[row - 1][-1]


def test_without_a_first_special_token_only_the_documents_first_token_is_no_target(
    tokenizer: Any,
) -> None:
    import copy

    bare = copy.deepcopy(tokenizer)
    bare.bos_token = None
    samples = causal_blocks(bare, TEXTS, 9)
    whole = sum(len(bare(text, add_special_tokens=False)["input_ids"]) for text in TEXTS)
    # An end-of-text token for each; the first of every document is no target.
    assert samples.units.sum() == whole + len(TEXTS) - len(TEXTS)


def test_perplexity_equals_a_plain_loop_over_tokens(causal: Path, tokenizer: Any) -> None:
    model = transformers.AutoModelForCausalLM.from_pretrained(causal).eval().double()
    samples = causal_blocks(tokenizer, TEXTS, 64)
    with torch.no_grad():
        found = token_losses(model, samples.batch(np.arange(len(samples)))).double()
        total, count = 0.0, 0
        for text in TEXTS:
            ids = [
                tokenizer.bos_token_id,
                *tokenizer(text, add_special_tokens=False)["input_ids"],
                tokenizer.eos_token_id,
            ]
            for end in range(1, len(ids)):
                logits = model(input_ids=torch.tensor([ids[:end]])).logits[0, -1]
                total -= float(torch.log_softmax(logits, -1)[ids[end]])
                count += 1
    assert count == samples.units.sum()
    ours = math.exp(float(found.sum()) / count)
    assert ours == pytest.approx(math.exp(total / count), rel=1e-6)


def test_answers_are_learnt_and_prompts_are_not(tokenizer: Any) -> None:
    samples = continuations(tokenizer, ["the room was", "it was"], ["good", " slow"], 32)
    end = tokenizer.eos_token_id
    for row, answer in enumerate([" good", " slow"]):
        span = slice(samples.starts[row], samples.starts[row + 1])
        learnt = samples.tokens[span][samples.learnt[span]].tolist()
        assert learnt[-1] == end
        assert tokenizer.decode(learnt[:-1]) == answer
        first = prompt_tokens(tokenizer, ["the room was", "it was"][row], 32)
        assert samples.tokens[span].tolist() == [*first, *learnt]
    assert not samples.cut.any()


def test_a_long_prompt_loses_its_beginning_and_keeps_the_answer(tokenizer: Any) -> None:
    samples = continuations(tokenizer, [TEXTS[0] * 3, "it"], ["bad", TEXTS[3] * 3], 10)
    assert samples.lengths.tolist() == [10, 10]
    assert samples.cut.tolist() == [True, True]
    span = slice(samples.starts[0], samples.starts[1])
    assert tokenizer.decode(samples.tokens[span][samples.learnt[span]][:-1]) == " bad"
    context = samples.tokens[span][~samples.learnt[span]]
    assert context[0] == tokenizer.bos_token_id
    assert TEXTS[0].endswith(tokenizer.decode(context[1:]))


def test_masked_blocks_hold_every_token_once_within_special_ones(bert: Any) -> None:
    samples = masked_blocks(bert, TEXTS, 8)
    assert samples.lengths.max() == 8
    for number, text in enumerate(TEXTS):
        inner = []
        for row in np.flatnonzero(samples.owner == number):
            block = pieces(samples)[row]
            assert (block[0], block[-1]) == (bert.cls_token_id, bert.sep_token_id)
            inner += block[1:-1]
        assert inner == bert(text, add_special_tokens=False)["input_ids"]
    assert "truncation" not in str(bert.backend_tokenizer.truncation)


def test_hidden_tokens_follow_from_seed_epoch_and_block_alone(bert: Any) -> None:
    def shown(seed: int, epoch: int | None, rows: list[int]) -> list[list[int]]:
        samples = masked_blocks(bert, TEXTS, 16, seed=seed)
        if epoch is not None:
            samples.begin_epoch(epoch)
        batch = samples.batch(rows)
        lengths = samples.lengths[rows]
        return [ids[:size].tolist() for ids, size in zip(batch["input_ids"], lengths, strict=True)]

    rows = list(range(len(masked_blocks(bert, TEXTS, 16))))
    again = [shown(1, 2, [row])[0] for row in reversed(rows)][::-1]
    assert shown(1, 2, rows) == again  # whatever batch a block stands in
    assert shown(1, 2, rows) != shown(1, 3, rows)
    assert shown(1, 2, rows) != shown(2, 2, rows)
    assert shown(1, None, rows) == shown(2, None, rows)  # fixed where it is measured


def test_a_text_is_measured_alike_wherever_it_stands(bert: Any) -> None:
    """Alone, among others, in another order, twice: the same of its tokens are hidden."""

    def shown(texts: list[str]) -> dict[str, list[list[int]]]:
        samples = masked_blocks(bert, texts, 16)
        batch = samples.batch(np.arange(len(samples)))
        out: dict[str, list[list[int]]] = {}
        for block, owner in enumerate(samples.owner):
            ids = batch["input_ids"][block][: samples.lengths[block]]
            out.setdefault(texts[owner], []).append(ids.tolist())
        return out

    together = shown(TEXTS)
    assert shown(TEXTS[::-1]) == together
    for text in TEXTS:
        assert shown([text])[text] == together[text]
        assert shown([text, text])[text] == 2 * together[text]
    # Yet texts as long as one another don't hide the same places.
    many = [f"the room {number} was good and we stayed there" for number in range(10, 50)]
    masked = {
        str([one == bert.mask_token_id for one in cells[0]]) for cells in shown(many).values()
    }
    assert len(masked) > 3


def test_shares_of_hidden_tokens(bert: Any) -> None:
    words = TEXTS[0].replace(",", "").split()
    text = " ".join(words * 4)
    samples = masked_blocks(bert, [text] * 300, 64, share=0.15, seed=3)
    size = int(samples.free.sum() / 300)
    assert set(samples.units.tolist()) <= {
        math.floor(n * 0.15 + 0.5) for n in (size, 62, size - 62)
    }
    masked = random = kept = special = total = 0
    never = set(bert.all_special_ids)
    for epoch in range(4):
        samples.begin_epoch(epoch)
        batch = samples.batch(np.arange(len(samples)))
        shown = batch["input_ids"].flatten()[batch["target_place"]]
        masked += int((shown == bert.mask_token_id).sum())
        kept += int((shown == batch["target"]).sum())
        other = shown[(shown != bert.mask_token_id) & (shown != batch["target"])]
        random += len(other)
        special += sum(int(one) in never for one in (*other.tolist(), *batch["target"].tolist()))
        total += len(shown)
        assert torch.equal(
            torch.bincount(batch["target_sample"], minlength=len(samples)), batch["target_units"]
        )
    assert special == 0
    # Three standard deviations of a binomial share.
    for count, share in ((masked, 0.8), (random, 0.1), (kept, 0.1)):
        assert abs(count / total - share) < 3 * math.sqrt(share * (1 - share) / total) + 0.003


def test_masked_losses_are_transformers_own(bert: Any, tiny_model: Path) -> None:
    torch.manual_seed(0)
    model = transformers.AutoModelForMaskedLM.from_pretrained(tiny_model).eval()
    samples = masked_blocks(bert, TEXTS, 16, seed=3)
    batch = samples.batch(np.arange(len(samples)))
    found = token_losses(model, batch)
    labels = torch.full(batch["input_ids"].shape, -100).flatten()
    labels[batch["target_place"]] = batch["target"]
    asked = {name: one for name, one in batch.items() if not name.startswith("target")}
    wanted = model(**asked, labels=labels.reshape(batch["input_ids"].shape)).loss
    assert float(found.detach().sum() / samples.units.sum()) == pytest.approx(
        float(wanted.detach()), rel=1e-5
    )
    found.sum().backward()
    ours = {
        name: one.grad.clone() for name, one in model.named_parameters() if one.grad is not None
    }
    model.zero_grad()
    (wanted * int(samples.units.sum())).backward()
    for name, one in model.named_parameters():
        torch.testing.assert_close(ours[name], one.grad, atol=1e-5, rtol=1e-4)


def test_a_tokenizer_without_mask_token_is_refused(tokenizer: Any) -> None:
    with pytest.raises(ModelError, match="no mask token"):
        masked_blocks(tokenizer, TEXTS, 16)


def test_a_model_that_reads_both_ways_is_refused(tiny_model: Path, causal: Path) -> None:
    source = Source("tiny", str(tiny_model), True, None)
    with pytest.raises(ModelError, match="both directions"):
        check_causal(transformers.AutoModelForCausalLM.from_pretrained(tiny_model), source)
    check_causal(transformers.AutoModelForCausalLM.from_pretrained(causal), source)


def test_a_new_head_is_noticed_and_a_saved_one_is_not(
    tiny_model: Path, causal: Path, tmp_path: Path
) -> None:
    def found(auto: str, folder: Path) -> bool:
        return new_head(load(auto, Source("a", str(folder), True, None), ModelSpec(), 0))

    assert found("AutoModelForMaskedLM", tiny_model)
    transformers.AutoModelForMaskedLM.from_pretrained(tiny_model).save_pretrained(tmp_path)
    assert not found("AutoModelForMaskedLM", tmp_path)
    assert not found("AutoModelForCausalLM", causal)


def test_the_pooler_is_carried_through_masked_language_modelling(
    tiny_model: Path, tmp_path: Path
) -> None:
    source = Source("tiny", str(tiny_model), True, None)
    model = load("AutoModelForMaskedLM", source, ModelSpec(), 0)
    keep_pooler(model, source, ModelSpec(), 0)
    model.save_pretrained(tmp_path)
    before = transformers.AutoModel.from_pretrained(tiny_model).pooler.dense.weight
    classifier = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path)
    assert torch.equal(classifier.bert.pooler.dense.weight, before)
    masked = transformers.AutoModelForMaskedLM.from_pretrained(tmp_path)
    ids = torch.tensor([[2, 7, 9, 3]])
    assert torch.equal(masked.eval()(ids).logits, model.eval()(ids).logits)
