"""P-values adjusted for one another: scipy, and Benjamini and Hochberg's own example."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from pellucid.core.multiple import adjusted

# Benjamini and Hochberg (1995), section 3.2: 15 comparisons, of which 4 stand a level of 5%.
PUBLISHED = np.array(
    [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
        0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000,
    ]
)  # fmt: skip


def test_the_published_example():
    assert (adjusted(PUBLISHED) <= 0.05).tolist() == [True] * 4 + [False] * 11
    # The step-up rule by hand: the last one at or below its rank's share of the level.
    for level in (0.01, 0.05, 0.1, 0.6):
        share = np.arange(1, 16) / 15
        below = np.flatnonzero(share * level >= PUBLISHED)
        assert np.count_nonzero(adjusted(PUBLISHED) <= level) == below[-1] + 1


@pytest.mark.parametrize("seed", range(5))
def test_what_was_not_compared_counts_for_nothing(seed):
    rng = np.random.default_rng(seed)
    p_values = rng.random(40) ** 3
    p_values[:4] = p_values[4:8]  # ties
    p_values[10:13] = [0, 1, 1]
    expected = false_discovery_control(p_values)
    assert adjusted(p_values) == pytest.approx(expected, abs=1e-15)
    order = rng.permutation(60)
    spread = np.append(p_values, np.full(20, np.nan))[order]
    found = adjusted(spread)
    assert np.isnan(found).sum() == 20
    np.testing.assert_array_equal(np.isnan(found), np.isnan(spread))
    assert found[np.argsort(order)][:40] == pytest.approx(expected, abs=1e-15)


def test_rounding_beyond_the_ends_does_no_harm():
    assert adjusted(np.array([-1e-18, 1 + 1e-15])).tolist() == [0, 1]


def test_nothing_to_adjust():
    assert adjusted(np.empty(0)).shape == (0,)
    assert np.isnan(adjusted(np.full(3, np.nan))).all()
