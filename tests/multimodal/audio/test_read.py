"""Sounds of every kind that people have, against scipy, and unkind ones, each with a reason."""

from __future__ import annotations

import os
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from scipy import signal

from pellucid.multimodal.audio.read import Sound, inspect, read, resampled
from pellucid.multimodal.media import Unreadable

RATE = 16_000
NOISE = (np.random.default_rng(0).standard_normal(RATE) * 0.1).astype(np.float32)


def sine(frequency: float, rate: int, seconds: float = 1.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * frequency * np.arange(int(rate * seconds)) / rate)).astype(
        np.float32
    )


def saved(path: Path, samples: Any, rate: int = RATE, **options: Any) -> Path:
    soundfile.write(path, samples, rate, **options)
    return path


def peak(sound: Sound) -> float:
    """Frequency of the loudest part of a sound."""
    spectrum = np.abs(np.fft.rfft(sound.samples * np.hanning(len(sound.samples))))
    return float(np.argmax(spectrum) * sound.rate / len(sound.samples))


@pytest.mark.parametrize(
    ("name", "subtype", "step"),
    [
        ("x.wav", "PCM_U8", 2**-7),
        ("x.wav", "PCM_16", 2**-15),
        ("x.wav", "PCM_24", 2**-23),
        ("x.wav", "PCM_32", 2**-24),
        ("x.wav", "FLOAT", 0),
        ("x.wav", "DOUBLE", 0),
        ("x.flac", "PCM_16", 2**-15),
        ("x.flac", "PCM_24", 2**-23),
    ],
)
def test_samples_are_those_that_were_saved(
    name: str, subtype: str, step: float, tmp_path: Path
) -> None:
    found = read(saved(tmp_path / name, NOISE, subtype=subtype))
    assert found.rate == RATE and found.samples.dtype == np.float32 and not found.cut
    assert found.seconds == 1.0
    np.testing.assert_allclose(found.samples, NOISE, atol=step + 1e-7)


@pytest.mark.parametrize("ending", ["mp3", "ogg"])
def test_lossy_files_keep_the_tone(ending: str, tmp_path: Path) -> None:
    found = read(saved(tmp_path / f"x.{ending}", sine(440, RATE)))
    assert found.rate == RATE and abs(peak(found) - 440) < 3
    assert abs(found.seconds - 1) < 0.1


@pytest.mark.parametrize(("rate", "asked"), [(8_000, 16_000), (44_100, 16_000), (48_000, 16_000),
                                            (22_050, 24_000), (16_000, 8_000)])  # fmt: skip
