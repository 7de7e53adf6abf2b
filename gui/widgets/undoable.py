"""Doing something to files that can be undone, and saying where it went wrong."""

from __future__ import annotations

from collections.abc import Callable

from ...core.undo import Command
from ...errors import PellucidError
from ..frame.context import Context


def carry(
    context: Context,
    text: str,
    do: Callable[[], object],
    undo: Callable[[], object],
    merge_key: str | None = None,
) -> bool:
    """Do something now and remember how to undo it; say whether it could be done.

    What can't be done, be it now or when undone or redone later, is told as a notice.

    Parameters
    ----------
    context
        The frame.
    text, do, undo, merge_key
        As in `core.undo.Command`.
    """
    if not attempt(context, do):
        return False
    done_already = [True]

    def again() -> None:
        if done_already:
            done_already.clear()
        else:
            attempt(context, do)

    context.undo.do(Command(text, again, lambda: attempt(context, undo), merge_key))
    return True


def attempt(context: Context, work: Callable[[], object]) -> bool:
    """Do something; an error that a person can mend becomes a notice."""
    try:
        work()
    except (PellucidError, OSError) as error:
        context.notices.show(str(error), "error")
        return False
    return True
