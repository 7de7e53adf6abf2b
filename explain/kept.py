"""Attributions that were computed before, found again by their fingerprints.

They lie in a folder as files that are written whole or not at all, so that a job that was stopped
or killed goes on where it was, and nothing is computed twice.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

import pyarrow.parquet as pq

from ..core.dataset import Dataset, sample_fingerprints
from .attribution import Attribution, Stored, write_attributions
from .methods import Method
from .opened import Opened
from .spec import ExplainSpec

FORMAT = 2
"""Changes where the same model, row and settings would be explained otherwise than before."""

ROWS = "rows"
"""Name under which a file says which rows it holds the attributions of."""

OPEN = 4
"""Files that are open at a time."""


class Kept:
    """The attributions of one method in a folder.

    Parameters
    ----------
    folder
        Made when there is something to keep.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._places: dict[str, tuple[Path, tuple[int, ...]]] = {}
        self._file = lru_cache(OPEN)(Stored)
        if folder.is_dir():
            # A dot stands in front of what a killed process left half-written.
            for path in sorted(folder.glob("[!.]*.parquet")):
                self._index(path)

    def __contains__(self, fingerprint: str) -> bool:
        return fingerprint in self._places

    def add(self, fingerprints: Sequence[str], found: Iterable[Attribution]) -> None:
        """Keep the attributions of some rows, also of those that have none."""
        path = self.folder / f"{uuid4().hex}.parquet"
        write_attributions(path, found, about={ROWS: json.dumps(list(fingerprints))})
        self._index(path)

    def read(self, fingerprints: Iterable[str]) -> Iterator[Attribution]:
        """Return the attributions of rows, in the order of the rows."""
        for one in fingerprints:
            path, places = self._places[one]
            for place in places:
                yield self._file(path)[place]

    def _index(self, path: Path) -> None:
        about = pq.read_schema(path).metadata or {}
        named = json.loads(about.get(ROWS.encode(), b"[]"))
        places: dict[str, list[int]] = {one: [] for one in named}
        known = pq.read_table(path, columns=["fingerprint"])["fingerprint"].to_pylist()
        for place, one in enumerate(known):
            if one in places:
                places[one].append(place)
        self._places |= {one: (path, tuple(found)) for one, found in places.items()}


def fingerprints(opened: Opened, dataset: Dataset, spec: ExplainSpec, method: Method) -> list[str]:
    """Return what each row's attributions are known by.

    Two of them are alike only where model, row, what is asked, method and settings are.

    Returns
    -------
    list of str
        A SHA-256 for each row, of: the model's files and how much of a sample it reads; the row's
        content, id, label and split; the target as it was asked for; the method with its code; all
        settings.
    """
    asked = {
        "format": FORMAT,
        "model": opened.digest,
        "read": opened.spec.model_dump(include={"max_length", "max_seconds", "stride"}),
        "method": [method.name, method.place, _code(method)],
        "settings": settings_of(spec),
        "target": spec.target,
    }
    contents = sample_fingerprints(dataset.samples())
    rows = zip(contents, dataset.ids, dataset.label, dataset.split, strict=True)
    out = []
    for row in rows:
        text = json.dumps([asked, *map(str, row)], sort_keys=True)
        out.append(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())
    return out


def settings_of(spec: ExplainSpec) -> dict[str, object]:
    """Return everything that decides scores besides model, sample, method and target."""
    return spec.model_dump(mode="json", exclude={"methods", "rows", "target"})


@lru_cache(64)
def _code(method: Method) -> str:
    """Return a checksum of the module that a method stands in, which a new version may change."""
    path = inspect.getsourcefile(method.function)
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16] if path else ""
