"""Looking at a table: `pellucid data look` in a process of its own, its rows mapped from a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QThreadPool, Signal

from ....core.files import read_json, write_json
from ....core.look import RECORD, Look
from ....errors import DataError
from ...frame.child import Child
from ...frame.texts import tr
from ...widgets.background import Later
from .asked import Asked, answers, is_unchanged
from .reading import Seen, open_rows, read_seen

MADE = "asked.json"


class Looker(QObject):
    """Answer what is asked of one table at a time; a new question ends the one before.

    `seen` carries a `Seen` and the `Asked` that it answers, `failed` a sentence with the `Asked`.
    """

    seen = Signal(object, object)
    failed = Signal(str, object)
    busy = Signal(bool)

    def __init__(self, parent: QObject, pool: QThreadPool) -> None:
        super().__init__(parent)
        self._asked: Asked | None = None
        self._folder = Path()
        self._have: Seen | None = None
        self._then: Callable[[Any], None] = self._answered
        self._child = Child(self)
        self._child.answered.connect(self._arrived)
        self._child.failed.connect(self._fail)
        self._later = Later(self, pool)
        self._later.arrived.connect(self._arrived)
        self._later.failed.connect(lambda error: self._fail(str(error)))

    @property
    def asked(self) -> Asked | None:
        """What is being looked at; None while nothing is."""
        return self._asked

    def ask(self, asked: Asked, folder: Path, have: Seen | None, *, anew: bool = False) -> None:
        """Look at a table.

        Parameters
        ----------
        asked
            What to look at, and how.
        folder
            Where its rows and what was seen of them are kept.
        have
            What is shown of the same table; its rows are used again where the file is unchanged.
        anew
            Look even if what is kept is still so.
        """
        self.cancel()
        self._asked, self._folder, self._have = asked, folder, have
        self.busy.emit(True)
        if have is not None or anew:
            self._look()
        else:
            self._then = self._kept
            self._later.run(partial(_read_kept, folder))

    def cancel(self) -> None:
        """End looking; nothing is told."""
        self._child.end()
        self._later.forget()
        if self._asked is not None:
            self._asked = None
            self.busy.emit(False)

    def _arrived(self, found: Any) -> None:
        self._then(found)

    def _kept(self, found: tuple[Seen, Any] | None) -> None:
        asked = self._asked
        if asked is None:
            return
        if found is not None:
            made = Asked.from_json(asked.path, found[1])
            if is_unchanged(found[0].look, asked.path) and answers(found[0].look, made, asked):
                self._done(found[0])
                return
        self._look()

    def _look(self) -> None:
        if self._asked is not None:
            self._then = self._answered
            # Rows that are there already aren't written again.
            out = None if self._have is not None else self._folder
            self._child.run([*self._asked.look_command(out), "--json"])

    def _answered(self, answer: Any) -> None:
        try:
            look = Look.from_json(answer)
        except DataError as error:
            self._fail(str(error))
            return
        have, self._have = self._have, None
        self._then = self._done
        if have is None:
            self._later.run(partial(_open, look, self._folder))
        elif _same_rows(look, have.look):
            self._later.run(partial(_write, Seen(look, have.table), self._folder))
        else:
            self._look()

    def _done(self, found: Seen) -> None:
        asked, self._asked = self._asked, None
        if asked is not None:
            self.busy.emit(False)
            self.seen.emit(found, asked)

    def _fail(self, why: str) -> None:
        asked, self._asked = self._asked, None
        if asked is not None:
            self.busy.emit(False)
            self.failed.emit(why or tr("The table could not be looked at."), asked)


def _same_rows(one: Look, other: Look) -> bool:
    """Whether two looks are at the same rows, read in the same way."""
    sources = (one.source, other.source)
    return len({(source.sha256, source.encoding) for source in sources}) == 1


def _read_kept(folder: Path) -> tuple[Seen, Any] | None:
    found = read_seen(folder)
    if found is None:
        return None
    try:
        return found, read_json(folder / MADE).get("made")
    except (OSError, ValueError, AttributeError):
        return found, None


def _open(look: Look, folder: Path) -> Seen:
    return Seen(look, open_rows(folder))


def _write(found: Seen, folder: Path) -> Seen:
    write_json(folder / RECORD, found.look.as_json())
    return found
