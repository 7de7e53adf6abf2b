"""What this machine has: device, precision, versions, bundled models."""

from __future__ import annotations

import shutil
from pathlib import Path

from . import device
from .errors import PellucidError
from .multimodal import models


def examine() -> list[tuple[str, bool, str]]:
    """Look at everything a run needs.

    Returns
    -------
    list of tuple
        Name, whether it is there, and what was found.
    """
    found = [("python packages", True, _versions())]
    device.prepare()
    chosen = device.choose()
    found.append(("device", True, chosen.words))
    if chosen.kind == "cpu" and chosen.precision == "fp32":
        found.append(
            ("precision", True, "this CPU has no bf16 matrix unit; training runs in float32")
        )
    for name in models.BUNDLED:
        try:
            source = models.locate(name)
        except PellucidError as error:
            found.append((name, False, str(error)))
        else:
            found.append((name, True, f"whole, licence {source.licence}"))
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    found.append(("disk", free > 2, f"{free:.0f} GiB free here; a run of MiniLM takes about 1"))
    return found


def _versions() -> str:
    return ", ".join(f"{name} {version}" for name, version in device.versions().items())
