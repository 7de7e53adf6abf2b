"""The record of why one answer was written, and the Parquet file that holds many."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ...core.files import write_with
from ...multimodal.modality import Outline, of
from ...multimodal.text.segments import words
from ..attribution import Drawn

UNIT = "nats"
"""What scores are measured in: natural logarithms of probabilities."""


@dataclass(frozen=True, eq=False)
class Writing:
    """Scores of a prompt's segments for every token of an answer.

    Attributes
    ----------
    id
        The row's id.
    method
        ``occlusion``, ``input_x_gradient`` or ``integrated_gradients``.
    settings
        Everything that decides the scores besides model, prompt and answer; ``seed`` among it.
    prompt
        What the model read, as text.
    tokens
        The answer's tokens as text, or what they were put together to; they join to the answer.
    foils
        What each is compared with, where the answer is compared with another one; else empty.
    segments
        The prompt's segments in words: a word, where a piece of a picture is.
    columns
        What each segment stands in: the number of its message from 1, or its picture's file.
    scores
        Shape (tokens, segments), in nats: by how much the segment made a token's log-probability
        higher, for a token with a foil more so than the foil's.
    earlier
        The same of the answer's tokens themselves, of which each can speak for later ones alone;
        shape (tokens, tokens).
    special
        Sum of each token's scores of what belongs to no segment; shape (tokens,).
    outputs, baseline_outputs
        Each token's log-probability on the prompt and on its baseline, minus its foil's where it
        has one; shape (tokens,).
    evaluations
        Copies that the model looked at.
    label, split
        What is known of the row.
    drawn
        How the segments are drawn: the words, then each picture.
    complete
        Whether each token's scores should add up to the difference of its outputs.
    """

    id: str
    method: str
    settings: dict[str, Any]
    prompt: str
    tokens: tuple[str, ...]
    foils: tuple[str, ...]
    segments: tuple[str, ...]
    columns: tuple[str, ...]
    scores: NDArray[np.float64]
    earlier: NDArray[np.float64]
    special: NDArray[np.float64]
    outputs: NDArray[np.float64]
    baseline_outputs: NDArray[np.float64]
    evaluations: int
    label: str
    split: str
    drawn: tuple[Drawn, ...]
    complete: bool = False

    @property
    def answer(self) -> str:
        """The answer."""
        return "".join(self.tokens)

    @property
    def contrastive(self) -> bool:
        """Whether the answer is compared with another one."""
        return bool(self.foils)

    @property
    def completeness_error(self) -> NDArray[np.float64]:
        """Sum of each token's scores minus the difference of its outputs; shape (tokens,)."""
        summed = self.scores.sum(axis=1) + self.earlier.sum(axis=1) + self.special
        return np.asarray(summed - (self.outputs - self.baseline_outputs))

    @property
    def whole(self) -> NDArray[np.float64]:
        """Scores of the segments for the answer as a whole: sums over its tokens."""
        return np.asarray(self.scores.sum(axis=0))

    def by_word(self) -> Writing:
        """Put tokens of one word together; their scores are those of the word's log-probability.

        Marks and spaces go with the word in front of them, and so does what stands behind a mark
        without a space, as in 24.90. An answer that is compared stays as it
        is: there what differs is told apart already.
        """
        if self.contrastive:
            return self
        starts = _starts(self.answer)
        ends = np.cumsum([len(one) for one in self.tokens])
        # A token belongs to the word that its last character stands in.
        groups = np.searchsorted(starts, ends - 1, side="right")
        _, number = np.unique(groups, return_inverse=True)
        return self.merged(number)

    def merged(self, groups: NDArray[np.int64]) -> Writing:
        """Put tokens together.

        Parameters
        ----------
        groups
            Number of the group of each token, none left out; shape (tokens,).
        """
        count = int(groups.max(initial=-1)) + 1
        sums = np.zeros((count, len(groups)))
        sums[groups, np.arange(len(groups))] = 1.0
        text = [""] * count
        for group, token in zip(groups, self.tokens, strict=True):
            text[group] += token
        return replace(
            self,
            tokens=tuple(text),
            scores=sums @ self.scores,
            # What a group's tokens say of each other goes to what belongs to none.
            earlier=np.tril(sums @ self.earlier @ sums.T, -1),
            special=sums @ self.special + np.diag(sums @ self.earlier @ sums.T),
            outputs=sums @ self.outputs,
            baseline_outputs=sums @ self.baseline_outputs,
        )

    def span(self, first: int, last: int) -> NDArray[np.float64]:
        """Return scores of the segments for the tokens from `first` up to before `last`."""
        return np.asarray(self.scores[first:last].sum(axis=0))

    @property
    def spans(self) -> Iterator[tuple[Drawn, slice]]:
        """What is drawn, each with the numbers of its segments."""
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

    def outlines(self) -> list[tuple[Outline, slice]]:
        """Return what is drawn, each with the numbers of its segments; pictures need their files.

        Returns
        -------
        list
            ``outline.html(writing.scores[token, span])`` draws one token's.
        """
        return [
            (
                of(one.modality).outline.from_json(one.outline, self.segments[span], one.columns),
                span,
            )
            for one, span in self.spans
            if one.count
        ]


