"""Explaining rows into a folder: attributions, their most important segments, and maps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..core.dataset import Dataset, pick
from ..core.events import Emit, silent
from ..core.files import folder_whole, sweep, write_json
from ..core.spec import ReportSpec
from ..multimodal.media import Unreadable
from .attribute import as_run, changed, check_method, explain_kept, explain_samples
from .attribution import Attribution, Stored, write_attributions
from .drawn import png
from .given import given
from .kept import Kept
from .opened import Opened
from .section import cells_of, chosen
from .spec import ExplainSpec
from .whole.importance import importance

IMPORTANCE = "importance.json"

Wrote = Callable[[str, str], None]
"""Told of each file or folder that was written, and of its kind."""


def explain_into(
    folder: Path,
    opened: Opened,
    dataset: Dataset,
    spec: ExplainSpec,
    *,
    maps: int,
    wrote: Wrote = lambda path, kind: None,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> dict[str, dict[str, Any]]:
    """Explain a model's answers on rows by all methods that are asked for.

    What was computed before with the same model, rows and settings isn't computed again, and what
    was stopped goes on. However many rows there are, few are in memory.

    Parameters
    ----------
    folder
        ``<method>.parquet`` and ``maps/<method>/`` are written to it, and what is kept lies in
        ``kept/<method>/``.
    opened, dataset
        The model, and the rows.
    spec
        Methods and settings.
    maps
        Most maps to draw of each method.
    wrote
        Listener for files.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    dict
        By method and target the most important segments, as plain data.
    """
    ranked = {}
    for name in spec.methods:
        kept = folder / "kept" / name
        sweep(kept)
        found = explain_kept(opened, dataset, spec, Kept(kept), method=name, emit=emit, check=check)
        write_attributions(folder / f"{name}.parquet", _checked(found, check))
        wrote(f"{name}.parquet", "attributions")
        stored = Stored(folder / f"{name}.parquet")
        ranked[name] = {
            target: [one.as_json() for one in segments]
            for target, segments in importance(stored).items()
        }
        _draw(folder / "maps" / name, chosen(stored, maps), dataset)
        wrote(f"maps/{name}", "maps")
    return ranked


def explain_table(
    model: str,
    table: Path,
    methods: Sequence[str],
    *,
    rows: int | str | None = None,
    inputs: Mapping[str, str] | None = None,
    label: str | None = None,
    out: Path | None = None,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
    **settings: Any,
) -> dict[str, Sequence[Attribution]]:
    """Explain a model's answers on the rows of a table.

    Parameters
    ----------
    model
        A run's folder, or a model that was not trained here.
    table
        A table, or a folder of pictures or sounds.
    methods
        Names of methods.
    rows
        Which of its rows, as `core.dataset.pick` takes them; all if left out.
    inputs, label, settings
        As `explain.attribute.attribute` takes them.
    out
        Folder to write to; nothing is written if left out.
    emit, check
        Listener, and a function that raises where the work was cancelled.

    Returns
    -------
    dict
        Attributions by method.
    """
    for name in methods:
        check_method(name)
    run = as_run(model)
    own = ExplainSpec() if run is None else run.section("explain", ExplainSpec)
    spec = changed(own, {**settings, "methods": tuple(methods)})
    found = given(model if run is None else run, table, inputs, label)
    dataset = found.dataset
    if rows is not None:
        dataset = dataset.take(pick(dataset.ids, rows))
    told: dict[str, Any] = {"emit": emit, "check": check}
    if out is None:
        return {
            name: explain_samples(found.opened, dataset, spec, method=name, **told)
            for name in methods
        }
    ranked = explain_into(out, found.opened, dataset, spec, maps=ReportSpec().maps, **told)
    write_json(out / IMPORTANCE, ranked)
    return {name: Stored(out / f"{name}.parquet") for name in methods}


def _checked(found: Iterator[Attribution], check: Callable[[], None]) -> Iterator[Attribution]:
    for one in found:
        check()
        yield one


def _draw(path: Path, found: Sequence[Attribution], dataset: Dataset) -> None:
    """Draw maps as PNG, numbered in the order of the report."""
    cells = cells_of(dataset)
    with folder_whole(path) as folder:
        for number, one in enumerate(found, start=1):
            stem = re.sub(r"[^\w.-]+", "-", one.id).strip("-.")[:60]
            with suppress(Unreadable):  # the report says so
                (folder / f"{number:03d}-{stem}.png").write_bytes(png([one], cells(one.id)))
