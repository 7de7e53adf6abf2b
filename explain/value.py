"""The one value function: what a model answers where some of a sample's segments are left out.

Shapley values, LIME, occlusion, counterfactuals and every measure of faithfulness ask for nothing
else. Copies of many rows go through the model together, those of similar length side by side, and
no copy goes through it twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from ..core.batches import by_length
from ..core.memory import in_halves
from ..core.predict import tokens_at_once
from .apart import answers
from .pieces import Keep
from .subject import Subject

REMEMBERED = 1 << 27
"""Bytes of answers that are remembered; beyond, all are forgotten."""

AT_ONCE = 1 << 13
"""Copies that are sorted by their length, and whose answers are fetched, at a time."""

MOST = {"cpu": 128}
"""Most copies of one batch, by device; elsewhere 512. On a CPU each of 512 pictures of 32 × 32
takes 1.3 times as long as one of 128, whose feature maps fit the cache (a small residual network).
"""

Asked = tuple[int, Keep]
"""A row and the segments that copies of it keep; shape (masks, segments)."""

Name = tuple[int, bytes]
"""A row and the segments that a copy of it keeps, as bits."""


class Value:
    """``value(row, keep)``: the numbers of a subject's answer on copies of a row.

    Parameters
    ----------
    subject
        Model and rows.
    check
        Raises where the job was cancelled; called before each batch.
    budget
        Tokens of one batch; what suits the device if left out.

    Attributes
    ----------
    answered
        Copies of each row that the model answered; shape (rows,).
    """

    def __init__(
        self,
        subject: Subject,
        *,
        check: Callable[[], None] = lambda: None,
        budget: int | None = None,
    ) -> None:
        self.subject = subject
        self.answered = np.zeros(len(subject), np.int64)
        self._check = check
        self._budget = budget or tokens_at_once(subject.model)
        self._answers = answers(subject)
        self._known: dict[Name, NDArray[np.float64]] = {}
        self._held = 0

    @property
    def evaluations(self) -> int:
        """Copies of all rows that the model answered."""
        return int(self.answered.sum())

    def __call__(self, row: int, keep: Keep) -> NDArray[np.float64]:
        """Return the target's number of each copy of one row; shape (masks,)."""
        return self.many([(row, keep)])[0]

    def many(self, asked: Sequence[Asked]) -> list[NDArray[np.float64]]:
        """Return the target's numbers for copies of several rows.

        Returns
        -------
        list of numpy.ndarray
            One of shape (masks,) for each pair, in their order.
        """
        targets = self.subject.targets
        return [
            found[:, targets[row]]
            for (row, _), found in zip(asked, self.numbers(asked), strict=True)
        ]

    def numbers(self, asked: Sequence[Asked]) -> list[NDArray[np.float64]]:
        """Return all numbers of the answer, not the target's alone; shape (masks, numbers) each."""
        if self._held > REMEMBERED:
            self._known, self._held = {}, 0
        masks = [np.asarray(keep, bool) for _, keep in asked]
        names = [
            [(row, one.tobytes()) for one in np.packbits(keep, axis=1)]
            for (row, _), keep in zip(asked, masks, strict=True)
        ]
        new: dict[Name, NDArray[np.bool_]] = {}
        for own, keep in zip(names, masks, strict=True):
            for name, one in zip(own, keep, strict=True):
                if name not in self._known:
                    new.setdefault(name, one)
        every = list(new.items())
        for first in range(0, len(every), AT_ONCE):
            self._answer(every[first : first + AT_ONCE])
        # Where nothing is asked it isn't known how many numbers there are; the target is one.
        nothing = np.empty((0, int(self.subject.targets.max(initial=0)) + 1))
        return [np.stack([self._known[name] for name in own]) if own else nothing for own in names]

    @torch.inference_mode()
    def _answer(self, new: list[tuple[Name, NDArray[np.bool_]]]) -> None:
        """Have the model answer copies that it has not seen."""
        rows = np.array([row for (row, _), _ in new], np.int64)
        order, found = [], []

        def answers_to(places: NDArray[np.int64]) -> torch.Tensor:
            return self._answers(rows[places], [new[place][1] for place in places])

        most = MOST.get(self.subject.place.type, 512)
        for chosen in by_length(self.subject.lengths[rows], self._budget, most):
            self._check()
            places = chosen[np.argsort(rows[chosen], kind="stable")]
            found += [one for _, one in in_halves(answers_to, places, self._less)]
            order.append(places)
        # The device is waited for here alone.
        numbers = torch.cat(found).double().cpu().numpy()
        for place, one in zip(np.concatenate(order).tolist(), numbers, strict=True):
            name = new[place][0]
            self._known[name] = one
            self._held += one.nbytes + len(name[1]) + 200
        self.answered += np.bincount(rows, minlength=len(self.answered))

    def _less(self) -> None:
        """Take smaller batches from now on."""
        self._budget = max(self._budget // 2, 1)
