"""A real window for tests, and the checks that a test leaves nothing of it behind."""

from __future__ import annotations

import gc
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

# The screen that Qt makes up by itself is smaller than the window.
if os.environ.setdefault("QT_QPA_PLATFORM", "offscreen") == "offscreen":
    os.environ["QT_QPA_PLATFORM"] += f":configfile={Path(__file__).with_name('screen.json')}"

import psutil
import pytest
from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QProcess,
    QSettings,
    QThread,
    QThreadPool,
    QTimer,
)
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from pellucid.gui import main_window
from pellucid.gui.frame.workspace import settings
from pellucid.gui.window import MainWindow, application

PATIENCE = 5.0
"""Seconds that what was ended may take to be gone."""


@pytest.fixture(scope="session")
def qapp(tmp_path_factory: pytest.TempPathFactory) -> QApplication:
    """Make the application as `pellucid gui` does, with settings of its own."""
    place = str(tmp_path_factory.mktemp("settings"))
    for form in (QSettings.Format.NativeFormat, QSettings.Format.IniFormat):
        QSettings.setPath(form, QSettings.Scope.UserScope, place)
    return application()


@pytest.fixture(autouse=True)
def nothing_left(qapp: QApplication) -> Iterator[None]:
    """Fail a test that leaves a window, timer, thread or process; begin it with no settings."""
    settings().clear()
    gc.freeze()  # `alive` passes over what is there already, which may be all of torch
    widgets = set(map(id, qapp.topLevelWidgets()))
    threads = set(threading.enumerate())
    children = set(psutil.Process().children(recursive=True))
    yield
    settle()
    try:
        assert not windows_left(widgets), "windows are left: close them"
        assert not until_none(timers_left), "timers are running: stop them in leave()"
        assert not until_none(qt_threads_left), "Qt threads are at work: end them in leave()"
        assert not until_none(lambda: threads_left(threads)), "Python threads go on: end them"
        assert not until_none(lambda: children_left(children)), "processes go on: end them"
    finally:
        clear_away(widgets, children)


@pytest.fixture
def make_window(qapp: QApplication) -> Iterator[Callable[..., MainWindow]]:
    """Give a function that opens a window on a workspace; it is closed when the test ends."""
    made: list[MainWindow] = []

    def make(path: Path, theme: str = "light") -> MainWindow:
        window = main_window(path)
        window.use_theme(theme)
        made.append(window)
        window.show()
        qapp.processEvents()
        return window

    yield make
    for window in made:
        if isValid(window):
            close(window)


@pytest.fixture
def window(make_window: Callable[..., MainWindow], tmp_path: Path) -> MainWindow:
    """Open a window on an empty workspace, in the light theme."""
    return make_window(tmp_path / "ws")


@pytest.fixture
def close_window() -> Callable[[MainWindow], None]:
    """Give a function that closes a window as a person does, and deletes it."""
    return close


@pytest.fixture
def finished_run(finished: Path) -> Callable[..., Path]:
    """Give a function that puts a copy of a finished run into a window's workspace."""

    def bring(window: MainWindow, name: str = "tiny") -> Path:
        path = window.workspace.runs / name
        shutil.copytree(finished, path)
        window.watch.look()
        return path

    return bring


@pytest.fixture
def wait_until(qapp: QApplication) -> Callable[..., None]:
    """Give a function that lets the window work until something holds, at most some seconds."""

    def wait(holds: Callable[[], object], seconds: float = 10.0, what: str = "") -> None:
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, f"waited {seconds:g} s in vain {what}".strip()
            qapp.processEvents()
            time.sleep(0.005)

    return wait


