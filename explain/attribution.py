"""The record of one attribution, and the Parquet file that holds many."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..core.files import write_with
from ..multimodal.modality import Outline, of

LEAST_DIFFERENCE = 1e-3
"""Logits below which a difference of outputs is not told from rounding."""

GROUP, FEW = 64, 256
"""Attributions that are written and read at a time; of so many segments more they count more."""


def relative_error(error: float, difference: float) -> float:
    """Return a completeness error as a share of the difference that the scores must add up to.

    Parameters
    ----------
    error
        Sum of the scores minus the difference, in logits.
    difference
        Output on the sample minus output on the baseline; differences below 0.001 count as 0.001,
        so that a sample which equals its baseline is not blamed for the rounding of its output.
    """
    return abs(error) / max(abs(difference), LEAST_DIFFERENCE)


@dataclass(frozen=True)
class Drawn:
    """How the segments of one modality are drawn.

    Attributes
    ----------
    modality
        ``text``, ``image`` or ``audio``.
    columns
        The dataset's columns of this modality.
    count
        How many of the segments are of it; they follow on those of the modality before.
    outline
        What ``multimodal.modality.of(modality).outline.from_json`` reads.
    """

    modality: str
    columns: tuple[str, ...]
    count: int
    outline: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Attribution:
    """Scores over the segments of one sample, for one answer.

    Attributes
    ----------
    id
        The row's id.
    method
        Name of the method.
    settings
        Everything that decides the scores besides model, sample and target.
    target
        What is explained: a class, a label, or the words of an answer.
    segments
        The segments in words: a word, where it is in a picture, its seconds in a sound.
    columns
        The column that each segment stands in.
    scores
        Score of each segment; shape (segments,). Above zero: spoke for the target.
    special
        Sum of the scores of what belongs to no segment (tokens that frame a text).
    output, baseline_output
        The target's number on the sample and on the baseline, such as a logit.
    evaluations
        Copies of the sample that the model answered; of integrated gradients the steps.
    label, prediction, split
        What is known of the row, for filters; the label is empty where it isn't known.
    drawn
        How the segments are drawn, by modality.
    complete
        Whether the scores should add up to the difference of the outputs.
    fingerprint
        SHA-256 of the model, the row, the target, the method and its settings.
    task
        What the model has learnt, as `multimodal.spec.Task` names it.
    about
        The piece of a text that is meant, such as an entity; empty for the whole sample.
    """

    id: str
    method: str
    settings: dict[str, Any]
    target: str
    segments: tuple[str, ...]
    columns: tuple[str, ...]
    scores: NDArray[np.float64]
    special: float
    output: float
    baseline_output: float
    evaluations: int
    label: str
    prediction: str
    split: str
    drawn: tuple[Drawn, ...]
    complete: bool = True
    fingerprint: str = ""
    task: str = "classification"
    about: str = ""

    @property
    def right(self) -> bool | None:
        """Whether the answer is the true one; None where it isn't known, or is a number."""
        return (
            None if not self.label or self.task == "regression" else self.label == self.prediction
        )

    @property
    def difference(self) -> float:
        """Difference of the outputs that the scores must add up to."""
        return self.output - self.baseline_output

    @property
    def completeness_error(self) -> float:
        """Sum of all scores minus that difference, in logits."""
        return float(self.scores.sum()) + self.special - self.difference

    @property
    def relative_error(self) -> float:
        """Absolute completeness error as a share of the difference."""
        return relative_error(self.completeness_error, self.difference)

    @property
    def converged(self) -> bool:
        """Whether the completeness error is within the tolerance that was asked for.

        True of methods whose scores need not add up.
        """
        # An error that is no number is above every tolerance.
        return not self.complete or self.relative_error <= float(self.settings["tolerance"])

    @property
    def spans(self) -> Iterator[tuple[Drawn, slice]]:
        """Each modality with the numbers of its segments."""
        first = 0
        for one in self.drawn:
            yield one, slice(first, first + one.count)
            first += one.count

    @property
    def separators(self) -> tuple[str, ...]:
        """What stands behind each word; nothing behind segments that are none."""
        out: list[str] = []
        for one, span in self.spans:
            out += one.outline.get("between", [""] * (span.stop - span.start))
        return tuple(out)

    def outlines(self, cells: Mapping[str, str]) -> list[tuple[Outline, NDArray[np.float64]]]:
        """Return what is drawn, each with the scores of its segments.

        Parameters
        ----------
        cells
            The row's cells by column; files as paths.
        """
        return [
            (
                of(one.modality).outline.from_json(
                    one.outline,
                    self.segments[span],
                    tuple(cells.get(column, "") for column in one.columns),
                ),
                self.scores[span],
            )
            for one, span in self.spans
        ]


SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("method", pa.string()),
        ("settings", pa.string()),
        ("target", pa.string()),
        ("segments", pa.list_(pa.string())),
        ("columns", pa.list_(pa.string())),
        ("scores", pa.list_(pa.float64())),
        ("special", pa.float64()),
        ("output", pa.float64()),
        ("baseline_output", pa.float64()),
        ("evaluations", pa.int64()),
        ("label", pa.string()),
        ("prediction", pa.string()),
        ("split", pa.string()),
        ("drawn", pa.string()),
        ("complete", pa.bool_()),
        ("fingerprint", pa.string()),
        ("task", pa.string()),
        ("about", pa.string()),
        ("completeness_error", pa.float64()),
    ]
)


def as_row(one: Attribution) -> dict[str, Any]:
    """Return an attribution as a row of `SCHEMA`."""
    fields = {field: getattr(one, field) for field in SCHEMA.names}
    return {
        **fields,
        "settings": json.dumps(one.settings, sort_keys=True),
        "segments": list(one.segments),
        "columns": list(one.columns),
        "scores": one.scores.tolist(),
        "drawn": json.dumps([asdict(part) for part in one.drawn]),
    }


def from_row(row: Mapping[str, Any]) -> Attribution:
    """Read a row of `SCHEMA`, or of the form that explained words alone (format 1)."""
    fields = dict(row)
    fields.pop("completeness_error", None)
    count = len(fields["segments"])
    if "separators" in fields:
        words = Drawn("text", ("text",), count, {"between": fields.pop("separators")})
        fields |= {"evaluations": fields.pop("steps"), "drawn": (words,)}
        fields["columns"] = ["text"] * count
    else:
        fields["drawn"] = tuple(
            Drawn(**{**part, "columns": tuple(part["columns"])})
            for part in json.loads(fields["drawn"])
        )
    return Attribution(
        **{
            **fields,
            "settings": json.loads(fields["settings"]),
            "segments": tuple(fields["segments"]),
            "columns": tuple(fields["columns"]),
            "scores": np.asarray(fields["scores"], np.float64),
        }
    )


def write_attributions(
    path: Path, attributions: Iterable[Attribution], *, about: Mapping[str, str] | None = None
) -> None:
    """Write attributions to Parquet: one row per answer, lists for segments and scores.

    Parameters
    ----------
    path
        Where to write, whole or not at all.
    attributions
        Taken one by one, so that they need not fit into memory.
    about
        Texts that are kept in the file's metadata.
    """
    schema = SCHEMA if about is None else SCHEMA.with_metadata(dict(about))

    def write(partial: Path) -> None:
        with pq.ParquetWriter(partial, schema) as file:
            rows: list[dict[str, Any]] = []
            size = 0
            for one in attributions:
                rows.append(as_row(one))
                size += 1 + len(one.scores) // FEW
                if size >= GROUP:
                    file.write_table(pa.Table.from_pylist(rows, schema))
                    rows, size = [], 0
            file.write_table(pa.Table.from_pylist(rows, schema))

    write_with(path, write)


def read_attributions(path: Path) -> list[Attribution]:
    """Read what `write_attributions` wrote."""
    return list(Stored(path))


class Stored(Sequence[Attribution]):
    """Attributions in a file, of which one part at a time is in memory.

    Parameters
    ----------
    path
        What `write_attributions` wrote.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = pq.ParquetFile(path)
        about = self._file.metadata
        sizes = [about.row_group(group).num_rows for group in range(about.num_row_groups)]
        self._ends = np.cumsum(sizes, dtype=np.int64)
        self._held: tuple[int, list[Attribution]] = (-1, [])

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    @overload
    def __getitem__(self, place: int) -> Attribution: ...

    @overload
    def __getitem__(self, place: slice) -> list[Attribution]: ...

    def __getitem__(self, place: int | slice) -> Attribution | list[Attribution]:
        """Read one, or several by their places."""
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        number = place + len(self) if place < 0 else place
        if not 0 <= number < len(self):
            raise IndexError(place)
        group = int(np.searchsorted(self._ends, number, side="right"))
        if group != self._held[0]:
            rows = self._file.read_row_group(group).to_pylist()
            self._held = group, [from_row(row) for row in rows]
        return self._held[1][number - int(self._ends[group] - len(self._held[1]))]
