"""`pellucid explain` and `pellucid methods`: why a model answers so, and by which methods."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import DataError, paragraph
from .options import AsJson, Quiet, Target, TestRows, names, one_of
from .output import conclude, followed, print_json

if TYPE_CHECKING:
    from ..core.runs import Run
    from ..explain.attribution import Attribution

Model = Annotated[
    str,
    typer.Argument(
        help="A run's folder; or with --table a model's folder, bundled/… or a hub id.",
        metavar="RUN_OR_MODEL",
    ),
]


def explain(
    model: Model,
    rows: TestRows = None,
    method: Annotated[
        str | None,
        typer.Option(help="Methods with commas between them; `pellucid methods` lists them."),
    ] = None,
    target: Target = None,
    segments: Annotated[
        str | None,
        typer.Option(
            help="How samples are cut, and into how many parts: superpixels, patches or pixels; "
            "cells, bands, spans or quiet; such as patches,100."
        ),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            help="What stands for parts that are left out: pad or mask; mean, blur, black or white."
        ),
    ] = None,
    scale: Annotated[
        str | None, typer.Option(help="Which number of a class: logit or log_odds.")
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(help="Largest completeness error, as a share of the difference explained."),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(help="Explain the rows of this table instead, whatever model it is."),
    ] = None,
    inputs: Annotated[
        str | None,
        typer.Option(
            help="Its columns with their modality: text=text, or photo=image,question=text."
        ),
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="Its column with what is true, if there is one.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="With --table: a folder to write attributions and maps to.")
    ] = None,
    compare: Annotated[
        bool,
        typer.Option("--compare", help="Measure which method is the most faithful to this model."),
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Attribute a model's answers to the words, picture parts or sounds that they come from."""
    changes: dict[str, Any] = {
        "target": target,
        "segments": cut_as(segments),
        "baseline": filled_with(baseline),
        "scale": scale,
        "tolerance": tolerance,
    }
    given: dict[str, Any] = {key: value for key, value in changes.items() if value is not None}
    if table is not None:
        _others(model, table, method, rows, inputs, label, out, given, as_json, quiet)
        return
    for option, named in (("--inputs", inputs), ("--label", label), ("--out", out)):
        if named is not None:
            raise DataError(
                paragraph(option, "it is for rows of a table", "Name the table with --table")
            )
    run = _run(model)
    more = {"rows": rows, "method": method, "compare": compare or None}
    given |= {key: value for key, value in more.items() if value is not None}
    check_given(run, given)
    from ..pipeline import redo

    with followed(as_json, quiet) as follow:
        done = redo(run, "explain", emit=follow, changes=given)
    if compare:
        _ranked(done, as_json)
        return
    conclude(done, as_json)


def methods(as_json: AsJson = False) -> None:
    """List all attribution methods: what each needs, and what its scores mean."""
    from ..explain.methods import methods as known

    if as_json:
        print_json(
            [
                {
                    "name": one.name,
                    "title": one.title,
                    "needs": one.needs,
                    "complete": one.complete,
                    "signed": one.signed,
                    "source": one.source,
                }
                for one in known().values()
            ]
        )
        return
    from rich.console import Console
    from rich.table import Table

    found = Table(box=None, pad_edge=False)
    for title in ("Method", "Needs", "Adds up", "Signed", "Source"):
        found.add_column(title, no_wrap=title == "Method", overflow="fold")
    for one in known().values():
        yes = ["yes" if flag else "no" for flag in (one.complete, one.signed)]
        found.add_row(one.name, one.needs, *yes, one.source)
    Console(width=None if Console().is_terminal else 110).print(found)
    typer.echo(
        "\nAdds up: scores sum to the difference between the answers on sample and baseline. "
        "Signed: scores below zero speak against the answer."
    )


def _ranked(run: Run, as_json: bool) -> None:
    """Print which methods were the most faithful, unless the work was stopped before."""
    from ..core.files import read_json

    path = run.path / "explanations/comparison.json"
    if as_json:
        comparison = read_json(path) if path.is_file() else None
        print_json({"run": str(run.path), "status": run.status, "comparison": comparison})
        return
    for text in read_json(path)["words"] if path.is_file() else ():
        typer.echo(text)
    typer.echo(run.path)


