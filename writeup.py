"""One run written up: a report for people, and a model card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .core.files import read_json, write_text
from .core.metric_names import title
from .core.report.tree import LineFigure, Report, Section, Table, Text
from .core.runs import Run
from .core.spec import DataSpec, EvaluateSpec, Format, ReportSpec, TrainSpec
from .core.task_words import described, words
from .explain.targets import explains
from .fairness.spec import AUDITED
from .multimodal.spec import ModelSpec

if TYPE_CHECKING:
    from .core.dataset import Dataset
    from .core.history import Curve
    from .fairness.audit import Audit

CONFIG = "model/config.json"

ENDINGS: Mapping[Format, str] = {
    "html": ".html",
    "pdf": ".pdf",
    "markdown": ".md",
    "json": ".json",
    "csv": ".csv",
}
"""Endings of the report's documents, which are all made of one tree."""


def write(run: Run, dataset: Dataset, formats: Sequence[Format] | None = None) -> list[str]:
    """Write documents into a run's folder; return their names.

    Parameters
    ----------
    run
        An evaluated run.
    dataset
        Its rows.
    formats
        Which documents; those that the recipe asks for if left out.

    Raises
    ------
    RunError
        If the run has not been evaluated.
    """
    from .core.report import documents
    from .fairness.reading import read_audit

    asked = run.section("report", ReportSpec).formats if formats is None else formats
    found = read_audit(run)
    report = compose(run, dataset, found)
    date = datetime.fromisoformat(run.environment["created"])
    written = [
        documents.write(report, run.path / f"report{ending}", date).name
        for form, ending in ENDINGS.items()
        if form in asked
    ]
    if "model_card" in asked:
        from .core.report.card import render_card

        write_text(run.path / "model_card.md", render_card(_card(run, dataset, found)))
        written.append("model_card.md")
    if "data_sheet" in asked:
        from .core.report.sheet import render_sheet
        from .fairness.accountability.data_sheet import data_sheet

        write_text(run.path / "data_sheet.md", render_sheet(data_sheet(run, dataset)))
        written.append("data_sheet.md")
    return written


def compose(run: Run, dataset: Dataset, audit: Audit | None) -> Report:
    """Build the report's tree from what the run's folder holds.

    Parameters
    ----------
    run
        An evaluated run; explanations and audit are left out where they were not made.
    dataset
        The run's rows.
    audit
        What was found over groups, where there are any.
    """
    import pandas as pd

    from .core import checks, chronicle, evaluation_section, rows_section
    from .core.evaluation import read_evaluation
    from .explain.reported import reported
    from .explain.section import cells_of
    from .fairness.reported import reported as audited

    spec = run.section("report", ReportSpec)
    curves = pd.read_parquet(run.need("curves.parquet", "evaluate"))
    evaluation = read_evaluation(read_json(run.need("evaluation.json", "evaluate")), curves)
    environment = run.environment
    looked = checks.Checks.from_json(environment["data"]["checks"])

    predictions = run.predictions() if run.task == "regression" else None
    summary = [*evaluation_section.findings(evaluation)]
    sections: list[Section] = [*evaluation_section.sections(evaluation, predictions)]
    data = run.section("data", DataSpec)
    if run.has("predictions.parquet"):
        sections += rows_section.section(run.task, run.predictions(), dataset, data)
    why, told = reported(run.path / "explanations", dataset, maps=spec.maps)
    sections += why
    summary += told
    if audit is None and _compared(run):
        sections.append(_no_groups(asked=run.has("audit.json")))
    cells = cells_of(dataset)
    whom, said = audited(run.path, audit, cells=cells, modalities=dataset.modalities)
    sections += whom
    summary += said
    summary += [text for text in checks.findings(looked) if text.tone == "warning"]
    summary += _not_done(run)
    on_data = checks.section(dataset, looked)
    left_out = rows_section.left_out(environment["data"].get("bad_samples", ()))
    sections.append(chronicle.section(run, without="report"))
    sections += [replace(on_data, blocks=(*on_data.blocks, *left_out)), _training(run)]
    task = words(run.task, run.modalities).name
    return Report(
        title=spec.title or run.recipe["name"],
        subtitle=f"{_a(task)} model fine-tuned from {_base(environment)}",
        summary=tuple(summary),
        sections=tuple(sections),
        facts=_facts(run, dataset),
    )


