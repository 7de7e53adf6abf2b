"""The page: it joins the open recipe with the form, the YAML, the estimate and the queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from .... import copyable
from ....errors import PellucidError
from ...frame.context import Context
from ...frame.texts import tr
from .begin import from_table
from .deeds import NEEDS_RECIPE, deeds
from .document import Document
from .filing import Filing
from .look_pane import looked_of
from .schema import Keys
from .shorthand import as_written
from .view import View


class RecipePage(QWidget):
    """Shows and changes one recipe, and starts it."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._bursts = 0
        self.document = Document(self, context.undo, context.workspace.memory)
        self.document.front = self._come_to_front
        self.filing = Filing(self, context, self.document)
        for deed in deeds(self):
            context.actions.add(deed)
        self.view = View(
            context,
            self.filing.folder,
            self._more,
            (
                (tr("Bring a table"), lambda: context.go("data")),
                (tr("Open the example"), self.filing.open_example),
                (tr("Open a file …"), self.filing.ask_file),
            ),
            lambda: looked_of(self.document.now.recipe),
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
            self.filing.open_file(Path(what["path"]))
        elif what.get("run"):
            self.filing.open_run(Path(what["run"]))
        elif what.get("new"):
            text = from_table(what["new"], self._context.workspace.path)
            self.filing.begin_with(text, tr("Begin a recipe for a table"))
        elif what.get("demo"):
            self.filing.open_example(str(what["demo"]))
        elif self.document.state is None and not self.filing.recover():
            last = self._context.workspace.recall("recipe")
            if last and Path(last).is_file():
                self.filing.open_file(Path(last))

    def workspace_opened(self) -> None:
        """Keep what is unsaved in the workspace before, and begin anew."""
        self.view.estimate.clear()
        self.document.move(self._context.workspace.memory)
        self._recall()
        self.filing.recover()

    def take_files(self, paths: Sequence[Path]) -> bool:
        """Open a recipe that was dropped."""
        if paths[0].suffix.lower() in (".yaml", ".yml"):
            self.filing.open_file(paths[0])
            return True
        return False

    def leave(self) -> None:
        """Keep what is unsaved; end what is awaited."""
        self.view.estimate.end()
        self.view.look.end()
        self.form.forget()
        self.document.close()
        self._context.workspace.remember("recipe_split", self.view.split.sizes())

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
        if self.document.unsaved:
            filing = self.filing
            saved = filing.save() if state.file else filing.write(filing.usual_file())
            if not saved:
                return
        recipe = self.document.now.recipe or recipe
        try:
            alive = self._context.workspace.enqueue(recipe.dump())
        except (OSError, PellucidError) as error:
            self._context.notices.show(
                tr(
                    "The recipe can’t be put into the queue ({why}). Check the workspace’s folder."
                ).format(why=error),
                "error",
            )
            return
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

    def look(self) -> None:
        """Show what is trained on, or the YAML again."""
        self.view.show_look(self._context.actions["recipe.look"].isChecked())

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

    # Following the document

    def _opened(self) -> None:
        state = self.document.state
        there = state is not None
        self.view.setCurrentWidget(self.view.work if there else self.view.empty)
        for verb in NEEDS_RECIPE:
            self._context.actions.enable(f"recipe.{verb}", there)
        self.view.estimate.clear()
        self.view.look.clear()
        self._offer_look()
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
        self._offer_look()
        self._entitle()

    def _entitle(self) -> None:
        state = self.document.state
        if state is not None:
            self.view.show_title(self.filing.name, state.file, self.document.unsaved)

    def _form_edited(self, keys: Keys, value: Any) -> None:
        self.document.current()
        self.document.change(*as_written(self.document.raw, keys, value))

    def _yaml_edited(self, text: str) -> None:
        # What is typed without a pause is undone at once.
        self.document.write(
            text, tr("Type in the YAML"), merge=f"recipe:yaml:{self._bursts}", wait=True
        )

    # Smaller things

    def _offer_look(self) -> None:
        # A recipe at fault keeps what was offered before.
        recipe = self.document.now.recipe
        if recipe is not None or self.document.state is None:
            can = looked_of(recipe) is not None
            self.view.offer_look(can)
            self._context.actions.enable("recipe.look", can)

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
                offers=((tr("Save as …"), self.filing.save_as),),
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
