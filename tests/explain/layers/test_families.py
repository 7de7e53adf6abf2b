"""Methods that look inside, on tiny models of every family: they serve it, or say why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import transformers

from pellucid.benchmarks.learning.random_families import (
    EVERY,
    FAMILIES,
    SEES_PADDING,
    about,
    processor,
    sample,
    subject,
)
from pellucid.core.events import silent
from pellucid.errors import ModelError
from pellucid.explain.methods import methods
from pellucid.explain.spec import ExplainSpec


@pytest.fixture(scope="module")
def words(tiny_model: Path) -> Any:
    return transformers.AutoTokenizer.from_pretrained(tiny_model)


def explain(method: str, one: Any) -> list[Any]:
    return methods()[method].function(one, ExplainSpec(), emit=silent, check=lambda: None)


@pytest.mark.parametrize("method", EVERY)
@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_is_served_or_refused(
    family: str, method: str, words: Any, tmp_path: Path
) -> None:
    one = subject(family, words, tmp_path)
    before = settings(one.model)
    if method not in FAMILIES[family].methods:
        with pytest.raises(ModelError, match=rf"{type(one.model).__name__}: .* Choose .*_"):
            explain(method, one)
        assert settings(one.model) == before
        return
    together = explain(method, one)
    assert settings(one.model) == before
    assert len(together) == 3
    for row, found in enumerate(together):
        assert found.scores.shape == (len(one.cut(row)),)
        assert found.scores.min() >= 0
        if method == "attention_rollout":
            assert found.scores.sum() + found.rest == pytest.approx(1, abs=1e-5)
            assert found.rest > -1e-6
    assert any(found.scores.max() > 0 for found in together)
    if family in SEES_PADDING:
        return
    # The answers are those of the model as it is, and each row's scores are its own.
    for row in (2,) if "text" in FAMILIES[family].modalities else (1,):
        given = one.samples.batch(np.array([row]))
        answer = one.numbers(one.sent(given), np.array([row]))[0, 1].item()
        assert together[row].output == pytest.approx(answer, abs=1e-4)
        alone = explain(method, single(family, one, row, words, tmp_path))[0]
        size = max(together[row].scores.max(), 1e-3)
        np.testing.assert_allclose(together[row].scores, alone.scores, atol=1e-3 * size)
        assert together[row].rest == pytest.approx(alone.rest, abs=1e-3 * max(size, 1))


@pytest.mark.parametrize("method", EVERY)
@pytest.mark.parametrize("family", ["bert", "qwen2", "vilt"])
def test_left_and_right_padding_agree(family: str, method: str, words: Any, tmp_path: Path) -> None:
    right = subject(family, words, tmp_path)
    found = explain(method, right)
    words.padding_side = "left"
    try:
        left = about(right.model, processor(FAMILIES[family], words), *parts(family, tmp_path))
        turned = explain(method, left)
    finally:
        words.padding_side = "right"
    # Only relative positions are the same on both sides; others are so of the longest row.
    longest = int(np.argmax([len(right.cut(row)) for row in range(3)]))
    for row in range(3) if family == "qwen2" else (longest,):
        one, other = found[row], turned[row]
        assert one.output == pytest.approx(other.output, abs=1e-4)
        np.testing.assert_allclose(one.scores, other.scores, atol=2e-4 * max(one.scores.max(), 1))
        assert one.rest == pytest.approx(other.rest, abs=1e-3)


def parts(family: str, folder: Path) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    one = FAMILIES[family]
    return one.modalities, [sample(one, row, folder) for row in range(3)]


def single(family: str, one: Any, row: int, words: Any, folder: Path) -> Any:
    """Return a subject of one row alone."""
    modalities, samples = parts(family, folder)
    return about(one.model, processor(FAMILIES[family], words), modalities, [samples[row]])


def settings(model: Any) -> list[Any]:
    """Return all that methods change for a while."""
    inside = [part for part in model.modules() if isinstance(part, transformers.PreTrainedModel)]
    return [
        model.training,
        [weight.requires_grad for weight in model.parameters()],
        [(part.config._attn_implementation, part.config.output_attentions) for part in inside],
        # transformers leaves hooks of its own where weights were asked for once.
        [
            hook
            for part in model.modules()
            for hook in (*part._forward_hooks.values(), *part._forward_pre_hooks.values())
            if "pellucid" in hook.__module__
        ],
    ]
