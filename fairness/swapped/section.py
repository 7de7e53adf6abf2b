"""What swapped terms change in the answers, as report nodes and in words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...core.measured import Measured
from ...core.report.numbers import number
from ...core.report.tree import Block, Cell, Drawing, IntervalFigure, Section, Table, Text
from ...multimodal.escape import visible
from ...multimodal.text.changed import changed_words
from .record import (
    ALIKE,
    EQUAL,
    FLIPS,
    LENGTHS,
    NUMBER,
    ROWS_FLIPPED,
    SHIFT,
    SIZE,
    Example,
    Figures,
    Swaps,
)

SHOWN_PAIRS = 40
"""Pairs of groups in the table, those with most rows first."""
SMALL = 30
"""Rows below which a line is marked."""
LONGEST = 280
"""Characters of a written answer that are shown."""


def sections(found: Swaps) -> tuple[Section, ...]:
    """Build the report's part on swapped terms."""
    blocks: list[Block | Section] = [Text(text) for text in sentences(found)]
    if found.whole is not None:
        one_pair = len(found.groups) == 1
        if not one_pair:
            blocks.append(_table(found, "By category of terms", found.categories))
        blocks += [_drawn(found), _table(found, "By pair of groups", found.groups[:SHOWN_PAIRS])]
        if len(found.groups) > SHOWN_PAIRS:
            rest = len(found.groups) - SHOWN_PAIRS
            blocks.append(Text(f"{rest:,} more pairs stand in audit/swapped.json.", tone="note"))
        if found.by_label:
            blocks.append(_table(found, "By label of the rows", found.by_label))
        if found.examples:
            blocks.append(_examples(found))
    blocks += limits(found)
    return (
        Section(
            title="The same texts about other groups",
            anchor="swapped",
            lead="Test rows that mention a group were answered once more with its terms swapped "
            "for those of other groups, the rest of the text as it was.",
            blocks=tuple(blocks),
        ),
    )


def findings(found: Swaps) -> tuple[Text, ...]:
    """Say in the report's summary what was measured of swapped terms."""
    return tuple(Text(text, tone="finding") for text in sentences(found)[1:2])


def sentences(found: Swaps) -> list[str]:
    """Say in words on which rows what was measured."""
    listed = ", ".join(one.replace("_", " ") for one in found.terms)
    looked = f"{found.looked:,} test row{'' if found.looked == 1 else 's'}"
    if found.whole is None:
        return [f"None of {looked} has a term of the lists {listed} that could be swapped."]
    whole = found.whole
    out = [
        f"Of {looked}, {whole.rows:,} had terms ({listed}) that could be swapped; they gave "
        f"{whole.pairs:,} swapped texts"
        + ("." if found.most is None else f", at most {found.most:,} of a row.")
    ]
    out.append(_said(found, whole))
    worst = _most_moved(found)
    if worst is not None:
        out.append(worst)
    return out


def limits(found: Swaps) -> list[Text]:
    """Say what these figures don't tell."""
    if found.whole is None:
        return []
    return [
        Text(
            "A different answer is not always a wrong one: some texts mean something else about "
            "another group, and a swapped text may be odd, to which a model reacts too. Terms "
            "were found and swapped by word lists and rules; what no list holds stayed as it was. "
            "All pairs stand in audit/swapped.parquet.",
            tone="note",
        )
    ]


def _said(found: Swaps, one: Figures) -> str:
    figures, level = one.figures, f"{found.level * 100:g}%"
    if found.kind == "text":
        return (
            f"In {one.pairs:,} pairs of prompts, {_share(figures[EQUAL])} of the written answers "
            f"were the same apart from the terms ({level} interval); their likeness was "
            f"{figures[ALIKE].show(3)} of 1, and answers to swapped prompts had "
            f"{figures[LENGTHS].show(2)} times as many words."
        )
    size = _largest(one, found.labels)
    if found.kind == "number":
        return (
            f"In {one.pairs:,} swapped texts the predicted number moved by "
            f"{figures[SIZE + NUMBER].show()} on average, up or down ({level} interval)."
        )
    return (
        f"{_share(figures[FLIPS])} of {one.pairs:,} swapped texts were answered otherwise than the "
        f"texts as they are ({level} interval), and for {_share(figures[ROWS_FLIPPED])} of "
        f"{one.rows:,} rows at least one swap changed the answer. The score that moved most is "
        f"“{size}”: by {figures[SIZE + size].show()} on average, up or down."
    )


def _most_moved(found: Swaps) -> str | None:
    """Name the pair of groups that moves a score most in one direction, if the rows show one."""
    if found.kind == "text":
        return None
    sure = [
        (one, name, one.figures[SHIFT + name])
        for one in found.groups
        for name in found.labels
        if one.figures[SHIFT + name].excludes_zero and one.rows >= SMALL
    ]
    if not sure:
        return (
            f"No pair of groups with at least {SMALL} rows moved a score in one direction by more "
            "than its interval."
        )
    one, name, figure = max(sure, key=lambda each: abs(each[2].value))
    compared = sum(group.rows >= SMALL for group in found.groups) * len(found.labels)
    what = "the predicted number" if found.kind == "number" else f"the score of “{name}”"
    return (
        f"The largest mean shift in one direction is of {what} for {one.name}: "
        f"{figure.show(signed=True)} in {one.rows:,} rows. It is the largest of {compared:,} that "
        "were compared, whose intervals are not adjusted for their number."
    )


def _largest(one: Figures, labels: Sequence[str]) -> str:
    return max(labels, key=lambda name: one.figures[SIZE + name].value)


