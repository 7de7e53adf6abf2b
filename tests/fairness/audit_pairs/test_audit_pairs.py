"""Two audits beside each other: intervals of changes, what is called one, and the record."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from sklearn.metrics import f1_score, precision_score, roc_auc_score

from pellucid.core import Run
from pellucid.core.measured import Measured
from pellucid.core.report.html import render
from pellucid.errors import RunError
from pellucid.fairness import Audit, AuditPair, AuditSpec, audit, compare_audits
from pellucid.fairness.audit_pairs.areas import area_change
from pellucid.fairness.audit_pairs.record import read_pair, write_pair
from pellucid.fairness.audit_pairs.section import findings
from pellucid.fairness.document import pair_document

SPEC = AuditSpec(permutations=99, replicates=200)


def answers(rows: int, seed: int, lost: float = 0.0, *, truth: int | None = None) -> pd.DataFrame:
    """Write predictions of which a share of the positive rows of group “a” is lost."""
    drawn = np.random.default_rng(seed if truth is None else truth)
    g, h = drawn.choice(["a", "b"], rows), drawn.choice(["x", "y", "z"], rows)
    true = drawn.random(rows) < 0.5
    rng = np.random.default_rng(seed)
    said = np.where(rng.random(rows) < 0.85, true, ~true)
    said &= ~(true & (g == "a") & (rng.random(rows) < lost))
    return pd.DataFrame(
        {
            "id": [f"r{row}" for row in range(rows)],
            "split": "test",
            "label": np.where(true, "yes", "no"),
            "prediction": np.where(said, "yes", "no"),
            "score:no": 1 - 0.6 * said,
            "score:yes": np.round(np.clip(0.6 * said + 0.4 * rng.random(rows), 0, 1), 2),
            "group:g": g,
            "group:h": h,
        }
    )


def run_of(folder: Path, name: str, frame: pd.DataFrame, spec: AuditSpec = SPEC) -> Run:
    """Make the folder of a run whose audit is made."""
    from pellucid.core.files import write_json

    section = {"permutations": spec.permutations, "replicates": spec.replicates}
    section["confidence"] = spec.confidence
    recipe = {"audit": section, "model": {"task": "classification"}}
    run = Run.create(folder, name, json.dumps(recipe), {})
    frame.to_parquet(run.path / "predictions.parquet")
    write_json(run.path / "audit.json", audit(run).as_json())
    return run


@pytest.fixture(scope="module")
def frames() -> tuple[pd.DataFrame, pd.DataFrame]:
    return answers(900, 1, 0.5, truth=0), answers(900, 2, truth=0)


@pytest.fixture(scope="module")
def paired(frames: Any, tmp_path_factory: pytest.TempPathFactory) -> AuditPair:
    folder = tmp_path_factory.mktemp("pair")
    shuffled = frames[1].sample(frac=1, random_state=0)
    return compare_audits(run_of(folder, "one", frames[0]), run_of(folder, "two", shuffled))


def figure(pair: AuditPair, column: str, group: str, metric: str) -> Any:
    [one] = [
        each
        for each in pair.groups
        if (each.column, each.group, each.metric) == (column, group, metric)
    ]
    return one


def ends(one: Measured) -> tuple[float, float]:
    assert one.low is not None
    assert one.high is not None
    return one.low, one.high


def wilson(hits: int, rows: int) -> tuple[float, float]:
    z = norm.ppf(0.975)
    p, middle = hits / rows, hits / rows + z * z / (2 * rows)
    half = z * math.sqrt(p * (1 - p) / rows + z * z / (4 * rows * rows))
    return (middle - half) / (1 + z * z / rows), (middle + half) / (1 + z * z / rows)


def test_separate_rows_have_newcombes_interval() -> None:
    tables = answers(600, 1, 0.4), answers(500, 2)
    pair = compare_audits(*(audit(one, spec=SPEC) for one in tables))
    assert not pair.paired
    assert pair.rows == (600, 500)
    one = figure(pair, "g", "a", "selection_rate").own
    (p, lp, hp), (q, lq, hq) = (
        (hits / len(inside), *wilson(hits, len(inside)))
        for table in tables
        for inside in [table[table["group:g"] == "a"]]
        for hits in [int((inside["prediction"] == "yes").sum())]
    )
    assert one.by.value == pytest.approx(q - p)
    expected = (
        q - p - math.hypot(q - lq, hp - p),
        q - p + math.hypot(hq - q, p - lp),
    )
    assert ends(one.by) == pytest.approx(expected)


def test_the_same_rows_are_found_in_any_order(paired: AuditPair) -> None:
    assert paired.paired
    assert paired.notes == ()
    assert (paired.before, paired.after) == ("one", "two")


def test_paired_rates_by_hand(frames: Any, paired: AuditPair) -> None:
    # Newcombe 1998, method 10, written out once more.
    first, second = frames
    inside = (first["group:g"] == "a") & (first["label"] == "yes")
    before, after = ((one["prediction"] == "yes")[inside].to_numpy() for one in frames)
    n = len(before)
    a, b = int((after & before).sum()), int((after & ~before).sum())
    c, d = int((~after & before).sum()), int((~after & ~before).sum())
    covariance = a * d - b * c
    covariance = max(covariance - n / 2, 0) if covariance > 0 else covariance
    phi = covariance / math.sqrt((a + b) * (c + d) * (a + c) * (b + d))
    (lp, hp), (lq, hq) = wilson(a + b, n), wilson(a + c, n)
    p, q = (a + b) / n, (a + c) / n
    low = math.sqrt((p - lp) ** 2 - 2 * phi * (p - lp) * (hq - q) + (hq - q) ** 2)
    high = math.sqrt((hp - p) ** 2 - 2 * phi * (hp - p) * (q - lq) + (q - lq) ** 2)
    one = figure(paired, "g", "a", "true_positive_rate").own
    assert one.by.value == pytest.approx(p - q)
    assert ends(one.by) == pytest.approx((p - q - low, p - q + high))
    assert one.by.n == n
    # What is missing to 1 changes by as much, the other way.
    other = figure(paired, "g", "a", "false_negative_rate").own.by
    assert ends(other) == pytest.approx(tuple(-end for end in reversed(ends(one.by))))
    assert second["id"].tolist() == first["id"].tolist()


def resampled(frames: Any, measure: Any, times: int = 1500) -> np.ndarray:
    """Draw the rows anew, the same for both, and measure each time."""
    rng = np.random.default_rng(5)
    columns = ("label", "prediction", "score:yes")
    arrays = [{name: one[name].to_numpy() for name in columns} for one in frames]
    g = frames[0]["group:g"].to_numpy()
    out = []
    for _ in range(times):
        rows = rng.integers(len(g), size=len(g))
        drawn = [{name: values[rows] for name, values in one.items()} for one in arrays]
        out.append(measure(drawn, g[rows]))
    return np.array(out)


@pytest.mark.parametrize("metric", ["precision", "f1"])
def test_moving_figures_are_those_of_rows_drawn_anew(
    metric: str, frames: Any, paired: AuditPair
) -> None:
    score = {"precision": precision_score, "f1": f1_score}[metric]

    def measure(drawn: Any, g: np.ndarray) -> tuple[float, float]:
        values = [
            [score(o["label"][at], o["prediction"][at], pos_label="yes") for at in (own, ~own)]
            for o in drawn
            for own in [g == "a"]
        ]
        (first, others), (last, rest) = values
        return last - first, (last - rest) - (first - others)

    draws = resampled(frames, measure, 400)
    one = figure(paired, "g", "a", metric)
    for at, change in enumerate((one.own, one.apart)):
        low, high = np.quantile(draws[:, at], [0.025, 0.975])
        assert ends(change.by) == pytest.approx((low, high), abs=0.25 * (high - low))
    columns = [(o["label"], o["prediction"], o["group:g"] == "a") for o in frames]
    by = [score(label[at], said[at], pos_label="yes") for label, said, at in columns]
    assert one.own.by.value == pytest.approx(by[1] - by[0])


def test_the_change_of_a_largest_gap(frames: Any, paired: AuditPair) -> None:
    def measure(drawn: Any, g: np.ndarray) -> float:
        gaps = []
        for one in drawn:
            said = one["prediction"] == "yes"
            gaps.append(abs(said[g == "a"].mean() - said[g == "b"].mean()))
        return gaps[1] - gaps[0]

    draws = resampled(frames, measure)
    [gap] = [one for one in paired.gaps if (one.column, one.name) == ("g", "demographic_parity")]
    by = gap.width.by
    assert by.value == pytest.approx(gap.width.after.value - gap.width.before.value)
    moved = draws - (draws.mean() - by.value)
    low, high = np.quantile(moved, [0.025, 0.975])
    assert ends(by) == pytest.approx((low, high), abs=0.15 * (high - low))
    [recall] = [one for one in paired.gaps if (one.column, one.name) == ("g", "equal_opportunity")]
    assert recall.width.by.excludes_zero
    assert recall.width.by.value < 0


def test_delongs_interval_by_all_pairs() -> None:
    rng = np.random.default_rng(0)
    true = rng.random(90) < 0.4
    first = np.round(true * 0.3 + rng.random(90), 1)
    second = np.round(true * 0.6 + rng.random(90), 1)
    found = area_change(true, first, second, 0.95)
    up, down = np.flatnonzero(true), np.flatnonzero(~true)

    def wins(scores: np.ndarray) -> np.ndarray:
        gap = scores[up][:, None] - scores[down][None]
        return (gap > 0) + 0.5 * (gap == 0)

    by = wins(second) - wins(first)
    variance = by.mean(1).var(ddof=1) / len(up) + by.mean(0).var(ddof=1) / len(down)
    assert found.value == pytest.approx(roc_auc_score(true, second) - roc_auc_score(true, first))
    half = norm.ppf(0.975) * math.sqrt(variance)
    assert ends(found) == pytest.approx((found.value - half, found.value + half))
    assert not area_change(np.ones(5, bool), first[:5], second[:5], 0.95).defined


def test_areas_and_brier_scores_of_the_same_rows(frames: Any, paired: AuditPair) -> None:
    inside = (frames[0]["group:g"] == "a").to_numpy()
    true = (frames[0]["label"] == "yes").to_numpy()[inside]
    scores = [one["score:yes"].to_numpy()[inside] for one in frames]
    area = figure(paired, "g", "a", "roc_auc").own
    assert area.by.method == "delong"
    assert area.by.value == pytest.approx(area.after.value - area.before.value)
    by = (scores[1] - true) ** 2 - (scores[0] - true) ** 2
    brier = figure(paired, "g", "a", "brier_score").own.by
    half = 1.96 * by.std(ddof=1) / math.sqrt(len(by))
    assert ends(brier) == pytest.approx((by.mean() - half, by.mean() + half), abs=0.002)


def test_what_was_planted_is_called_a_change(paired: AuditPair) -> None:
    changed = paired.changed()
    assert {(one.column, one.group) for one in changed[:2]} <= {("g", "a"), ("g", "b")}
    assert not any(one.column == "h" for one in changed)
    told = " ".join(text.text for text in findings(paired))
    assert "answered the same 900 rows" in told
    assert "g a, recall on “yes”: -0." in told and "shrank" in told
    assert "By h, the largest gap of equal opportunity" in told and "can't be told apart" in told
    for word in ("debiased", "unbiased", "solves", "significant"):
        assert word not in told


def test_the_same_answers_change_nothing(frames: Any, tmp_path: Path) -> None:
    pair = compare_audits(run_of(tmp_path, "one", frames[0]), run_of(tmp_path, "again", frames[0]))
    assert pair.changed() == ()
    assert all(one.own.by.value == 0 for one in pair.groups if one.own.by.defined)
    assert all(one.width.by.value == 0 for one in pair.gaps if one.width.by.defined)
    assert any("none changed by more than chance" in text.text for text in findings(pair))


def test_few_false_alarms_where_nothing_differs() -> None:
    alarms = 0
    for seed in range(40):
        tables = (answers(400, 1000 + seed), answers(400, 2000 + seed))
        one, two = (
            audit(table.drop(columns=["score:yes", "score:no"]), spec=SPEC) for table in tables
        )
        alarms += bool(compare_audits(one, two, replicates=100).changed())
    assert alarms <= 5  # of 40; 2 are expected at a level of 5%


def test_several_classes_sets_of_labels_and_numbers(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    names = np.array(["p", "q", "r"])
    true = rng.integers(3, size=500)
    base = pd.DataFrame(
        {"id": np.arange(500), "split": "test", "label": names[true], "group:g": names[true % 2]}
    )
    tables = [
        base.assign(prediction=names[np.where(rng.random(500) < share, true, 0)])
        for share in (0.6, 0.9)
    ]
    pair = compare_audits(*(run_of(tmp_path, f"c{at}", one) for at, one in enumerate(tables)))
    assert pair.paired
    right = [(one["prediction"] == one["label"]).to_numpy() for one in tables]
    [whole] = [one for one in pair.overall if one.metric == "accuracy" and one.label is None]
    assert whole.value.by.value == pytest.approx(right[1].mean() - right[0].mean())
    assert whole.value.by.method == "newcombe-paired"
    assert {one.label for one in pair.groups} == {"p", "q", "r", None}

    numbers = [
        pd.DataFrame({"label": true, "prediction": true + rng.normal(shift, 1, 500)}).assign(
            **{"group:g": base["group:g"]}
        )
        for shift in (1.0, 0.0)
    ]
    found = [audit(one, task="regression", spec=SPEC) for one in numbers]
    pair = compare_audits(*found)
    own = figure(pair, "g", "p", "mean_error").own
    assert own.by.value == pytest.approx(-1, abs=0.3)
    assert own.by.excludes_zero
    sets = [
        pd.DataFrame({"label": "p|q", "prediction": rng.choice(["p", "p|q"], 200, p=p)}).assign(
            **{"group:g": base["group:g"][:200]}
        )
        for p in ([0.5, 0.5], [0.1, 0.9])
    ]
    pair = compare_audits(*(audit(one, task="multilabel", spec=SPEC) for one in sets))
    assert any(one.label == "q" and one.own.by.value > 0 for one in pair.groups)


def test_what_only_one_has_is_named() -> None:
    first, second = answers(300, 1), answers(300, 2)
    second.loc[second["group:h"] == "z", "group:h"] = "new"
    second["group:k"] = "same"
    del second["score:yes"], second["score:no"]
    pair = compare_audits(*(audit(one, spec=SPEC) for one in (first, second)))
    assert "h z" in pair.alone["before"] and "roc_auc" in pair.alone["before"]
    assert {"h new", "k"} <= set(pair.alone["after"])
    told = [text.text for text in findings(pair) if text.tone == "warning"]
    assert any("Only before has" in text and "ROC AUC" in text for text in told)


def test_rows_that_cant_be_matched_are_taken_as_separate(frames: Any, tmp_path: Path) -> None:
    first = run_of(tmp_path, "one", frames[0])
    other = {
        "half": (frames[1].iloc[:450], "450 rows are in both"),
        "labels": (
            frames[1].assign(label=frames[1]["label"].to_numpy()[::-1]),
            "have other labels",
        ),
        "groups": (
            frames[1].assign(**{"group:h": frames[1]["group:h"].to_numpy()[::-1]}),
            "are in other groups of h",
        ),
    }
    for name, (frame, why) in other.items():
        pair = compare_audits(first, run_of(tmp_path, name, frame))
        assert not pair.paired
        assert why in pair.notes[0]


def test_record_and_report(paired: AuditPair, tmp_path: Path) -> None:
    write_pair(tmp_path, paired)
    again = read_pair(tmp_path)
    assert again is not None
    assert json.dumps(again.as_json()) == json.dumps(paired.as_json())
    assert read_pair(tmp_path / "nothing") is None
    page = render(pair_document(paired))
    for words in ("Changed differences to all other rows", "Largest gaps between any two groups"):
        assert words in page


def test_what_cant_be_set_beside_each_other(tmp_path: Path) -> None:
    one = audit(answers(300, 1), spec=SPEC)
    other = audit(answers(300, 1), spec=SPEC.model_copy(update={"confidence": 0.9}))
    with pytest.raises(RunError, match=r"levels of 0\.95 and 0\.9"):
        compare_audits(one, other)
    elsewhere = answers(300, 1).rename(columns={"group:g": "group:q", "group:h": "group:w"})
    with pytest.raises(RunError, match="no group and no figure in common"):
        compare_audits(one, audit(elsewhere, spec=SPEC))
    with pytest.raises(RunError, match="no such file or folder"):
        compare_audits(one, tmp_path / "nothing.json")
    path = tmp_path / "odd.json"
    path.write_text('{"g": {"columns": 3}}')
    with pytest.raises(RunError, match="can't be read"):
        compare_audits(path, one)
    assert isinstance(one, Audit)
