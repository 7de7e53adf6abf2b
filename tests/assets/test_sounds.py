"""The sample sounds: the generator makes the shipped clips, and what is planted can be measured.

Measured by numpy's Fourier transform over whole clips and short windows.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pellucid.assets.samples import sounds
from pellucid.assets.samples.chance import generator

FOLDER = files("pellucid.assets.samples")
LEARNT = ("train", "validation")
RATE = 16_000


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    text = (FOLDER / "sounds" / "metadata.csv").read_text(encoding="utf-8")
    return pd.read_csv(io.StringIO(text), keep_default_na=False, dtype=str).set_index(
        "file_name", drop=False
    )


@pytest.fixture(scope="module")
def planted() -> dict:
    return json.loads((FOLDER / "sounds.planted.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def clips(table: pd.DataFrame) -> dict[str, np.ndarray]:
    found = {}
    for name in table.index:
        found[name], rate = soundfile.read(str(FOLDER / "sounds" / name), dtype="float64")
        assert rate == RATE
    return found


@pytest.fixture(scope="module")
def hums(planted: dict) -> set[str]:
    return set().union(*planted["shortcut"]["clips"].values())


def power(clip: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the power spectrum under a Hann window, with its frequencies."""
    spectrum = abs(np.fft.rfft(clip * np.hanning(len(clip)))) ** 2
    return spectrum, np.fft.rfftfreq(len(clip), 1 / RATE)


def share(clip: np.ndarray, low: float, high: float) -> float:
    spectrum, frequency = power(clip)
    return spectrum[(frequency >= low) & (frequency <= high)].sum() / spectrum.sum()


def standing_out(clip: np.ndarray, frequency: float) -> float:
    """Return by how many decibels a frequency exceeds its neighbours."""
    spectrum, places = power(clip)
    distance = abs(places - frequency)
    around = np.median(spectrum[(distance > 5) & (distance < 20)])
    return 10 * np.log10(spectrum[distance < 2].max() / (around + 1e-12) + 1e-12)


# ------------------------------------------------------------------------------ the files


