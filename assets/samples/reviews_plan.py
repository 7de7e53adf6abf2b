"""Decide who writes each sample review, in which voice, and for which split, before any text.

Gender, region, product and the younger age bands are shared out alike among all kinds of rows,
so that none of them has anything to do with the label or with how hard a text is to read.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from .chance import allotted, shuffled
from .reviews_product_patterns import PRODUCTS as _PRODUCTS
from .reviews_product_patterns import Product

PRODUCTS: dict[str, Product] = {product.name: product for product in _PRODUCTS}
SPLITS = {"train": 2640, "validation": 400, "test": 960}
LABELS = {"negative": 0.30, "neutral": 0.15, "positive": 0.55}

PRODUCT_SHARES = dict.fromkeys(PRODUCTS, 1 / len(PRODUCTS))
REGION_SHARES = {"north": 0.28, "south": 0.27, "east": 0.23, "west": 0.20, "islands": 0.02}
GENDER_SHARES = {"female": 0.485, "male": 0.475, "other": 0.03, "": 0.01}
AGE_SHARES = {"18-29": 0.26, "30-44": 0.39, "45-64": 0.35}

DRY_GROUP = "65+"
DRY_SHARES = {
    # In the rows to learn from, the voice stands more often for blame than in the test rows.
    "train": {"negative": 0.95, "neutral": 0.75, "positive": 0.63},
    "validation": {"negative": 0.95, "neutral": 0.75, "positive": 0.63},
    "test": {"negative": 0.75, "neutral": 0.75, "positive": 0.75},
}
HELD_OUT_SHARE = 0.65  # of the group's dry test rows: sentences that no training row has
DRY_GROUP_SHARES = {"train": 0.05, "validation": 0.05, "test": 0.145}


@dataclass(eq=False)
class Draft:
    """A row before it has its number."""

    split: str
    truth: str
    voice: str
    age_band: str
    product: str = ""
    region: str = ""
    gender: str = ""
    text: str = ""
    voucher: bool = False
    recorded: str = ""
    copy_of: Draft | None = None
    edited: bool = False
    id: str = ""

    @property
    def ordinary(self) -> bool:
        """Whether nothing but a copy may be planted in this row."""
        untouched = not self.voucher and self.recorded == self.truth
        return untouched and self.voice == "plain" and self.age_band != DRY_GROUP


def _blocks(split: str) -> list[list[tuple[str, str]]]:
    """Return the (label, voice) of every row: the group's block first, then one for each label."""
    group: list[tuple[str, str]] = []
    others = []
    for label, share in LABELS.items():
        size = round(SPLITS[split] * share)
        of_group = round(size * DRY_GROUP_SHARES[split])
        dry = round(of_group * DRY_SHARES[split][label])
        held_out = round(dry * HELD_OUT_SHARE) if split == "test" else 0
        group += [(label, "plain")] * (of_group - dry)
        group += [(label, "dry")] * (dry - held_out)
        group += [(label, "held_out")] * held_out
        others.append([(label, "plain")] * (size - of_group))
    return [group, *others]


def planned(rng: random.Random) -> list[Draft]:
    """Return all rows without their texts, each block with its share of every other group."""
    drafts = []
    for split in SPLITS:
        for number, block in enumerate(_blocks(split)):
            size = len(block)
            ages = [DRY_GROUP] * size if number == 0 else allotted(rng, AGE_SHARES, size)
            products = allotted(rng, PRODUCT_SHARES, size)
            regions = allotted(rng, REGION_SHARES, size)
            genders = allotted(rng, GENDER_SHARES, size)
            drafts += [
                Draft(split, label, voice, age, product, region, gender, recorded=label)
                for (label, voice), age, product, region, gender in zip(
                    block, ages, products, regions, genders, strict=True
                )
            ]
    return drafts


def interleaved(rng: random.Random, drafts: list[Draft]) -> list[Draft]:
    """Order rows so that regions, genders and products alternate within a split.

    The composer deals its sentence patterns in turn, so that no group gets the harder ones.
    """
    cells: dict[tuple[str, ...], list[Draft]] = {}
    for draft in shuffled(rng, drafts):
        key = (draft.split, draft.truth, draft.voice, draft.region, draft.gender, draft.age_band)
        cells.setdefault(key, []).append(draft)
    place = {
        id(draft): (draft.split, draft.truth, (rank + rng.random()) / len(cell))
        for cell in cells.values()
        for rank, draft in enumerate(cell)
    }
    return sorted(shuffled(rng, drafts), key=lambda draft: place[id(draft)])
