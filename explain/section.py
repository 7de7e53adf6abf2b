"""The explanations of a run as report nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..core.report.tree import BarFigure, Drawing, Section, Table, Text
from .attribution import Attribution
from .importance import Importance

WORDS_SHOWN = 12


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
    return (_global(attributions, importances), _maps(attributions, maps))


def findings(
    attributions: Sequence[Attribution], importances: Mapping[str, Sequence[Importance]]
) -> tuple[Text, ...]:
    """Say in plain words which words speak most for each class."""
    if not attributions:
        return ()
    said = []
    for target, words in importances.items():
        named = ", ".join(f"“{one.word}”" for one in words[:6] if one.total > 0)
        if named:
            said.append(f"for “{target}” {named}")
    if not said:
        return ()
    rows = len(attributions)
    return (
        Text(
            f"Over {rows:,} explained test rows, the words that spoke most for an answer were "
            + "; ".join(said)
            + ". A word that should not matter for the answer, but stands here, may be a shortcut "
            "that the model learnt.",
            tone="finding",
        ),
    )


def _global(
    attributions: Sequence[Attribution], importances: Mapping[str, Sequence[Importance]]
) -> Section:
    blocks: list[BarFigure | Table | Text] = []
    for target, words in importances.items():
        shown = [one for one in words if one.total > 0][:WORDS_SHOWN]
        if not shown:
            continue
        rows = sum(one.target == target for one in attributions)
        blocks.append(
            BarFigure(
                title=f"Words that spoke for “{target}”",
                x_label="sum of scores over the rows (logits)",
                names=tuple(one.word for one in shown),
                values=tuple(one.total for one in shown),
                alt=f"Bars of the words with the largest sum of scores for {target}: "
                + ", ".join(f"{one.word} {one.total:.1f}" for one in shown),
            )
        )
        blocks.append(
            Table(
                title=f"The same words for “{target}”",
                columns=("Word", "Rows", "Mean score", "Mean share of the row"),
                rows=tuple((one.word, one.rows, one.mean, one.share) for one in shown),
                note=f"{rows:,} rows were explained for this answer. Intervals of the mean: 95%, "
                "normal approximation.",
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

    chosen = _choose(attributions, maps)
    scale = max((float(np.abs(one.scores).max(initial=0)) for one in chosen), default=1.0)
    blocks: list[Text | Drawing] = [
        Text(
            "Each word is coloured by its score: orange and underlined spoke for the answer, blue "
            "against it; all maps share one scale. Wrong answers come first.",
        )
    ]
    for one in chosen:
        right = "right" if one.label == one.prediction else f"wrong, labelled “{one.label}”"
        blocks.append(
            Drawing(
                html=word_map(
                    one.segments, one.scores, separators=one.separators, scale=scale or 1.0
                ),
                alt=f"Words of row {one.id} with their scores for {one.target}",
                caption=f"Row {one.id}: answered “{one.prediction}” ({right}). Scores for "
                f"“{one.target}”; they add up to {one.difference:+.2f} logits with an error of "
                f"{one.completeness_error:+.3f} ({one.relative_error:.1%}, {one.steps} steps).",
            )
        )
    return Section(
        title="Attribution maps",
        anchor="explain-maps",
        lead="Single rows of the test split, word by word.",
        blocks=tuple(blocks),
    )


def _how(attributions: Sequence[Attribution]) -> str:
    first = attributions[0]
    errors = np.array([one.relative_error for one in attributions])
    tolerance = float(first.settings["tolerance"])
    missed = int((errors > tolerance).sum())
    steps = [one.steps for one in attributions]
    text = (
        f"Integrated gradients of the answer's logit, against a baseline of "
        f"{first.settings['baseline']}. {min(steps)} to {max(steps)} steps; the completeness "
        f"error is at most {tolerance:.0%} of the difference "
    )
    if missed:
        return text + f"in all but {missed:,} of {len(errors):,} rows, which are kept and marked."
    return text + f"in all {len(errors):,} rows."


def _choose(attributions: Sequence[Attribution], maps: int) -> list[Attribution]:
    """Take wrong answers for one half, right ones for the other, spread over the rows."""
    wrong = [one for one in attributions if one.label != one.prediction]
    right = [one for one in attributions if one.label == one.prediction]
    some = wrong[: maps // 2]
    return [*some, *_spread(right, maps - len(some))]


def _spread(items: Sequence[Attribution], count: int) -> list[Attribution]:
    if count <= 0 or not items:
        return []
    places = np.unique(np.linspace(0, len(items) - 1, min(count, len(items))).round().astype(int))
    return [items[place] for place in places]
