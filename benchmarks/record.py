"""Where benchmarks find real data, and how they note a result."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from pellucid import device

HERE = Path(__file__).resolve().parent


def data(name: str) -> Path:
    """Return the folder of a real dataset beside the project, or in $PELLUCID_DATA."""
    return Path(os.environ.get("PELLUCID_DATA", HERE.parents[1] / "shared" / "data")) / name


def append(command: str, lines: list[str]) -> None:
    """Append a result to RESULTS.md with date, device and versions."""
    device.prepare()
    versions = device.versions()
    named = ", ".join(f"{name} {versions[name]}" for name in ("torch", "transformers", "python"))
    today = datetime.now(UTC).date().isoformat()
    with (HERE / "RESULTS.md").open("a", encoding="utf-8") as file:
        file.write(f"\n## {today}: `python -m pellucid.benchmarks {command}`\n\n")
        file.write(f"{device.choose().words}; {named}\n\n")
        file.writelines(f"- {line}\n" for line in lines)
