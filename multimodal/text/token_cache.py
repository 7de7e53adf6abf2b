"""Tokens kept as files, so that no table is tokenised twice and large ones need no memory.

A folder for each set of samples holds plain ``.npy`` files; the token numbers are mapped into
memory, so only what batches touch is read. A folder is there whole or not at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

FORMAT = 1
"""Counted up where the same samples would come to other tokens, or stand in other files."""


@dataclass(frozen=True, eq=False)
class Tokens:
    """Tokens of some samples, one behind the other.

    Attributes
    ----------
    tokens
        Token numbers; shape (sum of lengths,).
    types
        Part that each token belongs to; same shape, or (0,) where the model doesn't ask.
    lengths
        Tokens of each sample; shape (samples,).
    cut
        Whether a sample was longer than the model reads; shape (samples,).
    """

    tokens: NDArray[np.int32]
    types: NDArray[np.int8]
    lengths: NDArray[np.int64]
    cut: NDArray[np.bool_]


NAMES = tuple(one.name for one in fields(Tokens))
DTYPES = {"tokens": np.int32, "types": np.int8, "lengths": np.int64, "cut": np.bool_}
MAPPED = ("tokens", "types")


def gather(pieces: Iterable[Tokens]) -> Tokens:
    """Put the tokens of several sets of samples one behind the other, in memory."""
    found = list(pieces)
    return Tokens(
        **{
            name: np.concatenate(
                [np.empty(0, DTYPES[name]), *(getattr(piece, name) for piece in found)]
            )
            for name in NAMES
        }
    )


def key(tokenizer: Any, samples: Sequence[tuple[str, ...]], limit: int) -> str:
    """Name what the tokens follow from: the samples, the whole tokenizer, and the limit.

    Parameters
    ----------
    tokenizer
        A fast tokenizer.
    samples
        Each sample's parts.
    limit
        Most tokens of a sample.
    """
    backend = json.loads(tokenizer.backend_tokenizer.to_str())
    # How the last call was cut and padded stands in there too.
    backend |= {"truncation": None, "padding": None}
    said = (
        FORMAT,
        limit,
        tokenizer.truncation_side,
        tokenizer.sep_token,
        tokenizer.pad_token_id,
        "token_type_ids" in tokenizer.model_input_names,
        backend,
    )
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode())
    for sample in samples:
        digest.update(b"%d:" % len(sample))
        for text in sample:
            content = text.encode("utf-8", "surrogatepass")
            digest.update(b"%d:" % len(content) + content)
    return digest.hexdigest()[:32]


def read(folder: Path) -> Tokens | None:
    """Map the tokens of a folder into memory; None where there are none, or they are damaged."""
    try:
        found = Tokens(
            **{
                # An empty file can't be mapped, and numpy's subclass slows every batch down.
                name: np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))
                if name in MAPPED and (folder / f"{name}.npy").stat().st_size > _header_size(name)
                else np.load(folder / f"{name}.npy", allow_pickle=False)
                for name in NAMES
            }
        )
    except (OSError, ValueError, EOFError):
        return None
    total = int(found.lengths.sum())
    whole = len(found.tokens) == total and len(found.types) in (0, total)
    return found if whole and len(found.cut) == len(found.lengths) else None


def write(folder: Path, pieces: Iterable[Tokens]) -> Tokens:
    """Write tokens to a folder piece by piece, and map them into memory.

    Raises
    ------
    OSError
        If the disk is full or can't be written to; nothing is left behind.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = folder.with_name(f".partial-{uuid4().hex[:8]}-{folder.name}")
    partial.mkdir()
    try:
        with contextlib.ExitStack() as stack:
            adding = {
                name: stack.enter_context(_growing(partial / f"{name}.npy", name)) for name in NAMES
            }
            for piece in pieces:
                for name in NAMES:
                    getattr(piece, name).tofile(adding[name])
        shutil.rmtree(folder, ignore_errors=True)  # what `read` found damaged
        try:
            os.rename(partial, folder)
        except OSError:
            if not folder.is_dir():  # another process was faster
                raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    found = read(folder)
    if found is None:
        raise OSError(f"{folder}: the tokens that were just written can't be read")
    return found


@contextmanager
def _growing(path: Path, name: str) -> Iterator[BinaryIO]:
    """Open an array's file to append to; its header tells the final length in the end."""
    with path.open("w+b") as file:
        _write_header(file, name, 0)
        begins = file.tell()
        yield file
        count = (file.tell() - begins) // np.dtype(DTYPES[name]).itemsize
        file.seek(0)
        _write_header(file, name, count)  # numpy leaves room in it for any length
        if file.tell() != begins:
            raise OSError(f"{path}: the header of {count:,} numbers does not fit its place")
        file.flush()
        os.fsync(file.fileno())


def _write_header(file: BinaryIO, name: str, count: int) -> None:
    descr = npy.dtype_to_descr(np.dtype(DTYPES[name]))
    head = {"descr": descr, "fortran_order": False, "shape": (count,)}
    npy.write_array_header_1_0(file, head)


def _header_size(name: str) -> int:
    file = io.BytesIO()
    _write_header(file, name, 0)
    return file.tell()
