"""Which method serves best for a model, in words that say no more than was measured."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.report.numbers import number, true_minus
from .comparison import ALPHA, FRESH, RANDOM, Comparison, Difference
from .measures import GAIN, MEASURES, POINTING, SUFFICIENCY, UNEXPLAINED, UNTRAINED

STAYS = 0.5
"""Rank correlation with the untrained model above which a map is said to be similar."""

QUICKER = 1.5
"""How many times as long the recommended method takes before a quicker tie is named."""


FEWEST = 6
"""Rows below which no randomisation test can come to a p-value below `ALPHA`: 2 / 2**rows."""


def judged(found: Comparison) -> tuple[tuple[str, ...], str, tuple[str, ...], tuple[str, ...]]:
    """Rank methods by the area between insertion and deletion, and say what can be said.

    Parameters
    ----------
    found
        What was measured; its verdict is not looked at.

    Returns
    -------
    The methods, the largest area first; the one recommended, empty where none is better than random
    scores; those that can't be told from it; and sentences.
    """
    methods = [name for name in found.titles if name not in found.failed]
    ranked = tuple(sorted(methods, key=lambda name: -found.figures[name][GAIN].value))
    good = [name for name in ranked if _beats(found, name, RANDOM)]
    best = good[0] if good else ""
    tied = tuple(
        name
        for name in ranked
        if best
        and name != best
        and (one := found.difference(GAIN, best, name)) is not None
        and not one.significant
    )
    words = [
        *_first(found, best, tied, ranked),
        *_beside_random(found, ranked, good),
        *_learnt(found, ranked),
        *_others(found, best),
        *(
            f"{found.titles[name]} can't serve this model: {reason}"
            for name, reason in found.failed.items()
        ),
    ]
    return ranked, best, tied, tuple(words)


def _first(found: Comparison, best: str, tied: Sequence[str], ranked: Sequence[str]) -> list[str]:
    rows = f"{found.rows:,} {'row' if found.rows == 1 else 'rows'}"
    if not best:
        out = (
            f"On these {rows} none of the methods was shown to order segments better than chance, "
            "so none is recommended."
        )
        if found.rows < FEWEST:
            out += f" With fewer than {FEWEST} rows it can't be shown: compare on more."
        return [out]
    figure = found.figures[best][GAIN]
    out = (
        f"On these {rows} {found.titles[best]} is recommended for this model: its area between "
        f"insertion and deletion is {'the largest, ' if len(ranked) > 1 else ''}"
        f"{true_minus(figure.show())}, where random scores come to 0 on average."
    )
    if not tied:
        return [out]
    names = _listed([found.titles[name] for name in tied])
    told = f"{names} can't be told from it on these rows (adjusted p of {ALPHA:g} or above)."
    quickest = min(tied, key=lambda name: found.seconds[name])
    times = found.seconds[best] / max(found.seconds[quickest], 1e-9)
    if times >= QUICKER:
        told += f" Of these {found.titles[quickest]} took 1/{times:.2g} of its time."
    return [out, told]


def _beside_random(found: Comparison, ranked: Sequence[str], good: Sequence[str]) -> list[str]:
    poor = [name for name in ranked if name not in good]
    if not poor or not good:
        return []
    names = _listed([found.titles[name] for name in poor])
    return [f"Not shown to be better than random scores on these rows: {names}."]


def _learnt(found: Comparison, ranked: Sequence[str]) -> list[str]:
    out = []
    for name in ranked:
        figure = found.figures[name].get(UNTRAINED)
        if figure is not None and figure.value >= STAYS:
            out.append(
                f"{found.titles[name]} gives a similar map where the model has learnt nothing "
                f"(rank correlation {true_minus(figure.show(2))}): it shows the sample more than "
                "what was learnt."
            )
    same = [
        name
        for name in ranked
        if found.difference(GAIN, name, FRESH + name) is not None
        and not _beats(found, name, FRESH + name)
    ]
    if same:
        names = _listed([found.titles[name] for name in same])
        own = "its own map" if len(same) == 1 else "their own maps"
        out.append(f"Not shown to be better than {own} on a model that learnt nothing: {names}.")
    return out


def _others(found: Comparison, best: str) -> list[str]:
    """Say by which other measures another method is better than the one recommended."""
    if not best:
        return []
    out = []
    for measure in (SUFFICIENCY, UNEXPLAINED):
        better = [
            one
            for name in found.titles
            if name not in found.failed
            and name != best
            and (one := found.difference(measure, name, best)) is not None
            and one.better
        ]
        if better:
            names = _listed([f"{found.titles[one.first]} ({_by(one)})" for one in better])
            out.append(
                f"By {MEASURES[measure].title.lower()} other methods are better than "
                f"{found.titles[best]}: {names}."
            )
    pointing = {
        name: figures[POINTING].value
        for name, figures in found.figures.items()
        if POINTING in figures and name in found.titles
    }
    if pointing:
        first = max(pointing, key=lambda name: pointing[name])
        out.append(
            f"Where it is known what matters, {found.titles[first]} points at it most often: in "
            f"{pointing[first]:.1%} of these rows."
        )
    return out


def _beats(found: Comparison, name: str, control: str) -> bool:
    one = found.difference(GAIN, name, control)
    return one is not None and one.better


def _by(one: Difference) -> str:
    return f"{number(one.value.value, signed=True)}, adjusted p {number(one.adjusted)}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
