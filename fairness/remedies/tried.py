"""Remedies as they are tried on one run: on features computed once, or by trainings beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from ...core.dataset import Dataset
from ...core.events import Emit, Progress, silent
from ...core.predict import logits, present, softmax
from ...core.runs import Run
from ...core.spec import DataSpec, EvaluateSpec, TrainSpec
from ...device import Device, prepare
from ...multimodal.models import reload
from ...multimodal.processors import reload_processor
from ...multimodal.spec import ModelSpec
from ..spec import AuditSpec
from .features import LastLayer, features
from .heads import SMALLEST, FeatureRows, exponentiated_gradient, head, scores
from .measures import Answered, Asked, disparity
from .members import grouping
from .on_scores import Impossible, answered, fitted, positive_of
from .plug import plugged
from .points import Candidate, name_of
from .record import UNMITIGATED
from .spec import IN_TRAINING, ON_FEATURES, ON_SCORES, RemedySpec

Train = Callable[[RemedySpec, str], Run]
"""``train(remedy, name) -> run``: trains a run's recipe with a remedy, or finds it trained."""


@dataclass(frozen=True, eq=False)
class Answering:
    """Rows that are answered with each remedy, and what they are compared by."""

    rows: Dataset
    asked: Asked


class Tried:
    """Remedies as they are tried on one run.

    Parameters
    ----------
    run, dataset
        The run, and its rows.
    sets
        What is answered, by a name; what stands behind the training is fitted to ``validation``.
    emit, check
        Listener, and a function that raises where the job was cancelled.
    """

    def __init__(
        self,
        run: Run,
        dataset: Dataset,
        sets: Mapping[str, Answering],
        *,
        emit: Emit = silent,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._run, self._dataset, self._sets = run, dataset, sets
        self._emit, self._check = emit, check
        self._asked = {name: one.asked for name, one in sets.items()}
        self._spec = run.section("audit", AuditSpec)
        self._impossible: dict[str, str] = {}

    def on_features(self, specs: Sequence[RemedySpec]) -> tuple[list[Candidate], dict[str, str]]:
        """Train a head with each remedy on features that are computed once."""
        trained = self._dataset.take(self._dataset.rows("train"))
        own, begun = self._features(trained)
        rows = self._feature_rows(own, trained)
        known = {name: self._features(one.rows)[0] for name, one in self._sets.items()}

        def scored(last: LastLayer) -> dict[str, Answered]:
            return {name: _best(scores(last, found)) for name, found in known.items()}

        task, seed = self._task(), self._run.section("train", TrainSpec).seed

        def learn(spec: RemedySpec | None) -> dict[str, Answered]:
            plug = plugged(
                spec, self._dataset, task, positive=self._spec.positive, device="cpu", seed=seed
            )
            return scored(head(rows, begun, task.loss, plug, seed=seed, check=self._check))

        plain = learn(None)
        groups = grouping(trained, specs[0].column).codes.astype(np.int64) if specs else None

        def chances(spec: RemedySpec) -> dict[str, np.ndarray[Any, Any]]:
            assert groups is not None
            asked = self._asked["validation"]
            positive = positive_of(asked)
            found = exponentiated_gradient(
                rows,
                groups,
                positive,
                spec.constraint,
                self._bound(plain["validation"], spec, positive),
            )
            return {name: found(given) for name, given in known.items()}

        def made(spec: RemedySpec) -> dict[str, Answered]:
            if spec.kind in IN_TRAINING:
                return learn(spec)
            if spec.kind in ON_FEATURES:
                return self._drawn(plain, chances(spec))
            return self._behind(plain, spec)

        return self._all(plain, specs, made)

    def retrained(
        self, specs: Sequence[RemedySpec], train: Train
    ) -> tuple[list[Candidate], dict[str, str]]:
        """Train the run's recipe with each remedy, and answer by each model."""
        plain = self.scored(self._run)
        runs: dict[str, str] = {}

        def made(spec: RemedySpec) -> dict[str, Answered]:
            if spec.kind in ON_SCORES:
                return self._behind(plain, spec)
            if spec.kind in ON_FEATURES:
                raise Impossible("it learns on frozen features, so it is tried with --on-features")
            name = name_of(spec.kind, spec.strength)
            trained = train(spec, f"{self._run.name}-{spec.kind}-{spec.strength:g}")
            runs[name] = trained.name
            return self.scored(trained)

        found, impossible = self._all(plain, specs, made)
        return [replace(one, run=runs.get(one.name)) for one in found], impossible

    def scored(self, run: Run) -> dict[str, Answered]:
        """Answer the rows by a run's model."""
        found = {}
        for name, one in self._sets.items():
            model, samples = self._ready(run, one.rows)
            found[name] = _best(softmax(logits(model, samples, emit=self._emit, check=self._check)))
        return found

    def _features(self, rows: Dataset) -> tuple[np.ndarray[Any, Any], LastLayer]:
        model, samples = self._ready(self._run, rows)
        return features(
            model,
            samples,
            len(self._dataset.labels),
            str(self._run.model),
            emit=self._emit,
            check=self._check,
        )

    def _feature_rows(self, found: np.ndarray[Any, Any], rows: Dataset) -> FeatureRows:
        """Put features of training rows beside their classes and weights."""
        from ...core.losses import class_weights

        codes = rows.codes
        weight = rows.weight * class_weights(
            codes, rows.labels, self._run.section("train", TrainSpec)
        )
        return FeatureRows(found.astype(np.float32), codes, weight.astype(np.float32), rows.ids)

    def _all(
        self,
        plain: dict[str, Answered],
        specs: Sequence[RemedySpec],
        made: Callable[[RemedySpec], dict[str, Answered]],
    ) -> tuple[list[Candidate], dict[str, str]]:
        found = [Candidate(UNMITIGATED, None, None, plain)]
        for number, spec in enumerate(specs):
            self._check()
            name = name_of(spec.kind, spec.strength)
            try:
                answers = made(spec)
            except Impossible as reason:
                self._impossible[name] = str(reason)
            else:
                found.append(Candidate(name, spec.kind, spec.strength, answers))
            self._emit(Progress(step="remedies", done=number + 1, total=len(specs), text=name))
        return found, self._impossible

    def _behind(self, plain: dict[str, Answered], spec: RemedySpec) -> dict[str, Answered]:
        """Fit a remedy on the scores of the validation rows, and apply it to all."""
        asked = self._asked["validation"]
        positive = positive_of(asked)
        found = fitted(
            spec.kind,
            plain["validation"].scores[:, positive],
            asked,
            positive,
            spec.constraint,
            spec.strength,
        )
        chances = {
            name: found(plain[name].scores[:, positive], one.groups)
            for name, one in self._asked.items()
        }
        return self._drawn(plain, chances)

    def _drawn(
        self, plain: dict[str, Answered], chances: dict[str, np.ndarray[Any, Any]]
    ) -> dict[str, Answered]:
        return {
            name: answered(plain[name], chances[name], positive_of(one), one.seed)
            for name, one in self._asked.items()
        }

    def _bound(self, plain: Answered, spec: RemedySpec, positive: int) -> float:
        """Return the difference that is allowed: nearer to none the stronger the remedy."""
        asked = self._asked["validation"]
        flat = (asked.groups * 2 + (asked.labels == positive)) * 2 + (plain.predicted == positive)
        counts = np.bincount(flat, minlength=4 * len(asked.names)).reshape(-1, 2, 2)
        gap = float(disparity(counts[asked.kept], spec.constraint, 1))
        return max((1 - spec.strength) * (gap if np.isfinite(gap) else 0.0), SMALLEST)

    def _ready(self, run: Run, rows: Dataset) -> tuple[torch.nn.Module, Any]:
        from ...core.tasks.encoding import encoded

        prepare()
        device = present(Device.from_json(run.environment["device"]))
        torch.set_num_threads(device.threads)
        model = reload(self._task().auto, run.model).to(device.kind)
        processor = reload_processor(run.model, rows.modalities.values())
        return model, encoded(processor, rows, run.section("model", ModelSpec))

    def _task(self) -> Any:
        from ...core.tasks import make

        section = self._run.section
        return make(
            self._run.task,
            section("data", DataSpec),
            section("model", ModelSpec),
            section("train", TrainSpec),
            section("evaluate", EvaluateSpec),
        )


def _best(found: np.ndarray[Any, Any]) -> Answered:
    return Answered(found.argmax(1).astype(np.int64), found)
