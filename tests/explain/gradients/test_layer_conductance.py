"""Layer conductance against captum's, on a model that reads texts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import LayerConductance

from pellucid.core.events import silent
from pellucid.explain.gradients.layer_conductance import layer_conductance
from pellucid.explain.scores import Scores
from pellucid.explain.spec import ExplainSpec
from pellucid.explain.subject import Subject
from pellucid.tests.explain.gradients.texts import SINGLE, worded


def ours(subject: Subject) -> list[Scores]:
    return layer_conductance(subject, ExplainSpec(), emit=silent, check=lambda: None)


def by_captum(subject: Subject, tokenizer: Any, row: int, place: str) -> np.ndarray:
    """Return captum's conductance of each word's tokens, at many steps."""
    model = subject.model
    inputs = dict(tokenizer(SINGLE[row][0], return_tensors="pt"))
    ids = inputs.pop("input_ids")
    frame = torch.tensor([tokenizer.cls_token_id, tokenizer.sep_token_id])
    base = torch.where(torch.isin(ids, frame), ids, tokenizer.pad_token_id)
    words = model.get_input_embeddings()
    names = list(inputs)

    def forward(embedded: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        return model(inputs_embeds=embedded, **dict(zip(names, others, strict=True))).logits

    layer = model.get_submodule(place.removesuffix(":in"))
    found = LayerConductance(forward, layer).attribute(
        words(ids).detach(),
        baselines=words(base).detach(),
        target=int(subject.targets[row]),
        additional_forward_args=tuple(inputs.values()),
        n_steps=2000,
        method="riemann_trapezoid",
        attribute_to_layer_input=place.endswith(":in"),
    )
    found = found[0] if isinstance(found, tuple) else found
    tokens = found[0].sum(-1).detach().double().numpy()
    owners = subject.cut(row).pieces[0].segmented.owners
    return np.array([tokens[owners == word].sum() for word in range(len(subject.cut(row)))])


def test_it_approaches_what_captum_approaches(
    trained: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pellucid.explain.gradients.layer_conductance.STEPS", 200)
    model, tokenizer = trained
    subject = worded(model, tokenizer, SINGLE[:2], [1, 0])
    found = ours(subject)
    for row, one in enumerate(found):
        expected = by_captum(subject, tokenizer, row, one.settings["layers"]["text"])
        assert one.scores == pytest.approx(expected, abs=0.02 * np.abs(expected).max() + 1e-4)
        assert np.abs(expected).max() > 1e-3
        assert one.evaluations == 201


def test_a_batch_gives_what_single_samples_give(trained: tuple[Any, Any]) -> None:
    together = ours(worded(*trained, SINGLE, [1] * 4))
    for row, one in enumerate(together):
        alone = ours(worded(*trained, SINGLE[row : row + 1], [1]))[0]
        assert one.scores == pytest.approx(alone.scores, abs=1e-5)


def test_the_model_is_left_as_it_was(trained: tuple[Any, Any]) -> None:
    model = trained[0]
    before = [one.requires_grad for one in model.parameters()]
    ours(worded(*trained, SINGLE[:1], [1]))
    assert [one.requires_grad for one in model.parameters()] == before
    assert not model.training
    assert not any(layer._forward_hooks for layer in model.modules())
