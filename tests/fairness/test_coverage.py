"""Whether 95% intervals hold the truth 95 times in 100, over a grid of rates and group sizes.

Every figure of audit.json that has an interval is simulated with the functions that the audit
calls, or with whole audits; the truth is a closed form or an integral. The whole grid (20 to
100,000 rows) is run, and the table of coverage by figure and size printed, by::

    pytest -m prove -s tests/fairness/test_coverage.py

A cell of that table is the mean over the grid's rates at that size, in brackets the least of them.
Without ``-m prove`` a part of the grid is run. Largest gaps and the part of an entropy between
groups carry no interval.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pellucid.fairness import AuditSpec, audit
from pellucid.fairness.conditional import pooled
from pellucid.fairness.uncertainty import newcombe, wilson

from .simulated import SIZES, Coverage, Scores

RATES = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98)
SPEC = AuditSpec(permutations=99, replicates=500, depth=1, reference={"g": "c"})

QUICK = pytest.param(False, id="quick")
WHOLE = pytest.param(True, id="whole", marks=pytest.mark.prove)
FEWER = (20, 100, 300)


@pytest.mark.parametrize("whole", [QUICK, WHOLE])
def test_rates(whole):
    rng, found = np.random.default_rng(0), Coverage()
    draws = 5000 if whole else 1000
    for size in SIZES:
        for rate in RATES:
            hits = rng.binomial(size, rate, draws)
            found.add("rate", size, *wilson(hits, np.full(draws, size)), rate)
    found.check()


@pytest.mark.parametrize("whole", [QUICK, WHOLE])
def test_differences_of_rates(whole):
    """A group of each size beside as many, five times and fifty times as many other rows."""
    rng, found = np.random.default_rng(1), Coverage()
    draws = 3000 if whole else 200
    for size in SIZES:
        for times in (1, 5, 50):
            for rate in RATES:
                for other in RATES:
                    counts = []
                    for rows, share in ((size, rate), (size * times, other)):
                        counts += [rng.binomial(rows, share, draws), np.full(draws, rows)]
                    ends = newcombe(*counts)
                    found.add(f"difference, rest x {times}", size, *ends, rate - other)
    found.check()


@pytest.mark.parametrize("whole", [QUICK, WHOLE])
def test_differences_within_strata(whole):
    """Four strata of other rates each, or many of some ten rows; the difference is the same."""
    rng, found = np.random.default_rng(2), Coverage()
    for size in SIZES if whole else FEWER:
        for name, strata in (("few", 4), ("many", min(max(size // 10, 2), 200))):
            for rate in (0.05, 0.2, 0.5, 0.8):
                rates = rate + np.linspace(-0.5, 0.5, strata) * min(rate, 1 - rate)
                for gap in (0.0, 0.1):
                    figures = [
                        stratified(rng, size, rates + gap, rates)
                        for _ in range(1000 if whole else 100)
                    ]
                    found.add_figures(f"within {name} strata", size, figures, gap)
    found.check(slack=0 if whole else 0.01)


def stratified(rng: np.random.Generator, size: int, own: np.ndarray, others: np.ndarray):
    """Draw a group, and three times as many others, over strata; return what is pooled."""
    strata = len(own)
    rows = [rng.multinomial(times * size, np.full(strata, 1 / strata)) for times in (1, 3)]
    hits = [rng.binomial(n, rates) for n, rates in zip(rows, (own, others), strict=True)]
    return pooled(np.stack(hits, axis=1), np.stack(rows, axis=1), 0.95)[0]


PLACES = (
    # Base rate, mean score of negatives, distance of positives: of the group and of all others;
    # then intercept and slope of the score that is given to everyone.
    (Scores(0.5, 0.0, 1.0), Scores(0.5, 0.0, 1.0), -0.5, 1.0),
    (Scores(0.3, 0.3, 1.5), Scores(0.4, 0.0, 1.0), -1.0, 1.0),
    (Scores(0.15, 0.0, 1.0), Scores(0.2, 0.0, 1.5), -2.0, 1.5),
    (Scores(0.5, -0.5, 2.0), Scores(0.5, 0.0, 2.0), -1.0, 1.0),
    (Scores(0.7, 0.0, 0.2), Scores(0.5, 0.0, 0.5), 0.3, 0.5),
    (Scores(0.9, 0.0, 1.0), Scores(0.8, 0.0, 1.0), 1.2, 1.0),
)


@pytest.mark.parametrize("whole", [QUICK, WHOLE])
def test_figures_of_classes_and_scores(whole):
    """Whole audits of three groups: one of each size beside two that are alike."""
    rng, found = np.random.default_rng(3), Coverage()
    for size, draws in zip(SIZES, (400, 400, 400, 400, 200, 100, 40), strict=True):
        if not whole and size not in FEWER:
            continue
        for own, rest, *line in PLACES if whole else PLACES[:2]:
            tables = [
                audited_scores(rng, size, own, rest, line) for _ in range(draws if whole else 30)
            ]
            truth, other = own.figures(*line), rest.figures(*line)
            truth |= own.beside(rest)
            for name, value in truth.items():
                found.add_figures(name, size, [one.metrics[name][0] for one in tables], value)
                for kind in ("to_rest", "to_reference"):
                    known = [getattr(one, kind) for one in tables]
                    if name in known[0]:
                        figures = [one[name][0] for one in known]
                        found.add_figures(f"{kind} {name}", size, figures, value - other[name])
                if name in tables[0].ratios:
                    figures = [one.ratios[name][0] for one in tables]
                    found.add_figures(f"ratio {name}", size, figures, value / other[name])
                if own == rest and name in tables[0].overall:
                    # All three groups are drawn alike, and so are all rows.
                    figures = [one.overall[name] for one in tables]
                    found.add_figures(f"all rows {name}", size, figures, value)
    found.check(slack=0 if whole else 0.03, unsigned=("calibration_error",))


def audited_scores(rng, size, own, rest, line):
    codes = np.repeat([0, 1, 2], [size, max(size // 2, 1), size])
    drawn = [part.draw(rng, n) for part, n in ((own, size), (rest, len(codes) - size))]
    positive, latent = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
    if positive.all() or not positive.any():
        positive[0] = not positive[0]
    score = 1 / (1 + np.exp(-(line[0] + line[1] * latent)))
    names = np.array(["no", "yes"])
    table = pd.DataFrame(
        {
            "label": names[positive.astype(int)],
            "prediction": names[(score >= 0.5).astype(int)],
            "score:yes": score,
            "group:g": np.array(["a", "b", "c"])[codes],
        }
    )
    spec = SPEC.model_copy(update={"seed": int(rng.integers(1 << 30))})
    return audit(table, positive="yes", spec=spec).groupings["g"]


@pytest.mark.parametrize("whole", [QUICK, WHOLE])
def test_figures_of_numbers(whole):
    """Errors that are normal, and errors with a long tail to one side."""
    rng, found = np.random.default_rng(4), Coverage()
    for size, draws in zip(SIZES, (400, 400, 400, 400, 200, 100, 40), strict=True):
        if not whole and size not in FEWER:
            continue
        for tailed in (False, True):
            for spread, other in ((1.0, 1.0), (2.0, 1.0), (0.5, 1.0)):
                tables = [
                    audited_numbers(rng, size, spread, other, tailed)
                    for _ in range(draws if whole else 30)
                ]
                truth, beside = errors_of(spread, tailed), errors_of(other, tailed)
                for name, value in truth.items():
                    figures = [one.metrics[name][0] for one in tables]
                    found.add_figures(name, size, figures, value)
                    for kind in ("to_rest", "to_reference"):
                        known = [getattr(one, kind) for one in tables]
                        if name in known[0]:
                            figures = [one[name][0] for one in known]
                            gap = value - beside[name]
                            found.add_figures(f"{kind} {name}", size, figures, gap)
    found.check(slack=0 if whole else 0.03, hard=("root_mean_squared_error",))


def errors_of(spread: float, tailed: bool) -> dict[str, float]:
    """Return the truth where errors are a spread times a normal number, or exponential less 1."""
    size = 2 / np.e if tailed else np.sqrt(2 / np.pi)
    return {
        "mean_label": spread,
        "mean_prediction": spread,
        "mean_error": 0.0,
        "mean_absolute_error": size * spread,
        "root_mean_squared_error": spread,
    }


def audited_numbers(rng, size, spread, other, tailed):
    codes = np.repeat([0, 1, 2], [size, max(size // 2, 1), size])
    scale = np.array([spread, other, other])[codes]
    error = rng.exponential(size=len(codes)) - 1 if tailed else rng.standard_normal(len(codes))
    label = scale * rng.exponential(size=len(codes))
    table = pd.DataFrame(
        {
            "label": label,
            "prediction": label + scale * error,
            "group:g": np.array(["a", "b", "c"])[codes],
        }
    )
    return audit(table, task="regression", spec=SPEC).groupings["g"]


def test_differences_to_all_rows_are_those_to_others_in_other_units():
    """Own minus all is own minus others times the share of others, and so are the ends."""
    rng = np.random.default_rng(5)
    found = audited_scores(rng, 40, *PLACES[1][:2], PLACES[1][2:])
    for name in ("selection_rate", "true_positive_rate", "mean_error", "brier_score"):
        for at in range(3):
            rest, whole = found.to_rest[name][at], found.to_overall[name][at]
            gap = found.metrics[name][at].value - found.overall[name].value
            assert whole.value == pytest.approx(gap, abs=1e-12)
            share = whole.value / rest.value
            assert (whole.low, whole.high) == pytest.approx((rest.low * share, rest.high * share))


def test_a_wrong_interval_would_be_found_out():
    """Wald's interval, which is known to hold too seldom, does not pass."""
    rng, found = np.random.default_rng(6), Coverage()
    for size in FEWER:
        for rate in RATES:
            share = rng.binomial(size, rate, 1000) / size
            half = 1.96 * np.sqrt(share * (1 - share) / size)
            found.add("wald", size, share - half, share + half, rate)
    with pytest.raises(AssertionError):
        found.check()
