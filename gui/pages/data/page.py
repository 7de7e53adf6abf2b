"""The page: a table with its columns' roles at the left, what was seen of it at the right."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QVBoxLayout, QWidget

from ....core.files import read_json, write_json
from ....core.look import Group
from ....core.undo import Command
from ....multimodal.escape import visible
from ...frame.context import Context
from ...frame.style import SPACE
from ...frame.texts import size, tr
from ...widgets.background import Later
from ...widgets.task_words import task_name
from .asked import (
    OWN_COLUMNS,
    TABLES,
    Asked,
    answers,
    folder_of,
    for_recipe,
    held_by,
    holds_files,
    is_unchanged,
    roles_of,
    shell,
    task_of,
    with_role,
)
from .deeds import register
from .looker import MADE, Looker
from .menus import ENCODINGS, cell_items, more_items, role_menu
from .reading import Counted, Seen, count_group
from .role_words import role_words
from .view import TableArea, TopBar, nothing_yet

if TYPE_CHECKING:
    from ....core.guess import Role

TALKS = frozenset({"chat", "preference"})
"""Tasks whose rows are conversations."""
MOST_RECENT = 8
EMPTY, CONTENT = 0, 1


class DataPage(QWidget):
    """Bring a table, look at it, and say what its columns are for.

    Parameters
    ----------
    context
        The frame.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.seen: Seen | None = None
        self.asked: Asked | None = None
        self._made: Asked | None = None  # with what the shown look was made
        self._groups: dict[tuple[str, str | None], Mapping[str, Group]] = {}
        self.looker = Looker(self, context.pool)
        self.looker.seen.connect(self._show)
        self.looker.failed.connect(self._failed)
        self.looker.busy.connect(self._busy)
        self._counting = Later(self, context.pool)
        self._counting.arrived.connect(self._counted)
        self._counting.failed.connect(lambda error: context.notices.show(str(error), "error"))
        self._writing = Later(self, context.pool)  # a disk may be slow
        register(self, context)
        self.top = TopBar(context, partial(more_items, self))
        self.area = TableArea(context)
        self.area.bar.changed.connect(self._filter)
        self.area.header.role_asked.connect(self.open_roles)
        self.area.view.more_items = partial(cell_items, self)
        self.area.side.condition.connect(self.area.bar.turn)
        self.area.side.limit_asked.connect(self._limit)
        self._stack = QStackedWidget()
        self._empty = QWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.area)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(3 * SPACE, 2 * SPACE, 3 * SPACE, 2 * SPACE)
        whole.setSpacing(SPACE)
        whole.addWidget(self.top)
        whole.addWidget(self._stack, 1)
        self._blank()

    # What the window calls

    def show_what(self, table: str | Path | None = None, **_: Any) -> None:
        """Show a table; the last one of the workspace if none is named."""
        if table is not None:
            self.bring(Path(table))
        elif self.seen is None and self.looker.asked is None:
            last = self._context.workspace.recall("table")
            if isinstance(last, str) and last:
                self.bring(Path(last))

    def workspace_opened(self) -> None:
        """Show the other workspace's last table."""
        self.looker.cancel()
        self._counting.forget()
        self._blank()
        if self._context.actions["go.data"].isEnabled():
            self.show_what()

    def take_files(self, paths: Sequence[Path]) -> bool:
        """Take the first table of what was dropped, or the first folder of pictures or sounds."""
        for path in paths:
            if path.suffix.lower() in TABLES or holds_files(path):
                self.bring(path)
                return True
        return False

    def leave(self) -> None:
        """End what is being looked at."""
        self.looker.cancel()
        self._counting.forget()
        self.area.leave()

    # Bringing and looking

    def ask_file(self) -> None:
        """Let a person choose a table."""
        shown = self.asked.path.parent if self.asked else self._context.workspace.path
        name, _ = QFileDialog.getOpenFileName(
            self,
            tr("Bring a table"),
            str(shown),
            tr("Tables (*.csv *.tsv *.json *.jsonl *.parquet);;All files (*)"),
        )
        if name:
            self.bring(Path(name))

    def ask_folder(self) -> None:
        """Let a person choose a folder of pictures or sounds."""
        shown = self.asked.path.parent if self.asked else self._context.workspace.path
        name = QFileDialog.getExistingDirectory(
            self, tr("Open a folder of pictures or sounds"), str(shown)
        )
        if name:
            self.bring(Path(name))

    def bring(self, path: Path) -> None:
        """Look at a table as it was asked last time; what is shown stays until it is there."""
        path = Path(os.path.abspath(path))
        shown = self.seen and self.asked and self.asked.path == path and not self.looker.asked
        if shown and self.seen and is_unchanged(self.seen.look, path):
            return
        known: Any = None
        with contextlib.suppress(OSError, ValueError, AttributeError):
            known = read_json(self._folder(path) / MADE).get("asked")
        self._ask(Asked.from_json(path, known))

    def sample(self) -> None:
        """Bring the sample that comes with Pellucid."""
        self.bring(Path(str(files("pellucid.assets").joinpath("samples", "reviews.csv"))))

    def look_again(self) -> None:
        """Look at the table again, because its file may have changed."""
        if self.asked is not None:
            self._ask(self.asked, anew=True)

    def stop_looking(self) -> None:
        """Look no more; what is shown stays as it was seen."""
        self.looker.cancel()
        self._back_to_seen()
        self._context.notices.show(tr("Looking was ended. What was shown before stays."))

    def read_as(self, encoding: str, asked: Asked | None = None) -> None:
        """Read a table in another encoding."""
        asked = asked or self.asked
        if asked is not None:
            self._ask(replace(asked, encoding=encoding))

    def recent(self) -> list[Path]:
        """Return the tables that were shown lately in this workspace, the last one first."""
        kept = self._context.workspace.recall("tables", [])
        return [Path(name) for name in kept if isinstance(name, str)] if kept else []

    def _ask(self, asked: Asked, *, anew: bool = False) -> None:
        same = self.asked is not None and self.asked.path == asked.path
        have = self.seen if same and self.asked.encoding == asked.encoding else None  # type: ignore[union-attr]
        self.looker.ask(asked, self._folder(asked.path), have, anew=anew)

    def _folder(self, path: Path) -> Path:
        return folder_of(self._context.workspace.memory, path)

    def _busy(self, busy: bool) -> None:
        asked = self.looker.asked
        self.top.show_busy(asked.path.name if busy and asked else "")
        self._context.actions.enable("data.stop", busy)

    def _show(self, seen: Seen, asked: Asked) -> None:
        """Show what was seen; the rows stay where they are if they are the same."""
        same_rows = self.seen is not None and self.seen.table is seen.table
        self.seen, self.asked, self._made = seen, asked, asked
        self._groups = {}
        if not same_rows:
            numeric = {one.name for one in seen.look.columns if one.numeric}
            self.area.show_rows(seen.table, numeric, seen.look)
            self.area.bar.clear()
        self._remember()
        self._stack.setCurrentIndex(CONTENT)
        self._roles_changed()
        self.top.show_table(asked.path, _lead(seen, asked))

    def _failed(self, why: str, asked: Asked) -> None:
        offers: list[tuple[str, Callable[[], object]]] = []
        if "does not belong to" in why:
            offers = [
                (tr("Read as {encoding}").format(encoding=one), partial(self.read_as, one, asked))
                for one in ENCODINGS[1:]
                if one != asked.encoding
            ]
        elif asked.roles:
            plain = replace(asked, roles={})
            offers = [(tr("Guess the roles anew"), lambda: self._ask(plain))]
        elif asked.path.is_file():
            offers = [(tr("Look again"), lambda: self._ask(asked))]
        self._context.notices.show(why, "error", offers=tuple(offers))
        self._back_to_seen()

    def _back_to_seen(self) -> None:
        """Take back roles for which nothing could be seen."""
        if self.seen is None or self.asked is None or self._made is None:
            return
        if not answers(self.seen.look, self._made, self.asked):
            self._use(self._made)

    def _remember(self) -> None:
        asked, workspace = self.asked, self._context.workspace
        if asked is None or self._made is None:
            return
        named = str(asked.path)
        others = [str(path) for path in self.recent() if str(path) != named]
        workspace.remember("table", named)
        workspace.remember("tables", [named, *others][:MOST_RECENT])
        kept = {"asked": asked.as_json(), "made": self._made.as_json()}
        self._writing.run(partial(write_json, self._folder(asked.path) / MADE, kept))

    def _blank(self) -> None:
        """Show nothing but how to bring a table."""
        self.seen = self.asked = self._made = None
        self._stack.removeWidget(self._empty)
        self._empty.deleteLater()
        self._empty = nothing_yet(self)
        self._stack.insertWidget(EMPTY, self._empty)
        self._stack.setCurrentIndex(EMPTY)
        self.top.show_table(None, "")
        self._allow()

    # Roles

    def set_role(self, column: str, role: Role) -> None:
        """Give a column a role, as a command that can be undone."""
        before, seen = self.asked, self.seen
        if before is None or seen is None or roles_of(seen.look, before)[column] == role:
            return
        after = with_role(seen.look, before, column, role)
        name = role_words()[role].name
        self._context.undo.do(
            Command(
                text=tr("Role of “{column}”: {role}").format(column=visible(column, 30), role=name),
                do=partial(self._use, after),
                undo=partial(self._use, before),
            )
        )

    def open_roles(self, column: int, at: QPoint) -> None:
        """Open the menu of a column's role."""
        if self.seen is None or self.asked is None:
            return
        one = self.seen.look.columns[column]
        now = roles_of(self.seen.look, self.asked)[one.name]
        role_menu(self, one, now, partial(self.set_role, one.name)).popup(at)

    def open_current_role(self) -> None:
        """Open the role's menu of the column that the current cell is in."""
        column = max(self.area.view.currentIndex().column(), 0)
        self.open_roles(column, self.area.header.menu_place(column))

    def _use(self, asked: Asked) -> None:
        """Take roles and the like into use, and look again where that is needed."""
        if self.seen is None or self.asked is None or asked.path != self.asked.path:
            self._ask(asked)
            return
        if self._made is not None and not answers(self.seen.look, self._made, asked):
            self._ask(asked)
        else:
            self.looker.cancel()
        self.asked = asked
        self._remember()
        self._roles_changed()

    def _limit(self, limit: int) -> None:
        if self.asked is not None and limit != self.asked.limit:
            self._ask(replace(self.asked, limit=limit))

    def _roles_changed(self) -> None:
        """Show roles on the chips and beside the table; count groups that nobody counted yet."""
        if self.seen is None or self.asked is None:
            return
        look, roles = self.seen.look, roles_of(self.seen.look, self.asked)
        label = next((name for name, role in roles.items() if role == "label"), None)
        self.area.show_roles(look, roles)
        self.area.show_conversations(task_of(look, roles) in TALKS)
        groups: dict[str, Mapping[str, Group]] = {}
        for name in (name for name, role in roles.items() if role == "group"):
            if name in look.groups and label in (None, *look.named("label")):
                groups[name] = look.groups[name]
            elif (name, label) in self._groups:
                groups[name] = self._groups[name, label]
            else:
                self._counting.run(partial(count_group, self.seen.table, name, label))
        self.area.show_side(look, roles, groups)
        self._allow()

    def _counted(self, found: Counted) -> None:
        self._groups[found.group, found.label] = found.groups
        self._roles_changed()

    # Rows

    def _filter(self) -> None:
        bar, model = self.area.bar, self.area.view.columns
        if model is not None:
            model.keep(bar.rows())
        self.area.side.mark(bar.conditions)
        self._allow()

    def find_text(self) -> None:
        """Begin to type what to find in the table."""
        self.area.find_text()

    def show_every_row(self) -> None:
        """Take back every condition on rows."""
        self.area.bar.clear()

    def turn_side(self) -> None:
        """Show the pane beside the table, or hide it."""
        self.area.turn_side()

    # What else can be done

    def make_recipe(self) -> None:
        """Go on to a recipe for this table."""
        if self.seen is not None and self.asked is not None:
            self._context.go("recipe", new=for_recipe(self.seen.look, self.asked))

    def copy_look(self) -> None:
        """Copy the command that looks at this table."""
        if self.asked is not None:
            self._context.copy(shell(self.asked.look_command()), tr("the command"))

    def copy_recipe(self) -> None:
        """Copy the command that writes a recipe for this table."""
        if self.asked is not None:
            self._context.copy(shell(self.asked.recipe_command()), tr("the command"))

    def _allow(self) -> None:
        """Allow what can be done now."""
        allow, here = self._context.actions.enable, self.seen is not None
        roles = roles_of(self.seen.look, self.asked) if self.seen and self.asked else {}
        for name in ("data.again", "data.find", "data.copy_look", "data.copy_recipe", "data.role"):
            allow(name, here)
        has = set(roles.values())
        known = self.seen is not None and task_of(self.seen.look, roles) in OWN_COLUMNS
        allow("data.recipe", known or ("input" in has and bool({"label", "labels"} & has)))
        allow("data.clear", here and self.area.bar.is_set)
        allow("data.side", here)


def _lead(seen: Seen, asked: Asked) -> str:
    look, roles = seen.look, roles_of(seen.look, asked)
    plain = asked.path.suffix.lower() == ".parquet" or asked.path.is_dir()
    parts = [
        tr("{n} rows, {m} columns").format(n=f"{look.rows:,}", m=f"{len(look.columns):,}"),
        size(look.source.size),
        *([] if plain else [asked.encoding]),
        task_name(task_of(look, roles), held_by(look, roles)).lower(),
    ]
    return " · ".join(parts)