def _no_groups(*, asked: bool) -> Section:
    why = (
        "The recipe names no sensitive columns (data.groups)"
        if asked
        else "The groups of the test rows were not compared (the step “audit” was not carried out)"
    )
    text = f"{why}, so nothing is known of whom this model treats worse."
    return Section("Groups", "audit", (Text(text, tone="warning"),))


def _not_done(run: Run) -> list[Text]:
    """Say what this report leaves open because a step was not carried out, or there is none."""
    known = {"explain": explains(run.task), "audit": _compared(run)}
    said: list[Text] = []
    if not known["audit"]:
        who = "Whom the model treats worse"
        if not known["explain"]:
            who = "Why the model answers as it does, and whom it treats worse,"
        text = f"{who} isn’t measured of such answers, and isn’t said here."
        said.append(Text(text, tone="note"))
    steps = {
        "explain": ("explanations/importance.json", "why the model answers as it does"),
        "audit": ("audit.json", "whom it treats worse"),
    }
    left = {step: what for step, (name, what) in steps.items() if known[step] and not run.has(name)}
    if not left:
        return said
    named = " and ".join(f"“{step}”" for step in left)
    text = f"Not carried out: {named}. So this report doesn’t say {' or '.join(left.values())}."
    return [*said, Text(text, tone="note")]


def _compared(run: Run) -> bool:
    """Whether the run's answers can be compared over groups."""
    return run.task in AUDITED


def _training(run: Run) -> Section:
    """How training went: loss and validation metrics by step, and the settings."""
    from .core import history
    from .core.compare import LOSSES

    told = history.metrics(run.path)
    loss = _by_step(told.get(("loss", "train")))
    kept = {name: _by_step(one) for (name, split), one in told.items() if split == "validation"}
    blocks: list[Any] = []
    if loss:
        curves = [_curve("training loss", loss)]
        losses = (kept[name] for name, _ in LOSSES["validation"] if len(kept.get(name, {})) > 1)
        curves += [_curve("validation loss", one, dashed=True) for one in losses][:1]
        blocks.append(
            LineFigure(
                title="Loss by step",
                x_label="optimiser step",
                y_label=words(run.task).loss,
                lines=tuple(curves),
                alt=f"The training loss is {loss[min(loss)]:.2f} at step {min(loss):,} and "
                f"{loss[max(loss)]:.2f} at step {max(loss):,}.",
            )
        )
    spec = run.section("train", TrainSpec)
    if kept:
        blocks.append(_validated(run, spec, kept))
    else:
        blocks.append(
            Text(
                "There were no validation rows to choose the weights by, so those of the last "
                "step were kept.",
                tone="note",
            )
        )
    blocks.append(Table("Settings", ("Setting", "Value"), tuple(_settings(spec.model_dump()))))
    return Section("How it was trained", "training", tuple(blocks))


def _validated(run: Run, spec: TrainSpec, kept: dict[str, dict[int, float]]) -> Table:
    """Return the validation metrics by step, and which of them chose the weights."""
    import math

    from .core.metrics import higher_is_better
    from .core.tasks import make

    metric = spec.early_stopping.metric
    if metric is None:
        section = run.section
        others = section("model", ModelSpec), spec, section("evaluate", EvaluateSpec)
        metric = make(run.task, section("data", DataSpec), *others).metric
    steps = sorted({at for found in kept.values() for at in found})
    when = "after each epoch" if spec.validate_steps is None else "while training"
    return Table(
        f"Validation metrics {when}",
        ("Step", *(title(name) for name in kept)),
        tuple((at, *(found.get(at, math.nan) for found in kept.values())) for at in steps),
        note=f"The weights with the {'highest' if higher_is_better(metric) else 'lowest'} "
        f"“{title(metric)}” were kept.",
    )


def _settings(settings: dict[str, Any], before: str = "") -> list[tuple[str, str]]:
    """Return settings one below another, nested ones under a dotted name."""
    out: list[tuple[str, str]] = []
    for key, value in settings.items():
        if isinstance(value, dict):
            out += _settings(value, f"{before}{key}.")
        else:
            out.append((f"{before}{key}", "–" if value is None else str(value)))
    return out


