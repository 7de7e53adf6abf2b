"""From a dataset to a trained model in a run's folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..device import Device
from .batches import Samples
from .checkpoints import Checkpoints
from .dataset import Dataset
from .events import Artifact, Emit
from .files import folder_whole
from .jobs import CancelToken
from .loop import Fitted, fit
from .metrics import validation_metrics
from .predict import logits, softmax
from .runs import Run
from .spec import TrainSpec


@dataclass(frozen=True)
class Encoded:
    """A dataset's samples as the model reads them, with what saves them beside it.

    Attributes
    ----------
    samples
        Encoded samples of all rows.
    processor
        The tokenizer or processor that made them; saved beside the model.
    """

    samples: Samples
    processor: Any


class Subset:
    """Some rows of encoded samples, numbered from 0 again."""

    def __init__(self, samples: Samples, rows: NDArray[np.int64]) -> None:
        self._samples = samples
        self._rows = rows
        self.lengths = samples.lengths[rows]

    def __len__(self) -> int:
        return len(self._rows)

    def batch(self, rows: NDArray[np.int64]) -> dict[str, Any]:
        """Return the model's inputs for some samples."""
        return self._samples.batch(self._rows[rows])


def train(
    run: Run,
    model: torch.nn.Module,
    dataset: Dataset,
    encoded: Encoded,
    spec: TrainSpec,
    *,
    device: Device,
    emit: Emit,
    cancel: CancelToken,
) -> Fitted:
    """Train on the training rows, choose by the validation rows, and save the model.

    Parameters
    ----------
    run
        Where checkpoints and model go. Training goes on from the newest checkpoint there.
    model
        A classifier with one output per class of the dataset.
    dataset, encoded
        All rows, and the same rows as the model reads them.
    spec, device
        How, and on what.
    emit, cancel
        Listener and token.
    """
    torch.set_num_threads(device.threads)
    rows, held = dataset.rows("train"), dataset.rows("validation")
    codes = dataset.codes

    def validate(trained: torch.nn.Module) -> Mapping[str, float]:
        found = logits(trained, Subset(encoded.samples, held), step="validate", check=cancel.check)
        return validation_metrics(codes[held], softmax(found))

    fitted = fit(
        model,
        Subset(encoded.samples, rows),
        codes[rows],
        spec,
        device=device,
        checkpoints=Checkpoints(run.path / "checkpoints", spec.keep_checkpoints),
        validate=validate if len(held) else None,
        emit=emit,
        cancel=cancel,
        sample_weight=dataset.weight[rows],
    )
    if not fitted.stopped:
        with folder_whole(run.path / "model") as folder:
            model.save_pretrained(folder)  # type: ignore[operator]
            encoded.processor.save_pretrained(folder)
        emit(Artifact(path="model", kind="model"))
    return fitted
