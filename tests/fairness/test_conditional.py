"""Groups compared within strata: Berkeley's admissions, Simpson's paradox, closed forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pellucid.errors import RecipeError
from pellucid.fairness import AuditSpec, audit
from pellucid.fairness.conditional import Conditional, pooled
from pellucid.fairness.uncertainty import newcombe

# Bickel, Hammel and O'Connell (1975): admitted and rejected men and women by department.
BERKELEY = {
    "A": ((512, 313), (89, 19)),
    "B": ((353, 207), (17, 8)),
    "C": ((120, 205), (202, 391)),
    "D": ((138, 279), (131, 244)),
    "E": ((53, 138), (94, 299)),
    "F": ((22, 351), (24, 317)),
}


def written_out(cells: dict[str, tuple[tuple[int, int], ...]], names=("men", "women")):
    """Write a row for each person; who was admitted was also predicted to be, on a coin's toss."""
    rows = [
        (stratum, name, said)
        for stratum, groups in cells.items()
        for name, counts in zip(names, groups, strict=True)
        for said, count in zip(("yes", "no"), counts, strict=True)
        for _ in range(count)
    ]
    table = pd.DataFrame(rows, columns=["stratum", "group", "prediction"])
    rng = np.random.default_rng(0)
    return table.assign(label=rng.choice(["no", "yes"], len(table)))


def audited(table: pd.DataFrame, **more):
    spec = AuditSpec(permutations=99, replicates=100, control=["stratum"], **more)
    return audit(
        table, label="label", prediction="prediction", groups=["group"], positive="yes", spec=spec
    )


def by_strata(table: pd.DataFrame, group: str, hit: pd.Series) -> float:
    """Return Mantel and Haenszel's risk difference, stratum by stratum."""
    above = below = 0.0
    for _, rows in hit.groupby(table["stratum"]):
        inside = (table["group"] == group)[rows.index]
        own, rest = rows[inside], rows[~inside]
        if len(own) and len(rest):
            weight = len(own) * len(rest) / len(rows)
            above += weight * (own.mean() - rest.mean())
            below += weight
    return above / below


def test_berkeleys_women_are_not_rejected_within_departments():
    table = written_out(BERKELEY)
    result = audited(table)
    plain = result.groupings["group"].to_rest["selection_rate"][1]
    assert plain.value == pytest.approx(557 / 1835 - 1198 / 2691, abs=1e-12)
    assert plain.high < -0.1
    (found,) = result.conditional
    assert (found.column, found.control, found.label) == ("group", "stratum", "yes")
    assert (found.names, found.strata) == (("men", "women"), tuple(BERKELEY))
    rates = [[yes / (yes + no) for yes, no in groups] for groups in BERKELEY.values()]
    np.testing.assert_allclose(found.rates["selection_rate"], rates, atol=1e-15)
    np.testing.assert_array_equal(found.n, [[sum(x) for x in one] for one in BERKELEY.values()])
    men, women = found.pooled["selection_rate"]
    assert women.value == pytest.approx(by_strata(table, "women", table["prediction"] == "yes"))
    assert 0 < women.value < 0.05
    assert women.low < 0.02 < women.high
    assert (men.value, men.low, men.high) == pytest.approx((-women.value, -women.high, -women.low))
    assert (men.n, women.n) == (2691, 1835)


@pytest.mark.parametrize("seed", range(3))
def test_every_rate_is_pooled_over_the_rows_that_it_counts(seed):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "stratum": rng.choice(["x", "y", "z", None], 400, p=[0.5, 0.3, 0.1, 0.1]),
            "group": rng.choice(["a", "b", "c"], 400),
            "label": rng.choice(["no", "yes"], 400),
            "prediction": rng.choice(["no", "yes"], 400),
        }
    )
    table.loc[table["stratum"] == "z", "group"] = "a"  # nobody to compare with
    (found,) = audited(table).conditional
    table = table.fillna({"stratum": "(missing)"})
    assert found.strata == ("x", "y", "z", "(missing)")
    true, said = table["label"] == "yes", table["prediction"] == "yes"
    counted = {
        "selection_rate": (said, true | ~true),
        "accuracy": (true == said, true | ~true),
        "true_positive_rate": (said, true),
        "false_positive_rate": (said, ~true),
    }
    assert set(found.pooled) == set(counted)
    for metric, (hit, kept) in counted.items():
        for at, name in enumerate(found.names):
            figure = found.pooled[metric][at]
            wanted = by_strata(table[kept], name, hit[kept])
            assert figure.value == pytest.approx(wanted, abs=1e-12)
            shared = kept & (table["group"] == name) & (table["stratum"] != "z")
            assert figure.n == shared.sum()
        means = hit[kept].groupby([table["stratum"], table["group"]]).mean().unstack()
        expected = means.reindex(index=list(found.strata), columns=list(found.names))
        np.testing.assert_allclose(found.rates[metric], expected, atol=1e-12)


