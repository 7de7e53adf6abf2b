"""Everything that Pellucid raises on purpose.

::

    PellucidError                 one paragraph for people; never shown with a traceback
    ├── InputError                what was brought is at fault          exit code 2
    │   ├── DataError             a table, file, row or column
    │   ├── RecipeError           a key or value of a recipe
    │   ├── ModelError            a model's folder, weights or name
    │   └── RunError              a run's folder, or what is asked of it
    ├── JobError                  the work itself failed                exit code 1
    │   ├── DiskFullError         no room to write
    │   └── DivergedError         the loss is no longer a number
    └── Cancelled                 a person cancelled it                 exit code 130

A message names the file, row and column (or the recipe key), says what was expected, and what to
do. `paragraph` puts these three in one order, so that every error reads alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class PellucidError(Exception):
    """Root of the tree; `exit_code` is what the command line returns."""

    exit_code = 1


class InputError(PellucidError):
    """What a person brought can't be used as it is."""

    exit_code = 2


class DataError(InputError):
    """A table, a file, a row or a column is at fault."""


class RecipeError(InputError):
    """A key or a value of a recipe is at fault."""


class ModelError(InputError):
    """A model can't be found, read or trusted."""


class RunError(InputError):
    """A run's folder lacks what is asked of it."""


class JobError(PellucidError):
    """The work failed, though what was brought is in order."""


class DiskFullError(JobError):
    """There was no room to write a file; the last good one is intact."""


class DivergedError(JobError):
    """The loss became infinite or not a number."""


class Cancelled(PellucidError):
    """A person cancelled the job."""

    exit_code = 130


def paragraph(where: str, problem: str, remedy: str) -> str:
    """Put an error's three parts in the order in which people read them.

    Parameters
    ----------
    where
        File, row and column, recipe key, or model folder.
    problem
        What was found and what was expected, as a clause without a full stop.
    remedy
        What to do, as a sentence without a full stop.
    """
    return f"{where}: {problem}. {remedy}."


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a clause that names the closest known word, or lists what there is.

    Parameters
    ----------
    word
        What was written.
    known
        What could have been written.
    """
    names = [str(name) for name in known]
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean “{close[0]}”?"
    return "known here: " + ", ".join(names) if names else "nothing is known here"
