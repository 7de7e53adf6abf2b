"""Segments of sounds: spans of time, and cells of time and frequency."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.multimodal.audio.segments import AROUND, OVERLAP, cells, equal, quiet
from pellucid.multimodal.audio.spectrogram import mel

RATE = 16_000


def test_equal_spans_differ_by_a_sample_at_most() -> None:
    spans = equal(1003, RATE, 10)
    assert len(spans) == 10 and spans.edges[0] == 0 and spans.edges[-1] == 1003
    assert set(np.diff(spans.edges)) == {100, 101}
    np.testing.assert_allclose(spans.seconds * RATE, spans.edges)
    assert len(equal(3, RATE, 10)) == 3


def test_quiet_places_are_found() -> None:
    """Four words of different lengths, with pauses of 60 ms that equal spans would miss."""
    rng = np.random.default_rng(3)
    pauses = [(0.43, 0.49), (1.08, 1.14), (1.40, 1.46)]
    sound = rng.normal(0, 0.2, 2 * RATE).astype(np.float32)
    for first, last in pauses:
        sound[round(first * RATE) : round(last * RATE)] *= 0.01
    found = quiet(sound, RATE, 4).seconds
    assert len(found) == 5 and found[0] == 0 and found[-1] == 2
    for edge, (first, last) in zip(found[1:-1], pauses, strict=True):
        assert first < edge < last
    assert not (pauses[1][0] < equal(2 * RATE, RATE, 4).seconds[2] < pauses[1][1])


@pytest.mark.parametrize("wanted", [1, 7, 50])
def test_spans_cut_at_quiet_places_keep_their_order(wanted: int) -> None:
    sound = np.random.default_rng(5).normal(0, 0.1, 30_001).astype(np.float32)
    spans = quiet(sound, RATE, wanted)
    usual = 30_001 / wanted
    lengths = np.diff(spans.edges)
    assert len(spans) == wanted and lengths.sum() == 30_001
    assert lengths.min() >= (1 - 2 * AROUND) * usual - 2
    assert lengths.max() <= (1 + 2 * AROUND) * usual + 2


def test_silence_is_cut_into_equal_spans() -> None:
    for sound in (np.zeros(1000, np.float32), np.full(1000, 0.3, np.float32)):
        assert quiet(sound, RATE, 6).edges.tolist() == equal(1000, RATE, 6).edges.tolist()


@pytest.mark.parametrize("rate", [1_000, 8_000, 16_000, 44_100])
@pytest.mark.parametrize(("columns", "bands"), [(1, 1), (12, 8), (300, 60)])
def test_cells_make_up_the_transform(rate: int, columns: int, bands: int) -> None:
    found = cells(3 * rate // 2, rate, columns, bands)
    labels = found.labels
    assert labels.dtype == np.int32
    assert labels.shape == (found.points // 2 + 1, 1 + (3 * rate // 2) // (found.points // OVERLAP))
    assert np.unique(labels).tolist() == list(range(len(found)))
    assert abs(found.points / rate - 0.032) < 0.016
    # Rectangles, numbered band by band.
    wide = len(found.frames) - 1
    assert (np.diff(labels % wide, axis=0) == 0).all() and (
        np.diff(labels // wide, axis=1) == 0
    ).all()
    assert (np.diff(labels, axis=1) >= 0).all() and (np.diff(labels // wide, axis=0) >= 0).all()
    assert len(found.seconds) == wide + 1 and len(found.hertz) == len(found.bins)
    assert (found.seconds[0], found.seconds[-1]) == (0, 1.5)
    assert (found.hertz[0], found.hertz[-1]) == (0, rate / 2)


def test_bands_are_equally_wide_for_the_ear() -> None:
    found = cells(RATE, RATE, 4, 8)
    heights = np.diff([mel(one) for one in found.hertz])
    step = [mel(one + RATE / found.points) - mel(one) for one in found.hertz[:-1]]
    assert (np.abs(heights - mel(RATE / 2) / 8) <= step).all()


def test_no_segments() -> None:
    for wanted, samples in ((0, 10), (3, 0)):
        with pytest.raises(ValueError, match="at least 1"):
            equal(samples, RATE, wanted)
