"""What a task is: all that differs between learning classes, tags, spans of text, and answers.

A task lives for one training or one prediction. It is made from what the recipe says and from the
labels that the data holds, and it is plain: it keeps settings, never weights or rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from ..batches import Batch, Learned
from ..events import Emit, Sample

if TYPE_CHECKING:
    import pandas as pd
    import torch

    from ...multimodal.models import Source
    from ..dataset import Dataset
    from ..evaluation import Evaluation
    from ..runs import Run
    from ..spec import DataSpec, EvaluateSpec


class Task(Protocol):
    """What a model learns to do."""

    @property
    def name(self) -> str:
        """What it is called, as `multimodal.spec.Task` has it."""

    @property
    def auto(self) -> str:
        """The Auto class of transformers that loads its models, also those that a run saved."""

    @property
    def metric(self) -> str:
        """The validation metric that chooses the checkpoint where the recipe names none."""

    @property
    def validated(self) -> tuple[str, ...]:
        """Every metric that `validate` measures, by which early stopping may go."""

    def arrange(self, table: pd.DataFrame, spec: DataSpec) -> tuple[pd.DataFrame, DataSpec]:
        """Bring a table that was just read into the columns which the task reads.

        The given table has every column of its files as text, cells that held lists or mappings as
        JSON. What comes back has the columns that ``spec.columns`` of what comes back names (the
        inputs filled in where the recipe left them out) and the table's others. Most tasks change
        nothing.

        Raises
        ------
        DataError, RecipeError
            If the columns can't be recognised, or a key of the data section doesn't fit the task.
        """

    def labels(self, table: pd.DataFrame, spec: DataSpec) -> tuple[str, ...]:
        """Check the answers of a cleaned table; return the classes in the outputs' order.

        Empty for tasks without classes.

        Raises
        ------
        DataError
            Naming file, row and column of the first answer that can't be used.
        """

    def load(
        self, source: Source, labels: tuple[str, ...], seed: int, *, emit: Emit = ...
    ) -> torch.nn.Module:
        """Load the model that is to be trained, in float32, with a head for these classes.

        What a person should know (a head that is new where one was expected) is told by `emit` as
        an `events.Warning`.
        """

    def encode(
        self,
        processor: Any,
        dataset: Dataset,
        *,
        emit: Emit = ...,
        cache: Path | None = None,
    ) -> Learned:
        """Encode a dataset's rows with their targets; tell by `emit` how many are cut off.

        `cache` is a folder in which encoded tokens may be kept, for tables that are large.

        The samples need not stand one to one to the rows (windows, packs): `Learned.ids` tells the
        rows of each. Training and validation rows are encoded apart.
        """

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return the summed loss of each sample of a batch, shape (samples,), in float32."""

    def validate(
        self,
        model: torch.nn.Module,
        samples: Learned,
        dataset: Dataset,
        *,
        check: Callable[[], None] = ...,
    ) -> Mapping[str, float]:
        """Measure a model in evaluation mode on encoded rows; a number for each of `validated`."""

    def predict(
        self,
        run: Run,
        model: torch.nn.Module,
        processor: Any,
        dataset: Dataset,
        *,
        emit: Emit = ...,
        check: Callable[[], None] = ...,
    ) -> pd.DataFrame:
        """Answer a dataset's rows, as predictions.parquet holds them (DESIGN, section 3).

        Columns id, split, label and prediction, the task's own (``score:<label>`` …),
        ``group:<column>`` and fingerprint; labels and splits are left out where there are none.
        """

    def baselines(
        self,
        run: Run,
        dataset: Dataset,
        chosen: Dataset,
        predictions: pd.DataFrame,
        *,
        emit: Emit = ...,
        check: Callable[[], None] = ...,
    ) -> Mapping[str, pd.DataFrame | str]:
        """Answer the predicted rows (`chosen`) as something simpler would, learnt from `dataset`.

        By the baseline's name: predictions of the same rows in the same order, or in place of them
        the reason why there are none. `core.tasks.untrained` answers as the model did before.
        """

    def evaluate(
        self,
        predictions: pd.DataFrame,
        labels: tuple[str, ...],
        spec: EvaluateSpec,
        beside: Mapping[str, pd.DataFrame | str],
    ) -> Evaluation:
        """Measure predictions against their labels, with intervals, and baselines beside them."""


@runtime_checkable
class Writer(Protocol):
    """A task whose answers are texts that a person may want to read while it trains."""

    def write(self, model: torch.nn.Module, processor: Any, dataset: Dataset) -> Sequence[Sample]:
        """Generate the answers of some rows with a model in evaluation mode."""


@runtime_checkable
class Sparing(Protocol):
    """A task that can answer rows of a new table without some of the inputs."""

    @property
    def spared(self) -> tuple[str, ...]:
        """Names of the inputs that may be missing."""


@runtime_checkable
class Scaling(Protocol):
    """A task that is learnt in other units than its answers have."""

    def scale(
        self, model: torch.nn.Module, samples: Any, held: Any
    ) -> tuple[Learned, Learned, Callable[[], None]]:
        """Return training and validation samples in the units that are learnt.

        And what is to be called once when training has ended, so that the model that is saved
        answers in the answers' own units.
        """
