"""The checks of conftest.py find what they are for."""

from __future__ import annotations

import subprocess
import sys
import threading

import psutil
import pytest
from PySide6.QtCore import QThread, QThreadPool, QTimer
from PySide6.QtWidgets import QWidget


@pytest.fixture
def checks(request: pytest.FixtureRequest) -> object:
    """Give the functions of this folder's conftest.py, whatever it was imported as."""
    return sys.modules[request.getfixturevalue("close_window").__module__]


def test_a_window_is_found(checks: object, qapp: object) -> None:
    left = QWidget()
    left.show()
    assert checks.windows_left(set()) == [left]
    left.deleteLater()
    checks.settle()
    assert checks.windows_left(set()) == []


def test_a_timer_is_found(checks: object, qapp: object) -> None:
    timer = QTimer()
    timer.start(1000)
    assert any("QTimer" in one for one in checks.timers_left())
    timer.stop()
    assert checks.timers_left() == []


def test_qt_threads_are_found(checks: object, qapp: object) -> None:
    thread = QThread()
    thread.start()
    assert any("QThread(" in one for one in checks.qt_threads_left())
    thread.quit()
    assert thread.wait(5000)
    gate = threading.Event()
    pool = QThreadPool()
    pool.start(lambda: gate.wait(5))
    assert any("QThreadPool" in one for one in checks.qt_threads_left())
    gate.set()
    assert pool.waitForDone(5000)
    assert checks.qt_threads_left() == []


def test_a_process_is_found_until_it_ends(checks: object) -> None:
    known = set(psutil.Process().children(recursive=True))
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert [one.pid for one in checks.children_left(known)] == [child.pid]
    child.communicate()
    assert checks.children_left(known) == []


def test_settings_are_not_those_of_the_person(qapp: object, tmp_path_factory: object) -> None:
    from pellucid.gui.frame.workspace import settings

    assert settings().fileName().startswith(str(tmp_path_factory.getbasetemp()))
    assert settings().allKeys() == []


def test_a_window_ends_with_nothing_left(window: object, finished_run: object) -> None:
    finished_run(window)
    assert [job.name for job in window.watch.jobs.values()] == ["tiny"]
    assert window.current == "home"
