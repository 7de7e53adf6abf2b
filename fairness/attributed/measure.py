"""Comparing what answers rest on between groups, and between wrong and right answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...core.events import Clock, Emit, Progress, silent
from ...core.multiple import adjusted
from ...core.runs import Run
from ...errors import DataError, RecipeError, nearest, paragraph
from ..frame import GROUP
from ..groups import Grouping, group_column
from ..paired import between, mean_difference, rate
from .apart import Apart, apart
from .explained import WORDS, Explained, Finder, explained
from .maps import maps
from .record import LEAST, Against, Attributed, Compared, OnTerms
from .spec import AttributedSpec

Bools = NDArray[np.bool_]

TASKS = ("classification", "regression")
"""Tasks of whose rows one answer is explained each."""

MOST_GROUPS = 60
"""Groups of a column above which it names rows rather than groups."""


def compare_attributions(
    run: Run | str | Path,
    method: str | None = None,
    *,
    groups: Sequence[str] | None = None,
    target: str | None = None,
    terms: Sequence[str] | None = None,
    pattern: re.Pattern[str] | str | None = None,
    spec: AttributedSpec | None = None,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> Attributed:
    """Compare the attributions of a run's test rows between groups.

    Parameters
    ----------
    run
        A run that tells classes apart or answers with numbers, whose answers were explained, or its
        folder.
    method
        Of the attributions; the first that the run has if left out.
    groups
        Columns whose groups are compared; all of the run's if left out.
    target
        Rows that were explained for this answer alone; else each row counts for its own.
    terms
        Lists of words for people (`fairness.terms`), such as ``gender`` and ``religion``, whose
        share of the attribution is measured in each group.
    pattern
        More such words, as a regular expression.
    spec
        Everything else, and what is left out above.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Raises
    ------
    RunError
        If there are no such attributions.
    RecipeError
        If a column is not there, or the pattern is no regular expression.
    DataError
        If the task is another one, or there is no such list of terms.
    """
    run = run if isinstance(run, Run) else Run.open(run)
    if run.task not in TASKS:
        raise DataError(
            paragraph(
                str(run.path),
                f"attributions are compared by group where each row has one, and this run’s task "
                f"is {run.task}",
                f"Choose a run whose task is {' or '.join(TASKS)}",
            )
        )
    chosen = spec or AttributedSpec()
    named = None if groups is None else list(groups)
    listed = None if terms is None else list(terms)
    given = {"method": method, "groups": named, "target": target, "terms": listed}
    chosen = chosen.model_copy(update={name: one for name, one in given.items() if one is not None})
    sought = chosen.pattern if pattern is None else pattern
    finder = _finder(chosen.terms, sought)
    found = explained(run, chosen.method, target=chosen.target, terms=finder, check=check)
    grouped = _groupings(run, found, chosen.groups)
    wrong = found.label != found.prediction if run.task == "classification" else None
    pairs = list(_pairs(grouped, wrong, len(found)))
    clock, told = Clock(len(pairs)), []
    for done, pair in enumerate(pairs, start=1):
        told.append(apart(found, pair.own, pair.others, chosen))
        if clock.due() or done == len(pairs):
            left = clock.remaining(done)
            emit(Progress(step="attributed", done=done, total=len(pairs), remaining=left))
        check()
    compared = [
        _compared(found, pair, one, sure, chosen)
        for pair, one, sure in zip(pairs, told, _adjusted(pairs, told), strict=True)
    ]
    return Attributed(
        method=found.method,
        target=chosen.target,
        rows=len(found),
        noun=_noun(found),
        signed=bool(found.scores.min() < 0),
        compared=tuple(compared),
        terms=tuple(_on_terms(found, grouped, chosen)),
        sought=_said(chosen.terms, sought),
        confidence=chosen.confidence,
        permutations=chosen.permutations,
        replicates=chosen.replicates,
        small=chosen.small,
        seed=chosen.seed,
    )


@dataclass(frozen=True, eq=False)
class _Pair:
    """Two sets of rows that are compared, of shape (rows,) each."""

    column: str
    group: str
    against: Against
    own: Bools
    others: Bools


def _pairs(grouped: Sequence[Grouping], wrong: Bools | None, count: int) -> Iterator[_Pair]:
    """Yield the sets of rows that are compared, each with `LEAST` rows or more.

    Of two groups of a column the smaller one stands for both.
    """
    for one in grouped:
        sizes = np.bincount(one.codes, minlength=len(one.names))
        for code, group in enumerate(one.names):
            mirrored = len(one.names) == 2 and code != int(sizes.argmin())
            if not mirrored and min(sizes[code], count - sizes[code]) >= LEAST:
                own = one.codes == code
                yield _Pair(one.column, group, "others", own, ~own)
    if wrong is None:
        return
    for column, group, rows in _sets(grouped, count):
        if min((rows & wrong).sum(), (rows & ~wrong).sum()) >= LEAST:
            yield _Pair(column, group, "right", rows & wrong, rows & ~wrong)


def _sets(grouped: Sequence[Grouping], count: int) -> Iterator[tuple[str, str, Bools]]:
    """Yield all rows, then the rows of each group."""
    yield "", "", np.ones(count, bool)
    for one in grouped:
        for code, group in enumerate(one.names):
            yield one.column, group, one.codes == code


def _adjusted(pairs: Sequence[_Pair], told: Sequence[Apart]) -> list[NDArray[np.float64]]:
    """Adjust p-values over all spots of all comparisons that answer the same question."""
    out = [one.p_values for one in told]
    for against in get_args(Against):
        own = [place for place, pair in enumerate(pairs) if pair.against == against]
        if own:
            sure = adjusted(np.concatenate([told[place].p_values for place in own]))
            ends = np.cumsum([len(told[place].p_values) for place in own])[:-1]
            for place, part in zip(own, np.split(sure, ends), strict=True):
                out[place] = part
    return out


def _compared(
    found: Explained, pair: _Pair, one: Apart, sure: NDArray[np.float64], spec: AttributedSpec
) -> Compared:
    rows, other_rows = int(pair.own.sum()), int(pair.others.sum())
    return Compared(
        pair.column,
        pair.group,
        pair.against,
        rows,
        other_rows,
        min(rows, other_rows) < spec.small,
        len(one.spots),
        one.adjusted(sure),
        maps(found, pair.own, pair.others),
    )


def _on_terms(
    found: Explained, grouped: Sequence[Grouping], spec: AttributedSpec
) -> Iterator[OnTerms]:
    if found.terms is None or found.named is None:
        return
    for column, group, rows in _sets(grouped, len(found)):
        share = mean_difference(found.terms[rows], spec.confidence)
        rest = None
        if not rows.all():
            rest = between(share, mean_difference(found.terms[~rows], spec.confidence))
        if share.low is not None and share.high is not None:
            share = replace(share, low=max(share.low, 0.0), high=min(share.high, 1.0))
        holding = rate(found.named[rows], spec.confidence)
        yield OnTerms(column, group, int(rows.sum()), holding, share, rest)


def _groupings(run: Run, found: Explained, asked: Sequence[str] | None) -> list[Grouping]:
    """Read the groups of the explained rows from the run's predictions."""
    predictions = run.predictions()
    if "split" in predictions:
        predictions = predictions[predictions["split"] == "test"]
    known = [name[len(GROUP) :] for name in predictions.columns if name.startswith(GROUP)]
    wanted = known if asked is None else list(asked)
    for name in wanted:
        if name not in known:
            raise RecipeError(
                paragraph(
                    f"audit.attributed.groups: “{name}”",
                    f"the predictions have no such group column ({nearest(name, known)})",
                    "Name a column that stood under data.groups when the run was made",
                )
            )
    rows = predictions.drop_duplicates("id").set_index("id")
    missing = [one for one in found.ids.tolist() if one not in rows.index]
    if missing:
        raise DataError(
            paragraph(
                str(run.path),
                f"{len(missing):,} explained rows are not among the predicted test rows, such as "
                f"“{missing[0]}”",
                f"Run `pellucid evaluate {run.path}` and explain the rows again",
            )
        )
    own = rows.loc[found.ids.tolist()]
    out = [group_column(name, pd.Series(own[GROUP + name].to_numpy(object))) for name in wanted]
    for one in out:
        if len(one.names) > MOST_GROUPS:
            raise RecipeError(
                paragraph(
                    f"audit.attributed.groups: “{one.column}”",
                    f"it has {len(one.names):,} different values in {len(found):,} rows; at most "
                    f"{MOST_GROUPS} are compared",
                    "Name columns with fewer groups, or leave groups out",
                )
            )
    return out


