"""Reading run folders that older versions wrote, through pure functions from format to format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import RunError, paragraph

FORMAT = 1

STEPS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""For each older format, the function that turns its environment.json into the next one's."""


def migrate(environment: dict[str, Any]) -> dict[str, Any]:
    """Bring an environment.json to today's format.

    Raises
    ------
    RunError
        If a newer version wrote it.
    """
    found = int(environment.get("format", FORMAT))
    if found > FORMAT:
        raise RunError(
            paragraph(
                "environment.json",
                f"a newer version wrote this run (format {found}, known here: {FORMAT})",
                "Update Pellucid",
            )
        )
    while found < FORMAT:
        environment = STEPS[found](environment)
        found += 1
    return environment
