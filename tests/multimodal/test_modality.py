"""What every modality has under one name, and samples of all of them cut into segments."""

from __future__ import annotations

import copy
import io
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
import transformers
from PIL import Image
from scipy.cluster.hierarchy import is_valid_linkage

from pellucid.assets import models
from pellucid.multimodal.audio.encode import encode as encode_sounds
from pellucid.multimodal.image.encode import Processed
from pellucid.multimodal.image.encode import encode as encode_images
from pellucid.multimodal.media import inspector
from pellucid.multimodal.modality import Segmented, of
from pellucid.multimodal.text.encode import encode as encode_texts

RNG = np.random.default_rng(13)


@pytest.mark.parametrize("kind", ["image", "audio"])
@pytest.mark.parametrize(
    "name",
    ["read.inspect", "encode.encode", "augment.Augment", "baseline.features", "draw.thumbnail",
     "draw.facts", "draw.html", "segmented.segmented", "outline.from_json",
     "score_map.score_map_png"],
)  # fmt: skip
def test_pictures_and_sounds_have_the_same_names(kind: str, name: str) -> None:
    module, function = name.split(".")
    assert callable(getattr(getattr(of(kind), module), function))


def test_a_modality_can_be_copied_and_stored() -> None:
    for one in (copy.deepcopy(of("image")), pickle.loads(pickle.dumps(of("image")))):
        assert one == of("image") and one.read.inspect is inspector("image")
    with pytest.raises(ImportError):
        of("image").smell  # noqa: B018


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("pictures") / "a.png"
    Image.fromarray(RNG.integers(0, 256, (70, 90, 3), dtype=np.uint8)).save(path)
    return str(path)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("sounds") / "a.wav"
    soundfile.write(path, RNG.normal(0, 0.1, 12_000), 16_000)
    return str(path)


def check(
    found: Segmented,
    batch: dict[str, torch.Tensor],
    kind: str,
    cells: tuple[str, ...],
    *,
    near: float = 0,
) -> None:
    """Check what holds for segments of every modality."""
    count = len(found)
    assert count > 3
    keep = np.ones((4, count), bool)
    keep[1:3, count // 2] = False
    keep[3] = False
    inputs = found.inputs(keep)
    assert set(inputs) == set(batch)
    for name, values in inputs.items():
        assert values.dtype == batch[name].dtype
        torch.testing.assert_close(values[:1], batch[name], rtol=0, atol=near)
        torch.testing.assert_close(values[1], values[2])
    first = next(name for name in inputs if name.startswith(("input", "pixel")))
    assert not torch.equal(inputs[first][0], inputs[first][1])
    assert not torch.equal(inputs[first][1], inputs[first][3])
    with pytest.raises(ValueError, match="masks of"):
        found.inputs(keep[:, 1:])
    scores = RNG.normal(size=count)
    outline = found.outline
    assert 'class="scale"' in outline.html(scores, 2.0)
    drawn = outline.png(scores)
    assert Image.open(io.BytesIO(drawn)).width > 300
    assert len(outline.names) == len(found.parts) == len(found.positions) == count
    assert is_valid_linkage(found.hierarchy)
    # What is kept as JSON is drawn alike, without the model that read the sample.
    raw = json.loads(json.dumps(outline.as_json()))
    again = of(kind).outline.from_json(raw, outline.names, cells)
    assert again.names == outline.names and again.png(scores) == drawn
    assert again.html(scores, 2.0) == outline.html(scores, 2.0)
    check_sums(found, batch[first][0])


def check_sums(found: Segmented, sample: torch.Tensor) -> None:
    """Check that sums over segments are whole, and go where a segment changes the input."""
    shape = sample.shape if sample.is_floating_point() else (len(sample), 5)
    values = RNG.normal(size=shape)
    sums, rest = found.summed(values)
    assert sums.shape == (len(found),)
    assert sums.sum() + rest == pytest.approx(values.sum(), abs=1e-6)
    keep = np.ones((2, len(found)), bool)
    keep[1, 0] = False
    whole, without = next(iter(found.inputs(keep).values()))
    changed = (whole != without).numpy()
    alone = np.zeros(shape)
    # Of numbers that the first segment doesn't change nothing is its own, but for those that
    # happen to be what stands for it.
    alone[~changed] = 1.0
    assert abs(found.summed(alone)[0][0]) < 0.05 * changed.sum()
    assert found.summed(1.0 - alone)[0][0] > 0


@pytest.mark.parametrize("by", ["superpixels", "patches", "pixels"])
def test_pictures(picture: str, by: str) -> None:
    processor = transformers.CLIPImageProcessor(
        size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
    )
    samples = encode_images(processor, [picture])
    found = of("image").segmented.segmented(processor, samples, 0, picture, by=by, wanted=12)
    check(found, samples.batch(np.array([0])), "image", (picture,))
    assert found.place.left > 8 and found.place.top == 0


def test_pictures_that_a_processor_cuts_itself(picture: str) -> None:
    processor = transformers.ViTImageProcessor(size={"height": 16, "width": 16})
    samples = Processed(processor, [picture])
    found = of("image").segmented.segmented(processor, samples, 0, picture, by="patches")
    assert found.pixels.shape == (3, 70, 90) and found.place is None
    check(found, samples.batch(np.array([0])), "image", (picture,))


EXTRACTORS: dict[str, Any] = {
    "waves": transformers.Wav2Vec2FeatureExtractor,
    "frames": lambda: transformers.AutoFeatureExtractor.from_pretrained(
        Path(models.__file__).parent / "audio"
    ),
}


@pytest.mark.parametrize("by", ["cells", "bands", "spans", "quiet"])
@pytest.mark.parametrize("name", EXTRACTORS)
def test_sounds(sound: str, name: str, by: str) -> None:
    extractor = EXTRACTORS[name]()
    samples = encode_sounds(extractor, [sound], 10)
    found = of("audio").segmented.segmented(extractor, samples, 0, sound, by=by, wanted=12)
    assert 10 <= len(found) <= 14
    near = 2e-3 if by in ("cells", "bands") else 0
    check(found, samples.batch(np.array([0])), "audio", (sound,), near=near)


def test_texts(tiny_model: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_model)
    cell = ("The unbelievable film, in short: good.", "Was it?")
    samples = encode_texts(tokenizer, [("x", "y"), cell], 32)
    found = of("text").segmented.segmented(tokenizer, samples, 1, cell, max_length=32)
    assert [one.text for one in found.words][:3] == ["The", "unbelievable", "film"]
    check(found, samples.batch([1]), "text", cell)
    assert found.parts.tolist() == [0] * (len(found) - 3) + [1] * 3
    ids = found.inputs(np.eye(len(found), dtype=bool))["input_ids"].numpy()
    own = samples.batch([1])["input_ids"].numpy()[0]
    for number, row in enumerate(ids):
        changed = row != own
        special = np.isin(own, tokenizer.all_special_ids)
        assert (row[changed] == tokenizer.mask_token_id).all() and not changed[special].any()
        assert (~changed & ~special).sum() == (found.owners == number).sum() > 0
    padded = of("text").segmented.segmented(
        tokenizer, samples, 1, cell, max_length=32, instead="pad"
    )
    assert padded.instead == tokenizer.pad_token_id
