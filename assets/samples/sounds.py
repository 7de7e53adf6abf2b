"""Write the sample dataset of sound events, and the truth that is planted in it.

Each clip holds one event of eight kinds, somewhere in silence. Two faults are planted on purpose: a
hum of the mains that gives one label away where a model learns, and a telephone whose clips are
harder. ``sounds.planted.json`` says where.

Others make sounds of their own by `event` and `syllable`.

Run as: ``python -m pellucid.assets.samples.sounds [DIR] [--rows N] [--seed S]``
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .chance import between, generator
from .sounds_events import BANDS, KINDS, event
from .sounds_faults import HUM, PHONE_BAND, hum, phone
from .sounds_plan import CLIPS, HUM_SHARES, HUMMED_LABEL, PHONE_SHARES, SPLITS, Draft, planned
from .sounds_syllables import CONSONANTS, VOWELS, syllable
from .written import as_csv, as_json, write_text

__all__ = [
    "BANDS",
    "CONSONANTS",
    "KINDS",
    "VOWELS",
    "Sample",
    "event",
    "generate",
    "syllable",
    "write",
]

SEED = 13
RATE = 16_000
SECONDS = 1.2
STEP = 64
"""Of 16 bits, samples are multiples of this: 10 bits are left, and FLAC packs them as such."""


@dataclass(frozen=True)
class Sample:
    """The whole sample.

    Attributes
    ----------
    clips
        Samples by file name, 16 bits; shape (samples,) each.
    rows
        Of ``metadata.csv``.
    planted
        Of ``sounds.planted.json``.
    """

    clips: dict[str, NDArray[np.int16]]
    rows: list[dict[str, str]]
    planted: dict[str, object]


def generate(rows: int = CLIPS, seed: int = SEED) -> Sample:
    """Make the clips, a row for each, and the account of what is planted.

    Parameters
    ----------
    rows
        Clips, about: every label has as many.
    seed
        Seed of all chance; the shipped sample has 13.
    """
    rng = generator(seed)
    drafts = planned(rng, rows)
    digits = max(3, len(str(len(drafts))))
    clips, table, times = {}, [], {}
    for number, draft in enumerate(drafts, start=1):
        name = f"a{number:0{digits}d}"
        file = f"clips/{name}.flac"
        clips[file], times[file] = _clip(draft, rng)
        table.append(
            {
                "file_name": file,
                "id": name,
                "label": draft.label,
                "recorder": draft.recorder,
                "split": draft.split,
            }
        )
    account = _account(dict(zip(clips, drafts, strict=True)), times, seed)
    return Sample(clips, table, account)


def _clip(draft: Draft, rng: np.random.Generator) -> tuple[NDArray[np.int16], list[float]]:
    """Return a clip, and when its event begins and ends in seconds."""
    sound = event(draft.label, rng, RATE) * between(rng, 0.3, 0.8)
    length = round(SECONDS * RATE)
    start = int(rng.random() * (length - len(sound)))
    clip = np.zeros(length)
    clip[start : start + len(sound)] = sound
    if draft.recorder == "phone":
        clip = phone(clip, rng, RATE)
    if draft.hums:
        clip = clip + hum(rng, length, RATE)
    coarse = np.round(clip * 32_768 / STEP).clip(-512, 511) * STEP
    times = [round(place / RATE, 4) for place in (start, start + len(sound))]
    return coarse.astype(np.int16), times


def _account(
    drafts: dict[str, Draft], times: dict[str, list[float]], seed: int
) -> dict[str, object]:
    """Return what is planted, by file name."""
    hummed: dict[str, list[str]] = {split: [] for split in SPLITS}
    phoned: dict[str, list[str]] = {split: [] for split in SPLITS}
    for name, draft in drafts.items():
        if draft.hums:
            hummed[draft.split].append(name)
        if draft.recorder == "phone":
            phoned[draft.split].append(name)
    return {
        "format": 1,
        "seed": seed,
        "rate": RATE,
        "seconds": SECONDS,
        "clips": len(drafts),
        "shortcut": {
            "sound": "the hum of the mains, from the beginning of a clip to its end",
            "frequencies": list(HUM),
            "bands": [[one - 10, one + 10] for one in HUM],
            "column": "label",
            "value": HUMMED_LABEL,
            "shares": HUM_SHARES,
            "expected": f"a model answers {HUMMED_LABEL} where it hears the hum: in the test split "
            f"lower accuracy on clips of the other labels with hum, and lower recall of "
            f"{HUMMED_LABEL} without it; its attributions lie below 150 Hz, also outside of the "
            f"event",
            "clips": hummed,
        },
        "group": {
            "column": "recorder",
            "value": "phone",
            "shares": PHONE_SHARES,
            "band": list(PHONE_BAND),
            "done": "nothing below and above the band, loud parts flattened, hiss",
            "expected": "lower accuracy",
            "clips": phoned,
        },
        "bands": {label: list(limits) for label, limits in BANDS.items()},
        "times": times,
    }


def write(folder: Path, rows: int = CLIPS, seed: int = SEED) -> tuple[Path, Path]:
    """Write the folder ``sounds`` and ``sounds.planted.json`` into a folder.

    Parameters
    ----------
    folder
        Where to; made when it is not there.
    rows, seed
        See `generate`.

    Returns
    -------
    sounds, planted
        The folder with ``metadata.csv`` and ``clips/``, and the file.
    """
    import soundfile

    made = generate(rows, seed)
    home = folder / "sounds"
    (home / "clips").mkdir(parents=True, exist_ok=True)
    for name, clip in made.clips.items():
        soundfile.write(home / name, clip, RATE, subtype="PCM_16", compression_level=1.0)
    write_text(home / "metadata.csv", as_csv(made.rows))
    return home, write_text(folder / "sounds.planted.json", as_json(made.planted) + "\n")


def main() -> None:
    """Write the sample beside this module, or where the command says."""
    parser = argparse.ArgumentParser(description="Write sounds/ and sounds.planted.json.")
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parent)
    parser.add_argument("--rows", type=int, default=CLIPS)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    for path in write(asked.folder, asked.rows, asked.seed):
        print(path)


if __name__ == "__main__":
    main()
