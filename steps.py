"""The steps of a recipe, each of which works on a run's folder and can be run alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from . import device as devices
from .core import processes
from .core.events import Artifact, Emit
from .core.files import folder_whole, write_json, write_with
from .core.jobs import CancelToken
from .core.runs import Run
from .core.spec import DataSpec, EvaluateSpec, ReportSpec, TrainSpec
from .device import Device
from .errors import RunError, paragraph
from .explain.spec import ExplainSpec
from .fairness.spec import AuditSpec
from .multimodal.spec import ModelSpec

if TYPE_CHECKING:
    import pandas as pd

    from .core.dataset import Dataset
    from .core.tasks import Task
    from .explain.attribution import Attribution


class Paused(Exception):
    """A person asked to stop; the run can be resumed."""


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

    @cached_property
    def task(self) -> Task:
        """What the run's model learns to do."""
        from .core.tasks import make

        section = self.run.section
        return make(
            self.run.task,
            section("data", DataSpec),
            section("model", ModelSpec),
            section("train", TrainSpec),
            section("evaluate", EvaluateSpec),
        )

    @property
    def device(self) -> Device:
        """The device on which the run began; resuming on another one is an error."""
        return Device.from_json(self.run.environment["device"])


def train(work: Work) -> None:
    """Fine-tune the model on the training rows and save it."""
    import torch

    from .core import tensorboard
    from .core.training import train as fine_tune
    from .multimodal.models import locate
    from .multimodal.processors import load_processor

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
    board = work.run.path / "tensorboard" if settings.tensorboard else None
    with tensorboard.listening(work.emit, board) as emit:
        fitted = fine_tune(
            work.run,
            work.task,
            work.task.load(source, work.dataset.labels, settings.seed, emit=emit),
            load_processor(source, spec, work.dataset.modalities.values()),
            work.dataset,
            settings,
            device=device,
            emit=emit,
            cancel=work.cancel,
        )
    if fitted.stopped:
        raise Paused


def evaluate(work: Work) -> None:
    """Predict the evaluated splits and measure the predictions, baselines beside them."""
    import numpy as np
    import torch

    from .core.predict import present
    from .multimodal.models import reload
    from .multimodal.processors import reload_processor

    devices.prepare()
    spec = work.run.section("evaluate", EvaluateSpec)
    data = work.dataset
    chosen = data.take(np.flatnonzero(np.isin(data.split.astype(str), spec.splits)))
    device = present(work.device)
    torch.set_num_threads(device.threads)
    told: dict[str, Any] = {"emit": work.emit, "check": work.cancel.check}
    predictions = work.task.predict(
        work.run,
        reload(work.task.auto, work.run.model).to(device.kind),
        reload_processor(work.run.model, data.modalities.values()),
        chosen,
        **told,
    )
    beside: Mapping[str, pd.DataFrame | str] = {}
    if spec.baselines:
        beside = work.task.baselines(work.run, data, chosen, predictions, **told)
    if not processes.is_main():
        return
    measured = work.task.evaluate(predictions, data.labels, spec, beside)
    _write_parquet(work, "predictions.parquet", predictions)
    _write_parquet(work, "curves.parquet", measured.curves_frame())
    _write_json(work, "evaluation.json", measured.as_json())


def explain(work: Work, *, rows: Any = None, method: str | None = None) -> None:
    """Attribute answers on test rows to their words, and rank the words of the whole split."""
    from .core.dataset import pick
    from .explain.attribute import explain_rows
    from .explain.attribution import write_attributions
    from .explain.importance import importance
    from .explain.section import chosen as chosen_maps

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
        _draw(work, name, chosen_maps(found, work.run.section("report", ReportSpec).maps))
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


def _draw(work: Work, method: str, found: Sequence[Attribution]) -> None:
    """Draw the maps that the report shows as PNG, numbered in the report's order."""
    from .multimodal.text.draw import word_map_png

    path = f"explanations/maps/{method}"
    with folder_whole(work.run.path / path) as folder:
        for number, one in enumerate(found, start=1):
            stem = re.sub(r"[^\w.-]+", "-", one.id).strip("-.")[:60]
            content = word_map_png(one.segments, one.scores, separators=one.separators)
            (folder / f"{number:03d}-{stem}.png").write_bytes(content)
    work.emit(Artifact(path=path, kind="maps"))


def _write_parquet(work: Work, path: str, frame: pd.DataFrame) -> None:
    write_with(work.run.path / path, lambda partial: frame.to_parquet(partial, index=False))
    work.emit(Artifact(path=path, kind="table"))


def _write_json(work: Work, path: str, value: Any) -> None:
    write_json(work.run.path / path, value)
    work.emit(Artifact(path=path, kind="figures"))


DO: dict[str, Callable[..., None]] = {
    "train": train,
    "evaluate": evaluate,
    "explain": explain,
    "audit": audit,
    "report": report,
}
"""The steps by their names, in order."""


def offered(task: str, modalities: Collection[str]) -> tuple[str, ...]:
    """Return the steps that are known for a task on samples of some modalities, in order.

    Classes alone are compared over groups, and attributed to the words of texts.
    """
    classes = task == "classification"
    left_out = set() if classes else {"audit"}
    if not classes or set(modalities) != {"text"}:
        left_out.add("explain")
    return tuple(step for step in DO if step not in left_out)


MADE = {
    "train": "model",
    "evaluate": "evaluation.json",
    "explain": "explanations/importance.json",
    "audit": "audit.json",
    "report": "report.html",
}
"""What each step leaves behind; a resumed run passes over the steps whose work is there."""