def test_resampling_is_scipys_in_the_pass_band(rate: int, asked: int, tmp_path: Path) -> None:
    tones = sum(sine(frequency, rate) for frequency in (220, 997, 2_500))
    found = read(saved(tmp_path / "x.wav", 0.3 * tones, rate, subtype="FLOAT"), rate=asked)
    common = np.gcd(rate, asked)
    expected = signal.resample_poly(
        0.3 * tones, asked // common, rate // common, window=("kaiser", 12.0)
    )
    assert found.rate == asked and len(found.samples) == len(expected)
    inner = slice(asked // 10, -asked // 10)
    np.testing.assert_allclose(found.samples[inner], expected[inner], atol=0.005)


def test_rates_without_a_small_ratio_need_no_memory() -> None:
    tone = sine(440, 44_101)
    tracemalloc.start()
    found = resampled(tone, 44_101, 16_000)
    tracemalloc.stop()
    assert abs(len(found) - 16_000) <= 1
    assert abs(peak(Sound(found, 16_000)) - 440) < 1.5
    again = resampled(sine(440, 15_991), 15_991, 47_999)
    assert abs(peak(Sound(again, 47_999)) - 440) < 1.5


def test_channels_are_averaged(tmp_path: Path) -> None:
    both = np.stack([NOISE, -0.5 * NOISE], axis=1)
    found = read(saved(tmp_path / "x.wav", both, subtype="FLOAT"))
    np.testing.assert_allclose(found.samples, both.mean(axis=1), atol=1e-7)


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "mp3"])
def test_only_the_beginning_is_read(ending: str, tmp_path: Path) -> None:
    path = saved(tmp_path / f"x.{ending}", np.tile(NOISE, 4))
    found = read(path, seconds=0.5)
    assert found.cut and len(found.samples) == RATE // 2
    assert (found.samples == read(path).samples[: RATE // 2]).all()
    assert not read(path, seconds=10).cut


def test_three_hours_cost_no_more_than_their_beginning(tmp_path: Path) -> None:
    path = tmp_path / "x.flac"
    with soundfile.SoundFile(path, "w", 8_000, 1) as file:
        for _ in range(180):
            file.write(np.zeros(60 * 8_000, np.float32))
    assert path.stat().st_size < 5_000_000
    tracemalloc.start()
    found = read(path, seconds=30)
    inspect(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.cut and found.seconds == 30
    assert most < 20_000_000  # whole, it would be 346 megabytes


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("x.wav", {}),
        ("x.wav", {"subtype": "FLOAT"}),
        ("x.wav", {"format": "WAVEX"}),
        ("x.wav", {"format": "RF64"}),
        ("x.w64", {}),
        ("x.flac", {}),
        ("x.mp3", {}),
        ("x.ogg", {}),
    ],
)
@pytest.mark.parametrize("share", [0.01, 0.6])
def test_cut_off_files(name: str, options: dict[str, Any], share: float, tmp_path: Path) -> None:
    path = saved(tmp_path / name, NOISE, **options)
    inspect(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(Unreadable):
        inspect(path)
    with pytest.raises(Unreadable):
        read(path)


def test_a_cut_wav_says_so(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.wav", NOISE)
    path.write_bytes(path.read_bytes()[:20_044])
    with pytest.raises(Unreadable, match="it is cut off: of 32,000 bytes 20,000 are there"):
        read(path)


@pytest.mark.parametrize("length", [0xFFFFFFFF, 0x7FFFFFFF])
def test_a_wav_from_a_pipe_knows_no_length(length: int, tmp_path: Path) -> None:
    path = saved(tmp_path / "x.wav", NOISE)
    content = bytearray(path.read_bytes())
    place = content.find(b"data") + 4
    content[place : place + 4] = length.to_bytes(4, "little")
    path.write_bytes(content)
    assert len(read(path).samples) == len(NOISE)


def test_no_sound(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.wav", np.zeros(0, np.float32))
    with pytest.raises(Unreadable, match="it holds no sound: 0 seconds"):
        read(path)
    path.write_bytes(b"")
    with pytest.raises(Unreadable, match="the file is empty"):
        inspect(path)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_numbers_that_are_not_finite(number: float, tmp_path: Path) -> None:
    samples = np.zeros(400_000, np.float32)
    samples[390_000] = number
    path = saved(tmp_path / "x.wav", samples, subtype="FLOAT")
    with pytest.raises(Unreadable, match="not finite"):
        inspect(path)
    assert read(path, seconds=1).seconds == 1  # what is not heard does no harm


@pytest.mark.parametrize(
    "content", [b"dear reader, this is a text", b"\x89PNG\r\n\x1a\n" + b"\0" * 60, b"RIFF", b"fLaC"]
)
def test_files_that_are_no_sounds(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match="no WAV, FLAC, Ogg or MP3, or it is damaged"):
        read(path)


def test_what_a_file_holds_counts_not_its_name(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.jpg", NOISE, format="WAV")
    assert read(path).seconds == 1
    path = saved(tmp_path / "x.wav", NOISE, format="AIFF")
    with pytest.raises(Unreadable, match="a file of AIFF"):
        read(path)


def header(channels: int, rate: int, size: int) -> bytes:
    """Write a WAV of 16 bits with some bytes of silence."""
    about = struct.pack("<HHIIHH", 1, channels, rate, rate * 2 * channels, 2 * channels, 16)
    body = b"WAVEfmt " + struct.pack("<I", 16) + about + b"data" + struct.pack("<I", size)
    return b"RIFF" + struct.pack("<I", len(body) + size) + body + b"\0" * size


def test_what_can_not_be_believed(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(header(1000, RATE, 4000))
    with pytest.raises(Unreadable, match="1,000 channels"):
        read(path)
    path.write_bytes(header(1, 3, 4000))
    with pytest.raises(Unreadable, match="claims 3 samples a second"):
        read(path)


def test_missing_and_forbidden_files(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="it can't be read"):
        read(tmp_path / "none.wav")
    if os.geteuid() == 0:
        pytest.skip("skipped: root may read everything")
    path = saved(tmp_path / "x.wav", NOISE)
    path.chmod(0)
    with pytest.raises(Unreadable, match="no rights"):
        read(path)