def test_a_gap_that_vanishes_within_strata():
    # Half of those in x are selected and a tenth of those in y, whatever their group.
    table = written_out({"x": ((200, 200), (20, 20)), "y": ((4, 36), (60, 540))})
    result = audited(table)
    gap = result.groupings["group"].gaps["demographic_parity_difference"]
    assert gap.figure.value == pytest.approx(204 / 440 - 80 / 640, abs=1e-12)
    assert gap.p_value == 1 / 100
    for figure in result.conditional[0].pooled["selection_rate"]:
        assert figure.value == pytest.approx(0, abs=1e-15)
        assert figure.low == pytest.approx(-figure.high, abs=1e-12)
        assert figure.low < 0


def test_one_stratum_of_equal_halves_has_walds_interval():
    """There the variance of Sato is that of two independent proportions."""
    for hits, others, rows in [(30, 45, 100), (1, 4, 9), (0, 25, 50)]:
        first, second = pooled(np.array([[hits, others]]), np.array([[rows, rows]]), 0.9)
        p, q = hits / rows, others / rows
        half = stats.norm.ppf(0.95) * np.sqrt(p * (1 - p) / rows + q * (1 - q) / rows)
        assert first.value == pytest.approx(p - q, abs=1e-15)
        assert (first.low, first.high) == pytest.approx((p - q - half, p - q + half), abs=1e-12)
        assert (second.low, second.high) == pytest.approx((-first.high, -first.low), abs=1e-12)


def test_large_strata_have_the_variance_of_a_weighted_mean():
    rng = np.random.default_rng(1)
    rows = rng.integers(40_000, 90_000, (5, 2))
    hits = rng.binomial(rows, rng.uniform(0.2, 0.8, (5, 1)))
    figure = pooled(hits, rows, 0.95)[0]
    weight = rows[:, 0] * rows[:, 1] / rows.sum(axis=1)
    p = hits / rows
    variance = (weight**2 * (p * (1 - p) / rows).sum(axis=1)).sum() / weight.sum() ** 2
    half = (figure.high - figure.low) / 2 / stats.norm.ppf(0.975)
    assert half == pytest.approx(np.sqrt(variance), rel=0.01)


def test_many_small_strata_are_covered():
    """Pairs and triples: the case that the variance of Sato was made for."""
    rng = np.random.default_rng(2)
    rows = np.tile([[1, 1], [1, 2], [2, 1]], (60, 1))
    held = 0
    for _ in range(400):
        base = rng.uniform(0.2, 0.6, (len(rows), 1))
        hits = rng.binomial(rows, base + np.array([0.2, 0.0]))
        figure = pooled(hits, rows, 0.95)[0]
        held += figure.low <= 0.2 <= figure.high
    assert 0.93 <= held / 400 <= 0.98


def test_one_stratum_is_nearly_newcombes_interval():
    figure = pooled(np.array([[300, 500]]), np.array([[1000, 2000]]), 0.95)[0]
    ends = newcombe(*(np.array([x]) for x in (300, 1000, 500, 2000)))
    assert (figure.low, figure.high) == pytest.approx((ends[0][0], ends[1][0]), abs=1e-3)


@pytest.mark.parametrize("hits", [0, 12])
def test_rows_that_are_all_alike_leave_room_for_others(hits):
    figure = pooled(np.array([[hits, hits]]), np.array([[12, 12]]), 0.95)[0]
    assert figure.value == 0
    assert -0.5 < figure.low < 0 < figure.high < 0.5


def test_a_group_that_shares_no_stratum_has_no_difference():
    rows = np.array([[10, 0, 0], [0, 5, 5]])
    first, second, third = pooled(rows // 2, rows, 0.95)
    assert not first.defined and first.low is None and first.n == 0
    assert second.value == third.value == 0
    assert (second.n, third.n) == (5, 5)


def test_written_and_read_again():
    table = written_out({"x": ((2, 2), (0, 0)), "y": ((4, 3), (6, 5))})
    (found,) = audited(table).conditional
    raw = found.as_json()
    again = Conditional.from_json(raw)
    assert again.as_json() == raw
    assert again.pooled == found.pooled
    assert np.isnan(found.rates["selection_rate"][0, 1])
    for metric, values in found.rates.items():
        np.testing.assert_array_equal(again.rates[metric], values)


def test_a_control_column_that_is_not_there_is_named():
    table = written_out(BERKELEY).drop(columns="stratum")
    predictions = table.rename(columns={"group": "group:group"})
    with pytest.raises(RecipeError, match=r"audit\.control.*“stratum”"):
        audit(predictions, positive="yes", spec=AuditSpec(control=["stratum"]))


@pytest.mark.parametrize("all_hit", [False, True])
def test_rows_that_are_all_alike_leave_a_width(all_hit):
    rows = np.array([[3, 9], [2, 4]])
    figure = pooled(rows * all_hit, rows, 0.95)[0]
    assert figure.value == 0
    # Five rows at most: Wilson's upper end at none of five is 0.43.
    assert 0.4 < figure.high == -figure.low < 0.6
    assert pooled(rows * 1000 * all_hit, rows * 1000, 0.95)[0].high < 0.002
