"""Sounds without some of their segments, against numpy's choice and torch's inverse transform."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pellucid.multimodal.audio.mask import gains, masked, masker, transform
from pellucid.multimodal.audio.segments import OVERLAP, Cells, cells, equal, quiet

RATE = 16_000
RNG = np.random.default_rng(11)
SOUND = RNG.normal(0, 0.2, 20_011).astype(np.float32)


def some(count: int, masks: int = 7) -> np.ndarray:
    return RNG.random((masks, count)) < 0.5


def test_left_out_spans_are_silent() -> None:
    spans = quiet(SOUND, RATE, 9)
    keep = some(9)
    found = masked(SOUND, spans, keep, fade=0)
    which = np.searchsorted(spans.edges, np.arange(len(SOUND)), side="right") - 1
    np.testing.assert_array_equal(found, np.where(keep[:, which], SOUND, np.float32(0)))


def test_kept_spans_are_not_touched_and_others_fade() -> None:
    spans = equal(len(SOUND), RATE, 9)
    keep = some(9, 40)
    fade = round(0.003 * RATE)
    found = masked(SOUND, spans, keep)
    gain = gains(spans, keep)
    assert gain.min() == 0 and gain.max() == 1
    which = np.searchsorted(spans.edges, np.arange(len(SOUND)), side="right") - 1
    for copy, keeps, own in zip(found, keep, gain, strict=True):
        there = keeps[which]
        np.testing.assert_array_equal(copy[there], SOUND[there])
        inner = np.minimum(
            np.arange(len(SOUND)) - spans.edges[which],
            spans.edges[which + 1] - np.arange(len(SOUND)),
        )
        assert not copy[~there & (inner > fade + 1)].any()
        assert np.abs(np.diff(own)).max() <= 1 / fade  # nothing breaks off, as it would click


def test_alone_a_span_fades_at_its_neighbours_ends() -> None:
    spans = equal(100, 1_000, 5)
    (own,) = gains(spans, np.array([[False, True, False, False, False]]), fade=0.003)
    assert own[20:40].tolist() == [1] * 20
    np.testing.assert_allclose(own[16:20], [0, 0.25, 0.5, 0.75])
    np.testing.assert_allclose(own[40:44], [0.75, 0.5, 0.25, 0])
    assert not own[:16].any() and not own[44:].any()


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
@pytest.mark.parametrize("samples", [1, 300, 20_011])
def test_a_copy_that_keeps_all_is_the_sound(rate: int, samples: int) -> None:
    sound = SOUND[:samples]
    found = cells(samples, rate, 6, 5)
    np.testing.assert_allclose(
        masked(sound, found, np.ones((1, len(found)), bool))[0], sound, atol=1e-6
    )
    spans = quiet(sound, rate, 6)
    np.testing.assert_array_equal(masked(sound, spans, np.ones((1, len(spans)), bool))[0], sound)
    for segments in (found, spans):
        assert not masked(sound, segments, np.zeros((2, len(segments)), bool)).any()


@pytest.mark.parametrize(("columns", "bands"), [(1, 1), (7, 5), (157, 40)])
def test_cells_are_left_out_as_torch_turns_the_rest_back(columns: int, bands: int) -> None:
    found = cells(len(SOUND), RATE, columns, bands)
    keep = some(len(found))
    spectrum = transform(torch.from_numpy(SOUND), found.points)
    gain = torch.from_numpy(keep[:, found.labels].astype(np.float32))
    expected = torch.istft(
        spectrum * gain, found.points, found.points // OVERLAP,
        window=torch.hann_window(found.points), length=len(SOUND),
    )  # fmt: skip
    np.testing.assert_allclose(masked(SOUND, found, keep), expected.numpy(), atol=1e-6)


def test_the_transform_is_that_of_scipy() -> None:
    from scipy.signal import stft

    found = transform(torch.from_numpy(SOUND[:16_000]), 512).numpy()
    _, _, expected = stft(
        SOUND[:16_000], window="hann", nperseg=512, noverlap=384, padded=False, scaling="spectrum"
    )
    np.testing.assert_allclose(found, expected * 256, atol=1e-4)


def test_a_tone_goes_with_its_cells() -> None:
    at = np.arange(RATE) / RATE
    low, high = (0.3 * np.sin(2 * np.pi * tone * at).astype(np.float32) for tone in (500, 3_000))
    found = cells(RATE, RATE, 4, 8)
    keep = np.ones((1, len(found)), bool)
    (band,) = np.flatnonzero((found.hertz[:-1] <= 3_000) & (found.hertz[1:] > 3_000))
    keep[0, band * 4 + 1] = False  # the second quarter of a second
    rest = masked(low + high, found, keep)[0] - low
    inside, outside = rest[5_000:7_000], rest[10_000:14_000]
    assert np.square(inside).mean() < 1e-4 * np.square(high).mean()
    np.testing.assert_allclose(outside, high[10_000:14_000], atol=1e-5)


def test_a_sound_is_prepared_once_for_many_masks() -> None:
    for segments in (cells(len(SOUND), RATE, 5, 4), equal(len(SOUND), RATE, 8)):
        keep = some(len(segments), 30)
        without = masker(SOUND, segments)
        parts = np.concatenate([without(keep[:11]), without(keep[11:])])
        np.testing.assert_allclose(parts, masked(SOUND, segments, keep), atol=1e-7)


def test_what_does_not_fit() -> None:
    found: Cells = cells(len(SOUND), RATE, 5, 4)
    with pytest.raises(ValueError, match="masks of 20 segments"):
        masked(SOUND, found, np.ones((1, 19), bool))
    with pytest.raises(ValueError, match="20011 samples"):
        masked(SOUND[:-1], equal(len(SOUND), RATE, 3), np.ones((1, 3), bool))
