"""What is known of a model without loading it: where it lies, how large it is, its licence."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ....errors import ModelError, PellucidError
from ....multimodal import hub
from ....multimodal.models import BUNDLED, locate
from ....multimodal.weights import check_folder


@dataclass(frozen=True)
class Facts:
    """A model at a glance.

    Attributes
    ----------
    name
        As the recipe names it.
    kind
        ``bundled``, ``folder``, ``downloaded`` (from the hub, before), ``hub`` (it must be
        downloaded first) or ``unusable``.
    folder
        Where it lies; None where it isn't on this machine.
    size, parameters
        Bytes of the weights, and how many numbers they hold; None where they aren't known.
    licence
        As far as it is known.
    architecture
        Class of the model by its config.json.
    problem
        Why it can't be used, one paragraph; empty where it can.
    """

    name: str
    kind: Literal["bundled", "folder", "downloaded", "hub", "unusable"]
    folder: Path | None = None
    size: int | None = None
    parameters: int | None = None
    licence: str | None = None
    architecture: str | None = None
    problem: str = ""


def facts(name: str, folder: Path) -> Facts:
    """Look at a model; the hub is not asked.

    Parameters
    ----------
    name
        A folder, ``bundled/…``, or a hub id.
    folder
        Folder to which a relative path is seen from.
    """
    local = folder / Path(name).expanduser()
    try:
        if not name.startswith("bundled/") and name and local.is_dir():
            return _seen(name, "folder", str(local))
        if name.startswith("bundled/"):
            return _seen(name, "bundled", name)
        copy = hub.downloaded(name) if name.count("/") < 2 else None
        if copy is not None:
            return _seen(name, "downloaded", str(copy))
        if Path(name).is_absolute() or name.startswith((".", "~")) or name.count("/") > 1:
            locate(name)  # says what is wrong with it
    except PellucidError as error:
        return Facts(name, "unusable", problem=str(error))
    return Facts(name, "hub")


def bundled() -> tuple[str, ...]:
    """Return the names of the models that come with a package."""
    return tuple(BUNDLED)


def _seen(name: str, kind: Literal["bundled", "folder", "downloaded"], where: str) -> Facts:
    source = locate(where)
    folder = Path(source.reference)
    files = check_folder(folder)
    return Facts(
        name,
        kind,
        folder,
        size=sum(file.stat().st_size for file in files),
        parameters=_parameters(files),
        licence=source.licence,
        architecture=_architecture(folder),
    )


def _parameters(files: Iterable[Path]) -> int:
    """Count the numbers that safetensors files hold, by their headers alone."""
    count = 0
    for file in files:
        with file.open("rb") as opened:
            (length,) = struct.unpack("<Q", opened.read(8))
            header: dict[str, Any] = json.loads(opened.read(length))
        # Positions and the like are kept as whole numbers, which are no weights.
        count += sum(
            math.prod(one["shape"])
            for name, one in header.items()
            if name != "__metadata__" and one["dtype"].startswith(("F", "BF"))
        )
    return count


def _architecture(folder: Path) -> str | None:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        names = config.get("architectures") or [config.get("model_type")]
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(f"{folder / 'config.json'}: it can't be read ({error}).") from None
    return str(names[0]) if names and names[0] else None
