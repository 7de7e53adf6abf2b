"""Qt's bindings must not drop references that they don't own (decision 0009)."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtWidgets import QApplication, QLabel

CALLS = 500


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal from Python 3.12 on")
@pytest.mark.parametrize("kind", ["setText", "update", "processEvents", "setObjectName"])
def test_a_call_without_result_keeps_the_count_of_none(qapp: QApplication, kind: str) -> None:
    label = QLabel()
    calls: dict[str, Callable[[], object]] = {
        "setText": lambda: label.setText("text"),
        "update": label.update,
        "processEvents": QCoreApplication.processEvents,
        "setObjectName": lambda: QObject.setObjectName(label, "name"),
    }
    call = calls[kind]
    call()
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        call()
    assert sys.getrefcount(None) > before - CALLS / 2
