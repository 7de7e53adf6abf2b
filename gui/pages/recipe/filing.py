"""Opening, saving and recovering recipes: where the open one comes from and goes to."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from ....core import drafts
from ....core.drafts import Draft
from ....core.files import write_text
from ....errors import PellucidError
from ...frame.context import Context
from ...frame.texts import tr
from .begin import free_path, from_example, moved
from .document import Document, State

KIND = "Recipes (*.yaml *.yml);;All files (*)"


class Filing:
    """The files of the open recipe.

    Parameters
    ----------
    over
        Widget over which file choosers open.
    context
        The frame.
    document
        What is open.
    """

    def __init__(self, over: QWidget, context: Context, document: Document) -> None:
        self._over, self._context, self._document = over, context, document

    @property
    def name(self) -> str:
        """What the recipe calls itself."""
        found = self._document.raw.get("name")
        return str(found) if found else tr("Recipe")

    def folder(self) -> Path:
        """Return the folder to which the recipe's paths are relative."""
        state = self._document.state
        return state.folder if state is not None else self._context.workspace.path

    def usual_file(self) -> Path:
        """Return the recipe's file, or the one that it gets where it has none."""
        state = self._document.state
        kept = state.file if state is not None else None
        return kept or free_path(self.name, self._context.workspace.path)

    def open_file(self, file: Path) -> None:
        """Open a recipe's file, with what was not saved to it the last time."""
        file = file.resolve()
        now = self._document.state
        if now is not None and now.file == file:
            return
        try:
            saved = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or error
            self._context.notices.show(
                tr("{file} can’t be opened ({why}). Choose a recipe, a text file in YAML.").format(
                    file=file, why=why
                ),
                "error",
            )
            return
        left = self._document.left(file)
        state = State(saved, saved, left or drafts.begin(file), file.parent)
        if left is not None:
            state = replace(state, text=left.text)
        self._bring(state, tr("Open {name}").format(name=file.name))
        if left is not None:
            self._say_recovered(left)

    def open_run(self, run: Path) -> None:
        """Begin a recipe with a run's."""
        try:
            text = (run / "recipe.yaml").read_text(encoding="utf-8")
        except OSError as error:
            self._context.notices.show(
                tr("The recipe of {run} can’t be read ({why}). Choose another run.").format(
                    run=run.name, why=error.strerror
                ),
                "error",
            )
            return
        self.begin_with(text, tr("Begin with the recipe of {run}").format(run=run.name))

    def open_example(self, kind: str = "text") -> None:
        """Begin with the recipe of a demo."""
        try:
            self.begin_with(from_example(kind), tr("Open the example"))
        except PellucidError as error:
            self._context.notices.show(str(error), "error")

    def ask_file(self) -> None:
        """Let a person choose a recipe."""
        name, _ = QFileDialog.getOpenFileName(
            self._over, tr("Open a recipe"), str(self.folder()), tr(KIND)
        )
        if name:
            self.open_file(Path(name))

    def save(self) -> bool:
        """Write the recipe to its file; ask for one where there is none."""
        state = self._document.current()
        if state is None:
            return False
        if state.file is None:
            return self.save_as()
        if drafts.digest(state.file) not in (None, state.draft.before):
            self._context.notices.show(
                tr("{name} was changed elsewhere since it was opened here.").format(
                    name=state.file.name
                ),
                "warning",
                offers=(
                    (tr("Save over it"), partial(self.write, state.file)),
                    (tr("Save as …"), self.save_as),
                ),
            )
            return False
        return self.write(state.file)

    def save_as(self) -> bool:
        """Ask for a file and write the recipe to it."""
        state = self._document.current()
        if state is None:
            return False
        usual = self.usual_file()
        name, _ = QFileDialog.getSaveFileName(
            self._over, tr("Save the recipe"), str(usual), tr(KIND)
        )
        return bool(name) and self.write(Path(name).resolve())

    def _bring(self, state: State, said: str) -> None:
        first = self._document.state is None and not self._context.undo.stack.can_undo
        self._document.bring(state, "" if first else said)

    def begin_with(self, text: str, said: str) -> None:
        """Open a text that has no file yet."""
        folder = self._context.workspace.path
        self._bring(State(text, None, drafts.begin(None), folder), said)

    def recover(self) -> bool:
        """Open what was left unsaved, if anything was."""
        left = self._document.left()
        if left is None:
            return False
        folder = left.file.parent if left.file is not None else self._context.workspace.path
        self._document.bring(State(left.text, _text_of(left.file), left, folder))
        self._say_recovered(left)
        return True

    def _say_recovered(self, left: Draft) -> None:
        said = tr("An unsaved recipe was recovered.")
        if left.overtaken:
            said += " " + tr("Its file was changed elsewhere meanwhile.")
        self._context.notices.show(said, offers=((tr("Discard it"), partial(self._discard, left)),))

    def _discard(self, left: Draft) -> None:
        text = _text_of(left.file)
        after = None
        if left.file is not None and text is not None:
            after = State(text, text, drafts.begin(left.file), left.file.parent)
        self._document.discard(left, after, tr("Discard the recovered recipe"))
        self._context.notices.show(
            tr("The recovered recipe was discarded."),
            offers=((tr("Undo"), self._context.undo.stack.undo),),
        )

    def write(self, file: Path) -> bool:
        """Write the recipe to a file; paths in it name the same files from there."""
        state = self._document.current()
        if state is None:
            return False
        try:
            text = moved(state.text, state.folder, file.parent) if self._document.readable else None
            text = state.text if text is None else text
            write_text(file, text)
        except (OSError, PellucidError) as error:
            why = getattr(error, "strerror", None) or error
            self._context.notices.show(
                tr("{file} can’t be written ({why}). Save the recipe elsewhere.").format(
                    file=file, why=why
                ),
                "error",
                offers=((tr("Save as …"), self.save_as),),
            )
            return False
        self._document.was_saved(file, text)
        self._context.workspace.remember("recipe", str(file))
        self._context.notices.show(tr("Saved: {name}").format(name=file.name), "done")
        return True


def _text_of(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