@pytest.fixture
def open_page(
    finished_run: Callable[..., Path], table: Path, wait_until: Callable[..., None]
) -> Callable[..., None]:
    """Give a function that opens a page with something to show, or with nothing, and waits."""

    def open_(window: MainWindow, name: str, *, filled: bool) -> None:
        run = window.workspace.runs / "tiny"
        if filled and not run.exists():
            finished_run(window)
        what = {
            "data": {"table": table},
            "recipe": {"path": run / "recipe.yaml"},
            "jobs": {"run": run},
            "results": {"run": run},
        }
        window.go(name, **(what.get(name, {}) if filled else {}))
        calm = [0]

        def quiet() -> bool:
            busy = window.pool.activeThreadCount() or window.findChildren(QProcess)
            calm[0] = 0 if busy else calm[0] + 1
            return calm[0] > 40

        wait_until(quiet, 60, f"for {name}")

    return open_


def close(window: MainWindow) -> None:
    """Close a window, look that its timers ended, and delete it."""
    if window.isVisible():
        window.close()
    going = [timer for timer in window.findChildren(QTimer) if timer.isActive()]
    repeating = [name_of(timer) for timer in going if not timer.isSingleShot()]
    window.deleteLater()
    settle()
    assert not repeating, f"timers of a closed window are running: {repeating}"


def settle() -> None:
    """Let Qt carry out what it put off, deletions too."""
    for _ in range(3):
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()


def until_none(find: Callable[[], list[object]]) -> list[object]:
    """Look until nothing is found, for a while; return what is still there."""
    end = time.monotonic() + PATIENCE
    while (found := find()) and time.monotonic() < end:
        QCoreApplication.processEvents()
        time.sleep(0.02)
    return found


def windows_left(known: set[int]) -> list[QWidget]:
    """Return the top-level widgets that weren't there before and are ours or are shown.

    pyqtgraph makes menus without a parent, which are never shown; Qt keeps one tooltip.
    """
    now = [one for one in QApplication.topLevelWidgets() if id(one) not in known]
    ours = [one for one in now if one.isVisible() or type(one).__module__.startswith("pellucid")]
    return [one for one in ours if one.metaObject().className() != "QTipLabel"]


def timers_left() -> list[object]:
    """Describe the running timers that Python knows and that weren't there before."""
    return [name_of(one) for one in alive(QTimer) if one.isActive()]


def threads_left(known: set[threading.Thread]) -> list[object]:
    """Return Python's threads that came since; a pool's thread that once ran Python is Qt's."""
    now = [one for one in threading.enumerate() if one not in known]
    return [one for one in now if not isinstance(one, threading._DummyThread)]


def qt_threads_left() -> list[object]:
    """Describe threads, pools and processes of Qt that are at work."""
    here = QThread.currentThread()
    found = alive(QThread, QThreadPool, QProcess)
    return [name_of(one) for one in found if one is not here and at_work(one)]


def at_work(thing: QThread | QThreadPool | QProcess) -> bool:
    """Whether a thread, pool or process is at work."""
    if isinstance(thing, QThreadPool):
        return thing.activeThreadCount() > 0
    if isinstance(thing, QProcess):
        return thing.state() != QProcess.ProcessState.NotRunning
    return thing.isRunning()


def children_left(known: set[psutil.Process]) -> list[object]:
    """Return the child processes that came since and are not dead."""
    found = []
    for one in psutil.Process().children(recursive=True):
        try:
            if one not in known and one.status() != psutil.STATUS_ZOMBIE:
                found.append(one)
        except psutil.NoSuchProcess:
            pass
    return found


def alive(*kinds: type) -> list:
    """Return the objects of these kinds that came since `gc.freeze` and that Qt hasn't deleted."""
    return [one for one in gc.get_objects() if issubclass(type(one), kinds) and isValid(one)]


def name_of(thing: object) -> str:
    """Name an object with those that it belongs to."""
    parts = []
    while thing is not None:
        parts.append(f"{type(thing).__name__}({thing.objectName()})")
        thing = thing.parent()
    return " in ".join(parts)


def clear_away(widgets: set[int], children: set[psutil.Process]) -> None:
    """Take away what a test left, so that the next one isn't blamed for it."""
    for timer in alive(QTimer):
        timer.stop()
    for widget in windows_left(widgets):
        widget.close()
        widget.deleteLater()
    for process in children_left(children):
        process.kill()
    settle()
