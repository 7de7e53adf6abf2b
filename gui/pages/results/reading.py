"""A run as this page shows it, read beside the main thread.

The records are the report's own (`core.evaluation`, `fairness.reading`, `explain.attribution`), and
so are the figures and tables: `export.named` gives them the names by which they are saved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....core.files import read_json
from ...widgets.task_words import DEFAULT
from .why import Why, read_why

if TYPE_CHECKING:
    from ....core.decision import Decision
    from ....core.evaluation import Evaluation, SplitEvaluation
    from ....core.report.tree import Section, Text
    from ....core.runs import Run
    from ....explain.attribution import Attribution
    from ....explain.generation.writing import Writing
    from ....explain.proof.comparison import Comparison
    from ....explain.search.found import Counterfactual
    from ....explain.whole.importance import Importance
    from ....export import Named
    from ....fairness.audit import Audit
    from .answers import Answers
    from .facts import Facts

DOCUMENTS: Mapping[str, str] = {
    "html": "report.html",
    "pdf": "report.pdf",
    "markdown": "report.md",
    "json": "report.json",
    "csv": "report_tables",
    "model_card": "model_card.md",
    "data_sheet": "data_sheet.md",
}
"""The file or folder of each document about a run."""


@dataclass(frozen=True, eq=False)
class Reading:
    """What was read of a run; what is not there is empty.

    Attributes
    ----------
    path, name, status, task
        The run's folder, its name, how its job stood, and what it learnt.
    labels
        The classes.
    modalities
        Input column to its modality.
    evaluation, audit, facts, answers, decision
        The records; `facts` are the predictions row by row where one of several classes is
        answered, `answers` for all other tasks.
    explained, words
        Per method the explanations, and per method and class the most important words.
    written
        Per method why the model wrote its answers.
    comparison
        Which methods are the most faithful to the model.
    counterfactuals
        What would change the answer to a row, by its id.
    findings
        Findings of the evaluation, of the words, of what was written and of the audit, in plain
        words.
    blocks
        The report's figures and tables by their names, in order.
    whom
        The report's sections on whom the model treats worse: groups, tests, remedies, privacy.
    groups, methods
        Sensitive columns of the data, and attribution methods of the recipe.
    card
        Text of the model card.
    made
        Names of the files that are there: ``model``, ``report.html`` …
    troubles
        What couldn't be read, in paragraphs.
    """

    path: Path
    name: str
    status: str
    task: str = DEFAULT
    labels: tuple[str, ...] = ()
    modalities: Mapping[str, str] = field(default_factory=dict)
    evaluation: Evaluation | None = None
    audit: Audit | None = None
    facts: Facts | None = None
    answers: Answers | None = None
    decision: Decision | None = None
    explained: dict[str, list[Attribution]] = field(default_factory=dict)
    words: dict[str, dict[str, list[Importance]]] = field(default_factory=dict)
    written: dict[str, list[Writing]] = field(default_factory=dict)
    comparison: Comparison | None = None
    counterfactuals: dict[str, Counterfactual] = field(default_factory=dict)
    findings: dict[str, tuple[Text, ...]] = field(default_factory=dict)
    blocks: dict[str, Named] = field(default_factory=dict)
    whom: tuple[Section, ...] = ()
    groups: tuple[str, ...] = ()
    card: str = ""
    made: frozenset[str] = frozenset()
    troubles: tuple[str, ...] = ()

    def split(self, name: str) -> SplitEvaluation | None:
        """Return the evaluation of a split."""
        return None if self.evaluation is None else self.evaluation.splits.get(name)

    @property
    def splits(self) -> tuple[str, ...]:
        """The evaluated splits, the test rows first."""
        return () if self.evaluation is None else tuple(reversed(self.evaluation.splits))

    @property
    def has_files(self) -> bool:
        """Whether it is known where pictures and sounds lie."""
        rows = self.facts if self.facts is not None else self.answers
        return rows is not None and bool(rows.inputs)

    def files(self, id_: str) -> dict[str, str]:
        """Return where a row's pictures and sounds lie, by column; empty where that isn't known."""
        from .facts import row_of
        from .samples import files_of

        rows = self.facts if self.facts is not None else self.answers
        at = None if rows is None else row_of(rows.raw, id_)
        return {} if rows is None or at is None else files_of(rows.raw, at)

    def section(self, anchor: str) -> Section | None:
        """Return one of the sections on whom the model treats worse."""
        return next((one for one in self.whom if one.anchor == anchor), None)

    @cached_property
    def by_block(self) -> dict[int, Named]:
        """The blocks' names by the identity of what they name."""
        return {id(one.block): one for one in self.blocks.values()}

    @property
    def sensitive(self) -> tuple[str, ...]:
        """Columns whose groups the predictions hold; those of the recipe where that isn't known."""
        held = () if self.facts is None else tuple(self.facts.groups)
        if self.answers is not None:
            held = self.answers.groups
        return held or self.groups

    def named(self, start: str, kind: str = "") -> list[Named]:
        """Return the blocks whose name begins so, of one kind if asked."""
        found = [one for name, one in self.blocks.items() if name.startswith(start)]
        return [one for one in found if not kind or one.kind == kind]


