"""One run written up: a report for people, and a model card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .core.files import read_json, write_text
from .core.report.tree import Report, Section, Table, Text
from .core.runs import Run
from .core.spec import ReportSpec, TrainSpec
from .fairness.spec import AuditSpec

if TYPE_CHECKING:
    from .core.dataset import Dataset
    from .fairness.audit import Audit


def write(run: Run, dataset: Dataset) -> list[str]:
    """Write the documents that the recipe asks for; return their names.

    Raises
    ------
    RunError
        If the run has not been evaluated.
    """
    spec = run.section("report", ReportSpec)
    found = _audit(run)
    report = compose(run, dataset, found)
    written = []
    if "html" in spec.formats:
        from .core.report.html import render

        write_text(run.path / "report.html", render(report))
        written.append("report.html")
    if "model_card" in spec.formats:
        from .core.report.card import render_card

        write_text(run.path / "model_card.md", render_card(_card(run, dataset, found)))
        written.append("model_card.md")
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

    from .core import checks, evaluation_section
    from .core.evaluation import read_evaluation
    from .explain import section as explain_section
    from .explain.attribution import read_attributions
    from .explain.importance import Importance
    from .fairness.findings import findings as audit_findings
    from .fairness.section import sections as audit_sections

    spec = run.section("report", ReportSpec)
    curves = pd.read_parquet(run.need("curves.parquet", "evaluate"))
    evaluation = read_evaluation(read_json(run.need("evaluation.json", "evaluate")), curves)
    environment = run.environment
    looked = checks.Checks.from_json(environment["data"]["checks"])

    summary = [*evaluation_section.findings(evaluation)]
    sections: list[Section] = [*evaluation_section.sections(evaluation)]
    if run.has("explanations/importance.json"):
        ranked = read_json(run.path / "explanations/importance.json")
        for method, targets in ranked.items():
            attributions = read_attributions(run.path / f"explanations/{method}.parquet")
            words = {
                target: [Importance.from_json(target, raw) for raw in found]
                for target, found in targets.items()
            }
            summary += explain_section.findings(attributions, words)
            sections += explain_section.sections(attributions, words, maps=spec.maps)
    if audit is not None:
        summary += audit_findings(audit)
        sections += audit_sections(audit)
    elif run.has("audit.json"):
        sections.append(_no_groups())
    summary += [text for text in checks.findings(looked) if text.tone == "warning"]
    sections += [checks.section(dataset, looked), _training(run)]
    return Report(
        title=spec.title or run.recipe["name"],
        subtitle=f"A {_kind(dataset)} model fine-tuned from {environment['model']['name']}",
        summary=tuple(summary),
        sections=tuple(sections),
        facts=_facts(run),
    )


def _audit(run: Run) -> Audit | None:
    """Measure the audit again from the predictions; it takes less time than reading it would."""
    from .fairness.audit import audit

    if not run.has("audit.json"):
        return None
    named = [name for name in read_json(run.path / "audit.json") if name not in RESERVED]
    columns = [name for name in named if "×" not in name]
    if not columns:
        return None
    predictions = run.predictions()
    test = predictions[predictions["split"] == "test"]
    return audit(test, groups=columns, spec=run.section("audit", AuditSpec))


RESERVED = ("positive", "per_class")
"""Keys of audit.json that are no columns."""


def _no_groups() -> Section:
    return Section(
        "Groups",
        "audit",
        (
            Text(
                "The recipe names no sensitive columns (data.groups), so nothing is known of "
                "whom this model treats worse.",
                tone="warning",
            ),
        ),
    )


def _training(run: Run) -> Section:
    """How training went: loss and validation metrics by step, and the settings."""
    import numpy as np

    from .core import events
    from .core.report.tree import LineFigure

    told = [one for one in events.read(run.path / "events.jsonl") if isinstance(one, events.Metric)]
    # A resumed run tells some steps twice; the last telling counts.
    loss = {one.at: one.value for one in told if one.name == "loss"}
    kept: dict[str, dict[int, float]] = {}
    for one in told:
        if one.split == "validation":
            kept.setdefault(one.name, {})[one.at] = one.value
    blocks: list[Any] = []
    if loss:
        curves = [_curve("training loss", loss)]
        if len(kept.get("log_loss", {})) > 1:
            curves.append(_curve("validation loss", kept["log_loss"], dashed=True))
        blocks.append(
            LineFigure(
                title="Loss by step",
                x_label="optimiser step",
                y_label="cross-entropy (nats)",
                lines=tuple(curves),
                alt=f"The training loss falls from {next(iter(loss.values())):.2f} to "
                f"{list(loss.values())[-1]:.2f} over {max(loss)} steps.",
            )
        )
    if kept:
        steps = sorted({at for found in kept.values() for at in found})
        blocks.append(
            Table(
                "Validation metrics after each epoch",
                ("Step", *kept),
                tuple((at, *(found.get(at, np.nan) for found in kept.values())) for at in steps),
                note="The checkpoint with the best "
                f"{run.section('train', TrainSpec).early_stopping.metric} was kept.",
            )
        )
    settings = run.section("train", TrainSpec).model_dump()
    stopping = settings.pop("early_stopping")
    settings |= {f"early_stopping.{key}": value for key, value in stopping.items()}
    blocks.append(
        Table(
            "Settings",
            ("Setting", "Value"),
            tuple((key, "–" if value is None else str(value)) for key, value in settings.items()),
        )
    )
    return Section("How it was trained", "training", tuple(blocks))


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


def _facts(run: Run) -> tuple[tuple[str, str], ...]:
    from .device import Device

    environment = run.environment
    rows = environment["data"]["rows"]
    return (
        ("Run", run.name),
        ("Begun", environment["created"]),
        ("Base model", environment["model"]["name"]),
        ("Licence of the base model", environment["model"]["licence"] or "not known"),
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


def _kind(dataset: Dataset) -> str:
    return "text classification" if set(dataset.modalities.values()) == {"text"} else "multimodal"


def _card(run: Run, dataset: Dataset, audit: Audit | None) -> Any:
    from .core.report.card import CardFacts
    from .fairness.findings import findings

    environment = run.environment
    lineage = "; ".join(
        f"{step['name']} ({step['reason']}): {step['after']:,} rows"
        for step in environment["data"]["lineage"][1:]
    )
    return CardFacts(
        name=run.name,
        base_model=environment["model"]["name"],
        base_licence=environment["model"]["licence"],
        task="text-classification",
        labels=tuple(environment["labels"]),
        data=f"{len(dataset):,} rows" + (f"; {lineage}" if lineage else ""),
        rows=environment["data"]["rows"],
        fingerprint=environment["data"]["fingerprint"],
        training=run.section("train", TrainSpec).model_dump(),
        evaluation=read_json(run.path / "evaluation.json"),
        audit=tuple(text.text for text in findings(audit)) if audit is not None else (),
        versions=environment["versions"],
    )
