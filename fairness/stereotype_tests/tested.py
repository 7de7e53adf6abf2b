"""The record of a test that a language model was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ...core.measured import Measured
from . import files
from .likelihood import Scorer
from .record import Breakdown, Example, Tested
from .spec import StereotypeSpec


def tested(
    scorer: Scorer,
    spec: StereotypeSpec,
    *,
    scoring: str,
    found: Sequence[Path],
    licence: str,
    rows: int,
    of: int,
    figures: Mapping[str, Measured],
    breakdowns: Sequence[Breakdown] = (),
    examples: Sequence[Example] = (),
    notes: Sequence[str] = (),
) -> Tested:
    """Put what was measured beside the model, the files and the settings that it was measured by.

    Parameters
    ----------
    scorer, spec
        The model, and what was asked for.
    scoring, licence, rows, of, figures, breakdowns, examples, notes
        As `Tested` has them.
    found
        The files that were read.
    """
    return Tested(
        spec.test,
        scorer.name,
        scorer.kind,
        scoring,
        files.fingerprints(found),
        licence,
        rows,
        of,
        scorer.precision,
        spec.confidence,
        spec.replicates,
        spec.seed,
        figures,
        tuple(breakdowns),
        tuple(examples),
        tuple(notes),
    )
