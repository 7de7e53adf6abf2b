"""Checkpoints: everything that training needs to go on exactly where it was.

A checkpoint is a folder of safetensors and JSON that appears whole or not at all, with a manifest
of its files' sizes and checksums: one that was damaged afterwards is noticed and set aside, and the
one before it is taken. Weights, optimiser state and the generators' state are tensors; nothing is
pickled. Weights that are not trained are left out, for training begins with them anyway.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from ..errors import RunError, paragraph
from . import processes
from .events import Emit, Warning, silent
from .files import folder_whole, read_json, sweep, write_json
from .manifest import damage, write_manifest
from .whole_state import load_model, load_optimizer, model_tensors, optimizer_tensors

BEST = "best"
DAMAGED = "damaged-"
"""Prefix of a checkpoint that was set aside."""

EXTRA = "extra-"
"""Prefix of the files that hold tensors beside model and optimiser."""

NAMED = 66
"""Bytes that a tensor's shape and place take in the head of a file of safetensors, roughly."""


@dataclass
class State:
    """Where training stands.

    Attributes
    ----------
    step
        Optimiser steps done.
    epoch, batch
        Epoch in progress, and batches of it that are done.
    seconds
        Seconds of training so far, of all jobs together.
    micro
        Samples that go through the model at once; None: all of a step.
    best, best_epoch
        Best validation metric so far and the epoch after which it was measured; None before.
    waited, ended
        Validations since the best one, and whether that ended training early.
    history
        One mapping of measured numbers for each validation.
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    seconds: float = 0.0
    micro: int | None = None
    best: float | None = None
    best_epoch: int | None = None
    waited: int = 0
    ended: bool = False
    history: list[dict[str, float]] = field(default_factory=list)


class Checkpoints:
    """The checkpoints of one training, in one folder.

    Where several processes train together, all of them call every method, and the first writes.

    Parameters
    ----------
    folder
        Where they stand; made if it isn't there.
    keep
        How many are kept, newest first.
    most_bytes
        Most bytes that they may take together, the best weights among them; the newest checkpoint
        is kept all the same. None: any number.
    emit
        Told of a checkpoint that is damaged.
    """

    def __init__(
        self, folder: Path, keep: int, most_bytes: int | None = None, *, emit: Emit = silent
    ) -> None:
        self.folder = folder
        self._keep = keep
        self._most_bytes = most_bytes
        self._emit = emit
        if processes.is_main():
            folder.mkdir(parents=True, exist_ok=True)
            sweep(folder)

    def save(
        self,
        state: State,
        model: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        extra: Mapping[str, Mapping[str, torch.Tensor]] | None = None,
    ) -> Path:
        """Write a checkpoint and drop those beyond the number and size to keep.

        Parameters
        ----------
        state
            Where training stands.
        model, optimizer
            What is trained, and by what.
        extra
            More named tensors by the name of their group, such as a moving average of the weights.

        Raises
        ------
        DiskFullError
            If there is no room; those that stand there stay.
        """
        files = contents(model, optimizer, extra)
        path = self.folder / f"step-{state.step:08d}"
        if processes.is_main():
            with folder_whole(path) as partial:
                for name, tensors in files.items():
                    save_file(_plain(tensors), partial / f"{name}.safetensors")
                write_json(partial / "state.json", asdict(state))
                write_manifest(partial)
            self._drop()
        processes.barrier()
        return path

    def save_best(self, model: torch.nn.Module) -> Path:
        """Keep the weights that did best on the validation rows."""
        path = self.folder / BEST
        tensors = model_tensors(model)
        if processes.is_main():
            with folder_whole(path) as partial:
                save_file(_plain(tensors), partial / "model.safetensors")
                write_manifest(partial)
        processes.barrier()
        return path

    def load_best(self, model: torch.nn.Module) -> bool:
        """Put the best weights into a model; say whether there were any."""
        path = self.folder / BEST
        if not path.exists():
            return False
        wrong = self._wrong(path)
        if wrong is not None:
            self._set_aside(path, wrong, "the weights of the last step are kept instead")
            return False
        load_model(model, load_file(path / "model.safetensors"))
        return True

    def restore(
        self, model: torch.nn.Module, optimizer: torch.optim.Optimizer
    ) -> tuple[State, dict[str, dict[str, torch.Tensor]]] | None:
        """Put the newest sound checkpoint into model, optimiser and generators.

        A damaged one is set aside under another name, with a warning that says what was wrong.

        Returns
        -------
        state, extra
            As they were saved; None where there is no checkpoint.

        Raises
        ------
        RunError
            If the checkpoint holds other weights than this model has.
        """
        for path in reversed(self._steps()):
            wrong = self._wrong(path)
            if wrong is None:
                return self._read(path, model, optimizer)
            self._set_aside(path, wrong, "training goes on from the one before it")
        return None

    def _read(
        self, path: Path, model: torch.nn.Module, optimizer: torch.optim.Optimizer
    ) -> tuple[State, dict[str, dict[str, torch.Tensor]]]:
        try:
            load_model(model, load_file(path / "model.safetensors"))
            load_optimizer(model, optimizer, load_file(path / "optimizer.safetensors"))
        except (ValueError, RuntimeError) as error:
            raise RunError(
                paragraph(
                    str(path),
                    f"the checkpoint doesn't fit the model ({str(error).splitlines()[0]})",
                    "Begin a new run; this one was begun with another model or other settings",
                )
            ) from error
        extra = {
            file.stem.removeprefix(EXTRA): load_file(file)
            for file in sorted(path.glob(f"{EXTRA}*.safetensors"))
        }
        if not _seed(load_file(path / "generators.safetensors")):
            self._emit(
                Warning(
                    text=f"The checkpoint {path.name} was written by another number of processes. "
                    "Training goes on from it, but not bit for bit as it would have."
                )
            )
        return State(**read_json(path / "state.json")), extra

    def _wrong(self, path: Path) -> str | None:
        """Say what is damaged in a folder; the first process looks for all."""
        return processes.from_main(lambda: damage(path))

    def _set_aside(self, path: Path, wrong: str, instead: str) -> None:
        """Give a damaged folder another name and tell of it; nothing is deleted."""
        number, aside = 1, path.with_name(DAMAGED + path.name)
        if processes.is_main():
            while aside.exists():
                number += 1
                aside = path.with_name(f"{DAMAGED}{path.name}-{number}")
            path.rename(aside)
        self._emit(
            Warning(
                text=f"The checkpoint {path} is damaged: {wrong}. It was set aside as "
                f"{aside.name}, and {instead}."
            )
        )
        processes.barrier()

    def _drop(self) -> None:
        """Drop old checkpoints: beyond the number, or beyond the bytes, to keep."""
        best = self.folder / BEST
        taken = _bytes(best) if best.exists() else 0
        for place, path in enumerate(reversed(self._steps())):
            taken += _bytes(path)
            too_large = self._most_bytes is not None and taken > self._most_bytes
            if place > 0 and (place >= self._keep or too_large):
                shutil.rmtree(path, ignore_errors=True)

    def _steps(self) -> list[Path]:
        return sorted(self.folder.glob("step-*"))


def contents(
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    extra: Mapping[str, Mapping[str, torch.Tensor]] | None = None,
) -> dict[str, dict[str, torch.Tensor]]:
    """Return the tensors of each file of a checkpoint; parameters are those of `save`."""
    return {
        "model": model_tensors(model),
        "optimizer": optimizer_tensors(model, getattr(optimizer, "optimizer", optimizer)),
        "generators": _generators(),
        **{EXTRA + name: dict(tensors) for name, tensors in (extra or {}).items()},
    }


def file_bytes(tensors: Mapping[str, torch.Tensor]) -> int:
    """Return the bytes of the file that would hold these tensors, to a hundredth."""
    return sum(len(name) + NAMED + one.nbytes for name, one in _one_name_each(tensors))


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def _plain(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return tensors as safetensors writes them: contiguous, and none of two names."""
    return dict(_one_name_each(tensors))


