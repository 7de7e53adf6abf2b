"""The attributions of a run's folder, as numbers of words and places that rows have in common."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RunError, nearest, paragraph
from ...multimodal.modality import of
from ...multimodal.places import Box, Place

if TYPE_CHECKING:
    from ...core.runs import Run

FOLDER = "explanations"
READ = ("id", "target", "segments", "columns", "scores", "label", "prediction", "split", "drawn")
"""Columns of an attributions file that are read."""

TOGETHER = 64
"""Rows of the file that are held in memory at a time."""

WORDS = ("text",)
"""Modalities whose segments are words."""

Floats = NDArray[np.float64]

Finder = Callable[[str], Iterable[tuple[int, int]]]
"""Finds terms in a text: where each of them begins and ends."""


@dataclass(frozen=True)
class Spot:
    """A word, or a place of pictures or sounds, in one column of the dataset."""

    column: str
    name: str
    modality: str
    box: Box | None = None


@dataclass(frozen=True, eq=False)
class Explained:
    """Attributions of many rows.

    Attributes
    ----------
    method
        By which they were made.
    ids, target, label, prediction
        Of each row; shape (rows,).
    spots
        What the rows' segments are; bands of sounds over all of their time.
    scores
        Summed score of each spot in each row, 0 where it is not there; a sparse matrix of shape
        (rows, spots).
    mass
        Its share of the row's absolute scores; sparse, of the same shape.
    places, place_scores
        Places of pictures, and of sounds each part of the time by itself, for maps; their scores,
        sparse of shape (rows, places).
    terms
        Share of the row's absolute scores on the terms that were asked for; shape (rows,), None
        where none were, or no row has words.
    named
        Whether a row holds such a term; shape (rows,).
    """

    method: str
    ids: NDArray[np.object_]
    target: NDArray[np.object_]
    label: NDArray[np.object_]
    prediction: NDArray[np.object_]
    spots: tuple[Spot, ...]
    scores: Any
    mass: Any
    places: tuple[Spot, ...]
    place_scores: Any
    terms: Floats | None
    named: NDArray[np.bool_] | None

    def __len__(self) -> int:
        return len(self.ids)


def methods(run: Run) -> list[str]:
    """Return the methods whose attributions a run's folder holds, in alphabetical order."""
    return sorted(path.stem for path in (run.path / FOLDER).glob("*.parquet"))


def explained(
    run: Run,
    method: str | None = None,
    *,
    target: str | None = None,
    terms: Finder | None = None,
    check: Callable[[], None] = lambda: None,
) -> Explained:
    """Read the attributions of a run.

    Parameters
    ----------
    run
        A run whose answers were explained.
    method
        Of the attributions; the first that is there if left out.
    target
        Rows that were explained for this answer alone.
    terms
        Finds the words whose share of the attribution is wanted in a row's texts.
    check
        Raises where the job was cancelled.

    Raises
    ------
    RunError
        If there are none of this method, or none for the target.
    """
    from scipy.sparse import csr_matrix

    name = _method(run, method)
    spots: dict[Spot, int] = {}
    places: dict[Spot, int] = {}
    rows: list[dict[str, Any]] = []
    scores, mass, maps = _Cells(), _Cells(), _Cells()
    shares: list[float] = []
    found: list[bool] = []
    worded = False
    for row in _rows(run, name):
        if target is not None and row["target"] != target:
            continue
        if len(rows) % TOGETHER == 0:
            check()
        signed = np.asarray(row["scores"], np.float64)
        whole = float(np.abs(signed).sum()) or 1.0
        for spot, score, share in _spots(row, signed, whole=True):
            number = spots.setdefault(spot, len(spots))
            scores.put(len(rows), number, score)
            mass.put(len(rows), number, share / whole)
        for spot, score, _ in _spots(row, signed, whole=False):
            if spot.box is not None:
                maps.put(len(rows), places.setdefault(spot, len(places)), score)
        on, texts = _on_terms(row, terms)
        worded = worded or texts
        shares.append(float(np.abs(signed)[on].sum()) / whole)
        found.append(bool(on.any()))
        rows.append({key: row[key] for key in ("id", "target", "label", "prediction")})
    if not rows:
        told = "" if target is None else f" for the answer “{target}”"
        raise RunError(
            paragraph(
                str(run.path / FOLDER / f"{name}.parquet"),
                f"no test row is explained{told}",
                f"Run `pellucid explain {run.path} --method {name} --rows all`",
            )
        )
    asked = terms is not None and worded
    ids, answered, label, prediction = (
        np.array([row[key] for row in rows], object)
        for key in ("id", "target", "label", "prediction")
    )
    return Explained(
        name,
        ids,
        answered,
        label,
        prediction,
        tuple(spots),
        csr_matrix(scores.given(), (len(rows), len(spots))),
        csr_matrix(mass.given(), (len(rows), len(spots))),
        tuple(places),
        csr_matrix(maps.given(), (len(rows), len(places))),
        np.array(shares) if asked else None,
        np.array(found) if asked else None,
    )


