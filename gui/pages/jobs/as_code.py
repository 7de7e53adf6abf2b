"""What the page does, as a command and as Python."""

from __future__ import annotations

import shlex
from pathlib import Path


def resume_command(run: Path) -> list[str]:
    """Return the words after ``pellucid`` that go on with a run."""
    return ["resume", str(run)]


def again_command(run: Path) -> list[str]:
    """Return the words after ``pellucid`` that carry out a run's recipe once more."""
    return ["run", str(run / "recipe.yaml"), "--runs", str(run.parent)]


def as_command(words: list[str]) -> str:
    """Return a line for a terminal."""
    return shlex.join(["pellucid", *words])


def resume_python(run: Path) -> str:
    """Return a program that goes on with a run."""
    return (
        "from pellucid.core import Run\n"
        "from pellucid.pipeline import resume\n\n"
        f"run = resume(Run.open({str(run)!r}))\n"
        "print(run.status, run.path)\n"
    )


def again_python(run: Path) -> str:
    """Return a program that carries out a run's recipe once more."""
    return (
        "import pellucid\n\n"
        f"recipe = pellucid.Recipe.load({str(run / 'recipe.yaml')!r})\n"
        f"run = pellucid.execute(recipe, runs={str(run.parent)!r})\n"
        "print(run.status, run.path)\n"
    )
