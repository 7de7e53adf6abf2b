"""Searches of many rows that go on together, so that the model answers all of them at once.

A search is a generator: it yields what it asks, is sent the answer, and returns what it found. So
it is written as if there were only one row, and still every batch is full.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")
Result = TypeVar("Result")


def together(
    searches: Sequence[Generator[Question, Answer, Result]],
    answer: Callable[[list[tuple[int, Question]]], list[Answer]],
    done: Callable[[int], None] = lambda count: None,
) -> list[Result]:
    """Carry searches out side by side.

    Parameters
    ----------
    searches
        One for each row.
    answer
        Answers what the searches ask in one round: pairs of a search's number and its question, in
        the searches' order.
    done
        Told after each round how many searches have ended.

    Returns
    -------
    list
        What each search returned, in their order.
    """
    found: dict[int, Result] = {}
    waiting: dict[int, Question] = {}
    for place, search in enumerate(searches):
        try:
            waiting[place] = next(search)
        except StopIteration as end:
            found[place] = end.value
    while waiting:
        asked, waiting = list(waiting.items()), {}
        for (place, _), told in zip(asked, answer(asked), strict=True):
            try:
                waiting[place] = searches[place].send(told)
            except StopIteration as end:
                found[place] = end.value
        done(len(found))
    return [found[place] for place in range(len(searches))]
