"""What files a folder holds, with sizes and checksums, so that damage is noticed."""

from __future__ import annotations

import zlib
from pathlib import Path

from .files import read_json, write_json

MANIFEST = "manifest.json"
CHUNK = 2**22


def write_manifest(folder: Path) -> None:
    """Note size and CRC-32 of every file of a folder in its manifest.json."""
    files = {
        file.name: {"bytes": file.stat().st_size, "crc32": _crc32(file)}
        for file in sorted(folder.iterdir())
    }
    write_json(folder / MANIFEST, {"files": files})


def damage(folder: Path) -> str | None:
    """Compare a folder's files with its manifest.

    CRC-32 notices every damage of up to 32 bits in a row and all but one in four billion others;
    it guards against disks, not against people.

    Returns
    -------
    What is wrong, as a clause for people; None where all is as it was written.
    """
    try:
        expected = {
            str(name): (int(one["bytes"]), int(one["crc32"]))
            for name, one in read_json(folder / MANIFEST)["files"].items()
        }
    except FileNotFoundError:
        return f"its {MANIFEST} is missing"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return f"its {MANIFEST} can't be read"
    found = (_damage(folder / name, *noted) for name, noted in expected.items())
    return next((one for one in found if one is not None), None)


def _damage(file: Path, size: int, checksum: int) -> str | None:
    try:
        found = file.stat().st_size
        if found != size:
            return f"{file.name} has {found:,} bytes where {size:,} were written"
        same = _crc32(file) == checksum
    except FileNotFoundError:
        return f"{file.name} is missing"
    except OSError as error:
        return f"{file.name} can't be read ({error.strerror})"
    return None if same else f"the content of {file.name} is not what was written"


def _crc32(file: Path) -> int:
    checksum = 0
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            checksum = zlib.crc32(chunk, checksum)
    return checksum
