"""Files and folders that are written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from ..errors import DiskFullError, paragraph

PARTIAL = ".partial-"
"""Prefix of what is still being written; left behind only by a killed process."""


@contextmanager
def disk_full_named(path: Path) -> Iterator[None]:
    """Turn the system's “no space left” into an error that says what to do.

    safetensors raises its own exception type around the system's error, so its text is read too.
    """
    try:
        yield
    except Exception as error:
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        if full or "No space left on device" in str(error):
            raise DiskFullError(
                paragraph(
                    str(path),
                    "there is no space left on the disk to write this file",
                    "Free some space and go on with --resume; what was saved before is intact",
                )
            ) from error
        raise


def write_with(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in place at once.

    Parameters
    ----------
    path
        Where the file shall stand.
    write
        Called with the temporary path; whatever it leaves there is synced and renamed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{PARTIAL}{uuid4().hex[:8]}-{path.name}")
    try:
        with disk_full_named(path):
            write(partial)
            _sync(partial)
        os.replace(partial, path)
        _sync(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes, whole or not at all."""
    write_with(path, lambda partial: partial.write_bytes(content))


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 with Unix line ends, whole or not at all."""
    write_bytes(path, text.encode("utf-8", errors="replace"))


def write_json(path: Path, value: Any) -> None:
    """Write JSON that people can read, whole or not at all."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


@contextmanager
def folder_whole(path: Path) -> Iterator[Path]:
    """Give a temporary folder that takes the place of `path` when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{PARTIAL}{uuid4().hex[:8]}-{path.name}")
    partial.mkdir()
    try:
        with disk_full_named(path):
            yield partial
            for item in partial.rglob("*"):
                _sync(item)
        retired = path.with_name(f"{PARTIAL}{uuid4().hex[:8]}-old-{path.name}")
        if path.exists():
            os.replace(path, retired)
        os.replace(partial, path)
        _sync(path.parent)
        shutil.rmtree(retired, ignore_errors=True)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove what a killed process left half-written in a folder."""
    for item in folder.glob(f"{PARTIAL}*"):
        if item.is_dir():
            shutil.rmtree(item, ignore_errors=True)
        else:
            item.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    # A folder can't be opened on Windows; there the rename itself is durable enough.
    with contextlib.suppress(PermissionError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
