"""A few attributions, timed, from which the time of all is reckoned."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.dataset import Dataset, pick
from .attribute import explain_samples
from .spec import ExplainSpec

ENCODED = 2000
"""Rows whose lengths are looked at, at most."""


def explain_seconds(
    model: Any,
    tokenizer: Any,
    dataset: Dataset,
    spec: ExplainSpec,
    *,
    labels: Sequence[str],
    max_length: int,
    patience: float,
) -> tuple[float, int]:
    """Time attributions of about one batch of rows, spread evenly over their lengths.

    Each row gets the fewest steps of integration. How often they are doubled is reckoned from the
    share of rows that this leaves above the tolerance.

    Parameters
    ----------
    model, tokenizer
        In evaluation mode, on its device.
    dataset
        The rows that would be explained; at least one.
    spec, labels, max_length
        As `explain_samples` takes them.
    patience
        Seconds that this may take, roughly; a single row is timed in any case.

    Returns
    -------
    Seconds for all rows by one method, and the rows that were timed.
    """
    from ..core.predict import tokens_at_once
    from ..multimodal.text.encode import encode

    known = dataset.take(pick(dataset.ids, ENCODED))
    lengths = encode(tokenizer, known.samples(), max_length).lengths
    ordered = np.argsort(lengths, kind="stable")
    room = max(int(tokens_at_once(model) / spec.steps / lengths.mean()), 4)
    spread = ordered[pick(known.ids, room)]
    calls: list[float] = []
    once = spec.model_copy(update={"max_steps": spec.steps})
    for rows in (spread[:1], spread[:1], spread):  # the first call warms up
        begun = time.perf_counter()
        found = explain_samples(
            model, tokenizer, known.take(rows), once, labels=labels, max_length=max_length
        )
        calls.append(time.perf_counter() - begun)
        timed = rows
        # A single row is enough where a batch of them would take too long.
        if len(calls) == 2 and calls[1] * len(spread) > 3 * patience:
            break
    seconds = calls[-1]
    missed = sum(not one.converged for one in found)
    steps = expected_steps(spec.steps, spec.max_steps, (missed + 1) / (len(found) + 2))
    a_token = seconds / int(lengths[timed].sum()) * steps / spec.steps
    return float(a_token * lengths.mean() * len(dataset)), len(timed)


def expected_steps(steps: int, most: int, failing: float) -> float:
    """Return the steps that a row is likely to cost, which are doubled while it is not exact.

    Parameters
    ----------
    steps, most
        Steps of the first try, and the most of one try.
    failing
        Share of the rows that miss the tolerance at the first try. Of those tried again half as
        many miss it, and half of that the next time, as `integrated_gradients` reckons too.
    """
    if steps >= most:
        return float(steps)
    return steps + failing * expected_steps(min(2 * steps, most), most, failing / 2)
