"""What was seen of the table, beside it: findings, balance, lengths, what is missing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLayout,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ....core.look import Balance, Column, Group, Lengths, Look
from ....core.look_findings import WINDOWED
from ....multimodal.escape import visible
from ...frame.icons import icon
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...frame.theme import Theme
from ...widgets.bars import Bar, Bars, Histogram, share
from ...widgets.basics import Card, label
from ...widgets.task_words import DEFAULT, task_words
from .asked import OWN_COLUMNS, held_by, task_of
from .filter_bar import Condition
from .reading import MISSING

if TYPE_CHECKING:
    from ....core.guess import Role

MOST_BARS = 12
LEAST_LIMIT, MOST_LIMIT = 8, 1_000_000


class SidePane(QWidget):
    """Cards about one table.

    `condition` carries what was clicked, to keep only such rows; `limit_asked` a longest sample in
    tokens.
    """

    condition = Signal(object)
    limit_asked = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._set: tuple[Condition, ...] = ()
        self._shown: list[tuple[Bars, list[Bar], int, list[Condition]]] = []
        self.limit: QSpinBox | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(2 * SPACE, 0, 0, 0)
        self._column.setSpacing(SPACE + 4)

    def show_look(
        self, look: Look, roles: Mapping[str, Role], groups: Mapping[str, Mapping[str, Group]]
    ) -> None:
        """Show what was seen of a table.

        Parameters
        ----------
        look
            What was seen.
        roles
            Every column's role as it is now.
        groups
            Group columns with their rows.
        """
        typing = self.limit is not None and self.limit.hasFocus()
        self._shown.clear()
        self.limit = None
        _empty(self._column)
        for text, tone in _told(look, roles):
            self._column.addWidget(_note(text, tone))
        by_name = {one.name: one for one in look.columns}
        answer = next((name for name, role in roles.items() if role == "label"), None)
        if answer is not None and look.balance is not None and answer in look.named("label"):
            self._add(self._label(look.balance, look.rows, answer))
        for name, found in groups.items():
            if roles.get(name) == "group":
                self._add(self._group(name, found, look.rows, answer))
        split = next((name for name, role in roles.items() if role == "split"), None)
        if split is not None and by_name[split].values:
            self._add(self._values(by_name[split], look.rows, tr("Split: {name}")))
        if "text" in held_by(look, roles):
            self._add(self._lengths(look, task_of(look, roles)))
        self._add(self._missing(look, roles))
        self._column.addStretch(1)
        self.mark(self._set)
        if typing:
            self._type_on()

    def _type_on(self) -> None:
        if self.limit is not None:
            self.limit.setFocus()

    def mark(self, conditions: Sequence[Condition]) -> None:
        """Mark the values by which rows are kept now."""
        self._set = tuple(conditions)
        for bars, shown, total, meant in self._shown:
            marked = next((at for at, one in enumerate(meant) if one in self._set), -1)
            bars.show_bars(shown, total, marked)

    def _label(self, balance: Balance, total: int, name: str) -> Card:
        card = Card(tr("Label: {name}").format(name=visible(name, 40)))
        rows = list(balance.rows.items())
        bars = [Bar(visible(value, 60), number, _splits(balance, value)) for value, number in rows]
        self._bars(card, bars, total, [Condition((name,), value) for value, _ in rows])
        more = len(rows) - MOST_BARS + balance.others
        if more > 0:
            said = tr("and {n} more label") if more == 1 else tr("and {n} more labels")
            card.body.addWidget(label(said.format(n=f"{more:,}"), "muted"))
        return card

    def _group(self, name: str, found: Mapping[str, Group], total: int, answer: str | None) -> Card:
        card = Card(tr("Group: {name}").format(name=visible(name, 40)))
        bars, meant = [], []
        for value, group in islice(found.items(), MOST_BARS):
            bars.append(Bar(visible(value, 60), group.rows, _shares(group) if answer else ""))
            meant.append(Condition((name,), None if value == MISSING else value))
        self._bars(card, bars, total, meant)
        if len(found) > MOST_BARS:
            card.body.addWidget(label(tr("The most frequent values are shown."), "muted"))
        return card

    def _values(self, column: Column, total: int, title: str) -> Card:
        card = Card(title.format(name=visible(column.name, 40)))
        bars = [Bar(visible(value, 60), rows) for value, rows in column.values]
        self._bars(card, bars, total, [Condition((column.name,), one) for one, _ in column.values])
        return card

    def _bars(self, card: Card, bars: list[Bar], total: int, meant: list[Condition]) -> None:
        drawn = Bars(self._theme, card.heading.text())
        shown, meant = bars[:MOST_BARS], meant[:MOST_BARS]
        drawn.show_bars(shown, total)
        drawn.chosen.connect(lambda at: self.condition.emit(meant[at]))
        self._shown.append((drawn, shown, total, meant))
        card.body.addWidget(drawn)

    def _lengths(self, look: Look, task: str) -> Card:
        card = Card(tr("Length in tokens"))
        seen = look.lengths
        if seen is None:
            said = tr("Not measured: {why}").format(why=visible(look.lengths_reason or "", 400))
            card.body.addWidget(label(said, "muted", wrap=True))
            return card
        said = tr(
            "Half of the rows have at most {median} tokens, 99% at most {p99}, the longest "
            "{longest}."
        ).format(median=f"{seen.median:,}", p99=f"{seen.p99:,}", longest=f"{seen.longest:,}")
        cut_said = _cut(seen, task)
        figure = Histogram(self._theme, tr("Rows by their length in tokens"))
        figure.show_counts(seen.edges, seen.counts, seen.limit, f"{said} {cut_said}")
        card.body.addWidget(figure)
        card.body.addWidget(label(said, wrap=True))
        card.body.addWidget(label(cut_said, wrap=True))
        row = QHBoxLayout()
        buddy = label(tr("Limit"))
        field = self._limit(seen.max_length)
        buddy.setBuddy(field)
        row.addWidget(buddy)
        row.addWidget(field)
        row.addStretch(1)
        card.body.addLayout(row)
        notes = [tr("Tokens of {model}.").format(model=seen.model)]
        if seen.limit < seen.max_length:
            notes.append(tr("The model reads at most {n}.").format(n=f"{seen.limit:,}"))
        if seen.measured_rows < look.rows:
            notes.append(tr("Measured on {n} rows.").format(n=f"{seen.measured_rows:,}"))
        card.body.addWidget(label(" ".join(notes), "muted", wrap=True))
        return card

    def _limit(self, value: int) -> QSpinBox:
        field = QSpinBox()
        field.setRange(LEAST_LIMIT, MOST_LIMIT)
        field.setSingleStep(32)
        field.setKeyboardTracking(False)
        field.setGroupSeparatorShown(True)
        field.setFixedWidth(96)
        field.lineEdit().setTextMargins(SPACE - 2, 0, 0, 0)
        field.setValue(value)
        field.setAccessibleName(tr("Longest sample in tokens"))
        field.setToolTip(tr("What stands behind so many tokens is not read (model.max_length)"))
        field.editingFinished.connect(lambda: self.limit_asked.emit(field.value()))
        self.limit = field
        return field

    def _missing(self, look: Look, roles: Mapping[str, Role]) -> Card:
        card = Card(tr("Missing and repeated"))
        gone = [one for one in look.columns if one.missing]
        for one in gone:
            said = tr("{column}: {n} missing ({share})").format(
                column=visible(one.name, 30),
                n=f"{one.missing:,}",
                share=share(one.missing, look.rows),
            )
            card.body.addWidget(self._only(said, Condition((one.name,))))
        if not gone:
            card.body.addWidget(label(tr("No cell is missing."), wrap=True))
        found = look.duplicates
        if found is None:
            return card
        inputs = tuple(name for name, role in roles.items() if role == "input")
        if found.exact and inputs:
            once = tr("{n} row repeats an earlier row’s inputs")
            often = tr("{n} rows repeat an earlier row’s inputs")
            said = (once if found.exact == 1 else often).format(n=f"{found.exact:,}")
            card.body.addWidget(self._only(said, Condition(inputs, None, True)))
        elif not found.near:
            card.body.addWidget(label(tr("No row repeats the inputs of another."), wrap=True))
        near = found.near - found.exact
        if near > 0:
            once = tr("{n} more does so but for case, punctuation and spaces.")
            often = tr("{n} more do so but for case, punctuation and spaces.")
            said = (once if near == 1 else often).format(n=f"{near:,}")
            card.body.addWidget(label(said, "muted", wrap=True))
        if found.across_splits:
            once = tr("{n} validation or test row also stands among the training rows.")
            often = tr("{n} validation or test rows also stand among the training rows.")
            said = once if found.across_splits == 1 else often
            card.body.addWidget(label(said.format(n=f"{found.across_splits:,}"), wrap=True))
        return card

    def _only(self, said: str, condition: Condition) -> QPushButton:
        """Make a button that keeps only such rows."""
        button = QPushButton(said)
        set_look(button, "quiet")
        button.setIcon(icon("filter"))
        button.setIconSize(QSize(14, 14))
        button.setToolTip(tr("Show only these rows"))
        button.setStyleSheet("text-align: left;")
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        button.clicked.connect(lambda *_: self.condition.emit(condition))
        return button

    def _add(self, card: Card) -> None:
        card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._column.addWidget(card)


def _told(look: Look, roles: Mapping[str, Role]) -> list[tuple[str, str]]:
    """Return what to say first, each with its tone: the problem with its way out, then findings."""
    out: list[tuple[str, str]] = []
    has = set(roles.values())
    task = task_of(look, roles)
    if task != DEFAULT:
        known = task_words(held_by(look, roles))[task]
        out.append((tr("{name}. {meaning}").format(name=known.name, meaning=known.meaning), "note"))
    if task in OWN_COLUMNS:
        pass  # the task finds its columns by itself
    elif look.problem is not None and not {"input", "label"} <= has:
        why = look.problem.rsplit("Name it", 1)[0]
        out.append(
            (f"{why}{tr('Click the chips over the columns and choose the roles.')}", "warning")
        )
    elif not {"label", "labels"} & has:
        out.append((tr("No column is the label. Click a column’s chip and choose it."), "warning"))
    elif "input" not in has:
        out.append((tr("No column is an input. Click a column’s chip and choose it."), "warning"))
    found = sorted(look.findings, key=lambda one: one.tone != "warning")
    return out + [(one.text, one.tone) for one in found]


def _cut(seen: Lengths, task: str) -> str:
    """Say how many rows are longer than the model reads, and what becomes of them."""
    if not seen.cut:
        said = tr("No row is longer than {limit} tokens; none is cut.")
    elif task in WINDOWED:
        said = tr("Longer than {limit} tokens, and so read in several parts: {n} ({share}).")
    elif seen.cut == 1:
        said = tr("{n} row ({share}) is longer than {limit} tokens and is cut there.")
    else:
        said = tr("{n} rows ({share}) are longer than {limit} tokens and are cut there.")
    part = share(seen.cut, seen.measured_rows)
    return said.format(n=f"{seen.cut:,}", share=part, limit=f"{seen.limit:,}")


def _note(text: str, tone: str) -> QWidget:
    word = tr("Warning") if tone == "warning" else tr("Note")
    said = re.sub("`([^`]*)`", r"“\1”", text)
    out = label(f"{word}: {visible(said, 600)}", tone, wrap=True)
    out.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return out


def _splits(balance: Balance, value: str) -> str:
    splits = balance.splits.items()
    return ", ".join(f"{name} {rows.get(value, 0):,}" for name, rows in splits)


def _shares(group: Group) -> str:
    total, said = sum(group.labels.values()), []
    for name, rows in list(group.labels.items())[:3]:
        colon = ":" if name[-1:].isdigit() else ""
        said.append(f"{visible(name, 24)}{colon} {share(rows, total)}")
    return ", ".join(said) + (" …" if len(group.labels) > len(said) else "")


def _empty(layout: QLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
