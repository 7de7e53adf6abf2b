"""The predictions of a run row by row: what is filtered by, and the table that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...frame.texts import tr

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from ....core.thresholds import Groups, ThresholdView

SCORE, GROUP, INPUT = "score:", "group:", "input:"
MISSING = "(missing)"


@dataclass(frozen=True, eq=False)
class Facts:
    """Predictions as arrays, and as a table for people.

    Attributes
    ----------
    table
        A `pyarrow.Table` as it is shown; its columns are named for people.
    raw
        The table as it was read.
    ids
        Ids as an Arrow array.
    splits, split
        Names of the splits, and the number of each row's one.
    labels
        The classes.
    true, predicted
        Class of each row, -1 where there is none.
    scores
        Probabilities, shape (rows, classes).
    margin
        Best score less the second best; small where the model was unsure.
    groups
        Column to the group of each row and the groups' names.
    inputs
        Names of the input columns; empty where the texts are not here.
    pictured
        Those of them that are shown as pictures: they stand behind the row's name in `table`.
    place
        Number of each explained row by its id.
    """

    table: Any
    raw: Any
    splits: tuple[str, ...]
    split: NDArray[np.integer]
    labels: tuple[str, ...]
    true: NDArray[np.integer]
    predicted: NDArray[np.integer]
    scores: NDArray[np.float64]
    margin: NDArray[np.float64]
    groups: Mapping[str, Groups]
    inputs: tuple[str, ...]
    place: Mapping[str, int]
    pictured: tuple[str, ...] = ()

    def in_split(self, name: str) -> NDArray[np.bool_]:
        """Say of each row whether it is of a split."""
        import numpy as np

        if name not in self.splits:
            return np.zeros(len(self.split), bool)
        found: NDArray[np.bool_] = self.split == self.splits.index(name)
        return found

    def text(self, row: int) -> str:
        """Return the texts that were answered, one part below the other; empty if not here."""
        parts = [self.raw[f"{INPUT}{name}"][row].as_py() or "" for name in self.inputs]
        if len(parts) < 2:
            return parts[0] if parts else ""
        return "\n\n".join(
            f"{name}:\n{part}" for name, part in zip(self.inputs, parts, strict=True)
        )

    def view(self, split: str, label: str) -> ThresholdView:
        """Sort the rows of a split for thresholds on one class."""
        import numpy as np

        from ....core.thresholds import Groups, ThresholdView

        rows = np.flatnonzero(self.in_split(split) & (self.true >= 0))
        code = self.labels.index(label)
        groups = {
            column: Groups(codes[rows], names) for column, (codes, names) in self.groups.items()
        }
        return ThresholdView.of(self.scores[rows, code], self.true[rows] == code, groups)


def row_of(raw: Any, id_: str) -> int | None:
    """Return the number of the row of an id; None where there is none."""
    import pyarrow.compute as pc

    found = pc.index(raw["id"], id_).as_py()
    return None if found < 0 else int(found)


def texts_file(memory: Path, run: Path) -> Path:
    """Return where the window keeps a run's rows with their texts."""
    return memory / "rows" / f"{run.name}.parquet"


def has_texts(run: Path, texts: Path) -> bool:
    """Whether the rows with their texts are here, and of the run's last predictions."""
    try:
        return texts.stat().st_mtime_ns >= (run / "predictions.parquet").stat().st_mtime_ns
    except OSError:
        return False


