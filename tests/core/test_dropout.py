import math

import pytest
import torch

from pellucid.core.dropout import quick_masks


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.bool])
def test_masks_hold_ones_as_often_as_asked(p, dtype):
    torch.manual_seed(3)
    with quick_masks():
        mask = torch.empty(401, 999, dtype=dtype).bernoulli_(p)
    assert set(mask.float().unique().tolist()) <= {0.0, 1.0}
    spread = math.sqrt(p * (1 - p) / mask.numel())
    assert abs(mask.float().mean().item() - p) <= 4.5 * spread + 1 / (1 << 16)


def test_elements_are_independent_of_their_neighbours():
    torch.manual_seed(5)
    with quick_masks():
        mask = torch.empty(1_000_000).bernoulli_(0.5) - 0.5
    for lag in (1, 2, 3, 4, 16, 64):
        correlation = 4 * (mask[lag:] * mask[:-lag]).mean().item()
        assert abs(correlation) < 4.5 / math.sqrt(len(mask) - lag)


def test_masks_follow_from_torchs_generator_and_its_saved_state():
    with quick_masks():
        torch.manual_seed(1)
        state = torch.get_rng_state()
        first = torch.empty(33).bernoulli_(0.5), torch.empty(33).bernoulli_(0.5)
        torch.set_rng_state(state)
        again = torch.empty(33).bernoulli_(0.5), torch.empty(33).bernoulli_(0.5)
    assert all(torch.equal(*pair) for pair in zip(first, again, strict=True))
    assert not torch.equal(*first)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (5,), (3, 7)])
def test_every_shape_is_filled(shape):
    with quick_masks():
        assert torch.full(shape, 7.0).bernoulli_(1.0).eq(1).all()
        assert torch.full((7, 3), 7.0).t().bernoulli_(0.0).eq(0).all()


def test_both_kinds_of_dropout_use_them_and_pytorchs_own_come_back_afterwards():
    def draw():
        torch.manual_seed(9)
        states = torch.ones(2, 3, 40, 8)
        dropped = torch.nn.functional.dropout(states, 0.25)
        attended = torch.nn.functional.scaled_dot_product_attention(
            states, states, states, dropout_p=0.25
        )
        return dropped, attended

    before = draw()
    with quick_masks():
        inside = draw()
    after = draw()
    assert all(torch.equal(*pair) for pair in zip(before, after, strict=True))
    assert not any(torch.equal(*pair) for pair in zip(before, inside, strict=True))
    assert inside[0].unique().tolist() == pytest.approx([0.0, 1 / 0.75])
    assert inside[1].mean().item() == pytest.approx(1, abs=0.1)


def test_a_number_that_is_no_probability_is_refused():
    with quick_masks(), pytest.raises(RuntimeError, match=r"p to be in \[0, 1\]"):
        torch.empty(3).bernoulli_(1.5)
