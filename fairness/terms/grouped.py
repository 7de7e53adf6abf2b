"""Groups made from text: who is mentioned in which row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..groups import Grouping
from .lists import TermList
from .matching import matcher

NONE, SEVERAL = "none", "several"
MENTIONS = "mentions: "
"""Before a category: the name of the column that says which of its groups a row mentions."""
NO, YES = "no", "yes"


@dataclass(frozen=True, eq=False)
class Mentions:
    """Which terms of one list stand in which rows.

    Attributes
    ----------
    terms
        The list.
    count
        Number of rows.
    names
        The terms that were found, in lower case; all forms of a word are one term.
    groups
        The group of each, as its place in ``terms.groups``; shape (terms,).
    rows, found
        Row and term of each mention, once for each term of a row; shape (mentions,).
    """

    terms: TermList
    count: int
    names: tuple[str, ...]
    groups: NDArray[np.intp]
    rows: NDArray[np.intp]
    found: NDArray[np.intp]

    @cached_property
    def category(self) -> Grouping:
        """One sensitive column: the group that each row mentions, ``several`` or ``none``.

        Its groups stand in the order of the list; those without rows are left out.
        """
        most = len(self.terms.groups)
        pairs = np.unique(self.rows * most + self.groups[self.found])
        rows, groups = np.divmod(pairs, most)
        codes = np.full(self.count, most + 1, np.intp)
        codes[rows] = groups
        codes[np.flatnonzero(np.bincount(rows, minlength=self.count) > 1)] = most
        return _grouping(
            f"{MENTIONS}{self.terms.category}", (*self.terms.groups, SEVERAL, NONE), codes
        )

    def group(self, name: str) -> Grouping:
        """Return whether each row mentions a group, others or not."""
        hit = self.rows[self.groups[self.found] == self.terms.groups.index(name)]
        return self._said(f"mentions {self.terms.category}: {name}", hit)

    def term(self, name: str) -> Grouping:
        """Return whether each row has a term, as subgroup areas under the curve need it."""
        return self._said(f"mentions “{name}”", self.rows[self.found == self.names.index(name)])

    def named(self, least: int = 1) -> tuple[str, ...]:
        """Return the terms that stand in at least so many rows, the most frequent first."""
        counts = np.bincount(self.found, minlength=len(self.names))
        order = np.argsort(-counts, kind="stable")
        return tuple(self.names[at] for at in order if counts[at] >= least)

    def _said(self, column: str, rows: NDArray[np.intp]) -> Grouping:
        codes = np.zeros(self.count, np.intp)
        codes[rows] = 1
        return _grouping(column, (NO, YES), codes)


@dataclass(frozen=True, eq=False)
class TermGroups:
    """Groups made from text.

    Attributes
    ----------
    categories
        One sensitive column for each list: ``mentions: religion``.
    terms
        A yes or no for each term: ``mentions “muslim”``.
    """

    categories: tuple[Grouping, ...]
    terms: tuple[Grouping, ...]


def mentions(
    texts: Sequence[str] | NDArray[np.object_], terms: TermList, *, every_sense: bool = False
) -> Mentions:
    """Find the terms of a list in texts.

    Parameters
    ----------
    texts
        Shape (rows,); None counts as a text without terms.
    terms
        A list.
    every_sense
        Whether words such as “black” count also where the words around them don't say that people
        are meant, as in lists of templates.
    """
    place: dict[str, int] = {}
    groups: list[int] = []
    rows: list[int] = []
    found: list[int] = []
    for row, each in matcher(terms).find_all(texts, every_sense=every_sense):
        for term, group in sorted({(one.forms[0].term, one.group) for one in each}):
            code = place.setdefault(term, len(place))
            if code == len(groups):
                groups.append(terms.groups.index(group))
            rows.append(row)
            found.append(code)
    return Mentions(
        terms,
        len(texts),
        tuple(place),
        np.array(groups, np.intp),
        np.array(rows, np.intp),
        np.array(found, np.intp),
    )


def term_groups(
    texts: Sequence[str] | NDArray[np.object_],
    lists: Sequence[TermList],
    *,
    least: int = 1,
    every_sense: bool = False,
) -> TermGroups:
    """Make sensitive columns of what texts mention.

    Parameters
    ----------
    texts
        Shape (rows,).
    lists
        As `lists.term_lists` returns them.
    least
        Rows in which a term must stand to get a column of its own.
    every_sense
        As `mentions` takes it.
    """
    found = [mentions(texts, one, every_sense=every_sense) for one in lists]
    return TermGroups(
        tuple(one.category for one in found),
        tuple(one.term(name) for one in found for name in one.named(least)),
    )


def sample_texts(inputs: Mapping[str, NDArray[Any]], modalities: Mapping[str, str]) -> list[str]:
    """Return the text of each row, of several columns below one another; others are left out."""
    columns = [cells for name, cells in inputs.items() if modalities.get(name) == "text"]
    return ["\n".join(map(str, cells)) for cells in zip(*columns, strict=True)]


def _grouping(column: str, names: Sequence[str], codes: NDArray[np.intp]) -> Grouping:
    present = np.flatnonzero(np.bincount(codes, minlength=len(names)))
    lookup = np.zeros(len(names), np.intp)
    lookup[present] = np.arange(len(present))
    return Grouping(column, (column,), tuple(names[int(at)] for at in present), lookup[codes])
