"""What is measured of a method, in which range, and what a large figure means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scale = Literal["probability", "logit"]

GAIN, COMPREHENSIVENESS, SUFFICIENCY = "gain", "comprehensiveness", "sufficiency"
INSERTION, DELETION = "insertion_auc", "deletion_auc"
INFIDELITY, UNEXPLAINED = "infidelity", "unexplained"
SENSITIVITY, UNTRAINED = "max_sensitivity", "untrained_correlation"
POINTING, COMPLETENESS = "pointing_game", "completeness_error"


@dataclass(frozen=True)
class Measure:
    """One measure of faithfulness.

    Attributes
    ----------
    name
        In files.
    title
        For people.
    low, high
        Ends of its range where answers are measured as probabilities; None where there is none.
    scaled
        Whether this range is that of probabilities, so that logits have none.
    better
        Whether a method with more of it, or with less of it, serves better.
    meaning
        What is measured, in a sentence.
    chance
        What a random order comes to, in words.
    source
        The paper that defines it.
    """

    name: str
    title: str
    low: float | None
    high: float | None
    scaled: bool
    better: Literal["higher", "lower"]
    meaning: str
    chance: str
    source: str

    def range(self, scale: Scale) -> str:
        """Say between which numbers it lies."""
        if self.scaled and scale == "logit":
            return "any number (logits)"
        low, high = ("" if end is None else f"{end:g}".replace("-", "−") for end in self.ends)
        if low and high:
            return f"{low} to {high}"
        return f"{low} or more" if low else "any number"

    @property
    def ends(self) -> tuple[float | None, float | None]:
        """The ends of the range."""
        return self.low, self.high


MEASURES = {
    one.name: one
    for one in (
        Measure(
            GAIN,
            "Insertion minus deletion",
            -1,
            1,
            True,
            "higher",
            "Area between the curve of inserting and the curve of deleting the segments that "
            "spoke most for the answer first.",
            "0 on average",
            "Petsiuk, Das & Saenko 2018, both areas as one figure",
        ),
        Measure(
            INSERTION,
            "Insertion AUC",
            0,
            1,
            True,
            "higher",
            "Area under the answer while segments are put into the baseline, first those that "
            "spoke most for it.",
            "as deletion AUC",
            "Petsiuk, Das & Saenko 2018",
        ),
        Measure(
            DELETION,
            "Deletion AUC",
            0,
            1,
            True,
            "lower",
            "Area under the answer while segments are left out, first those that spoke most for "
            "it.",
            "as insertion AUC",
            "Petsiuk, Das & Saenko 2018",
        ),
        Measure(
            COMPREHENSIVENESS,
            "Comprehensiveness (AOPC)",
            -1,
            1,
            True,
            "higher",
            "By how much the answer falls without the segments that spoke most for it, on average "
            "over several shares of them.",
            "the fall by as many segments at random",
            "DeYoung et al. 2020 (ERASER)",
        ),
        Measure(
            SUFFICIENCY,
            "Sufficiency (AOPC)",
            -1,
            1,
            True,
            "lower",
            "By how much the answer falls where nothing but these segments is left, on average "
            "over the same shares.",
            "the fall where as many segments at random are left",
            "DeYoung et al. 2020 (ERASER)",
        ),
        Measure(
            UNEXPLAINED,
            "Infidelity, scaled",
            0,
            1,
            False,
            "lower",
            "The share of the squared changes of the answer's logit that the scores of the "
            "segments left out at random don't explain, with the best factor of zero or above. "
            "Scores that are all alike explain what the number of segments left out does, so that "
            "methods without signs look better by it than they rank.",
            "close to 1, less where segments are few",
            "Yeh et al. 2019, normalised and divided by the mean squared change",
        ),
        Measure(
            INFIDELITY,
            "Infidelity",
            0,
            None,
            False,
            "lower",
            "Mean squared difference between the sum of the scores of segments left out at random "
            "and the change of the answer's logit; of methods alone whose scores are in logits.",
            "depends on the scores' size",
            "Yeh et al. 2019",
        ),
        Measure(
            SENSITIVITY,
            "Max-sensitivity",
            0,
            None,
            False,
            "lower",
            "The largest relative change of the scores under noise that is hardly seen.",
            "0: it doesn't look at the sample",
            "Yeh et al. 2019",
        ),
        Measure(
            UNTRAINED,
            "Correlation with the untrained model",
            -1,
            1,
            False,
            "lower",
            "Spearman's rank correlation with the scores of the same method on a model of the same "
            "architecture with weights drawn anew. A map that stays shows the sample, not what was "
            "learnt.",
            "0 on average",
            "Adebayo et al. 2018",
        ),
        Measure(
            POINTING,
            "Pointing game",
            0,
            1,
            False,
            "higher",
            "Share of rows whose first segment is one of those that are known to matter.",
            "their share of the segments",
            "Zhang et al. 2016",
        ),
        Measure(
            COMPLETENESS,
            "Completeness error",
            0,
            None,
            False,
            "lower",
            "By how much the scores miss the difference between the answers on the sample and on "
            "the baseline that they should add up to, as a share of it; of methods alone that "
            "promise it.",
            "it promises nothing",
            "Sundararajan, Taly & Yan 2017",
        ),
    )
}

TESTED = (GAIN, INSERTION, DELETION, COMPREHENSIVENESS, SUFFICIENCY, UNEXPLAINED)
"""Measures by which methods are compared in pairs."""
