"""One of two audits that are set beside each other: a run's, a file's, or one in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...core.files import read_json
from ...core.runs import Run
from ...errors import RunError, paragraph
from ..audit import Audit
from ..prepared import Prepared, prepare
from ..reading import FILE, read_audit, settings_of
from ..spec import AuditSpec
from ..table import GroupTable

RECIPE = "recipe.yaml"


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two.

    Attributes
    ----------
    name
        What texts call it.
    groupings
        Column, or ``a×b``, to its figures.
    positive
        The favourable class.
    confidence
        Level of the intervals.
    run
        The run, where it is one, whose rows can be matched with another's.
    """

    name: str
    groupings: Mapping[str, GroupTable]
    positive: str | None
    confidence: float
    run: Run | None = None

    @property
    def rows(self) -> int:
        """Rows that were audited."""
        return sum(next(iter(self.groupings.values())).n)

    def prepared(self) -> Prepared | None:
        """Return the rows that were audited, where they are known."""
        if self.run is None:
            return None
        columns = [name for name, one in self.groupings.items() if len(one.columns) == 1]
        spec = settings_of(self.run)
        held = {f"group:{name}" for name in columns} & set(self.run.predictions().columns)
        groups = [name for name in columns if f"group:{name}" in held]
        return prepare(self.run, groups=groups, positive=self.positive, spec=spec)


def side(given: Audit | Run | str | Path, name: str) -> Side:
    """Open one of the two.

    Parameters
    ----------
    given
        An audit; a run, its folder or its audit.json; or what `pellucid audit --json` printed.
    name
        What an audit in memory is called.

    Raises
    ------
    RunError
        If there is no audit, or it can't be read.
    """
    if isinstance(given, Audit):
        if not given.groupings:
            raise _none(name, "it compares no groups")
        return Side(name, given.groupings, given.positive, given.spec.confidence)
    if isinstance(given, Run):
        return _of_run(given)
    path = Path(given)
    if path.is_dir():
        return _of_run(Run.open(path))
    if path.name == FILE and (path.parent / RECIPE).is_file():
        return _of_run(Run.open(path.parent))
    return _of_file(path)


def _of_run(run: Run) -> Side:
    found = read_audit(run)
    if found is None:
        raise _none(str(run.path), f"make one with `pellucid audit {run.path} --groups …`")
    return Side(run.name, found.groupings, found.positive, found.spec.confidence, run)


def _of_file(path: Path) -> Side:
    try:
        raw = read_json(path)
        groupings = {
            column: GroupTable.from_json(column, tuple(one["columns"]), one, raw["positive"])
            for column, one in raw.items()
            if isinstance(one, dict)
        }
        levels = {float(one.get("confidence", _LEVEL)) for one in raw.values() if _is_table(one)}
    except FileNotFoundError:
        raise RunError(
            paragraph(
                str(path),
                "there is no such file or folder",
                "Name a run's folder, or what `pellucid audit --json` printed",
            )
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(
            paragraph(
                str(path),
                f"the audit can't be read ({type(error).__name__}: {str(error).splitlines()[0]})",
                "Name a run's folder, or what `pellucid audit --json` printed",
            )
        ) from None
    if not groupings:
        raise _none(str(path), "it compares no groups")
    return Side(path.name, groupings, raw["positive"], levels.pop())


_LEVEL = AuditSpec().confidence


def _is_table(one: Any) -> bool:
    return isinstance(one, dict)


def _none(where: str, why: str) -> RunError:
    return RunError(paragraph(where, "there is no audit of groups", why[0].upper() + why[1:]))
