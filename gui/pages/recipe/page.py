"""The page: it joins the open recipe with the form, the YAML, the estimate and the queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from .... import copyable
from ....core import drafts, queue
from ....core.drafts import Draft
from ....core.files import write_text
from ....errors import PellucidError
from ...frame.context import Context
from ...frame.texts import tr
from .begin import free_path, from_example, from_table, moved
from .deeds import NEEDS_RECIPE, deeds
from .document import Document, State
from .schema import Keys
from .view import View

KIND = "Recipes (*.yaml *.yml);;All files (*)"


class RecipePage(QWidget):
    """Shows and changes one recipe, and starts it."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._bursts = 0
        self.document = Document(self, context.undo, context.workspace.memory)
        self.document.front = self._come_to_front
        for deed in deeds(self):
            context.actions.add(deed)
        self.view = View(
            context,
            self._folder,
            self._more,
            (
                (tr("Bring a table"), lambda: context.go("data")),
                (tr("Open the example"), self.open_example),
                (tr("Open a file …"), self.ask_file),
            ),
        )
        self.form, self.yaml = self.view.form, self.view.yaml
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.view)
        self.document.opened.connect(self._opened)
        self.document.edited.connect(self._edited)
        self.document.checked.connect(self._checked)
        self.form.edited.connect(self._form_edited)
        self.yaml.typed.connect(self._yaml_edited)
        self.view.estimate.due.connect(self.estimate)
        self.view.estimate.busy.connect(
            lambda on: context.actions.enable("recipe.estimate", not on)
        )
        self._recall()
        self._opened()

    # What the window asks

    def show_what(self, **what: Any) -> None:
        """Show a recipe: ``path``, ``run``, ``new`` (from a table), ``demo``; else the last one."""
        if what.get("path"):
            self.open_file(Path(what["path"]))
        elif what.get("run"):
            self.open_run(Path(what["run"]))
        elif what.get("new"):
            text = from_table(what["new"], self._context.workspace.path)
            self._bring_new(text, tr("Begin a recipe for a table"))
        elif what.get("demo"):
            self.open_example(str(what["demo"]))
        elif self.document.state is None and not self._recover():
            last = self._context.workspace.recall("recipe")
            if last and Path(last).is_file():
                self.open_file(Path(last))

    def workspace_opened(self) -> None:
        """Keep what is unsaved in the workspace before, and begin anew."""
        self.view.estimate.clear()
        self.document.move(self._context.workspace.memory)
        self._recall()
        self._recover()

    def take_files(self, paths: Sequence[Path]) -> bool:
        """Open a recipe that was dropped."""
        if paths[0].suffix.lower() in (".yaml", ".yml"):
            self.open_file(paths[0])
            return True
        return False

    def leave(self) -> None:
        """Keep what is unsaved; end what is awaited."""
        self.view.estimate.end()
        self.form.forget()
        self.document.close()
        self._context.workspace.remember("recipe_split", self.view.split.sizes())

    # Opening

    def open_file(self, file: Path) -> None:
        """Open a recipe's file, with what was not saved to it the last time."""
        file = file.resolve()
        now = self.document.state
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
        left = self.document.left(file)
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
        self._bring_new(text, tr("Begin with the recipe of {run}").format(run=run.name))

    def open_example(self, kind: str = "text") -> None:
        """Begin with the recipe of a demo."""
        try:
            self._bring_new(from_example(kind), tr("Open the example"))
        except PellucidError as error:
            self._context.notices.show(str(error), "error")

    def ask_file(self) -> None:
        """Let a person choose a recipe."""
        name, _ = QFileDialog.getOpenFileName(
            self, tr("Open a recipe"), str(self._folder()), tr(KIND)
        )
        if name:
            self.open_file(Path(name))

    # Saving

    def save(self) -> bool:
        """Write the recipe to its file; ask for one where there is none."""
        state = self.document.current()
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
                    (tr("Save over it"), partial(self._write, state.file)),
                    (tr("Save as …"), self.save_as),
                ),
            )
            return False
        return self._write(state.file)

    def save_as(self) -> bool:
        """Ask for a file and write the recipe to it."""
        state = self.document.current()
        if state is None:
            return False
        usual = state.file or free_path(self.name, self._context.workspace.path)
        name, _ = QFileDialog.getSaveFileName(self, tr("Save the recipe"), str(usual), tr(KIND))
        return bool(name) and self._write(Path(name).resolve())

    # Doing

    def start(self) -> None:
        """Save the recipe, put it into the queue, and see that the queue is worked through."""
        state = self.document.current()
        if state is None:
            return
        fault, recipe = self.document.now.fault, self.document.now.recipe
        if recipe is None or fault is not None:
            self._tell_fault()
            return
        file = state.file or free_path(self.name, self._context.workspace.path)
        if self.document.unsaved and not (
            self.save() if state.file is not None else self._write(file)
        ):
            return
        runs = self._context.workspace.runs
        recipe = self.document.now.recipe or recipe
        try:
            queue.add(runs, recipe.dump())
            alive = queue.runner_alive(runs)
        except (OSError, PellucidError) as error:
            self._context.notices.show(
                tr(
                    "The recipe can’t be put into the queue ({why}). Check the workspace’s folder."
                ).format(why=error),
                "error",
            )
            return
        if not alive:
            self._context.workspace.start(["queue", "run", "--runs", str(runs), "--quiet"])
        self._context.notices.show(
            tr("{name} is in the queue.").format(name=recipe.name)
            if alive
            else tr("{name} starts.").format(name=recipe.name)
        )
        self._context.go("jobs")

    def estimate(self) -> None:
        """Ask what the recipe would take."""
        if self.document.current() is None:
            return
        recipe = self.document.now.recipe
        if recipe is None:
            self._tell_fault()
            return
        self.view.estimate.ask(recipe, self._context.workspace.memory)

    def turn_estimating(self) -> None:
        """Estimate by itself after edits, or no more; remembered for the workspace."""
        on = not self._by_itself()
        self._context.workspace.remember("recipe_estimate", on)
        self._context.actions["recipe.estimate_always"].setChecked(on)
        self.view.estimate.changed(self.document.now.recipe, on)

    def find_key(self) -> None:
        """Begin to type which key is looked for."""
        self.form.search.setFocus()
        self.form.search.selectAll()

    def copy_yaml(self) -> None:
        """Copy the text."""
        state = self.document.state
        if state is not None:
            self._context.copy(state.text, tr("the recipe"))

    def copy_command(self) -> None:
        """Copy the command that runs the recipe's file."""
        self._copy_as(copyable.as_command, tr("the command"))

    def copy_python(self) -> None:
        """Copy the script that runs the recipe's file."""
        self._copy_as(copyable.as_python, tr("the Python script"))

    @property
    def name(self) -> str:
        """What the recipe calls itself."""
        found = self.document.raw.get("name")
        return str(found) if found else tr("Recipe")

    # Following the document

    def _opened(self) -> None:
        state = self.document.state
        there = state is not None
        self.view.setCurrentWidget(self.view.work if there else self.view.empty)
        for verb in NEEDS_RECIPE:
            self._context.actions.enable(f"recipe.{verb}", there)
        self.view.estimate.clear()
        if state is not None:
            file = str(state.file) if state.file is not None else None
            self._context.workspace.remember("recipe", file)

    def _edited(self) -> None:
        state = self.document.state
        if state is not None:
            self.yaml.show_text(state.text)
            self._entitle()

    def _checked(self) -> None:
        self._bursts += 1
        if self.document.state is None:
            return
        fault = self.document.now.fault
        if self.document.readable:
            self.form.show_values(self.document.raw)
        self.form.setEnabled(self.document.readable)
        self.form.show_fault(fault)
        self.view.show_verdict(fault)
        self.view.estimate.changed(self.document.now.recipe, self._by_itself())
        self._entitle()

    def _entitle(self) -> None:
        state = self.document.state
        if state is not None:
            self.view.show_title(self.name, state.file, self.document.unsaved)

    def _form_edited(self, keys: Keys, value: Any) -> None:
        self.document.current()
        self.document.change(keys, value)

    def _yaml_edited(self, text: str) -> None:
        # What is typed without a pause is undone at once.
        self.document.write(
            text, tr("Type in the YAML"), merge=f"recipe:yaml:{self._bursts}", wait=True
        )

    # Smaller things

    def _bring(self, state: State, said: str) -> None:
        first = self.document.state is None and not self._context.undo.stack.can_undo
        self.document.bring(state, "" if first else said)

    def _bring_new(self, text: str, said: str) -> None:
        folder = self._context.workspace.path
        self._bring(State(text, None, drafts.begin(None), folder), said)

    def _recover(self) -> bool:
        """Open what was left unsaved, if anything was."""
        left = self.document.left()
        if left is None:
            return False
        folder = left.file.parent if left.file is not None else self._context.workspace.path
        self.document.bring(State(left.text, _text_of(left.file), left, folder))
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
        self.document.discard(left, after, tr("Discard the recovered recipe"))
        self._context.notices.show(
            tr("The recovered recipe was discarded."),
            offers=((tr("Undo"), self._context.undo.stack.undo),),
        )

    def _write(self, file: Path) -> bool:
        state = self.document.current()
        if state is None:
            return False
        try:
            text = moved(state.text, state.folder, file.parent) if self.document.readable else None
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
        self.document.was_saved(file, text)
        self._context.workspace.remember("recipe", str(file))
        self._context.notices.show(tr("Saved: {name}").format(name=file.name), "done")
        return True

    def _tell_fault(self) -> None:
        fault = self.document.now.fault
        if fault is None:
            return
        self._context.notices.show(fault.paragraph, "error")
        if fault.keys:
            self.form.reveal(fault.keys)
        else:
            self.yaml.setFocus()

    def _copy_as(self, write: Callable[[copyable.Action], str], what: str) -> None:
        state = self.document.current()
        if state is None:
            return
        if state.file is None:
            self._context.notices.show(
                tr("A command reads the recipe from a file. Save it first."),
                "warning",
                offers=((tr("Save as …"), self.save_as),),
            )
            return
        self._context.copy(
            write(copyable.RunRecipe(state.file, self._context.workspace.runs)), what
        )
        if self.document.unsaved:
            self._context.notices.show(
                tr("It reads the file, which lacks your last edits until you save."), "warning"
            )

    def _more(self) -> Sequence[tuple[str | None, Callable[[], object] | None]]:
        actions = self._context.actions
        names: tuple[str | None, ...] = (
            "save_as",
            "open",
            "example",
            None,
            "copy_command",
            "copy_python",
            "copy_yaml",
        )
        return [
            (None, None)
            if name is None
            else (actions[f"recipe.{name}"].text(), actions[f"recipe.{name}"].trigger)
            for name in names
        ]

    def _come_to_front(self) -> None:
        if not self.isVisible():
            self._context.go("recipe")

    def _recall(self) -> None:
        sizes = self._context.workspace.recall("recipe_split")
        if isinstance(sizes, list) and len(sizes) == 2 and all(isinstance(n, int) for n in sizes):
            self.view.split.setSizes(sizes)
        self._context.actions["recipe.estimate_always"].setChecked(self._by_itself())

    def _by_itself(self) -> bool:
        return bool(self._context.workspace.recall("recipe_estimate", False))

    def _folder(self) -> Path:
        state = self.document.state
        return state.folder if state is not None else self._context.workspace.path


def _text_of(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