def _by_step(curve: Curve | None) -> dict[int, float]:
    return {} if curve is None else dict(zip(*(part.tolist() for part in curve), strict=True))


def _curve(name: str, values: dict[int, float], *, dashed: bool = False) -> Any:
    import numpy as np

    from .core.report.tree import Line

    steps = sorted(values)
    return Line(
        name,
        np.array(steps, dtype=np.float64),
        np.array([values[at] for at in steps]),
        dashed=dashed,
    )


def _facts(run: Run, dataset: Dataset) -> tuple[tuple[str, str], ...]:
    from .device import Device

    environment = run.environment
    rows = {split: count for split, count in environment["data"]["rows"].items() if count}
    data = run.section("data", DataSpec)
    return (
        ("Run", run.name),
        ("Begun", environment["created"]),
        ("Base model", _base(environment)),
        ("Licence of the base model", environment["model"]["licence"] or "not known"),
        ("Data", ", ".join(Path(source.path).name for source in data.source)),
        ("Reads", ", ".join(data.inputs or dataset.inputs)),
        ("Answers", _answers(run, data)),
        ("Rows", ", ".join(f"{count:,} {split}" for split, count in rows.items())),
        ("Data fingerprint", environment["data"]["fingerprint"][:16]),
        ("Device", Device.from_json(environment["device"]).words),
        ("Seed", str(environment["seed"])),
        (
            "Software",
            f"Pellucid {environment['pellucid']}, torch {environment['versions']['torch']}"
            f", transformers {environment['versions']['transformers']}",
        ),
    )


def _a(name: str) -> str:
    return f"{'An' if name[0] in 'aeiou' else 'A'} {name}"


def _base(environment: dict[str, Any]) -> str:
    """Name the base model; of a folder only its name, for a report is passed on."""
    name = str(environment["model"]["name"])
    return Path(name).name if Path(name).is_absolute() else name


def _hub(environment: dict[str, Any]) -> str | None:
    """Return the base model's id where it is one of the hub's: owner/name."""
    name = str(environment["model"]["name"])
    folder = Path(name).is_absolute() or Path(name).is_dir() or name.startswith("bundled/")
    return None if folder else name


def _answers(run: Run, data: DataSpec) -> str:
    """Say what the model gives: classes, a number of a column, or what its task is for."""
    classes = ", ".join(run.labels)
    if data.label is not None:
        return f"{data.label}: {classes}" if classes else data.label
    return classes or described(run.task, 0, None, run.modalities)


def _showing(run: Run) -> str:
    """Say how a picture is brought into a message for the run's model."""
    from .multimodal.text.chat.choosing import showing

    file = run.path / "model" / "chat_template.jinja"
    return showing(file.read_text(encoding="utf-8")) if file.is_file() else "parts"


def _card(run: Run, dataset: Dataset, audit: Audit | None) -> Any:
    from .core.report.card import CardFacts
    from .fairness.accountability.measured_card import measurements
    from .fairness.findings import findings

    environment = run.environment
    measured = measurements(run)
    data = run.section("data", DataSpec)
    lineage = "; ".join(
        f"{step['name']} ({step['reason']}): {step['after']:,} rows"
        for step in environment["data"]["lineage"][1:]
    )
    return CardFacts(
        name=run.name,
        base_model=_base(environment),
        base_licence=environment["model"]["licence"],
        task=words(run.task, run.modalities).tag,
        labels=tuple(environment["labels"]),
        data=f"{len(dataset):,} rows" + (f"; {lineage}" if lineage else ""),
        rows={name: count for name, count in environment["data"]["rows"].items() if count},
        fingerprint=environment["data"]["fingerprint"],
        training=run.section("train", TrainSpec).model_dump(),
        evaluation=read_json(run.path / "evaluation.json"),
        audit=tuple(text.text for text in findings(audit)) if audit is not None else (),
        versions=environment["versions"],
        hub_base=_hub(environment),
        kind=run.task,
        modalities=run.modalities,
        label=data.label,
        own_code=run.has(CONFIG) and "auto_map" in read_json(run.path / CONFIG),
        showing=_showing(run),
        stated=run.section("report", ReportSpec).statements.model_dump(),
        groups=measured.groups,
        privacy=measured.privacy,
        decision=measured.decision,
        remedies=measured.remedies,
        history=measured.history,
    )
