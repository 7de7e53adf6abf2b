"""Carrying out a recipe: the steps in order, each of which can be run alone on a run's folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import device as devices
from ._version import __version__
from .core import events, jobs
from .core.events import Artifact, Emit, EventLog, silent
from .core.files import disk_full_named, sweep, write_bytes, write_json, write_with
from .core.jobs import CancelToken
from .core.runs import Run, unfinished
from .core.spec import EvaluateSpec, ReportSpec, TrainSpec
from .device import Device
from .errors import Cancelled, JobError, PellucidError, RecipeError, RunError, nearest, paragraph
from .explain.spec import ExplainSpec
from .fairness.spec import AuditSpec
from .multimodal.spec import ModelSpec
from .recipe import Recipe

if TYPE_CHECKING:
    import pandas as pd

    from .core.dataset import Dataset

STEPS = ("train", "evaluate", "explain", "audit", "report")
MADE = {
    "train": "model",
    "evaluate": "evaluation.json",
    "explain": "explanations/importance.json",
    "audit": "audit.json",
    "report": "report.html",
}
"""What each step leaves behind; a resumed run passes over the steps whose work is there."""


class _Stopped(Exception):
    """Training was stopped by a person and can be resumed."""


@dataclass
class Work:
    """A run that is being worked on: what the steps share and load once."""

    run: Run
    emit: Emit
    cancel: CancelToken
    loaded: Dataset | None = field(default=None, repr=False)

    @cached_property
    def dataset(self) -> Dataset:
        """The run's rows, encoded nowhere yet."""
        return self.loaded if self.loaded is not None else self.run.dataset()

    @property
    def device(self) -> Device:
        """The device on which the run began; resuming on another one is an error."""
        return Device.from_json(self.run.environment["device"])


def execute(
    recipe: Recipe,
    runs: str | Path = "runs",
    emit: Emit | None = None,
    cancel: CancelToken | None = None,
    *,
    resume: bool = False,
    only: Sequence[str] | None = None,
) -> Run:
    """Carry out a recipe.

    Parameters
    ----------
    recipe
        What to do.
    runs
        Folder in which the run's folder is made.
    emit
        Called with every event, besides their being written to events.jsonl.
    cancel
        Token by which another thread can stop or cancel the work.
    resume
        Go on with the newest unfinished run of that name, or start one.
    only
        Names of the steps to carry out; all if left out.

    Returns
    -------
    Run
        Finished, or stopped by a person (`run.status` tells which).

    Raises
    ------
    InputError
        If the recipe, its data or its model can't be used; nothing is left behind.
    JobError
        If the work failed; the run's folder tells how far it came.
    Cancelled
        If a person cancelled it.
    """
    steps = _chosen(only)
    folder = Path(runs)
    run = unfinished(folder, recipe.name) if resume else None
    if run is None:
        run, dataset = begin(recipe, folder)
        return carry_out(run, steps, emit=emit, cancel=cancel, dataset=dataset)
    changed = recipe.difference(Recipe.of(run.recipe, where=str(run.path / "recipe.yaml")))
    if changed:
        raise RecipeError(
            paragraph(
                f"recipe, key “{changed}”",
                f"its value has changed since the unfinished run {run.path} was begun",
                "Restore the value, or leave --resume out to begin a new run",
            )
        )
    return carry_out(run, steps, emit=emit, cancel=cancel, resume=True)


def begin(recipe: Recipe, runs: Path) -> tuple[Run, Dataset]:
    """Check a recipe against its data and model, and make the folder of its run.

    Whatever is wrong with what was brought is found here, before anything is written.
    """
    from .core import dataset as datasets
    from .core.checks import check
    from .core.splits import SPLITS
    from .multimodal.models import load_tokenizer, locate

    dataset = datasets.load(recipe.data)
    _check_classes(recipe, dataset.labels)
    devices.prepare()
    source = locate(recipe.model.name)
    load_tokenizer(source, recipe.model)  # finds a hub that can't be reached, before anything else
    device = devices.choose(recipe.train.precision)
    environment = {
        "pellucid": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": devices.versions(),
        "device": device.as_json(),
        "seed": recipe.train.seed,
        "labels": list(dataset.labels),
        "model": {"name": source.name, "licence": source.licence},
        "data": {
            "fingerprint": dataset.fingerprint,
            "rows": {split: len(dataset.rows(split)) for split in SPLITS},
            "lineage": [step.as_json() for step in dataset.lineage],
            "checks": check(dataset).as_json(),
        },
    }
    with disk_full_named(runs):
        return Run.create(runs, recipe.name, recipe.dump(), environment), dataset


