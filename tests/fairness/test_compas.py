"""Published figures of COMPAS: ProPublica's analysis, all 7,214 rows, two races."""

from __future__ import annotations

import pandas as pd
import pytest

from pellucid.fairness import AuditSpec, audit

SPEC = AuditSpec(permutations=999)


@pytest.fixture
def compas(real_data) -> pd.DataFrame:
    table = pd.read_csv(real_data("compas") / "compas-scores-two-years.csv")
    table["high"] = (table["score_text"] != "Low").astype(int)
    return table


def test_published_error_rates_and_gaps(compas):
    assert len(compas) == 7214
    counts = pd.crosstab(compas["two_year_recid"], compas["high"])
    assert counts.to_numpy().tolist() == [[2681, 1282], [1216, 2035]]

    two = compas[compas["race"].isin(["African-American", "Caucasian"])]
    result = audit(two, label="two_year_recid", prediction="high", groups=["race"], spec=SPEC)
    assert result.positive == "1"
    race = result.groupings["race"]
    assert race.names == ("African-American", "Caucasian")
    rates = {metric: [figure.value for figure in race.metrics[metric]] for metric in race.metrics}
    assert rates["false_positive_rate"] == pytest.approx([0.4485, 0.2345], abs=5e-5)
    assert rates["false_negative_rate"] == pytest.approx([0.2799, 0.4772], abs=5e-5)
    gaps = {name: gap.figure.value for name, gap in race.gaps.items()}
    assert gaps["demographic_parity_difference"] == pytest.approx(0.240200, abs=5e-7)
    assert gaps["demographic_parity_ratio"] == pytest.approx(0.591638, abs=5e-7)
    assert gaps["equalized_odds_difference"] == pytest.approx(0.213925, abs=5e-7)
    assert gaps["equal_opportunity_difference"] == pytest.approx(0.197373, abs=5e-7)
    assert race.gaps["equalized_odds_difference"].p_value == 1 / 1000


def test_groups_of_all_rows_sum_to_the_whole_table(compas):
    result = audit(
        compas,
        label="two_year_recid",
        prediction="high",
        score="decile_score",
        groups=["race", "sex"],
        spec=SPEC,
    )
    for column in ("race", "sex", "race×sex"):
        assert sum(result.groupings[column].n) == 7214
    race = result.groupings["race"]
    # Groups of very few rows are there, and marked.
    assert {race.names[i] for i in race.small} == {"Native American"}
    assert dict(zip(race.names, race.n, strict=True))["Native American"] == 18
    assert "roc_auc" in race.metrics