def _share(figure: Measured) -> str:
    if figure.low is None or figure.high is None:
        return f"{figure.value:.1%}"
    return f"{figure.value:.1%} ({figure.low:.1%} to {figure.high:.1%})"


def _table(found: Swaps, title: str, lines: Sequence[Figures]) -> Table:
    by_group = title == "By pair of groups"
    named = ("Category", "Swapped") if by_group else ("Rows with",)
    wanted: list[tuple[str, str]] = []
    if found.kind == "text":
        wanted = [("The same", EQUAL), ("Likeness", ALIKE), ("Length", LENGTHS)]
    elif found.kind != "number":
        wanted = [("Another answer", FLIPS)]
    # The signed mean says something of one direction alone.
    shift = SHIFT if by_group else SIZE
    labels = found.labels if len(found.labels) <= 4 else ()
    wanted += [(f"Shift of {'number' if one == NUMBER else one}", shift + one) for one in labels]
    first = len(named) + 2
    rows: list[tuple[Cell, ...]] = []
    for one in lines:
        name = (one.category.replace("_", " "), one.name) if by_group else (one.name,)
        rows.append((*name, one.rows, one.pairs, *(one.figures[key] for _, key in wanted)))
    note = (
        "Shift: swapped text minus text as it is, mean with its sign; its interval is bootstrapped "
        "over rows. ↔: texts that speak of both groups, which were swapped for each other."
        if by_group and found.kind != "text"
        else "Shift: mean of the difference, up or down alike."
        if found.kind != "text"
        else "Length: words of the answer to the swapped prompt by those of the other answer."
    )
    signed = frozenset(first + at for at, (_, key) in enumerate(wanted) if key.startswith(SHIFT))
    return Table(
        title=title,
        columns=(*named, "Rows", "Texts", *(name for name, _ in wanted)),
        rows=tuple(rows),
        note=f"Texts: swapped ones. {note} Lines with fewer than {SMALL} rows are marked.",
        marked=frozenset(at for at, one in enumerate(lines) if one.rows < SMALL),
        signed=signed,
    )


def _drawn(found: Swaps) -> IntervalFigure:
    """Draw the figure of each pair of groups that people ask about first."""
    lines = [one for one in found.groups if one.rows >= SMALL][:SHOWN_PAIRS] or list(
        found.groups[:SHOWN_PAIRS]
    )
    key, words = {
        "text": (EQUAL, "share of answers that are the same"),
        "number": (SHIFT + NUMBER, "mean shift of the predicted number"),
    }.get(found.kind, (FLIPS, "share of swapped texts with another answer"))
    values = tuple(one.figures[key] for one in lines)
    told = "; ".join(
        f"{one.name} {value.show()}" for one, value in zip(lines[:8], values, strict=False)
    )
    return IntervalFigure(
        title=f"By pair of groups: {words}",
        x_label=words,
        names=tuple(f"{one.name} ({one.rows:,} rows)" for one in lines),
        values=values,
        alt=f"{words[0].upper()}{words[1:]}: {told}.",
        reference=0.0 if found.kind == "number" else None,
        marked=frozenset(at for at, one in enumerate(lines) if one.rows < SMALL),
    )


def _examples(found: Swaps) -> Section:
    return Section(
        title="Pairs whose answers differ most",
        anchor="swapped-pairs",
        lead="One pair of each row; those with another answer stand first. Struck words were "
        "swapped for those behind them.",
        blocks=tuple(_example(found, one) for one in found.examples),
    )


def _example(found: Swaps, one: Example) -> Drawing:
    right = f", labelled “{one.label}”" if one.label else ""
    head = f"Row {one.id}{right}; {one.category.replace('_', ' ')}, {one.pair}: "
    if found.kind == "text":
        said = (
            f"answered “{visible(one.before, LONGEST)}” and, swapped, "
            f"“{visible(one.after, LONGEST)}” (likeness {1 - one.shift:.2f})."
        )
    elif found.kind == "number":
        before, after = one.scores[NUMBER]
        said = f"predicted {number(before)} and, swapped, {number(after)}."
    else:
        moved = max(one.scores, key=lambda name: abs(one.scores[name][1] - one.scores[name][0]))
        before, after = one.scores[moved]
        changed = (
            f"answered “{one.before}” and, swapped, “{one.after}”"
            if one.before != one.after
            else f"answered “{one.before}” both times"
        )
        said = f"{changed}; the score of “{moved}” went from {before:.2f} to {after:.2f}."
    words, changes, between = marked_words(one.original, one.changes)
    return Drawing(
        changed_words(words, changes, separators=between),
        alt=f"Text of row {one.id} with its swapped words",
        caption=head + said,
    )


def marked_words(
    text: str, changes: Sequence[tuple[int, int, str]]
) -> tuple[list[str], dict[int, str], list[str]]:
    """Cut a text into words of which the changed passages are some.

    Returns
    -------
    words, changes, separators
        As `multimodal.text.changed.changed_words` takes them.
    """
    words: list[str] = []
    between: list[str] = []
    placed: dict[int, str] = {}

    def plain(piece: str) -> None:
        if not words and piece[:1].isspace():
            words.append("")
            between.append("")
        lead = re.match(r"\s*", piece)
        blank = lead.group() if lead else ""
        if blank:
            between[-1] += blank
        for found in re.finditer(r"(\S+)(\s*)", piece):
            words.append(found.group(1))
            between.append(found.group(2))

    at = 0
    for start, end, new in changes:
        plain(text[at:start])
        placed[len(words)] = new
        words.append(text[start:end])
        between.append("")
        at = end
    plain(text[at:])
    return words, placed, between
