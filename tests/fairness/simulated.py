"""What simulations of coverage share: counting how often intervals hold the truth."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

SIZES = (20, 50, 100, 300, 1000, 10_000, 100_000)


class Coverage:
    """How often the intervals of figures hold the truth, at each size and truth of a grid."""

    def __init__(self) -> None:
        self.shares: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))

    def add(self, figure, size, low, high, truth, value=None):
        """Add one place of the grid: the intervals of many samples, NaN where there is none.

        Samples whose `value` is not defined are left out; one that has no interval is a miss.
        """
        low, high = np.asarray(low, float), np.asarray(high, float)
        held = (low <= truth + 1e-12) & (truth - 1e-12 <= high)
        known = ~np.isnan(low if value is None else np.asarray(value, float))
        if known.sum() >= 10:
            self.shares[figure][size].append(float(held[known].mean()))

    def add_figures(self, figure, size, figures, truth):
        """Add the figures of many samples at one place of the grid."""
        ends = [[getattr(one, name) for one in figures] for name in ("low", "high")]
        low, high = (np.array([np.nan if end is None else end for end in part]) for part in ends)
        self.add(figure, size, low, high, truth, [one.value for one in figures])

    def mean(self, figure: str) -> float:
        """Return the mean over all places of the grid."""
        return float(np.mean([share for one in self.shares[figure].values() for share in one]))

    def show(self) -> None:
        """Print the mean coverage of every figure by size, and the least at any truth."""
        sizes = sorted({size for one in self.shares.values() for size in one})
        print("\n" + " " * 38, *(f"{size:>12,}" for size in sizes), "        mean")
        for figure, by_size in self.shares.items():
            cells = [
                f"{np.mean(one):.3f} ({min(one):.2f})" if (one := by_size.get(size)) else ""
                for size in sizes
            ]
            print(f"{figure:38}", *(f"{cell:>12}" for cell in cells), f"{self.mean(figure):12.3f}")

    def check(
        self, slack: float = 0.0, *, unsigned: tuple[str, ...] = (), hard: tuple[str, ...] = ()
    ) -> None:
        """Print all, and fail where a figure's mean over the grid is not within 93 to 97%.

        Parameters
        ----------
        slack
            What few samples may add to either side.
        unsigned
            Ends of names of figures that can't be negative and may be 0, where an interval that
            starts at 0 holds the truth more often than asked; only the lower bound holds for them.
        hard
            Figures that long tails may bring 2% lower.
        """
        self.show()
        means = {figure: self.mean(figure) for figure in self.shares}
        assert means
        out = {}
        for figure, mean in means.items():
            low = 0.93 - slack - (0.02 if figure in hard else 0)
            high = 1.0 if figure.endswith(unsigned) else 0.97 + slack
            if not low <= mean <= high:
                out[figure] = mean
        assert not out


@dataclass(frozen=True)
class Scores:
    """A group whose latent scores are normal with variance 1.

    Attributes
    ----------
    base
        Share of positives.
    start, distance
        Mean of the negatives, and how much higher that of the positives lies.
    """

    base: float
    start: float
    distance: float

    def draw(self, rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        """Return whether each row is positive, and its latent score."""
        positive = rng.random(rows) < self.base
        return positive, rng.normal(self.start + self.distance * positive)

    def figures(self, intercept: float, slope: float) -> dict[str, float]:
        """Return the truth where scores are the logistic function of a line of latent ones."""
        cut = -intercept / slope
        tp = self.base * norm.sf(cut - self.start - self.distance)
        fp = (1 - self.base) * norm.sf(cut - self.start)
        x = np.linspace(-12, 14, 260_001)
        step = x[1] - x[0]
        negative = (1 - self.base) * norm.pdf(x, self.start)
        positive = self.base * norm.pdf(x, self.start + self.distance)
        score = 1 / (1 + np.exp(-(intercept + slope * x)))
        hits = self.base * norm.sf(x, self.start + self.distance)
        alarms = (1 - self.base) * norm.sf(x, self.start)
        precision = hits / np.maximum(hits + alarms, 1e-300)
        gap = (score * negative + (score - 1) * positive) * step
        band = np.minimum((score * 10).astype(int), 9)
        return {
            **cell_figures(tp, fp, self.base - tp, 1 - self.base - fp),
            "roc_auc": float(norm.cdf(self.distance / np.sqrt(2))),
            "average_precision": float((precision * positive).sum() * step / self.base),
            "mean_error": float(gap.sum()),
            "brier_score": float((score**2 * negative + (score - 1) ** 2 * positive).sum() * step),
            "calibration_error": float(np.abs(np.bincount(band, gap)).sum()),
        }

    def beside(self, rest: Scores) -> dict[str, float]:
        """Return the areas of one side's positives against the other side's negatives."""
        over = rest.start + rest.distance - self.start, self.start + self.distance - rest.start
        bpsn, bnsp = (float(norm.cdf(one / np.sqrt(2))) for one in over)
        return {"bpsn_auc": bpsn, "bnsp_auc": bnsp}


def cell_figures(tp: float, fp: float, fn: float, tn: float) -> dict[str, float]:
    """Return rates and indices of the shares of true and false positives and negatives."""
    mean, squares = tp + tn + 2 * fp, tp + tn + 4 * fp
    return {
        "base_rate": tp + fn,
        "selection_rate": tp + fp,
        "accuracy": tp + tn,
        "true_positive_rate": tp / (tp + fn),
        "false_positive_rate": fp / (fp + tn),
        "precision": tp / (tp + fp),
        "negative_predictive_value": tn / (tn + fn),
        "false_discovery_rate": fp / (tp + fp),
        "false_omission_rate": fn / (tn + fn),
        "f1": 2 * tp / (2 * tp + fp + fn),
        "treatment_equality": fn / fp,
        "generalized_entropy_index": (squares / mean**2 - 1) / 2,
        "theil_index": 2 * fp / mean * np.log(2) - np.log(mean),
    }
