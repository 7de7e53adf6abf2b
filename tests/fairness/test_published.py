"""Published figures of COMPAS, Adult and Jigsaw's areas, out of the audit itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pellucid.fairness import AuditSpec, audit
from pellucid.fairness.subgroups import subgroup_areas

SPEC = AuditSpec(permutations=99, replicates=100)
TWO = ("African-American", "Caucasian")


@pytest.fixture
def compas(real_data) -> pd.DataFrame:
    table = pd.read_csv(real_data("compas") / "compas-scores-two-years.csv")
    return table.assign(high=(table["score_text"] != "Low").astype(int))


@pytest.fixture
def two_races(compas) -> pd.DataFrame:
    return compas[compas["race"].isin(TWO)]


def audited(table: pd.DataFrame, **more):
    names = {"label": "two_year_recid", "prediction": "high", "groups": ["race"]}
    return audit(table, **names, **more, spec=SPEC).groupings["race"]


def counted(figure) -> tuple[int, int]:
    """Return the rows that a rate counts as hits, and all that it counts."""
    return round(figure.value * figure.n), figure.n


def test_four_counts_of_compas(compas):
    overall = audited(compas).overall
    assert counted(overall["true_positive_rate"]) == (2035, 2035 + 1216)
    assert counted(overall["false_negative_rate"]) == (1216, 2035 + 1216)
    assert counted(overall["false_positive_rate"]) == (1282, 1282 + 2681)
    assert counted(overall["true_negative_rate"]) == (2681, 1282 + 2681)
    assert counted(overall["precision"]) == (2035, 2035 + 1282)
    assert counted(overall["negative_predictive_value"]) == (2681, 2681 + 1216)
    assert overall["treatment_equality"].value == pytest.approx(1216 / 1282, abs=1e-12)


def test_error_rates_of_two_races_beside_all_others(compas):
    """Other races in the table change neither race's rates, only what they are compared with."""
    race = audited(compas)
    black, white = (race.names.index(name) for name in TWO)
    false_positive, false_negative = (
        race.metrics[f"false_{kind}_rate"] for kind in ("positive", "negative")
    )
    assert false_positive[black].value == pytest.approx(0.4485, abs=5e-5)
    assert false_negative[black].value == pytest.approx(0.2799, abs=5e-5)
    assert false_positive[white].value == pytest.approx(0.2345, abs=5e-5)
    assert false_negative[white].value == pytest.approx(0.4772, abs=5e-5)


def test_signed_differences_of_two_races_are_the_published_gaps(two_races):
    race = audited(two_races)
    assert (race.names, race.reference) == (TWO, "African-American")
    # With two groups all others are the other one, and so is the reference.
    for differences in (race.to_rest, race.to_reference):
        white = {metric: figures[1].value for metric, figures in differences.items()}
        assert white["selection_rate"] == pytest.approx(-0.240200, abs=5e-7)
        assert white["false_positive_rate"] == pytest.approx(-0.213925, abs=5e-7)
        assert white["true_positive_rate"] == pytest.approx(-0.197373, abs=5e-7)
    assert race.ratios["selection_rate"][1].value == pytest.approx(0.591638, abs=5e-7)
    gaps = race.gaps
    assert gaps["demographic_parity_ratio"].figure.value < 0.8  # four fifths
    assert gaps["equalized_odds_difference"].lowest == "Caucasian"
    assert gaps["equalized_odds_difference"].highest == "African-American"


def test_areas_of_decile_scores(compas):
    race = audited(compas, score="decile_score")
    black, white = (race.names.index(name) for name in TWO)
    assert race.overall["roc_auc"].value == pytest.approx(0.702166, abs=5e-7)
    assert race.metrics["roc_auc"][black].value == pytest.approx(0.691834, abs=5e-7)
    assert race.metrics["roc_auc"][white].value == pytest.approx(0.693146, abs=5e-7)
    # Deciles are no probabilities: nothing is said of their calibration.
    assert "brier_score" not in race.metrics


@pytest.mark.parametrize(
    ("file", "rows", "difference"),
    [("adult.csv", 32_561, -0.196276), ("adult_test.csv", 16_281, -0.190980)],
)
def test_income_of_women_and_men(real_data, file, rows, difference):
    table = real_data("adult") / file
    income = "income-per-year"
    result = audit(
        table, label=income, prediction=income, groups=["sex"], positive=">50K", spec=SPEC
    )
    assert result.rows == rows
    sex = result.groupings["sex"]
    assert (sex.names, sex.reference) == (("Female", "Male"), "Male")
    female, male = (figure.value for figure in sex.metrics["base_rate"])
    assert female - male == pytest.approx(difference, abs=5e-7)
    for found in (sex.to_rest, sex.to_reference):
        assert found["base_rate"][0].value == pytest.approx(difference, abs=5e-7)
        assert found["base_rate"][0].low < difference < found["base_rate"][0].high
    gap = sex.gaps["base_rate_difference"]
    assert gap.figure.value == pytest.approx(-difference, abs=5e-7)
    assert (gap.lowest, gap.highest) == ("Female", "Male")


# Scores of the worked case of Jigsaw's metrics.
JIGSAW = {
    ("background", "no"): (0.1, 0.2, 0.3),
    ("subgroup", "no"): (0.21, 0.31, 0.55),
    ("background", "yes"): (0.5, 0.8, 0.9),
    ("subgroup", "yes"): (0.4, 0.6, 0.71),
}


def jigsaw() -> pd.DataFrame:
    rows = [
        {"group": group, "label": label, "score": score}
        for (group, label), scores in JIGSAW.items()
        for score in scores
    ]
    return pd.DataFrame(rows).sample(frac=1, random_state=0, ignore_index=True)


def test_areas_of_jigsaws_case():
    table = jigsaw()
    (found,) = subgroup_areas(
        (table["label"] == "yes").to_numpy(),
        table["score"].to_numpy(),
        {"subgroup": (table["group"] == "subgroup").to_numpy()},
    )
    assert (found.positives, found.negatives) == (3, 3)
    assert found.subgroup_auc.value == pytest.approx(8 / 9, abs=1e-15)
    assert found.bpsn_auc.value == pytest.approx(8 / 9, abs=1e-15)
    assert found.bnsp_auc.value == 1


def test_areas_of_jigsaws_case_in_an_audit():
    table = jigsaw()
    result = audit(table, score="score", groups=["group"], spec=SPEC).groupings["group"]
    at = result.names.index("subgroup")
    assert result.metrics["roc_auc"][at].value == pytest.approx(8 / 9, abs=1e-15)
    assert result.metrics["bpsn_auc"][at].value == pytest.approx(8 / 9, abs=1e-15)
    assert result.metrics["bnsp_auc"][at].value == 1
    # Seen from the background, the two others change places.
    areas = np.array([8 / 9, 1.0])
    mean = np.mean(areas**-5) ** (-1 / 5)
    assert result.generalised["generalised_mean_bpsn_auc"] == pytest.approx(mean, abs=1e-12)
    assert result.generalised["generalised_mean_bnsp_auc"] == pytest.approx(mean, abs=1e-12)
    assert result.generalised["generalised_mean_subgroup_auc"] == pytest.approx(mean, abs=1e-12)
