"""The explanations of a run as report nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..core.report.tree import Drawing, IntervalFigure, Section, Table, Text
from .attribution import Attribution
from .importance import Importance

WORDS_SHOWN = 12
FEW = 5
"""Words in fewer rows are marked: their mean is rough."""
WORDS_NAMED = 6
"""Words of a class in the figure and table, and in the summary."""


def sections(
    attributions: Sequence[Attribution],
    importances: Mapping[str, Sequence[Importance]],
    *,
    maps: int,
) -> tuple[Section, ...]:
    """Build the report's part on explanations.

    Parameters
    ----------
    attributions
        What was explained.
    importances
        The most important words of each class.
    maps
        Attribution maps to draw.
    """
    if not attributions:
        return ()
    words = _global(attributions, importances)
    return (words, _maps(attributions, maps)) if maps else (words,)


def findings(
    attributions: Sequence[Attribution], importances: Mapping[str, Sequence[Importance]]
) -> tuple[Text, ...]:
    """Say in plain words which words speak most for each class, and what can't be relied on.

    A word is named only where the interval of its mean score lies above zero.
    """
    if not attributions:
        return ()
    named = [
        f"for “{target}” {words}"
        for target, found in importances.items()
        if (words := _sure(found))
    ]
    out = []
    if named:
        out.append(
            Text(
                f"Over {_rows(len(attributions))} of the test split that were explained, the words "
                f"that spoke most for an answer were {'; '.join(named)}. A word that should not "
                "matter for the answer, but stands here, may be a shortcut that the model learnt.",
                tone="finding",
            )
        )
    missed = sum(not one.converged for one in attributions)
    if missed:
        settings = attributions[0].settings
        out.append(
            Text(
                f"The word scores of {missed:,} of {_rows(len(attributions))} are rough: they miss "
                f"the difference that they must add up to by more than {_share(settings)} after "
                f"{settings['max_steps']:,} steps. explain.max_steps in the recipe raises that.",
                tone="warning",
            )
        )
    return tuple(out)


def chosen(attributions: Sequence[Attribution], maps: int) -> list[Attribution]:
    """Choose the rows whose maps are drawn: wrong answers first, then right ones.

    Wrong answers take half of the maps, more where there are too few right ones; both are spread
    evenly over the rows.

    Parameters
    ----------
    attributions
        What was explained.
    maps
        Most maps to draw.
    """
    wrong = [one for one in attributions if one.label != one.prediction]
    right = [one for one in attributions if one.label == one.prediction]
    first = min(len(wrong), max((maps + 1) // 2, maps - len(right)))
    return [*_spread(wrong, first), *_spread(right, maps - first)]


def _global(
    attributions: Sequence[Attribution], importances: Mapping[str, Sequence[Importance]]
) -> Section:
    blocks: list[IntervalFigure | Table | Text] = []
    for target, words in importances.items():
        shown = words[:WORDS_SHOWN]
        if not shown:
            continue
        rows = sum(one.target == target for one in attributions)
        few = frozenset(place for place, one in enumerate(shown) if one.rows < FEW)
        listed = ", ".join(f"{one.word} {one.mean.show(2, signed=True)}" for one in shown)
        blocks.append(
            IntervalFigure(
                title=f"Words that spoke for “{target}”",
                x_label="mean score in the rows that hold the word (logits)",
                names=tuple(one.word for one in shown),
                values=tuple(one.mean for one in shown),
                alt=f"Mean scores of the words that spoke most for {target}, with their "
                f"intervals: {listed}.",
                reference=0.0,
                marked=few,
            )
        )
        blocks.append(
            Table(
                title=f"The same words for “{target}”",
                columns=("Word", "Rows", "Mean score", "Mean share of the row"),
                rows=tuple((one.word, one.rows, one.mean, one.share) for one in shown),
                note=f"{_rows(rows, 'was', 'were')} explained for this answer. Words are in "
                "the order of their mean score less one standard error. Intervals: 95%, Student’s "
                "t, not adjusted for the number of words. The share is of the absolute scores of "
                "a row.",
                marked=few,
                signed=frozenset({2}),
            )
        )
    return Section(
        title="The most important words",
        anchor="explain-words",
        lead=_how(attributions),
        blocks=tuple(blocks)
        or (Text("No word stood in enough explained rows to be ranked.", tone="note"),),
    )


def _maps(attributions: Sequence[Attribution], maps: int) -> Section:
    # Drawn late: the drawing belongs to the modality.
    from ..multimodal.text.draw import word_map

    drawn = chosen(attributions, maps)
    scale = max((float(np.abs(one.scores).max(initial=0)) for one in drawn), default=1.0)
    wrong = any(one.label != one.prediction for one in drawn)
    blocks: list[Text | Drawing] = [
        Text(
            "Each word is coloured by its score: orange and underlined spoke for the answer, blue "
            "against it; all maps share one scale."
            + (" Wrong answers come first." if wrong else "")
        )
    ]
    for one in drawn:
        blocks.append(
            Drawing(
                html=word_map(
                    one.segments, one.scores, separators=one.separators, scale=scale or 1.0
                ),
                alt=f"Words of row {one.id} with their scores for {one.target}",
                caption=_caption(one),
            )
        )
    return Section(
        title="Attribution maps",
        anchor="explain-maps",
        lead=f"{_rows(len(drawn))} of the test split, word by word.",
        blocks=tuple(blocks),
    )


def _caption(one: Attribution) -> str:
    """Say what was answered, and how far the scores can be relied on."""
    right = "right" if one.label == one.prediction else f"wrong, labelled “{one.label}”"
    special = f", of which {one.special:+.2f} stands on the tokens that frame the text"
    rough = "" if one.converged else " This is above the tolerance: take the scores as rough."
    return (
        f"Row {one.id}: answered “{one.prediction}” ({right}). Scores for “{one.target}”: they add "
        f"up to {one.difference + one.completeness_error:+.2f} logits"
        f"{special if abs(one.special) >= 0.005 else ''}, with an error of "
        f"{one.completeness_error:+.3f} ({min(one.relative_error, 9.99):.1%}, {one.steps} steps)."
        f"{rough}"
    )


def _how(attributions: Sequence[Attribution]) -> str:
    settings = attributions[0].settings
    few, many = (end(one.steps for one in attributions) for end in (min, max))
    missed = sum(not one.converged for one in attributions)
    text = (
        "Integrated gradients of the answer’s logit, against a baseline of "
        f"{settings['baseline']}. {few if few == many else f'{few} to {many}'} steps; the "
        f"completeness error is at most {_share(settings)} of the difference "
    )
    if missed:
        return text + (
            f"in all but {missed:,} of {_rows(len(attributions))}, which are kept and marked."
        )
    return text + f"in all {_rows(len(attributions))}."


def _sure(words: Sequence[Importance]) -> str:
    return ", ".join(f"“{one.word}”" for one in words[:WORDS_NAMED] if one.mean.excludes_zero)


def _share(settings: Mapping[str, Any]) -> str:
    return f"{100 * float(settings['tolerance']):g}%"


def _rows(count: int, one: str = "", many: str = "") -> str:
    verb = one if count == 1 else many
    return f"{count:,} {'row' if count == 1 else 'rows'}{' ' if verb else ''}{verb}"


def _spread(items: Sequence[Attribution], count: int) -> list[Attribution]:
    if count <= 0 or not items:
        return []
    places = np.unique(np.linspace(0, len(items) - 1, min(count, len(items))).round().astype(int))
    return [items[place] for place in places]