def _starts(text: str) -> list[int]:
    """Return where words begin: behind a space, or at once behind a word of a script without."""
    out, last = [], -1
    for one in words((text,)):
        spaced = one.start == 0 or text[one.start - 1].isspace()
        if one.text[0].isalnum():
            if spaced or one.start == last:
                out.append(one.start)
            last = one.end
    return out


SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("method", pa.string()),
        ("settings", pa.string()),
        ("prompt", pa.string()),
        ("tokens", pa.list_(pa.string())),
        ("foils", pa.list_(pa.string())),
        ("segments", pa.list_(pa.string())),
        ("columns", pa.list_(pa.string())),
        ("scores", pa.list_(pa.list_(pa.float64()))),
        ("earlier", pa.list_(pa.list_(pa.float64()))),
        ("special", pa.list_(pa.float64())),
        ("outputs", pa.list_(pa.float64())),
        ("baseline_outputs", pa.list_(pa.float64())),
        ("evaluations", pa.int64()),
        ("label", pa.string()),
        ("split", pa.string()),
        ("drawn", pa.string()),
        ("complete", pa.bool_()),
    ]
)

_TEXTS = ("tokens", "foils", "segments", "columns")
_NUMBERS = ("scores", "earlier", "special", "outputs", "baseline_outputs")


def as_row(one: Writing) -> dict[str, Any]:
    """Return a writing as a row of `SCHEMA`."""
    out = {field.name: getattr(one, field.name) for field in fields(one)}
    to_list: Callable[[Any], Any] = list
    return {
        **out,
        **{name: to_list(out[name]) for name in _TEXTS},
        **{name: out[name].tolist() for name in _NUMBERS},
        "settings": json.dumps(one.settings, sort_keys=True),
        "drawn": json.dumps([asdict(part) for part in one.drawn]),
    }


def from_row(row: Mapping[str, Any]) -> Writing:
    """Read a row of `SCHEMA`."""
    count, width = len(row["tokens"]), len(row["segments"])
    numbers = {name: np.asarray(row[name], np.float64) for name in _NUMBERS}
    numbers["scores"] = numbers["scores"].reshape(count, width)
    numbers["earlier"] = numbers["earlier"].reshape(count, count)
    drawn = tuple(
        Drawn(**{**part, "columns": tuple(part["columns"])}) for part in json.loads(row["drawn"])
    )
    texts = {name: tuple(row[name]) for name in _TEXTS}
    settings = json.loads(row["settings"])
    return Writing(**{**row, **numbers, **texts, "settings": settings, "drawn": drawn})


def write_writings(path: Path, writings: Sequence[Writing]) -> None:
    """Write to Parquet: one row per answer, lists of lists for its scores."""
    table = pa.Table.from_pylist([as_row(one) for one in writings], SCHEMA)
    write_with(path, lambda partial: pq.write_table(table, partial))


def read_writings(path: Path) -> list[Writing]:
    """Read what `write_writings` wrote."""
    return [from_row(row) for row in pq.read_table(path).to_pylist()]
