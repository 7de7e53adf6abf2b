"""Why this answer and not that one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pellucid.explain.generation.asking import Opened
from pellucid.explain.methods import WRITING
from pellucid.explain.spec import ExplainSpec

from .conftest import likelihoods
from .test_texts import PROMPTS, explained, tokens


@pytest.mark.parametrize("method", WRITING)
def test_nothing_speaks_for_what_both_answers_say(chat: Opened, method: str) -> None:
    (found,) = explained(chat, PROMPTS[:1], method, answer="so it is", instead="so it was here")
    assert found.tokens == ("s", "o", " ", "i", "t", " ", "i", "s")
    assert found.foils == ("s", "o", " ", "i", "t", " ", "w", "as here")
    assert not found.scores[:6].any()
    assert not found.outputs[:6].any()
    assert np.abs(found.scores[6]).min() > 0


@pytest.mark.parametrize("method", WRITING)
def test_both_answers_are_explained_and_set_against_each_other(chat: Opened, method: str) -> None:
    """Yin & Neubig: the explanation of a difference of log-probabilities."""
    spec = ExplainSpec(steps=24, max_steps=24)
    one, other, found = (
        explained(chat, PROMPTS[:1], method, spec=spec, answer=answer, instead=instead)[0]
        for answer, instead in (
            ("so it is", None), ("so it was here", None), ("so it is", "so it was here"),
        )
    )  # fmt: skip
    # What is shared is explained alike, whichever answer follows.
    assert np.allclose(one.scores[:6], other.scores[:6], atol=1e-5)
    assert np.allclose(found.scores[6], one.scores[6] - other.scores[6], atol=1e-6)
    rest = one.scores[7:].sum(0) - other.scores[7:].sum(0)
    assert np.allclose(found.scores[7], rest, atol=1e-6)
    assert np.allclose(found.whole, one.whole - other.whole, atol=1e-4)
    shared = one.earlier[6, :6] - other.earlier[6, :6]
    assert np.allclose(found.earlier[6, :6], shared, atol=1e-6)
    assert not found.earlier[:, 6:].any()
    error = one.completeness_error.sum() - other.completeness_error.sum()
    assert found.completeness_error.sum() == pytest.approx(error, abs=1e-4)


def test_answers_that_are_compared_get_equally_many_steps(chat: Opened) -> None:
    spec = ExplainSpec(steps=4, max_steps=512, tolerance=0.02)
    (found,) = explained(
        chat, PROMPTS[:1], "integrated_gradients", spec=spec, answer="so it is", instead="so"
    )
    assert np.log2(found.evaluations / 2) % 1 == 0  # of both sides the same power of two
    assert not found.scores[:2].any()


def test_outputs_are_differences_of_log_probabilities(chat: Opened) -> None:
    (found,) = explained(chat, PROMPTS[:1], answer="yes", instead="no")
    prompt, _ = tokens(chat, found.prompt)
    sides = []
    with torch.no_grad():
        for answer in ("yes", "no"):
            sides.append(likelihoods(chat.model, prompt, tokens(chat, answer)[0]).numpy())
    assert found.foils == ("n", "o")
    expected = [sides[0][0] - sides[1][0], sides[0][1:].sum() - sides[1][1:].sum()]
    assert np.allclose(found.outputs, expected, atol=1e-5)


def test_an_answer_that_goes_on_stands_against_nothing(chat: Opened) -> None:
    (found,) = explained(chat, PROMPTS[:1], answer="so", instead="so it is")
    assert found.tokens == ("s", "o", "", "")
    assert found.foils == ("s", "o", " ", "it is")
    (longer,) = explained(chat, PROMPTS[:1], answer="so it is")
    assert np.allclose(found.scores[2], -longer.scores[2], atol=1e-6)


def test_the_same_answer_is_no_choice(chat: Opened) -> None:
    (found,) = explained(chat, PROMPTS[:1], answer="so", instead="so")
    assert found.tokens == found.foils == ("s", "o")
    assert not found.scores.any()
