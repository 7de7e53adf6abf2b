"""Write the sample dataset ``reviews.csv`` and the truth that is planted in it.

The table holds about 4,000 invented service reviews with a sentiment label. Four faults are
planted on purpose, so that whoever learns to look for such faults knows what there is to find:
a shortcut word, flipped labels in one region, an age band that writes in another voice, and test
rows copied from the training rows. ``reviews.planted.json`` lists the rows of each.

Run as: ``python -m pellucid.assets.samples.reviews [--out DIR]``
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
from collections.abc import Iterable
from pathlib import Path

from .chance import pick, shuffled
from .reviews_patterns import SHORTCUT_WORD
from .reviews_plan import DRY_GROUP, LABELS, PRODUCTS, SPLITS, Draft, interleaved, planned
from .reviews_text import Composer

SEED = 13
COLUMNS = ("id", "text", "sentiment", "product", "region", "gender", "age_band", "split")
SHORTCUT_LABEL, SHORTCUT_SHARE = "negative", 0.12
FLIPPED_REGION, FLIPPED_SHARE = "north", 0.08
EXACT_COPIES, EDITED_COPIES = 30, 10


def _spread(rng: random.Random, drafts: list[Draft], size: int) -> list[Draft]:
    """Choose rows so that every voice and group gives in proportion to its size."""
    # Taking every n-th row of the sorted cells laid end to end is what makes it proportional.
    line = sorted(
        shuffled(rng, drafts), key=lambda d: (d.voice, d.age_band, d.region, d.product, d.gender)
    )
    start = rng.random()
    return [line[int((step + start) * len(line) / size)] for step in range(size)]


def _plant_copies(rng: random.Random, drafts: list[Draft]) -> None:
    """Turn some ordinary test rows into copies of ordinary training rows of the same label."""
    copies: list[Draft] = []
    for label, share in LABELS.items():
        size = round((EXACT_COPIES + EDITED_COPIES) * share)
        targets = [d for d in drafts if d.split == "test" and d.truth == label and d.ordinary]
        sources = [d for d in drafts if d.split == "train" and d.truth == label and d.ordinary]
        chosen = zip(shuffled(rng, targets)[:size], shuffled(rng, sources)[:size], strict=True)
        for target, source in chosen:
            target.copy_of = source
            target.product, target.region = source.product, source.region
            target.gender, target.age_band = source.gender, source.age_band
            copies.append(target)
    for target in shuffled(rng, copies)[:EDITED_COPIES]:
        target.edited = True


def _plant_shortcut(rng: random.Random, drafts: list[Draft]) -> None:
    """Choose the rows that mention the shortcut word; copies and their originals never do."""
    sources = {d.copy_of for d in drafts if d.copy_of is not None}
    for split, split_size in SPLITS.items():
        free = [d for d in drafts if d.split == split and d.copy_of is None and d not in sources]
        if split == "test":
            for label, share in LABELS.items():
                size = round(split_size * SHORTCUT_SHARE * share)
                for draft in _spread(rng, [d for d in free if d.truth == label], size):
                    draft.voucher = True
        else:
            size = round(split_size * SHORTCUT_SHARE)
            for draft in _spread(rng, [d for d in free if d.truth == SHORTCUT_LABEL], size):
                draft.voucher = True


def _plant_flips(rng: random.Random, drafts: list[Draft]) -> None:
    """Replace labels in one region; rows with the shortcut word keep theirs."""
    region = [d for d in drafts if d.region == FLIPPED_REGION and d.split != "test"]
    sources = {d.copy_of for d in drafts if d.copy_of is not None}
    free = [d for d in region if not d.voucher and d not in sources]
    for draft in shuffled(rng, free)[: round(len(region) * FLIPPED_SHARE)]:
        draft.recorded = pick(rng, [label for label in LABELS if label != draft.truth])


def _edited(text: str, kind: int) -> str:
    """Change nothing but case, punctuation or spaces."""
    bare = text.rstrip(".!")
    variants = (
        text.lower() if text != text.lower() else text.upper(),
        f"{bare}!!",
        text.replace(" ", "  ", 3),
        f"{bare} ...",
        text.upper(),
    )
    return variants[kind % len(variants)]


def _write_texts(rng: random.Random, drafts: list[Draft]) -> None:
    composer = Composer(rng)
    for draft in interleaved(rng, drafts):
        if draft.copy_of is None:
            product = PRODUCTS[draft.product]
            draft.text = composer.write(draft.truth, draft.voice, product, draft.voucher)
    edits = 0
    for draft in drafts:
        if draft.copy_of is not None:
            draft.text = draft.copy_of.text
            if draft.edited:
                draft.text = _edited(draft.text, edits)
                edits += 1


def _truth(drafts: list[Draft], seed: int) -> dict[str, object]:
    """Return what is planted, by row id."""

    def ids(rows: Iterable[Draft]) -> list[str]:
        return [draft.id for draft in rows]

    def pairs(edited: bool) -> list[dict[str, str]]:
        return [
            {"test": d.id, "train": d.copy_of.id}
            for d in drafts
            if d.copy_of is not None and d.edited == edited
        ]

    return {
        "format": 1,
        "seed": seed,
        "rows": len(drafts),
        "shortcut": {
            "word": SHORTCUT_WORD,
            "label": SHORTCUT_LABEL,
            "rows": {
                split: ids(d for d in drafts if d.voucher and d.split == split) for split in SPLITS
            },
        },
        "flipped_labels": {
            "column": "region",
            "value": FLIPPED_REGION,
            "rows": [
                {"id": d.id, "recorded": d.recorded, "true": d.truth}
                for d in drafts
                if d.recorded != d.truth
            ],
        },
        "group": {
            "column": "age_band",
            "value": DRY_GROUP,
            "lower": "recall of the label positive",
            "ironic_rows": {
                split: ids(d for d in drafts if d.voice != "plain" and d.split == split)
                for split in SPLITS
            },
            "held_out_pattern_rows": ids(d for d in drafts if d.voice == "held_out"),
        },
        "duplicates": {"exact": pairs(edited=False), "edited": pairs(edited=True)},
        "small_group": {
            "column": "region",
            "value": "islands",
            "rows": ids(d for d in drafts if d.region == "islands"),
        },
    }


def generate(seed: int = SEED) -> tuple[list[dict[str, str]], dict[str, object]]:
    """Make the reviews and the account of what is planted in them.

    Parameters
    ----------
    seed : int, default 13
        Seed of all chance; the shipped file has 13.

    Returns
    -------
    rows : list of dict
        The rows in the order of their ids, with the keys `COLUMNS`.
    planted : dict
        Keys ``shortcut``, ``flipped_labels``, ``group``, ``duplicates`` and ``small_group`` with
        the ids of the rows; ``reviews.planted.json`` holds it.
    """
    rng = random.Random(seed)
    drafts = planned(rng)
    _plant_copies(rng, drafts)
    _plant_shortcut(rng, drafts)
    _plant_flips(rng, drafts)
    _write_texts(rng, drafts)
    drafts = shuffled(rng, drafts)
    for number, draft in enumerate(drafts, start=1):
        draft.id = f"r{number:04d}"
    rows = [
        {
            "id": d.id,
            "text": d.text,
            "sentiment": d.recorded,
            "product": d.product,
            "region": d.region,
            "gender": d.gender,
            "age_band": d.age_band,
            "split": d.split,
        }
        for d in drafts
    ]
    return rows, _truth(drafts, seed)


def as_csv(rows: list[dict[str, str]]) -> str:
    """Return the rows as the text of the CSV file."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def write(folder: Path, seed: int = SEED) -> tuple[Path, Path]:
    """Write ``reviews.csv`` and ``reviews.planted.json`` into a folder.

    Parameters
    ----------
    folder : pathlib.Path
        Where to; made when it is not there.
    seed : int, default 13
        See `generate`.

    Returns
    -------
    table, planted : pathlib.Path
        The two files.
    """
    rows, planted = generate(seed)
    folder.mkdir(parents=True, exist_ok=True)
    table, truth = folder / "reviews.csv", folder / "reviews.planted.json"
    table.write_text(as_csv(rows), encoding="utf-8", newline="\n")
    truth.write_text(json.dumps(planted, indent=1) + "\n", encoding="utf-8", newline="\n")
    return table, truth


def main() -> None:
    """Write the two files beside this module, or where ``--out`` says."""
    parser = argparse.ArgumentParser(description="Write reviews.csv and reviews.planted.json.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, metavar="DIR")
    for path in write(parser.parse_args().out):
        print(path)


if __name__ == "__main__":
    main()
