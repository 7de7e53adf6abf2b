"""Every method on a tiny random model of every family: a table of what works, and why not.

With ``--write`` the table becomes docs/methods.md.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from . import record

PAGE = Path(__file__).resolve().parents[1] / "docs" / "methods.md"

WORKS = "✓"

HEAD = """# Which methods serve which models

Every method was asked to explain three rows by a tiny model with random weights of every family,
made from its configuration, with its real processor (transformers {transformers}, captum {captum}).
A tick says that it gave finite scores for every segment; a number that it refused, for the reason
below the table. Models that write are explained by [methods of their own](explain.md).

Made by `python -m pellucid.benchmarks methods-table --write`.

"""


def options(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("--write", action="store_true", help="write docs/methods.md")
    command.add_argument("--family", action="append", help="only this one; may be repeated")
    command.add_argument("--method", action="append", help="only this one; may be repeated")


def main(chosen: argparse.Namespace) -> None:
    """Ask every method of every family, and print the table."""
    from pellucid import device

    device.prepare()
    page = _page(*_asked(chosen.family, chosen.method))
    print(page)
    if chosen.write:
        PAGE.write_text(page, encoding="utf-8")
    if chosen.record:
        record.append("methods-table --write", ["see docs/methods.md"])


def _asked(families: list[str] | None, names: list[str] | None) -> tuple[list[str], Any]:
    """Return the methods, and for each family its modalities and what each method came to."""
    from pellucid.explain import methods

    from .learning.random_families import FAMILIES, letters, subject

    asked = names or list(methods())
    found, words = {}, letters()
    with tempfile.TemporaryDirectory() as scratch:
        for family in families or FAMILIES:
            one = subject(family, words, Path(scratch))
            cells = [_tried(methods()[name], one) for name in asked]
            found[family] = (FAMILIES[family].modalities, cells)
            print(family, *(f"{name}: {cell}" for name, cell in zip(asked, cells, strict=True)))
    return asked, found


def _tried(method: Any, subject: Any) -> str:
    """Return a tick, or why a method refused."""
    from pellucid.core.events import silent
    from pellucid.errors import PellucidError
    from pellucid.explain.spec import ExplainSpec

    most = 1024 if method.name == "exact_shapley" else 64
    spec = ExplainSpec(evaluations=most, samples=4, max_steps=33, tolerance=0.5)
    try:
        found = method.function(subject, spec, emit=silent, check=lambda: None)
    except PellucidError as error:
        # Families refuse for the same reason in the words of their own.
        return re.sub(r"^model \w+: | by [\d,]+% \(\d+% are allowed\)", "", str(error))
    if not all(np.isfinite(one.scores).all() for one in found):
        return "gave scores that are not finite"
    return WORKS


def _page(names: list[str], found: dict[str, tuple[tuple[str, ...], list[str]]]) -> str:
    from pellucid import device

    reasons: dict[str, int] = {}
    versions = device.versions()
    lines = [HEAD.format(transformers=versions["transformers"], captum=_version("captum"))]
    lines.append("| family | parts | " + " | ".join(f"`{name}`" for name in names) + " |\n")
    lines.append("| --- " * (len(names) + 2) + "|\n")
    for family, (modalities, cells) in found.items():
        shown = [
            cell if cell == WORKS else str(reasons.setdefault(cell, len(reasons) + 1))
            for cell in cells
        ]
        parts = " + ".join(modalities)
        lines.append(f"| {family} | {parts} | {' | '.join(shown)} |\n")
    lines.append("\n")
    lines += [f"{number}. {reason}\n" for reason, number in reasons.items()]
    return "".join(lines)


def _version(package: str) -> str:
    from importlib.metadata import version

    return version(package)
