"""Carrying out a recipe: the steps in order, each of which can be run alone on a run's folder."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import device as devices
from ._version import __version__
from .core import events, jobs, processes
from .core.events import Emit, EventLog, silent
from .core.files import disk_full_named, sweep
from .core.jobs import CancelToken
from .core.memory import out_of_memory
from .core.queue import taking
from .core.runs import Run, unfinished
from .errors import (
    Cancelled,
    JobError,
    PellucidError,
    RecipeError,
    RunError,
    nearest,
    paragraph,
)
from .explain.targets import LABEL, PREDICTED, explains, unknown
from .fairness.spec import AuditSpec, asked
from .recipe import Recipe
from .steps import DO, MADE, Paused, Work, offered

if TYPE_CHECKING:
    from .core.dataset import Dataset
    from .core.tasks import Task
    from .multimodal.models import Source

STEPS = tuple(DO)

TOGETHER = ("train", "evaluate")
"""Steps whose work is shared where several processes were launched; the first does the others."""


def execute(
    recipe: Recipe,
    runs: str | Path = "runs",
    emit: Emit | None = None,
    cancel: CancelToken | None = None,
    *,
    resume: bool = False,
    only: Sequence[str] | None = None,
    queued: Path | None = None,
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
    queued
        File of the queue's entry that asks for this run; taken off when the run's folder is there.

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
    steps = chosen(only)
    dataset: Dataset | None = None

    def found() -> tuple[Path, bool]:
        nonlocal dataset
        run = unfinished(Path(runs), recipe.name) if resume else None
        if run is None:
            run, dataset = begin(recipe, Path(runs), queued, emit or silent)
            return run.path, False
        _go_on(recipe, run, queued)
        return run.path, True

    path, old = processes.from_main(found)
    return carry_out(Run(path), steps, emit=emit, cancel=cancel, resume=old, dataset=dataset)


def _go_on(recipe: Recipe, run: Run, queued: Path | None) -> None:
    """Check that an unfinished run can go on by a recipe."""
    changed = recipe.difference(Recipe.of(run.recipe, where=str(run.path / "recipe.yaml")))
    if changed:
        raise RecipeError(
            paragraph(
                f"recipe, key “{changed}”",
                f"its value has changed since the unfinished run {run.path} was begun",
                "Restore the value, or leave --resume out to begin a new run",
            )
        )
    with taking(queued):
        pass


@dataclass(frozen=True, eq=False)
class Brought:
    """What a recipe brings, found and checked: rows, task, model, its processor, the device."""

    dataset: Dataset
    task: Task
    source: Source
    processor: Any
    device: devices.Device


def bring(recipe: Recipe, emit: Emit = silent) -> Brought:
    """Read a recipe's data and find its model and the device; nothing is written.

    Parameters
    ----------
    recipe
        What is brought.
    emit
        Told how far the look into pictures and sounds is: of many it takes minutes.

    Raises
    ------
    InputError
        If the recipe, its data or its model can't be used.
    """
    from .core import dataset as datasets
    from .core import tensorboard
    from .core.tasks import make
    from .multimodal.models import locate
    from .multimodal.processors import load_processor

    dataset = datasets.load(recipe.data, recipe.model.task, _stamped(emit, recipe.name))
    task = make(dataset.task, recipe.data, recipe.model, recipe.train, recipe.evaluate)
    _check_metric(recipe, task)
    if recipe.train.tensorboard:
        tensorboard.require()
    if dataset.labels:
        _check_classes(recipe, dataset.labels)
    if recipe.explain.methods and explains(dataset.task):
        _check_target(recipe, dataset.task, dataset.labels)
    datasets.pick(dataset.ids[dataset.rows("test")], recipe.explain.rows)
    devices.prepare()
    if recipe.audit.remedy is not None:
        _check_remedy(recipe, dataset, task)
    source = locate(recipe.model.name)
    # Loading it finds a hub that can't be reached, before anything else.
    processor = load_processor(source, recipe.model, dataset.modalities.values())
    if recipe.train.augment:
        _check_augment(recipe, processor, dataset)
    return Brought(dataset, task, source, processor, devices.choose(recipe.train.precision))


def _check_remedy(recipe: Recipe, dataset: Dataset, task: Task) -> None:
    """Refuse a remedy that the data or the task doesn't fit, before hours of training."""
    from .fairness.remedies.plug import plugged

    plugged(recipe.audit.remedy, dataset, task, positive=recipe.audit.positive)


