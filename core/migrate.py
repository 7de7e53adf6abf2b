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

    Parameters
    ----------
    environment
        What the file holds; it is not changed.

    Raises
    ------
    RunError
        If a newer version wrote it, or the format is none that ever was.
    """
    found = environment.get("format", FORMAT)
    if type(found) is not int or (found < FORMAT and found not in STEPS):
        raise RunError(
            paragraph(
                "environment.json",
                f"the format “{found}” is not known, expected a number up to {FORMAT}",
                "Restore the file; a run's files are not meant to be edited",
            )
        )
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
