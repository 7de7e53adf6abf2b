"""Preference tuning: making what people chose more likely than what they rejected.

Direct preference optimisation (Rafailov et al. 2023): the loss of a pair is minus the log-sigmoid
of beta times the difference of two log-ratios, each between the model and the reference, which is
the model as it was before tuning. The reference's log-likelihoods never change, so they are
computed once, before training, and kept; a step then costs what any other step costs, whichever way
the model is adapted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError, paragraph
from ...multimodal.classifiers import WRITER
from ...multimodal.spec import ModelSpec
from .. import roles
from ..batches import Batch, Rows
from ..events import Emit, Warning, silent
from ..preference_metrics import REWARDS, VALIDATED, measured
from ..preference_metrics import evaluate as measure
from ..spec import DataSpec, EvaluateSpec, TrainSpec
from .language_modelling import load_causal

if TYPE_CHECKING:
    import pandas as pd
    import torch

    from ...device import Device
    from ...multimodal.models import Source
    from ...multimodal.text.packing import Sequences
    from ..dataset import Dataset
    from ..evaluation import Evaluation
    from ..runs import Run

COLUMNS = ("messages", "chosen", "rejected")
"""The inputs that `arrange` makes: a conversation, and two answers, all of them JSON."""
REFERENCE = "target_reference"


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of answers with the reference's log-likelihoods (`core.batches.Learned`).

    Attributes
    ----------
    sequences
        Two for each pair, the chosen answer's first.
    reference
        Log-likelihoods of both answers before tuning, in nats; shape (pairs, 2).
    weight
        Weight of each pair; shape (pairs,).
    names
        The id of each pair's row; shape (pairs,).
    kept
        Number of each pair's row in the dataset; shape (pairs,).
    """

    sequences: Sequences
    reference: NDArray[np.float32]
    weight: NDArray[np.float32]
    names: NDArray[np.object_]
    kept: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.kept)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of both sequences of each pair; shape (pairs,)."""
        lengths: NDArray[np.int64] = self.sequences.lengths.reshape(-1, 2).sum(axis=1)
        return lengths

    @property
    def cut(self) -> NDArray[np.bool_]:
        """Whether either answer of each pair was cut off; shape (pairs,)."""
        return np.asarray(self.sequences.cut.reshape(-1, 2).any(axis=1))

    @property
    def units(self) -> NDArray[np.int64]:
        """One for each pair; shape (pairs,)."""
        return np.ones(len(self), np.int64)

    def ids(self, rows: Rows) -> list[str]:
        """Name the rows behind some pairs."""
        return [str(name) for name in self.names[rows]]

    def batch(self, rows: Rows) -> Batch:
        """Return both sequences of some pairs, and the reference's log-likelihoods."""
        import torch

        both = np.stack([2 * rows, 2 * rows + 1], axis=1).ravel()
        reference = torch.from_numpy(self.reference[rows])
        return {**self.sequences.batch(both), REFERENCE: reference}


