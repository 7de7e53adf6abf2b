"""The text of the files that a sample consists of, the same bytes on every platform."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path


def as_csv(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows as the text of a CSV file; the keys of the first are its header."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def as_json(value: object, depth: int = 0) -> str:
    """Return JSON with a line for each key of a mapping, and every list in one line."""
    if not isinstance(value, dict) or not value:
        return json.dumps(value)
    edge = " " * (depth + 1)
    lines = [f"{edge}{json.dumps(key)}: {as_json(of, depth + 1)}" for key, of in value.items()]
    return "{\n" + ",\n".join(lines) + "\n" + " " * depth + "}"


def write_text(path: Path, text: str) -> Path:
    """Write a file in UTF-8 with Unix newlines, whatever the platform's own are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
