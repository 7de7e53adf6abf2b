"""Looking at the data before training: what stands in two splits, and labels that look wrong."""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..multimodal import features
from ..multimodal.held_out import held_out_scores
from .clean import near_key
from .dataset import Dataset
from .report.tree import Cell, Section, Table, Text
from .splits import SPLITS

MOST_ROWS = 20_000
FOLDS = 5
SEED = 13
LEAST_RIGHT = 0.5
"""Share of the rows that a simple model has to be right about before it suspects any."""


@dataclass(frozen=True)
class Checks:
    """What was found in a dataset.

    Attributes
    ----------
    shared
        Pairs of ids: a validation or test row, and a training row with the same inputs (of texts
        but for case, punctuation and spaces; of files, with the same content).
    suspected
        Training rows whose label looks wrong: id, label, and the label that fits better.
    suspected_share
        For each group column and value, the share of its training rows that look wrong.
    looked
        How many training rows were looked at for that.
    told_by
        Features by which that was told, for people.
    """

    shared: tuple[tuple[str, str], ...]
    suspected: tuple[tuple[str, str, str], ...]
    suspected_share: dict[str, dict[str, float]]
    looked: int
    told_by: str = features.TITLES["text"]

    def as_json(self) -> dict[str, Any]:
        """Return a mapping for environment.json."""
        return {
            "shared": [list(pair) for pair in self.shared],
            "suspected": [list(one) for one in self.suspected],
            "suspected_share": self.suspected_share,
            "looked": self.looked,
            "told_by": self.told_by,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Checks:
        """Read what `as_json` wrote."""
        return cls(
            tuple((one, other) for one, other in raw["shared"]),
            tuple((row, label, fits) for row, label, fits in raw["suspected"]),
            raw["suspected_share"],
            raw["looked"],
            raw.get("told_by", features.TITLES["text"]),
        )


def check(dataset: Dataset) -> Checks:
    """Look at a dataset.

    Suspected labels are found by confident learning (Northcutt, Jiang & Chuang 2021, *Confident
    Learning*): a logistic regression on simple features (`multimodal.features`) predicts each
    training row from the others in 5 folds; a row is suspected where another class is predicted at
    least as confidently as that class is on its own rows. At most 20,000 training rows are looked
    at, and none is suspected by a model that is wrong about most of them.
    """
    # Only one class of several can be told from the others by a simple model.
    suspected, rows = (
        _suspected(dataset) if dataset.task == "classification" else ({}, np.arange(0))
    )
    share: dict[str, dict[str, float]] = {}
    flagged = set(suspected)
    for column, cells in dataset.groups.items():
        inside: dict[str, list[bool]] = {}
        for row in rows:
            inside.setdefault(str(cells[row] or "(missing)"), []).append(row in flagged)
        share[column] = {name: float(np.mean(found)) for name, found in sorted(inside.items())}
    return Checks(
        shared=_shared(dataset),
        suspected=tuple(
            (str(dataset.ids[row]), str(dataset.label[row]), dataset.labels[code])
            for row, code in suspected.items()
        ),
        suspected_share=share,
        looked=len(rows),
        told_by=features.title(tuple(dataset.modalities.values())),
    )


def section(dataset: Dataset, checks: Checks) -> Section:
    """Build the report's part on the data: rows per split and label, and what was found."""
    blocks: list[Table | Text] = [_counts(dataset)]
    if len(dataset.lineage) > 1:
        blocks.append(
            Table(
                "From the file to these rows",
                ("Step", "Why", "Rows before", "Rows after"),
                tuple((s.name, s.reason, s.before, s.after) for s in dataset.lineage),
            )
        )
    blocks += findings(checks)
    for column, shares in checks.suspected_share.items():
        if checks.suspected:
            blocks.append(
                Table(
                    f"Training rows whose label looks wrong, by {column}",
                    (column, "Share of its rows"),
                    tuple(sorted(shares.items(), key=itemgetter(1), reverse=True)),
                    note="A share far above the others may mean that this group's labels were "
                    "made differently.",
                )
            )
    return Section("The data", "data", tuple(blocks), "What the model learnt from.")


def _counts(dataset: Dataset) -> Table:
    """Count the rows of each split, by label where each row has one of several classes."""
    splits = [dataset.rows(split) for split in SPLITS]
    named = [("all", np.array([len(rows) for rows in splits]))]
    if dataset.task == "classification":
        codes = dataset.codes
        counts = np.array([np.bincount(codes[r], minlength=len(dataset.labels)) for r in splits])
        named = [*zip(dataset.labels, counts.T, strict=True), *named]
    rows: list[tuple[Cell, ...]] = [
        (label, *found.tolist(), int(found.sum())) for label, found in named
    ]
    words = "Rows by label and split" if len(named) > 1 else "Rows by split"
    return Table(words, ("Label", "Training", "Validation", "Test", "All"), tuple(rows))


def findings(checks: Checks) -> list[Text]:
    """Say in plain words what was found."""
    out = []
    if checks.shared:
        out.append(
            Text(
                f"{len(checks.shared):,} validation or test rows also stand among the training "
                "rows (the same file, or the same text but for case, punctuation and spaces), "
                "which makes the measured figures look better than they are. Add `drop_duplicates: "
                "{near: true}` to data.clean to drop such rows. First: "
                f"{_named(checks.shared)}.",
                tone="warning",
            )
        )
    if checks.suspected:
        out.append(
            Text(
                f"{len(checks.suspected):,} of {checks.looked:,} training rows have a label that "
                "looks wrong to a simple model (confident learning with "
                f"{checks.told_by}); many of them may be right. First: "
                f"{_named([one[:1] for one in checks.suspected])}.",
                tone="note",
            )
        )
    return out


def _named(rows: Any, most: int = 5) -> str:
    return ", ".join(" = ".join(row) for row in rows[:most])


def _shared(dataset: Dataset) -> tuple[tuple[str, str], ...]:
    keys = ["\0".join(map(near_key, sample)) for sample in dataset.samples()]
    trained = (dataset.split == "train").tolist()
    first: dict[str, str] = {}
    for key, name, train in zip(keys, dataset.ids, trained, strict=True):
        if train:
            first.setdefault(key, str(name))
    return tuple(
        (str(name), first[key])
        for key, name, train in zip(keys, dataset.ids, trained, strict=True)
        if not train and key in first
    )


def _suspected(dataset: Dataset) -> tuple[dict[int, int], NDArray[np.int64]]:
    """Return suspected rows with the class that fits better, worst first; and all rows seen."""
    rows = dataset.rows("train")
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(SEED).choice(rows, MOST_ROWS, replace=False))
    seen = dataset.take(rows)
    codes, classes = seen.codes, len(dataset.labels)
    modalities = tuple(seen.modalities.values())
    scores = held_out_scores(seen.samples(), modalities, codes, classes, folds=FOLDS, seed=SEED)
    known = ~np.isnan(scores[:, 0])
    right = scores[known].argmax(axis=1) == codes[known]
    if right.sum() < LEAST_RIGHT * max(len(right), 1):
        return {}, rows[:0]
    usual = np.full(classes, np.inf)  # nothing is known of a class without scored rows
    for code in np.unique(codes[known]):
        usual[code] = scores[known & (codes == code), code].mean()
    confident = np.where(scores >= usual, scores, -1.0)
    best = confident.argmax(axis=1)
    wrong = np.flatnonzero((confident.max(axis=1) > 0) & (best != codes))
    doubt = scores[wrong, codes[wrong]] - scores[wrong, best[wrong]]
    wrong = wrong[np.argsort(doubt, kind="stable")]
    return {int(rows[i]): int(best[i]) for i in wrong}, rows
