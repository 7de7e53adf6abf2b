"""Folders of pictures or sounds as tables: labels and splits by their folders, or by metadata.

The layouts are those of `ImageFolder` and `AudioFolder` of Hugging Face datasets:
``label/x.jpg``, ``split/label/x.jpg``, ``split/x.jpg``, ``x.jpg``, and a file ``metadata.csv`` (or
tsv, jsonl, parquet) in the folder or in each split's, with a column `file_name` beside others.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ..errors import DataError, paragraph
from ..multimodal.escape import visible
from ..multimodal.media import ENDINGS, WORDS, modality_of
from .spec import SourceSpec
from .splits import SYNONYMS

if TYPE_CHECKING:
    import pandas as pd

METADATA = ("metadata.csv", "metadata.tsv", "metadata.jsonl", "metadata.parquet")
NAMING = ("file_name", "file", "image", "audio")
"""Columns of metadata that may name the files, the first that is there."""

LABEL, SPLIT = "label", "split"
"""Columns that come of folders' names; the files' own is called by their modality."""

SYSTEMS = ("thumbs.db", "desktop.ini", "__macosx")
"""What systems leave in folders, beside hidden files."""

LISTED = 5
"""Files that are named where there may be many."""


def read(folder: Path) -> pd.DataFrame:
    """Read a folder as a table.

    Returns
    -------
    pandas.DataFrame
        A column `image` or `audio` with paths relative to the folder; `label` and `split` where
        folders say them; other columns of the metadata. Rows are sorted by path, those of metadata
        stay in its order.

    Raises
    ------
    DataError
        If there is no picture or sound, there are both, or the layout is none of those above.
    """
    there = files_of(folder)
    named = [name for name in there if PurePosixPath(name).name in METADATA]
    metadata = [name for name in named if name.count("/") <= 1]
    return _by_metadata(folder, there, metadata) if metadata else _by_folders(folder, there)


def home(path: Path) -> Path:
    """Return the folder in which the files of a table lie: a folder is its own."""
    return path if path.is_dir() else path.parent


def names_labels(source: str, column: str) -> bool:
    """Whether a column holds the names of the folders in which a source's files lie."""
    folder = Path(source)
    if column != LABEL or not folder.is_dir():
        return False
    return not any((place / name).exists() for place in _near(folder) for name in METADATA)


def strays(folder: Path, named: Sequence[str | None]) -> list[str]:
    """Return the files of a folder that its table doesn't name, metadata aside.

    Parameters
    ----------
    folder
        The folder.
    named
        Paths that the table names.
    """
    known = {os.path.normpath(name) for name in named if name}
    return [
        name
        for name in files_of(folder)
        if os.path.normpath(name) not in known and PurePosixPath(name).name not in METADATA
    ]


def few(names: Sequence[str], most: int = LISTED) -> str:
    """Name a few files, and how many more there are."""
    shown = ", ".join(visible(name, 80) for name in names[:most])
    return shown + (f" and {len(names) - most:,} more" if len(names) > most else "")


def totals(folder: Path) -> list[int]:
    """Return how many files there are, their bytes, and when one was changed last, in ns.

    By these a folder that was altered is known.
    """
    found = [(folder / name).lstat() for name in files_of(folder)]
    times = [one.st_mtime_ns for one in found]
    return [len(found), sum(one.st_size for one in found), max(times, default=0)]


def files_of(folder: Path) -> list[str]:
    """Return the paths of a folder's files, sorted; links to folders count as files."""

    def refuse(error: OSError) -> None:
        raise DataError(
            paragraph(
                str(error.filename or folder),
                f"the folder can't be read ({error.strerror or error})",
                "Check its rights",
            )
        )

    found = []
    for place, inner, files in os.walk(folder, onerror=refuse):
        inner[:] = [name for name in inner if not _unseen(name)]
        links = [name for name in inner if os.path.islink(os.path.join(place, name))]
        at = Path(place).relative_to(folder)
        found += [(at / name).as_posix() for name in (*files, *links) if not _unseen(name)]
    for name in found:
        try:
            name.encode("utf-8")
        except UnicodeEncodeError:
            raise DataError(
                paragraph(
                    str(folder),
                    f"the name of the file “{visible(name, 80)}” is not UTF-8",
                    "Rename it",
                )
            ) from None
    return sorted(found)


def _unseen(name: str) -> bool:
    return name.startswith(".") or name.lower() in SYSTEMS


def _near(folder: Path) -> list[Path]:
    """Return a folder and those of its splits: where metadata may stand."""
    inner = [Path(one.path) for one in os.scandir(folder) if one.is_dir()]
    return [folder, *(one for one in inner if one.name.lower() in SYNONYMS)]


def _by_folders(folder: Path, files: Sequence[str]) -> pd.DataFrame:
    """Read labels and splits from the folders that files lie in."""
    import pandas as pd

    kind, paths = _of_one_kind(folder, files)
    parts = [path.split("/")[:-1] for path in paths]
    tops = {one[0] if one else "" for one in parts}
    columns: dict[str, list[str]] = {kind: paths}
    split = {top for top in tops if top.lower() in SYNONYMS}
    if split == tops:
        splits = [SYNONYMS[one[0].lower()] for one in parts]
        parts = [one[1:] for one in parts]
    depths = {len(one): path for one, path in zip(parts, paths, strict=True)}
    if len(depths) > 1:
        (_, shallow), *_, (_, deep) = sorted(depths.items())
        raise _no_layout(folder, f"“{shallow}” lies less deep in it than “{deep}”")
    (depth,) = depths
    if depth > 1 and split and split != tops:
        others = sorted(tops - split)
        raise _no_layout(
            folder, f"“{sorted(split)[0]}” names a split, and “{others[0]}” beside it does not"
        )
    if depth > 1:
        raise _no_layout(folder, f"“{depths[depth]}” lies {depth} folders deep in it")
    if len({one[0] for one in parts if one}) > 1:  # one folder alone tells nothing apart
        columns[LABEL] = [one[0] for one in parts]
    if split == tops:
        columns[SPLIT] = splits
    return pd.DataFrame(columns, dtype=object)


