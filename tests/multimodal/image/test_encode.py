"""Pictures as a model sees them: what its own processor makes of them, once and kept."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image

from pellucid.errors import Cancelled, DataError
from pellucid.multimodal.image.encode import EncodedImages, Processed, encode, resized

SIZE = {"height": 24, "width": 20}
PROCESSORS = {
    "vit": lambda: transformers.ViTImageProcessor(size=SIZE),
    "clip": lambda: transformers.CLIPImageProcessor(
        size={"shortest_edge": 30}, crop_size={"height": 24, "width": 24}
    ),
    "convnext": lambda: transformers.ConvNextImageProcessor(size={"shortest_edge": 32}),
    "siglip": lambda: transformers.SiglipImageProcessor(size=SIZE),
    "unscaled": lambda: transformers.ViTImageProcessor(size=SIZE, do_rescale=False),
    "not normalised": lambda: transformers.ViTImageProcessor(size=SIZE, do_normalize=False),
}


@pytest.fixture
def cells(tmp_path: Path) -> list[str]:
    """Write pictures of different sizes."""
    rng = np.random.default_rng(5)
    out = []
    for number in range(70):
        height, width = rng.integers(18, 60, 2)
        pixels = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
        path = tmp_path / f"{number}.png"
        Image.fromarray(pixels).resize((int(width) * 2, int(height) * 2)).save(path)
        out.append(str(path))
    return out


def expected(processor: Any, cells: list[str]) -> torch.Tensor:
    pictures = [Image.open(cell).convert("RGB") for cell in cells]
    return torch.as_tensor(processor(images=pictures, return_tensors="pt")["pixel_values"])


@pytest.mark.parametrize("name", PROCESSORS)
def test_batches_are_what_the_processor_makes(name: str, cells: list[str], tmp_path: Path) -> None:
    processor = PROCESSORS[name]()
    wanted = expected(processor, cells)
    rows = np.array([4, 0, 69, 33])
    for cache in (None, tmp_path / "cache"):
        found = encode(processor, cells, cache=cache)
        assert isinstance(found, EncodedImages)
        batch = found.batch(rows)["pixel_values"]
        assert batch.dtype == torch.float32
        torch.testing.assert_close(batch, wanted[rows].float(), atol=2e-6, rtol=1e-5)
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_what_is_kept_is_found_again(
    cells: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processor = PROCESSORS["vit"]()
    first = encode(processor, cells, cache=tmp_path / "cache").batch(np.arange(5))
    module = import_module("pellucid.multimodal.image.encode")
    read: list[str] = []
    plain = module.read
    monkeypatch.setattr(module, "read", lambda cell: (read.append(cell), plain(cell))[1])
    again = encode(processor, cells, cache=tmp_path / "cache")
    assert set(read) == {cells[0]}  # the one that the processor is tried on
    torch.testing.assert_close(again.batch(np.arange(5)), first)
    encode(transformers.ViTImageProcessor(size=SIZE, resample=0), cells, cache=tmp_path / "cache")
    assert set(read) == set(cells)


def test_beyond_the_budget_pictures_are_decoded_for_each_batch(cells: list[str]) -> None:
    processor = PROCESSORS["vit"]()
    whole = encode(processor, cells)
    few = encode(processor, cells, budget=10 * 24 * 20 * 3 + 5)
    assert isinstance(few, EncodedImages) and len(few.kept) == 10 and len(few) == len(cells)
    rows = np.array([60, 3, 9, 10, 11])
    torch.testing.assert_close(few.batch(rows), whole.batch(rows))
    torch.testing.assert_close(encode(processor, cells, budget=0).batch(rows), whole.batch(rows))


def test_a_processor_that_pads_sees_every_batch(cells: list[str]) -> None:
    processor = transformers.ViltImageProcessor(size={"shortest_edge": 32}, size_divisor=8)
    found = encode(processor, cells)
    assert isinstance(found, Processed)
    rows = np.array([1, 2, 3])
    pictures = [Image.open(cells[row]).convert("RGB") for row in rows]
    torch.testing.assert_close(
        found.batch(rows), dict(processor(images=pictures, return_tensors="pt"))
    )


def test_resized_pictures_are_whole_numbers(cells: list[str]) -> None:
    pictures = [Image.open(cell).convert("RGB") for cell in cells[:3]]
    found = resized(PROCESSORS["vit"](), pictures)
    for one, picture in zip(found, pictures, strict=True):
        small = np.asarray(picture.resize((20, 24), Image.Resampling.BILINEAR))
        np.testing.assert_array_equal(one, small.transpose(2, 0, 1))


def test_no_pictures(tmp_path: Path) -> None:
    found = encode(PROCESSORS["vit"](), [], cache=tmp_path)
    assert len(found) == 0 and found.lengths.shape == (0,)


def test_cancelling_leaves_nothing_behind(cells: list[str], tmp_path: Path) -> None:
    def check() -> None:
        raise Cancelled("asked to")

    with pytest.raises(Cancelled):
        encode(PROCESSORS["vit"](), cells, cache=tmp_path / "cache", check=check)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_file_that_is_spoilt_meanwhile_is_named(cells: list[str], tmp_path: Path) -> None:
    found = encode(PROCESSORS["vit"](), cells, budget=0)
    Path(cells[7]).write_bytes(b"")
    with pytest.raises(DataError, match=r"7\.png: the file is empty; it could be read before"):
        found.batch(np.array([3, 7]))
