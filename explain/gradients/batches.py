"""Gradients at many points of many rows, as many at a time as suits the device.

What methods that follow the gradient differ in is the points at which they take it: the sample
itself, copies of it with noise, or what lies between it and its baseline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from ...core.batches import by_length
from ...core.events import Clock, Emit, Progress
from ...core.memory import in_halves
from ...core.predict import tokens_at_once
from ..leaves import Leaves, Started, Tensors
from ..scores import Scores
from ..subject import Subject, at_rest

Places = NDArray[np.int64]

HELD = 16
"""Portions of points whose rows are held at a time."""

Found = TypeVar("Found")

Inputs = Callable[[Started, Places], Tensors]
"""``inputs(some, chosen)``: points, of rows that stand for one point each, and their numbers."""


class Points:
    """Takes a model's answers and their gradients at points, in portions.

    Parameters
    ----------
    subject
        What is explained.
    told
        Called behind each portion with its tokens, padding left out.

    Attributes
    ----------
    leaves
        The subject as a function.
    budget
        Tokens of one portion, padding counted; fewer once memory ran out.
    """

    def __init__(self, subject: Subject, told: Callable[[int], None]) -> None:
        self.leaves = Leaves(subject)
        self.budget = tokens_at_once(subject.model)
        self._told = told

    def gradients(
        self, started: Started, places: Places, inputs: Inputs
    ) -> Iterator[tuple[Started, Places, NDArray[np.float64], Tensors]]:
        """Take gradients.

        Parameters
        ----------
        started
            Rows.
        places
            Which of these each point is of; shape (points,).
        inputs
            Makes the points of a portion.

        Yields
        ------
        For each portion its points as rows, their numbers, the target's number at each of them,
        and its gradients.
        """

        def answer(some: Started, chosen: Places) -> tuple[torch.Tensor, Tensors]:
            return self.leaves.gradients(inputs(some, chosen), some.others)

        for some, chosen, (outputs, slopes) in self.portions(started, places, answer):
            yield some, chosen, outputs.double().cpu().numpy(), slopes

    def outputs(self, started: Started, side: Callable[[Started], Tensors]) -> NDArray[np.float64]:
        """Return the target's number of each row, without gradients.

        Parameters
        ----------
        started
            Rows.
        side
            Returns the inputs or the baselines of a portion of them.
        """

        def answer(some: Started, chosen: Places) -> torch.Tensor:
            with torch.no_grad():
                return self.leaves.forward(*side(some), *some.others)

        out = np.empty(len(started.rows))
        for _, chosen, found in self.portions(started, np.arange(len(out)), answer):
            out[chosen] = found.double().cpu().numpy()
        return out

    def scores(
        self,
        started: Started,
        values: Tensors,
        evaluations: int,
        outputs: NDArray[np.float64] | None = None,
    ) -> list[Scores]:
        """Sum scores over segments.

        Parameters
        ----------
        started
            Rows.
        values
            Scores of their inputs' numbers, as `Leaves.summed` takes them.
        evaluations
            Points of each row.
        outputs
            The target's number on each sample; found out if left out.
        """
        if outputs is None:
            outputs = self.outputs(started, lambda some: some.inputs)
        nothing = self.outputs(started, lambda some: some.baselines)
        return [
            Scores(found, rest, float(output), float(baseline_output), evaluations)
            for (found, rest), output, baseline_output in zip(
                self.leaves.summed(started, values), outputs, nothing, strict=True
            )
        ]

    def portions(
        self,
        started: Started,
        places: Places,
        answer: Callable[[Started, Places], Found],
        copies: int = 1,
    ) -> Iterator[tuple[Started, Places, Found]]:
        """Do something with points, as many at a time as fit.

        Parameters
        ----------
        started, places
            As `gradients` takes them.
        answer
            What is done with points as rows, and their numbers.
        copies
            How often each goes through the model at once.

        Yields
        ------
        Points as rows, their numbers, and what was answered.
        """
        lengths = self.leaves.subject.lengths[started.rows[places]] * copies
        batches = [
            group[chosen]
            for group in _groups(started, places)
            for chosen in by_length(lengths[group], self.budget)
        ]

        def portion(chosen: Places) -> tuple[Started, Found]:
            some = started.take(places[chosen])
            return some, answer(some, chosen)

        for every in batches:
            for chosen, (some, found) in in_halves(portion, every):
                if len(chosen) < len(every):
                    self.budget = min(self.budget, len(chosen) * int(lengths[chosen].max()))
                yield some, chosen, found
            self._told(int(lengths[every].sum()))


def _groups(started: Started, places: Places) -> list[Places]:
    """Say which points may go through the model together.

    Many models count places from the padding's start, so that padding at the left moves a text.
    Texts of one length have none.
    """
    if started.real is None or started.real[:, 0].all():
        return [np.arange(len(places))]
    widths = started.real.sum(axis=1)[places]
    return [np.flatnonzero(widths == width) for width in np.unique(widths)[::-1]]


class Sums:
    """Sums over the points of each row, of the shape of its inputs.

    Parameters
    ----------
    started
        The rows.
    """

    def __init__(self, started: Started) -> None:
        self._started = started
        self._sums: list[torch.Tensor] = []

    def add(self, some: Started, places: Places, values: Tensors) -> None:
        """Add what was found at points.

        Parameters
        ----------
        some, places
            The points as rows, and which of the rows each is of.
        values
            One tensor for each input; shapes (points, …).
        """
        started = self._started
        if not self._sums:
            self._sums = [
                one.new_zeros(
                    (len(started.rows), full.shape[1] if own else one.shape[1], *one.shape[2:])
                )
                if one.ndim > 1
                else one.new_zeros(len(started.rows))
                for one, full, own in zip(values, started.inputs, started.padded, strict=False)
            ]
        at = torch.from_numpy(places).to(values[0].device)
        for whole, one, own in zip(self._sums, values, started.padded, strict=False):
            (whole[:, some.room] if own else whole).index_add_(0, at, one)

    @property
    def sums(self) -> Tensors:
        """One tensor for each input."""
        return tuple(self._sums)


Explained = Callable[[Points, Started], list[Scores]]
"""Explains rows that go through the model together."""


def explained(
    subject: Subject,
    explain: Explained,
    *,
    copies: int,
    emit: Emit,
    check: Callable[[], None],
) -> list[Scores]:
    """Explain all rows, some of like length at a time.

    Parameters
    ----------
    subject
        What is explained; its model is left as it was found.
    explain
        What a method does.
    copies
        Points of one row, about.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    list of Scores
        In the rows' order.
    """
    lengths = subject.lengths
    out: dict[int, Scores] = {}
    work = _Work(int(lengths.sum()), copies)

    def told(tokens: int) -> None:
        work.spent += tokens
        tell()
        check()

    def tell(last: bool = False) -> None:
        if work.clock.due() or last:
            emit(work.progress(f"{len(out):,} of {len(lengths):,} rows"))

    with at_rest(subject.model):
        points = Points(subject, told)
        for every in by_length(lengths, max(HELD * points.budget // copies, 1)):
            for rows, started in in_halves(points.leaves.start, every):
                out |= zip(rows.tolist(), explain(points, started), strict=True)
                work.close(int(lengths[rows].sum()))
        tell(last=True)
    return [out[row] for row in range(len(lengths))]


class _Work:
    """How much is done, in tokens of the rows; those begun count by what they are likely to cost.

    Parameters
    ----------
    total
        Tokens of all rows.
    copies
        How often each goes through the model, as long as no row's cost is known.
    """

    def __init__(self, total: int, copies: int) -> None:
        self._total, self._copies = total, float(copies)
        self._done, self._paid, self._shown = 0, 0, 0
        self.spent = 0
        self.clock = Clock(total)

    def close(self, tokens: int) -> None:
        """Count rows as done."""
        self._done += tokens
        self._paid = self.spent
        self._copies = self._paid / self._done

    def progress(self, text: str) -> Progress:
        """Tell how far it is; the bar never runs backwards, though the estimate may grow."""
        begun = (self.spent - self._paid) / max(self._copies, 1.0)
        done = min(self._done + begun, self._total)
        self._shown = max(self._shown, int(done))
        return Progress(
            step="explain",
            done=self._shown,
            total=self._total,
            remaining=self.clock.remaining(done),
            text=text,
        )


def per_row(numbers: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Shape one number for each row so that it is multiplied with all numbers of the row."""
    return numbers.to(like).reshape(-1, *[1] * (like.ndim - 1))
