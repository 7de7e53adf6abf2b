"""Encoded samples kept as files, so that nothing is encoded twice and large data need no memory.

A folder for each set of samples holds plain ``.npy`` files; large ones are mapped into memory, so
only what batches touch is read. A folder is there whole or not at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import math
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from uuid import uuid4

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from ..device import one_blas_thread
from .media import content

Arrays = dict[str, NDArray[Any]]

A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True)
class Kind:
    """What an array holds.

    Attributes
    ----------
    dtype
        Type of its numbers.
    shape
        Shape of what stands at one place of it, behind the axis along which it grows.
    mapped
        Whether it is large, and rather mapped from its file than read.
    """

    dtype: Any
    shape: tuple[int, ...] = ()
    mapped: bool = False

    def empty(self) -> NDArray[Any]:
        """Return an array with nothing in it."""
        return np.empty((0, *self.shape), self.dtype)


def key(said: Any, parts: Iterable[str]) -> str:
    """Name a set of encoded samples by what they follow from.

    Parameters
    ----------
    said
        Settings of the encoding, as JSON takes them.
    parts
        The samples' parts: texts, or files, which count by what they hold.
    """
    digest = hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode())
    for part in parts:
        digest.update(content(part).encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()[:32]


def gather(kinds: Mapping[str, Kind], pieces: Iterable[Mapping[str, NDArray[Any]]]) -> Arrays:
    """Put pieces one behind the other, in memory."""
    found = list(pieces)
    return {
        name: np.concatenate([kind.empty(), *(piece[name] for piece in found)])
        for name, kind in kinds.items()
    }


def read(folder: Path, kinds: Mapping[str, Kind]) -> Arrays | None:
    """Return the arrays of a folder; None where there are none, or they are damaged or others."""
    try:
        # An empty file can't be mapped, and numpy's subclass slows every batch down.
        found = {
            name: np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))
            if kind.mapped and (folder / f"{name}.npy").stat().st_size > _header_size(kind)
            else np.load(folder / f"{name}.npy", allow_pickle=False)
            for name, kind in kinds.items()
        }
    except (OSError, ValueError, EOFError):
        return None
    fits = all(
        found[name].dtype == kind.dtype and found[name].shape[1:] == kind.shape
        for name, kind in kinds.items()
    )
    return found if fits else None


def write(
    folder: Path, kinds: Mapping[str, Kind], pieces: Iterable[Mapping[str, NDArray[Any]]]
) -> Arrays:
    """Write arrays to a folder piece by piece, and return them as `read` does.

    Parameters
    ----------
    folder
        Where they go; it is made.
    kinds
        What each array holds, by its name.
    pieces
        What is appended to each, one piece after the other.

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
                name: stack.enter_context(_growing(partial / f"{name}.npy", kind))
                for name, kind in kinds.items()
            }
            for piece in pieces:
                for name, file in adding.items():
                    np.asarray(piece[name], kinds[name].dtype).tofile(file)
        shutil.rmtree(folder, ignore_errors=True)  # what `read` found damaged
        try:
            os.rename(partial, folder)
        except OSError:
            if not folder.is_dir():  # another process was faster
                raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    found = read(folder, kinds)
    if found is None:
        raise OSError(f"{folder}: what was just written can't be read")
    return found


def kept(
    cache: Path | None,
    said: Any,
    parts: Iterable[str],
    kinds: Mapping[str, Kind],
    pieces: Callable[[], Iterable[Mapping[str, NDArray[Any]]]],
    whole: Callable[[Arrays], bool],
) -> Arrays:
    """Return encoded samples: found again where they were kept, else made.

    Parameters
    ----------
    cache
        Folder that keeps them as files; they are held in memory if it is None.
    said, parts
        What they follow from (`key`).
    kinds
        What each array holds, by its name.
    pieces
        Makes them, piece by piece.
    whole
        Whether arrays that were found are all that is wanted.
    """
    if cache is None:
        return gather(kinds, pieces())
    folder = cache / key(said, parts)
    there = read(folder, kinds)
    return there if there is not None and whole(there) else write(folder, kinds, pieces())


def in_threads(
    work: Callable[[A], B], given: Sequence[A], threads: int | None = None
) -> Iterator[B]:
    """Do the same with each of many things in threads, a few ahead of who takes them, in order.

    What a thread multiplies by numpy it multiplies alone, for the others have their own work.

    Parameters
    ----------
    work
        What is done with each.
    given
        What it is done with.
    threads
        How many are worked on side by side, as many as torch has if left out; twice as many are
        done ahead at most.
    """
    if threads is None:
        import torch

        threads = max(torch.get_num_threads(), 1)
    with one_blas_thread(), ThreadPoolExecutor(threads, "encoding") as pool:
        coming: deque[Future[B]] = deque()
        for one in given:
            coming.append(pool.submit(work, one))
            if len(coming) > 2 * threads:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()


@contextmanager
def _growing(path: Path, kind: Kind) -> Iterator[BinaryIO]:
    """Open an array's file to append to; its header tells the final length in the end."""
    with path.open("w+b") as file:
        _write_header(file, kind, 0)
        begins = file.tell()
        yield file
        size = np.dtype(kind.dtype).itemsize * math.prod(kind.shape)
        count = (file.tell() - begins) // size
        file.seek(0)
        _write_header(file, kind, count)  # numpy leaves room in it for any length
        if file.tell() != begins:
            raise OSError(f"{path}: the header of {count:,} places does not fit its own")
        file.flush()
        os.fsync(file.fileno())


def _write_header(file: BinaryIO, kind: Kind, count: int) -> None:
    descr = npy.dtype_to_descr(np.dtype(kind.dtype))
    head = {"descr": descr, "fortran_order": False, "shape": (count, *kind.shape)}
    npy.write_array_header_1_0(file, head)


def _header_size(kind: Kind) -> int:
    file = io.BytesIO()
    _write_header(file, kind, 0)
    return file.tell()