def read(path: Path, texts: Path) -> Reading:
    """Read a run.

    Parameters
    ----------
    path
        Its folder.
    texts
        Table of its rows with the texts that were answered, if it was made (`facts.texts_file`).
    """
    from ....core import decision
    from ....core.runs import Run
    from .answers import read_answers
    from .facts import read_facts
    from .samples import pictured

    run = Run.open(path)
    troubles: list[str] = []

    def tried(work: Callable[[], Any]) -> Any:
        try:
            return work()
        except Exception as error:  # a damaged part must not hide the others
            troubles.append(_said(error))
            return None

    environment = tried(lambda: run.environment) or {}
    labels = tuple(environment.get("labels", ()))
    task = str(environment.get("task", DEFAULT))
    classes = task == DEFAULT
    names = ("model", "evaluation.json", "predictions.parquet", *DOCUMENTS.values())
    evaluation = tried(lambda: _evaluation(run))
    why = read_why(run, tried)
    ids = [one.id for found in why.explained.values() for one in found]
    audit = tried(lambda: _audit(run))
    bad = environment.get("data", {}).get("bad_samples", ())
    whom = tried(lambda: _whom(run, audit))
    if whom is None:  # a damaged record of a test must not hide the comparison of groups
        whom = () if audit is None else tried(lambda: _groups_alone(audit)) or ()
    findings, blocks = tried(lambda: _report(evaluation, why, audit, whom, bad)) or ({}, {})
    recipe = tried(lambda: run.recipe) or {}
    # Of conversations the recipe need not name the columns, and they are read into others.
    held = environment.get("data", {}).get("inputs") or recipe.get("data", {}).get("inputs") or {}
    modalities = {name: str(kind) for name, kind in held.items()}
    drawn = pictured(tuple(modalities), modalities)
    return Reading(
        path=path,
        name=run.name,
        status=run.status,
        task=task,
        labels=labels,
        evaluation=evaluation,
        audit=audit,
        modalities=modalities,
        facts=tried(lambda: read_facts(path, labels, texts, ids, drawn)) if classes else None,
        answers=None if classes else tried(lambda: read_answers(path, task, labels, texts, drawn)),
        decision=tried(lambda: decision.read(path, labels)) if labels and classes else None,
        **vars(why),
        findings=findings,
        blocks=blocks,
        whom=whom,
        groups=tuple(recipe.get("data", {}).get("groups") or ()),
        card=tried(lambda: _text(path / "model_card.md")) or "",
        made=frozenset(name for name in names if run.has(name)),
        troubles=tuple(troubles),
    )


def _said(error: Exception) -> str:
    from ....errors import PellucidError

    if isinstance(error, PellucidError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _evaluation(run: Run) -> Evaluation | None:
    import pandas as pd

    from ....core.evaluation import read_evaluation

    if not run.has("evaluation.json"):
        return None
    curves = pd.read_parquet(run.path / "curves.parquet") if run.has("curves.parquet") else None
    return read_evaluation(read_json(run.path / "evaluation.json"), curves)


def _audit(run: Run) -> Audit | None:
    if not run.has("audit.json"):
        return None
    from ....fairness.reading import read_audit

    return read_audit(run)


def _whom(run: Run, audit: Audit | None) -> tuple[Section, ...]:
    """Return the sections on whom the model treats worse, without the samples that they show."""
    from ....fairness.reported import reported

    sections, _ = reported(run.path, audit, cells=lambda _: {}, modalities={})
    return tuple(sections)


def _groups_alone(audit: Audit) -> tuple[Section, ...]:
    from ....fairness.section import sections

    return sections(audit)


def _report(
    evaluation: Evaluation | None,
    why: Why,
    audit: Audit | None,
    whom: Sequence[Section],
    bad: Sequence[dict[str, Any]],
) -> tuple[dict[str, tuple[Text, ...]], dict[str, Named]]:
    """Return what was found, and the report's blocks by their names."""
    from ....export import named

    findings: dict[str, tuple[Text, ...]] = {}
    sections: list[Any] = []
    if evaluation is not None:
        from ....core import evaluation_section

        findings["evaluation"] = evaluation_section.findings(evaluation)
        sections += evaluation_section.sections(evaluation)
    found, explained = why.told()
    findings |= found
    sections += explained
    if audit is not None:
        from ....fairness.findings import findings as audit_findings

        findings["audit"] = audit_findings(audit)
    sections += whom
    if bad:
        from ....core.report.tree import Section
        from ....core.rows_section import left_out

        # Anchored as in the report, so that `pellucid export` knows the table by the same name.
        sections.append(Section("The data", "data", tuple(left_out(bad))))
    return findings, {one.name: one for one in named(sections)}