def carry_out(
    run: Run,
    steps: Sequence[str] = STEPS,
    *,
    emit: Emit | None = None,
    cancel: CancelToken | None = None,
    resume: bool = False,
    dataset: Dataset | None = None,
    changes: dict[str, Any] | None = None,
) -> Run:
    """Carry out steps on a run's folder, as its job.

    Parameters
    ----------
    run
        The run.
    steps
        Names of the steps, in order.
    emit, cancel
        Listener and token.
    resume
        Pass over steps whose work is there already.
    dataset
        The run's rows, where they are loaded already.
    changes
        Options of this call for a step, such as `method` and `rows` of explain.
    """
    token = cancel or CancelToken()
    token.watch(run.path / "control.json")
    began = time.monotonic()
    with jobs.working(run.path, token):
        sweep(run.path)
        log = EventLog(run.path / "events.jsonl", run.name, emit or silent)
        work = Work(run, log, token, dataset)
        try:
            log(events.Started(step="run", steps=tuple(steps)))
            for warning in _warnings(run) if "train" in steps and not resume else ():
                log(events.Warning(text=warning))
            for step in steps:
                if resume and run.has(MADE[step]):
                    continue
                token.check()
                log(events.Started(step=step))
                with disk_full_named(run.path):
                    DO[step](work, **(changes or {}))
            log(events.Finished(seconds=time.monotonic() - began))
        except _Stopped:
            log(events.Stopped(reason="stop", resumable=True))
        except Cancelled:
            log(events.Stopped(reason="cancel", resumable=True))
            raise
        except Exception as error:
            told = error if isinstance(error, PellucidError) else _as_job_error(error)
            _tell_failure(log, told, error)
            raise told from error
        finally:
            log.close()
    return run


def train(work: Work) -> None:
    """Fine-tune the model on the training rows and save it."""
    import torch

    from .core.training import Encoded
    from .core.training import train as fine_tune
    from .multimodal.models import load_classifier, load_tokenizer, locate
    from .multimodal.text.encode import encode

    devices.prepare()
    spec = work.run.section("model", ModelSpec)
    settings = work.run.section("train", TrainSpec)
    device = work.device
    if device.kind != devices.choose(settings.precision).kind:
        raise RunError(
            paragraph(
                str(work.run.path),
                f"the run began on {device.words}, which is not here",
                "Resume it on such a machine, or begin a new run",
            )
        )
    torch.set_num_threads(device.threads)
    source = locate(spec.name)
    tokenizer = load_tokenizer(source, spec)
    model = load_classifier(source, spec, work.dataset.labels, settings.seed)
    samples = encode(tokenizer, work.dataset.samples(), spec.max_length)
    cut = samples.cut.mean()
    if cut > 0.01:
        work.emit(
            events.Warning(
                text=f"{cut:.1%} of the samples are longer than {spec.max_length} tokens; what "
                "stands behind is not read. model.max_length changes that."
            )
        )
    fitted = fine_tune(
        work.run,
        model,
        work.dataset,
        Encoded(samples, tokenizer),
        settings,
        device=device,
        emit=work.emit,
        cancel=work.cancel,
    )
    if fitted.stopped:
        raise _Stopped


def evaluate(work: Work) -> None:
    """Predict the evaluated splits and measure the predictions, baselines beside them."""
    import numpy as np

    from .core import baselines
    from .core.evaluate import evaluate as measure
    from .core.predict import predictor, table
    from .multimodal.text.baseline import tfidf

    spec = work.run.section("evaluate", EvaluateSpec)
    data = work.dataset
    rows = np.flatnonzero(np.isin(data.split.astype(str), spec.splits))
    chosen = data.take(rows)
    scores = predictor(work.run, work.device)(
        chosen.samples(), emit=work.emit, check=work.cancel.check
    )
    predictions = table(chosen, scores)
    beside: dict[str, pd.DataFrame | str] = {}
    if spec.baselines:
        trained = data.take(data.rows("train"))
        codes, classes = trained.codes, len(data.labels)
        most = baselines.majority(codes, classes, len(chosen))
        beside[baselines.MAJORITY] = baselines.baseline_frame(predictions, data.labels, most)
        texts = [[" ".join(sample) for sample in part.samples()] for part in (trained, chosen)]
        simple = tfidf(texts[0], codes, texts[1], classes)
        beside[baselines.TFIDF] = (
            simple.reason
            if simple.scores is None
            else baselines.baseline_frame(predictions, data.labels, simple.scores)
        )
    measured = measure(predictions, data.labels, spec, beside)
    _write_parquet(work, "predictions.parquet", predictions)
    _write_parquet(work, "curves.parquet", measured.curves_frame())
    _write_json(work, "evaluation.json", measured.as_json())


