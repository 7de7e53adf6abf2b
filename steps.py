"""The steps of a recipe, each of which works on a run's folder and can be run alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from . import device as devices
from .core import processes
from .core.events import Artifact, Emit
from .core.files import read_json, write_json, write_with
from .core.jobs import CancelToken
from .core.runs import Run
from .core.spec import DataSpec, EvaluateSpec, Format, ReportSpec, TrainSpec
from .device import Device
from .errors import RunError, paragraph
from .explain.spec import ExplainSpec
from .explain.targets import explains
from .fairness.spec import AUDITED, AuditSpec
from .multimodal.spec import ModelSpec

if TYPE_CHECKING:
    import pandas as pd

    from .core.dataset import Dataset
    from .core.tasks import Task


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

    def checked(self) -> None:
        """Raise where the job was cancelled, and where it was asked to stop.

        For steps whose finished parts are kept, so that they may end anywhere.
        """
        self.cancel.check()
        if self.cancel.stop_requested:
            raise Paused

    @property
    def device(self) -> Device:
        """The device on which the run began; resuming on another one is an error."""
        return Device.from_json(self.run.environment["device"])


def train(work: Work) -> None:
    """Fine-tune the model on the training rows and save it."""
    import torch

    from .core import tensorboard
    from .core.training import train as fine_tune
    from .fairness.remedies.plug import plugged
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
    audited = work.run.section("audit", AuditSpec)
    remedy = plugged(
        audited.remedy,
        work.dataset,
        work.task,
        positive=audited.positive,
        device=device.kind,
        seed=settings.seed,
    )
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
            plugged=remedy,
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


def explain(
    work: Work,
    *,
    rows: Any = None,
    method: str | None = None,
    compare: bool = False,
    **settings: Any,
) -> None:
    """Attribute answers on test rows to their segments, and rank these over the whole split.

    Parameters
    ----------
    work
        The run.
    rows
        Test rows; those of the recipe if left out.
    method
        Names of methods with commas between them; those of the recipe if left out.
    compare
        Measure instead how faithful methods are to this model; all of them if none is named.
    settings
        Further keys of the recipe's section `explain` that have other values.
    """
    from .core.dataset import pick
    from .explain.attribute import changed, check_method

    devices.prepare()
    named = {"rows": rows, **settings}
    if method is not None:
        named["methods"] = tuple(one.strip() for one in method.split(",") if one.strip())
        for name in named["methods"]:
            check_method(name)
    spec = changed(work.run.section("explain", ExplainSpec), named)
    if compare:
        _compare(work, spec, every=method is None)
        return
    test = work.dataset.take(work.dataset.rows("test"))
    if work.run.task in WRITTEN:
        usual = rows is None and spec.rows == ExplainSpec().rows
        _written(work, test.take(pick(test.ids, FEW if usual else spec.rows)), spec)
        return
    chosen = test.take(pick(test.ids, spec.rows))
    known = work.run.path / "explanations/importance.json"
    # Methods that were explained before stay in the report where others were asked for by name.
    before = read_json(known) if method is not None and known.is_file() else {}
    _write_json(work, "explanations/importance.json", before | _attributed(work, chosen, spec))


def _attributed(work: Work, chosen: Dataset, spec: ExplainSpec) -> dict[str, Any]:
    """Explain answers by each method; return the most important segments by method and class."""
    from .explain.into import explain_into
    from .explain.opened import open_run

    if not spec.methods:
        return {}
    folder = work.run.path / "explanations"
    ranked = explain_into(
        folder,
        open_run(work.run),
        chosen,
        spec,
        maps=work.run.section("report", ReportSpec).maps,
        wrote=lambda path, kind: work.emit(Artifact(path=f"explanations/{path}", kind=kind)),
        emit=work.emit,
        check=work.checked,
    )
    if work.run.task == "classification":
        from .explain.attribution import Stored
        from .explain.whole.whole import whole

        first = Stored(folder / f"{spec.methods[0]}.parquet")
        found = whole(work.run, first, work.dataset, work.emit, work.checked)
        _write_json(work, "explanations/whole.json", {"method": spec.methods[0], **found})
    return ranked


def _written(work: Work, chosen: Dataset, spec: ExplainSpec) -> None:
    """Explain what the model writes, token by token."""
    from .explain.generation.explain import explain_writing_rows
    from .explain.generation.writing import write_writings

    for name in spec.methods:
        found = explain_writing_rows(
            work.run, chosen, spec, method=name, emit=work.emit, check=work.checked
        )
        path = f"explanations/written/{name}.parquet"
        write_writings(work.run.path / path, found)
        work.emit(Artifact(path=path, kind="attributions"))


def _compare(work: Work, spec: ExplainSpec, *, every: bool) -> None:
    """Measure how faithful methods are to the run's model."""
    from .explain.methods import names
    from .explain.proof.compare import compare_run

    found = compare_run(
        work.run,
        names() if every else spec.methods,
        spec.rows,
        spec=spec,
        emit=work.emit,
        check=work.checked,
    )
    _write_json(work, "explanations/comparison.json", found.as_json())


def audit(work: Work, **settings: Any) -> None:
    """Compare the groups of the test rows, and make the tests that are asked for.

    Parameters
    ----------
    work
        The run.
    settings
        Keys of the recipe's section `audit` that have other values; audit/settings.json keeps them.
    """
    from .fairness.audit import audit as compare
    from .fairness.audit_pairs.record import FILE as AGAINST
    from .fairness.curves import curves_table
    from .fairness.further import further
    from .fairness.reading import CURVES, FILE, SCORES, SETTINGS
    from .fairness.shared_thresholds import scores_table
    from .fairness.spec import changed

    spec = changed(work.run.section("audit", AuditSpec), settings)
    held = any(name.startswith("group:") for name in work.run.predictions().columns)
    if work.run.task in AUDITED and (held or spec.groups or spec.makes):
        found = compare(work.run, spec=spec, dataset=work.dataset)
        _write_json(work, SETTINGS, spec.model_dump(mode="json"))
        if found.curves:
            _write_parquet(work, CURVES, curves_table(found.curves))
        if found.scores:
            _write_parquet(work, SCORES, scores_table(found.scores))
        _write_json(work, FILE, found.as_json())
        (work.run.path / AGAINST).unlink(missing_ok=True)  # it tells of the audit before
    else:
        _write_json(work, FILE, {"positive": spec.positive})
    further(work.run, spec, emit=work.emit, check=work.checked)


def report(work: Work, *, formats: Sequence[Format] | None = None) -> None:
    """Write the run up, as the documents that are named here or in its recipe."""
    from .writeup import write

    for path in write(work.run, work.dataset, formats):
        work.emit(Artifact(path=path, kind="report"))


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


WRITTEN = ("chat", "causal_lm")
"""Tasks whose answers are written: they take so long to explain that it is asked for by name."""

FEW = 8
"""Answers that are explained of those, where nobody says how many."""


def offered(
    task: str, modalities: Collection[str], *, by_name: bool = False, tested: bool = False
) -> tuple[str, ...]:
    """Return the steps that are known for a task on samples of some modalities, in order.

    Classes, sets of labels, numbers and texts are compared over groups.

    Parameters
    ----------
    task, modalities
        Of a run.
    by_name
        Whether steps are asked for by name; a whole recipe leaves some out that take long.
    tested
        Whether the recipe asks for tests beside the comparison of groups, which any task allows.
    """
    left_out = set() if task in AUDITED or tested else {"audit"}
    if not explains(task) and not (by_name and task in WRITTEN):
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
