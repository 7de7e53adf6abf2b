"""Making a stereotype test of a run or a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.events import Emit, silent
from ...core.files import write_with
from ...core.runs import Run
from ...errors import DataError, paragraph
from . import bbq, crows_pairs, eec, files, jigsaw, stereoset, winobias, winogender
from .answers import answer, check_run
from .likelihood import Scorer
from .opened import Precision, open_model, run_of
from .record import FILE, Stereotypes, Tested, read_stereotypes, write_stereotypes
from .spec import StereotypeSpec, Test

if TYPE_CHECKING:
    import pandas as pd

LIKELY: dict[str, Callable[[Scorer, StereotypeSpec], Tested]] = {
    "crows_pairs": crows_pairs.measure,
    "stereoset": stereoset.measure,
    "winobias": winobias.measure,
    "winogender": winogender.measure,
    "bbq": bbq.measure,
}
"""Tests that ask language models how likely texts are."""

PREDICTIONS = "audit/jigsaw_templates.parquet"
"""Where a run's folder holds the answers to the template sentences, with their terms as groups."""


def stereotypes(
    model: Run | str | Path,
    *,
    test: Test,
    path: str | Path,
    rows: int | None = None,
    positive: Sequence[str] | None = None,
    confidence: float = 0.95,
    replicates: int = 1000,
    seed: int = 13,
    precision: Precision = "fp32",
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> Tested:
    """Make one stereotype test.

    Parameters
    ----------
    model
        A run, its folder, or the name or folder of a language model. CrowS-Pairs, StereoSet,
        WinoBias, Winogender and BBQ take language models, masked or causal; the Equity Evaluation
        Corpus and the Jigsaw templates take runs of classification, the former also of regression.
    test
        ``crows_pairs``, ``stereoset``, ``winobias``, ``winogender``, ``bbq``, ``eec`` or
        ``jigsaw_templates``.
    path
        The test's file, or the folder that holds its files.
    rows
        Most pairs, questions or sentences, drawn by the seed; of the templates evenly over terms.
    positive
        Classes whose probability, summed, is compared (eec, jigsaw_templates).
    confidence, replicates, seed
        Level of the intervals, bootstrap replicates, and seed of these and of drawn rows.
    precision
        Number format of a language model's weights; classifiers answer as `predict` does.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    Tested
        Nothing is written; `keep` puts it into a run's folder.

    Raises
    ------
    DataError
        If the files are not those of the test, or the run can't be asked by it.
    ModelError
        If the model can't be loaded or guesses no words.
    """
    spec = StereotypeSpec(
        test=test,
        path=str(path),
        rows=rows,
        positive=None if positive is None else list(positive),
        confidence=confidence,
        replicates=replicates,
        seed=seed,
    )
    return make(model, spec, precision=precision, emit=emit, check=check)


def make(
    model: Run | str | Path,
    spec: StereotypeSpec,
    *,
    precision: Precision = "fp32",
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> Tested:
    """Make the test that a recipe asks for; as `stereotypes`."""
    if spec.test in LIKELY:
        if spec.positive:
            raise DataError(
                paragraph(
                    "--positive",
                    f"{spec.test} asks how likely texts are, and no class counts",
                    "Leave it out",
                )
            )
        files.find(spec.path, ("*",), spec.test)  # before the model is loaded
        scorer = open_model(model, precision=precision, emit=emit, check=check)
        return LIKELY[spec.test](scorer, spec)
    run = run_of(model)
    if run is None:
        raise DataError(
            paragraph(
                str(model),
                f"{spec.test} compares what a trained classifier answers, and this is no run",
                "Name a run's folder",
            )
        )
    check_run(run, spec.positive)
    if spec.test == "eec":
        return _eec(run, spec, emit, check)
    return _jigsaw(run, spec, emit, check)


def keep(run: Run, found: Tested) -> Path:
    """Put a result into a run's folder, in the place of an older one; return the file."""
    path = run.path / FILE
    write_stereotypes(path, read_stereotypes(path).with_test(found))
    return path


def ask(
    run: Run,
    specs: Sequence[StereotypeSpec],
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> Stereotypes:
    """Make the tests that a recipe asks for, and keep each as soon as it is done."""
    for spec in specs:
        keep(run, make(run, spec, emit=emit, check=check))
    return read_stereotypes(run.path / FILE)


def _eec(run: Run, spec: StereotypeSpec, emit: Emit, check: Callable[[], None]) -> Tested:
    found = files.find(spec.path, eec.PATTERNS, "the Equity Evaluation Corpus")[:1]
    every = eec.read(found[0])
    notes = [
        "Intervals resample the templates with all their sentences; there are few of them, so that "
        "the intervals are rather too narrow. Those by template resample pairs.",
    ]
    sentences = every
    if spec.rows is not None and spec.rows < len(every):
        # Whole sentences with all their people, or nothing could be paired.
        keys = list(dict.fromkeys((one.template, one.word, one.emotion) for one in every))
        most = max(spec.rows * len(keys) // len(every), 1)
        kept = set(files.drawn(keys, most, spec.seed))
        sentences = [one for one in every if (one.template, one.word, one.emotion) in kept]
    told = answer(run, [one.text for one in sentences], spec.positive, emit=emit, check=check)
    figures, breakdowns, examples, pairs = eec.summary(sentences, told, spec)
    notes.append(f"{len(sentences):,} sentences make {pairs:,} pairs.")
    return _answered(
        run,
        spec,
        "eec",
        told.words,
        found,
        eec.LICENCE,
        (len(sentences), len(every)),
        told.positive,
    )(figures, breakdowns, examples, tuple(notes))


def _jigsaw(run: Run, spec: StereotypeSpec, emit: Emit, check: Callable[[], None]) -> Tested:
    if run.task != "classification":
        raise DataError(
            paragraph(
                str(run.path),
                f"the templates are ranked by the probability of a class, and this is {run.task}",
                "Choose a run of classification",
            )
        )
    found = files.find(spec.path, jigsaw.PATTERNS, "the template sentences")[:1]
    every = jigsaw.read(found[0])
    sentences = every.take(jigsaw.evenly(every, spec.rows, spec.seed))
    told = answer(run, list(sentences.texts), spec.positive, emit=emit, check=check)
    figures, breakdowns, examples = jigsaw.summary(sentences, told.scores, spec)
    write_predictions(run, sentences, told.scores)
    return _answered(
        run,
        spec,
        "jigsaw_templates",
        told.words,
        found,
        jigsaw.LICENCE,
        (len(sentences), len(every)),
        told.positive,
    )(
        figures,
        breakdowns,
        examples,
        (
            "Generalised means over terms: p = −5, so that the lowest areas count most. Intervals "
            "take sentences for independent, though they share templates.",
            f"The answers stand in {PREDICTIONS}, with the terms as groups.",
        ),
    )


def write_predictions(run: Run, sentences: jigsaw.Sentences, scores: Any) -> Path:
    """Write the answers to template sentences as a table that `audit --predictions` reads."""
    import pandas as pd

    frame: pd.DataFrame = pd.DataFrame(
        {
            "id": [str(row + 1) for row in range(len(sentences))],
            "text": sentences.texts,
            "label": ["toxic" if one else "harmless" for one in sentences.toxic],
            "prediction": ["toxic" if one >= 0.5 else "harmless" for one in scores],
            "score:harmless": 1 - scores,
            "score:toxic": scores,
            "group:term": sentences.terms,
            "group:template": sentences.templates,
        }
    )
    path = run.path / PREDICTIONS
    path.parent.mkdir(parents=True, exist_ok=True)
    write_with(path, lambda partial: frame.to_parquet(partial, index=False))
    return path


def _answered(
    run: Run,
    spec: StereotypeSpec,
    test: str,
    scoring: str,
    found: Sequence[Path],
    licence: str,
    rows: tuple[int, int],
    positive: tuple[str, ...],
) -> Callable[..., Tested]:
    """Return what makes the record of a test of a classifier from its figures."""

    def of(figures: Any, breakdowns: Any, examples: Any, notes: tuple[str, ...]) -> Tested:
        return Tested(
            test,
            run.name,
            run.task,
            scoring,
            files.fingerprints(found),
            licence,
            *rows,
            "fp32",
            spec.confidence,
            spec.replicates,
            spec.seed,
            figures,
            breakdowns,
            examples,
            notes,
            positive,
        )

    return of
