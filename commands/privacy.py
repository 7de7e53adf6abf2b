"""`privacy` and `canaries plant`: what a model gives away of the rows that it was trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import DataError, paragraph
from .options import AsJson, Encoding, Quiet, RunFolder, names
from .output import followed, print_json, tell


def privacy(
    folder: RunFolder,
    rows: Annotated[
        int | None,
        typer.Option(help="Training rows, and as many test rows, that membership is tried on."),
    ] = None,
    check: Annotated[
        str | None,
        typer.Option(help="Checks, with commas: membership,canaries,overlap,personal."),
    ] = None,
    canaries: Annotated[
        Path | None,
        typer.Option(help="The file that `pellucid canaries plant` wrote beside the table."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Try to get at a run's training rows, and look for personal data in its table.

    Can training rows be told by the model's loss, are planted secrets preferred, are training rows
    written word for word? What was found is also written to the run's audit/privacy.json; a check
    that isn't named keeps what an earlier call found.
    """
    from ..core.runs import Run
    from ..fairness.privacy.check import privacy as look
    from ..fairness.privacy.findings import findings
    from ..fairness.privacy.record import merged, read_privacy, write_privacy
    from ..multimodal.escape import visible

    if rows is not None and rows < 10:
        raise DataError(
            paragraph(f"--rows {rows}", "expected a number of at least 10", "Write --rows 2000")
        )
    run = Run.open(folder)
    checks = None if check is None else names(check) or []
    with followed(as_json, quiet) as follow:
        found = look(run, checks=checks, rows=rows, canaries=canaries, emit=follow)
    path = write_privacy(run.path, merged(read_privacy(run.path), found))
    lines = [text.text for text in findings(found)]
    lines += [f"Not carried out: “{name}” ({why})" for name, why in found.left_out.items()]
    tell(run, path, {"privacy": found.as_json()}, map(visible, lines), as_json)


def plant(
    table: Annotated[Path, typer.Argument(help="A table (CSV, TSV, JSON, JSONL or Parquet).")],
    out: Annotated[Path, typer.Option("--out", help="The copy: .csv, .tsv, .jsonl or .parquet.")],
    form: Annotated[
        str,
        typer.Option(help="What canaries look like, with {6 digits}, {4 letters}, {2 capitals}."),
    ] = "my number is {6 digits}",
    column: Annotated[
        str | None,
        typer.Option(help="Column that takes them; the one of answers or of long texts if not."),
    ] = None,
    repeats: Annotated[
        str, typer.Option(help="How often canaries are planted, with commas; 0 is a control.")
    ] = "0,1,4,16",
    each: Annotated[int, typer.Option(min=1, help="Canaries of each of these.")] = 2,
    ask: Annotated[
        str | None, typer.Option(help="What is asked in front, in conversations and prompts.")
    ] = None,
    split: Annotated[
        str, typer.Option(help="Column of splits; it is made by chance where it is missing.")
    ] = "split",
    seed: Annotated[int, typer.Option(help="Seed of the secrets and rows.")] = 13,
    encoding: Encoding = "utf-8",
    as_json: AsJson = False,
) -> None:
    """Write a copy of a training table with made-up secrets in it, and a file that tells them.

    Train on the copy (data.split.column names its column of splits), then measure with
    `pellucid privacy RUN --check canaries --canaries FILE`.
    """
    from ..fairness.privacy.canaries import Form
    from ..fairness.privacy.planting import write_planted

    counts = []
    for one in names(repeats) or []:
        if not one.isdecimal():
            raise DataError(
                paragraph(
                    f"--repeats {repeats}",
                    f"“{one}” is no number of times",
                    "Write numbers with commas between them, such as 0,1,4,16",
                )
            )
        counts.append(int(one))
    if not any(counts):
        raise DataError(
            paragraph(
                f"--repeats {repeats}",
                "no canary would be planted",
                "Write numbers with commas between them, such as 0,1,4,16",
            )
        )
    secrets, planted = write_planted(
        table,
        out,
        Form(form),
        encoding=encoding,
        column=column,
        repeats=counts,
        each=each,
        ask=ask,
        split=split,
        seed=seed,
    )
    if as_json:
        print_json(
            {"table": str(out), "file": str(secrets), "canaries": planted.as_json()["canaries"]}
        )
        return
    rows = sum(one.repeats for one in planted.canaries)
    typer.echo(
        f"{len(planted.canaries)} canaries stand in {rows:,} new rows of the column "
        f"“{planted.column}”, all of the split “train” of the column “{split}”."
    )
    typer.echo(f"{secrets}  (keep it apart: it tells what was planted)")
    typer.echo(out)
