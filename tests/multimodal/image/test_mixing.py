"""Mixed pictures: shares, areas and partners, and what the mixed targets cost."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pellucid.core.labelled import costs
from pellucid.multimodal.augment_spec import PARTNER, SHARE
from pellucid.multimodal.image.mixing import cutmix, mixup


def plain(count: int = 40, height: int = 12, width: int = 17) -> torch.Tensor:
    """Make pictures of one level each, all different, so that each pixel tells whose it is."""
    levels = torch.arange(count, dtype=torch.uint8) + 1
    return levels[:, None, None, None].expand(count, 3, height, width)


def test_blended_pictures_have_the_shares_that_are_told() -> None:
    torch.manual_seed(0)
    pixels = torch.randint(0, 256, (64, 3, 6, 5), dtype=torch.uint8)
    mixed, partner, share = mixup(pixels, 0.4)
    own, other, part = pixels.numpy(), pixels.numpy()[partner], share.numpy()[:, None, None, None]
    np.testing.assert_allclose(mixed.numpy(), part * own + (1 - part) * other, atol=1e-3)
    assert sorted(partner.tolist()) == list(range(64))
    assert len(set(share.tolist())) > 50


@pytest.mark.parametrize("alpha", [0.01, 0.2, 1.0, 5.0])
def test_shares_follow_the_beta_distribution(alpha: float) -> None:
    torch.manual_seed(1)
    _, _, share = mixup(torch.zeros(20_000, 1, 1, 1), alpha)
    assert share.min() >= 0 and share.max() <= 1
    assert abs(share.mean() - 0.5) < 0.02
    assert abs(share.var() - 1 / (4 * (2 * alpha + 1))) < 0.01


def test_a_rectangle_of_the_partner_leaves_the_share_that_is_told() -> None:
    torch.manual_seed(2)
    pixels, seen = plain(), 0
    for _ in range(20):
        mixed, partner, share = cutmix(pixels, 1.0)
        for number, (one, other, part) in enumerate(
            zip(mixed, partner.tolist(), share, strict=True)
        ):
            own, taken = (one == number + 1).numpy(), (one == other + 1).numpy()
            if number == other:
                assert own.all()
                continue
            assert (own | taken).all() and (taken == taken[:1]).all()
            assert float(part) == pytest.approx(own.mean(), abs=1e-6)
            rows, columns = taken[0].any(1), taken[0].any(0)
            np.testing.assert_array_equal(taken[0], rows[:, None] & columns)
            # No gap: what is taken begins once and ends once along each side.
            assert np.abs(np.diff(rows)).sum() <= 2 and np.abs(np.diff(columns)).sum() <= 2
            seen += 0 < part < 1
    assert seen > 500


def test_rectangles_reach_everywhere_and_are_as_large_as_was_drawn() -> None:
    torch.manual_seed(3)
    height, width = 12, 17
    taken, shares = torch.zeros(height, width), []
    for _ in range(100):
        mixed, partner, share = cutmix(plain(40, height, width), 1.0)
        other = partner != torch.arange(40)
        taken += (mixed[other, 0] == partner[other, None, None] + 1).sum(0)
        shares.append(share)
    assert taken.min() > 0.2 * taken.max()  # a corner lies in a quarter of them
    # The side of a rectangle is s = sqrt(1 - share) of the picture's, share uniform, and s² - s³/2
    # + s⁴/16 of the picture is taken where its middle lies anywhere: 1/2 - 1/5 + 1/48 on average.
    assert abs(float(torch.cat(shares).mean()) - (1 - 0.3208)) < 0.02


def test_a_picture_alone_stays_as_it_is() -> None:
    one = torch.randint(0, 256, (1, 3, 4, 4), dtype=torch.uint8)
    for mix in (mixup, cutmix):
        mixed, partner, _ = mix(one, 1.0)
        assert torch.equal(mixed.round(), one.float()) and partner.tolist() == [0]


def test_the_loss_is_that_of_mixed_targets() -> None:
    torch.manual_seed(4)
    scores, codes = torch.randn(30, 5), torch.randint(5, (30,))
    _, partner, share = mixup(torch.zeros(30, 1, 2, 2), 1.0)
    batch = {"target": codes, PARTNER: partner, SHARE: share}
    found = costs(
        batch, lambda one: torch.nn.functional.cross_entropy(scores, one, reduction="none")
    )
    # Cross-entropy takes shares of classes as targets too.
    one_hot = torch.nn.functional.one_hot(codes, 5).float()
    soft = share[:, None] * one_hot + (1 - share)[:, None] * one_hot[partner]
    expected = torch.nn.functional.cross_entropy(scores, soft, reduction="none")
    torch.testing.assert_close(found, expected)
    alone = {"target": codes}
    assert torch.equal(costs(alone, lambda one: one.float()), codes.float())
