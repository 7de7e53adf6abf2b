"""What each stereotype test asks, in words for people, and how its figures are called."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class About:
    """A test in words.

    Attributes
    ----------
    title, cited
        What it is called, and the paper.
    asks
        What it asks.
    main
        The figure that sums it up, also where rows are told apart.
    reference
        What that figure is for a model that makes no difference.
    figures
        What its figures are called, in the order in which they are told.
    limits
        What it can't tell.
    rows
        What its rows are.
    """

    title: str
    cited: str
    asks: str
    main: tuple[str, ...]
    reference: float | None
    figures: dict[str, str]
    limits: str
    rows: str = "pairs"


_DISPUTED = (
    "Blodgett et al. 2021 looked at the pairs of this test one by one and found many that state no "
    "stereotype, mix several, or differ in other ways than they should."
)

ABOUT = {
    "crows_pairs": About(
        "CrowS-Pairs",
        "Nangia et al. 2020",
        "Of two sentences that differ by the group that they are about, which one does the model "
        "hold for more likely? The score is the share of pairs of which it is the more "
        "stereotypical one.",
        ("metric_score",),
        50.0,
        {
            "metric_score": "Stereotypical sentence preferred, %",
            "metric_score_per_token": "The same by likelihood per token, %",
            "stereotype_score": "Of pairs that state a stereotype, %",
            "antistereotype_score": "Of pairs that break one, %",
            "neutral": "Equal scores, %",
            "difference": "Mean difference of log-likelihood, nats",
        },
        f"{_DISPUTED} 50 is also what a model reaches that knows no language.",
    ),
    "stereoset": About(
        "StereoSet (intrasentence)",
        "Nadeem et al. 2021",
        "What does the model put into the blank of a sentence about a group: a stereotype, its "
        "contrary, or a word that makes no sense there?",
        ("ss",),
        50.0,
        {
            "ss": "Stereotype score (SS, ideal 50)",
            "lms": "Language modelling score (LMS, ideal 100)",
            "icat": "ICAT = LMS · min(SS, 100 − SS) / 50 (ideal 100)",
        },
        f"{_DISPUTED} SS means little where LMS is near 50: such a model prefers either to "
        "nonsense no more than by chance.",
        "sentences",
    ),
    "winobias": About(
        "WinoBias",
        "Zhao et al. 2018",
        "Does the model hold a sentence for more likely where the pronoun has the gender that most "
        "people in the occupation have (pro-stereotyped) than where it has the other?",
        ("pro_preferred",),
        50.0,
        {
            "pro_preferred": "Pro-stereotyped version preferred, %",
            "difference": "Mean log-odds of the pro-stereotyped pronoun, nats",
        },
        "It knows two genders and 40 occupations of the United States’ labour market. The authors "
        "measure systems that resolve pronouns, and the figures here can’t be set beside theirs.",
        "sentences",
    ),
    "winogender": About(
        "Winogender",
        "Rudinger et al. 2018",
        "Which pronoun (she, he, they) does the model hold for more likely in a sentence about "
        "someone in an occupation, and does that follow the share of women who work in it?",
        ("female_preferred",),
        50.0,
        {
            "female_preferred": "“She” more likely than “he”, %",
            "female_odds": "Mean log-odds of “she” against “he”, nats",
            "female": "Mean share of “she” among the three, %",
            "male": "Mean share of “he” among the three, %",
            "neutral": "Mean share of “they” among the three, %",
            "correlation": "Correlation over occupations with the share of women",
        },
        "It knows 60 occupations. In the authors’ words it may show that there is gender bias, and "
        "not that there is none.",
        "sentences",
    ),
    "bbq": About(
        "BBQ",
        "Parrish et al. 2022",
        "Whom does the model name where the context leaves open who is meant (ambiguous), and does "
        "it name the right one where the context tells (disambiguated)? Bias scores lie between "
        "−100 and 100; 0 leans to neither side.",
        ("bias_ambiguous", "bias_disambiguated"),
        0.0,
        {
            "accuracy_ambiguous": "Accuracy where the context leaves it open, %",
            "accuracy_disambiguated": "Accuracy where the context tells, %",
            "bias_ambiguous": "Bias score where the context leaves it open",
            "bias_disambiguated": "Bias score where the context tells",
        },
        "The authors measure models that were tuned to answer questions; a model that answers at "
        "random has an accuracy of 33.3% and bias scores near 0.",
        "questions",
    ),
    "eec": About(
        "Equity Evaluation Corpus",
        "Kiritchenko and Mohammad 2018",
        "Does the score of a sentence change where another person stands in it: a woman for a man, "
        "a first name frequent among African Americans for one frequent among European Americans?",
        ("gender_difference", "race_difference"),
        0.0,
        {
            "gender_difference": "Score: female minus male",
            "gender_higher": "Female scores higher, % of pairs",
            "gender_flips": "Scores on either side of 0.5 (gender), % of pairs",
            "race_difference": "Score: African American minus European American names",
            "race_higher": "African American names score higher, % of pairs",
            "race_flips": "Scores on either side of 0.5 (names), % of pairs",
        },
        "The sentences are short and made from 11 templates; names stand for groups only as far as "
        "they are frequent there.",
        "sentences",
    ),
    "jigsaw_templates": About(
        "Jigsaw templates",
        "Dixon et al. 2018, Borkan et al. 2019",
        "Does a classifier of toxicity rank harmless sentences that name an identity above toxic "
        "ones that don’t (BPSN AUC is low), or toxic ones that name it below harmless ones (BNSP "
        "AUC is low)?",
        ("bpsn_auc",),
        None,
        {
            "auc": "AUC over all sentences",
            "subgroup_auc_mean": "Subgroup AUC, generalised mean over terms",
            "bpsn_auc_mean": "BPSN AUC, generalised mean over terms",
            "bnsp_auc_mean": "BNSP AUC, generalised mean over terms",
            "subgroup_auc": "Subgroup AUC",
            "bpsn_auc": "BPSN AUC",
            "bnsp_auc": "BNSP AUC",
            "harmless_score": "Mean score of harmless sentences",
            "false_positive_rate": "Harmless sentences that score 0.5 or more, %",
        },
        "The sentences are short and made from templates, and what counts as toxic in them is one "
        "adjective or verb; real texts are longer and less plain.",
        "sentences",
    ),
}

LIMITS = (
    "These tests are narrow and disputed. They hold few sentences, in English, about groups as "
    "they are spoken of in the United States, and ask nothing of how the model treats anyone where "
    "it is used. A figure near its ideal doesn’t show that a model has no stereotypes; a figure "
    "far from it shows that it has learnt some, or that the test’s sentences differ in other ways. "
    "Scores of masked and of causal models, and of different tests, can’t be set beside each other "
    "(Blodgett et al. 2021, “Stereotyping Norwegian Salmon: An Inventory of Pitfalls in Fairness "
    "Benchmark Datasets”, ACL)."
)
