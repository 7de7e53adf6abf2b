"""What a run's folder holds of explanations, read beside the main thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....core.files import read_json

if TYPE_CHECKING:
    from ....core.report.tree import Section, Text
    from ....core.runs import Run
    from ....explain.attribution import Attribution
    from ....explain.generation.writing import Writing
    from ....explain.proof.comparison import Comparison
    from ....explain.search.found import Counterfactual
    from ....explain.whole.importance import Importance

IMPORTANCE = "explanations/importance.json"

AT_ONCE = 40
"""Explanations turned into records at a time; between two such parts the window may go on."""


@dataclass(frozen=True, eq=False)
class Why:
    """What was read of explanations; `Reading` says what each part is."""

    explained: dict[str, list[Attribution]]
    words: dict[str, dict[str, list[Importance]]]
    written: dict[str, list[Writing]]
    comparison: Comparison | None
    counterfactuals: dict[str, Counterfactual]

    def told(self) -> tuple[dict[str, tuple[Text, ...]], list[Section]]:
        """Return findings, and sections in the order of the report."""
        findings: dict[str, tuple[Text, ...]] = {}
        sections: list[Section] = []
        if self.explained:
            from ....explain import section as explain_section

            said: Sequence[Text] = ()
            for method, found in self.explained.items():
                ranked = self.words.get(method, {})
                said = (*said, *explain_section.findings(found, ranked))
                sections += explain_section.sections(found, ranked, maps=0)
            findings["words"] = tuple(said)
        if self.written:
            from ....explain.generation import section as written_section

            for method, writings in self.written.items():
                findings[f"written.{method}"] = written_section.findings(writings)
                sections += written_section.sections(writings, maps=0)
        if self.comparison is not None:
            from ....explain.proof.section import section as compared

            sections.append(compared(self.comparison))
        return findings, sections


def read_why(run: Run, tried: Callable[[Callable[[], Any]], Any]) -> Why:
    """Read what there is.

    Parameters
    ----------
    run
        The run.
    tried
        Does some work; notes why where it fails, and returns None.
    """
    return Why(
        explained=tried(lambda: _explained(run)) or {},
        words=tried(lambda: _words(run)) or {},
        written=tried(lambda: _written(run)) or {},
        comparison=tried(lambda: _comparison(run)),
        counterfactuals=tried(lambda: _counterfactuals(run)) or {},
    )


def _explained(run: Run) -> dict[str, list[Attribution]]:
    if not run.has(IMPORTANCE):
        return {}
    methods = read_json(run.path / IMPORTANCE)
    return {method: attributions(run.path / f"explanations/{method}.parquet") for method in methods}


def attributions(path: Path) -> list[Attribution]:
    """Read explanations a few at a time, so that no other thread waits long."""
    import pyarrow.parquet as pq

    from ....explain.attribution import from_row

    table = pq.read_table(path)
    return [
        from_row(row)
        for start in range(0, len(table), AT_ONCE)
        for row in table.slice(start, AT_ONCE).to_pylist()
    ]


def _words(run: Run) -> dict[str, dict[str, list[Importance]]]:
    if not run.has(IMPORTANCE):
        return {}
    from ....explain.whole.importance import read_importances

    return read_importances(run.path / IMPORTANCE)


def _written(run: Run) -> dict[str, list[Writing]]:
    files = sorted((run.path / "explanations" / "written").glob("[!.]*.parquet"))
    if not files:
        return {}
    from ....explain.generation.writing import read_writings

    told = {file.stem: [one for one in read_writings(file) if one.tokens] for file in files}
    return {method: found for method, found in told.items() if found}


def _comparison(run: Run) -> Comparison | None:
    if not run.has("explanations/comparison.json"):
        return None
    from ....explain.proof.comparison import Comparison

    return Comparison.from_json(read_json(run.path / "explanations/comparison.json"))


def _counterfactuals(run: Run) -> dict[str, Counterfactual]:
    if not run.has("explanations/counterfactuals.json"):
        return {}
    from ....explain.search.found import read_counterfactuals

    found = read_counterfactuals(run.path / "explanations/counterfactuals.json")
    return {one.id: one for one in found}
