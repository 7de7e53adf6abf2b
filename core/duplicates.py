"""Rows whose inputs stand in a table already, counted in tables of a million rows.

The counts are those of the cleaning step `drop_duplicates`, which drops all but the first of such
rows.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .clean import near_key
from .look import Duplicates

Numbers = NDArray[np.int64]


def count(
    inputs: Sequence[pa.ChunkedArray],
    split: NDArray[np.object_] | None,
    files: Collection[int] = (),
) -> Duplicates:
    """Count the rows whose inputs stand in an earlier row.

    Parameters
    ----------
    inputs
        Texts of each input column, none missing; shape (rows,) each.
    split
        ``train``, ``validation`` or ``test`` for each row, shape (rows,); None without splits.
    files
        Places of the inputs that name files: paths are the same exactly, or not at all.
    """
    exact, near = [], []
    for place, column in enumerate(inputs):
        encoded = column.combine_chunks().dictionary_encode()
        codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        exact.append(codes)
        if place in files:
            near.append(codes)
            continue
        keys = near_keys(encoded.dictionary).dictionary_encode().indices
        near.append(keys.to_numpy(zero_copy_only=False).astype(np.int64)[codes])
    whole, reduced = _rows(exact), _rows(near)
    across = None
    if split is not None:
        train = split == "train"
        across = int(np.isin(reduced[~train], reduced[train]).sum())
    return Duplicates(
        exact=len(whole) - len(np.unique(whole)),
        near=len(reduced) - len(np.unique(reduced)),
        across_splits=across,
    )


def near_keys(texts: Any) -> Any:
    """Return `near_key` of each text, as an Arrow array.

    Of ASCII texts Arrow makes it, several times faster: there every letter is its own normal form,
    and folding case is lowering it.
    """
    keys = pc.utf8_trim(
        pc.replace_substring_regex(pc.ascii_lower(texts), "[^a-z0-9_]+", " "), characters=" "
    )
    by_hand = pc.or_(pc.invert(pc.string_is_ascii(texts)), pc.equal(pc.binary_length(keys), 0))
    made = [near_key(text) for text in texts.filter(by_hand).to_pylist()]
    return pc.replace_with_mask(keys, by_hand, pa.array(made, keys.type))


def _rows(columns: Sequence[Numbers]) -> Numbers:
    """Give rows that are equal in every column the same number; shape (rows,)."""
    out = columns[0]
    for column in columns[1:]:
        pairs = out * (int(column.max(initial=0)) + 1) + column
        out = np.unique(pairs, return_inverse=True)[1].astype(np.int64)
    return out
