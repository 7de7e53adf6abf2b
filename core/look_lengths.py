"""How long a table's inputs are in tokens, measured on rows spread evenly over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..errors import ModelError
from ..multimodal.text.lengths import most_tokens, token_lengths, tokenizer_folder
from .look import Lengths

MOST_ROWS, FEWEST_ROWS = 50_000, 500
MOST_CHARACTERS = 30_000_000
"""About how many characters the measured rows hold together, so that it takes seconds."""
MOST_BINS = 40


def measure(
    inputs: Sequence[Any], full: NDArray[np.int64], model: str, max_length: int
) -> tuple[Lengths | None, str | None]:
    """Count the tokens of at most 50,000 rows, fewer where texts are very long.

    Parameters
    ----------
    inputs
        Texts of each input column, as Arrow arrays of shape (rows,).
    full
        The rows of which no input is missing; only these are measured.
    model, max_length
        Whose tokens are counted, and the longest sample that is asked for.

    Returns
    -------
    lengths, reason
        One of them is None: the lengths, or why they could not be measured.
    """
    if not len(full):
        return None, "every row has an empty input"
    characters = sum(pc.mean(pc.utf8_length(one)).as_py() for one in inputs)
    most = int(min(MOST_ROWS, max(FEWEST_ROWS, MOST_CHARACTERS / characters)))
    if len(full) > most:
        full = full[np.linspace(0, len(full) - 1, most).round().astype(np.int64)]
    parts = [one.take(pa.array(full)).to_pylist() for one in inputs]
    try:
        folder = tokenizer_folder(model)
        tokens = token_lengths(folder, list(zip(*parts, strict=True)))
    except ModelError as error:
        return None, str(error)
    limit = most_tokens(folder, max_length)
    # The inverse of the distribution is a number of tokens that some row has.
    median, p90, p99 = np.quantile(tokens, [0.5, 0.9, 0.99], method="inverted_cdf").tolist()
    edges, counts = histogram(tokens, int(max(p99, limit)))
    found = Lengths(
        model=model,
        max_length=max_length,
        limit=limit,
        measured_rows=len(tokens),
        median=int(median),
        p90=int(p90),
        p99=int(p99),
        longest=int(tokens.max()),
        cut=int((tokens > limit).sum()),
        edges=edges,
        counts=counts,
    )
    return found, None


def histogram(tokens: NDArray[np.int64], far: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Count lengths in at most 40 bins with whole numbers as edges.

    Parameters
    ----------
    tokens
        Lengths; shape (rows,), at least one.
    far
        Lengths above it share the last bin, so that one very long text doesn't squeeze all others
        into a single bin.
    """
    first, last = int(tokens.min()), int(tokens.max())
    tail = last > far
    end = min(far, last) + 1
    bins = MOST_BINS - tail
    width = -(-(end - first) // bins)
    edges = list(range(first, end, width))
    edges += [edges[-1] + width]
    if last >= edges[-1]:
        edges.append(last + 1)
    return tuple(edges), tuple(np.histogram(tokens, edges)[0].tolist())
