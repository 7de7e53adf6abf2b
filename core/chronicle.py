"""How a run came about: what was done to its data, its model and its answers, and when.

Everything is read from the run's folder: the lineage of its rows, what its jobs told, the decision
on its threshold, and records that later commands wrote. Times are those that the jobs told; where
only a file is left of what was done, its own time stands for it, which copying may change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import decision, events
from .report.tree import Section, Table
from .spec import ReportSpec

if TYPE_CHECKING:
    from .runs import Run

STEPS = {
    "train": "Trained",
    "evaluate": "Evaluated",
    "explain": "Explained",
    "audit": "Audited over groups",
    "report": "Written up",
}
"""What each step of a job did, in words."""

RECORDS = ("audit/*.json", "explanations/*.json", "explanations/*.parquet")
"""Files that commands leave beside those of a job's steps."""

NOT_STATED = "(not stated)"
NAMED = 4  # files that a line names


@dataclass(frozen=True)
class Entry:
    """One thing that was done.

    Attributes
    ----------
    time
        Seconds since 1970, None where it isn't known.
    what
        In a few words.
    detail
        What it changed.
    source
        Where this is known from: a file of the run.
    step
        The step of a job that it was, if any.
    """

    time: float | None
    what: str
    detail: str
    source: str
    step: str | None = None

    @property
    def when(self) -> str:
        """The time in words, in UTC."""
        if self.time is None:
            return "not known"
        return f"{datetime.fromtimestamp(self.time, UTC):%Y-%m-%d %H:%M:%S} UTC"


def chronicle(run: Run) -> tuple[Entry, ...]:
    """Return what was done, in the order in which it was.

    Parameters
    ----------
    run
        Any run; files that aren't there are passed over.
    """
    told = [*_begun(run), *_told(run.path)]
    written = {path for entry, paths in told for path in paths}
    left = [*_decided(run), *_records(run.path, written)]
    entries = [entry for entry, _ in told] + left
    # The steps of the data stand in their order, at the time when the run was begun.
    return tuple(sorted(entries, key=lambda one: one.time if one.time is not None else 0.0))


def section(run: Run, *, without: str | None = None) -> Section:
    """Return the chronicle as a part of the report.

    Parameters
    ----------
    run
        Any run.
    without
        A step that is left out: the one that writes documents, which would otherwise differ each
        time that they are written.
    """
    author = run.section("report", ReportSpec).statements.author
    entries = [one for one in chronicle(run) if without is None or one.step != without]
    return Section(
        "How this run came about",
        "lineage",
        (
            Table(
                "What was done, in its order",
                ("When", "What", "Detail", "Known from"),
                tuple((one.when, one.what, one.detail, one.source) for one in entries),
                "Times are those that the jobs told; of what is known from a file alone it is the "
                "file’s own, which copying may change.",
            ),
        ),
        f"Who answers for it: {author or NOT_STATED}. Whoever else worked on it isn’t recorded.",
    )


def _begun(run: Run) -> Iterator[tuple[Entry, tuple[str, ...]]]:
    environment = run.environment
    created = _seconds(environment.get("created"))
    source = "environment.json"
    for step in environment["data"].get("lineage", ()):
        yield Entry(created, f"Data: {_words(step['name'])}", lineage_step(step), source), ()
    rows = {name: count for name, count in environment["data"].get("rows", {}).items() if count}
    if rows:
        said = ", ".join(f"{count:,} {name}" for name, count in rows.items())
        yield Entry(created, "Data: split", f"rows: {said}", source), ()
    name = str(environment["model"]["name"])
    base = Path(name).name if Path(name).is_absolute() else name
    detail = f"from {base}, seed {environment['seed']}, Pellucid {environment['pellucid']}"
    yield Entry(created, "Run begun", detail, source), ()


def lineage_step(step: dict[str, Any]) -> str:
    """Say what a step did to the rows; of files only their names."""
    reason = str(step["reason"])
    if step["name"] == "read":
        reason = ", ".join(Path(one).name for one in reason.split(", "))
    before, after = step["before"], step["after"]
    rows = f"{before:,} rows" if before == after else f"{before:,} to {after:,} rows"
    return f"{reason}; {rows}" if reason else rows


def _told(folder: Path) -> Iterator[tuple[Entry, tuple[str, ...]]]:
    """Give what the jobs told, each step with the files that it wrote."""
    seen: set[str] = set()
    open_step: tuple[float, str] | None = None
    paths: list[str] = []

    def done() -> Iterator[tuple[Entry, tuple[str, ...]]]:
        if open_step is None:
            return
        at, step = open_step
        again = " once more" if step in seen else ""
        seen.add(step)
        what = f"{STEPS.get(step, _words(step))}{again}"
        wrote = ", ".join(paths[:NAMED])
        more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
        detail = f"wrote {wrote}{more}" if paths else ""
        yield Entry(at, what, detail, "events.jsonl", step), tuple(paths)

    for event in events.read(folder / "events.jsonl"):
        match event:
            case events.Started(step="run"):
                yield from done()
                open_step, paths = None, []
            case events.Started(step=step):
                yield from done()
                open_step, paths = (event.time, step), []
            case events.Artifact(path=path):
                if path not in paths and not path.startswith("checkpoints/"):
                    paths.append(path)
            case events.Stopped(reason=reason):
                yield from done()
                open_step, paths = None, []
                said = "Cancelled" if reason == "cancel" else "Stopped"
                yield Entry(event.time, said, "by a person; it can go on", "events.jsonl"), ()
            case events.Failed(kind=kind):
                yield from done()
                open_step, paths = None, []
                yield Entry(event.time, "Failed", kind, "events.jsonl"), ()
            case _:
                pass
    yield from done()


def _decided(run: Run) -> Iterator[Entry]:
    path = run.path / decision.FILE
    if path.is_file():
        found = decision.read(run.path, run.labels)
        yield Entry(path.stat().st_mtime, "Threshold chosen", decision.words(found), decision.FILE)


def _records(folder: Path, written: set[str]) -> Iterator[Entry]:
    """Give records that no job told of: commands that work beside jobs leave them."""
    for pattern in RECORDS:
        for path in sorted(folder.glob(pattern)):
            name = path.relative_to(folder).as_posix()
            if name not in written:
                what = f"Measured: {_words(path.stem)}"
                yield Entry(path.stat().st_mtime, what, f"wrote {name}", name)


def _words(name: str) -> str:
    return name.replace("_", " ").replace("-", " ")


def _seconds(text: Any) -> float | None:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return None
