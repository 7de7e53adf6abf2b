"""A head alone, on features that are computed once, beside the whole model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from pellucid.core import head_features
from pellucid.core.adapt import adapt
from pellucid.core.batches import inputs
from pellucid.core.events import Warning
from pellucid.core.head_features import Featured, HeadOnly, head_only
from pellucid.errors import Cancelled
from pellucid.multimodal.spec import AdaptSpec

SIZE = {"vocab_size": 60, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
CONFIGS = {
    "bert": transformers.BertConfig(**SIZE, intermediate_size=64),
    "roberta": transformers.RobertaConfig(
        **SIZE, intermediate_size=64, pad_token_id=0, bos_token_id=1, eos_token_id=2
    ),
    "distilbert": transformers.DistilBertConfig(
        vocab_size=60, dim=32, n_layers=2, n_heads=2, hidden_dim=64
    ),
    "electra": transformers.ElectraConfig(**SIZE, embedding_size=16, intermediate_size=64),
    "gpt2": transformers.GPT2Config(
        vocab_size=60,
        n_embd=32,
        n_layer=2,
        n_head=2,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    ),
    "llama": transformers.LlamaConfig(
        **SIZE, intermediate_size=64, num_key_value_heads=2, pad_token_id=0
    ),
    "modernbert": transformers.ModernBertConfig(
        **SIZE,
        intermediate_size=64,
        pad_token_id=0,
        cls_token_id=1,
        sep_token_id=2,
        bos_token_id=1,
        eos_token_id=2,
        classifier_pooling="mean",
    ),
}
READINGS = {
    "bert": "pooled",
    "roberta": "first",
    "distilbert": "first",
    "electra": "first",
    "gpt2": "last",
    "llama": "last",
    "modernbert": "all",
}


@dataclass(frozen=True, eq=False)
class Tokens:
    """Random samples of many lengths, padded with 0."""

    rows: list[torch.Tensor]
    left: bool = False
    typed: bool = False

    @classmethod
    def of(cls, count: int, seed: int = 1, **kind: bool) -> Tokens:
        generator = torch.Generator().manual_seed(seed)
        sizes = torch.randint(1, 13, (count,), generator=generator).tolist()
        return cls([torch.randint(3, 60, (n,), generator=generator) for n in sizes], **kind)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def lengths(self) -> np.ndarray:
        return np.array([len(row) for row in self.rows])

    @property
    def units(self) -> np.ndarray:
        return np.full(len(self), 3)

    @property
    def weight(self) -> np.ndarray:
        return np.linspace(0.5, 2, len(self), dtype=np.float32)

    @property
    def targets(self) -> str:
        return "the task's own"

    def ids(self, rows: np.ndarray) -> list[str]:
        return [f"row {row}" for row in rows]

    def batch(self, rows: np.ndarray) -> dict[str, torch.Tensor]:
        chosen = [self.rows[row] for row in rows]
        side = "left" if self.left else "right"
        ids = torch.nn.utils.rnn.pad_sequence(chosen, batch_first=True, padding_side=side)
        out = {"input_ids": ids, "attention_mask": (ids > 0).long()}
        if self.typed:
            out["token_type_ids"] = ((ids > 30) & (ids > 0)).long()
        return {**out, "target": torch.from_numpy(np.asarray(rows)), "target_mask": ids > 0}


def made(auto: str, kind: str, seed: int = 5) -> torch.nn.Module:
    torch.manual_seed(seed)
    head = {"num_labels": 3} if auto.endswith("SequenceClassification") else {}
    config = type(CONFIGS[kind])(**{**CONFIGS[kind].to_dict(), **head})
    return getattr(transformers, auto).from_config(config).eval()


def scores(output: Any) -> torch.Tensor:
    names = [name for name in output if name.endswith("logits")]
    return torch.stack([output[name].flatten() for name in names])


@pytest.mark.parametrize(
    ("kind", "left"),
    [*((kind, False) for kind in CONFIGS), ("llama", True), ("modernbert", True)],
)
def test_a_classifiers_head_alone_gives_the_whole_models_logits(kind: str, left: bool) -> None:
    model = made("AutoModelForSequenceClassification", kind)
    adapt(model, AdaptSpec(kind="head"))
    samples, held = Tokens.of(40, left=left), Tokens.of(9, seed=2, left=left)
    told: list[Any] = []
    alone, own, _ = head_only(model, samples, held, emit=told.append)
    assert not [one for one in told if isinstance(one, Warning)]
    assert isinstance(own, Featured) and own.reading == READINGS[kind]
    for rows in (np.arange(40), np.array([7, 3, 30])):
        with torch.no_grad():
            expected = model(**inputs(samples.batch(rows))).logits
            found = alone.eval()(**inputs(own.batch(rows))).logits
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
        assert torch.equal(own.batch(rows)["target"], torch.from_numpy(rows))


@pytest.mark.parametrize("kind", ["gpt2", "distilbert"])
def test_features_that_change_with_the_batch_are_not_kept(kind: str) -> None:
    """Padding at the left moves a sample's tokens to other places of these models."""
    model = made("AutoModelForSequenceClassification", kind)
    samples = Tokens.of(20, left=True)
    assert head_only(model, samples, samples)[0] is model


