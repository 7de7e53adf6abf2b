"""What `audit` does: the audit of a run or a table, its documents, one beside an earlier one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ..errors import RecipeError, RunError, paragraph
from .audit_options import check_columns
from .options import one_of
from .output import conclude, followed, print_json

if TYPE_CHECKING:
    from ..core.events import Emit
    from ..core.report.tree import Report
    from ..core.runs import Run
    from ..fairness.audit_pairs.record import AuditPair


def audit_run(
    folder: Path,
    given: Mapping[str, Any],
    named: Mapping[str, Any],
    out: Sequence[Path],
    as_json: bool,
    quiet: bool,
) -> None:
    """Audit the test rows of a run, as its job."""
    from ..core import processes
    from ..fairness import findings
    from ..fairness.reading import read_audit
    from ..multimodal.escape import visible

    with followed(as_json, quiet) as follow:
        done = _audited(folder, given, named, follow)
        written = _written(_report_of(done), out) if out else []
    if not as_json and processes.is_main():
        found = read_audit(done)
        for text in () if found is None else findings(found):
            typer.echo(visible(text.text, 2000))
        for path in written:
            typer.echo(f"Report of the audit: {path}")
    conclude(done, as_json)


def _audited(folder: Path, given: Mapping[str, Any], named: Mapping[str, Any], emit: Emit) -> Run:
    from ..core.runs import Run
    from ..core.spec import DataSpec
    from ..fairness.spec import AuditSpec, changed
    from ..pipeline import redo

    for name in named:
        raise RunError(
            paragraph(
                f"--{name}",
                "it tells of a table of predictions, and a run knows it itself",
                "Leave it out, or name the table with --predictions",
            )
        )
    run = Run.open(folder)
    spec = changed(run.section("audit", AuditSpec), given)
    own = spec.groups if spec.groups is not None else run.section("data", DataSpec).groups
    check_columns(given, own, spec)
    return redo(run, "audit", emit=emit, changes=dict(given))


def audit_against(
    folder: Path,
    given: Mapping[str, Any],
    named: Mapping[str, Any],
    against: Path,
    out: Sequence[Path],
    as_json: bool,
    quiet: bool,
) -> None:
    """Set an audit that was made beside an earlier one; made anew where options say otherwise."""
    from ..core.runs import Run
    from ..fairness.audit_pairs.measure import compare_audits
    from ..fairness.audit_pairs.record import write_pair

    after: Run | Path = folder
    if given or named:
        with followed(as_json, quiet) as follow:
            after = _audited(folder, given, named, follow)
    elif folder.is_dir():
        after = Run.open(folder)
    pair = compare_audits(against, after, seed=given.get("seed", 13))
    file = write_pair(after.path, pair) if isinstance(after, Run) else None
    _tell_pair(pair, out, as_json, file)


def _tell_pair(pair: AuditPair, out: Sequence[Path], as_json: bool, file: Path | None) -> None:
    from ..fairness.audit_pairs.section import findings
    from ..fairness.document import pair_document
    from ..multimodal.escape import visible

    written = _written(pair_document(pair), out) if out else []
    if as_json:
        print_json({"file": None if file is None else str(file), "against": pair.as_json()})
        return
    for text in findings(pair):
        typer.echo(visible(text.text, 2000))
    for path in written:
        typer.echo(f"Report of the comparison: {path}")
    if file is not None:
        typer.echo(file)


def audit_table(
    predictions: Path,
    given: Mapping[str, Any],
    named: Mapping[str, Any],
    against: Path | None,
    out: Sequence[Path],
    as_json: bool,
) -> None:
    """Audit anyone's predictions."""
    from ..fairness import audit as compare
    from ..fairness import compare_audits, findings
    from ..fairness.document import document
    from ..fairness.spec import AUDITED, AuditSpec, changed

    if "task" in named:
        one_of("--task", named["task"], AUDITED)
    threshold = named.get("threshold")
    if threshold is not None and ("prediction" in named or "score" not in named):
        raise RecipeError(
            paragraph(
                f"--threshold {threshold:g}",
                "it makes predictions of a score, which goes with --score and without --prediction",
                "Leave it out, or name these columns so",
            )
        )
    spec = changed(AuditSpec(), given)
    check_columns(given, spec.groups or (), spec)
    found = compare(predictions, spec=spec, **named)
    if against is not None:
        pair = compare_audits(against, found, names=("before", predictions.name), seed=spec.seed)
        _tell_pair(pair, out, as_json, None)
        return
    report = document(found, f"Audit of {predictions.name}", str(predictions))
    written = _written(report, out) if out else []
    if as_json:
        print_json(found.as_json())
        return
    for text in findings(found):
        typer.echo(text.text)
    for path in written:
        typer.echo(f"Report of the audit: {path}")


def _report_of(run: Run) -> Report:
    """Build the report on whom a run's model treats worse."""
    from ..explain.section import cells_of
    from ..fairness.document import document
    from ..fairness.reading import read_audit
    from ..fairness.reported import reported

    found = read_audit(run)
    if found is None:
        raise RunError(
            paragraph(
                "--out",
                "the run names no sensitive columns, so there is no audit to write up",
                "Name columns with --groups, or make some with --terms or --derived",
            )
        )
    rows = run.dataset()
    parts = reported(run.path, found, cells=cells_of(rows), modalities=rows.modalities)
    return document(found, f"Audit of {run.name}", str(run.path), parts)


def documents_of(out: Sequence[Path]) -> tuple[Path, ...]:
    """Refuse documents that can't be written, before any work is done for them."""
    from ..core.report.documents import checked

    for path in out:
        checked(path)
        if not path.absolute().parent.is_dir():
            raise RunError(
                paragraph(
                    f"--out {path}",
                    f"there is no folder {path.parent}",
                    "Make it, or name a file in another one",
                )
            )
    return tuple(out)


def _written(report: Report, out: Sequence[Path]) -> list[Path]:
    """Write the documents; return the files and folders."""
    from ..core import processes
    from ..core.report import documents

    return [documents.write(report, path) for path in out] if processes.is_main() else []
