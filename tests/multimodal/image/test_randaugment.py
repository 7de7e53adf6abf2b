"""RandAugment: the paper's list, strengths that grow from nothing, and even draws."""

from __future__ import annotations

import pytest
import torch

from pellucid.multimodal.image import randaugment as module
from pellucid.multimodal.image.randaugment import CHANGES, HIGHEST, randaugment

WITHOUT_STRENGTH = ("autocontrast", "equalize")


def pictures(count: int = 8) -> torch.Tensor:
    generator = torch.Generator().manual_seed(5)
    # No channel reaches from black to white, so that stretching changes it.
    return torch.randint(10, 240, (count, 3, 16, 20), generator=generator).float()


def test_the_list_is_the_papers() -> None:
    assert set(CHANGES) == {
        *("identity", "autocontrast", "equalize", "rotate", "solarize", "colour", "posterize"),
        *("contrast", "brightness", "sharpness", "shear_x", "shear_y"),
        *("translate_x", "translate_y"),
    }


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("sign", [1, -1])
def test_changes_begin_at_nothing_and_stay_pictures(name: str, sign: int) -> None:
    pixels = pictures()
    pixels[0, 0, 0, 0] = 255
    nothing = CHANGES[name](pixels, torch.zeros(8))
    if name not in WITHOUT_STRENGTH:
        torch.testing.assert_close(nothing, pixels, rtol=0, atol=0.02)
    far = [CHANGES[name](pixels, torch.full((8,), sign * by / HIGHEST)) for by in (4.0, 15.0, 30.0)]
    for one in far:
        assert one.shape == pixels.shape and one.isfinite().all()
        assert one.min() >= 0 and one.max() <= 255
    change = [float((one - pixels).abs().mean()) for one in far]
    if name == "identity":
        assert change == [0, 0, 0]
    elif name in WITHOUT_STRENGTH:
        assert change[0] == change[1] == change[2] > 1
    else:
        assert min(change) > 0
    if name in ("brightness", "contrast", "colour", "sharpness", "posterize", "solarize"):
        assert change[0] < change[1] < change[2]


def test_changes_and_directions_are_drawn_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = dict.fromkeys(CHANGES, 0)
    forward = 0

    def counting(name: str) -> module.Change:
        def change(pixels: torch.Tensor, strength: torch.Tensor) -> torch.Tensor:
            nonlocal forward
            assert set(strength.abs().tolist()) == {0.5}
            seen[name] += len(pixels)
            forward += int((strength > 0).sum())
            return pixels + 1

        return change

    monkeypatch.setattr(module, "CHANGES", {name: counting(name) for name in CHANGES})
    torch.manual_seed(6)
    found = randaugment(torch.zeros(14_000, 1, 1, 1), number=3, magnitude=HIGHEST / 2)
    assert (found == 3).all()
    assert sum(seen.values()) == 42_000
    assert all(abs(count - 3000) < 300 for count in seen.values())
    assert abs(forward - 21_000) < 1000


def test_pictures_of_one_batch_are_changed_apart() -> None:
    torch.manual_seed(7)
    pixels = pictures(1).expand(64, 3, 16, 20)
    found = randaugment(pixels, 1, 20.0)
    different = {tuple(one.flatten().round().int().tolist()) for one in found}
    # All but those without a strength come in two directions, solarize and posterize in one.
    assert 15 <= len(different) <= 23
    assert torch.equal(pixels[0], pictures(1)[0])