class _Cells:
    """The filled cells of a sparse matrix."""

    def __init__(self) -> None:
        self._values: list[float] = []
        self._rows: list[int] = []
        self._columns: list[int] = []

    def put(self, row: int, column: int, value: float) -> None:
        self._values.append(value)
        self._rows.append(row)
        self._columns.append(column)

    def given(self) -> tuple[list[float], tuple[list[int], list[int]]]:
        return self._values, (self._rows, self._columns)


def _method(run: Run, asked: str | None) -> str:
    known = methods(run)
    if not known:
        raise RunError(
            paragraph(
                str(run.path / FOLDER),
                "the run holds no attributions",
                f"Run `pellucid explain {run.path} --rows all`",
            )
        )
    if asked is not None and asked not in known:
        raise RunError(
            paragraph(
                f"method “{asked}”",
                f"the run holds no attributions of it ({nearest(asked, known)})",
                f"Name {' or '.join(known)}, or run `pellucid explain {run.path} --method {asked}`",
            )
        )
    return asked or known[0]


def _rows(run: Run, method: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file, a part of it at a time."""
    import pyarrow.parquet as pq

    path = run.path / FOLDER / f"{method}.parquet"
    with pq.ParquetFile(path) as file:
        if not set(READ) <= set(file.schema_arrow.names):
            raise RunError(
                paragraph(
                    str(path),
                    "it was written by an older version, without what groups are compared by",
                    f"Run `pellucid explain {run.path} --method {method} --rows all` again",
                )
            )
        for batch in file.iter_batches(TOGETHER, columns=list(READ)):
            yield from batch.to_pylist()


def _spots(
    row: dict[str, Any], scores: Floats, *, whole: bool
) -> Iterator[tuple[Spot, float, float]]:
    """Yield what a row's segments are, with the score and the absolute score of each.

    `whole` takes bands of sounds over all of their time.
    """
    first = 0
    for drawn in json.loads(row["drawn"]):
        span = slice(first, first + drawn["count"])
        first = span.stop
        kind = of(drawn["modality"])
        outline = kind.outline.from_json(
            drawn["outline"], tuple(row["segments"][span]), tuple("" for _ in drawn["columns"])
        )
        if drawn["modality"] in WORDS:
            yield from _words(row, span, scores)
            continue
        placed = kind.places.placed(outline, whole=whole)
        column = drawn["columns"][0]
        signed, mass = placed.summed(scores[span]), placed.summed(np.abs(scores[span]))
        for place, score, share in zip(placed.places, signed, mass, strict=True):
            yield _spot(column, place), float(score), float(share)


def _words(row: dict[str, Any], span: slice, scores: Floats) -> Iterator[tuple[Spot, float, float]]:
    """Yield the different words of a row's texts, in any case, column by column."""
    found: dict[Spot, list[float]] = {}
    for word, column, score in zip(
        row["segments"][span], row["columns"][span], scores[span].tolist(), strict=True
    ):
        found.setdefault(Spot(column, word.lower(), "text"), []).append(score)
    for spot, values in found.items():
        yield spot, sum(values), sum(map(abs, values))


def _spot(column: str, place: Place) -> Spot:
    return Spot(column, place.name, place.modality, place.box)


def _on_terms(row: dict[str, Any], terms: Finder | None) -> tuple[NDArray[np.bool_], bool]:
    """Say which segments of a row are part of a term, and whether any of them is a word."""
    on = np.zeros(len(row["segments"]), bool)
    first, texts = 0, False
    for drawn in json.loads(row["drawn"]):
        span = range(first, first + drawn["count"])
        first = span.stop
        if drawn["modality"] not in WORDS:
            continue
        texts = True
        if terms is None:
            continue
        starts, text = _joined([row["segments"][at] for at in span], drawn["outline"]["between"])
        for first_char, last_char in terms(text):
            for at, (start, end) in zip(span, starts, strict=True):
                on[at] |= start < last_char and end > first_char
    return on, texts


def _joined(words: Sequence[str], between: Sequence[str]) -> tuple[list[tuple[int, int]], str]:
    """Put words together as they stand in the text; return where each of them is, too."""
    places, text = [], ""
    for word, behind in zip(words, between, strict=True):
        places.append((len(text), len(text) + len(word)))
        text += word + behind
    return places, text