def read_facts(
    run: Path,
    labels: Sequence[str],
    texts: Path,
    explained: Sequence[str] = (),
    pictured: Sequence[str] = (),
) -> Facts | None:
    """Read the predictions of a run; None where there are none.

    Parameters
    ----------
    run
        The run's folder.
    labels
        The classes.
    texts
        Table of the rows with their texts, if it was made.
    explained
        Ids of the rows whose numbers will be asked for.
    pictured
        Input columns that are shown as pictures.
    """
    import numpy as np
    import pyarrow.parquet as pq

    from ....core.thresholds import Groups

    file = run / "predictions.parquet"
    if not file.is_file():
        return None
    raw = pq.read_table(texts if has_texts(run, texts) else file)
    names = raw.column_names
    classes = tuple(name for name in labels if f"{SCORE}{name}" in names)
    number = {name: code for code, name in enumerate(classes)}
    split, splits = coded(raw["split"])
    true, predicted = (_as_class(raw[name], number) for name in ("label", "prediction"))
    columns = [raw[f"{SCORE}{name}"].to_numpy() for name in classes]
    scores = np.column_stack(columns) if columns else np.zeros((len(raw), 0))
    margin = np.zeros(len(raw))
    if len(classes) > 1:
        best = np.partition(scores, len(classes) - 2, axis=1)
        margin = best[:, -1] - best[:, -2]
    groups = {
        name.removeprefix(GROUP): Groups(*coded(raw[name]))
        for name in names
        if name.startswith(GROUP)
    }
    inputs = tuple(name.removeprefix(INPUT) for name in names if name.startswith(INPUT))
    drawn = tuple(name for name in inputs if name in pictured)
    return Facts(
        table=_shown(raw, inputs, drawn, classes, tuple(groups), true == predicted, margin),
        raw=raw,
        splits=splits,
        split=split,
        labels=classes,
        true=true,
        predicted=predicted,
        scores=scores,
        margin=margin,
        groups=groups,
        inputs=inputs,
        place=_places(raw["id"], explained),
        pictured=drawn,
    )


def coded(cells: Any) -> tuple[Any, tuple[str, ...]]:
    """Give the values of a column of texts numbers, in their order; missing ones come last."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    trimmed = pc.fill_null(pc.utf8_trim_whitespace(cells.cast(pa.large_string())), "")
    encoded = trimmed.combine_chunks().dictionary_encode()
    found = [name or MISSING for name in encoded.dictionary.to_pylist()]
    names = tuple(sorted(set(found), key=lambda name: (name == MISSING, _natural(name))))
    lookup = np.array([names.index(name) for name in found] or [0])
    return lookup[encoded.indices.to_numpy(zero_copy_only=False)], names


def _natural(name: str) -> tuple[int, float, str]:
    try:
        return 0, float(name), name
    except ValueError:
        return 1, 0.0, name


def _as_class(cells: Any, number: Mapping[str, int]) -> Any:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    known = pa.array(list(number), pa.large_string())
    found = pc.index_in(cells.cast(pa.large_string()).combine_chunks(), value_set=known)
    return pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int64)


def _places(cells: Any, wanted: Sequence[str]) -> dict[str, int]:
    """Find rows by their ids, in Arrow: a million ids in Python would hold up other threads."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ids = pa.array(list(dict.fromkeys(wanted)), pa.large_string())
    known = cells.cast(pa.large_string()).combine_chunks()
    found = pc.index_in(ids, value_set=known).to_pylist()
    return {name: at for name, at in zip(ids.to_pylist(), found, strict=True) if at is not None}


def _shown(
    raw: Any,
    inputs: Sequence[str],
    drawn: Sequence[str],
    classes: Sequence[str],
    groups: Sequence[str],
    right: Any,
    margin: Any,
) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    answer = pc.if_else(pa.array(right), tr("✓ right"), tr("✗ wrong"))
    columns = [
        (tr("Row"), raw["id"]),
        *((name, raw[f"{INPUT}{name}"]) for name in drawn),
        (tr("Right?"), answer),
        (tr("Label"), raw["label"]),
        (tr("Answer"), raw["prediction"]),
        (tr("Margin"), pa.array(margin)),
        *((name, raw[f"{INPUT}{name}"]) for name in inputs if name not in drawn),
        *((tr("Score of {label}").format(label=name), raw[f"{SCORE}{name}"]) for name in classes),
        *((name, raw[f"{GROUP}{name}"]) for name in groups),
    ]
    return pa.Table.from_arrays(
        [cells for _, cells in columns], names=[name for name, _ in columns]
    )
