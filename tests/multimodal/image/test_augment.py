"""Steps of a recipe that change pictures: their chances, their bounds, and what they draw from."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from pellucid.multimodal.augment_spec import PARTNER, SHARE, AugmentStep
from pellucid.multimodal.image.augment import Augment
from pellucid.multimodal.image.changes import rotated

ALL: list[Any] = [
    "flip",
    "crop",
    "rotate",
    "colour",
    {"blur": {"chance": 0.5}},
    "randaugment",
    "mixup",
    "cutmix",
]


def augment(*steps: Any) -> Augment:
    return Augment([AugmentStep.model_validate(step) for step in steps])


def noisy(count: int = 16, height: int = 24, width: int = 32, channels: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(8)
    shape = (count, channels, height, width)
    return torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)


@pytest.mark.parametrize("step", ALL, ids=str)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_step_gives_pictures_and_leaves_what_it_was_given(step: Any, channels: int) -> None:
    torch.manual_seed(9)
    pixels = noisy(channels=channels)
    before = pixels.clone()
    found, mixed = augment(step)(pixels)
    assert torch.equal(pixels, before)
    assert found.shape == pixels.shape and found.dtype in (torch.uint8, torch.float32)
    assert not torch.equal(found.float(), pixels.float())
    assert found.float().isfinite().all() and found.min() >= 0 and found.max() <= 255
    assert set(mixed) == ({PARTNER, SHARE} if step in ("mixup", "cutmix") else set())


@pytest.mark.parametrize("step", ALL, ids=str)
def test_torchs_seed_alone_decides(step: Any) -> None:
    pixels = noisy()
    found = []
    for seed, other in ((1, 1), (1, 2), (2, 1)):
        torch.manual_seed(seed)
        np.random.seed(other)
        random.seed(other)
        elsewhere = (np.random.get_state()[1].tolist(), random.getstate())
        found.append(augment(step)(pixels))
        assert (np.random.get_state()[1].tolist(), random.getstate()) == elsewhere
    (one, mixed), (same, mixed_same), (another, _) = found
    assert torch.equal(one, same) and not torch.equal(one.float(), another.float())
    assert mixed.keys() == mixed_same.keys()
    assert all(torch.equal(mixed[name], mixed_same[name]) for name in mixed)


@pytest.mark.parametrize(
    "step",
    [
        {"flip": {"chance": 0}},
        {"crop": {"padding": 0}},
        {"rotate": {"degrees": 0}},
        {"colour": {"strength": 0}},
        {"blur": {"chance": 0}},
    ],
    ids=str,
)
def test_a_step_of_no_strength_changes_nothing(step: Any) -> None:
    found, _ = augment(step)(noisy())
    torch.testing.assert_close(found.float(), noisy().float(), rtol=0, atol=0.01)


@pytest.mark.parametrize("name", ["flip", "blur"])
def test_chances_are_those_of_the_recipe(name: str) -> None:
    torch.manual_seed(10)
    pixels = torch.tensor([0, 255, 0], dtype=torch.uint8).repeat(4000, 1, 3, 1)
    pixels[..., 0] = 90
    settings = {"blur": {"sigma": 10}}  # little is hardly drawn
    for chance in (0.2, 0.7, 1.0):
        found, _ = augment({name: {**settings.get(name, {}), "chance": chance}})(pixels)
        changed = (found.float() != pixels.float()).flatten(1).any(1).float().mean()
        assert abs(float(changed) - chance) < 0.04


def test_mirrored_pictures_are_mirrored_by_numpy_too() -> None:
    torch.manual_seed(11)
    found, _ = augment({"flip": {"chance": 1}})(noisy())
    np.testing.assert_array_equal(found.numpy(), np.flip(noisy().numpy(), 3))


def test_crops_reach_the_asked_share_and_no_further() -> None:
    torch.manual_seed(12)
    pixels = noisy(1).expand(300, 3, 24, 32)
    found, _ = augment({"crop": {"padding": 0.125}})(pixels)
    wide = np.pad(noisy(1)[0].numpy(), ((0, 0), (3, 3), (4, 4)), mode="reflect")
    views = {
        wide[:, y : y + 24, x : x + 32].tobytes(): (y - 3, x - 4)
        for y in range(7)
        for x in range(9)
    }
    seen = [views[one.numpy().tobytes()] for one in found]
    assert {y for y, _ in seen} == set(range(-3, 4)) and {x for _, x in seen} == set(range(-4, 5))
    far, _ = augment({"crop": {"padding": 1.0}})(noisy(50, 3, 1))
    assert far.shape == (50, 3, 3, 1)


def test_pictures_turn_both_ways_within_the_asked_degrees() -> None:
    torch.manual_seed(13)
    slope = torch.arange(64, dtype=torch.uint8).mul(4).expand(400, 1, 64, 64)
    found, _ = augment({"rotate": {"degrees": 20}})(slope)
    middle = found[:, 0, 24:40, 24:40]
    across = (middle[:, :, 1:] - middle[:, :, :-1]).mean((1, 2))
    down = (middle[:, 1:] - middle[:, :-1]).mean((1, 2))
    degrees = torch.rad2deg(torch.atan2(down, across))
    assert degrees.abs().max() < 20.1 and degrees.min() < -17 and degrees.max() > 17
    assert abs(float(degrees.mean())) < 3
    # What is measured so is what a picture is turned by.
    known = rotated(slope[:1].float(), torch.tensor([12.0]))[0, 0, 24:40, 24:40]
    turned = torch.atan2((known[1:] - known[:-1]).mean(), (known[:, 1:] - known[:, :-1]).mean())
    assert abs(abs(float(torch.rad2deg(turned))) - 12) < 0.1


def test_each_picture_has_its_own_brightness_within_bounds() -> None:
    torch.manual_seed(14)
    grey = torch.full((500, 3, 2, 2), 100, dtype=torch.uint8)
    found, _ = augment({"colour": {"strength": 0.4}})(grey)  # grey has neither contrast nor colour
    level = found.mean((1, 2, 3))
    assert 60 <= level.min() < 65 and 135 < level.max() <= 140
    assert (found - level[:, None, None, None]).abs().max() < 1e-3


def test_blur_is_no_wider_than_asked() -> None:
    torch.manual_seed(15)
    point = torch.zeros(300, 1, 33, 33, dtype=torch.uint8)
    point[:, :, 16, 16] = 255
    found, _ = augment({"blur": {"chance": 1, "sigma": 2.0}})(point)
    away = (torch.arange(33) - 16.0) ** 2
    sigma = ((found[:, 0].sum(1) * away).sum(1) / 255).sqrt()
    assert sigma.max() < 2.0 and sigma.max() > 1.8 and sigma.min() < 0.3


def test_one_of_several_mixing_steps_is_drawn_for_each_batch() -> None:
    torch.manual_seed(16)
    pixels = torch.tensor([0, 255], dtype=torch.uint8)[:, None, None, None].expand(2, 3, 16, 16)
    blended = 0
    for _ in range(200):
        found, mixed = augment("mixup", {"cutmix": {"alpha": 1}})(pixels)
        assert set(mixed) == {PARTNER, SHARE}
        # A rectangle has two levels at most; all of a blended picture has one between them.
        blended += bool(((found > 0) & (found < 255)).any())
    alone = sum(
        bool(((found > 0) & (found < 255)).any())
        for found, _ in (augment("mixup")(pixels) for _ in range(200))
    )
    assert 0.3 * alone < blended < 0.7 * alone


def test_mixing_comes_last_and_the_others_in_their_order() -> None:
    pixels = noisy()
    found = []
    for steps in (("mixup", "crop", "colour"), ("crop", "colour", "mixup"), ("colour", "crop")):
        torch.manual_seed(17)
        found.append(augment(*steps)(pixels)[0])
    assert torch.equal(found[0], found[1])
    torch.manual_seed(17)
    by_hand, _ = augment("colour")(pixels)
    by_hand, _ = augment("crop")(by_hand)
    assert torch.equal(found[2], by_hand)


def test_a_picture_alone_is_changed_as_in_a_batch() -> None:
    steps = ({"flip": {"chance": 1}}, "crop", "colour", "rotate")
    picture = Image.fromarray(noisy(1)[0].permute(1, 2, 0).numpy())
    torch.manual_seed(18)
    found = augment(*steps).picture(picture)
    torch.manual_seed(18)
    expected, _ = augment(*steps)(noisy(1))
    assert found.mode == "RGB" and found.size == (32, 24)
    np.testing.assert_array_equal(
        np.asarray(found), expected[0].round().byte().permute(1, 2, 0).numpy()
    )
    assert augment({"flip": {"chance": 0}}).picture(picture).tobytes() == picture.tobytes()
