"""A sample of several parts, cut into segments: names, inputs, sums and groups, part by part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
import transformers
from PIL import Image

from pellucid.explain.pieces import Pieces, cut
from pellucid.explain.spec import ExplainSpec
from pellucid.multimodal.encode import encode
from pellucid.multimodal.processors import Processors
from pellucid.multimodal.spec import ModelSpec

RNG = np.random.default_rng(29)
SPEC = ExplainSpec(
    segments={"image": "patches", "audio": "spans", "count": 4},
    baseline={"text": "mask", "image": [0, 128, 255]},
)


@pytest.fixture(scope="module")
def processor(tiny_model: Path) -> Any:
    return Processors(
        {
            "text": transformers.AutoTokenizer.from_pretrained(tiny_model),
            "image": transformers.ViTImageProcessor(size={"height": 16, "width": 16}),
            "audio": transformers.Wav2Vec2FeatureExtractor(do_normalize=False),
        }
    )


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, ...]]:
    folder = tmp_path_factory.mktemp("rows")
    out = []
    for number, said in enumerate(["Was it good?", "The room was very warm."]):
        shown, heard = folder / f"{number}.png", folder / f"{number}.wav"
        Image.fromarray(RNG.integers(0, 256, (20, 20, 3), dtype=np.uint8)).save(shown)
        soundfile.write(heard, RNG.normal(0, 0.1, 4000), 16_000)
        out.append(("we stayed", str(shown), str(heard), said))
    return out


MODALITIES = {"before": "text", "picture": "image", "sound": "audio", "after": "text"}


def cut_all(processor: Any, rows: list[tuple[str, ...]], row: int) -> tuple[Pieces, Any]:
    spec = ModelSpec(name="x", max_length=32)
    encoded = encode(processor, rows, list(MODALITIES.values()), spec)
    return cut(processor, encoded, MODALITIES, row, rows[row], SPEC, 32), encoded


def test_segments_of_all_parts_are_numbered_one_after_the_other(
    processor: Any, rows: list[tuple[str, ...]]
) -> None:
    found, encoded = cut_all(processor, rows, 1)
    names = {name: 0 for name in MODALITIES}
    for column in found.columns:
        names[column] += 1
    assert names == {"before": 2, "picture": 4, "sound": 4, "after": 6}
    assert len(found) == len(found.names) == 16
    assert {"we", "stayed", "warm", "0.00–0.06 s"} <= set(found.names)
    spans = [(piece.modality, span.start, span.stop) for piece, span in found.spans]
    assert spans[-1][2] == 16 and [one[1] for one in spans[1:]] == [one[2] for one in spans[:-1]]
    whole = found.inputs(np.ones((2, 16), bool))
    for name, values in encoded.batch(np.array([1])).items():
        torch.testing.assert_close(whole[name], values.repeat(2, *[1] * (values.ndim - 1)))


def test_leaving_a_segment_out_changes_its_own_part_alone(
    processor: Any, rows: list[tuple[str, ...]]
) -> None:
    found, _ = cut_all(processor, rows, 0)
    keep = ~np.eye(len(found), dtype=bool)
    whole, without = found.inputs(np.ones((1, len(found)), bool)), found.inputs(keep)
    names = {"text": "input_ids", "image": "pixel_values", "audio": "input_values"}
    for piece, span in found.spans:
        for kind, name in names.items():
            changed = (without[name] != whole[name]).flatten(1).any(1).numpy()
            inside = np.zeros(len(found), bool)
            inside[span] = True
            if kind == piece.modality:
                np.testing.assert_array_equal(changed, changed & inside)
                assert changed[span].all()
    nothing = found.nothing()
    assert (nothing["input_values"] == 0).all()
    colour = nothing["pixel_values"][0].mean((1, 2))
    torch.testing.assert_close(colour, torch.tensor([0, 128, 255]) / 127.5 - 1)


def test_sums_belong_to_segments(processor: Any, rows: list[tuple[str, ...]]) -> None:
    found, _ = cut_all(processor, rows, 1)
    inputs = found.inputs(np.ones((1, len(found)), bool))
    pixels = RNG.normal(size=inputs["pixel_values"].shape[1:])
    tokens = RNG.normal(size=(inputs["input_ids"].shape[1], 5))
    sums, rest = found.summed({"image": pixels, "text": tokens})
    assert sums.sum() + rest == pytest.approx(pixels.sum() + tokens.sum())
    by_kind = {piece.modality: sums[span] for piece, span in found.spans}
    assert not by_kind["audio"].any()
    quarters = pixels.reshape(3, 2, 8, 2, 8).sum((0, 2, 4)).ravel()
    np.testing.assert_allclose(by_kind["image"], quarters)
    # Tokens that frame the texts belong to no word.
    assert rest == pytest.approx(tokens[[0, 3, -1]].sum())


def test_groups_hold_parts_of_one_modality_before_others(
    processor: Any, rows: list[tuple[str, ...]]
) -> None:
    found, _ = cut_all(processor, rows, 0)
    count = len(found)
    members = [{number} for number in range(count)]
    for left, right, _, size in found.hierarchy:
        members.append(members[int(left)] | members[int(right)])
        assert len(members[-1]) == size
    for _, span in found.spans:
        assert set(range(count)[span]) in members
    assert members[-1] == set(range(count))
    texts = next(span for piece, span in found.spans if piece.modality == "text")
    before = {number for number in range(count)[texts] if found.columns[number] == "before"}
    assert before in members and len(before) == 2
