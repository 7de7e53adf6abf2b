"""Rows whose inputs stand in a table already, counted in tables of a million rows.

The counts are those of the cleaning step `drop_duplicates`, which drops all but the first of such
rows.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..multimodal.media import File, Unreadable, resolve
from .clean import near_key
from .look import Duplicates
from .look_files import files_in

Numbers = NDArray[np.int64]


def count(
    inputs: Sequence[pa.ChunkedArray],
    split: NDArray[np.object_] | None,
    files: Collection[int] = (),
    folder: Path | None = None,
) -> Duplicates:
    """Count the rows whose inputs stand in an earlier row.

    Parameters
    ----------
    inputs
        Texts of each input column, none missing; shape (rows,) each.
    split
        ``train``, ``validation`` or ``test`` for each row, shape (rows,); None without splits.
    files
        Places of the inputs that name files, which are the same where they hold the same.
    folder
        Where they have to lie; needed where there are any.
    """
    exact, near = [], []
    for place, column in enumerate(inputs):
        encoded = column.combine_chunks().dictionary_encode()
        codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        if place in files and folder is not None:
            cells = [files_in(cell) for cell in encoded.dictionary.to_pylist()]
            names = list(dict.fromkeys(name for cell in cells for name in cell))
            known = dict(zip(names, contents(names, folder), strict=True))
            held = ["\0".join(known[name] for name in cell) for cell in cells]
            same = pa.array(held, pa.string()).dictionary_encode().indices
            exact.append(same.to_numpy(zero_copy_only=False).astype(np.int64)[codes])
            near.append(exact[-1])
            continue
        exact.append(codes)
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


def contents(cells: Sequence[str], folder: Path) -> list[str]:
    """Return what files are known by: their checksum where another one is as large, else the path.

    Most files differ in size, so few of them are read. What can't be found or is empty is known by
    its path.

    Parameters
    ----------
    cells
        Paths as the table has them, each once.
    folder
        Where the files have to lie.
    """
    paths: list[Path | None] = []
    for cell in cells:
        try:
            paths.append(resolve(cell, folder))
        except Unreadable:
            paths.append(None)
    sizes = [None if path is None else _size(path) for path in paths]
    often = Counter(sizes)
    found = []
    for cell, path, size in zip(cells, paths, sizes, strict=True):
        known = cell if path is None else str(path)
        if path is not None and size and often[size] > 1:
            with contextlib.suppress(Unreadable):
                known = File.at(path, cell).content
        found.append(known)
    return found


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


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