def _said(terms: Sequence[str], pattern: re.Pattern[str] | str | None) -> str:
    """Say which terms were asked for."""
    known = pattern.pattern if isinstance(pattern, re.Pattern) else pattern
    return ", ".join([*terms, *([] if known is None else [f"“{known}”"])])


def _noun(found: Explained) -> str:
    words = {spot.modality in WORDS for spot in found.spots}
    return "word or place" if len(words) > 1 else "word" if True in words else "place"


def _finder(terms: Sequence[str], pattern: re.Pattern[str] | str | None) -> Finder | None:
    """Return what finds terms in a text: those of lists, and what a pattern matches."""
    from ..terms.lists import term_lists
    from ..terms.matching import matcher

    lists = [matcher(one) for one in term_lists(terms)] if terms else []
    known = _compiled(pattern)
    if not lists and known is None:
        return None

    def find(text: str) -> Iterator[tuple[int, int]]:
        for one in lists:
            yield from ((found.start, found.end) for found in one.find(text))
        if known is not None:
            yield from (match.span() for match in known.finditer(text))

    return find


def _compiled(terms: re.Pattern[str] | str | None) -> re.Pattern[str] | None:
    if terms is None or isinstance(terms, re.Pattern):
        return terms
    try:
        return re.compile(terms, re.IGNORECASE)
    except re.error as error:
        raise RecipeError(
            paragraph(
                f"audit.attributed.pattern: “{terms}”",
                f"this is no regular expression ({error})",
                r"Write it as Python's re does, such as \b(he|she)\b",
            )
        ) from None