def _of_one_kind(folder: Path, files: Sequence[str]) -> tuple[str, list[str]]:
    """Return the modality of a folder's files and those that have it."""
    found: dict[str, list[str]] = {}
    for name in files:
        kind = modality_of(name)
        if kind is not None:
            found.setdefault(kind, []).append(name)
    if not found:
        there = few(files) if files else "nothing"
        raise DataError(
            paragraph(
                str(folder),
                f"there is a folder here, and no picture or sound in it (found: {there})",
                "Name a table's file, or a folder with files ending in "
                + ", ".join(ending for kind in ENDINGS.values() for ending in kind),
            )
        )
    if len(found) > 1:
        (kind, names), (other, others) = found.items()
        raise DataError(
            paragraph(
                str(folder),
                f"it holds {len(names):,} {WORDS[kind]} ({few(names, 1)}) and {len(others):,} "
                f"{WORDS[other]} ({few(others, 1)})",
                "Bring them in folders of their own, or a metadata.csv with a column file_name",
            )
        )
    return next(iter(found.items()))


def _no_layout(folder: Path, problem: str) -> DataError:
    return DataError(
        paragraph(
            str(folder),
            f"{problem}; expected label/FILE, split/label/FILE, split/FILE or FILE for all of them",
            "Arrange them so, or add a metadata.csv with a column file_name, and with label and "
            "split as far as there are such",
        )
    )


def _by_metadata(folder: Path, files: Sequence[str], metadata: Sequence[str]) -> pd.DataFrame:
    """Read the metadata of a folder, or of each of its splits' folders."""
    import pandas as pd

    _check_metadata(folder, files, metadata)
    tables = [_metadata(folder, name) for name in metadata]
    kinds = {kind for kind, _ in tables}
    if len(kinds) > 1:
        raise DataError(
            paragraph(
                str(folder),
                f"{few(metadata)} name pictures and sounds",
                "Bring them in folders of their own",
            )
        )
    return pd.concat([table for _, table in tables], ignore_index=True)


def _check_metadata(folder: Path, files: Sequence[str], metadata: Sequence[str]) -> None:
    """Refuse metadata of which nobody could say what it is about, or that is left out somewhere."""
    places = [os.path.dirname(name) for name in metadata]
    twice = len(set(places)) < len(places) or (len(places) > 1 and "" in places)
    elsewhere = [name for name in places if name and name.lower() not in SYNONYMS]
    problem = ""
    if twice:
        problem = f"there are several files of metadata: {few(metadata)}"
    elif elsewhere:
        problem = f"metadata stands in “{elsewhere[0]}”, which is no name of a split"
    elif "" not in places:
        media = [name for name in files if modality_of(name)]
        bare = [name for name in media if name.split("/")[0] not in places]
        problem = f"“{bare[0]}” lies in no folder that has metadata" if bare else ""
    if problem:
        raise DataError(
            paragraph(
                str(folder),
                problem,
                "Bring one file of metadata in the folder, or one in the folder of each split",
            )
        )


def _metadata(folder: Path, name: str) -> tuple[str, pd.DataFrame]:
    """Read one file of metadata; its modality, and its table with paths from the folder."""
    import pandas as pd

    from .tables import as_text, blank, read_table

    where = str(folder / name)
    table = read_table(SourceSpec(path=where))
    column = next((one for one in NAMING if one in table.columns), None)
    if column is None:
        raise DataError(
            paragraph(
                where,
                f"no column is called {', '.join(NAMING)}",
                "Name the files in a column file_name, as seen from the folder of this table",
            )
        )
    cells = as_text(table[column], where)
    kinds = {modality_of(cell.strip()) for cell in cells[~blank(cells)]} - {None}
    if len(kinds) != 1:
        what = "both pictures and sounds" if kinds else "neither pictures nor sounds"
        raise DataError(
            paragraph(
                f"{where}, column “{column}”",
                f"it names {what}",
                "Bring files that end in "
                + ", or in ".join(", ".join(endings) for endings in ENDINGS.values()),
            )
        )
    (kind,) = kinds
    assert kind is not None
    place = os.path.dirname(name)
    taken = [one for one in (kind, *([SPLIT] if place else [])) if one in table and one != column]
    if taken:
        raise DataError(
            paragraph(
                f"{where}, column “{taken[0]}”",
                f"the column is made of “{column}” and the folder's name, and is there already",
                "Rename it",
            )
        )
    paths = [f"{place}/{cell}" if place and cell else cell for cell in cells]
    splits = [place or path.split("/")[0] if path else "" for path in paths]
    table = table.rename(columns={column: kind})
    table[kind] = pd.Series(paths, index=table.index, dtype=object)
    if SPLIT not in table and all(one.lower() in SYNONYMS for one in splits if one):
        named = [SYNONYMS.get(one.lower()) for one in splits]
        table[SPLIT] = pd.Series(named, index=table.index, dtype=object)
    return kind, table[[kind, *(one for one in table.columns if one != kind)]]
