"""The recipe that is open: its text, its file, what is wrong with it; edits go to the undo stack.

The text is what counts. The form and the YAML editor both change it and show it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from ....core import drafts
from ....core.drafts import Draft
from ....core.undo import Command
from ...frame.texts import tr
from ...frame.undo import Undo
from .check import Checked, check
from .schema import Keys, in_words
from .splice import put

PARSE_AFTER = 300
"""Milliseconds after the last key that was typed into the YAML until it is read."""
KEEP_AFTER = 1000
"""Milliseconds after an edit until the draft is written."""


@dataclass(frozen=True)
class State:
    """A recipe that is open.

    Attributes
    ----------
    text
        Its YAML.
    saved
        What its file holds; None if it was never saved.
    draft
        Where the text is kept until it is saved; names the file too.
    folder
        Folder to which its paths are relative.
    """

    text: str
    saved: str | None
    draft: Draft
    folder: Path

    @property
    def file(self) -> Path | None:
        """The file that it was opened from or saved to."""
        return self.draft.file


class Document(QObject):
    """The open recipe, or none.

    `opened` tells that it is another recipe (or none), `edited` that its text is another one, and
    `checked` that `raw`, `fault` and `recipe` hold for the text.
    """

    opened = Signal()
    edited = Signal()
    checked = Signal()

    def __init__(self, parent: QObject, undo: Undo, memory: Path) -> None:
        super().__init__(parent)
        self.state: State | None = None
        self.now = Checked(None)
        self.front: Callable[[], None] = lambda: None
        self._raw: dict[str, Any] = {}
        self._undo = undo
        self._kept = memory / "drafts"
        self._parse = self._timer(PARSE_AFTER, self.look)
        self._keep = self._timer(KEEP_AFTER, self.keep)

    @property
    def raw(self) -> dict[str, Any]:
        """Plain data of the text, as it was when it could last be read."""
        return self._raw

    @property
    def readable(self) -> bool:
        """Whether the text of now is YAML."""
        return self.now.raw is not None

    @property
    def unsaved(self) -> bool:
        """Whether the text is not what the file holds."""
        return self.state is not None and self.state.text != self.state.saved

    def bring(self, state: State | None, said: str = "") -> None:
        """Open another recipe; what was open before comes back by undo, where that has a name."""
        before = self.current()
        if not said:
            self._show(state)
            return
        self._do(said, lambda: self._show(state), lambda: self._show(before))

    def discard(self, draft: Draft, after: State | None, said: str) -> None:
        """Give up a draft and open what stands in its file; undo brings it back."""
        before = self.current()

        def do() -> None:
            self._show(after)
            drafts.remove(self._kept, draft)

        self._do(said, do, lambda: self._show(before))

    def change(self, keys: Keys, value: Any) -> None:
        """Set one value; typing into one field is undone at once."""
        state = self.current()
        if state is None or not self.readable:
            return
        said = tr("Change “{key}”").format(key=tr(in_words(keys[-1])))
        self.write(put(state.text, keys, value), said, merge="recipe:" + ".".join(keys))

    def write(self, text: str, said: str, *, merge: str | None = None, wait: bool = False) -> None:
        """Change the text.

        Parameters
        ----------
        text
            All of it.
        said
            What the edit is called.
        merge
            Edits with the same key, one behind the other, are undone at once.
        wait
            Whether more is likely to come soon, so that it isn't read at once.
        """
        if self.state is None or text == self.state.text:
            return
        before, first = self.state.text, iter((wait,))
        self._do(
            said,
            lambda: self._set(text, wait=next(first, False)),
            lambda: self._set(before),
            merge,
        )

    def current(self) -> State | None:
        """Return what is open, after reading what was typed last."""
        if self._parse.isActive():
            self.look()
        return self.state

    def look(self) -> None:
        """Read the text and check it."""
        self._parse.stop()
        if self.state is not None:
            self.now = check(self.state.text, self.state.folder)
            if self.now.raw is not None:
                self._raw = self.now.raw
        self.checked.emit()

    def was_saved(self, file: Path, text: str) -> None:
        """Take note that the text stands in a file now."""
        if self.state is None:
            return
        drafts.remove(self._kept, self.state.draft)
        self._keep.stop()
        self.state = replace(
            self.state, text=text, saved=text, draft=drafts.begin(file), folder=file.parent
        )
        self.look()
        self.edited.emit()

    def keep(self) -> None:
        """Write the draft, or remove it where there is nothing to keep."""
        self._keep.stop()
        if self.state is None:
            return
        if self.unsaved:
            drafts.write(self._kept, replace(self.state.draft, text=self.state.text))
        else:
            drafts.remove(self._kept, self.state.draft)

    def left(self, file: Path | None = None) -> Draft | None:
        """Return the newest draft that was left unsaved, of one file where it is named."""
        found = drafts.left(self._kept)
        return next((one for one in found if file is None or one.file == file), None)

    def move(self, memory: Path) -> None:
        """Keep what is open in the workspace before, and begin anew in another one."""
        self.close()
        self._kept = memory / "drafts"
        self._show(None)

    def close(self) -> None:
        """Keep the draft and end the timers."""
        if self._keep.isActive():
            self.keep()
        self._parse.stop()

    def _do(
        self,
        said: str,
        do: Callable[[], None],
        undo: Callable[[], None],
        merge: str | None = None,
    ) -> None:
        """Carry out a command; whenever it is undone or redone, the recipe is brought to front."""
        first = iter((True,))

        def again() -> None:
            if not next(first, False):
                self.front()
            do()

        def back() -> None:
            self.front()
            undo()

        self._undo.do(Command(said, again, back, merge))

    def _show(self, state: State | None) -> None:
        if self._keep.isActive():
            self.keep()
        self.state = state
        self.now, self._raw = Checked(None), {}
        self.opened.emit()
        self.edited.emit()
        self.look()
        if self.unsaved:
            self._keep.start()

    def _set(self, text: str, *, wait: bool = False) -> None:
        if self.state is None:
            return
        self.state = replace(self.state, text=text)
        self.edited.emit()
        self._keep.start()
        if wait:
            self._parse.start()
        else:
            self.look()

    def _timer(self, milliseconds: int, does: Any) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(does)
        return timer
