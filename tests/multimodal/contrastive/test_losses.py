"""Contrastive losses against transformers' own and against sums written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import transformers
from transformers.models.clip.modeling_clip import image_text_contrastive_loss

from pellucid.multimodal.contrastive.losses import belonging, sigmoid_loss, softmax_loss
from pellucid.multimodal.contrastive.models import LARGEST_SCALE, clamp_scale, scale

VISION = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "image_size": 16,
    "patch_size": 8,
}
TEXT = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "vocab_size": 32,
    "max_position_embeddings": 8,
    "bos_token_id": 1,
    "eos_token_id": 3,
    "pad_token_id": 0,
}


def logits(pairs: int = 5, seed: int = 0) -> torch.Tensor:
    return 3 * torch.randn(pairs, pairs, generator=torch.Generator().manual_seed(seed))


def test_what_shares_a_picture_or_a_text_belongs_together() -> None:
    # pairs: (A, x), (A, y), (B, x), (C, z)
    codes = torch.tensor([[0, 0], [0, 1], [1, 0], [2, 2]])
    expected = [[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 1]]
    assert belonging(codes).int().tolist() == expected


def test_distinct_pairs_cost_what_clip_says() -> None:
    given = logits()
    found = softmax_loss(given, torch.eye(5, dtype=torch.bool))
    assert found.shape == (5,)
    torch.testing.assert_close(found.mean(), image_text_contrastive_loss(given.t()))


def test_several_of_its_own_share_the_target() -> None:
    codes = np.array([[0, 0], [0, 1], [1, 0], [2, 2]])
    given = logits(4).numpy().astype(np.float64)
    found = softmax_loss(torch.from_numpy(given), belonging(torch.from_numpy(codes)))
    for one in range(4):
        own = [at for at in range(4) if (codes[one] == codes[at]).any()]
        rows = sum(math.log(np.exp(given[one]).sum()) - given[one, at] for at in own) / len(own)
        columns = given[:, one]
        others = sum(math.log(np.exp(columns).sum()) - columns[at] for at in own) / len(own)
        assert float(found[one]) == pytest.approx((rows + others) / 2)


def test_equal_captions_are_no_negatives() -> None:
    """Two pairs with one caption: a model that answers alike for both can do no better."""
    same = belonging(torch.tensor([[0, 0], [1, 0], [2, 1]]))
    alike = torch.tensor([[9.0, 9.0, -9.0], [9.0, 9.0, -9.0], [-9.0, -9.0, 9.0]])
    torch.testing.assert_close(
        softmax_loss(alike, same), torch.tensor([math.log(2), math.log(2), 0]), atol=1e-6, rtol=0
    )
    pulled = alike + torch.tensor([[1.0, -1.0, 0.0], [-1.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    assert (softmax_loss(pulled, same)[:2] > math.log(2)).all()
    assert (sigmoid_loss(alike, same) < 1e-3).all()


def test_distinct_pairs_cost_what_siglip_says() -> None:
    torch.manual_seed(0)
    config = transformers.SiglipConfig(text_config=TEXT, vision_config=VISION)
    model = transformers.SiglipModel(config).eval()
    given = {
        "input_ids": torch.randint(4, 32, (4, 8)),
        "pixel_values": torch.randn(4, 3, 16, 16),
    }
    with torch.inference_mode():
        found = model(**given, return_loss=True)
        own = sigmoid_loss(found.logits_per_image, torch.eye(4, dtype=torch.bool))
    torch.testing.assert_close(own.mean(), found.loss)


def test_the_sum_over_pictures_written_out() -> None:
    codes = np.array([[0, 0], [0, 1], [1, 2]])
    given = logits(3, seed=4).numpy().astype(np.float64)
    found = sigmoid_loss(torch.from_numpy(given), belonging(torch.from_numpy(codes)))
    for text in range(3):
        total = 0.0
        for picture in range(3):
            sign = 1 if (codes[text] == codes[picture]).any() else -1
            total += math.log1p(math.exp(-sign * given[picture, text]))
        assert float(found[text]) == pytest.approx(total)


def test_clips_scale_is_bounded_and_siglips_is_not() -> None:
    clip = transformers.CLIPModel(
        transformers.CLIPConfig(text_config=TEXT, vision_config=VISION, projection_dim=8)
    )
    siglip = transformers.SiglipModel(
        transformers.SiglipConfig(text_config=TEXT, vision_config=VISION)
    )
    for model, expected in ((clip, 100.0), (siglip, math.exp(4.8))):
        with torch.no_grad():
            model.logit_scale.fill_(4.8)
        clamp_scale(model)
        assert scale(model)[0] == pytest.approx(expected, rel=1e-5)
    with torch.no_grad():
        clip.logit_scale.fill_(2.0)
    clamp_scale(clip)
    assert float(clip.logit_scale.detach()) == 2.0 < LARGEST_SCALE
