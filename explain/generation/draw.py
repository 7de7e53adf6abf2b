"""Heatmaps of an answer over its prompt: a row for each segment, a column for each word or token.

Cells are coloured as words are (`multimodal.text.draw`): orange speaks for the token, blue against
it. The strongest carry their score and a line, solid where they speak for it and dotted where they
speak against it, so that the map can be read without colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from ...core.report.tree import HeatmapFigure
from ...multimodal.escape import visible
from ...multimodal.legend import STRONG, scale_html, signed
from ...multimodal.palette import LEVELS, level
from .writing import Writing

MOST_ROWS, MOST_COLUMNS = 40, 24
"""Segments and tokens that a map shows: the strongest, in their order."""

_NAME = 24


@dataclass(frozen=True, eq=False)
class Heat:
    """What a heatmap shows.

    Attributes
    ----------
    rows, columns
        What its rows and columns are called.
    own
        Whether each row is a part of the answer itself.
    scores
        Shape (rows, columns); what is not a number has no meaning and no colour.
    hidden
        How many weaker rows and columns are not shown.
    scale
        Absolute score that gets the strongest colour.
    places
        Number of each column's token.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    own: tuple[bool, ...]
    scores: NDArray[np.float64]
    hidden: tuple[int, int]
    scale: float
    places: tuple[int, ...]

    @property
    def note(self) -> str:
        """What is not shown, in words; empty where all is."""
        rows, columns = self.hidden
        parts = [
            f"{count:,} weaker {name if count == 1 else f'{name}s'}"
            for count, name in ((rows, "segment"), (columns, "token"))
            if count
        ]
        return f"… {' and '.join(parts)} not shown" if parts else ""


def heat(writing: Writing, scale: float | None = None, *, earlier: bool = True) -> Heat:
    """Choose what a heatmap of a writing shows; `Writing.by_word` makes one of words.

    Parameters
    ----------
    writing
        What is drawn; pieces of pictures are left to `Writing.outlines`.
    scale
        Absolute score that gets the strongest colour; the largest of the prompt's if left out. What
        the answer's own words say is often more, and would leave the prompt without colour.
    earlier
        Whether the answer's own words have rows too.
    """
    chosen = [
        place
        for one, span in writing.spans
        if one.modality == "text"
        for place in range(span.start, span.stop)
    ]
    scores = np.concatenate([writing.scores[:, chosen], writing.earlier], axis=1).T
    count = len(writing.tokens)
    names = [*(writing.segments[place] for place in chosen), *writing.tokens]
    own = np.arange(len(names)) >= len(chosen)
    later = np.zeros(scores.shape, bool)
    later[len(chosen) :] = np.arange(count)[:, None] >= np.arange(count)
    strength = np.abs(scores)
    if scale is None:
        prompt = strength[: len(chosen)]
        scale = float((prompt if prompt.any() else strength).max(initial=0))
    there = ~own | ((strength > 0).any(axis=1) & earlier)
    # Rows without any colour would hide those that have some; the words stand above the map.
    coloured = strength.max(axis=1, initial=0) > scale / (2 * LEVELS)
    rows = _strongest(np.where(there, strength.max(axis=1, initial=0), -1.0), MOST_ROWS)
    rows = rows[(there & coloured)[rows]]
    columns = _strongest(strength.sum(axis=0), MOST_COLUMNS)
    shown = np.where(later, np.nan, scores)[np.ix_(rows, columns)]
    titles = [
        f"{token} not {foil}" if foil != token else token
        for token, foil in zip(writing.tokens, writing.foils or writing.tokens, strict=True)
    ]
    return Heat(
        tuple(names[row] for row in rows),
        tuple(titles[column] for column in columns),
        tuple(bool(own[row]) for row in rows),
        shown,
        (int(there.sum()) - len(rows), count - len(columns)),
        scale,
        tuple(columns.tolist()),
    )


def heat_html(writing: Writing, scale: float | None = None) -> Markup:
    """Draw a heatmap as HTML without styles of its own; the page's stylesheet holds the colours.

    Parameters
    ----------
    writing, scale
        As for `heat`.

    Returns
    -------
    markupsafe.Markup
        One ``<div class="writing">`` with a table and its scale; everything from the data is
        escaped, and characters that act unseen are shown.
    """
    drawn = heat(writing, scale)
    heads = Markup("").join(
        Markup('<th scope="col">{}</th>').format(_name(one)) for one in drawn.columns
    )
    lines = []
    for name, own, scores in zip(drawn.rows, drawn.own, drawn.scores, strict=True):
        cells = Markup("").join(_cell(float(score), drawn.scale) for score in scores)
        kind = Markup(' class="own"') if own else Markup()
        lines.append(
            Markup('<tr{}><th scope="row">{}</th>{}</tr>').format(kind, _name(name), cells)
        )
    note = Markup('<p class="left-out">{}</p>').format(drawn.note) if drawn.note else Markup()
    return Markup(
        '<div class="writing"><div class="scroll" tabindex="0" role="group" '
        'aria-label="Heatmap of the answer over the prompt"><table><thead><tr>'
        "<td>prompt ↓ answer →</td>{}</tr></thead><tbody>{}</tbody></table></div>{}{}</div>"
    ).format(heads, Markup("").join(lines), note, scale_html(drawn.scale))


def figure(writing: Writing) -> HeatmapFigure:
    """Return a heatmap of the prompt as plain data, which `core.figures` draws as SVG and PNG."""
    drawn = heat(writing, earlier=False)
    return HeatmapFigure(
        title=f"Why “{visible(writing.answer, 80)}” was written",
        row_label="prompt",
        column_label="answer (nats)",
        rows=tuple(map(_name, drawn.rows)),
        columns=tuple(map(_name, drawn.columns)),
        values=drawn.scores,
        alt=alt(writing),
    )


def alt(writing: Writing) -> str:
    """Say in words what a heatmap shows: for each token the segment that speaks most for it."""
    drawn = heat(writing, earlier=False)
    told = []
    for place, column in enumerate(drawn.columns):
        scores = drawn.scores[:, place]
        if np.isfinite(scores).any() and np.nanmax(scores) > 0:
            best = int(np.nanargmax(scores))
            told.append(f"“{drawn.rows[best]}” for “{column}” ({signed(float(scores[best]))})")
    what = f"Scores of {len(drawn.rows)} segments for {len(drawn.columns)} parts of the answer"
    return f"{what}. Strongest: {', '.join(told[:12])}." if told else f"{what}."


def _cell(score: float, scale: float) -> Markup:
    if not np.isfinite(score):
        return Markup("<td></td>")
    step = level(score, scale)
    if not step:
        return Markup('<td title="{}"></td>').format(signed(score))
    strong = abs(step) >= STRONG
    kind = f"w {'p' if step > 0 else 'n'}{abs(step)}{' strong' if strong else ''}"
    return Markup('<td class="{}" title="{}">{}</td>').format(
        kind, signed(score), signed(score) if strong else ""
    )


def _name(text: str) -> str:
    return visible(text.strip() or text, _NAME)


def _strongest(strength: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    return np.sort(np.argsort(-strength, kind="stable")[:most])
