"""Starting an example: its recipe is saved into the workspace and put into the queue."""

from __future__ import annotations

from functools import partial
from itertools import count
from pathlib import Path

from PySide6.QtCore import QObject

from ....core.files import write_text
from ....errors import PellucidError
from ...frame.context import Context
from ...frame.texts import tr
from ...widgets.background import Later


class Starter(QObject):
    """Starts examples, one at a time."""

    def __init__(self, parent: QObject, context: Context) -> None:
        super().__init__(parent)
        self._context = context
        self._later = Later(self, context.pool)
        self._later.arrived.connect(self._written)
        self._later.failed.connect(self._broken)

    @property
    def busy(self) -> bool:
        """Whether an example is being started."""
        return self._later.running

    def start(self, kind: str) -> None:
        """Start an example; a second click while it is being prepared does nothing."""
        if not self.busy:
            self._later.run(partial(put_in, kind, self._context.workspace.path))

    def end(self) -> None:
        """Await nothing any more."""
        self._later.forget()

    def _written(self, found: tuple[Path, str, str]) -> None:
        file, name, recipe = found
        try:
            alive = self._context.workspace.enqueue(recipe)
        except (OSError, PellucidError) as error:
            self._broken(error)
            return
        self._context.workspace.remember("recipe", str(file))
        said = tr("{name} is in the queue.") if alive else tr("{name} starts.")
        self._context.notices.show(
            f"{said.format(name=name)} {tr('Its recipe is {file}.').format(file=file.name)}"
        )
        self._context.go("jobs")

    def _broken(self, error: Exception) -> None:
        self._context.notices.show(
            tr(
                "The example can’t be started ({why}). Check that the workspace’s folder can be "
                "written to."
            ).format(why=error),
            "error",
        )


def put_in(kind: str, folder: Path) -> tuple[Path, str, str]:
    """Write an example's recipe into a folder, unless just that stands there already.

    Parameters
    ----------
    kind
        The example.
    folder
        Folder of the workspace.

    Returns
    -------
    tuple
        The recipe's file, its name, and the recipe as YAML.
    """
    from ....recipe import Recipe

    recipe = Recipe.demo(kind)
    text = recipe.dump()
    for number in count(1):
        stem = recipe.name if number == 1 else f"{recipe.name}-{number}"
        file = folder / f"{stem}.yaml"
        if not file.exists():
            write_text(file, text)
        elif file.read_text(encoding="utf-8", errors="replace") != text:
            continue
        break
    return file, recipe.name, text