def _one_name_each(tensors: Mapping[str, torch.Tensor]) -> Iterator[tuple[str, torch.Tensor]]:
    seen = set()
    for name, tensor in tensors.items():
        whole = tensor.detach().contiguous()
        if whole.untyped_storage().nbytes() != whole.nbytes:
            whole = whole.clone()  # a part of a larger tensor
        place = (whole.device, whole.data_ptr(), whole.shape, whole.dtype)
        if whole.numel() and place in seen:
            continue
        seen.add(place)
        yield name, whole


def _generators() -> dict[str, torch.Tensor]:
    """Return the state of every process's generators; the first number in a name is the process."""
    own = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        own["cuda"] = torch.cuda.get_rng_state()
    return {
        f"{rank}.{kind}": state
        for rank, states in enumerate(processes.gather_objects(own))
        for kind, state in states.items()
    }


def _seed(tensors: dict[str, torch.Tensor]) -> bool:
    """Put this process's generators where they were; say whether as many processes were there."""
    ranks = {name.partition(".")[0] for name in tensors}
    own = str(processes.rank())
    if own in ranks:
        torch.set_rng_state(tensors[f"{own}.cpu"])
        if f"{own}.cuda" in tensors and torch.cuda.is_available():
            torch.cuda.set_rng_state(tensors[f"{own}.cuda"])
    return len(ranks) == processes.world()
