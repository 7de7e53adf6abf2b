"""How an explanation is put in words: what was explained, how, and how far it can be relied on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .attribution import Attribution
from .methods import Method, methods

FIRST = "integrated_gradients"
"""The method whose sections are named by what they show alone."""


def caption(one: Attribution) -> str:
    """Say what was answered, and how far the scores can be relied on."""
    special = f", of which {one.special:+.2f} stands on the tokens that frame the text"
    special = special if abs(one.special) >= 0.005 else ""
    rough = "" if one.converged else " This is above the tolerance: take the scores as rough."
    said = f"Row {one.id}: answered {_answer(one)}. Scores for {_meant(one)}"
    effort = f"{one.evaluations:,} {_effort(one.evaluations, one)}"
    if not one.complete:
        return f"{said}, which need not add up to anything{special} ({effort})."
    return (
        f"{said}: they add up to {one.difference + one.completeness_error:+.2f} {unit_of(one)}"
        f"{special}, with an error of {one.completeness_error:+.3f} "
        f"({min(one.relative_error, 9.99):.1%}, {effort}).{rough}"
    )


def _answer(one: Attribution) -> str:
    if one.task == "regression":
        return one.prediction + (f" (labelled {one.label})" if one.label else "")
    said = {True: " (right)", False: f" (wrong, labelled “{one.label}”)", None: ""}
    return f"“{one.prediction}”{said[one.right]}"


def _meant(one: Attribution) -> str:
    if one.task == "extractive_qa":
        return f"the answer “{one.about}”" if one.about else "having no answer"
    return f"“{one.target}”" + (f" of “{one.about}”" if one.about else "")


def how(attributions: Iterable[Attribution]) -> str:
    """Say by which method all of these were explained, and how exactly.

    Parameters
    ----------
    attributions
        At least one, all by one method; gone through twice.
    """
    one = next(iter(attributions))
    by = method_of(one)
    few, many, missed = one.evaluations, one.evaluations, 0
    for each in attributions:
        few, many = min(few, each.evaluations), max(many, each.evaluations)
        missed += not each.converged
    number = f"{few:,}" if few == many else f"{few:,} to {many:,}"
    text = (
        f"{by.title} of {_explained(one)}, against a baseline of {_baseline(one)}. "
        f"{number} {_effort(many, one)}"
    )
    if not by.signed:
        text += "; scores are zero or above: they tell how much, and not whether for or against"
    if not one.complete:
        return text + "; they need not add up to the difference between the two answers."
    text += f"; the completeness error is at most {share(one.settings)} of the difference "
    rows = many_rows(attributions)
    if missed:
        return text + f"in all but {missed:,} of {rows}, which are kept and marked."
    return text + f"in all {rows}."


def method_of(one: Attribution) -> Method:
    """Return an attribution's method, also one that is known no more."""
    plain = Method(one.method, one.method, "", "values", one.complete, True, "")
    return methods().get(one.method, plain)


def _effort(count: int, one: Attribution) -> str:
    if one.method == FIRST:
        return "step" if count == 1 else "steps"
    return "evaluation" if count == 1 else "evaluations"


def _explained(one: Attribution) -> str:
    return {
        "regression": "the number that is answered",
        "token_classification": "the mean logit of an entity’s tags",
        "extractive_qa": "the logits of an answer’s first and last token",
    }.get(one.task, "the answer’s log-odds" if _odds(one) else "the answer’s logit")


def unit_of(one: Attribution) -> str:
    """Return what scores are counted in."""
    if one.task == "regression":
        return "in the answer’s own unit"
    return "log-odds" if _odds(one) else "logits"


def _odds(one: Attribution) -> bool:
    return one.settings.get("scale") == "log_odds"


def noun(one: Attribution) -> str:
    """Return what segments are called."""
    return "word" if {part.modality for part in one.drawn} <= {"text"} else "segment"


def _baseline(one: Attribution) -> str:
    """Say what stands for segments that are left out."""
    given = one.settings.get("baseline", "")
    if not isinstance(given, Mapping):
        return str(given)
    said = {
        "pad": "padding tokens",
        "mask": "tokens for hidden words",
        "mean": "the picture’s mean colour",
        "blur": "the picture blurred",
    }
    kinds = {part.modality for part in one.drawn}
    found = [
        "silence" if kind == "audio" else said.get(str(given.get(kind)), str(given.get(kind)))
        for kind in ("text", "image", "audio")
        if kind in kinds
    ]
    return " and ".join(found) or "nothing"


def titled(title: str, one: Attribution) -> str:
    """Add a method's name to a title, where it isn't the usual one."""
    return title if one.method == FIRST else f"{title}, by {method_of(one).title}"


def anchored(anchor: str, one: Attribution) -> str:
    """Add a method's name to an anchor, where it isn't the usual one."""
    return anchor if one.method == FIRST else f"{anchor}-{one.method.replace('_', '-')}"


def share(settings: Mapping[str, Any]) -> str:
    """Return the tolerance as a percentage."""
    return f"{100 * float(settings['tolerance']):g}%"


def many_rows(attributions: Iterable[Attribution]) -> str:
    """Return how many rows there are, and how many answers where these are more."""
    ids = [one.id for one in attributions]
    rows = len(set(ids))
    return rows_of(rows) if rows == len(ids) else f"{len(ids):,} answers to {rows_of(rows)}"


def rows_of(count: int, one: str = "", many: str = "") -> str:
    """Count rows in words, with a verb for one or for many behind."""
    verb = one if count == 1 else many
    return f"{count:,} {'row' if count == 1 else 'rows'}{' ' if verb else ''}{verb}"