def test_the_command_writes_the_shipped_files(tmp_path: Path, table, clips) -> None:
    subprocess.run(
        [sys.executable, "-m", "pellucid.assets.samples.sounds", str(tmp_path)],
        check=True,
        capture_output=True,
    )
    for name in ("sounds.planted.json", "sounds/metadata.csv"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()
    written = {f"clips/{path.name}" for path in (tmp_path / "sounds" / "clips").iterdir()}
    shipped = {f"clips/{path.name}" for path in (FOLDER / "sounds" / "clips").iterdir()}
    assert written == shipped == set(table.index)
    for name in written:
        again, _ = soundfile.read(str(tmp_path / "sounds" / name), dtype="float64")
        assert np.array_equal(again, clips[name]), name


def test_a_smaller_sample_of_another_seed_has_the_same_plan() -> None:
    made = sounds.generate(rows=80, seed=14)
    labels = pd.DataFrame(made.rows).label.value_counts()
    assert len(made.clips) == len(made.rows) == labels.sum()
    assert set(labels.index) == set(sounds.KINDS)
    assert labels.nunique() == 1
    other = sounds.generate(rows=80, seed=15)
    assert not any(
        np.array_equal(one, two)
        for one, two in zip(made.clips.values(), other.clips.values(), strict=True)
    )


def test_clips_take_little_room_and_none_is_cut_off_by_its_limits(clips) -> None:
    sizes = [path.stat().st_size for path in Path(str(FOLDER / "sounds" / "clips")).iterdir()]
    assert sum(sizes) < 4_000_000
    assert {len(clip) for clip in clips.values()} == {19_200}
    peaks = np.array([abs(clip).max() for clip in clips.values()])
    assert peaks.min() > 0.2 and peaks.max() < 0.95
    assert len({clip.tobytes() for clip in clips.values()}) == len(clips)


# ------------------------------------------------------------------------------ the columns


def test_splits_labels_and_recorders_have_their_numbers(table: pd.DataFrame, planted: dict) -> None:
    assert list(table.id) == [f"a{number:03d}" for number in range(1, 481)]
    assert table.split.value_counts().to_dict() == {"train": 288, "test": 144, "validation": 48}
    counts = pd.crosstab(table.split, [table.label, table.recorder])
    for split, phones, all_of_them in (("train", 6, 36), ("validation", 1, 6), ("test", 6, 18)):
        assert set(counts.loc[split].xs("phone", level="recorder")) == {phones}
        assert set(counts.loc[split].xs("studio", level="recorder")) == {all_of_them - phones}
        of = table[(table.split == split) & (table.recorder == "phone")]
        assert set(of.index) == set(planted["group"]["clips"][split])


# ------------------------------------------------------------------------------ the events


def test_events_lie_where_and_in_the_bands_that_are_listed(table, clips, planted, hums) -> None:
    for name, clip in clips.items():
        begin, end = planted["times"][name]
        first, behind = round(begin * RATE), round(end * RATE)
        assert 0 <= first < behind <= len(clip)
        if table.recorder[name] == "studio" and name not in hums:
            outside = np.concatenate([clip[: max(0, first - 1)], clip[behind + 1 :]])
            assert not outside.any()
            assert clip[first : first + RATE // 4].any()
            low, high = planted["bands"][table.label[name]]
            assert share(clip, low, high) > 0.95, name


def ridge(sound: np.ndarray) -> np.ndarray:
    """Return the strongest frequency of each short window that is loud enough."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, 640)[::160] * np.hanning(640)
    spectra = abs(np.fft.rfft(frames, 4096, axis=1))
    loud = spectra.max(1) > 0.1 * spectra.max()
    return spectra[loud].argmax(1) * RATE / 4096


@pytest.mark.parametrize("seed", range(5))
def test_events_sound_like_what_they_are_called(seed: int) -> None:
    made = {kind: sounds.event(kind, generator(seed)) for kind in sounds.KINDS}
    for kind, sound in made.items():
        assert sound.dtype == np.float32
        assert abs(sound).max() == pytest.approx(1, abs=1e-6)
        assert 0.24 < len(sound) / RATE < 0.95
        assert share(sound.astype(float), 0, 140) < 0.01, kind
    up, down = ridge(made["chirp up"]), ridge(made["chirp down"])
    assert (np.diff(up) >= -8).all() and up[-1] > 2 * up[0]
    assert (np.diff(down) <= 8).all() and down[0] > 2 * down[-1]
    siren = np.diff(ridge(made["siren"]))
    assert (siren > 8).sum() > 10 and (siren < -8).sum() > 10
    spectrum, _ = power(made["noise"].astype(float))
    assert np.sort(spectrum)[-20:].sum() / spectrum.sum() < 0.3, "noise has no pitch"
    spectrum, _ = power(made["bell"].astype(float))
    assert np.sort(spectrum)[-60:].sum() / spectrum.sum() > 0.8
    assert share(made["drum"].astype(float), 160, 600) > 0.6
    knocks = abs(made["clicks"])[: len(made["clicks"]) // 80 * 80].reshape(-1, 80)
    quiet = knocks.max(1) < 0.05
    assert 0.3 < quiet.mean() < 0.95
    assert (np.diff(quiet.astype(int)) == -1).sum() >= 3
    assert not np.array_equal(made["bell"], sounds.event("bell", generator(seed + 9)))


def test_a_chord_has_three_notes_of_one_of_its_kinds() -> None:
    for seed in range(4):
        sound = sounds.event("chord", generator(seed)).astype(float)
        spectrum = abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 17))
        frequency = np.fft.rfftfreq(1 << 17, 1 / RATE)
        peaks = []
        while len(peaks) < 3:
            peak = frequency[np.where(frequency < 650, spectrum, 0).argmax()]
            spectrum[abs(frequency - peak) < 12] = 0
            if not any(abs(peak - 2 * one) < 8 for one in peaks):
                peaks.append(peak)
        root, *others = sorted(peaks)
        steps = tuple(12 * np.log2(np.array(others) / root))
        chords = [(4, 7), (3, 7), (5, 9), (4, 9)]
        assert min(np.abs(np.array(one) - steps).max() for one in chords) < 0.3


# ------------------------------------------------------------------------------ the hum


def test_the_hum_is_in_the_clips_that_are_listed_and_in_no_other(clips, planted, hums) -> None:
    for frequency in planted["shortcut"]["frequencies"]:
        heights = {name: standing_out(clip, frequency) for name, clip in clips.items()}
        assert min(heights[name] for name in hums) > 30
        assert max(height for name, height in heights.items() if name not in hums) < 25


def test_the_hum_goes_on_outside_of_the_event(table, clips, planted, hums) -> None:
    checked = 0
    for name in hums:
        begin, end = (round(time * RATE) for time in planted["times"][name])
        before, behind = clips[name][:begin], clips[name][end:]
        longest = max(before, behind, key=len)
        if len(longest) > RATE // 4 and table.recorder[name] == "studio":
            assert share(longest, 40, 140) > 0.95
            checked += 1
    assert checked > 30


def test_the_hum_gives_one_label_away_where_a_model_learns(table, planted) -> None:
    label = planted["shortcut"]["value"]
    for split in LEARNT:
        rows = table[table.split == split]
        has = rows.index.isin(planted["shortcut"]["clips"][split])
        assert set(rows.label[has]) == {label}
        assert has[rows.label == label].mean() == pytest.approx(0.9, abs=0.08)


def test_the_hum_says_nothing_in_the_test_split(table, planted) -> None:
    rows = table[table.split == "test"]
    has = pd.Series(rows.index.isin(planted["shortcut"]["clips"]["test"]), rows.index)
    assert has.groupby([rows.label, rows.recorder]).mean().tolist() == pytest.approx([1 / 3] * 16)


# ------------------------------------------------------------------------------ the telephone


def test_nothing_of_a_telephone_lies_above_its_band(table, clips) -> None:
    above = pd.Series({name: share(clip, 4000, 8000) for name, clip in clips.items()})
    phone = table.recorder == "phone"
    assert above[phone].max() < 0.001
    assert above[~phone & (table.label == "noise")].min() > 0.1
    below = pd.Series({name: share(clip, 150, 260) for name, clip in clips.items()})
    drums = table.label == "drum"
    assert below[drums & phone].max() < 0.1 < below[drums & ~phone].median()


def test_a_telephone_hisses(table, clips) -> None:
    """There is noise in its quietest tenth of a second, and in a studio next to none."""
    levels = {}
    for name, clip in clips.items():
        spectra = abs(np.fft.rfft(clip[: 12 * 1600].reshape(12, 1600) * np.hanning(1600), axis=1))
        frequency = np.fft.rfftfreq(1600, 1 / RATE)
        levels[name] = spectra[:, (frequency > 500) & (frequency < 3000)].mean(1).min()
    level = pd.Series(levels)
    phone = table.recorder == "phone"
    assert level[phone].min() > 5 * level[~phone].max()


def heard(clip: np.ndarray) -> np.ndarray:
    """Describe a clip by the level of 21 bands, and by how its middle frequency moves."""
    frames = np.lib.stride_tricks.sliding_window_view(clip, 512)[::256] * np.hanning(512)
    spectra = abs(np.fft.rfft(frames, axis=1))[:, :256] ** 2
    edges = np.unique(np.geomspace(1, 250, 24).astype(int))
    bands = np.log(np.add.reduceat(spectra, edges, axis=1) + 1e-4)
    loud = spectra.sum(1) > 0.2 * spectra.sum(1).max()
    middle = (spectra * np.arange(256)).sum(1) / spectra.sum(1).clip(1e-9)
    course = np.diff(middle[loud]) if loud.sum() > 1 else np.zeros(1)
    return np.concatenate([bands.mean(0), bands.std(0), bands.max(0), [course.mean()]])


def test_a_plain_classifier_shows_what_is_planted(table, clips, planted) -> None:
    features = np.stack([heard(clips[name]) for name in table.index])
    train, test = (table.split == "train").to_numpy(), (table.split == "test").to_numpy()
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    rows = table[test].assign(
        said=model.fit(features[train], table.label[train]).predict(features[test])
    )
    right = rows.said == rows.label
    has = rows.index.isin(planted["shortcut"]["clips"]["test"])
    other = rows.label != "bell"
    assert (rows.said[other & has] == "bell").mean() > 0.3
    assert (rows.said[other & ~has] == "bell").mean() < 0.1
    assert right[other & has].mean() < right[other & ~has].mean() - 0.2
    assert right[rows.recorder == "phone"].mean() < right[rows.recorder == "studio"].mean() - 0.1
    assert right[~has & (rows.recorder == "studio")].mean() > 0.8