def explain(work: Work, *, rows: Any = None, method: str | None = None) -> None:
    """Attribute answers on test rows to their words, and rank the words of the whole split."""
    from .core.dataset import pick
    from .explain.attribute import explain_rows
    from .explain.attribution import write_attributions
    from .explain.importance import importance

    devices.prepare()
    spec = work.run.section("explain", ExplainSpec)
    test = work.dataset.take(work.dataset.rows("test"))
    chosen = test.take(pick(test.ids, spec.rows if rows is None else rows))
    ranked = {}
    for name in spec.methods if method is None else [method]:
        found = explain_rows(
            work.run,
            chosen,
            spec,
            method=name,  # type: ignore[arg-type]
            emit=work.emit,
            check=work.cancel.check,
        )
        path = f"explanations/{name}.parquet"
        write_attributions(work.run.path / path, found)
        work.emit(Artifact(path=path, kind="attributions"))
        ranked[name] = {
            target: [word.as_json() for word in words]
            for target, words in importance(found).items()
        }
        for one in found[: work.run.section("report", ReportSpec).maps]:
            _draw(work, one)
    _write_json(work, "explanations/importance.json", ranked)


def audit(work: Work, *, groups: Sequence[str] | None = None) -> None:
    """Compare the groups of the test rows."""
    from .fairness.audit import audit as compare
    from .fairness.curves import curves_table

    spec = work.run.section("audit", AuditSpec)
    predictions = work.run.predictions()
    has_groups = any(name.startswith("group:") for name in predictions.columns)
    if not has_groups and not groups:
        _write_json(work, "audit.json", {"positive": spec.positive})
        return
    found = compare(predictions[predictions["split"] == "test"], groups=groups, spec=spec)
    if found.curves:
        _write_parquet(work, "audit/curves.parquet", curves_table(found.curves))
    _write_json(work, "audit.json", found.as_json())


def report(work: Work) -> None:
    """Write the run up as one HTML page and a model card."""
    from .writeup import write

    for path in write(work.run, work.dataset):
        work.emit(Artifact(path=path, kind="report"))


DO: dict[str, Callable[..., None]] = {
    "train": train,
    "evaluate": evaluate,
    "explain": explain,
    "audit": audit,
    "report": report,
}


def _chosen(only: Sequence[str] | None) -> tuple[str, ...]:
    for name in only or ():
        if name not in STEPS:
            raise RecipeError(
                paragraph(
                    f"--only {name}",
                    f"there is no such step ({nearest(name, STEPS)})",
                    "Name steps with commas between them",
                )
            )
    return tuple(step for step in STEPS if only is None or step in only)


def _check_classes(recipe: Recipe, labels: Sequence[str]) -> None:
    """Refuse classes in the recipe that the data doesn't have, before hours of training."""
    named = {"audit.positive": recipe.audit.positive}
    if recipe.explain.target not in ("predicted", "label"):
        named["explain.target"] = recipe.explain.target
    for key, name in named.items():
        if name is not None and name not in labels:
            raise RecipeError(
                paragraph(
                    f"recipe, key “{key}”",
                    f"found “{name}”, which is no class of the data ({nearest(name, labels)})",
                    "Name one of the classes",
                )
            )


def _warnings(run: Run) -> list[str]:
    from .core.checks import Checks, findings

    checks = Checks.from_json(run.environment["data"]["checks"])
    return [text.text for text in findings(checks) if text.tone == "warning"]


def _draw(work: Work, one: Any) -> None:
    import re

    from .multimodal.text.draw import word_map_png

    stem = re.sub(r"[^\w.-]+", "-", one.id).strip("-.") or "row"
    path = f"explanations/maps/{stem}.png"
    content = word_map_png(one.segments, one.scores, separators=one.separators)
    write_bytes(work.run.path / path, content)


def _write_parquet(work: Work, path: str, frame: pd.DataFrame) -> None:
    write_with(work.run.path / path, lambda partial: frame.to_parquet(partial, index=False))
    work.emit(Artifact(path=path, kind="table"))


def _write_json(work: Work, path: str, value: Any) -> None:
    write_json(work.run.path / path, value)
    work.emit(Artifact(path=path, kind="figures"))


def _as_job_error(error: Exception) -> JobError | Exception:
    """Name what can be named; a bug stays a bug, with its traceback."""
    text = str(error)
    if isinstance(error, MemoryError) or "out of memory" in text.lower():
        return JobError(
            paragraph(
                "memory",
                "there is not enough of it for this work",
                "Lower train.batch_size or model.max_length and go on with --resume",
            )
        )
    return error


def _tell_failure(log: EventLog, told: Exception, error: Exception) -> None:
    import contextlib

    # On a full disk this line can't be written either; the error itself must not be lost.
    with contextlib.suppress(OSError):
        log(events.Failed(text=str(told), kind=type(error).__name__))
