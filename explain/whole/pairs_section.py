"""Explained counterfactual pairs as report nodes: both maps of each, one below the other."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.report.tree import Block, Drawing, Section, Text
from ..attribution import Attribution
from ..drawn import shared_scale
from ..section import Cells, map_html
from .pairs import ExplainedPair


def sections(
    found: Sequence[ExplainedPair], *, cells: Cells = lambda row: {}
) -> tuple[Section, ...]:
    """Build the report's part on explained pairs.

    Parameters
    ----------
    found
        What `pairs.explain_pairs` returned.
    cells
        The cells of a row by column, by its id; pictures and sounds are drawn from them.
    """
    if not found:
        return ()
    scale = shared_scale([one for pair in found for one in pair.maps])
    blocks: list[Block | Section] = [
        Text(
            "Both texts of a pair are explained for the class whose score moved most, by the same "
            "method; all maps share one scale. A swapped word that carries much itself is one "
            "thing, other words that weigh more or less beside it are another."
        )
    ]
    blocks += [_pair(one, scale, cells) for one in found]
    return (
        Section(
            title="Why swapped texts are answered otherwise",
            anchor="explain-pairs",
            lead=f"The {len(found):,} swapped text{'' if len(found) == 1 else 's'} whose scores "
            "moved most, beside the text as it is.",
            blocks=tuple(blocks),
        ),
    )


def _pair(one: ExplainedPair, scale: float, cells: Cells) -> Section:
    first, second = one.maps
    target = "the number" if first.task == "regression" else f"“{first.target}”"
    return Section(
        title=f"Row {first.id}: {one.pair}",
        anchor=f"explain-pair-{first.id}",
        lead=f"{one.category.replace('_', ' ').capitalize()}; the score of {target} went from "
        f"{one.before:.3g} to {one.after:.3g}.",
        blocks=(
            _drawn(first, scale, "As it is", one.before, cells),
            _drawn(second, scale, "Swapped", one.after, cells),
        ),
    )


def _drawn(one: Attribution, scale: float, what: str, score: float, cells: Cells) -> Drawing:
    return Drawing(
        map_html(one, scale, cells),
        alt=f"{what}: words of row {one.id} with their scores for {one.target}",
        caption=f"{what}: answered “{one.prediction}”, {score:.3g}.",
    )
