"""All that a run's folder holds of explanations, as report nodes."""

from __future__ import annotations

from pathlib import Path

from ..core.dataset import Dataset
from ..core.files import read_json
from ..core.report.tree import Section, Text
from . import section as explained
from .attribution import Stored
from .generation import section as written
from .generation.writing import read_writings
from .into import IMPORTANCE
from .proof.comparison import Comparison
from .proof.section import section as compared
from .search import section as searched
from .search.found import FILE as COUNTERFACTUALS
from .search.found import read_counterfactuals
from .whole import difference_section, influence_section, pairs_section
from .whole import section as whole
from .whole.beside import FILE as DIFFERENCE
from .whole.beside import read_beside
from .whole.importance import read_importances
from .whole.influences import FILE as INFLUENCES
from .whole.influences import read_influences
from .whole.pairs import FOLDER as PAIRS
from .whole.pairs import read_pairs
from .whole.whole import Whole

Found = tuple[list[Section], list[Text]]
"""Parts of a report, and what of them belongs into its summary."""


def reported(folder: Path, dataset: Dataset, *, maps: int) -> Found:
    """Build the report's parts on why the model answers as it does.

    Parameters
    ----------
    folder
        A run's ``explanations``; what isn't in it is left out.
    dataset
        The run's rows.
    maps
        Attribution maps to draw of each method.

    Returns
    -------
    sections, findings
        In the report's order.
    """
    cells = explained.cells_of(dataset)
    sections: list[Section] = []
    findings: list[Text] = []
    if (folder / IMPORTANCE).is_file():
        for method, ranking in read_importances(folder / IMPORTANCE).items():
            attributions = Stored(folder / f"{method}.parquet")
            findings += explained.findings(attributions, ranking)
            sections += explained.sections(attributions, ranking, maps=maps, cells=cells)
    if (folder / "whole.json").is_file():
        found = Whole.from_json(read_json(folder / "whole.json"))
        findings += whole.findings(found.shortcuts)
        sections += whole.sections(found)
    for path in sorted((folder / "written").glob("[!.]*.parquet")):
        writings = read_writings(path)
        findings += written.findings(writings)
        sections += written.sections(writings, maps=maps)
    if (folder / "comparison.json").is_file():
        sections.append(compared(Comparison.from_json(read_json(folder / "comparison.json"))))
    if (folder / INFLUENCES).is_file():
        behind = read_influences(folder / INFLUENCES)
        findings += influence_section.findings(behind)
        sections += influence_section.sections(behind, cells=cells, modalities=dataset.modalities)
    if (folder / DIFFERENCE).is_file():
        differs = read_beside(folder / DIFFERENCE)
        findings += difference_section.findings(differs)
        sections += difference_section.sections(differs, cells=cells)
    if (folder / COUNTERFACTUALS).is_file():
        searches = read_counterfactuals(folder / COUNTERFACTUALS)
        sections += searched.sections(searches, files={one.id: cells(one.id) for one in searches})
    if (folder / PAIRS / "pairs.json").is_file():
        sections += pairs_section.sections(read_pairs(folder), cells=cells)
    return sections, findings