@dataclass(frozen=True)
class Preference:
    """Preferring the chosen answer (`core.tasks.task.Task`)."""

    model: ModelSpec
    train: TrainSpec
    name: str = "preference"
    auto: str = WRITER
    metric: str = "preference_loss"
    validated: tuple[str, ...] = VALIDATED

    def arrange(self, table: pd.DataFrame, spec: DataSpec) -> tuple[pd.DataFrame, DataSpec]:
        """Bring the table's form into the columns `COLUMNS`.

        Raises
        ------
        DataError
            If there are no such columns, or a row can't be read.
        """
        from ...multimodal.text.chat.messages import Unreadable
        from ...multimodal.text.preferences import find, read_pair

        names = [name for name in table.columns if not str(name).startswith("\0")]
        first = {
            name: next(
                (cell for cell in table[name] if cell is not None and str(cell).strip()), None
            )
            for name in names
        }
        where = find(names, first)
        if where is None:
            raise DataError(
                paragraph(
                    spec.source[0].path,
                    f"there are no columns “chosen” and “rejected” among {', '.join(names)}",
                    "Name the columns so, and the one with the conversation “messages”, "
                    "“conversations” or “prompt”",
                )
            )
        found: list[tuple[str | None, ...]] = []
        columns = {name: table[name].tolist() for name in names}
        for number in range(len(table)):
            row = {name: cells[number] for name, cells in columns.items()}
            try:
                found.append(read_pair(where, row) or (None, None, None))
            except Unreadable as error:
                raise DataError(
                    paragraph(
                        roles.place(table, number, error.column),
                        error.problem,
                        "Correct the row, or remove it",
                    )
                ) from None
        cells = {
            name: np.array([row[place] for row in found], dtype=object)
            for place, name in enumerate(COLUMNS)
        }
        out = table.assign(**cells)
        inputs: dict[str, Any] = dict.fromkeys(COLUMNS, "text")
        return out, spec.model_copy(update={"inputs": inputs})

    def labels(self, table: pd.DataFrame, spec: DataSpec) -> tuple[str, ...]:
        """Return no classes."""
        return ()

    def load(
        self, source: Source, labels: tuple[str, ...], seed: int, *, emit: Emit = silent
    ) -> torch.nn.Module:
        """Load the model, and tell where it can't be given packed samples."""
        return load_causal(source, self.model, seed, emit, packing=self.train.packing)

    def encode(
        self,
        processor: Any,
        dataset: Dataset,
        *,
        emit: Emit = silent,
        cache: Path | None = None,
    ) -> Pairs:
        """Render both answers of every row, and compute how likely they are before tuning."""
        from ...device import choose

        return self._pairs(processor, dataset, choose(self.train.precision), emit, cache)

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return the DPO loss of each pair, in nats; shape (pairs,)."""
        import torch

        rewards = self._rewards(model, batch)
        return -torch.nn.functional.logsigmoid(rewards[:, 0] - rewards[:, 1])

    def validate(
        self,
        model: torch.nn.Module,
        samples: Any,
        dataset: Dataset,
        *,
        check: Callable[[], None] = lambda: None,
    ) -> Mapping[str, float]:
        """Measure accuracy, mean margin and mean loss."""
        rewards = self._all_rewards(model, samples, step="validate", check=check)
        return measured(rewards[:, 0], rewards[:, 1])

    def predict(
        self,
        run: Run,
        model: torch.nn.Module,
        processor: Any,
        dataset: Dataset,
        *,
        emit: Emit = silent,
        check: Callable[[], None] = lambda: None,
    ) -> pd.DataFrame:
        """Return the rewards of both answers of every row, and which of them is preferred."""
        from ...device import Device
        from ..predict import present, table

        device = present(Device.from_json(run.environment["device"]))
        pairs = self._pairs(processor, dataset, device, emit, None, exact=True)
        rewards = np.full((len(dataset), 2), np.nan)
        rewards[pairs.kept] = self._all_rewards(model, pairs, emit=emit, check=check)
        margin = rewards[:, 0] - rewards[:, 1]
        columns: dict[str, Any] = {"prediction": [_preferred(one) for one in margin]}
        columns |= {name: rewards[:, side] for side, name in enumerate(REWARDS)}
        return table(dataset, columns)

    def baselines(
        self,
        run: Run,
        dataset: Dataset,
        chosen: Dataset,
        predictions: pd.DataFrame,
        *,
        emit: Emit = silent,
        check: Callable[[], None] = lambda: None,
    ) -> dict[str, pd.DataFrame | str]:
        """Answer as the model before tuning, all of whose rewards are 0 by definition."""
        from .untrained import UNTRAINED

        zero = {name: predictions[name].where(predictions[name].isna(), 0.0) for name in REWARDS}
        return {UNTRAINED: predictions.assign(**zero)}

    def evaluate(
        self,
        predictions: pd.DataFrame,
        labels: tuple[str, ...],
        spec: EvaluateSpec,
        beside: Mapping[str, pd.DataFrame | str],
    ) -> Evaluation:
        """Measure accuracy, margin and loss, with intervals over rows."""
        return measure(predictions, spec, beside)

    def _rewards(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return beta times the log-ratio of either answer to the reference; shape (pairs, 2)."""
        from ...multimodal.text.token_losses import token_losses

        found = -token_losses(model, batch).reshape(-1, 2)
        rewards: torch.Tensor = self.train.beta * (found - batch[REFERENCE])
        return rewards

    def _all_rewards(
        self, model: torch.nn.Module, pairs: Pairs, **told: Any
    ) -> NDArray[np.float64]:
        from .sequences import nats

        found = -nats(model, pairs.sequences, **told).reshape(-1, 2)
        out: NDArray[np.float64] = self.train.beta * (found - pairs.reference)
        return out

    def _pairs(
        self,
        processor: Any,
        dataset: Dataset,
        device: Device,
        emit: Emit,
        cache: Path | None,
        *,
        exact: bool = False,
    ) -> Pairs:
        """Encode a dataset; `exact` computes the reference in float32, as the model is measured."""
        from ...multimodal.text.chat.choosing import choose
        from ...multimodal.text.preferences import sequences

        rows = [(one[0], one[1], one[2]) for one in dataset.samples()]
        found, kept = sequences(
            choose(processor, self.model.chat_template),
            rows,
            self.model.max_length,
            packed=self.train.packing,
            names=[str(name) for name in dataset.ids],
        )
        _tell(found, len(rows), len(kept), self.model.max_length, emit)
        reference = self._reference(found, device, emit, cache, exact=exact)
        return Pairs(found, reference, dataset.weight[kept], dataset.ids[kept], kept)

    def _reference(
        self, found: Sequences, device: Device, emit: Emit, cache: Path | None, *, exact: bool
    ) -> NDArray[np.float32]:
        """Compute the log-likelihoods of the model that the recipe names, or read them."""
        import torch

        from ...multimodal.models import locate
        from ..files import write_with
        from .sequences import nats

        source = locate(self.model.name)
        half = device.precision == "bf16" and not exact
        file = None if cache is None else cache / f"reference-{_key(found, source, half)}.npy"
        if file is not None and file.is_file():
            kept: NDArray[np.float32] = np.load(file, allow_pickle=False)
            return kept
        model = self.load(source, (), self.train.seed).to(device.kind).eval()
        with torch.autocast(device.kind, torch.bfloat16, enabled=half):
            summed = nats(model, found, step="reference", emit=emit)
        out: NDArray[np.float32] = -summed.reshape(-1, 2).astype(np.float32)
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_with(file, lambda partial: _save(partial, out))
        return out


