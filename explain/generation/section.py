"""Why a run's model wrote what it wrote, as report nodes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core.report.tree import Block, Drawing, Section, Table, Text
from ...multimodal.escape import visible
from ...multimodal.text.draw import word_map
from .draw import alt, heat_html
from .writing import Writing

TITLES = {
    "occlusion": "by how much each token of the answer becomes less likely where a segment of the "
    "prompt is replaced by the padding token, a piece of a picture by a neutral colour",
    "input_x_gradient": "the inputs times the gradients of each answer token’s log-probability; "
    "such scores need not add up to anything",
    "integrated_gradients": "integrated gradients of each answer token’s log-probability, from a "
    "prompt whose words are padding tokens and whose pictures are neutral",
}

WORDS_SHOWN = 10
"""Words in the table of what spoke most for answers."""

FEW = 2
"""Prompts in which a word has to stand to be ranked."""


def sections(writings: Sequence[Writing], *, maps: int) -> tuple[Section, ...]:
    """Build the report's part on what was written.

    Parameters
    ----------
    writings
        What was explained, by one method.
    maps
        Answers of which maps are drawn.
    """
    told = [one for one in writings if one.tokens]
    if not told:
        return ()
    blocks: list[Block] = [_strongest(told)]
    drawn = _spread(told, maps)
    if drawn:
        blocks.append(
            Text(
                "Each map first shows the prompt, coloured by what it did for the answer as a "
                "whole, then one row for each word of the prompt and one column for each word of "
                "the answer. Orange and a solid line spoke for it, blue and a dotted line against "
                "it."
            )
        )
    for one in drawn:
        blocks += _maps(one)
    method = told[0].method
    return (
        Section(
            title="Why the model wrote its answers",
            anchor="explain-writing",
            lead=f"{_rows(len(told))} explained by {method.replace('_', ' ')}: "
            f"{TITLES[method]}. Scores are in nats.",
            blocks=tuple(blocks),
        ),
    )


def findings(writings: Sequence[Writing]) -> tuple[Text, ...]:
    """Say in plain words what can't be relied on, and what the answers leant on."""
    told = [one for one in writings if one.tokens]
    out = []
    missed = sum(not converged(one) for one in told)
    if missed:
        settings = told[0].settings
        out.append(
            Text(
                f"The scores of {missed:,} of {_rows(len(told))} are rough: they miss the "
                f"difference that they must add up to by more than "
                f"{100 * float(settings['tolerance']):g}% after {settings['max_steps']:,} steps. "
                "explain.max_steps in the recipe raises that.",
                tone="warning",
            )
        )
    lost = [one for one in told if one.scores.size and not (one.whole > 0).any()]
    if lost:
        out.append(
            Text(
                f"In {_rows(len(lost))} of {len(told):,} no word of the prompt made the answer "
                "more likely: it follows from what the model learnt, whatever was asked.",
                tone="finding",
            )
        )
    return tuple(out)


def converged(one: Writing) -> bool:
    """Whether the scores add up, to the tolerance, where they should.

    The tolerance is a share of the largest difference of a token of the answer.
    """
    if not one.complete or not one.tokens:
        return True
    largest = max(float(np.abs(one.outputs - one.baseline_outputs).max()), 1e-3)
    error = float(np.abs(one.completeness_error).max())
    return error <= float(one.settings["tolerance"]) * largest


def _strongest(writings: Sequence[Writing]) -> Table:
    """Return the words whose share of the answers' scores is largest."""
    found: dict[str, list[float]] = {}
    for one in writings:
        own: dict[str, float] = {}
        texts = [span for drawn, span in one.spans if drawn.modality == "text"]
        for span in texts if one.settings["by"] == "words" else ():
            for text, score in zip(one.segments[span], one.whole[span], strict=True):
                if any(char.isalnum() for char in text):
                    own[text.lower()] = own.get(text.lower(), 0.0) + float(score)
        for text, score in own.items():
            found.setdefault(text, []).append(score)
    ranked = sorted(
        ((text, scores) for text, scores in found.items() if len(scores) >= FEW),
        key=lambda pair: -float(np.mean(pair[1])),
    )
    return Table(
        title="Words of prompts that spoke most for the answers",
        columns=("Word", "Prompts", "Mean score (nats)"),
        rows=tuple(
            (visible(text, 40), len(scores), float(np.mean(scores)))
            for text, scores in ranked[:WORDS_SHOWN]
        ),
        note=f"Over {_rows(len(writings))}; words that stand in at least {FEW} prompts. A score is "
        "summed over the tokens of the answer and the places of the word.",
        signed=frozenset({2}),
    )


def _maps(one: Writing) -> list[Block]:
    """Draw one answer: the prompt for all of it, then word by word, then its pictures."""
    by_word = one.by_word()
    blocks: list[Block] = []
    for outline, span in one.outlines():
        whole = one.whole[span]
        if hasattr(outline, "between"):
            html = word_map(outline.names, whole, separators=outline.between)
            what = "Words of the prompt with their scores for the answer"
        else:
            html = outline.html(whole)
            what = "Pieces of a picture with their scores for the answer"
        blocks.append(Drawing(html=html, alt=f"Row {one.id}: {what}", caption=_caption(one)))
    blocks.append(
        Drawing(
            html=heat_html(by_word),
            alt=f"Row {one.id}: {alt(by_word)}",
            caption=f"Row {one.id}: the answer word by word.",
        )
    )
    strongest = int(np.argmax(np.abs(by_word.scores).max(axis=1, initial=0)))
    for outline, span in by_word.outlines():
        if not hasattr(outline, "between"):
            token = visible(by_word.tokens[strongest].strip(), 40)
            blocks.append(
                Drawing(
                    html=outline.html(by_word.scores[strongest, span]),
                    alt=f"Row {one.id}: pieces of the picture for “{token}”",
                    caption=f"Row {one.id}: the picture for “{token}” alone.",
                )
            )
    return blocks


def _caption(one: Writing) -> str:
    said = f"wrote “{visible(one.answer.strip(), 200)}”"
    wanted = f", expected “{visible(one.label, 200)}”" if one.label else ""
    sure = float(one.outputs.sum())
    text = f"Row {one.id}: {said}{wanted}. Log-probability of the answer {sure:.2f} nats"
    if one.contrastive:
        text = (
            f"Row {one.id}: why “{visible(one.answer.strip(), 100)}” and not "
            f"“{visible(''.join(one.foils).strip(), 100)}”. Its log-probability is "
            f"{sure:+.2f} nats above the other’s"
        )
    rough = "" if converged(one) else " The scores are rough: they miss the tolerance."
    return f"{text}, {float(one.baseline_outputs.sum()):.2f} without the prompt’s segments.{rough}"


def _rows(count: int) -> str:
    return f"{count:,} {'answer' if count == 1 else 'answers'}"


def _spread(items: Sequence[Writing], count: int) -> list[Writing]:
    if count <= 0 or not items:
        return []
    places = np.unique(np.linspace(0, len(items) - 1, min(count, len(items))).round().astype(int))
    return [items[place] for place in places]
