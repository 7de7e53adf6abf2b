"""What would have to be different for another answer: for rows of a run, kind by kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...core.dataset import Dataset, pick
from ...core.events import Clock, Emit, Progress, silent
from ...core.runs import Run
from ...core.spec import Rows
from ...errors import DataError, nearest, paragraph
from ..attribution import Drawn
from ..opened import Opened, open_run
from ..spec import ExplainSpec
from ..subject import KEPT
from .found import Counterfactual
from .rows import Asking, check_task

KINDS = ("remove", "keep", "swap", "neighbour")
"""What can be asked for."""

NEIGHBOURS = 3
"""Nearest rows that are told of."""

SEEN = 20_000
"""Training rows whose words are counted, at most."""


def counterfactuals(
    run: Run | str | Path,
    rows: Rows | None = None,
    kinds: Sequence[str] = KINDS,
    *,
    masked_lm: str | None = None,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Counterfactual]:
    """Search for what would have to be different for another answer to a run's test rows.

    Parameters
    ----------
    run
        A run, or its folder.
    rows
        A number, ``"a:b"``, ``"all"`` or a list of ids; the recipe's `explain.rows` if left out.
    kinds
        Some of `KINDS`. ``remove``: the fewest segments without which the answer changes; ``keep``:
        the fewest that alone keep it; ``swap``: the fewest words in place of which others change
        it; ``neighbour``: the nearest training rows with another label or answer.
    masked_lm
        Folder or hub id of a masked language model, which proposes words in place of others. Words
        of the training rows that stand between the same neighbours are taken if left out.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    list of Counterfactual
        One for each row, in the order of the rows. The class with the highest score is the answer;
        a threshold that `pellucid decide` set plays no part.

    Raises
    ------
    RunError
        If the run has no model yet, or its data changed since.
    ModelError
        If its answers are no classes, or the masked language model can't be used.
    DataError
        If a row or a kind is not there.
    """
    _check_kinds(kinds)
    run = run if isinstance(run, Run) else Run.open(run)
    spec = run.section("explain", ExplainSpec)
    opened = open_run(run)
    check_task(opened)
    dataset = run.dataset()
    test = dataset.take(dataset.rows("test"))
    chosen = test.take(pick(test.ids, spec.rows if rows is None else rows))
    train = dataset.take(dataset.rows("train"))
    return search_rows(
        opened, chosen, train, spec, kinds, masked_lm=masked_lm, emit=emit, check=check
    )


def search_rows(
    opened: Opened,
    dataset: Dataset,
    train: Dataset,
    spec: ExplainSpec,
    kinds: Sequence[str] = KINDS,
    *,
    masked_lm: str | None = None,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Counterfactual]:
    """Search for counterfactuals of the rows of a dataset, as many at a time as are kept in memory.

    Parameters
    ----------
    opened
        The model.
    dataset, train
        The rows, and those that neighbours and words are taken from.
    spec
        How segments are cut, and what stands for those that are left out.
    kinds, masked_lm, emit, check
        As in `counterfactuals`.
    """
    searches = _searches(opened, train, kinds, masked_lm, check)
    total = len(dataset) * len(searches)
    clock, furthest = Clock(total), 0
    out: list[Counterfactual] = []
    for first in range(0, len(dataset), KEPT):
        some = dataset.take(np.arange(first, min(first + KEPT, len(dataset))))
        asking = Asking.of(opened, some, spec, check)
        told = {}
        for number, (kind, search) in enumerate(searches.items()):
            before = first * len(searches) + number * len(some)

            def tell(count: int, before: int = before) -> None:
                nonlocal furthest
                furthest = max(furthest, before + count)
                if clock.due() or furthest == total:
                    remaining = clock.remaining(furthest)
                    emit(
                        Progress(
                            step="counterfactuals",
                            done=furthest,
                            total=total,
                            remaining=remaining,
                        )
                    )

            told[kind] = search(asking, tell)
        out += [_row(asking, row, told) for row in range(len(some))]
    return out


def _searches(
    opened: Opened,
    train: Dataset,
    kinds: Sequence[str],
    masked_lm: str | None,
    check: Callable[[], None],
) -> dict[str, Callable[[Asking, Callable[[int], None]], Any]]:
    """Return the search of each kind, with what all rows share made once."""
    from . import kinds as of

    found: dict[str, Callable[[Asking, Callable[[int], None]], of.Told]] = {}
    for kind in dict.fromkeys(kinds):
        if kind in ("remove", "keep"):
            found[kind] = partial(of.left_out, kept=kind == "keep")
        elif kind == "swap":
            found[kind] = partial(of.swapped, substitutes=_substitutes(opened, train, masked_lm))
        else:
            known = of.Known.of(opened, train, check)
            found[kind] = partial(of.neighbours, known=known, count=NEIGHBOURS)
    return found


def _substitutes(opened: Opened, train: Dataset, masked_lm: str | None) -> Any:
    from ...multimodal.text.substitutes import MaskedWords, SeenWords

    if masked_lm is not None:
        return MaskedWords.load(masked_lm, next(opened.model.parameters()).device.type)
    own = [place for place, kind in enumerate(train.modalities.values()) if kind == "text"]
    seen = train.take(pick(train.ids, SEEN)) if len(train) else train
    return SeenWords([tuple(sample[place] for place in own) for sample in seen.samples()])


def _row(asking: Asking, row: int, told: dict[str, Any]) -> Counterfactual:
    pieces = asking.asked.subject.cut(row)
    dataset = asking.dataset
    return Counterfactual(
        id=str(dataset.ids[row]),
        label=asking.asked.labels[row],
        split=str(dataset.split[row]),
        answer=asking.answer(asking.numbers[row]),
        names=pieces.names,
        drawn=tuple(
            Drawn(piece.modality, piece.columns, len(piece), piece.segmented.outline.as_json())
            for piece in pieces.pieces
        ),
        cells={name: cells[row] for name, cells in dataset.inputs.items()},
        remove=_found(told, "remove", row),
        keep=_found(told, "keep", row),
        swap=_found(told, "swap", row),
        neighbours=_found(told, "neighbour", row) or (),
        missing={kind: one.missing[row] for kind, one in told.items() if row in one.missing},
        evaluations=sum(one.evaluations.get(row, 0) for one in told.values()),
    )


def _found(told: dict[str, Any], kind: str, row: int) -> Any:
    return told[kind].found.get(row) if kind in told else None


def _check_kinds(kinds: Sequence[str]) -> None:
    for kind in kinds:
        if kind not in KINDS:
            raise DataError(
                paragraph(
                    f"kind “{kind}”",
                    f"there is no such counterfactual ({nearest(kind, KINDS)})",
                    f"Choose some of {', '.join(KINDS)}",
                )
            )
    if not kinds:
        raise DataError(paragraph("kinds", "none is named", f"Choose some of {', '.join(KINDS)}"))
