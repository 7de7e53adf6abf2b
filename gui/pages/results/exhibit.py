"""A figure or table in its frame, with what can be done with it: save, copy, copy as command."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QBuffer, QIODevice, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QSizePolicy, QWidget

from ....export import Named
from ...frame.texts import tr
from ...widgets.basics import Card, MoreButton, label
from .desk import Desk, Item

Items = Sequence[Item]


class Exhibit(Card):
    """A card around a figure or table.

    Parameters
    ----------
    desk
        Saves and copies.
    title
        Shown above; changed by `show_named`.
    inside
        What is shown.
    more
        Further items of the menu.
    keep_title
        Keep the given title whatever is shown.
    """

    def __init__(
        self,
        desk: Desk,
        title: str,
        inside: QWidget,
        *,
        more: Callable[[], Items] | None = None,
        keep_title: bool = False,
    ) -> None:
        super().__init__(title or " ")
        self.desk = desk
        self.inside = inside
        self.named: Named | None = None
        self._more = more
        self._keep_title = keep_title
        self.heading.setWordWrap(True)
        self.button = MoreButton(self.items, tr("Save or copy"))
        self.header.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        self.note = label("", "muted", wrap=True)
        self.note.hide()
        self.body.addWidget(inside, 1)
        self.body.addWidget(self.note)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def show_named(self, named: Named | None, title: str = "", note: str = "") -> None:
        """Say which block of the report stands here; None: one that the report doesn't hold."""
        self.named = named
        if not self._keep_title:
            self.heading.setText(title or (named.block.title if named is not None else ""))
        self.setAccessibleName(self.heading.text())
        spoken = tr("Save or copy: {title}").format(title=self.heading.text())
        self.button.setAccessibleName(spoken)
        self.note.setText(note)
        self.note.setVisible(bool(note))

    def items(self) -> Items:
        """Return what can be done, for the menus."""
        named, desk = self.named, self.desk
        out: list[Item] = []
        if named is not None:
            name = named.name
            if named.kind == "figure":
                out += [
                    (tr("Save as PNG …"), lambda: desk.ask_and_save(name, ".png")),
                    (tr("Save as SVG …"), lambda: desk.ask_and_save(name, ".svg")),
                    (tr("Save the numbers as CSV …"), lambda: desk.ask_and_save(name, ".csv")),
                ]
            else:
                out.append((tr("Save as CSV …"), lambda: desk.ask_and_save(name, ".csv")))
                out.append((tr("Copy as text"), self.copy_text))
        else:
            out.append((tr("Save this picture as PNG …"), self.ask_and_save_picture))
        out.append((tr("Copy picture"), self.copy_picture))
        if named is not None:
            ending = ".svg" if named.kind == "figure" else ".csv"
            out += [(None, None), *desk.copies_of_export(named.name, ending)]
        if self._more is not None and (added := self._more()):
            out += [(None, None), *added]
        return out

    def picture(self) -> QImage:
        """Return what is seen here."""
        return self.inside.grab().toImage()

    def ask_and_save_picture(self) -> None:
        """Ask for a file and write what is seen to it."""
        target = self.desk.ask(self.heading.text(), ".png")
        if target is not None:
            self.save_picture(target)

    def save_picture(self, target: Path) -> None:
        """Write what is seen as a PNG: for figures that the report doesn't hold."""
        content = QBuffer()
        content.open(QIODevice.OpenModeFlag.WriteOnly)
        self.picture().save(content, "PNG")  # type: ignore[call-overload]
        self.desk.write(target, bytes(content.data().data()))

    def copy_picture(self) -> None:
        """Put a picture of what is seen on the clipboard."""
        QGuiApplication.clipboard().setImage(self.picture())
        self.desk.context.notices.show(tr("Copied: the picture"), "done")

    def copy_text(self) -> None:
        """Put a table on the clipboard, tabs between cells."""
        if self.named is not None:
            from ....core.report.data import grid

            rows = grid(self.named.block)
            text = "\n".join("\t".join("" if c is None else str(c) for c in row) for row in rows)
            self.desk.context.copy(text, tr("the table"))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu where the mouse is."""
        menu = self.button.menu()
        menu.popup(event.globalPos())
        event.accept()


def show_intervals(exhibit: Exhibit, figure: Any) -> None:
    """Show named values in an exhibit of an `IntervalPlot`, as high as they need."""
    plot: Any = exhibit.inside
    plot.show_figure(figure)
    plot.setFixedHeight(plot.plot.minimumHeight() + 8)


def show_block(exhibit: Exhibit, named: Named) -> None:
    """Show a table or figure of the report in an exhibit of what draws it, with its note."""
    inside: Any = exhibit.inside
    (inside.show_table if named.kind == "table" else inside.show_figure)(named.block)
    exhibit.show_named(named, note=getattr(named.block, "note", ""))
