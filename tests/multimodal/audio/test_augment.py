"""Steps of a recipe that change sounds: what they draw, and what they leave as it was."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.signal import resample_poly

from pellucid.multimodal.audio.augment import Augment, spec_augment, time_axis
from pellucid.multimodal.audio.read import Sound
from pellucid.multimodal.augment_spec import AugmentStep, SpecAugmentSpec

RATE = 16_000
WAVES: list[Any] = ["gain", {"noise": {"chance": 1}}, "shift", "speed"]


def augment(*steps: Any, bins: int | None = None) -> Augment:
    return Augment([AugmentStep.model_validate(step) for step in steps], bins)


def tone(hertz: float = 440.0, seconds: float = 0.5) -> NDArray[np.float32]:
    time = np.arange(int(seconds * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def heard(samples: NDArray[np.float32], *steps: Any, cut: bool = False) -> NDArray[np.float32]:
    found = augment(*steps).wave(Sound(samples, RATE, cut))
    assert found.rate == RATE and found.cut == cut
    return found.samples


def spectrogram(frames: int = 100, bins: int = 16) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(3, 1, (frames, bins)).astype(np.float32)


@pytest.mark.parametrize("step", [*WAVES, "spec_augment"], ids=str)
def test_torchs_seed_alone_decides_and_nothing_is_changed_in_place(step: Any) -> None:
    own = augment(step)
    samples, values = tone(), spectrogram()
    before, before_values = samples.copy(), values.copy()
    values.flags.writeable = False  # as mapped from a file
    found = []
    for seed, other in ((1, 1), (1, 2), (2, 1)):
        torch.manual_seed(seed)
        np.random.seed(other)
        random.seed(other)
        elsewhere = (np.random.get_state()[1].tolist(), random.getstate())
        changed = own.wave(Sound(samples, RATE)).samples
        found.append(changed if own.changes_waves else own.features(values))
        assert (np.random.get_state()[1].tolist(), random.getstate()) == elsewhere
    np.testing.assert_array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])
    assert all(one.dtype == np.float32 and np.isfinite(one).all() for one in found)
    np.testing.assert_array_equal(samples, before)
    np.testing.assert_array_equal(values, before_values)
    assert own.changes_waves == (step != "spec_augment")


@pytest.mark.parametrize(
    "step",
    [
        {"gain": {"decibels": 0}},
        {"noise": {"chance": 0}},
        {"shift": {"share": 0}},
        {"speed": {"share": 0}},
        {"spec_augment": {"time": 0, "frequency": 0}},
    ],
    ids=str,
)
def test_a_step_of_no_strength_changes_nothing(step: Any) -> None:
    np.testing.assert_array_equal(heard(tone(), step), tone())
    np.testing.assert_array_equal(augment(step).features(spectrogram()), spectrogram())


def test_gain_is_within_the_asked_decibels() -> None:
    torch.manual_seed(3)
    samples = tone()
    decibels = []
    for _ in range(300):
        found = heard(samples, {"gain": {"decibels": 6}})
        factor = float(found @ samples / (samples @ samples))
        np.testing.assert_allclose(found, factor * samples, rtol=1e-4)
        decibels.append(20 * np.log10(factor))
    assert -6 <= min(decibels) < -5.5 and 5.5 < max(decibels) <= 6
    assert abs(np.mean(decibels)) < 0.8


def test_noise_has_the_asked_ratio_and_chance() -> None:
    torch.manual_seed(4)
    samples = tone(seconds=1)
    ratios = []
    for _ in range(300):
        added = heard(samples, {"noise": {"chance": 0.6, "least_ratio": 5}}) - samples
        if added.any():
            ratios.append(10 * np.log10(np.square(samples).mean() / np.square(added).mean()))
            # White: as much of it below a quarter of the rate as above.
            power = np.square(np.abs(np.fft.rfft(added)))
            assert abs(power[:4000].sum() / power.sum() - 0.5) < 0.05
    assert abs(len(ratios) / 300 - 0.6) < 0.1
    assert 4.9 < min(ratios) < 7 and 33 < max(ratios) < 35.1
    assert abs(np.mean(ratios) - 20) < 2


@pytest.mark.parametrize("step", WAVES, ids=str)
def test_silence_stays_silent(step: Any) -> None:
    found = heard(np.zeros(4000, np.float32), step)
    assert not found.any() and found.dtype == np.float32


@pytest.mark.parametrize("step", WAVES, ids=str)
def test_the_loudest_and_the_shortest_sounds_stay_finite(step: Any) -> None:
    loud = np.full(4000, np.finfo(np.float32).max) * np.sign(tone(seconds=0.25) + 1e-9)
    for _ in range(5):
        assert np.isfinite(heard(loud.astype(np.float32), step)).all()
        one = heard(np.array([0.5], np.float32), step)
        assert one.shape == (1,) and np.isfinite(one).all()


def test_shifted_sounds_are_rolled_within_the_asked_share() -> None:
    torch.manual_seed(5)
    samples = np.arange(1000, dtype=np.float32)
    places = []
    for _ in range(300):
        found = heard(samples, {"shift": {"share": 0.1}})
        by = int(np.flatnonzero(found == 0)[0])
        np.testing.assert_array_equal(found, np.roll(samples, by))
        places.append(by if by < 500 else by - 1000)
    assert -100 <= min(places) < -90 and 90 < max(places) <= 100


def test_speed_changes_length_and_pitch_by_the_same_hundredths() -> None:
    torch.manual_seed(6)
    samples = tone(440, 1.0)
    percents = set()
    for _ in range(60):
        found = heard(samples, {"speed": {"share": 0.1}})
        percent = round(100 * (len(samples) / len(found) - 1))
        assert len(found) == -(-100 * len(samples) // (100 + percent))
        loudest = np.abs(np.fft.rfft(found, 8 * RATE)).argmax() / 8
        assert abs(loudest - 440 * (100 + percent) / 100) < 0.5
        percents.add(percent)
        if percent == 8:
            expected = resample_poly(samples, 25, 27)
            np.testing.assert_allclose(found[200:-200], expected[200:-200], atol=0.005)
    assert {min(percents), max(percents)} <= {-10, -9, 9, 10} and len(percents) > 12
    assert 8 in percents


def test_what_is_played_faster_gets_no_aliases() -> None:
    torch.manual_seed(7)
    high = tone(7000, 1.0)
    for _ in range(20):
        found = heard(high, {"speed": {"share": 0.5}})
        if len(found) < RATE / 1.35:  # 7 kHz would be above half of the rate
            assert np.square(found[200:-200]).mean() < 0.01 * np.square(high).mean()
            return
    raise AssertionError("no sound was played much faster")


def test_a_sound_that_was_cut_off_gets_no_longer() -> None:
    torch.manual_seed(8)
    lengths = [len(heard(tone(), {"speed": {"share": 0.5}}, cut=True)) for _ in range(40)]
    whole = [len(heard(tone(), {"speed": {"share": 0.5}})) for _ in range(40)]
    assert max(lengths) == len(tone()) > min(lengths) and max(whole) > len(tone())


def test_steps_are_carried_out_in_their_order() -> None:
    steps = ({"gain": {"decibels": 20}}, {"noise": {"chance": 1}}, "shift")
    torch.manual_seed(9)
    found = heard(tone(), *steps)
    torch.manual_seed(9)
    by_hand = tone()
    for step in steps:
        by_hand = heard(by_hand, step)
    np.testing.assert_array_equal(found, by_hand)


def bands(hidden: NDArray[np.bool_]) -> int:
    """Count how many runs of hidden places there are."""
    return int((np.diff(np.concatenate([[0], hidden.astype(int)])) == 1).sum())


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("number", [1, 3])
def test_hidden_bands_are_bounded_and_the_rest_is_untouched(turned: bool, number: int) -> None:
    torch.manual_seed(10)
    values = spectrogram()
    settings = SpecAugmentSpec(time=0.2, frequency=0.25, number=number)
    mean, widest = values.mean(), [0, 0]
    for _ in range(300):
        found = spec_augment(values.T if turned else values, settings, 16)
        found = found.T if turned else found
        hidden = found != values
        np.testing.assert_allclose(found[hidden], mean, rtol=1e-5)
        frames, bins = hidden.all(1), hidden.all(0)
        np.testing.assert_array_equal(hidden, frames[:, None] | bins)
        assert frames.sum() <= number * 20 and bins.sum() <= number * 4
        assert bands(frames) <= number and bands(bins) <= number
        widest = [max(widest[0], int(frames.sum())), max(widest[1], int(bins.sum()))]
    if number == 1:
        assert widest == [20, 4]


def test_all_may_be_hidden_and_a_channel_in_front_is_left_out() -> None:
    torch.manual_seed(11)
    values = spectrogram()[None]
    settings = SpecAugmentSpec(time=1.0, frequency=0.0)
    shares = []
    for _ in range(200):
        found = spec_augment(values, settings, 16)
        assert found.shape == (1, 100, 16)
        shares.append((found != values).mean())
    assert max(shares) > 0.95 and abs(np.mean(shares) - 0.5) < 0.07


def test_bands_fall_on_what_is_heard_and_not_on_padding() -> None:
    torch.manual_seed(12)
    values = spectrogram(1000)
    values[100:] = -5.0
    settings = SpecAugmentSpec(time=0.5, frequency=0.0)
    hidden = np.zeros(1000, int)
    for _ in range(200):
        found = spec_augment(values, settings, 16)
        changed = (found != values).any(1)
        if changed.any():
            np.testing.assert_allclose(found[changed][0], values[:101].mean(), rtol=1e-5)
        hidden += changed
    assert hidden[:100].min() > 0 and not hidden[101:].any()


def test_a_sound_all_of_the_same_stays_so() -> None:
    values = np.full((50, 16), 2.0, np.float32)
    np.testing.assert_array_equal(spec_augment(values, SpecAugmentSpec(), 16), values)


@pytest.mark.parametrize(
    ("shape", "bins", "axis"),
    [
        ((1024, 128), 128, -2),
        ((80, 3000), 80, -1),
        ((1, 1001, 64), 64, -2),
        ((28, 80), 80, -2),  # a short sound, whose longer axis is frequency
        ((128, 40), 128, -1),
        ((80, 80), 80, -2),
        ((80, 3000), None, -1),
        ((1024, 128), None, -2),
        ((300, 160), 80, -2),
    ],
)
def test_the_axis_of_time(shape: tuple[int, ...], bins: int | None, axis: int) -> None:
    assert time_axis(shape, bins) == axis