def make(
    name: str, data: DataSpec, model: ModelSpec, train: TrainSpec, evaluate: EvaluateSpec
) -> Preference:
    """Make the task."""
    return Preference(model, train)


def _preferred(margin: float) -> str | None:
    """Name the answer of a margin; None where there is no margin."""
    if np.isnan(margin):
        return None
    return "neither" if margin == 0 else "chosen" if margin > 0 else "rejected"


def _tell(found: Sequences, rows: int, kept: int, limit: int, emit: Emit) -> None:
    """Tell how many pairs are cut off, and how many are left out for it."""
    from .encoding import WORTH_TELLING

    if kept < rows:
        emit(
            Warning(
                text=f"{rows - kept:,} of {rows:,} pairs are left out: of an answer no token is "
                f"left within {limit} tokens. model.max_length changes that."
            )
        )
    cut = found.cut.mean() if len(found) else 0.0
    if cut > WORTH_TELLING:
        emit(
            Warning(
                text=f"{cut:.1%} of the answers end behind {limit} tokens and are cut off there. "
                "model.max_length changes that."
            )
        )


def _key(found: Sequences, source: Source, half: bool) -> str:
    """Name what the reference follows from: the tokens, the model's files, and the precision."""
    folder = Path(source.reference)
    files = sorted(folder.glob("*.safetensors")) if source.local else []
    stamps = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    digest = hashlib.sha256(repr((source.reference, stamps, half)).encode())
    for part in (found.tokens, found.learnt, found.starts):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()[:32]


def _save(partial: Path, values: NDArray[np.float32]) -> None:
    with partial.open("wb") as opened:
        np.save(opened, values)