def _stamped(emit: Emit, job: str) -> Emit:
    """Return a listener for events of before there is a log, which stamps all others."""
    return lambda event: emit(replace(event, job=job, time=time.time()))


def _check_augment(recipe: Recipe, processor: Any, dataset: Dataset) -> None:
    """Refuse changes of samples that can't be made, by trying them on the first training row."""
    from .core.labelled import augmented
    from .core.tasks import make

    trained = dataset.take(dataset.rows("train"))
    alike = recipe.train.model_copy(update={"class_weight": None})  # which speaks of all rows
    task = make(dataset.task, recipe.data, recipe.model, alike, recipe.evaluate)
    augmented(task.encode(processor, trained.first(1)), recipe.train, trained)


def begin(
    recipe: Recipe, runs: Path, queued: Path | None = None, emit: Emit = silent
) -> tuple[Run, Dataset]:
    """Check a recipe against its data and model, and make the folder of its run.

    Whatever is wrong with what was brought is found here, before anything is written.
    """
    from .core.checks import check
    from .core.splits import SPLITS

    brought = bring(recipe, emit)
    dataset, source, device = brought.dataset, brought.source, brought.device
    environment = {
        "pellucid": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": devices.versions(),
        "device": device.as_json(),
        "seed": recipe.train.seed,
        "task": dataset.task,
        "labels": list(dataset.labels),
        "model": {"name": source.name, "licence": source.licence},
        "data": {
            "fingerprint": dataset.fingerprint,
            "inputs": dict(dataset.modalities),
            "rows": {split: len(dataset.rows(split)) for split in SPLITS},
            "lineage": [step.as_json() for step in dataset.lineage],
            "bad_samples": [one.as_json() for one in dataset.bad],
            "checks": check(dataset).as_json(),
        },
    }
    if queued is not None:
        environment["queued"] = queued.stem
    with disk_full_named(runs), taking(queued):
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
    steps = _offered(run, steps)
    token = cancel or CancelToken()
    if not processes.is_main():
        _follow(Work(run, silent, token), steps, resume=resume, changes=changes)
        return run
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
                if _passed_over(run, step, resume):
                    continue
                _stop_between(token, step)
                log(events.Started(step=step))
                together = contextlib.nullcontext() if step in TOGETHER else processes.alone()
                with disk_full_named(run.path), together:
                    DO[step](work, **(changes or {}))
            log(events.Finished(seconds=time.monotonic() - began))
        except Paused:
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


def redo(
    run: Run, step: str, *, emit: Emit | None = None, changes: dict[str, Any] | None = None
) -> Run:
    """Carry out one step anew, and write the report again where there is one.

    Parameters
    ----------
    run
        The run.
    step
        Name of the step.
    emit
        Listener.
    changes
        Options of this call for the step.
    """
    done = carry_out(run, [step], emit=emit, changes=changes)
    if step != "report" and done.has("report.html"):
        carry_out(done, ["report"], emit=emit)
    return done


def _follow(
    work: Work, steps: Sequence[str], *, resume: bool, changes: dict[str, Any] | None
) -> None:
    """Compute along with the process that owns the run's folder; write and tell nothing."""
    with jobs.signals_heard(work.cancel), contextlib.suppress(Paused):
        for step in steps:
            if step in TOGETHER and not _passed_over(work.run, step, resume):
                _stop_between(work.cancel, step)
                DO[step](work, **(changes or {}))


def _stop_between(token: CancelToken, step: str) -> None:
    """End before a step where a person asked to; processes that share the step agree."""
    token.check()
    stop = token.stop_requested
    if processes.any_of(stop) if step in TOGETHER else stop:
        raise Paused


def _passed_over(run: Run, step: str, resume: bool) -> bool:
    """Whether a step's work is there already; the first process looks for all that share it."""

    def there() -> bool:
        return resume and run.has(MADE[step])

    return processes.from_main(there) if step in TOGETHER else there()


