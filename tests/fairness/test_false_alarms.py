"""Groups given at random, which differ in nothing: how often does the audit call that a finding?

Whatever `Audit.alarms` and `Audit.gap_alarms` return counts as a false alarm, over two sensitive
columns and their intersection (one column where `AuditSpec.depth` is 1). At least 200 tables of
each kind, with the audit's own number of permutations, are audited by::

    pytest -m prove -s tests/fairness/test_false_alarms.py

which prints the alarms of every kind of table; the other tests audit fewer.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from pellucid.fairness import Audit, AuditSpec, audit

QUICK = AuditSpec(permutations=499, replicates=100)
WHOLE = AuditSpec()
COLUMNS = ("g", "h")
RECALL = "true_positive_rate"

Make = Callable[[np.random.Generator, int], dict[str, np.ndarray]]


def binary(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    """Draw two classes and a score that tells them apart so so."""
    yes = rng.random(rows) < 0.4
    score = np.clip(0.35 + 0.3 * yes + 0.2 * rng.standard_normal(rows), 0, 1)
    said = np.where(score > 0.5, "yes", "no")
    return {"label": np.where(yes, "yes", "no"), "prediction": said, "score:yes": score}


def classes(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    """Draw three classes, one of them rare, with a score each."""
    true = rng.choice(3, rows, p=[0.5, 0.4, 0.1])
    odds = rng.standard_normal((rows, 3)) + 1.5 * (true[:, None] == np.arange(3))
    scores = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
    names = np.array(["a", "b", "c"])
    return {
        "label": names[true],
        "prediction": names[scores.argmax(axis=1)],
        **{f"score:{name}": scores[:, i] for i, name in enumerate(names)},
    }


def label_sets(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    """Draw sets of two labels, told one by one."""
    names = np.array(["", "x", "y", "x|y"])
    true = rng.integers(4, size=rows)
    wrong = rng.integers(4, size=rows) * (rng.random(rows) < 0.3)
    return {"label": names[true], "prediction": names[true ^ wrong]}


def numbers(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    """Draw numbers with long tails, and predictions that miss them more the larger they are."""
    true = rng.exponential(size=rows)
    return {"label": true, "prediction": true * rng.lognormal(0, 0.4, rows)}


TASKS = {label_sets: "multilabel", numbers: "regression"}


def audited(make: Make, rows: int, groups: int, tables: int, spec: AuditSpec) -> Iterator[Audit]:
    """Audit tables whose groups have nothing to do with all else."""
    rng = np.random.default_rng([groups, rows])
    for _ in range(tables):
        drawn = make(rng, rows)
        columns = {
            f"group:{name}": rng.integers(groups, size=rows).astype(str)
            for name in COLUMNS[: spec.depth]
        }
        table = pd.DataFrame(drawn | columns)
        positive = "yes" if make is binary else None
        yield audit(table, positive=positive, task=TASKS.get(make), spec=spec)


def false_alarms(
    make: Make, rows: int, groups: int, tables: int, spec: AuditSpec
) -> tuple[int, dict[str, list[float]]]:
    """Return in how many audits anything is a finding, and the p-values of their largest gaps."""
    alarmed, of, chances = 0, Counter(), defaultdict(list)
    for found in audited(make, rows, groups, tables, spec):
        named = [one.metric for one in found.alarms()] + [name for _, name in found.gap_alarms()]
        alarmed += bool(named)
        of.update(set(named))
        for column in COLUMNS[: spec.depth]:
            for name, gap in found.groupings[column].gaps.items():
                if gap.p_value is not None and name.endswith("_difference"):
                    chances[name].append(gap.p_value)
    print(f"\n{make.__name__}, {groups} groups, {rows} rows: {alarmed} of {tables} {dict(of)}")
    for name, values in chances.items():
        print(f"  {name}: p <= 0.05 in {np.mean(np.array(values) <= 0.05):.3f}")
    return alarmed, chances


@pytest.mark.prove
@pytest.mark.parametrize("rows", [300, 2000])
@pytest.mark.parametrize("groups", [2, 4, 14])
@pytest.mark.parametrize("make", [binary, classes, label_sets, numbers])
def test_at_most_one_audit_in_twenty_raises_a_false_alarm(make, groups, rows):
    # At a true share of 3% more than 10 of 200 come up once in 25 tries, 30 of 600 once in 350.
    tables = 200 if make is binary else 600
    alarmed, chances = false_alarms(make, rows, groups, tables, WHOLE)
    assert alarmed <= tables / 20
    for name, values in chances.items():
        # 400 p-values or more: 5% of them and three standard errors.
        assert np.mean(np.array(values) <= 0.05) < 0.083, name


@pytest.mark.parametrize(
    ("make", "groups", "tables"),
    [(binary, 2, 30), (binary, 4, 12), (binary, 14, 4), (classes, 2, 6), (numbers, 4, 40)],
)
def test_few_audits_raise_a_false_alarm(make, groups, tables):
    # Were one in twenty the true share, more than so many would come up once in 200 tries.
    most = int(binom.ppf(0.995, tables, 0.05))
    assert false_alarms(make, 300, groups, tables, QUICK)[0] <= most


@pytest.mark.parametrize("make", [binary, numbers])
def test_p_values_of_largest_gaps_hold_in_small_groups(make):
    """Fourteen groups of some 14 rows each, whose own scatter is known badly."""
    spec = QUICK.model_copy(update={"depth": 1})
    _, chances = false_alarms(make, 200, 14, 20, spec)
    for name, values in chances.items():
        # 20 p-values each: were 5% right, more than 4 would come up once in 400 tries.
        assert np.count_nonzero(np.array(values) <= 0.05) <= 4, name


@pytest.mark.parametrize("groups", [2, 4, 14])
def test_a_planted_difference_is_an_alarm(groups):
    """The first group's positives score lower: recall of 0.4 against 0.77."""
    rows = 300 * groups
    rng = np.random.default_rng(groups)
    for _ in range(3):
        drawn = binary(rng, rows)
        code = rng.integers(groups, size=rows)
        hit = (code == 0) & (drawn["label"] == "yes")
        score = np.clip(drawn["score:yes"] - 0.2 * hit, 0, 1)
        drawn |= {"score:yes": score, "prediction": np.where(score > 0.5, "yes", "no")}
        table = pd.DataFrame(drawn | {"group:g": code.astype(str)})
        found = audit(table, positive="yes", spec=WHOLE)
        assert any(one.group == "0" and one.metric == RECALL for one in found.alarms())
        assert found.worst().group == "0"
        assert "true_positive_rate_difference" in {name for _, name in found.gap_alarms()}
