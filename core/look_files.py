"""What is seen of the files that a table's cells name, before any of them is opened."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..multimodal.media import ENDINGS, WORDS
from ..multimodal.text.chat.contents import Unusable, files_of
from . import folders
from .columns import names_file
from .look import Column, Finding, Source


def source(folder: Path) -> Source:
    """Return what a folder is known by: number, sizes and times of its files, and their names."""
    count, size, changed = folders.totals(folder)
    said = f"{count}:{size}:{changed}:" + "\0".join(folders.files_of(folder))
    digest = hashlib.sha256(said.encode())
    return Source(os.path.abspath(folder), size, changed / 1e9, digest.hexdigest(), "utf-8")


def findings(
    path: Path,
    columns: Sequence[Column],
    texts: Mapping[str, Any],
    lists: Mapping[str, Sequence[Any]],
) -> tuple[Finding, ...]:
    """Say which files are missing, and which ones of a folder no row is about.

    Parameters
    ----------
    path
        The table, or the folder that is one.
    columns
        Its columns.
    texts
        For each column its cells as an Arrow array of texts, or None.
    lists
        The cells of columns that name files and are no texts.
    """
    found = []
    folder = folders.home(path)
    for one in columns:
        if one.modality not in ENDINGS:
            continue
        whole = lists.get(one.name)
        if whole is None:
            whole = texts[one.name].drop_null().unique().to_pylist()
        cells = list(dict.fromkeys(name for cell in whole for name in files_in(cell)))
        gone = [cell for cell in cells if not names_file(cell, folder)]
        if gone:
            number = "1 file" if len(gone) == 1 else f"{len(gone):,} files"
            found.append(
                Finding(
                    f"Of {len(cells):,} {WORDS[one.modality]} that “{one.name}” names, {number} "
                    f"can't be found in {folder}: {folders.few(gone)}. Training stops at such "
                    "rows; `on_bad_sample: skip` in the recipe's data section leaves them out.",
                    "warning",
                )
            )
        passed = folders.strays(folder, cells) if path.is_dir() else []
        if passed:
            found.append(Finding(f"Files that no row is about: {folders.few(passed)}.", "note"))
    return tuple(found)


def files_in(cell: Any) -> list[str]:
    """Return the files that a cell names; the cell itself where it can't be read as their list."""
    try:
        return files_of(cell)
    except Unusable:
        return [str(cell)]
