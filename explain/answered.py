"""Answers that a model finds in a text: the piece that it points at is explained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..core.answer_metrics import accepted_texts
from ..core.dataset import Dataset
from ..multimodal.encode import Repeated
from ..multimodal.text.squad import read_answers
from ..multimodal.text.windows import Windows, best_spans
from .opened import Asked, Opened
from .outputs import SpanLogits
from .pieces import Piece, Pieces
from .spec import ExplainSpec
from .subject import Subject
from .targets import LABEL

ANSWER, NONE = "answer", "no answer"


@dataclass(frozen=True)
class _Place:
    """Where an answer stands: its window, its first and last token there, and its text."""

    window: int
    first: int
    last: int
    text: str


def ask(
    opened: Opened,
    dataset: Dataset,
    spec: ExplainSpec,
    *,
    check: Callable[[], None] = lambda: None,
) -> Asked:
    """Have a model answer questions, and explain the piece of text that it points at.

    What is explained is the sum of the logits of its first and its last token, in the window in
    which they are highest; of no answer those of the first token, which stands for it, in the
    window that is the surest to hold an answer.

    Parameters
    ----------
    opened, dataset, spec, check
        As `explain.opened.ask` takes them. The target ``label`` stands for the first of the
        answers that are accepted.
    """
    from ..core.tasks.spans import scored
    from ..multimodal.text.windows import windows

    settings = opened.spec.max_length, opened.spec.stride
    questions, contexts = (cells.tolist() for cells in dataset.inputs.values())
    truth = [
        None if cell is None else read_answers(cell, context)
        for cell, context in zip(dataset.label, contexts, strict=True)
    ]
    firsts = [(one[0].start, one[0].end) if one else None for one in truth]
    cut = windows(opened.processor, questions, contexts, firsts, *settings)
    scores, _ = scored(opened.model, cut, check=check)
    edges = np.searchsorted(cut.owner, np.arange(len(dataset) + 1))
    answers = [
        _best(cut, scores, range(edges[row], edges[row + 1]), context)
        for row, context in enumerate(contexts)
    ]
    places = answers
    if spec.target == LABEL:
        places = [
            _true(cut, range(edges[row], edges[row + 1]), contexts[row], firsts[row], scores)
            for row in range(len(dataset))
        ]
    chosen = np.array([one.window for one in places], np.int64)
    columns = tuple(dataset.modalities)

    def pieces(row: int) -> Pieces:
        from ..multimodal.text.window_segments import in_window

        segmented = in_window(
            opened.processor,
            cut.text,
            int(chosen[row]),
            int(chosen[row] - edges[row]),
            (questions[row], contexts[row]),
            instead=spec.baseline.text,
            max_length=settings[0],
            stride=settings[1],
        )
        return Pieces((Piece("text", columns, segmented),))

    read = SpanLogits(
        torch.tensor([[one.first, one.last] for one in places], dtype=torch.long).reshape(-1, 2),
        torch.from_numpy(cut.lengths[chosen]),
        cut.text.left,
    )
    subject = Subject(
        opened.model, Repeated(cut.text, chosen), pieces, np.zeros(len(dataset), np.int64), read
    )
    return Asked(
        subject,
        tuple(ANSWER if one.text else NONE for one in places),
        tuple(one.text or NONE for one in answers),
        tuple(_label(cell, one.text) for cell, one in zip(dataset.label, answers, strict=True)),
        np.arange(len(dataset)),
        tuple(one.text for one in places),
    )


def _label(cell: Any, answered: str) -> str:
    """Return the accepted answer: the one that was given, if it is among them, else the first."""
    if cell is None:
        return ""
    accepted = accepted_texts(cell) or [NONE]
    return answered if answered in accepted else accepted[0]


def _best(cut: Windows, scores: list[NDArray[np.float32]], own: range, context: str) -> _Place:
    """Find the best answer to a question over all of its windows."""
    first, last = ([scores[window][end] for window in own] for end in (0, 1))
    spans, nothing = best_spans(first, last, [cut.of(window) for window in own])
    if not spans or nothing > spans[0].score:
        return _nothing(own, scores)
    best = spans[0]
    places = [
        (float(scores[window][0][begin] + scores[window][1][end]), window, begin, end)
        for window in own
        for begin in np.flatnonzero(cut.of(window)[:, 0] == best.start).tolist()
        for end in np.flatnonzero(cut.of(window)[:, 1] == best.end).tolist()
        if begin <= end
    ]
    _, window, begin, end = max(places)
    return _Place(window, begin, end, context[best.start : best.end])


def _true(
    cut: Windows,
    own: range,
    context: str,
    answer: tuple[int, int] | None,
    scores: list[NDArray[np.float32]],
) -> _Place:
    """Find the first window that holds a row's answer whole."""
    for window in own:
        first, last = cut.targets[window].tolist()
        if last > 0 and answer is not None:
            return _Place(window, first, last, context[slice(*answer)])
    return _nothing(own, scores)


def _nothing(own: range, scores: list[NDArray[np.float32]]) -> _Place:
    surest = min(own, key=lambda window: float(scores[window][0][0] + scores[window][1][0]))
    return _Place(surest, 0, 0, "")
