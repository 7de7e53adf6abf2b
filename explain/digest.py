"""A model's files as one checksum, by which its explanations are known again."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from ..multimodal.adapters import base_of, is_adapter
from ..multimodal.sources import Source, locate


def digest(folder: Path) -> str:
    """Return the SHA-256 of a model's files, and of the base's where it is an adapter.

    Parameters
    ----------
    folder
        As `transformers` saved it; only what lies in it directly counts.
    """
    files = sorted(one for one in folder.iterdir() if one.is_file() and one.name[0] != ".")
    stamps = tuple((str(one), one.stat().st_size, one.stat().st_mtime_ns) for one in files)
    own = _digest(stamps)
    if not is_adapter(folder):
        return own
    return hashlib.sha256(f"{own} {digest_of(locate(base_of(folder)))}".encode()).hexdigest()


def digest_of(source: Source) -> str:
    """Return the checksum of a model that was loaded before; one of the hub lies in its cache."""
    from ..multimodal.hub import downloaded

    folder = Path(source.reference) if source.local else downloaded(source.reference)
    return "" if folder is None else digest(folder)


@lru_cache(16)
def _digest(stamps: tuple[tuple[str, int, int], ...]) -> str:
    """Read each file once as long as size and time of change stay the same."""
    out = hashlib.sha256()
    for name, *_ in stamps:
        path = Path(name)
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        out.update(f"{path.name} {found}\n".encode())
    return out.hexdigest()
