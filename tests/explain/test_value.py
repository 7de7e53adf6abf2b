"""The value function: nothing answered twice, batches, memory, and parts encoded apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image

from pellucid.explain import apart, value
from pellucid.explain.apart import Apart
from pellucid.explain.perturbation.partition_shap import partition_shap
from pellucid.explain.pieces import cut
from pellucid.explain.spec import ExplainSpec
from pellucid.explain.subject import Subject
from pellucid.explain.value import Value
from pellucid.multimodal.encode import encode
from pellucid.multimodal.fusion.modeling import FusedConfig, FusedModel
from pellucid.multimodal.processors import Processors
from pellucid.multimodal.spec import ModelSpec
from pellucid.multimodal.text.encode import encode as encode_texts
from pellucid.tests.explain.subjects import formula

RNG = np.random.default_rng(23)
TEXTS = [
    "the room was lovely and warm.",
    "awful",
    "we stayed there with rude staff, a dirty desk and it was very loud!",
]


def test_answers_are_those_of_the_formula_and_none_is_asked_for_twice() -> None:
    samples, baselines = RNG.normal(size=(2, 3, 5)).astype(np.float32)
    subject = formula(
        lambda x: torch.stack([x.sum(1), x.prod(1)], 1), samples, baselines, [1, 0, 1]
    )
    model: Any = subject.model
    ask = Value(subject)
    keep = RNG.random((6, 5)) < 0.5
    keep[3] = keep[0]
    found = ask.many([(2, keep), (0, keep[:2]), (2, keep[1:3])])
    for (row, masks), one in zip([(2, keep), (0, keep[:2]), (2, keep[1:3])], found, strict=True):
        copies = np.where(masks, samples[row], baselines[row])
        right = copies.prod(1) if subject.targets[row] else copies.sum(1)
        np.testing.assert_allclose(one, right, atol=1e-6)
    different = len(np.unique(keep, axis=0)) + len(np.unique(keep[:2], axis=0))
    assert ask.evaluations == sum(model.seen) == different
    assert ask.answered.tolist() == [2, 0, different - 2]
    np.testing.assert_array_equal(ask(2, keep), found[0])
    assert ask.evaluations == different
    numbers = ask.numbers([(1, keep[:1])])[0]
    assert numbers.shape == (1, 2)
    assert ask(1, np.empty((0, 5), bool)).shape == (0,)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(value, "REMEMBERED", 2_000)
    monkeypatch.setattr(value, "AT_ONCE", 3)
    subject = formula(lambda x: x.sum(1), np.ones((1, 12)))
    ask = Value(subject)
    for number in range(40):
        keep = (np.arange(8 * number, 8 * number + 8)[:, None] >> np.arange(12) & 1).astype(bool)
        np.testing.assert_allclose(ask(0, keep), keep.sum(1))
        assert len(ask._known) <= 20
    ask(0, np.zeros((1, 12), bool))
    assert ask.evaluations == 321  # the first was forgotten


def test_out_of_memory_halves_the_batch() -> None:
    def small(x: torch.Tensor) -> torch.Tensor:
        if len(x) > 5:
            raise RuntimeError("CUDA out of memory")
        return x.sum(1)

    subject = formula(small, RNG.normal(size=(2, 6)))
    model: Any = subject.model
    keep = RNG.random((40, 6)) < 0.5
    right = formula(lambda x: x.sum(1), subject.batch(np.arange(2))["values"])
    asked = [(0, keep), (1, keep)]
    for one, other in zip(Value(subject).many(asked), Value(right).many(asked), strict=True):
        np.testing.assert_array_equal(one, other)
    assert min(model.seen) <= 5

    def broken(x: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("shapes don't fit")

    with pytest.raises(RuntimeError, match="fit"):
        Value(formula(broken, np.ones((2, 3))))(0, np.ones((2, 3), bool))


def test_batches_keep_to_their_budget_and_are_checked() -> None:
    subject = formula(lambda x: x.sum(1), RNG.normal(size=(4, 6)))
    subject.samples.lengths[:] = [1, 10, 5, 20]  # type: ignore[attr-defined]
    model: Any = subject.model
    checked: list[int] = []
    ask = Value(subject, budget=40, check=lambda: checked.append(1))
    ask.many([(row, (np.arange(16)[:, None] >> np.arange(6) & 1) > 0) for row in range(4)])
    assert max(model.seen) <= 40 and model.seen[0] == 2 and sum(model.seen) == 64
    assert len(checked) == len(model.seen)


@pytest.mark.parametrize("instead", ["pad", "mask"])
def test_padding_at_the_left_and_at_the_right_agree(
    trained: tuple[Any, Any], left: Any, bag: Any, instead: str
) -> None:
    right = trained[1]
    torch.manual_seed(1)
    model = bag(torch.randn(len(right), 6), torch.randn(2, 6), torch.tanh)
    samples = [(text,) for text in TEXTS]
    spec = ExplainSpec(baseline={"text": instead}, evaluations=60)
    found = []
    for tokenizer in (right, left):
        encoded = replace(encode_texts(tokenizer, samples, 32), types=None)

        def pieces(row: int, tokenizer: Any = tokenizer, encoded: Any = encoded) -> Any:
            return cut(tokenizer, encoded, {"text": "text"}, row, samples[row], spec, 32)

        subject = Subject(model, encoded, pieces, np.array([0, 1, 0]))
        mask = subject.joined([subject.cut(row).nothing() for row in (0, 1)])["attention_mask"][1]
        assert bool(mask[0]) == (tokenizer is right) and bool(mask[-1]) == (tokenizer is left)
        found.append(partition_shap(subject, spec))
        for row, together in enumerate(found[-1]):
            alone = Value(subject, budget=1)
            keep = RNG.random((5, len(together.scores))) < 0.5
            mixed = Value(subject).many([(row, keep), (0, np.ones((1, 7), bool))])[0]
            np.testing.assert_allclose(mixed, alone(row, keep), atol=1e-5)
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-5)
        assert one.scores.any()


def test_the_answers_are_the_models_own(trained: tuple[Any, Any]) -> None:
    model, tokenizer = trained
    samples = [(text,) for text in TEXTS]
    encoded = encode_texts(tokenizer, samples, 32)
    spec = ExplainSpec(baseline={"text": "mask"})
    subject = Subject(
        model,
        encoded,
        lambda row: cut(tokenizer, encoded, {"text": "text"}, row, samples[row], spec, 32),
        np.array([0, 1, 0]),
    )
    for row, target in enumerate(subject.targets):
        whole = np.ones((1, len(subject.cut(row))), bool)
        kept = np.concatenate([whole, whole])
        kept[1, 0] = False
        said = tokenizer(TEXTS[row], return_tensors="pt")
        masked = said["input_ids"].clone()
        masked[0, [at for at, word in enumerate(said.word_ids()) if word == 0]] = (
            tokenizer.mask_token_id
        )
        with torch.no_grad():
            right = [model(**said).logits, model(**(said | {"input_ids": masked})).logits]
        np.testing.assert_allclose(
            Value(subject)(row, kept), [one[0, target] for one in right], atol=1e-5
        )


@pytest.fixture(scope="module")
def fused(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """Make a picture with a question each, for a small model that encodes them apart."""
    folder = tmp_path_factory.mktemp("fused")
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_model)
    processor = transformers.ViTImageProcessor(size={"height": 32, "width": 32})
    torch.manual_seed(0)
    vision = transformers.ViTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        image_size=32, patch_size=8,
    )  # fmt: skip
    text = transformers.AutoConfig.from_pretrained(tiny_model)
    model = FusedModel(FusedConfig(vision, text, fusion_size=16, fusion_heads=2, num_labels=3))
    samples = []
    for number, said in enumerate(TEXTS):
        path = folder / f"{number}.png"
        Image.fromarray(RNG.integers(0, 256, (40, 30, 3), dtype=np.uint8)).save(path)
        samples.append((str(path), said))
    both = Processors({"image": processor, "text": tokenizer})
    spec = ModelSpec(name="x", max_length=32)
    encoded = encode(both, samples, ["image", "text"], spec)
    settings = ExplainSpec(segments={"image": "patches", "count": 4})
    modalities = {"picture": "image", "question": "text"}
    return Subject(
        model.eval(),
        encoded,
        lambda row: cut(both, encoded, modalities, row, samples[row], settings, 32),
        np.array([0, 1, 2]),
    )


def test_parts_that_are_encoded_apart_answer_alike(
    fused: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [(row, RNG.random((9, len(fused.cut(row)))) < 0.5) for row in range(3)]
    quick = Value(fused)
    assert isinstance(quick._answers, Apart)
    found = quick.many(asked)
    monkeypatch.setattr(apart, "is_fused", lambda _: False)
    slow = Value(fused)
    assert not isinstance(slow._answers, Apart)
    for one, other in zip(found, slow.many(asked), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_each_masked_picture_is_encoded_once(
    fused: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {"vision": 0, "text": 0}
    model: Any = fused.model
    hooks = [
        getattr(model.encoders, name).register_forward_hook(
            lambda _, __, out, name=name: seen.__setitem__(
                name, seen[name] + len(out.last_hidden_state)
            )
        )
        for name in seen
    ]
    count = len(fused.cut(0))
    keep = np.ones((count - 4 + 1, count), bool)
    keep[np.arange(count - 4), np.arange(4, count)] = False  # words alone are left out
    Value(fused)(0, keep)
    assert seen == {"vision": 1, "text": count - 3}
    found = partition_shap(fused, ExplainSpec(evaluations=200))
    pictures = seen["vision"] - 1
    assert pictures <= 3 * 16 < sum(one.evaluations for one in found)
    monkeypatch.setattr(apart, "MOST", 1)
    again = partition_shap(fused, ExplainSpec(evaluations=200))
    for hook in hooks:
        hook.remove()
    for one, other in zip(found, again, strict=True):
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-5)
        assert one.scores.sum() == pytest.approx(one.output - one.baseline_output, abs=1e-5)