def cut_as(text: str | None) -> dict[str, Any] | None:
    """Read --segments: ways of cutting and a number, with commas between them."""
    if text is None:
        return None
    from typing import get_args

    from ..explain.spec import SegmentsSpec

    fields = SegmentsSpec.model_fields
    known: dict[str, str] = {
        way: kind for kind in ("image", "audio") for way in get_args(fields[kind].annotation)
    }
    out: dict[str, Any] = {}
    for one in names(text) or []:
        if one.isdecimal():
            out["count"] = int(one)
        else:
            out[known[one_of("--segments", one, known)]] = one
    return out


def filled_with(text: str | None) -> dict[str, Any] | None:
    """Read --baseline: what stands for words and for pictures' parts, with commas between them."""
    if text is None:
        return None
    known = {
        "pad": "text", "mask": "text",
        "mean": "image", "blur": "image", "black": "image", "white": "image",
    }  # fmt: skip
    return {known[one_of("--baseline", one, known)]: one for one in names(text) or []}


def _run(name: str) -> Run:
    from ..core.runs import Run
    from ..explain.attribute import as_run

    run = as_run(name)
    if run is None and (Path(name) / "config.json").is_file():
        raise DataError(
            paragraph(
                name,
                "this is a model without rows of its own",
                "Name a table with --table and its columns with --inputs",
            )
        )
    return Run.open(name) if run is None else run


def check_given(run: Run, given: dict[str, Any]) -> None:
    """Refuse what can't be asked for, before a job is begun."""
    from ..explain.attribute import changed, check_method
    from ..explain.spec import ExplainSpec
    from ..explain.targets import LABEL, PREDICTED, explains, unknown

    for name in names(given.get("method", "")) or []:
        check_method(name)
    others = {key: value for key, value in given.items() if key not in ("method", "compare")}
    spec = changed(run.section("explain", ExplainSpec), others)
    problem = unknown(spec.target, run.task, run.labels) if explains(run.task) else None
    if problem is not None:
        raise DataError(
            paragraph(
                f"--target {spec.target}",
                problem,
                f"Name a class, or write {PREDICTED} or {LABEL}",
            )
        )


def _others(
    model: str,
    table: Path,
    method: str | None,
    rows: str | None,
    inputs: str | None,
    label: str | None,
    out: Path | None,
    given: dict[str, Any],
    as_json: bool,
    quiet: bool,
) -> None:
    """Explain the rows of a table, and write or print what was found."""
    from ..explain.into import explain_table
    from ..multimodal.escape import visible

    asked = names(method or "") or ["integrated_gradients"]
    with followed(as_json, quiet) as follow:
        found = explain_table(
            model,
            table,
            asked,
            rows=rows,
            inputs=_columns(inputs),
            label=label,
            out=out,
            emit=follow,
            **given,
        )
    if as_json:
        print_json({name: [_plain(one) for one in each] for name, each in found.items()})
        return
    for name, each in found.items():
        for one in each:
            typer.echo(f"{name}, row {visible(one.id, 60)}: {_line(one)}")
    if out is not None:
        typer.echo(out)


def _columns(text: str | None) -> dict[str, str] | None:
    """Read --inputs: column=modality, with commas between them."""
    if text is None:
        return None
    out = {}
    for one in names(text) or []:
        name, equals, kind = one.rpartition("=")
        if not equals or not name:
            raise DataError(
                paragraph(
                    f"--inputs {one}",
                    "expected a column and its modality",
                    "Write them as column=text, column=image or column=audio",
                )
            )
        out[name.strip()] = kind.strip()
    return out


def _plain(one: Attribution) -> dict[str, Any]:
    from ..explain.attribution import as_row

    row = as_row(one)
    return {key: value for key, value in row.items() if key not in ("drawn", "fingerprint")}


def _line(one: Attribution, most: int = 6) -> str:
    """Return the segments that mattered most, on a line."""
    from ..multimodal.escape import visible

    order = sorted(range(len(one.scores)), key=lambda place: -abs(float(one.scores[place])))
    said = [f"{visible(one.segments[at], 40)} {one.scores[at]:+.2f}" for at in order[:most]]
    about = f" of “{visible(one.about, 60)}”" if one.about else ""
    return f"“{visible(one.target, 60)}”{about}: {', '.join(said)}"