def resume(run: Run, emit: Emit | None = None, cancel: CancelToken | None = None) -> Run:
    """Go on with a run that has not finished, by the recipe in its folder.

    Unlike ``execute(recipe, resume=True)``, which takes the newest run of a name, this names the
    run. Every step that its jobs were asked for is carried out, save those whose work is there.

    Parameters
    ----------
    run
        The run.
    emit, cancel
        As for `execute`.

    Raises
    ------
    RunError
        If the run has finished, or a process works on it.
    """
    if run.status == "finished":
        raise RunError(
            paragraph(
                str(run.path),
                "the run has finished, so there is nothing to go on with",
                "Begin a new run from its recipe.yaml, or carry out one step again, such as "
                f"`pellucid evaluate {run.path}`",
            )
        )
    told = events.read(run.path / "events.jsonl")
    asked = {step for one in told if isinstance(one, events.Started) for step in one.steps}
    # A process that was killed before it told of any step had a whole recipe before it.
    steps = chosen([step for step in STEPS if step in asked] or None)
    return carry_out(run, steps, emit=emit, cancel=cancel, resume=True)


def chosen(only: Sequence[str] | None) -> tuple[str, ...]:
    """Return steps by name in the order in which they are carried out; all if none is named.

    Raises
    ------
    RecipeError
        If there is no such step.
    """
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


def _offered(run: Run, steps: Sequence[str]) -> Sequence[str]:
    """Leave out what the run's task doesn't know; refuse it where it was asked for by name."""
    modalities = run.modalities
    tested = asked(run.section("audit", AuditSpec))
    known = offered(run.task, modalities, by_name=tuple(steps) != STEPS, tested=tested)
    for step in steps:
        if step not in known and tuple(steps) != STEPS:
            raise RunError(
                paragraph(
                    f"{run.path}, step “{step}”",
                    f"it is not offered for {run.task.replace('_', ' ')} of "
                    f"{' and '.join(sorted(set(modalities)))}",
                    f"Ask for one of these steps: {', '.join(known)}",
                )
            )
    return tuple(step for step in steps if step in known)


def _check_metric(recipe: Recipe, task: Task) -> None:
    """Refuse a metric for early stopping that the task doesn't measure."""
    name = recipe.train.early_stopping.metric
    if name is not None and name not in task.validated:
        raise RecipeError(
            paragraph(
                "recipe, key “train.early_stopping.metric”",
                f"found “{name}”, which is not measured for {task.name.replace('_', ' ')} "
                f"({nearest(name, task.validated)})",
                f"Name one of {', '.join(task.validated)}",
            )
        )


def _check_classes(recipe: Recipe, labels: Sequence[str]) -> None:
    """Refuse a class in the recipe that the data doesn't have, before hours of training."""
    name = recipe.audit.positive
    if name is not None and name not in labels:
        raise RecipeError(
            paragraph(
                "recipe, key “audit.positive”",
                f"found “{name}”, which is no class of the data ({nearest(name, labels)})",
                "Name one of the classes",
            )
        )


def _check_target(recipe: Recipe, task: str, labels: Sequence[str]) -> None:
    """Refuse to explain an answer that the model won't have, before hours of training."""
    if problem := unknown(recipe.explain.target, task, labels):
        raise RecipeError(
            paragraph(
                "recipe, key “explain.target”",
                problem,
                f"Name one of the classes, or write {PREDICTED} or {LABEL}",
            )
        )


def _warnings(run: Run) -> list[str]:
    from .core.checks import Checks, findings

    checks = Checks.from_json(run.environment["data"]["checks"])
    return [text.text for text in findings(checks) if text.tone == "warning"]


def _as_job_error(error: Exception) -> JobError | Exception:
    """Name what can be named; a bug stays a bug, with its traceback."""
    if out_of_memory(error):
        return JobError(
            paragraph(
                "memory",
                "there is not enough of it for this work",
                "Close other programs and go on with --resume, or begin a new run with a lower "
                "train.micro_batch_size, train.batch_size or model.max_length",
            )
        )
    return error


def _tell_failure(log: EventLog, told: Exception, error: Exception) -> None:
    # On a full disk this line can't be written either; the error itself must not be lost.
    with contextlib.suppress(OSError):
        log(events.Failed(text=str(told), kind=type(error).__name__))
