"""Work beside the main thread: reading files and Arrow's functions, which let the window go on.

Python itself runs in one thread at a time, so only work that lets go of its lock belongs here:
files, and `pyarrow.compute`. Long computation is a process of its own (`frame.child`, jobs).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal, Slot


class _Told(QObject):
    done = Signal(object)
    failed = Signal(object)


class _Work(QRunnable):
    def __init__(self, work: Callable[[], Any], told: _Told) -> None:
        super().__init__()
        self._work, self._told = work, told

    def run(self) -> None:
        try:
            result = self._work()
        except Exception as error:  # whatever it was, the main thread says it
            self._told.failed.emit(error)
        else:
            self._told.done.emit(result)


class Later(QObject):
    """Work of one kind in a pool of threads; only the answer to the newest counts.

    `arrived` carries what the work returned and `failed` its exception, both on the thread that
    this object lives on; `busy` tells whether an answer is awaited.
    """

    arrived = Signal(object)
    failed = Signal(object)
    busy = Signal(bool)

    def __init__(self, parent: QObject, pool: QThreadPool) -> None:
        super().__init__(parent)
        self._pool = pool
        self._newest: _Told | None = None
        self._out: set[_Told] = set()  # a sender must not go while its signal is on its way

    @property
    def running(self) -> bool:
        """Whether an answer is awaited."""
        return self._newest is not None

    def run(self, work: Callable[[], Any]) -> None:
        """Do some work; what was asked before and has not begun is left out."""
        was_busy = self.running
        told = _Told()
        self._newest = told
        self._out.add(told)

        def unless_superseded() -> Any:
            return work() if self._newest is told else None

        told.done.connect(self._done)
        told.failed.connect(self._broken)
        self._pool.start(_Work(unless_superseded, told))
        if not was_busy:
            self.busy.emit(True)

    def forget(self) -> None:
        """Await no answer any more."""
        if self.running:
            self._newest = None
            self.busy.emit(False)

    # Slots of a QObject, so that Qt calls them on its thread and not on the worker's.
    @Slot(object)
    def _done(self, result: object) -> None:
        if self._finished():
            self.arrived.emit(result)

    @Slot(object)
    def _broken(self, error: object) -> None:
        if self._finished():
            self.failed.emit(error)

    def _finished(self) -> bool:
        told = self.sender()
        self._out.discard(told)
        if told is not self._newest or told is None:
            return False
        self._newest = None
        self.busy.emit(False)
        return True


class Several(QObject):
    """Work of one kind for many things in a pool of threads; what was asked for last comes first.

    `arrived` carries what it was for and what the work returned, `failed` the same with its
    exception, both on the thread that this object lives on.

    Parameters
    ----------
    parent, pool
        Owner, and the threads.
    at_once
        How many are worked on side by side.
    most
        How many wait at most; those that were asked for first are left out.
    """

    arrived = Signal(object, object)
    failed = Signal(object, object)

    def __init__(
        self, parent: QObject, pool: QThreadPool, at_once: int = 2, most: int = 200
    ) -> None:
        super().__init__(parent)
        self._pool, self._at_once, self._most = pool, at_once, most
        self._waiting: OrderedDict[Hashable, Callable[[], Any]] = OrderedDict()
        self._out: dict[_Told, Hashable] = {}

    @property
    def running(self) -> bool:
        """Whether anything is awaited."""
        return bool(self._out or self._waiting)

    def run(self, key: Hashable, work: Callable[[], Any]) -> None:
        """Do some work for a thing, unless that is under way."""
        if key in self._out.values():
            return
        self._waiting[key] = work
        self._waiting.move_to_end(key)
        if len(self._waiting) > self._most:
            self._waiting.popitem(last=False)
        self._go_on()

    def forget(self) -> None:
        """Begin nothing that waits."""
        self._waiting.clear()

    def _go_on(self) -> None:
        while self._waiting and len(self._out) < self._at_once:
            key, work = self._waiting.popitem()
            told = _Told()
            self._out[told] = key
            told.done.connect(self._done)
            told.failed.connect(self._broken)
            self._pool.start(_Work(work, told))

    # Slots of a QObject, so that Qt calls them on its thread and not on the worker's.
    @Slot(object)
    def _done(self, result: object) -> None:
        key = self._out.pop(self.sender())  # type: ignore[call-overload]
        self._go_on()
        self.arrived.emit(key, result)

    @Slot(object)
    def _broken(self, error: object) -> None:
        key = self._out.pop(self.sender())  # type: ignore[call-overload]
        self._go_on()
        self.failed.emit(key, error)