@pytest.mark.parametrize("kind", ["bert", "distilbert", "roberta", "llama"])
@pytest.mark.parametrize(
    "auto", ["AutoModelForTokenClassification", "AutoModelForQuestionAnswering"]
)
def test_heads_over_all_tokens(auto: str, kind: str) -> None:
    model = made(auto, kind)
    adapt(model, AdaptSpec(kind="head"))
    samples = Tokens.of(25, typed=kind == "bert")
    alone, own, _ = head_only(model, samples, Tokens.of(3))
    assert isinstance(own, Featured) and own.reading == "all"
    np.testing.assert_array_equal(own.lengths, samples.lengths)
    rows = np.array([4, 20, 11, 0])
    batch = samples.batch(rows)
    real = batch["target_mask"].flatten()
    with torch.no_grad():
        expected = scores(model(**inputs(batch)))
        found = scores(alone.eval()(**inputs(own.batch(rows))))
    per = expected.shape[1] // real.numel()
    keep = real.repeat_interleave(per)
    torch.testing.assert_close(found[:, keep], expected[:, keep], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", ["bert", "roberta", "gpt2"])
def test_training_the_head_alone_is_training_the_frozen_model(kind: str) -> None:
    """Dropout off, the same steps lead to the same weights; the body stays as it was."""
    whole, other = (made("AutoModelForSequenceClassification", kind) for _ in range(2))
    for model in (whole, other):
        adapt(model, AdaptSpec(kind="head"))
    samples = Tokens.of(32)
    alone, own, _ = head_only(other, samples, samples)
    body = {name: weight.clone() for name, weight in other.base_model.state_dict().items()}
    for model, some in ((whole, samples), (alone, own)):
        trained = [weight for weight in model.parameters() if weight.requires_grad]
        optimizer = torch.optim.SGD(trained, lr=0.1)
        for first in range(0, 32, 8):
            batch = some.batch(np.arange(first, first + 8))
            loss = torch.nn.functional.cross_entropy(
                model.eval()(**inputs(batch)).logits, batch["target"] % 3
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    assert {name for name, _ in alone.named_parameters()}.isdisjoint({"inner.bert"})
    for name, weight in whole.state_dict().items():
        torch.testing.assert_close(other.state_dict()[name], weight, rtol=1e-5, atol=1e-6)
    for name, weight in other.base_model.state_dict().items():
        assert torch.equal(weight, body[name])
    start = made("AutoModelForSequenceClassification", kind).state_dict()
    assert any(not torch.equal(start[name], weight) for name, weight in other.state_dict().items())


def test_a_pooler_that_is_new_is_learnt_with_the_head() -> None:
    model = made("AutoModelForSequenceClassification", "bert")
    model.newly_made = ("bert.pooler.dense.weight", "bert.pooler.dense.bias", "classifier.weight")
    adapt(model, AdaptSpec(kind="head"))
    samples = Tokens.of(20)
    alone, own, _ = head_only(model, samples, samples)
    assert own.reading == "first"
    trained = {name for name, weight in alone.named_parameters() if weight.requires_grad}
    assert sum("pooler" in name for name in trained) == 2 and len(trained) == 4
    rows = np.arange(20)
    with torch.no_grad():
        for weight in alone.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
        torch.testing.assert_close(
            alone.eval()(**inputs(own.batch(rows))).logits,
            model(**inputs(samples.batch(rows))).logits,
            rtol=1e-5,
            atol=1e-5,
        )


def test_what_goes_around_the_features_is_the_samples_own() -> None:
    model = made("AutoModelForSequenceClassification", "bert")
    samples = Tokens.of(10)
    _, own, _ = head_only(model, samples, samples)
    assert len(own) == 10 and own.targets == "the task's own"
    assert own.ids(np.array([3, 1])) == ["row 3", "row 1"]
    np.testing.assert_array_equal(own.units, samples.units)
    np.testing.assert_array_equal(own.weight, samples.weight)
    assert own.lengths.tolist() == [1] * 10
    with pytest.raises(AttributeError):
        own.no_such_name  # noqa: B018


def test_many_features_are_mapped_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = made("AutoModelForTokenClassification", "bert")
    samples = Tokens.of(30)
    _, memory, _ = head_only(model, samples, samples, cache=tmp_path)
    assert not isinstance(memory.kept, np.memmap) and not list(tmp_path.iterdir())
    monkeypatch.setattr(head_features, "IN_MEMORY", 100)
    _, mapped, _ = head_only(model, samples, samples, cache=tmp_path)
    assert isinstance(mapped.kept, np.memmap)
    np.testing.assert_array_equal(np.load(tmp_path / "features-train.npy"), memory.kept)
    one, other = (some.batch(np.array([5, 2]))["features"] for some in (memory, mapped))
    assert torch.equal(one, other)


def test_a_full_disk_is_told(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pellucid.errors import DiskFullError

    monkeypatch.setattr(head_features, "IN_MEMORY", 100)
    (small_disk / "other").write_bytes(b"0" * (2 * 1024 * 1024 - 20_000))
    model = made("AutoModelForTokenClassification", "bert")
    with pytest.raises(DiskFullError, match="features-train"):
        head_only(model, Tokens.of(300), Tokens.of(3), cache=small_disk)


def test_it_can_be_cancelled() -> None:
    def cancel() -> None:
        raise Cancelled("cancelled")

    model = made("AutoModelForSequenceClassification", "bert")
    with pytest.raises(Cancelled):
        head_only(model, Tokens.of(5), Tokens.of(5), check=cancel)


def test_a_head_that_reads_what_cannot_be_kept() -> None:
    """A head that looks at the body's weights, not at its output alone."""

    class Odd(type(made("AutoModelForSequenceClassification", "bert"))):  # type: ignore[misc]
        def forward(self, input_ids: Any = None, **rest: Any) -> Any:
            out = super().forward(input_ids=input_ids, **rest)
            return type(out)(logits=out.logits + input_ids.sum(1, keepdim=True))

    model = Odd(CONFIGS["bert"]).eval()
    told: list[Any] = []
    samples = Tokens.of(12)
    found = head_only(model, samples, samples, emit=told.append)
    assert found == (model, samples, samples)
    assert [type(one) for one in told] == [Warning] and "takes longer" in told[0].text


def test_no_rows_to_validate() -> None:
    model = made("AutoModelForSequenceClassification", "bert")
    alone, _, none = head_only(model, Tokens.of(5), Tokens([]))
    assert isinstance(alone, HeadOnly) and len(none) == 0
