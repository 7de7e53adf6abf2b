"""Remedies for a classifier of tweets that takes identity terms for offence, beside each other.

MiniLM learns from hate_davidson (24,783 tweets) which ones are offensive, hate speech among them.
A column says of each tweet whether it mentions an identity term. Remedies are trained or fitted by
that column, and every one of them answers template sentences about identity terms (Dixon et al.
2018), which say the same of each: whatever differs between terms is the model's doing.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .record import append, data

POSITIVE = "offensive"
NOT_ASKED = ("names", "gender")
"""Lists that are not looked for: most tweets with a word such as “girl” name no identity."""

STRENGTHS = "0.5,1,4"


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--rows", type=int, default=0, help="tweets, 0 for all")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--sentences", type=int, default=8000, help="template sentences, evenly")
    parser.add_argument("--strengths", default=STRENGTHS)
    parser.add_argument("--replicates", type=int, default=1000)
    parser.add_argument("--run", type=Path, help="a run of this benchmark that is trained already")
    parser.add_argument("--keep", type=Path, help="folder for the table and the run")


def main(chosen: argparse.Namespace) -> None:
    """Train the classifier, try every remedy, and print the tables."""
    from pellucid import device

    device.prepare()
    began = time.perf_counter()
    with folder(chosen.keep) as place:
        run = trained(chosen, place)
        lines = compared(run, chosen)
    lines.append(f"{time.perf_counter() - began:.0f} s in all.")
    print("\n".join(lines))
    if chosen.record:
        append("remedies", [lines[0], "The table stands in docs/remedies.md.", lines[-1]])


@contextmanager
def folder(kept: Path | None) -> Iterator[Path]:
    """Give a folder to work in."""
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory() as path:
        yield Path(path)


def trained(chosen: argparse.Namespace, place: Path) -> Any:
    """Train the classifier without a remedy, or open it."""
    from pellucid import Recipe, execute
    from pellucid.core import Run

    if chosen.run is not None:
        return Run.open(chosen.run)
    tweets(chosen.rows).to_csv(place / "tweets.csv", index=False)
    return execute(
        Recipe.of(
            {
                "name": "tweets",
                "data": {
                    "source": str(place / "tweets.csv"),
                    "inputs": {"text": "text"},
                    "label": "label",
                    "groups": ["mentions"],
                    "split": {"train": 0.7, "validation": 0.15, "test": 0.15},
                },
                "model": {"name": "bundled/minilm", "max_length": 96},
                "train": {"epochs": chosen.epochs, "checkpoint_steps": None},
                "evaluate": {"baselines": False},
                "audit": {"positive": POSITIVE},
            }
        ),
        place / "runs",
        only=["train", "evaluate"],
    )


def tweets(rows: int) -> pd.DataFrame:
    """Read the tweets, with a column that says which ones mention an identity term."""
    table = pd.read_csv(data("hate_davidson") / "labeled_data.csv")
    if rows:
        table = table.sample(n=rows, random_state=0)
    return pd.DataFrame(
        {
            "text": table["tweet"],
            "label": np.where(table["class"] < 2, POSITIVE, "neither"),
            "mentions": mentions(table["tweet"].tolist(), every_sense=False),
        }
    )


def mentions(texts: list[str], *, every_sense: bool) -> np.ndarray[Any, Any]:
    """Say of each text whether it mentions an identity term."""
    from pellucid.fairness.terms.grouped import term_groups
    from pellucid.fairness.terms.lists import known, term_lists

    lists = term_lists([name for name in known() if name not in NOT_ASKED])
    hit = np.zeros(len(texts), bool)
    for one in term_groups(texts, lists, every_sense=every_sense).categories:
        if "none" in one.names:
            hit |= one.codes != one.names.index("none")
        else:
            hit[:] = True
    return np.where(hit, "yes", "no").astype(object)


def compared(run: Any, chosen: argparse.Namespace) -> list[str]:
    """Answer tweets and sentences with every remedy; return the tables as lines."""
    from pellucid.fairness.remedies.measures import Asked
    from pellucid.fairness.remedies.members import grouping
    from pellucid.fairness.remedies.points import choose, points
    from pellucid.fairness.remedies.spec import (
        IN_TRAINING,
        ON_FEATURES,
        ON_SCORES,
        SHARES,
        RemedySpec,
    )
    from pellucid.fairness.remedies.tried import Answering, Tried

    dataset = run.dataset()
    codes, names = grouping(dataset, "mentions").codes, grouping(dataset, "mentions").names
    positive = dataset.labels.index(POSITIVE)
    given: dict[str, Any] = {
        "classes": dataset.labels,
        "measure": "false_positive_rate",
        "positive": positive,
        "replicates": chosen.replicates,
    }

    def own(split: str) -> Answering:
        rows = dataset.rows(split)
        return Answering(
            dataset.take(rows), Asked(dataset.codes[rows], codes[rows], names, **given)
        )

    sentences, terms, rows = templates(dataset, chosen.sentences)
    told = [names.index(one) for one in rows.groups["mentions"]]
    answering = Answering(rows, Asked(rows.codes, np.array(told), names, **given))
    sets = {"validation": own("validation"), "test": own("test"), "templates": answering}
    specs = [
        RemedySpec(
            kind=kind, column="mentions", strength=strength, constraint="false_positive_rate"
        )
        for kind in (*IN_TRAINING, *ON_SCORES, *ON_FEATURES)
        for strength in map(float, chosen.strengths.split(","))
        if strength <= 1 or kind not in SHARES
    ]
    candidates, impossible = Tried(run, dataset, sets).on_features(specs)
    by_term = {
        measure: Asked(rows.codes, terms[0], terms[1], **{**given, "measure": measure, "small": 20})
        for measure in ("false_positive_rate", "subgroup_auc")
    }
    validated = points(sets["validation"].asked, "validation", candidates)
    at = {
        "tweets": points(sets["test"].asked, "test", candidates),
        **{measure: points(asked, "templates", candidates) for measure, asked in by_term.items()},
    }
    best = choose(validated)
    counts = {split: sets[split].asked.rows.tolist() for split in sets}
    shown = [
        f"Tweets: {len(dataset):,}; “mentions” {dict(zip(names, counts['test'], strict=True))} in "
        f"the test rows. Template sentences: {sentences:,} about {len(terms[1])} terms. "
        f"Chosen on the validation tweets: {best}.",
        "",
        "| remedy | tweets: accuracy | tweets: FPR gap, with and without a term | "
        "templates: accuracy | templates: FPR | templates: FPR gap between terms | "
        "templates: mean distance of a term's FPR from it | templates: lowest subgroup AUC | "
        "templates: gap of subgroup AUC | what is worse |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for number, one in enumerate(candidates):
        tweet, rate, area = (at[name][number] for name in ("tweets", *by_term))
        whole, distance = rates(by_term["false_positive_rate"], one.answers["templates"])
        cells = [
            one.name,
            tweet.accuracy.show(),
            tweet.disparity.show(),
            rate.accuracy.show(),
            whole.show(),
            rate.disparity.show(),
            distance.show(),
            lowest(by_term["subgroup_auc"], one.answers["templates"]),
            area.disparity.show(),
            worse(tweet, rate, area),
        ]
        shown.append(f"| {' | '.join(cells)} |")
    shown += ["", *(f"{name}: not possible, {why}" for name, why in impossible.items())]
    return shown


def rates(asked: Any, answered: Any) -> tuple[Any, Any]:
    """Measure the false positive rate, and how far terms are from it on average (Dixon et al.)."""
    from pellucid.fairness.remedies.resampling import measured_disparity, shares

    negative = asked.labels != asked.positive
    flagged = answered.predicted[negative] == asked.positive
    groups = asked.groups[negative]
    cells = np.bincount(groups * 2 + flagged, minlength=2 * len(asked.names))

    def apart(counts: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        table = counts.reshape(len(counts), -1, 2)[:, asked.kept].astype(float)
        with np.errstate(invalid="ignore"):
            own = table[..., 1] / table.sum(-1)
        return np.abs(
            own - table[..., 1].sum(-1, keepdims=True) / table.sum((-1, -2))[:, None]
        ).mean(-1)

    rng = np.random.default_rng(asked.seed)
    drawn = rng.multinomial(len(groups), cells / len(groups), size=asked.replicates)
    [whole] = shares(np.array([int(flagged.sum())]), np.array([len(groups)]), asked.confidence)
    value = float(apart(cells[None])[0])
    return whole, measured_disparity(value, apart(drawn), asked.confidence, len(groups))


def lowest(asked: Any, answered: Any) -> str:
    """Name the term with the lowest subgroup AUC, and its area with an interval."""
    from pellucid.fairness.subgroups import subgroup_areas

    members = {asked.names[group]: asked.groups == group for group in asked.kept}
    found = subgroup_areas(
        asked.labels == asked.positive, answered.scores[:, asked.positive], members
    )
    least = min(found, key=lambda one: one.subgroup_auc.value)
    return f"{least.subgroup_auc.show()} ({least.name})"


def worse(tweet: Any, rate: Any, area: Any) -> str:
    """Say in a few words where a remedy is worse, its interval wholly on that side."""
    found = []
    for where, point in (("tweets", tweet), ("templates", rate)):
        for one in point.worse:
            if not one.what.startswith("recall"):
                name = "FPR gap" if one.what == "disparity" else one.what
                found.append(f"{where}: {name} {one.by.value:+.3f}")
    lost = [one for one in rate.worse if one.what.startswith("recall")]
    if lost:
        found.append(f"templates: recall of {len(lost)} terms")
    found += [
        f"tweets: {one.what} {one.by.value:+.3f}" for one in tweet.worse if "recall" in one.what
    ]
    found += [
        f"templates: AUC gap {one.by.value:+.3f}" for one in area.worse if one.what == "disparity"
    ]
    return "; ".join(found).replace("-", "−")


def templates(
    dataset: Any, most: int
) -> tuple[int, tuple[np.ndarray[Any, Any], tuple[str, ...]], Any]:
    """Read template sentences as rows of the run's dataset, with the term of each."""
    from pellucid.fairness.stereotype_tests.jigsaw import evenly, read

    whole = read(data("jigsaw_templates") / "bias_madlibs_77k.csv")
    some = whole.take(evenly(whole, most, 13))
    texts = some.texts.astype(object)
    names, codes = np.unique(some.terms.astype(str), return_inverse=True)
    rows = replace(
        dataset.first(0),
        inputs={"text": texts},
        label=np.where(some.toxic, POSITIVE, "neither").astype(object),
        ids=np.arange(len(texts)).astype(str).astype(object),
        split=np.full(len(texts), "test", dtype=object),
        groups={"mentions": mentions(texts.tolist(), every_sense=True)},
        weight=np.ones(len(texts), np.float32),
    )
    return len(texts), (codes.astype(np.int64), tuple(map(str, names))), rows
